//! The account document.

use http::Method;
use serde_json::{Value, json};

use super::super::account::Account;
use super::super::wire::FIELDS;
use super::desk::document;
use crate::Request;

fn with(field: &str, value: Value) -> Value {
    let mut document = document();
    document[field] = value;
    document
}

#[test]
fn an_account_is_read_with_its_usual_wire() {
    let account = Account::read(&with("disabled", json!(true))).ok().unwrap();
    assert_eq!(
        account.url(&account.wire.capture_path, "a/../b?c").as_str(),
        "https://psp-sandbox.billie.example/orders/a%2F..%2Fb%3Fc/capture"
    );
    let request = account.sign(Request::new(Method::POST, account.url("x", "")));
    assert_eq!(request.headers["authorization"], "Basic cHNwLTc3X3gxOmh1c2g=");
    assert!(request.headers["authorization"].is_sensitive());
    let sandbox = "https://static-paella-sandbox.billie.io/checkout/billie-checkout.js";
    assert_eq!(account.widget_script().unwrap().as_str(), sandbox);
    let production = Account::read(&with("base_url", json!("https://psp.billie.example/api/"))).ok().unwrap();
    assert_eq!(production.url("a/b", "").as_str(), "https://psp.billie.example/api/a/b");
    assert_eq!(production.widget_script().unwrap().as_str(), "https://static.billie.io/checkout/billie-checkout.js");
    let own = with("wire", json!({ "widget_script_url": "https://cdn.example/w.js", "refund_path": "refunds/{id}" }));
    let own = Account::read(&own).ok().unwrap();
    assert_eq!(own.widget_script().unwrap().as_str(), "https://cdn.example/w.js");
    assert_eq!(own.url(&own.wire.refund_path, "1").path(), "/refunds/1");
}

#[test]
fn a_wrong_account_is_told_by_field_and_never_by_value() {
    const ADDRESS: &str = "must be https, or http on loopback, without user, query or fragment";
    const KEYS: &str = "must each have the name of a header and a value";
    const PATHS: &str = "must have {id} as one part of each path of an order or a confirmation";
    let mut incomplete = document();
    incomplete.as_object_mut().unwrap().remove("password");
    for (document, field, rule) in [
        (incomplete, "password", "is required"),
        (with("surprise", json!("s3cret")), "surprise", "is not a field of this account"),
        (with("wire", json!({ "surprise": 1 })), "wire/surprise", "is not a field of this account"),
        (with("password", json!(7_654_321)), "password", "must be a string"),
        (with("webhook_keys", json!(["s3cret"])), "webhook_keys/0", "must be an object"),
        (with("base_url", json!("s3cret")), "base_url", ADDRESS),
        (with("base_url", json!("http://psp.billie.example")), "base_url", ADDRESS),
        (with("base_url", json!("https://me@psp.billie.example")), "base_url", ADDRESS),
        (with("base_url", json!("https://psp.billie.example/?x=1")), "base_url", ADDRESS),
        (with("username", json!("a:s3cret")), "username", "must be visible ASCII without a colon"),
        (with("password", json!("")), "password", "must not be empty"),
        (with("merchant_id", json!("")), "merchant_id", "must not be empty"),
        (with("webhook_keys", json!([{ "header": "X-Api-Key", "value": "" }])), "webhook_keys", KEYS),
        (with("webhook_keys", json!([{ "header": "X Api Key", "value": "k" }])), "webhook_keys", KEYS),
        (
            with("wire", json!({ "merchant_id_in": ["confirm"] })),
            "wire/merchant_id_in",
            "must be of capture, refund, cancel, amend",
        ),
        (
            with("wire", json!({ "states": { "approved": "s3cret" } })),
            "wire/states/approved",
            "must be one of `authorized`, `under_review`, `declined`",
        ),
        (with("wire", json!({ "refund_path": "refunds" })), "wire", PATHS),
        (with("wire", json!({ "cancel_path": "orders/{order_id}/cancel" })), "wire", PATHS),
    ] {
        let error = Account::read(&document).err().unwrap();
        assert_eq!((error.field.as_str(), error.rule.as_str()), (field, rule));
    }
}

#[test]
fn two_fields_must_not_have_one_name() {
    let read = |names: &Value| Account::read(&with("wire", json!({ "names": names }))).map(|_| ());
    for good in [
        json!({}),
        json!({ "order_id": "orderId", "merchant_id": "shop" }),
        json!({ "order_id": "capture_id", "capture_id": "order_id" }),
        json!({ "minor": "value" }),
        json!({ "minor": "amount" }),
        json!({ "amount": "money" }),
    ] {
        assert!(read(&good).is_ok(), "{good}");
    }
    for (names, told) in [
        (json!({ "order_id": "ref", "capture_id": "ref" }), "order_id"),
        (json!({ "order_id": "capture_id" }), "order_id"),
        (json!({ "capture_id": "orderId" }), "capture_id"),
        (json!({ "external_code": "order_id" }), "external_code"),
        (json!({ "gross": "amount" }), "gross"),
        (json!({ "minor": "gross" }), "minor"),
        (json!({ "amount": "x", "minor": "x" }), "minor"),
    ] {
        let error = read(&names).err().unwrap();
        let field = format!("wire/names/{told}");
        assert_eq!((error.field, error.rule.as_str()), (field, "must not be the name of another field"), "{names}");
    }
    let unknown = read(&json!({ "oder_id": "orderId" })).err().unwrap();
    assert_eq!(unknown.to_string(), "account document: wire/names/oder_id: is not a field of this account");
}

/// The literals of a source, each with what stands before and after it.
fn literals(source: &str) -> Vec<(&str, &str, &str)> {
    let parts: Vec<&str> = source.split('"').collect();
    parts.windows(3).step_by(2).map(|three| (three[0].trim_end(), three[1], three[2])).collect()
}

#[test]
fn every_word_that_is_written_or_read_is_a_field_and_can_have_another_name() {
    let known: Vec<&str> = FIELDS.split_whitespace().collect();
    let mut used = Vec::new();
    for source in [include_str!("../body.rs"), include_str!("../../billie.rs")] {
        let is_name = |(before, _, after): &(&str, &str, &str)| before.ends_with(".with(") || after.starts_with(':');
        used.extend(literals(source).into_iter().filter(is_name).map(|(_, name, _)| name));
    }
    let reading = [
        include_str!("../answer.rs"),
        include_str!("../rules.rs"),
        include_str!("../webhook.rs"),
        include_str!("../wire.rs"),
    ];
    for source in reading {
        let pointers = literals(source).into_iter().filter_map(|(_, text, _)| text.strip_prefix('/'));
        used.extend(
            pointers
                .flat_map(|pointer| pointer.split('/'))
                .filter(|name| *name != "0" && !name.starts_with("widget_result")),
        );
    }
    for name in &used {
        assert!(known.contains(name), "{name}");
    }
    for name in &known {
        assert!(used.contains(name), "{name} is used nowhere");
    }
    let schema: Value = serde_json::from_str(include_str!("../account.schema.json")).unwrap();
    assert_eq!(schema.pointer("/properties/wire/properties/names/propertyNames/enum"), Some(&json!(known)));
}
