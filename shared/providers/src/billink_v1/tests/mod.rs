//! The adapter against the provider's recorded answers and against a server on loopback.

mod accounts;
mod calls;
mod codes;
mod requests;
mod rules;
mod xml;

use std::time::Duration;

use http::HeaderMap;
use payment::{
    Amount, CaptureCommand, CaptureMode, Cause, CauseKind, Command, ConfirmCommand, DoubtPolicy, Fingerprint, Flow,
    IdempotencyKey, NewPayment, Operation, Order, Outcome, Payment, Receipt, RefundCommand, Token,
};
use serde_json::{Value, json};

use super::map::{self, Endpoint};
use crate::{Context, Deadline, Response, Urls};

const UUID: &str = "98ec1488-bb48-4b2b-9684-de924d5bdda8";

fn account_document(base_url: &str) -> Value {
    json!({"base_url": base_url, "username": "u", "id": "id", "workflow_number": "1"})
}

fn consumer() -> Value {
    json!({
        "provider": "billink_v1", "reference": "ORD-1001", "description": "Two chairs", "currency": "EUR", "amount": 12097,
        "lines": [
            {"reference": "SKU-1", "name": "Chair <oak> & \"more\"", "kind": "goods", "quantity": 2, "unit_price": 6050, "tax_rate": "21"},
            {"reference": "SHIP", "name": "Delivery", "kind": "shipping", "quantity": 1, "unit_price": 497, "tax_rate": "9"},
            {"reference": "SALE", "name": "Two vouchers", "kind": "discount", "quantity": 2, "unit_price": -250, "tax_rate": "21"}
        ],
        "buyer": {
            "kind": "person",
            "person": {
                "first_name": "Jan", "last_name": "d'Arc & <Zn>", "initials": "J.", "salutation": "male",
                "birth_date": "1990-01-31", "email": "jan@example.nl", "phone": "+31 (0)6-1234 5678"
            },
            "ip_address": "203.0.113.10", "locale": "nl-NL"
        },
        "billing_address": {
            "street": "Damrak", "house_number": "1", "house_number_addition": "A", "postal_code": "1012LG",
            "city": "'s-Hertogenbosch", "country": "NL"
        },
        "shipping_address": {
            "street": "Meir", "house_number": "80b", "postal_code": "2000", "city": "Antwerpen", "country": "BE"
        }
    })
}

fn business() -> Value {
    let mut order = consumer();
    order["buyer"]["kind"] = json!("business");
    order["buyer"]["ip_address"] = json!("2001:db8::1");
    order["buyer"]["company"] =
        json!({"name": "Zeta \"Stoelen\" B.V.", "registration_number": "12345678", "vat_number": "NL001234567B01"});
    order["shipping_address"] = Value::Null;
    order["description"] = Value::Null;
    order
}

fn order(document: &Value) -> Order {
    serde_json::from_value(document.clone()).unwrap()
}

fn urls() -> Urls {
    let url = |path: &str| format!("https://pay.example/v1/{path}").parse().unwrap();
    Urls { back: url("return/pay_1"), push: url("webhooks/billink-v1/demo") }
}

/// Shortly after midnight in Amsterdam.
fn now() -> jiff::Timestamp {
    "2026-11-19T23:30:00Z".parse().unwrap()
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

/// A payment whose check is about to be made.
fn created(order: &Order) -> Payment {
    let new = NewPayment {
        merchant: "demo".parse().unwrap(),
        key: &key("order-1"),
        order,
        flow: Flow::Direct,
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

/// Ends the newest operation.
fn settle(payment: &mut Payment, outcome: Outcome) {
    let newest = newest(payment);
    let ticket = payment::Ticket { operation: newest.id.clone(), attempt: newest.attempt };
    assert!(payment.settle(&ticket, outcome, DoubtPolicy::Lookup, &cause(), now()));
}

fn checked(order: &Order) -> Payment {
    let mut payment = created(order);
    settle(&mut payment, outcome(&map::CHECK, include_str!("../fixtures/check.response.xml"), "any"));
    payment
}

fn confirming(order: &Order) -> Payment {
    let mut payment = checked(order);
    let confirm = Command::confirm(ConfirmCommand::default(), key("confirm-1"), fingerprint());
    payment.accept(confirm, now()).unwrap();
    payment
}

fn authorized() -> Payment {
    let mut payment = confirming(&order(&consumer()));
    settle(&mut payment, outcome(&map::ORDER, include_str!("../fixtures/order.response.xml"), "any"));
    payment
}

fn capturing() -> Payment {
    let mut payment = authorized();
    let shipment = json!({"shipment": {"carrier": "PostNL", "tracking_number": "3S<1>"}});
    let capture: CaptureCommand = serde_json::from_value(shipment).unwrap();
    payment.accept(Command::capture(capture, key("capture-1"), fingerprint()), now()).unwrap();
    payment
}

fn refunding(reason: Option<&str>) -> Payment {
    let mut payment = capturing();
    settle(&mut payment, Outcome::Done(Receipt::default()));
    let refund = RefundCommand {
        amount: Some(Amount::new(250).unwrap()),
        reason: reason.map(|reason| reason.parse().unwrap()),
        ..RefundCommand::default()
    };
    payment.accept(Command::refund(refund, key("refund-1"), fingerprint()), now()).unwrap();
    payment
}

fn canceling(mut payment: Payment) -> Payment {
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

fn answer(body: &str) -> Response {
    Response { status: 200, headers: HeaderMap::new(), body: body.to_owned().into() }
}

fn outcome(endpoint: &Endpoint, body: &str, number: &str) -> Outcome {
    map::outcome(endpoint, &answer(body), number)
}

/// An outcome in words; personal data keeps the type itself from being printed.
fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(Receipt { order: None, .. }) => "done".into(),
        Outcome::Done(Receipt { order: Some(news), .. }) => {
            let reference = news.session_reference.as_deref().or(news.provider_reference.as_deref());
            format!("done {:?} {}", news.state, reference.unwrap_or("-"))
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
