//! A payment at hand, and a Billie on loopback that answers by script.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use payment::{
    Action, Cause, CauseKind, Command, Detail, Doubt, DoubtPolicy, Fingerprint, Flow, IdempotencyKey, NewPayment,
    Operation, OperationId, Order, OrderNews, Outcome, Payment, Receipt, ReceivableFacts, Refusal, Status, Ticket,
    Token,
};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::{Act, Adapter, Context, Deadline, Effect, ReadError, Transport, Urls};

pub(super) const ORDER: &str = "5ffdc1ad-7898-46f9-b604-499e03b4fcf7";
pub(super) const INVOICE: &str = "03f74b37-3a04-4f76-aa88-221d01520e08";
pub(super) const SESSION: &str = "0b9e7a52-4f0a-4a53-9b4e-6d2f6f4f1a11";

#[derive(Clone)]
pub(super) enum Reply {
    Says(u16, String),
    Hangs,
    Resets,
}

pub(super) fn says(status: u16, body: &str) -> Reply {
    Reply::Says(status, body.to_owned())
}

#[derive(Default)]
struct Desk {
    script: BTreeMap<String, VecDeque<Reply>>,
    tokens: u32,
    calls: Vec<String>,
}

/// Billie, as scripted. The last reply of a call stays; what is not scripted is answered with 418.
pub(super) struct Billie {
    base: String,
    desk: Arc<Mutex<Desk>>,
}

impl Billie {
    pub(super) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/api/v2", listener.local_addr().unwrap());
        let desk = Arc::new(Mutex::new(Desk::default()));
        let app = axum::Router::new().fallback(answer).with_state(desk.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { base, desk }
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap()
    }

    pub(super) fn on(&self, call: &str, replies: impl IntoIterator<Item = Reply>) {
        self.desk().script.insert(call.to_owned(), replies.into_iter().collect());
    }

    pub(super) fn account(&self) -> Value {
        json!({ "base_url": self.base, "client_id": "shop", "client_secret": "hush" })
    }

    pub(super) fn adapter(&self) -> Box<dyn Adapter> {
        super::super::open(&self.account(), Transport::default()).unwrap()
    }

    /// Every call as it arrived: method, path, some headers, body.
    pub(super) fn calls(&self) -> Vec<String> {
        self.desk().calls.clone()
    }

    /// Method and path of every call.
    pub(super) fn lines(&self) -> Vec<String> {
        self.calls().iter().map(|call| call.lines().next().unwrap_or_default().to_owned()).collect()
    }

    pub(super) fn last(&self) -> String {
        self.calls().pop().unwrap()
    }
}

async fn answer(State(desk): State<Arc<Mutex<Desk>>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let name = format!("{} {}", head.method, head.uri.path().trim_start_matches("/api/v2"));
    let mut call = name.clone();
    for header in ["accept", "authorization", "content-length", "content-type"] {
        if let Some(value) = head.headers.get(header) {
            call.push_str(&format!("\n{header}: {}", value.to_str().unwrap()));
        }
    }
    call.push_str(&format!("\n\n{}", String::from_utf8(body.to_vec()).unwrap()));
    let reply = {
        let mut desk = desk.lock().unwrap();
        desk.calls.push(call);
        let token = name == "POST /oauth/token";
        desk.tokens += u32::from(token);
        let usual = match token {
            true => says(
                200,
                &format!(r#"{{"token_type":"Bearer","expires_in":28800,"access_token":"token-{}"}}"#, desk.tokens),
            ),
            false => says(418, ""),
        };
        match desk.script.get_mut(&name) {
            Some(replies) if replies.len() > 1 => replies.pop_front().unwrap_or(usual),
            Some(replies) => replies.front().cloned().unwrap_or(usual),
            None => usual,
        }
    };
    match reply {
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
    pub(super) now: Timestamp,
    pub(super) patience: Duration,
    urls: Urls,
}

pub(super) fn now() -> Timestamp {
    "2024-03-01T10:00:00Z".parse().unwrap()
}

fn cause() -> Cause {
    Cause::new(CauseKind::Api, "req")
}

fn key(text: &str) -> IdempotencyKey {
    text.parse().unwrap()
}

impl Case {
    /// A payment that is accepted and has not been anywhere.
    pub(super) fn new(flow: Flow) -> Self {
        Self::of(serde_json::from_str(include_str!("../fixtures/checkout.json")).unwrap(), flow)
    }

    /// The same of this order.
    pub(super) fn of(mut order: Order, flow: Flow) -> Self {
        order.flow = Some(flow);
        let new = NewPayment {
            merchant: "demo".parse().unwrap(),
            key: &key("k-1"),
            order: &order,
            flow,
            capture_mode: payment::CaptureMode::Manual,
            livemode: false,
            token: Token::from_random([7; 16]),
            provider_account: None,
            opened_under: None,
            late_authorization: payment::LateAuthorization::default(),
            fingerprint: Fingerprint::of(&"order").unwrap(),
            cause: cause(),
        };
        let payment = Payment::open(new, now()).0;
        let url = |path: &str| format!("https://api.example/{path}").parse().unwrap();
        let urls = Urls { back: url("v1/return/pay_1?token=t"), push: url("v1/webhooks") };
        Self { payment, order, widget_result: None, now: now(), patience: Duration::from_secs(10), urls }
    }

    /// A payment whose buyer has been at Billie.
    pub(super) fn with_session(flow: Flow) -> Self {
        Self::new(flow).opened()
    }

    /// The payment once its buyer has been at Billie.
    pub(super) fn opened(mut self) -> Self {
        self.payment.session_reference = Some(SESSION.to_owned());
        self.conclude_first();
        let widget = self.payment.flow == Flow::Widget;
        self.payment.status = if widget { Status::RequiresAction } else { Status::RequiresConfirmation };
        self
    }

    /// A payment whose order exists.
    pub(super) fn authorized() -> Self {
        Self::with_session(Flow::Redirect).confirmed()
    }

    /// The payment once its order exists.
    pub(super) fn confirmed(mut self) -> Self {
        self.payment.provider_reference = Some(ORDER.to_owned());
        self.payment.status = Status::Authorized;
        self.payment.authorized = self.payment.amount;
        self
    }

    /// A payment with one settled capture, in minor units.
    pub(super) fn captured(amount: i64) -> Self {
        let mut case = Self::authorized();
        let capture = case.capture(json!({ "amount": amount }));
        case.succeed(&capture, INVOICE);
        case
    }

    fn conclude_first(&mut self) {
        let id = self.payment.operations[0].id.clone();
        let ticket = Ticket { operation: id, attempt: 1 };
        self.payment.settle(&ticket, Outcome::Done(Receipt::default()), DoubtPolicy::None, &cause(), now());
    }

    pub(super) fn succeed(&mut self, operation: &Operation, uuid: &str) {
        let ticket = Ticket { operation: operation.id.clone(), attempt: 1 };
        let receipt = Receipt { provider_reference: Some(uuid.to_owned()), ..Receipt::default() };
        self.payment.settle(&ticket, Outcome::Done(receipt), DoubtPolicy::None, &cause(), now());
    }

    pub(super) fn doubt(&mut self, operation: &Operation) -> Operation {
        let ticket = Ticket { operation: operation.id.clone(), attempt: 1 };
        self.payment.settle(&ticket, Outcome::InDoubt(Doubt::TimedOut), DoubtPolicy::Lookup, &cause(), now());
        self.operation(&operation.id)
    }

    pub(super) fn operation(&self, id: &OperationId) -> Operation {
        self.payment.operation(id).unwrap().clone()
    }

    pub(super) fn first(&self) -> Operation {
        self.payment.operations[0].clone()
    }

    /// A capture with invoice INV-1 unless the body says otherwise.
    pub(super) fn capture(&mut self, mut body: Value) -> Operation {
        let invoice = json!({ "number": "INV-1", "url": "https://shop.example/INV-1.pdf" });
        body.as_object_mut().unwrap().entry("invoice").or_insert(invoice);
        let count = self.payment.operations.len();
        self.accept(Command::capture(serde_json::from_value(body).unwrap(), key(&format!("k-{count}")), print()))
    }

    pub(super) fn refund(&mut self, body: Value) -> Operation {
        let count = self.payment.operations.len();
        self.accept(Command::refund(serde_json::from_value(body).unwrap(), key(&format!("k-{count}")), print()))
    }

    pub(super) fn confirm(&mut self) -> Operation {
        let command = payment::ConfirmCommand { from_widget: self.payment.flow == Flow::Widget };
        self.accept(Command::confirm(command, key("c"), print()))
    }

    pub(super) fn cancel(&mut self) -> Operation {
        self.accept(Command::cancel(key("x"), print()))
    }

    pub(super) fn amend(&mut self, amount: i64) -> Operation {
        let asked = serde_json::from_value(json!({ "amount": amount })).unwrap();
        self.accept(Command::amend(asked, key("a"), print()))
    }

    pub(super) fn paid_directly(&mut self, amount: i64) -> Operation {
        let told = json!({ "kind": "direct_payment", "amount": amount });
        self.accept(Command::tell(serde_json::from_value(told).unwrap(), key("p"), print()))
    }

    fn accept(&mut self, command: Command) -> Operation {
        self.payment.accept(command, now()).unwrap();
        self.payment.operations.last().unwrap().clone()
    }

    pub(super) fn context(&self) -> Context<'_> {
        Context {
            payment: &self.payment,
            order: Some(&self.order),
            widget_result: self.widget_result.as_deref(),
            candidate: None,
            urls: &self.urls,
            deadline: Deadline::within(self.patience),
            now: self.now,
        }
    }

    pub(super) async fn act(&self, adapter: &dyn Adapter, operation: &Operation) -> Outcome {
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

    pub(super) async fn observe(&self, adapter: &dyn Adapter) -> Result<OrderNews, ReadError> {
        adapter.observe(&self.context()).await.map(|seen| seen.content().order.clone().unwrap())
    }

    /// What an observation tells of the receivable.
    pub(super) async fn owed(&self, adapter: &dyn Adapter) -> Vec<ReceivableFacts> {
        let seen = adapter.observe(&self.context()).await.unwrap();
        seen.content().receivable.clone()
    }

    pub(super) async fn probe(&self, adapter: &dyn Adapter, operation: &Operation) -> String {
        match adapter.probe(operation, &self.context()).await {
            Err(error) => format!("{error:?}"),
            Ok(seen) => match seen.content() {
                payment::Finding::Found(outcome) => format!("Found {}", tell(outcome)),
                payment::Finding::NotFound => "NotFound".into(),
                payment::Finding::Unclear => "Unclear".into(),
            },
        }
    }

    /// The order as Billie would show it.
    pub(super) fn at_billie(&self, state: &str, changes: &Value) -> String {
        let mut order: Value = serde_json::from_str(include_str!("../fixtures/order.json")).unwrap();
        order["external_code"] = json!(self.payment.order_reference);
        order["state"] = json!(state);
        order["amount"] = json!({ "net": 104.13, "tax": 21.87, "gross": 126.00 });
        order["unshipped_amount"] = order["amount"].clone();
        for (name, value) in changes.as_object().unwrap() {
            order[name] = value.clone();
        }
        order.to_string()
    }
}

fn print() -> Fingerprint {
    Fingerprint::of(&"asked").unwrap()
}

/// An outcome in words, so that a failed test says what it got.
pub(super) fn tell(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(receipt) => {
            let reference = receipt.provider_reference.as_deref().map(|id| format!(" {id}")).unwrap_or_default();
            let amount = receipt.amount.map(|amount| format!(" of {amount}")).unwrap_or_default();
            let order = receipt.order.as_ref().map(|order| format!(" {}", tell_news(order))).unwrap_or_default();
            format!("Done{reference}{amount}{order}")
        }
        Outcome::Pending(_) => "Pending".into(),
        Outcome::Refused(Refusal { provider_code, message }) => {
            let text = |part: &Option<String>| part.clone().unwrap_or_else(|| "-".into());
            format!("Refused {} {}", text(provider_code), text(message))
        }
        Outcome::NotSent => "NotSent".into(),
        Outcome::InDoubt(doubt) => format!("InDoubt {doubt:?}"),
    }
}

pub(super) fn tell_news(news: &OrderNews) -> String {
    let state = match &news.state {
        payment::OrderState::AwaitingBuyer(Some(Action::Redirect { url, expires_at })) => {
            format!("redirect to {url} until {}", expires_at.unwrap())
        }
        payment::OrderState::AwaitingBuyer(Some(Action::Widget { provider_session_id, script_url, expires_at })) => {
            format!("widget {provider_session_id} with {script_url} until {}", expires_at.unwrap())
        }
        payment::OrderState::Declined(decline) => format!("Declined {:?} {:?}", decline.reason, decline.provider_code),
        other => format!("{other:?}"),
    };
    let amount = news.amount.map(|amount| format!(" of {amount}")).unwrap_or_default();
    let id = |id: &Option<String>| id.as_deref().map(|id| format!(" {id}")).unwrap_or_default();
    format!("{state}{amount}{}{}", id(&news.provider_reference), id(&news.session_reference))
}
