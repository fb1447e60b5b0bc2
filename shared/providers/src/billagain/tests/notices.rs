//! Notifications and returning buyers.

use http::HeaderMap;

use super::desk::account_at;
use crate::{Addressee, Evidence, Inbound, Message, Transport};

const URL: &str = "https://api.example/v1/webhooks/billagain/demo?payment=pay_1&token=t";

fn adapter() -> Box<dyn crate::Adapter> {
    let account = account_at("https://api.billagain.com");
    super::super::open(&account, Transport::default()).unwrap()
}

fn receive(url: &str, body: &[u8]) -> Message {
    adapter().receive(Inbound { url, headers: &HeaderMap::new(), body }).ok().unwrap()
}

fn named(message: &Message) -> Option<&str> {
    match message.addressees.as_slice() {
        [Addressee::ProviderReference(id)] => Some(id),
        _ => None,
    }
}

#[test]
fn a_notification_is_a_hint_in_whatever_form_it_comes() {
    let query = format!("{URL}&TransactionId=a1B2c3&outcome=success");
    for (url, body) in [
        (URL, r#"{"transactionID":"a1B2c3"}"#),
        (URL, r#"{"TRANSACTIONID":"a1B2c3","isComplete":true}"#),
        (URL, r#"{"Amount":1,"transaction_id":"a1B2c3","transaction_id":"z"}"#),
        (URL, include_str!("../fixtures/transaction.json")),
        (URL, "transactionID=a1B2c3&outcome=success"),
        (URL, "a=b&transaction_id=a1B2c3"),
        (query.as_str(), ""),
        (query.as_str(), "{}"),
    ] {
        let message = receive(url, body.as_bytes());
        assert_eq!(named(&message), Some("a1B2c3"), "{body}");
        assert!(matches!(message.evidence, Evidence::Hint));
        assert_eq!((message.receivable, message.unrecognized), (None, None));
    }
    assert_eq!(named(&receive(URL, br#"{"transactionID":77}"#)), Some("77"));
}

#[test]
fn what_names_no_transaction_only_makes_us_look() {
    let long = format!("transactionID={}", "a".repeat(65));
    for body in ["", "{", "[]", "null", "\u{0}\u{7}", r#"{"transactionID":"../x"}"#, "transactionID=a%2Fb", &long] {
        assert!(receive(URL, body.as_bytes()).addressees.is_empty(), "{body}");
    }
    assert!(receive(URL, &[0xff, 0xfe]).addressees.is_empty());
}

#[test]
fn a_repeat_has_the_same_identity_and_everything_else_another() {
    let identity = |url: &str, body: &str| receive(url, body.as_bytes()).identity;
    assert_eq!(identity(URL, "x"), identity(URL, "x"));
    assert_ne!(identity(URL, "x"), identity(URL, "y"));
    assert_ne!(identity(URL, "x"), identity("https://api.example/other", "x"));
    let again = adapter().reread(Inbound { url: URL, headers: &HeaderMap::new(), body: b"x" }, false).ok().unwrap();
    assert_eq!(again.identity, identity(URL, "x"));
}

#[test]
fn a_returning_buyer_may_name_the_transaction_under_each_alias() {
    let candidate = |name: &str, value: &str| {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        adapter().candidate_of_return(&[pair("token", "t"), pair("outcome", "success"), pair(name, value)])
    };
    for name in ["transactionID", "transactionId", "transactionid", "TransactionID", "transaction_id", "Transaction_ID"]
    {
        assert_eq!(candidate(name, "a1B2c3").as_deref(), Some("a1B2c3"), "{name}");
    }
    for (name, value) in [("id", "a1B2c3"), ("transactionID", ""), ("transactionID", "a b"), ("transactionID", "../x")]
    {
        assert_eq!(candidate(name, value), None, "{name}={value}");
    }
}

#[test]
fn other_names_can_be_agreed_in_the_account() {
    let mut account = account_at("https://api.billagain.com");
    account["wire"] = serde_json::json!({ "transaction_id": ["tx"] });
    let adapter = super::super::open(&account, Transport::default()).unwrap();
    let inbound = Inbound { url: URL, headers: &HeaderMap::new(), body: b"TX=abc" };
    assert_eq!(named(&adapter.receive(inbound).ok().unwrap()), Some("abc"));
}
