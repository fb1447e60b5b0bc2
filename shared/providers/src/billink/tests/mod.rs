//! The adapter against the provider's own payloads and against a Billink on loopback.

mod accounts;
mod answers;
mod desk;
mod messages;
mod requests;

use std::time::Duration;

use payment::{
    Amount, CaptureCommand, CaptureMode, Cause, CauseKind, Command, DoubtPolicy, Fingerprint, Flow, IdempotencyKey,
    NewPayment, Operation, Order, OrderNews, OrderState, Outcome, Payment, Receipt, RefundCommand, Token,
};
use serde_json::{Value, json};

use super::account::Account;
use crate::{Context, Deadline, Urls};

const ID: &str = "d38a3439590889df026367bf01ddar621e687b8d278";
const PUBLIC_NUMBER: &str = "1ABKRKND-0001";
const SECRET: &str = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=";
const OLD_SECRET: &str = "b2xkIG9sZCBvbGQgb2xkIG9sZCBvbGQgb2xkIG9sZCE=";

fn account_document(base_url: &str) -> Value {
    json!({"base_url": base_url, "username": "usertest", "id": ID, "workflow_number": "1"})
}

fn account() -> Account {
    Account::parse(&account_document("https://api-staging.billink.nl")).unwrap()
}

/// The order of the page's sample.
fn consumer() -> Value {
    json!({
        "provider": "billink", "reference": "KRKND-0001", "currency": "EUR", "amount": 4840, "flow": "redirect",
        "capture": "manual",
        "lines": [
            {"reference": "SKU1", "name": "Item", "kind": "goods", "quantity": 2, "unit_price": 2420, "tax_rate": "21"}
        ],
        "buyer": {
            "kind": "person",
            "person": {"first_name": "Jan", "last_name": "Jansen", "email": "jan@example.nl", "phone": "0612345678"}
        },
        "billing_address": {
            "street": "Damrak", "house_number": "1", "postal_code": "1012LG", "city": "Amsterdam", "country": "NL"
        },
        "return_url": "https://shop.example/return"
    })
}

/// A company with everything that an order can have.
fn company() -> Value {
    let mut order = consumer();
    order["amount"] = json!(5045);
    order["lines"] = json!([
        {"reference": "SKU1", "name": "Item", "kind": "goods", "quantity": 2, "unit_price": 2420, "tax_rate": "21"},
        {"reference": "SHIP", "name": "Delivery", "kind": "shipping", "quantity": 1, "unit_price": 500, "tax_rate": "5.5"},
        {"reference": "GIFT", "name": "Wrapping", "kind": "fee", "quantity": 1, "unit_price": 205, "tax_rate": "0"},
        {"reference": "SALE", "name": "Vouchers", "kind": "discount", "quantity": 2, "unit_price": -250, "tax_rate": "21"}
    ]);
    order["buyer"]["kind"] = json!("business");
    order["buyer"]["person"]["initials"] = json!("J.");
    order["buyer"]["person"]["birth_date"] = json!("1990-01-31");
    order["buyer"]["company"] = json!({"name": "Zeta Stoelen B.V.", "registration_number": "12345678"});
    order["shipping_address"] = json!({
        "street": "Markt", "house_number": "80", "house_number_addition": "b", "postal_code": "2000", "city": "Antwerpen",
        "country": "BE"
    });
    order["options"] = json!({"workflow_number": "3"});
    order
}

fn order(document: &Value) -> Order {
    serde_json::from_value(document.clone()).unwrap()
}

fn urls() -> Urls {
    Urls {
        back: "https://pay.example/v1/return/pay_1?token=t0ken".parse().unwrap(),
        push: "https://pay.example/v1/webhooks/billink/demo?payment=pay_1&token=t0ken".parse().unwrap(),
    }
}

fn now() -> jiff::Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn cause() -> Cause {
    Cause::new(CauseKind::Api, "req_1")
}

fn key(text: &str) -> IdempotencyKey {
    text.parse().unwrap()
}

fn fingerprint() -> Fingerprint {
    Fingerprint::of(&"request").unwrap()
}

/// A payment whose opening call is about to be made.
fn created(order: &Order) -> Payment {
    let new = NewPayment {
        merchant: "demo".parse().unwrap(),
        key: &key("order-1"),
        order,
        flow: Flow::Redirect,
        capture_mode: CaptureMode::Manual,
        livemode: false,
        token: Token::from_random([7; 16]),
        provider_account: None,
        late_authorization: payment::LateAuthorization::default(),
        fingerprint: fingerprint(),
        cause: cause(),
    };
    Payment::open(new, now()).0
}

/// A payment whose session was opened and led here.
fn opened(state: OrderState) -> Payment {
    let mut payment = created(&order(&consumer()));
    let news = OrderNews {
        provider_reference: Some(PUBLIC_NUMBER.into()),
        session_reference: Some("s-1".into()),
        ..OrderNews::of(state)
    };
    let provider_reference = news.provider_reference.clone();
    settle(&mut payment, Outcome::Done(Receipt { provider_reference, order: Some(news), ..Receipt::default() }));
    payment
}

/// Ends the newest operation.
fn settle(payment: &mut Payment, outcome: Outcome) {
    let newest = payment.operations.last().unwrap();
    let ticket = payment::Ticket { operation: newest.id.clone(), attempt: newest.attempt };
    assert!(payment.settle(&ticket, outcome, DoubtPolicy::None, &cause(), now()));
}

fn capturing() -> Payment {
    let mut payment = opened(OrderState::Authorized);
    let shipment = serde_json::from_value(json!({"shipment": {"tracking_number": "3SABC"}})).unwrap();
    payment.accept(Command::capture(shipment, key("capture-1"), fingerprint()), now()).unwrap();
    payment
}

fn captured() -> Payment {
    let mut payment = opened(OrderState::Authorized);
    payment.accept(Command::capture(CaptureCommand::default(), key("capture-1"), fingerprint()), now()).unwrap();
    settle(&mut payment, Outcome::Done(Receipt::default()));
    payment
}

fn refunding(minor: i64) -> Payment {
    let mut payment = captured();
    let amount = Some(Amount::new(minor).unwrap());
    let refund = RefundCommand { amount, reason: Some("came back".parse().unwrap()), ..RefundCommand::default() };
    payment.accept(Command::refund(refund, key("refund-1"), fingerprint()), now()).unwrap();
    payment
}

fn canceling(state: OrderState) -> Payment {
    let mut payment = opened(state);
    payment.accept(Command::cancel(key("cancel-1"), fingerprint()), now()).unwrap();
    payment
}

fn newest(payment: &Payment) -> &Operation {
    payment.operations.last().unwrap()
}

fn context<'a>(payment: &'a Payment, order: Option<&'a Order>, urls: &'a Urls) -> Context<'a> {
    let deadline = Deadline::within(Duration::from_millis(700));
    Context { payment, order, widget_result: None, candidate: None, urls, deadline, now: now() }
}

/// The sample with our number of the order.
fn of(payment: &Payment, sample: &str) -> String {
    sample.replace(r#""KRKND-0001""#, &format!(r#""{}""#, payment.order_reference))
}

/// An outcome in words; personal data keeps the type itself from being printed.
fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(receipt) => {
            let amount = receipt.amount.map_or_else(|| "-".into(), |amount| amount.to_string());
            let order = receipt.order.as_ref().map(|news| format!(" {:?}", news.state)).unwrap_or_default();
            format!("done {amount}{order}")
        }
        Outcome::Pending(_) => "pending".into(),
        Outcome::Refused(refusal) => {
            let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
            format!("refused {} {}", text(&refusal.provider_code), text(&refusal.message))
        }
        Outcome::NotSent => "not sent".into(),
        Outcome::InDoubt(doubt) => format!("in doubt {doubt:?}"),
    }
}
