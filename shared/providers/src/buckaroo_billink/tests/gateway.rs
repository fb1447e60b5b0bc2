//! Acts against a gateway on loopback: what is sent, and what every kind of answer means.

use http::Method;
use payment::OrderState;

use super::super::sign::{Signed, Stamp};
use super::*;
use crate::{Act, Adapter, Effect, Transport};

/// Real money, for a payment of test money.
const LIVE: &str = r#","IsTest":false"#;

/// What the gateway answers.
#[derive(Clone)]
pub(super) enum Reply {
    /// With a right signature.
    Signed(u16, String),
    /// With the signature of another body.
    Missigned(String),
    /// Without a signature.
    Plain(u16, String),
    /// Nothing.
    Never,
}

pub(super) struct Gateway(Server);

impl Gateway {
    pub(super) async fn start(reply: Reply) -> Self {
        Self(Server::start(move |seen| answer(&reply, seen)).await)
    }

    pub(super) fn adapter(&self) -> Box<dyn Adapter> {
        super::super::open(&account_document(&self.0.base), Transport::default()).unwrap()
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.0.seen()
    }
}

/// Whether a request has a right signature.
pub(super) fn is_genuine(seen: &Seen) -> bool {
    let method = seen.line.split(' ').next().unwrap().parse().unwrap();
    let signed = Signed { method: &method, url: &seen.url, body: seen.body.as_bytes() };
    seen.header("authorization").is_some_and(|given| account().signed_by_provider(given, signed))
}

fn answer(reply: &Reply, seen: &Seen) -> Option<http::Response<String>> {
    let method = seen.line.split(' ').next().unwrap().parse().unwrap();
    let sign = |mut answer: http::Response<String>, body: &str| {
        let stamp = Stamp { nonce: "a1b2", timestamp: "1605622335" };
        let signed = Signed { method: &method, url: &seen.url, body: body.as_bytes() };
        let signature = account().authorization(signed, stamp).unwrap();
        answer.headers_mut().insert("authorization", signature.parse().unwrap());
        answer
    };
    match reply {
        Reply::Signed(status, body) => Some(sign(says(*status, body), body)),
        Reply::Missigned(body) => Some(sign(says(200, body), "other")),
        Reply::Plain(status, body) => Some(says(*status, body)),
        Reply::Never => None,
    }
}

async fn act(gateway: &Gateway, act: Act<'_>, payment: &Payment, order: Option<&Order>) -> String {
    let urls = urls();
    told(&gateway.adapter().act(act, &context(payment, order, &urls), Effect::of_reserved_attempt()).await)
}

/// Our name of the order.
fn reference() -> String {
    created(&order(&consumer())).order_reference
}

async fn create(reply: Reply) -> (String, Vec<Seen>) {
    let gateway = Gateway::start(reply).await;
    let order = order(&consumer());
    let payment = created(&order);
    let told = act(&gateway, Act::CreateSession(newest(&payment)), &payment, Some(&order)).await;
    (told, gateway.seen())
}

#[tokio::test]
async fn opening_sends_one_signed_request_and_reads_its_answer() {
    let reference = reference();
    let wire = Wire::new(190, "I069", &reference);
    for reply in [Reply::Signed(200, wire.json()), Reply::Plain(200, wire.json()), Reply::Signed(500, wire.json())] {
        let (told, seen) = create(reply).await;
        assert_eq!(told, "done A1 12100 Authorized");
        let [seen] = seen.as_slice() else { panic!() };
        assert_eq!(seen.line, "POST /json/Transaction");
        assert!(is_genuine(seen));
        assert_eq!(seen.header("culture"), Some("nl-NL"));
        assert!(seen.body.contains(r#""Action":"Authorize""#));
    }
}

#[tokio::test]
async fn whatever_else_the_gateway_answers_is_never_a_success() {
    let reference = reference();
    let wire = |code| Wire::new(code, "I069", &reference);
    for (reply, expected) in [
        (Reply::Missigned(wire(190).json()), "in doubt Unreadable"),
        (Reply::Plain(200, "garbage".into()), "in doubt Unreadable"),
        (Reply::Plain(200, String::new()), "in doubt Unreadable"),
        (Reply::Signed(200, "{}".into()), "in doubt Unreadable"),
        (Reply::Plain(302, String::new()), "in doubt Unreadable"),
        (Reply::Plain(502, "<html>Bad gateway</html>".into()), "in doubt ServerError"),
        (Reply::Plain(400, r#"{"Message":"Access denied"}"#.into()), "not sent"),
        (Reply::Plain(401, String::new()), "not sent"),
        (Reply::Plain(403, r#"{"Message":"Forbidden"}"#.into()), "not sent"),
        (Reply::Plain(429, String::new()), "not sent"),
        (Reply::Signed(200, Wire { currency: "USD", ..wire(190) }.json()), "in doubt AmountMismatch"),
        (Reply::Signed(200, wire(492).json()), "in doubt ServerError"),
        (Reply::Signed(200, wire(100).json()), "in doubt UnknownCode"),
        (Reply::Signed(400, wire(491).json()), "refused 491 Validation failure"),
        (Reply::Signed(200, Wire { more: LIVE, ..wire(190) }.json()), "in doubt Unreadable"),
        (Reply::Signed(200, Wire { invoice: "ORD-1001-ANOTHER", ..wire(190) }.json()), "in doubt Unreadable"),
        (Reply::Signed(200, Wire { invoice: "ORD-1001-ANOTHER", ..wire(790) }.json()), "in doubt Unreadable"),
        (Reply::Signed(400, Wire { more: LIVE, ..wire(491) }.json()), "refused 491 Validation failure"),
        (Reply::Never, "in doubt TimedOut"),
    ] {
        let (told, seen) = create(reply).await;
        assert_eq!(told, expected);
        assert_eq!(seen.len(), 1, "an act is sent once");
    }
}

#[tokio::test]
async fn a_wrong_amount_is_left_to_the_ledger_and_becomes_doubt_there() {
    let reference = reference();
    let wire = Wire { amount: Some(("AmountDebit", "12.1")), ..Wire::new(190, "I069", &reference) };
    let gateway = Gateway::start(Reply::Signed(200, wire.json())).await;
    let order = order(&consumer());
    let mut payment = created(&order);
    let urls = urls();
    let outcome = {
        let context = context(&payment, Some(&order), &urls);
        gateway.adapter().act(Act::CreateSession(newest(&payment)), &context, Effect::of_reserved_attempt()).await
    };
    settle(&mut payment, outcome);
    assert_eq!(newest(&payment).status, payment::OperationStatus::InDoubt);
    assert_eq!(payment.status, payment::Status::Created);
}

#[tokio::test]
async fn a_connection_that_breaks_after_sending_leaves_doubt_and_one_that_was_never_made_does_not() {
    let base = breaking().await;
    let order = order(&consumer());
    let payment = created(&order);
    let urls = urls();
    for expected in ["in doubt ConnectionLost", "not sent"] {
        let adapter = super::super::open(&account_document(&base), Transport::default()).unwrap();
        let context = context(&payment, Some(&order), &urls);
        let outcome = adapter.act(Act::CreateSession(newest(&payment)), &context, Effect::of_reserved_attempt()).await;
        assert_eq!(told(&outcome), expected);
    }
}

#[tokio::test]
async fn what_follows_names_the_transaction_that_it_is_about() {
    let order = order(&consumer());
    let authorized = || opened(&order, OrderState::Authorized);
    let (capturing, refunding, canceling) = (
        with_capture(authorized(), json!({})),
        with_refund(captured(), 250, Some("came back")),
        with_cancel(authorized()),
    );
    let capture = refunding.operations.iter().find(|o| o.makes_capture().is_some()).unwrap();
    let refund = Act::Refund { refund: newest(&refunding), capture };
    for (act_on, payment, kind, key, amount) in [
        (Act::Capture(newest(&capturing)), &capturing, "C073", FIRST_KEY, r#""AmountDebit":121.00"#),
        (refund, &refunding, "C070", CAPTURE_KEY, r#""AmountCredit":2.50"#),
        (Act::Cancel(newest(&canceling)), &canceling, "I072", FIRST_KEY, r#""AmountCredit":121.00"#),
    ] {
        let reference = newest(payment).reference.clone();
        let gateway = Gateway::start(Reply::Signed(200, Wire::new(190, kind, &reference).json())).await;
        assert_eq!(act(&gateway, act_on, payment, None).await, "done A1 12100");
        let [seen] = &gateway.seen()[..] else { panic!() };
        assert!(is_genuine(seen) && seen.body.contains(amount), "{}", seen.body);
        assert!(seen.body.contains(&format!(r#""OriginalTransactionKey":"{key}""#)), "{}", seen.body);
        assert!(seen.body.contains(&format!(r#""Invoice":"{reference}""#)), "{}", seen.body);
    }
}

#[tokio::test]
async fn what_still_waits_for_the_buyer_is_called_off() {
    let payment = with_cancel(opened(&order(&consumer()), OrderState::AwaitingBuyer(None)));
    let answer = |key: &str, done: bool| Reply::Signed(200, format!(r#"{{"Key":"{key}","IsCanceled":{done}}}"#));
    for (reply, expected) in [
        (answer(FIRST_KEY, true), "done - -"),
        (answer(FIRST_KEY, false), "refused - the transaction can no longer be called off"),
        (answer("OTHER", true), "in doubt Unreadable"),
        (Reply::Plain(200, "{}".into()), "in doubt Unreadable"),
        (Reply::Plain(400, r#"{"Message":"x"}"#.into()), "not sent"),
        (Reply::Plain(500, String::new()), "in doubt ServerError"),
    ] {
        let gateway = Gateway::start(reply).await;
        assert_eq!(act(&gateway, Act::Cancel(newest(&payment)), &payment, None).await, expected);
        let [seen] = &gateway.seen()[..] else { panic!() };
        assert_eq!(seen.line, format!("{} /json/Transaction/Cancel/{FIRST_KEY}", Method::GET));
        assert!(is_genuine(seen) && seen.body.is_empty());
    }
}

#[tokio::test]
async fn a_confirmation_is_no_call() {
    let gateway = Gateway::start(Reply::Never).await;
    let payment = opened(&order(&consumer()), OrderState::AwaitingBuyer(None));
    assert_eq!(act(&gateway, Act::Confirm(newest(&payment)), &payment, None).await, "not sent");
    assert!(gateway.seen().is_empty());
}
