//! The account document.

use serde_json::{Value, json};

use super::super::account::Account;
use super::super::map::AUTHORIZE;
use super::requests::opening;
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
fn a_parameters_own_name_is_not_that_of_another_one_of_its_group() {
    let named = |field: &str, name: &str| {
        let mut document = super::account_document("https://a.example");
        document["wire"] = json!({ field: name });
        Account::parse(&document).err().map(|error| error.field)
    };
    for document in [super::consumer(), super::company()] {
        let body: Value = serde_json::from_str(&opening(&AUTHORIZE, &document)).unwrap();
        for parameter in body["Services"]["ServiceList"][0]["Parameters"].as_array().unwrap() {
            let name = parameter["Name"].as_str().unwrap();
            let (field, other) = match parameter["GroupType"].as_str() {
                None => continue,
                Some("Article") => ("gross_unit_price_excl", "care_of"),
                Some(_) => ("care_of", "gross_unit_price_excl"),
            };
            let own = matches!(name, "CareOf" | "GrossUnitPriceExcl");
            for name in [name.to_owned(), name.to_ascii_lowercase()] {
                assert_eq!(named(field, &name), Some(format!("wire/{field}")).filter(|_| !own), "{name}");
                assert_eq!(named(other, &name), None, "{name} is of another group");
            }
        }
    }
    assert_eq!(named("care_of", "").as_deref(), Some("wire/care_of"));
    assert_eq!(named("gross_unit_price_excl", "GrossUnitPriceExl"), None);
}

#[test]
fn a_transaction_key_is_one_segment_of_the_address() {
    let document = json!({"base_url": "https://a.example/base/", "website_key": "W", "secret_key": "S"});
    let account = Account::parse(&document).unwrap();
    let url = account.url(&account.wire.status_path, Some("A/../B?c"));
    assert_eq!(url.as_str(), "https://a.example/base/json/Transaction/Status/A%2F..%2FB%3Fc");
}
