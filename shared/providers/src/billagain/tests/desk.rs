//! A payment at hand, and a BillAgain on loopback that answers by script.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use payment::{
    CaptureMode, Cause, CauseKind, Fingerprint, Flow, NewPayment, Order, OrderNews, OrderState, Outcome, Payment, Token,
};
use serde_json::{Value, json};

use crate::{Act, Adapter, Context, Deadline, Effect, ReadError, Transport, Urls};

pub(super) const TOKEN: &str = "qQPHbizijkuMvTigLR";
pub(super) const ID: &str = "a1B2c3";

#[derive(Clone)]
pub(super) enum Reply {
    Says(u16, String),
    Hangs,
    Resets,
}

pub(super) fn says(status: u16, body: impl ToString) -> Reply {
    Reply::Says(status, body.to_string())
}

#[derive(Default)]
struct Desk {
    script: BTreeMap<String, Reply>,
    calls: Vec<String>,
}

/// BillAgain, as scripted; what is not scripted is answered with 418.
#[derive(Clone, Default)]
pub(super) struct BillAgain {
    base: String,
    desk: Arc<Mutex<Desk>>,
}

impl BillAgain {
    pub(super) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let desk = Self { base: format!("http://{}/v1", listener.local_addr().unwrap()), ..Self::default() };
        let app = axum::Router::new().fallback(answer).with_state(desk.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        desk
    }

    pub(super) fn on(self, call: &str, reply: Reply) -> Self {
        self.desk.lock().unwrap().script.insert(call.to_owned(), reply);
        self
    }

    pub(super) fn account(&self) -> Value {
        json!({ "base_url": self.base, "account_id": "5", "api_key": "hush", "gateway_id": 99 })
    }

    pub(super) fn adapter(&self) -> Box<dyn Adapter> {
        super::super::open(&self.account(), Transport::default()).unwrap()
    }

    /// Every call as it arrived: method, path, some headers, body.
    pub(super) fn calls(&self) -> Vec<String> {
        self.desk.lock().unwrap().calls.clone()
    }
}

async fn answer(State(desk): State<BillAgain>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let name = format!("{} {}", head.method, head.uri.path());
    let mut call = name.clone();
    for header in ["accept", "authorization", "content-type"] {
        if let Some(value) = head.headers.get(header) {
            call.push_str(&format!("\n{header}: {}", value.to_str().unwrap()));
        }
    }
    call.push_str(&format!("\n\n{}", String::from_utf8(body.to_vec()).unwrap()));
    let reply = {
        let mut desk = desk.desk.lock().unwrap();
        desk.calls.push(call);
        desk.script.get(&name).cloned().unwrap_or(says(418, ""))
    };
    match reply {
        Reply::Says(status, body) => (StatusCode::from_u16(status).unwrap(), body).into_response(),
        Reply::Hangs => std::future::pending().await,
        Reply::Resets => std::panic::resume_unwind(Box::new("the connection breaks")),
    }
}

pub(super) fn order(change: impl FnOnce(&mut Value)) -> Order {
    let mut order: Value = serde_json::from_str(include_str!("../fixtures/checkout.json")).unwrap();
    change(&mut order);
    serde_json::from_value(order).unwrap()
}

/// An order that only stores a card.
pub(super) fn enrolment() -> Order {
    order(|order| {
        order["amount"] = json!(0);
        order["lines"][0]["unit_price"] = json!(0);
        order["options"] = json!({ "customer_id": 200, "is_payment": false, "is_enrol": true, "retain": true });
    })
}

/// A payment with its order.
pub(super) struct Case {
    pub(super) payment: Payment,
    pub(super) order: Order,
    pub(super) candidate: Option<&'static str>,
    pub(super) patience: Duration,
    urls: Urls,
}

impl Case {
    /// A payment that is accepted and has not been anywhere.
    pub(super) fn new(order: Order) -> Self {
        let now = "2024-03-01T10:00:00Z".parse().unwrap();
        let new = NewPayment {
            merchant: "demo".parse().unwrap(),
            key: &"k-1".parse().unwrap(),
            order: &order,
            flow: Flow::Redirect,
            capture_mode: CaptureMode::Automatic,
            livemode: false,
            token: Token::from_random([7; 16]),
            provider_account: None,
            late_authorization: payment::LateAuthorization::default(),
            fingerprint: Fingerprint::of(&"order").unwrap(),
            cause: Cause::new(CauseKind::Api, "req"),
        };
        let payment = Payment::open(new, now).0;
        let url = |path: &str| format!("https://api.example/v1/{path}").parse().unwrap();
        let urls =
            Urls { back: url("return/pay_1?token=t"), push: url("webhooks/billagain/demo?payment=pay_1&token=t") };
        Self { payment, order, candidate: None, patience: Duration::from_secs(10), urls }
    }

    /// A payment whose buyer was sent to BillAgain, and which somebody says is this transaction.
    pub(super) fn opened(order: Order) -> Self {
        let mut case = Self::new(order);
        case.payment.session_reference = Some(format!("200/{TOKEN}"));
        case.candidate = Some(ID);
        case
    }

    fn context(&self) -> Context<'_> {
        Context {
            payment: &self.payment,
            order: Some(&self.order),
            widget_result: None,
            candidate: self.candidate,
            urls: &self.urls,
            deadline: Deadline::within(self.patience),
            now: self.payment.created_at,
        }
    }

    pub(super) async fn open(&self, adapter: &dyn Adapter) -> String {
        let act = Act::CreateSession(&self.payment.operations[0]);
        tell(&adapter.act(act, &self.context(), Effect::of_reserved_attempt()).await)
    }

    pub(super) async fn observe(&self, adapter: &dyn Adapter) -> String {
        let context = Context { order: None, ..self.context() };
        match adapter.observe(&context).await {
            Ok(seen) => tell_news(seen.content().order.as_ref().unwrap()),
            Err(error) => format!("{error:?}"),
        }
    }

    pub(super) async fn news(&self, adapter: &dyn Adapter) -> Result<payment::Observation<payment::News>, ReadError> {
        adapter.observe(&Context { order: None, ..self.context() }).await
    }

    pub(super) async fn probe(&self, adapter: &dyn Adapter) -> bool {
        let found = adapter.probe(&self.payment.operations[0], &self.context()).await;
        matches!(found.as_ref().map(payment::Observation::content), Ok(payment::Finding::Unclear))
    }
}

/// The transaction as BillAgain would show it.
pub(super) fn transaction(changes: Value) -> String {
    let mut transaction: Value = serde_json::from_str(include_str!("../fixtures/transaction.json")).unwrap();
    for (name, value) in changes.as_object().unwrap() {
        transaction[name] = value.clone();
    }
    transaction.to_string()
}

/// The payment that the transaction made.
pub(super) fn paid(changes: Value) -> String {
    let mut paid: Value = serde_json::from_str(include_str!("../fixtures/payment.json")).unwrap();
    paid["customerID"] = json!(200);
    paid["Amount"] = json!(150);
    for (name, value) in changes.as_object().unwrap() {
        paid[name] = value.clone();
    }
    paid.to_string()
}

/// An outcome in words, so that a failed test says what it got.
fn tell(outcome: &Outcome) -> String {
    let text = |part: &Option<String>| part.clone().unwrap_or_else(|| "-".into());
    match outcome {
        Outcome::Done(receipt) => format!("Done {}", receipt.order.as_ref().map(tell_news).unwrap_or_default()),
        Outcome::Refused(refusal) => format!("Refused {} {}", text(&refusal.provider_code), text(&refusal.message)),
        Outcome::Pending(_) => "Pending".into(),
        Outcome::NotSent => "NotSent".into(),
        Outcome::InDoubt(doubt) => format!("InDoubt {doubt:?}"),
    }
}

fn tell_news(news: &OrderNews) -> String {
    let state = match &news.state {
        OrderState::AwaitingBuyer(Some(payment::Action::Redirect { url, expires_at: None })) => format!("to {url}"),
        OrderState::Declined(decline) => format!("Declined {:?} {:?}", decline.reason, decline.message),
        other => format!("{other:?}"),
    };
    let amount = news.amount.map(|amount| format!(" of {amount}")).unwrap_or_default();
    let id = |id: &Option<String>| id.as_deref().map(|id| format!(" {id}")).unwrap_or_default();
    format!("{state}{amount}{}{}", id(&news.provider_reference), id(&news.session_reference))
}
