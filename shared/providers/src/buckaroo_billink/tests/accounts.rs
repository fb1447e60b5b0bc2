//! The account document.

use serde_json::{Value, json};

use super::super::account::Account;
use crate::AccountError;

fn refused(document: &Value) -> AccountError {
    Account::parse(document).err().unwrap()
}

#[test]
fn an_account_needs_an_address_a_website_key_and_a_secret() {
    let good = json!({"base_url": "https://testcheckout.buckaroo.nl", "website_key": "W", "secret_key": "S", "disabled": true});
    assert!(Account::parse(&good).is_ok());
    for (field, bad) in [
        ("base_url", json!("http://checkout.example")),
        ("base_url", json!("https://user@checkout.example")),
        ("website_key", json!("a:b")),
        ("website_key", json!("")),
        ("secret_key", json!("")),
    ] {
        let mut document = good.clone();
        document[field] = bad;
        assert_eq!(refused(&document).field, field);
    }
    let mut short = good.clone();
    short.as_object_mut().unwrap().remove("secret_key");
    assert_eq!(refused(&short).to_string(), "account document: secret_key: is required");
}

#[test]
fn a_refusal_never_holds_a_value() {
    let good = json!({"base_url": "https://a.example", "website_key": "W", "secret_key": "S"});
    for (field, bad) in [
        ("website_key", json!(["hunter2"])),
        ("base_url", json!("hunter2")),
        ("action", json!("hunter2")),
        ("wire", json!({"push_hash": "hunter2"})),
    ] {
        let mut document = good.clone();
        document[field] = bad;
        assert!(!refused(&document).to_string().contains("hunter2"));
    }
    let typo = json!({"base_url": "https://a.example", "website_key": "W", "secret_key": "S", "secretkey": "x"});
    assert_eq!(refused(&typo).to_string(), "account document: secretkey: is not a field of this account");
}

#[test]
fn a_transaction_key_is_one_segment_of_the_address() {
    let document = json!({"base_url": "https://a.example/base/", "website_key": "W", "secret_key": "S"});
    let account = Account::parse(&document).unwrap();
    let url = account.url(&account.wire.status_path, Some("A/../B?c"));
    assert_eq!(url.as_str(), "https://a.example/base/json/Transaction/Status/A%2F..%2FB%3Fc");
}
