//! The adapter against the provider's recorded answers and against a server on loopback.

mod accounts;
mod calls;
mod codes;
mod requests;
mod rules;
mod samples;
mod xml;

use http::HeaderMap;
use payment::{Command, ConfirmCommand, Flow, Order, Outcome, Payment, Receipt};
use serde_json::{Value, json};

use super::map::{self, Endpoint};
use crate::testing::*;
use crate::{Context, Response, Urls};

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

fn urls() -> Urls {
    urls_of("billink")
}

/// A payment whose check is about to be made.
fn created(order: &Order) -> Payment {
    let opened_under = super::options::opens_under(order, "1");
    Payment { opened_under, ..created_in(Flow::Direct, order) }
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
    settle(&mut payment, outcome(&map::ORDER, include_str!("../fixtures/order.response.xml"), "O2014-05-28-2443"));
    payment
}

fn capturing() -> Payment {
    with_capture(authorized(), json!({"shipment": {"carrier": "PostNL", "tracking_number": "3S<1>"}}))
}

fn refunding(reason: Option<&str>) -> Payment {
    let mut payment = capturing();
    settle(&mut payment, Outcome::Done(Receipt::default()));
    with_refund(payment, 250, reason)
}

/// Shortly after midnight in Amsterdam.
fn context<'a>(payment: &'a Payment, order: Option<&'a Order>, urls: &'a Urls) -> Context<'a> {
    let now = "2026-11-19T23:30:00Z".parse().unwrap();
    Context { now, ..crate::testing::context(payment, order, urls) }
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
        failure => told_failure(failure),
    }
}
