//! The adapter against the provider's own payloads and against a gateway on loopback.

mod gateway;
mod lookups;
mod outcomes;
mod pushes;
mod requests;
mod rules;
mod samples;
mod signatures;

use std::time::Duration;

use payment::{
    CaptureCommand, Cause, CauseKind, Command, DoubtPolicy, Fingerprint, Flow, IdempotencyKey, NewPayment, Operation,
    Order, OrderNews, OrderState, Outcome, Payment, Receipt, RefundCommand, Token,
};
use serde_json::{Value, json};

use super::account::Account;
use crate::{Context, Deadline, Urls};

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

fn order(document: &Value) -> Order {
    serde_json::from_value(document.clone()).unwrap()
}

fn urls() -> Urls {
    Urls {
        back: "https://pay.example/v1/return/pay_1?token=t0ken".parse().unwrap(),
        push: "https://pay.example/v1/webhooks/buckaroo/demo?payment=pay_1&token=t0ken".parse().unwrap(),
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
        capture_mode: order.capture.unwrap(),
        livemode: false,
        token: Token::from_random([7; 16]),
        provider_account: None,
        late_authorization: payment::LateAuthorization::default(),
        fingerprint: fingerprint(),
        cause: cause(),
    };
    Payment::open(new, now()).0
}

/// A payment whose opening call was answered with this.
fn opened(order: &Order, state: OrderState) -> Payment {
    let mut payment = created(order);
    let news = OrderNews { provider_reference: Some(FIRST_KEY.into()), ..OrderNews::of(state) };
    let receipt = Receipt { provider_reference: Some(FIRST_KEY.into()), order: Some(news), ..Receipt::default() };
    settle(&mut payment, Outcome::Done(receipt));
    payment
}

/// Ends the newest operation.
fn settle(payment: &mut Payment, outcome: Outcome) {
    let newest = payment.operations.last().unwrap();
    let ticket = payment::Ticket { operation: newest.id.clone(), attempt: newest.attempt };
    assert!(payment.settle(&ticket, outcome, DoubtPolicy::Lookup, &cause(), now()));
}

fn with_capture(mut payment: Payment) -> Payment {
    payment.accept(Command::capture(CaptureCommand::default(), key("capture-1"), fingerprint()), now()).unwrap();
    payment
}

fn captured() -> Payment {
    let mut payment = with_capture(opened(&order(&consumer()), OrderState::Authorized));
    settle(&mut payment, Outcome::Done(Receipt { provider_reference: Some(CAPTURE_KEY.into()), ..Receipt::default() }));
    payment
}

fn with_refund(mut payment: Payment, minor: i64) -> Payment {
    let refund = RefundCommand {
        amount: Some(payment::Amount::new(minor).unwrap()),
        reason: Some("came back".parse().unwrap()),
        ..RefundCommand::default()
    };
    payment.accept(Command::refund(refund, key("refund-1"), fingerprint()), now()).unwrap();
    payment
}

fn with_cancel(mut payment: Payment) -> Payment {
    payment.accept(Command::cancel(key("cancel-1"), fingerprint()), now()).unwrap();
    payment
}

fn newest(payment: &Payment) -> &Operation {
    payment.operations.last().unwrap()
}

fn context<'a>(payment: &'a Payment, order: Option<&'a Order>, urls: &'a Urls) -> Context<'a> {
    let deadline = Deadline::within(Duration::from_secs(2));
    Context { payment, order, widget_result: None, candidate: None, urls, deadline, now: now() }
}

/// An outcome in words; personal data keeps the type itself from being printed.
fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(receipt) => format!("done {}", told_receipt(receipt)),
        Outcome::Pending(receipt) => format!("pending {}", told_receipt(receipt)),
        Outcome::Refused(refusal) => {
            let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
            format!("refused {} {}", text(&refusal.provider_code), text(&refusal.message))
        }
        Outcome::NotSent => "not sent".into(),
        Outcome::InDoubt(doubt) => format!("in doubt {doubt:?}"),
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
