//! The adapter against the provider's own payloads and against a gateway on loopback.

mod accounts;
mod gateway;
mod guide;
mod lookups;
mod outcomes;
mod pushes;
mod requests;
mod rules;
mod samples;
mod signatures;

use payment::{Flow, Order, OrderNews, OrderState, Outcome, Payment, Receipt};
use serde_json::{Value, json};

use super::account::Account;
use crate::Urls;
use crate::testing::*;

const WEBSITE_KEY: &str = "WEBKEY1234";
const SECRET: &str = "0123456789ABCDEF0123456789ABCDEF";
const FIRST_KEY: &str = "DC268356E5E943C689D3A034AABBCCDD";
const CAPTURE_KEY: &str = "F8EB2B42AB0A49ED83CFE14DAABBCCDD";

fn account_document(base_url: &str) -> Value {
    json!({"base_url": base_url, "website_key": WEBSITE_KEY, "secret_key": SECRET})
}

fn account() -> Account {
    Account::parse(&account_document("https://testcheckout.buckaroo.nl")).unwrap()
}

fn consumer() -> Value {
    json!({
        "provider": "buckaroo_billink", "reference": "ORD-1001", "description": "Two chairs", "currency": "EUR", "amount": 12100,
        "flow": "redirect", "capture": "manual",
        "lines": [
            {"reference": "SKU-1", "name": "Chair", "kind": "goods", "quantity": 2, "unit_price": 6050, "tax_rate": "21"},
            {"reference": "SHIP", "name": "Delivery", "kind": "shipping", "quantity": 1, "unit_price": 500, "tax_rate": "5.5"},
            {"reference": "SALE", "name": "Two vouchers", "kind": "discount", "quantity": 2, "unit_price": -250, "tax_rate": "21"}
        ],
        "buyer": {
            "kind": "person",
            "person": {
                "first_name": "Test", "last_name": "Acceptatie", "salutation": "male", "birth_date": "1990-01-31",
                "email": "billingcustomer@buckaroo.nl", "phone": "0698765433"
            },
            "ip_address": "203.0.113.10", "locale": "nl-NL"
        },
        "billing_address": {
            "street": "Hoofdstraat", "house_number": "90", "house_number_addition": "A", "postal_code": "8441EE",
            "city": "Heerenveen", "country": "NL"
        },
        "shipping_address": {
            "street": "Afleverstraat", "house_number": "80b", "postal_code": "7881ER", "city": "Leeuwarden", "country": "NL"
        },
        "return_url": "https://shop.example/return"
    })
}

fn company() -> Value {
    let mut order = consumer();
    order["buyer"]["kind"] = json!("business");
    order["buyer"]["person"]["initials"] = json!("T.A.");
    order["buyer"]["company"] =
        json!({"name": "Zeta Stoelen B.V.", "registration_number": "12345678", "vat_number": "NL001234567B01"});
    order["shipping_address"] = Value::Null;
    order
}

fn urls() -> Urls {
    urls_of("buckaroo")
}

/// A payment whose opening call is about to be made.
fn created(order: &Order) -> Payment {
    created_in(Flow::Redirect, order)
}

/// A payment whose opening call was answered with this.
fn opened(order: &Order, state: OrderState) -> Payment {
    let mut payment = created(order);
    let news = OrderNews { provider_reference: Some(FIRST_KEY.into()), ..OrderNews::of(state) };
    let receipt = Receipt { provider_reference: Some(FIRST_KEY.into()), order: Some(news), ..Receipt::default() };
    settle(&mut payment, Outcome::Done(receipt));
    payment
}

fn captured() -> Payment {
    let mut payment = with_capture(opened(&order(&consumer()), OrderState::Authorized), json!({}));
    settle(&mut payment, Outcome::Done(Receipt { provider_reference: Some(CAPTURE_KEY.into()), ..Receipt::default() }));
    payment
}

/// An outcome in words; personal data keeps the type itself from being printed.
fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(receipt) => format!("done {}", told_receipt(receipt)),
        Outcome::Pending(receipt) => format!("pending {}", told_receipt(receipt)),
        failure => told_failure(failure),
    }
}

fn told_receipt(receipt: &Receipt) -> String {
    let amount = receipt.amount.map_or_else(|| "-".into(), |amount| amount.to_string());
    let key = receipt.provider_reference.as_deref().unwrap_or("-");
    let order = receipt.order.as_ref().map(|news| format!(" {:?}", news.state)).unwrap_or_default();
    format!("{key} {amount}{order}")
}

/// A transaction as the gateway writes it.
struct Wire<'a> {
    code: u16,
    key: Option<&'a str>,
    invoice: &'a str,
    transaction_type: Option<&'a str>,
    amount: Option<(&'a str, &'a str)>,
    currency: &'a str,
    more: &'a str,
}

impl<'a> Wire<'a> {
    fn new(code: u16, transaction_type: &'a str, invoice: &'a str) -> Self {
        let side = if matches!(transaction_type, "C070" | "I072") { "AmountCredit" } else { "AmountDebit" };
        let amount = Some((side, "121.0"));
        Self {
            code,
            key: Some("A1"),
            invoice,
            transaction_type: Some(transaction_type),
            amount,
            currency: "EUR",
            more: "",
        }
    }

    fn json(&self) -> String {
        let text = |value: Option<&str>| value.map_or_else(|| "null".into(), |value| format!("\"{value}\""));
        let amount = self.amount.map(|(side, amount)| format!(r#","{side}":{amount}"#)).unwrap_or_default();
        format!(
            r#"{{"Key":{},"Status":{{"Code":{{"Code":{},"Description":"?"}},"SubCode":null,"DateTime":"2026-11-20T13:00:00"}},"Invoice":"{}","Currency":"{}"{amount},"TransactionType":{},"Unknown":[1]{}}}"#,
            text(self.key),
            self.code,
            self.invoice,
            self.currency,
            text(self.transaction_type),
            self.more,
        )
    }
}
