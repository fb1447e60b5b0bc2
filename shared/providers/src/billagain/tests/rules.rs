//! Options and orders that break the guide's rules.

use payment::Order;
use serde_json::{Value, json};

use super::super::options::{Method, Options, StorageMode, broken};
use super::desk::{enrolment, order};

fn with(options: Value) -> Order {
    order(|order| order["options"] = options)
}

fn enrol(options: Value) -> Order {
    order(|order| {
        order["amount"] = json!(0);
        order["lines"][0]["unit_price"] = json!(0);
        order["options"] = options;
    })
}

fn pointers(order: &Order, gateway: Option<u64>) -> Vec<String> {
    broken(order, gateway).into_iter().map(|error| error.pointer).collect()
}

#[test]
fn good_options_break_no_rule() {
    for order in [
        with(json!({ "customer_id": 200 })),
        with(json!({ "customer_id": 200, "method": "hpp", "storage_mode": "token", "gateway_id": 3 })),
        with(json!({ "customer_id": 200, "payment_method_id": 1, "retain": true, "is_primary": true })),
        with(json!({ "customer_id": 200, "payment_method_id": "10112", "retain": true })),
        with(json!({ "customer_id": 200, "method": null, "gateway_id": null, "is_payment": null })),
        with(
            json!({ "customer_id": 200, "method": "bank_account", "storage_mode": "cc", "subscription_id": 7, "is_enrol": true, "retain": true }),
        ),
        enrolment(),
        enrol(json!({ "customer_id": 200, "method": "bank_account", "is_payment": false, "retain": true })),
    ] {
        assert!(pointers(&order, Some(99)).is_empty());
    }
}

#[test]
fn what_is_not_given_has_its_usual_value() {
    let options = Options::of(&with(json!({ "customer_id": 200 }))).unwrap();
    assert_eq!((options.customer_id, options.method, options.is_payment), (200, Method::CreditCard, true));
    assert_eq!((options.retain, options.is_primary, options.is_enrol), (false, false, false));
    assert_eq!((options.storage_mode(), options.gateway_id(Some(99))), (StorageMode::CcToken, Some(99)));
    let bank = Options::of(&with(json!({ "customer_id": 200, "method": "bank_account" }))).unwrap();
    assert_eq!(bank.storage_mode(), StorageMode::NoCc);
}

#[test]
fn every_option_has_its_shape() {
    for (name, value, rule) in [
        ("customer_id", json!("200"), "must be a whole number from 1"),
        ("customer_id", json!(0), "must be a whole number from 1"),
        ("payment_method_id", json!(-1), "must be a whole number from 1"),
        ("payment_method_id", json!("0"), "must be a whole number from 1"),
        ("payment_method_id", json!("card"), "must be a whole number from 1"),
        ("subscription_id", json!(1.5), "must be a whole number from 1"),
        ("gateway_id", json!([]), "must be a whole number from 1"),
        ("is_payment", json!("false"), "must be true or false"),
        ("retain", json!(1), "must be true or false"),
        ("is_primary", json!("yes"), "must be true or false"),
        ("is_enrol", json!({}), "must be true or false"),
        ("method", json!("cash"), "must be one of credit_card, bank_account, hpp"),
        ("storage_mode", json!("CC"), "must be one of cc, cc_token, token, no_cc"),
    ] {
        let mut options = json!({ "customer_id": 200 });
        options[name] = value;
        let broken = broken(&with(options), Some(99));
        assert_eq!(broken.len(), 1, "{name}");
        assert_eq!(
            (broken[0].pointer.as_str(), broken[0].detail.as_str()),
            (format!("/options/{name}").as_str(), rule)
        );
    }
    assert!(pointers(&with(json!({})), Some(99)).is_empty(), "what is required is in the capabilities");
}

#[test]
fn each_rule_of_the_guide_is_told_at_its_field() {
    let id = |more: Value| {
        let mut options = json!({ "customer_id": 200 });
        options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        options
    };
    for (order, pointer) in [
        (with(id(json!({ "is_payment": false }))), "/amount"),
        (enrol(id(json!({}))), "/amount"),
        (enrol(id(json!({ "is_payment": true }))), "/amount"),
        (order(|o| o["currency"] = json!("KWD")), "/currency"),
        (with(id(json!({ "payment_method_id": 1 }))), "/options/retain"),
        (with(id(json!({ "is_primary": true }))), "/options/retain"),
        (with(id(json!({ "is_enrol": true }))), "/options/retain"),
        (
            enrol(id(json!({ "is_payment": false, "payment_method_id": 1, "retain": true }))),
            "/options/payment_method_id",
        ),
        (with(id(json!({ "subscription_id": 7 }))), "/options/subscription_id"),
        (with(id(json!({ "subscription_id": 7, "method": "bank_account" }))), "/options/subscription_id"),
        (with(id(json!({ "subscription_id": 7, "is_enrol": true, "retain": true }))), "/options/subscription_id"),
        (with(id(json!({ "storage_mode": "no_cc" }))), "/options/storage_mode"),
        (with(id(json!({ "storage_mode": "no_cc", "method": "hpp" }))), "/options/storage_mode"),
        (enrol(id(json!({ "is_payment": false, "method": "bank_account", "gateway_id": 3 }))), "/options/gateway_id"),
        (enrol(id(json!({ "is_payment": false, "storage_mode": "cc", "gateway_id": 3 }))), "/options/gateway_id"),
    ] {
        assert_eq!(pointers(&order, Some(99)), [pointer]);
    }
    for order in [with(id(json!({}))), with(id(json!({ "method": "bank_account" }))), enrolment()] {
        assert_eq!(pointers(&order, None), ["/options/gateway_id"]);
    }
}
