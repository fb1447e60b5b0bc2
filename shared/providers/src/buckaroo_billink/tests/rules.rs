//! The rules that an order can break.

use serde_json::{Value, json};

use super::super::account::Account;
use super::super::rules;
use super::{account, account_document, company, consumer, order};

fn broken(account: &Account, document: &Value) -> Vec<String> {
    let broken = rules::broken(account, &order(document), "2026-11-20".parse().unwrap());
    broken.into_iter().map(|rule| rule.pointer).collect()
}

#[test]
fn good_orders_break_nothing() {
    for document in [consumer(), company()] {
        assert_eq!(broken(&account(), &document), [""; 0]);
    }
}

#[test]
fn each_rule_names_the_field_that_breaks_it() {
    for (pointer, bad) in [
        ("/reference", json!(" ORD-1")),
        ("/buyer/person/birth_date", json!("2008-11-21")),
        ("/buyer/person/phone", json!("12345678")),
        ("/buyer/person/phone", json!("0031/612345678")),
        ("/buyer/person/initials", json!("A.B.C.D")),
        ("/billing_address/house_number", json!("Unit 4")),
        ("/billing_address/house_number_addition", json!("twelve long")),
        ("/shipping_address/house_number", json!("b80")),
        ("/shipping_address/country", json!("DE")),
    ] {
        let mut document = consumer();
        let field = pointer.rsplit_once('/').unwrap();
        document.pointer_mut(field.0).unwrap()[field.1] = bad.clone();
        assert_eq!(broken(&account(), &document), [pointer], "{bad}");
    }
}

/// The redirect flow needs it at every provider, and is told so once.
#[test]
fn a_buyer_who_may_be_shown_a_page_in_any_flow_needs_a_way_back() {
    for (flow, expected) in [("direct", vec!["/return_url"]), ("redirect", vec![])] {
        let mut document = consumer();
        (document["flow"], document["return_url"]) = (json!(flow), Value::Null);
        assert_eq!(broken(&account(), &document), expected);
    }
}

#[test]
fn a_company_needs_its_number_and_neither_a_date_of_birth_nor_a_vat_number() {
    for (field, bad) in [("registration_number", json!("1234")), ("name", json!("n".repeat(51)))] {
        let mut document = company();
        document["buyer"]["company"][field] = bad;
        assert_eq!(broken(&account(), &document), [format!("/buyer/company/{field}")]);
    }
    let mut document = company();
    // The guide requires it, the newest edition of the page does not.
    document["buyer"]["company"]["vat_number"] = Value::Null;
    document["buyer"]["person"]["birth_date"] = Value::Null;
    document["buyer"]["person"]["phone"] = Value::Null;
    assert_eq!(broken(&account(), &document), [""; 0]);
}

#[test]
fn a_buyer_may_buy_from_the_eighteenth_birthday() {
    let mut document = consumer();
    document["buyer"]["person"]["birth_date"] = json!("2008-11-20");
    assert_eq!(broken(&account(), &document), [""; 0]);
}

#[test]
fn an_account_limited_to_one_action_refuses_the_other() {
    for (action, capture, expected) in [
        ("authorize", "manual", vec![]),
        ("authorize", "automatic", vec!["/capture"]),
        ("pay", "automatic", vec![]),
        ("pay", "manual", vec!["/capture"]),
    ] {
        let mut document = account_document("https://a.example");
        document["action"] = json!(action);
        let mut order = consumer();
        order["capture"] = json!(capture);
        assert_eq!(broken(&Account::parse(&document).unwrap(), &order), expected);
    }
}

#[test]
fn a_hundredth_line_is_refused() {
    let mut document = consumer();
    let line =
        json!({"reference": "L", "name": "Pin", "kind": "goods", "quantity": 1, "unit_price": 1, "tax_rate": "21"});
    document["lines"] = Value::Array(vec![line; 100]);
    assert_eq!(broken(&account(), &document), ["/lines"]);
}
