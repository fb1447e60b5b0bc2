//! Orders and widget results that break Billie's rules.

use payment::{Flow, Order};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use super::desk::{Case, document, open};

#[test]
fn each_rule_is_told_at_its_field() {
    let pointers = |change: fn(&mut Value)| -> Vec<String> {
        let mut order: Value = serde_json::from_str(include_str!("../fixtures/checkout.json")).unwrap();
        change(&mut order);
        let order: Order = serde_json::from_value(order).unwrap();
        open(&document()).broken_rules(&order).into_iter().map(|error| error.pointer).collect()
    };
    assert!(pointers(|_| {}).is_empty());
    assert!(pointers(|order| order["payment_terms_days"] = json!(120)).is_empty());
    assert_eq!(pointers(|order| order["lines"][0]["kind"] = json!("fee")), ["/lines"]);
}

#[test]
fn only_a_widget_opens_where_no_message_can_be_believed() {
    let mut account = document();
    for (keys, flow, wanted) in [
        (json!([]), None, &["/flow"][..]),
        (json!([]), Some(Flow::Redirect), &["/flow"]),
        (json!([]), Some(Flow::Widget), &[]),
        (json!([{ "header": "X-Api-Key", "value": "key" }]), None, &[]),
    ] {
        account["webhook_keys"] = keys;
        let order: Order = serde_json::from_str(include_str!("../fixtures/checkout.json")).unwrap();
        let broken = open(&account).broken_rules(&Order { flow, ..order });
        assert_eq!(broken.iter().map(|error| &*error.pointer).collect::<Vec<_>>(), wanted);
    }
}

#[test]
fn a_widget_result_must_have_our_amount_currency_and_term() {
    let pointers = |change: fn(&mut Value)| -> Vec<String> {
        let mut result: Value = serde_json::from_str(include_str!("../fixtures/widget-result.json")).unwrap();
        change(&mut result);
        let (payment, result) = (Case::with_session(Flow::Widget).payment, to_raw_value(&result).unwrap());
        let broken = open(&document()).broken_widget_rules(&payment, &result);
        broken.into_iter().map(|error| error.pointer).collect()
    };
    for good in [
        (|_| {}) as fn(&mut Value),
        |result| result["amount"] = json!({ "currency": "EUR", "amount": 12600 }),
        |result| {
            result["amount"] = json!({ "gross": 12600 });
            result["currency"] = json!("EUR");
        },
    ] {
        assert!(pointers(good).is_empty());
    }
    type Change = fn(&mut Value);
    let rows: [(Change, &[&str]); 12] = [
        (|r| r["amount"]["gross"] = json!(12601), &["/amount"]),
        (|r| r["amount"]["gross"] = json!(126.0), &["/amount"]),
        (|r| r["amount"]["gross"] = json!("12600"), &["/amount"]),
        (|r| r["amount"]["amount"] = json!(1), &["/amount"]),
        (|r| r["amount"]["net"] = json!(10000), &["/amount/net"]),
        (|r| r["amount"]["tax"] = json!(2600), &["/amount/tax"]),
        (|r| r["amount"]["currency"] = json!("SEK"), &["/amount/currency"]),
        (|r| r["currency"] = json!("SEK"), &["/amount/currency"]),
        (|r| r["amount"] = json!(null), &["/amount", "/amount/currency"]),
        (|r| r["duration"] = json!(31), &["/duration"]),
        (|r| r["duration"] = json!(null), &["/duration"]),
        (|r| *r = json!([]), &["/amount", "/amount/currency", "/duration"]),
    ];
    for (change, wanted) in rows {
        let wanted: Vec<String> = wanted.iter().map(|pointer| format!("/widget_result{pointer}")).collect();
        assert_eq!(pointers(change), wanted);
    }
}

#[test]
fn a_widget_results_state_must_be_a_yes_where_there_is_one() {
    let payment = Case::with_session(Flow::Widget).payment;
    for (state, good) in [
        (json!("authorized"), true),
        (json!(null), true),
        (json!("declined"), false),
        (json!("canceled"), false),
        (json!("anything"), false),
        (json!(1), false),
    ] {
        let mut result: Value = serde_json::from_str(include_str!("../fixtures/widget-result.json")).unwrap();
        result["state"] = state.clone();
        let broken = open(&document()).broken_widget_rules(&payment, &to_raw_value(&result).unwrap());
        assert_eq!(broken.is_empty(), good, "{state}");
    }
}

#[test]
fn an_amount_under_a_name_that_the_account_has_changed_is_no_amount() {
    let mut account = document();
    account["wire"] = json!({ "names": { "gross": "brutto", "minor": "amount" } });
    let payment = Case::with_session(Flow::Widget).payment;
    for (amount, good) in [
        (json!({ "currency": "EUR", "brutto": 12600 }), true),
        (json!({ "currency": "EUR", "amount": 12600 }), true),
        (json!({ "currency": "EUR", "brutto": 1, "gross": 12600 }), false),
        (json!({ "currency": "EUR", "gross": 12600 }), false),
        (json!({ "currency": "EUR", "Brutto": 12600 }), false),
    ] {
        let mut result: Value = serde_json::from_str(include_str!("../fixtures/widget-result.json")).unwrap();
        result["amount"] = amount.clone();
        let broken = open(&account).broken_widget_rules(&payment, &to_raw_value(&result).unwrap());
        assert_eq!(broken.is_empty(), good, "{amount}");
    }
}

#[test]
fn a_widget_result_that_two_readers_could_read_differently_is_refused() {
    let payment = Case::with_session(Flow::Widget).payment;
    let result = include_str!("../fixtures/widget-result.json");
    for (place, twice) in [
        (r#""gross": 12600"#, r#""gross": 1, "gross": 12600"#),
        (r#""gross": 12600"#, r#""gr\u006fss": 1, "gross": 12600"#),
        (r#""duration": 30"#, r#""duration": 120, "duration": 30"#),
        (r#"[null, "#, r#"[{ "x": 1, "x": 1 }, "#),
    ] {
        assert!(result.contains(place));
        let result = RawValue::from_string(result.trim().replace(place, twice)).unwrap();
        let broken = open(&document()).broken_widget_rules(&payment, &result);
        let told: Vec<_> = broken.iter().map(|error| (error.pointer.as_str(), error.detail.as_str())).collect();
        assert_eq!(told, [("/widget_result", "must not have a name twice")], "{twice}");
    }
}
