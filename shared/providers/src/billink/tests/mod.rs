//! The adapter against the provider's own payloads and against a Billink on loopback.

mod accounts;
mod answers;
mod desk;
mod messages;
mod requests;
mod samples;

use payment::{Command, DoubtPolicy, Flow, Order, OrderNews, OrderState, Outcome, Payment, Receipt, RefundCommand};
use serde_json::{Value, json};

use super::account::{Account, parse};
use crate::Urls;
use crate::testing::*;

const ID: &str = "d38a3439590889df026367bf01ddar621e687b8d278";
const PUBLIC_NUMBER: &str = "1ABKRKND-0001";
const SECRET: &str = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=";
const OLD_SECRET: &str = "b2xkIG9sZCBvbGQgb2xkIG9sZCBvbGQgb2xkIG9sZCE=";

fn account_document(base_url: &str) -> Value {
    json!({"base_url": base_url, "username": "usertest", "id": ID, "workflow_number": "1"})
}

fn account() -> Account {
    parse(&account_document("https://api-staging.billink.nl")).unwrap()
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

fn urls() -> Urls {
    urls_of("billink")
}

/// A payment whose opening call is about to be made.
fn created(order: &Order) -> Payment {
    let opened_under = super::options::opens_under(order, "1");
    Payment { opened_under, ..created_in(Flow::Redirect, order) }
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

fn capturing() -> Payment {
    with_capture(opened(OrderState::Authorized), json!({"shipment": {"tracking_number": "3SABC"}}))
}

fn captured() -> Payment {
    let mut payment = with_capture(opened(OrderState::Authorized), json!({}));
    settle(&mut payment, Outcome::Done(Receipt::default()));
    payment
}

fn refunding(minor: i64) -> Payment {
    with_refund(captured(), minor, Some("came back"))
}

fn canceling(state: OrderState) -> Payment {
    with_cancel(opened(state))
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
        failure => told_failure(failure),
    }
}
