//! The account document.

use http::Method;
use serde_json::{Value, json};

use super::super::account::Account;
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
