//! Webhooks.

use http::HeaderMap;
use payment::{Amount, ReceivableMessage, ReceivableNews};
use serde_json::{Value, json};

use crate::testing::{Unused, holds_nothing_else};
use crate::{Addressee, Evidence, Inbound, Message, NotAuthentic, Transport};

const APPROVED: &str = include_str!("../fixtures/order-approved.webhook.json");
const ORDER: &str = "5ffdc1ad-7898-46f9-b604-499e03b4fcf7";

fn adapter(keys: &Value) -> Box<dyn crate::Adapter> {
    let account = json!({ "base_url": "https://paella.billie.io/api/v2", "client_id": "c", "client_secret": "s", "webhook_keys": keys });
    super::super::open(&account, Transport::default()).unwrap()
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&str, &str)| (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap());
    pairs.iter().map(pair).collect()
}

fn receive(keys: &Value, pairs: &[(&str, &str)], body: &str) -> Result<Message, NotAuthentic> {
    let mut headers = headers(pairs);
    headers.entry("content-type").or_insert("application/json; charset=utf-8".parse().unwrap());
    let inbound =
        Inbound { url: "https://api.example/v1/webhooks/billie-pad/demo", headers: &headers, body: body.as_bytes() };
    adapter(keys).receive(inbound)
}

fn read(body: &str) -> Message {
    receive(&json!([{ "header": "X-Api-Key", "value": "key" }]), &[("x-api-key", "key")], body).ok().unwrap()
}

#[test]
fn the_key_is_taken_from_the_header_of_the_merchants_choice() {
    let x = json!([{ "header": "X-Api-Key", "value": "key" }]);
    let custom = json!([{ "header": "X-Another-Custom-Header", "value": "key" }]);
    let basic = json!([{ "header": "Authorization", "value": "key" }]);
    let written_out = json!([{ "header": "Authorization", "value": "Basic key" }]);
    let two = json!([{ "header": "X-Api-Key", "value": "new" }, { "header": "X-Api-Key", "value": "key" }]);
    let right: [(&Value, &[(&str, &str)]); 10] = [
        (&x, &[("X-Api-Key", "key")]),
        (&x, &[("x-api-key", "other"), ("x-api-key", "key")]),
        (&custom, &[("x-another-custom-header", "key")]),
        (&basic, &[("authorization", "Basic key")]),
        (&basic, &[("authorization", "basic key")]),
        (&basic, &[("authorization", "key")]),
        (&written_out, &[("authorization", "Basic key")]),
        (&x, &[("x-api-key", "key"), ("x-api-key", "other")]),
        (&two, &[("x-api-key", "key")]),
        (&two, &[("x-api-key", "new")]),
    ];
    for (i, (keys, pairs)) in right.into_iter().enumerate() {
        assert!(receive(keys, pairs, APPROVED).is_ok(), "{i}");
    }
    let wrong: [(&Value, &[(&str, &str)]); 9] = [
        (&x, &[]),
        (&x, &[("x-api-key", "")]),
        (&x, &[("x-api-key", "ke")]),
        (&x, &[("x-api-key", "keyy")]),
        (&x, &[("x-api-key", "Basic key")]),
        (&x, &[("authorization", "Basic key")]),
        (&basic, &[("x-api-key", "key")]),
        (&basic, &[("authorization", "Bearer key")]),
        (&json!([]), &[("x-api-key", "key")]),
    ];
    for (i, (keys, pairs)) in wrong.into_iter().enumerate() {
        assert!(receive(keys, pairs, APPROVED).err() == Some(NotAuthentic::Forged), "{i}");
    }
}

#[test]
fn each_header_of_the_guides_examples_carries_the_key() {
    for (header, value) in [
        ("Authorization", "Basic THE_API_KEY"),
        ("X-Api-Key", "THE_API_KEY"),
        ("X-Another-Custom-Header", "THE_API_KEY"),
    ] {
        let keys = json!([{ "header": header, "value": "THE_API_KEY" }]);
        assert!(receive(&keys, &[(header, value)], APPROVED).is_ok(), "{header}");
    }
}

#[test]
fn an_unreadable_message_is_told_from_a_forged_one_only_after_the_key() {
    let keys = json!([{ "header": "X-Api-Key", "value": "key" }]);
    for (pairs, body, wanted) in [
        (&[("x-api-key", "key")][..], "{", NotAuthentic::Unreadable),
        (&[("x-api-key", "key")], r#"{"order_id":"1"}"#, NotAuthentic::Unreadable),
        (&[("x-api-key", "key"), ("content-type", "text/plain")], APPROVED, NotAuthentic::MediaType),
        (&[("x-api-key", "no")], "{", NotAuthentic::Forged),
        (&[("x-api-key", "no"), ("content-type", "text/plain")], APPROVED, NotAuthentic::MediaType),
    ] {
        assert!(receive(&keys, pairs, body).err() == Some(wanted), "{body}");
    }
}

#[test]
fn a_kept_message_is_read_again_without_its_key() {
    let headers = headers(&[("content-type", "application/json")]);
    let inbound = Inbound { url: "https://api.example/", headers: &headers, body: APPROVED.as_bytes() };
    let again = adapter(&json!([])).reread(inbound, false).ok().unwrap();
    assert_eq!(again.identity, read(APPROVED).identity);
}

/// Asserts that a sample holds these members and what there is no use for, and nothing else.
fn holds(sample: &str, read: &[&str], unused: &[Unused<'_>]) {
    holds_nothing_else(&serde_json::from_str(sample).unwrap(), read, unused);
}

#[test]
fn the_guides_payment_tells_what_the_buyer_paid_and_owes() {
    let sample = include_str!("../fixtures/payment.webhook.json");
    let message = read(sample);
    assert!(matches!(message.evidence, Evidence::Hint));
    assert_eq!(message.addressees, [Addressee::Reference("1234567890".into())]);
    let told = ReceivableMessage {
        outstanding: Amount::new(5_000).ok(),
        paid: Amount::new(15_000).ok(),
        detail: Some("payment".into()),
        ..ReceivableMessage::of(ReceivableNews::BuyerPaid)
    };
    assert_eq!((message.receivable, message.unrecognized), (Some(told), None));
    let notified = json!("https://shop.example/notify");
    let unused = [("/url_notification", notified, "where a message arrived is known without it")];
    holds(sample, &["/event", "/order_id", "/amount", "/open amount"], &unused);
}

#[test]
fn what_the_guide_calls_optional_in_a_payment_may_be_missing() {
    let mut sample: Value = serde_json::from_str(include_str!("../fixtures/payment.webhook.json")).unwrap();
    for name in ["amount", "open amount", "url_notification"] {
        assert!(sample.as_object_mut().unwrap().remove(name).is_some());
        let told = read(&sample.to_string()).receivable.unwrap();
        let owed = if name == "amount" { Amount::new(5_000).ok() } else { None };
        assert_eq!((told.news, told.paid, told.outstanding), (ReceivableNews::BuyerPaid, None, owed));
    }
}

#[test]
fn an_approval_is_a_hint_for_the_order_by_both_its_names() {
    let message = read(APPROVED);
    assert!(matches!(message.evidence, Evidence::Hint));
    let names = [Addressee::ProviderReference(ORDER.into()), Addressee::Reference("1234567890".into())];
    assert_eq!(message.addressees, names);
    assert_eq!((message.receivable, message.unrecognized), (None, None));
    let unused = [("/created_at", json!("2023-07-24 14:19:32"), "a look tells how the order stands now")];
    holds(APPROVED, &["/event", "/order_id", "/order_uuid"], &unused);
}

#[test]
fn a_payout_is_a_fact_about_the_receivable() {
    let sample = include_str!("../fixtures/invoice-paid-out.webhook.json");
    let message = read(sample);
    let told = ReceivableMessage {
        detail: Some("invoice_paid_out".into()),
        capture_reference: Some("03f74b37-3a04-4f76-aa88-221d01520e08".into()),
        occurred_at: "2023-07-24T14:19:32Z".parse().ok(),
        ..ReceivableMessage::of(ReceivableNews::PaidOut)
    };
    assert_eq!(message.receivable, Some(told));
    let names = [Addressee::ProviderReference(ORDER.into()), Addressee::Reference("1234567890".into())];
    assert_eq!(message.addressees, names);
    holds(sample, &["/event", "/order_id", "/created_at", "/order_uuid", "/invoice_uuid"], &[]);
}

#[test]
fn a_message_that_names_its_time_can_be_put_in_order() {
    let time = |created_at: Value| {
        let body = json!({ "event": "payment", "open_amount": "50.00", "created_at": created_at }).to_string();
        read(&body).receivable.unwrap().occurred_at
    };
    let (first, second) = (time(json!("2023-07-24 14:19:32")), time(json!("2023-07-24 14:19:33")));
    assert!(first.is_some() && first < second);
    for none in [json!(null), json!("yesterday"), json!(7)] {
        assert_eq!(time(none), None);
    }
    // The guide's example of a payment has no time.
    assert_eq!(read(include_str!("../fixtures/payment.webhook.json")).receivable.unwrap().occurred_at, None);
}

#[test]
fn order_created_names_the_order_by_its_external_code() {
    let sample = include_str!("../fixtures/order-created.webhook.json");
    let message = read(sample);
    assert_eq!(message.addressees, [Addressee::Reference("order-external-code".into())]);
    assert_eq!((message.receivable, message.unrecognized), (None, None));
    let account = json!({ "bic": "FRSDDEF1", "iban": "DE00000000000123456789" });
    let unused = [
        (
            "/amount",
            json!({ "net": "80.00", "tax": "20.00", "gross": "100.00" }),
            "what was ordered is not what is paid",
        ),
        ("/debtor/name", json!("Zeta Electronics Gold GmbH"), "a look tells it for sure"),
        ("/debtor/bank_account", account, "the same"),
        ("/debtor/company_address", json!({ "city": "Haslach im Kinzigtal" }), "the same"),
        ("/debtor/billing_address", json!({ "city": "Haslach im Kinzigtal" }), "the same"),
    ];
    holds(sample, &["/event", "/external_code"], &unused);
}

#[test]
fn the_outstanding_amount_is_read_in_every_spelling_and_form() {
    for (name, value, wanted) in [
        ("open_amount", json!("50.00"), Some(5_000)),
        ("open_amount", json!("0"), Some(0)),
        ("open_amount", json!(50.5), Some(5_050)),
        ("open amount", json!({ "net": "40.00", "tax": "10.00", "gross": "50.00" }), Some(5_000)),
        ("open_amount", json!({ "gross": 50 }), Some(5_000)),
        ("open_amount", json!(null), None),
        ("open_amount", json!("many"), None),
        ("open_amount", json!("-1.00"), None),
        ("open_amount", json!("1.005"), None),
        ("open_amount", json!([]), None),
    ] {
        let body = json!({ "event": "payment", name: value }).to_string();
        let outstanding = read(&body).receivable.unwrap().outstanding;
        assert_eq!(outstanding.map(|amount| amount.minor()), wanted, "{body}");
    }
}

#[test]
fn an_unknown_event_is_passed_on_by_name() {
    let message = read(r#"{"event":"order_\u0007sung","order_id":1,"order_uuid":"../x"}"#);
    assert_eq!(message.unrecognized.as_deref(), Some("order_sung"));
    assert!(message.addressees.is_empty() && message.receivable.is_none());
    let long = json!({ "event": "e".repeat(1000) }).to_string();
    assert_eq!(read(&long).unrecognized.unwrap().len(), 100);
}

#[test]
fn a_repeat_has_the_same_identity_and_everything_else_another() {
    let bodies = [
        json!({ "event": "payment", "order_id": "1", "created_at": "2023-07-24 14:19:32", "open_amount": "50.00" }),
        json!({ "event": "payment", "order_id": "1", "created_at": "2023-07-24 14:19:32", "open_amount": "40.00" }),
        json!({ "event": "payment", "order_id": "2", "created_at": "2023-07-24 14:19:32", "open_amount": "50.00" }),
        json!({ "event": "payment", "order_id": "1", "created_at": "2023-07-24 14:19:33", "open_amount": "50.00" }),
        json!({ "event": "payment", "order_id": "1", "created_at": "2023-07-24 14:19:32", "open_amount": "50.00", "invoice_uuid": "i" }),
        json!({ "event": "closed", "order_id": "1", "created_at": "2023-07-24 14:19:32", "open_amount": "50.00" }),
    ];
    let identities: std::collections::BTreeSet<String> =
        bodies.iter().map(|body| read(&body.to_string()).identity).collect();
    assert_eq!(identities.len(), bodies.len());
    assert_eq!(read(APPROVED).identity, read(APPROVED).identity);
}
