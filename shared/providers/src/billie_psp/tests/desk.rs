//! A payment at hand, and a Billie on loopback that gives one answer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use payment::{
    Action, CaptureMode, Cause, CauseKind, Command, Detail, DoubtPolicy, Fingerprint, Flow, NewPayment, Operation,
    Order, OrderNews, OrderState, Outcome, Payment, Receipt, Status, Ticket, Token,
};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::{Act, Adapter, Context, Deadline, Effect, Transport, Urls};

pub(super) const ORDER: &str = "5ffdc1ad-7898-46f9-b604-499e03b4fcf7";
pub(super) const CAPTURE: &str = "03f74b37-3a04-4f76-aa88-221d01520e08";
pub(super) const MERCHANT: &str = "0d1e6b1a-0000-4000-8000-000000000042";
pub(super) const SESSION: &str = "0b9e7a52-4f0a-4a53-9b4e-6d2f6f4f1a11";

#[derive(Clone)]
pub(super) enum Reply {
    Says(u16, String),
    Hangs,
    Resets,
}

pub(super) fn says(status: u16, body: impl ToString) -> Reply {
    Reply::Says(status, body.to_string())
}

/// Billie, with one answer to everything.
#[derive(Clone)]
pub(super) struct Billie {
    base: String,
    reply: Reply,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Billie {
    pub(super) async fn start(reply: Reply) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/psp", listener.local_addr().unwrap());
        let billie = Self { base, reply, calls: Arc::default() };
        let app = axum::Router::new().fallback(answer).with_state(billie.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        billie
    }

    pub(super) fn account(&self) -> Value {
        let mut account = document();
        account["base_url"] = json!(self.base);
        account
    }

    pub(super) fn adapter(&self) -> Box<dyn Adapter> {
        open(&self.account())
    }

    /// Every call as it arrived: method, path, some headers, body.
    pub(super) fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }
}

pub(super) fn document() -> Value {
    json!({
        "base_url": "https://psp-sandbox.billie.example", "username": "psp-77_x1", "password": "hush",
        "merchant_id": MERCHANT, "psp_id": "psp-77",
        "webhook_keys": [{ "header": "X-Api-Key", "value": "key" }]
    })
}

pub(super) fn open(account: &Value) -> Box<dyn Adapter> {
    super::super::open(account, Transport::default()).unwrap()
}

async fn answer(State(billie): State<Billie>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let mut call = format!("{} {}", head.method, head.uri.path());
    for header in ["accept", "authorization", "content-type"] {
        if let Some(value) = head.headers.get(header) {
            call.push_str(&format!("\n{header}: {}", value.to_str().unwrap()));
        }
    }
    call.push_str(&format!("\n\n{}", String::from_utf8(body.to_vec()).unwrap()));
    billie.calls.lock().unwrap().push(call);
    match billie.reply {
        Reply::Says(status, body) => (StatusCode::from_u16(status).unwrap(), body).into_response(),
        Reply::Hangs => std::future::pending().await,
        Reply::Resets => std::panic::resume_unwind(Box::new("the connection breaks")),
    }
}

/// A payment, its order and everything else that a call needs.
pub(super) struct Case {
    pub(super) payment: Payment,
    pub(super) order: Order,
    pub(super) widget_result: Option<Box<RawValue>>,
    pub(super) patience: Duration,
    urls: Urls,
}

fn cause() -> Cause {
    Cause::new(CauseKind::Api, "req")
}

fn print() -> Fingerprint {
    Fingerprint::of(&"asked").unwrap()
}

impl Case {
    /// A payment that is accepted and has not been anywhere.
    pub(super) fn new(flow: Flow) -> Self {
        let mut order: Order = serde_json::from_str(include_str!("../fixtures/checkout.json")).unwrap();
        order.flow = Some(flow);
        let new = NewPayment {
            merchant: "demo".parse().unwrap(),
            key: &"k-1".parse().unwrap(),
            order: &order,
            flow,
            capture_mode: CaptureMode::Manual,
            livemode: false,
            token: Token::from_random([7; 16]),
            provider_account: None,
            opened_under: None,
            late_authorization: payment::LateAuthorization::default(),
            fingerprint: print(),
            cause: cause(),
        };
        let payment = Payment::open(new, "2024-03-01T10:00:00Z".parse().unwrap()).0;
        let url = |path: &str| format!("https://api.example/v1/{path}").parse().unwrap();
        let urls =
            Urls { back: url("return/pay_1?token=t"), push: url("webhooks/billie-psp/demo?payment=pay_1&token=t") };
        Self { payment, order, widget_result: None, patience: Duration::from_secs(10), urls }
    }

    /// A payment whose buyer is at Billie.
    pub(super) fn with_session(flow: Flow) -> Self {
        let mut case = Self::new(flow);
        case.succeed(None);
        case.payment.session_reference = Some(SESSION.to_owned());
        case.payment.status = Status::RequiresAction;
        case
    }

    /// A payment whose order exists.
    pub(super) fn authorized() -> Self {
        let mut case = Self::with_session(Flow::Redirect);
        case.payment.provider_reference = Some(ORDER.to_owned());
        case.payment.status = Status::Authorized;
        case.payment.authorized = case.payment.amount;
        case
    }

    /// A payment with one settled capture of 50.00.
    pub(super) fn captured() -> Self {
        let mut case = Self::authorized();
        case.capture(json!({ "amount": 5000 }));
        case.succeed(Some(CAPTURE));
        case
    }

    fn succeed(&mut self, id: Option<&str>) {
        let ticket = Ticket { operation: self.newest().id.clone(), attempt: 1 };
        let receipt = Receipt { provider_reference: id.map(str::to_owned), ..Receipt::default() };
        self.settle(&ticket, Outcome::Done(receipt));
    }

    pub(super) fn settle(&mut self, ticket: &Ticket, outcome: Outcome) {
        self.payment.settle(ticket, outcome, DoubtPolicy::None, &cause(), self.payment.created_at);
    }

    pub(super) fn newest(&self) -> &Operation {
        self.payment.operations.last().unwrap()
    }

    pub(super) fn capture(&mut self, body: Value) {
        let key = format!("k-{}", self.payment.operations.len());
        self.accept(Command::capture(serde_json::from_value(body).unwrap(), key.parse().unwrap(), print()));
    }

    pub(super) fn refund(&mut self, body: Value) {
        self.accept(Command::refund(serde_json::from_value(body).unwrap(), "r".parse().unwrap(), print()));
    }

    pub(super) fn confirm(&mut self) {
        self.widget_result = Some(serde_json::from_str(include_str!("../fixtures/widget-result.json")).unwrap());
        let command = payment::ConfirmCommand { from_widget: true };
        self.accept(Command::confirm(command, "c".parse().unwrap(), print()));
    }

    pub(super) fn cancel(&mut self) {
        self.accept(Command::cancel("x".parse().unwrap(), print()));
    }

    pub(super) fn amend(&mut self, amount: i64) {
        let asked = serde_json::from_value(json!({ "amount": amount })).unwrap();
        self.accept(Command::amend(asked, "a".parse().unwrap(), print()));
    }

    fn accept(&mut self, command: Command) {
        self.payment.accept(command, self.payment.created_at).unwrap();
    }

    pub(super) fn context(&self) -> Context<'_> {
        Context {
            payment: &self.payment,
            order: Some(&self.order),
            widget_result: self.widget_result.as_deref(),
            candidate: None,
            urls: &self.urls,
            deadline: Deadline::within(self.patience),
            now: self.payment.created_at,
        }
    }

    /// What comes of the newest operation.
    pub(super) async fn act(&self, adapter: &dyn Adapter) -> Outcome {
        let operation = self.newest();
        let of = |id| self.payment.operations.iter().find(|o| o.makes_capture() == Some(id)).unwrap();
        let act = match &operation.detail {
            Detail::CreateSession => Act::CreateSession(operation),
            Detail::Confirm => Act::Confirm(operation),
            Detail::Capture { .. } => Act::Capture(operation),
            Detail::Refund { capture, .. } => Act::Refund { refund: operation, capture: of(capture) },
            Detail::Cancel => Act::Cancel(operation),
            Detail::Amend { .. } => Act::Amend(operation),
            Detail::Tell(told) => Act::Tell(operation, told),
        };
        adapter.act(act, &self.context(), Effect::of_reserved_attempt()).await
    }

    /// The same in words, with this answer of Billie's.
    pub(super) async fn after(&self, reply: Reply) -> String {
        let billie = Billie::start(reply).await;
        let told = tell(&self.act(&*billie.adapter()).await);
        assert!(billie.calls().len() <= 1, "an act is sent once");
        told
    }
}

/// An outcome in words, so that a failed test says what it got.
pub(super) fn tell(outcome: &Outcome) -> String {
    let text = |part: &Option<String>| part.clone().unwrap_or_else(|| "-".into());
    match outcome {
        Outcome::Done(receipt) => {
            let reference = receipt.provider_reference.as_deref().map(|id| format!(" {id}")).unwrap_or_default();
            let amount = receipt.amount.map(|amount| format!(" of {amount}")).unwrap_or_default();
            let order = receipt.order.as_ref().map(|order| format!(" {}", tell_news(order))).unwrap_or_default();
            format!("Done{reference}{amount}{order}")
        }
        Outcome::Pending(_) => "Pending".into(),
        Outcome::Refused(refusal) => format!("Refused {} {}", text(&refusal.provider_code), text(&refusal.message)),
        Outcome::NotSent => "NotSent".into(),
        Outcome::InDoubt(doubt) => format!("InDoubt {doubt:?}"),
    }
}

pub(super) fn tell_news(news: &OrderNews) -> String {
    let until = |at: &Option<jiff::Timestamp>| at.map(|at| format!(" until {at}")).unwrap_or_default();
    let state = match &news.state {
        OrderState::AwaitingBuyer(Some(Action::Redirect { url, expires_at })) => {
            format!("redirect to {url}{}", until(expires_at))
        }
        OrderState::AwaitingBuyer(Some(Action::Widget { provider_session_id, script_url, expires_at })) => {
            format!("widget {provider_session_id} with {script_url}{}", until(expires_at))
        }
        OrderState::Declined(decline) => format!("Declined {:?}", decline.reason),
        other => format!("{other:?}"),
    };
    let amount = news.amount.map(|amount| format!(" of {amount}")).unwrap_or_default();
    let id = |id: &Option<String>| id.as_deref().map(|id| format!(" {id}")).unwrap_or_default();
    format!("{state}{amount}{}{}", id(&news.provider_reference), id(&news.session_reference))
}
