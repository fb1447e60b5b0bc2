//! The order as the checkout gives it.

use payment::{Order, OrderError};
use serde_json::{Value, json};

use crate::fixture::*;

fn with(pointer: &str, value: Value) -> Order {
    let mut json = order_json();
    *json.pointer_mut(pointer).unwrap() = value;
    serde_json::from_value(json).unwrap()
}

fn pointers(order: &Order) -> Vec<String> {
    order.broken_rules().into_iter().map(|OrderError { pointer, .. }| pointer).collect()
}

#[test]
fn a_good_order_breaks_no_rule() {
    assert!(order().broken_rules().is_empty());
}

#[test]
fn lines_that_do_not_add_up_name_both_sums() {
    let broken = with("/amount", json!(12_601)).broken_rules();
    assert_eq!(broken.len(), 1);
    assert!(broken[0].lines_do_not_add_up);
    assert_eq!(broken[0].detail, "is 12601 but the lines add up to 12600");
}

#[test]
fn lines_beyond_every_number_do_not_add_up_by_overflow() {
    let line = |reference: String, kind: &str, price: i64| json!({ "reference": reference, "name": "x", "kind": kind, "quantity": u32::MAX, "unit_price": price, "tax_rate": "0" });
    let up = (0..100).map(|n| line(format!("u{n}"), "goods", 100_000_000_000));
    let down = (0..99).map(|n| line(format!("d{n}"), "discount", -100_000_000_000));
    let order = with("/lines", up.chain(down).collect());
    assert!(order.broken_rules().iter().any(|broken| broken.lines_do_not_add_up));
}

#[test]
fn a_discount_is_negative_and_nothing_else_is() {
    assert_eq!(pointers(&with("/lines/0/unit_price", json!(-6_050)))[0], "/lines/0/unit_price");
    assert_eq!(pointers(&with("/lines/3/unit_price", json!(1_000)))[0], "/lines/3/unit_price");
}

#[test]
fn two_lines_cannot_have_one_reference() {
    assert_eq!(pointers(&with("/lines/1/reference", json!("SKU-1"))), ["/lines/1/reference"]);
}

#[test]
fn a_business_has_a_company() {
    assert_eq!(pointers(&with("/buyer/company", Value::Null)), ["/buyer/company"]);
}

#[test]
fn the_buyer_is_sent_back_to_a_safe_address_only() {
    assert_eq!(pointers(&with("/return_url", json!("http://shop.example/return"))), ["/return_url"]);
    assert!(pointers(&with("/return_url", json!("http://127.0.0.1:3000/return"))).is_empty());
}

#[test]
fn an_unknown_field_is_refused_by_name() {
    let mut json = order_json();
    json["buyer"]["nickname"] = json!("x");
    let error = serde_json::from_value::<Order>(json).err().unwrap().to_string();
    assert!(error.contains("nickname"), "{error}");
}

#[test]
fn an_error_about_a_field_does_not_repeat_its_value() {
    let mut json = order_json();
    json["buyer"]["person"]["email"] = json!("canary without at");
    let error = serde_json::from_value::<Order>(json).err().unwrap().to_string();
    assert!(!error.contains(CANARY), "{error}");
}

#[test]
fn the_net_of_an_order_is_the_sum_of_its_lines() {
    // 10000 + 947 + 414 - 826
    assert_eq!(order().taxed_amount().net(), amount(10_535));
    assert_eq!(order().taxed_amount().tax(), amount(AMOUNT - 10_535));
}
