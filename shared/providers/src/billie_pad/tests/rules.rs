//! Orders and widget results that break Billie's rules.

use payment::{Flow, Order};
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use super::super::rules::{broken, broken_by_widget};
use super::desk::Case;

fn order(change: impl FnOnce(&mut Value)) -> Order {
    let mut order: Value = serde_json::from_str(include_str!("../fixtures/checkout.json")).unwrap();
    change(&mut order);
    serde_json::from_value(order).unwrap()
}

fn pointers(change: impl FnOnce(&mut Value)) -> Vec<String> {
    broken(&order(change)).into_iter().map(|error| error.pointer).collect()
}

#[test]
fn a_good_order_breaks_no_rule() {
    assert!(pointers(|_| {}).is_empty());
    assert!(pointers(|order| order["payment_terms_days"] = json!(null)).is_empty());
    assert!(pointers(|order| order["payment_terms_days"] = json!(120)).is_empty());
    assert!(
        pointers(|order| {
            order["return_url"] = json!(null);
            order["flow"] = json!("direct");
        })
        .is_empty()
    );
}

#[test]
fn each_rule_is_told_at_its_field() {
    type Change = fn(&mut Value);
    let rows: [(Change, &str); 3] = [
        (|o| o["buyer"]["company"]["registration_number"] = json!(null), "/buyer/company/registration_number"),
        (
            |o| {
                o["buyer"]["company"]["legal_form"] = json!("6022");
                o["buyer"]["company"]["vat_number"] = json!(null);
            },
            "/buyer/company/vat_number",
        ),
        (|o| o["lines"][0]["kind"] = json!("fee"), "/lines"),
    ];
    for (change, pointer) in rows {
        assert_eq!(pointers(change), [pointer]);
    }
}

fn widget(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut result: Value = serde_json::from_str(include_str!("../fixtures/widget-result.json")).unwrap();
    change(&mut result);
    let payment = Case::with_session(Flow::Widget).payment;
    broken_by_widget(&payment, &to_raw_value(&result).unwrap()).into_iter().map(|error| error.pointer).collect()
}

#[test]
fn a_widget_result_must_be_about_our_amount_and_term() {
    assert!(widget(|_| {}).is_empty());
    assert!(widget(|r| r["amount"]["currency"] = json!("EUR")).is_empty());
    type Change = fn(&mut Value);
    let rows: [(Change, &[&str]); 10] = [
        (|r| r["amount"]["gross"] = json!(125.99), &["/widget_result/amount/gross"]),
        (|r| r["amount"]["gross"] = json!(126.001), &["/widget_result/amount/gross"]),
        (|r| r["amount"]["net"] = json!(104.14), &["/widget_result/amount/net"]),
        (
            |r| r["amount"] = json!(null),
            &["/widget_result/amount/net", "/widget_result/amount/tax", "/widget_result/amount/gross"],
        ),
        (|r| r["amount"]["currency"] = json!("CHF"), &["/widget_result/amount/currency"]),
        (|r| r["currency"] = json!("CHF"), &["/widget_result/currency"]),
        (|r| r["duration"] = json!(60), &["/widget_result/duration"]),
        (|r| r["duration"] = json!(null), &["/widget_result/duration"]),
        (|r| r["state"] = json!("declined"), &["/widget_result/state"]),
        (|r| r["debtor_company"] = json!({}), &["/widget_result/debtor_company/name"]),
    ];
    for (change, pointers) in rows {
        assert_eq!(widget(change), pointers);
    }
    assert!(!broken_by_widget(&Case::with_session(Flow::Widget).payment, &to_raw_value("text").unwrap()).is_empty());
}
