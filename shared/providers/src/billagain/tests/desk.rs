//! A payment at hand, and a BillAgain on loopback that answers by script.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use payment::{Difference, Flow, News, Order, OrderNews, OrderState, Outcome, Payment};
use serde_json::{Value, json};

use crate::testing::{self, Server};
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

type Script = Arc<Mutex<BTreeMap<String, Reply>>>;

/// BillAgain, as scripted; what is not scripted is answered with 418.
pub(super) struct BillAgain {
    server: Server,
    script: Script,
}

impl BillAgain {
    pub(super) async fn start() -> Self {
        let script = Script::default();
        let scripted = script.clone();
        let server = Server::start(move |seen| match scripted.lock().unwrap().get(&seen.line).cloned() {
            Some(Reply::Says(status, body)) => Some(testing::says(status, body)),
            Some(Reply::Hangs) => None,
            Some(Reply::Resets) => std::panic::resume_unwind(Box::new("the connection breaks")),
            None => Some(testing::says(418, "")),
        });
        Self { server: server.await, script }
    }

    pub(super) fn on(self, call: &str, reply: Reply) -> Self {
        self.script.lock().unwrap().insert(call.to_owned(), reply);
        self
    }

    pub(super) fn account(&self) -> Value {
        account_at(&self.server.base)
    }

    pub(super) fn adapter(&self) -> Box<dyn Adapter> {
        super::super::open(&self.account(), Transport::default()).unwrap()
    }

    /// Every call as it arrived: method, path, some headers, body.
    pub(super) fn calls(&self) -> Vec<String> {
        self.server.seen().iter().map(|seen| seen.told(&["accept", "authorization", "content-type"])).collect()
    }
}

pub(super) fn account_at(root: &str) -> Value {
    json!({ "base_url": format!("{root}/v1"), "account_id": "5", "api_key": "hush", "gateway_id": 99 })
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
        let payment = testing::created_in(Flow::Redirect, &order);
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
            Ok(seen) => tell_all(seen.content()),
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

fn tell_all(news: &News) -> String {
    let differs = |one: &Difference| format!("{} is {} and not {}", one.field, one.theirs, one.ours);
    match &news.order {
        Some(order) if news.differs.is_empty() => tell_news(order),
        None if !news.differs.is_empty() => news.differs.iter().map(differs).collect::<Vec<_>>().join(", "),
        _ => "order and differences are told together".to_owned(),
    }
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
        OrderState::AwaitingBuyer(Some(payment::Action::Redirect { url, expires_at: Some(_) })) => format!("to {url}"),
        OrderState::Declined(decline) => format!("Declined {:?} {:?}", decline.reason, decline.message),
        other => format!("{other:?}"),
    };
    let amount = news.amount.map(|amount| format!(" of {amount}")).unwrap_or_default();
    let id = |id: &Option<String>| id.as_deref().map(|id| format!(" {id}")).unwrap_or_default();
    format!("{state}{amount}{}{}", id(&news.provider_reference), id(&news.session_reference))
}
