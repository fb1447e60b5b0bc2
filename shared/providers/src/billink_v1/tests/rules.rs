//! What an order must keep to, and where it is told.

use super::super::rules::broken;
use super::*;

fn told_of(document: &Value) -> Vec<String> {
    let broken = broken(&order(document), "2026-11-20".parse().unwrap());
    broken.into_iter().map(|error| format!("{} {}", error.pointer, error.detail)).collect()
}

#[test]
fn good_orders_break_no_rule() {
    assert_eq!(told_of(&consumer()), [""; 0]);
    assert_eq!(told_of(&business()), [""; 0]);
}

#[test]
fn every_rule_is_told_at_its_field() {
    let long = |length: usize| json!("1".repeat(length));
    let mut table = String::new();
    for (who, pointer, value) in [
        (consumer(), "/reference", json!("ORD.1001")),
        (consumer(), "/reference", json!("ORD 1001")),
        (consumer(), "/reference", long(44)),
        (consumer(), "/buyer/person/birth_date", json!("2008-11-21")),
        (consumer(), "/buyer/person/phone", json!("06123456")),
        (consumer(), "/buyer/person/phone", json!("0612345678x")),
        (consumer(), "/billing_address/house_number", json!("A1")),
        (consumer(), "/billing_address/house_number_addition", long(11)),
        (consumer(), "/shipping_address/house_number", json!("1 tweede verdieping")),
        (consumer(), "/options", json!({"workflow_number": 2})),
        (business(), "/buyer/company/name", long(51)),
        (business(), "/buyer/company/registration_number", long(4)),
        (business(), "/buyer/company/registration_number", long(26)),
    ] {
        let mut order = who;
        let field = pointer.rsplit_once('/').unwrap();
        order.pointer_mut(field.0).unwrap()[field.1] = value;
        let told = told_of(&order);
        assert_eq!(told.len(), 1, "{pointer}: {told:?}");
        table.push_str(&format!("{}\n", told[0]));
    }
    insta::assert_snapshot!(table);
}

#[test]
fn the_limits_themselves_are_kept() {
    for (who, pointer, value) in [
        (consumer(), "/reference", json!("a_-".repeat(15)[..43])),
        (consumer(), "/buyer/person/birth_date", json!("2008-11-20")),
        (consumer(), "/billing_address/house_number_addition", json!("1234567890")),
        (business(), "/buyer/person/birth_date", Value::Null),
        (business(), "/buyer/company/name", json!("é".repeat(50))),
        (business(), "/buyer/company/registration_number", json!("12345")),
    ] {
        let mut order = who;
        let field = pointer.rsplit_once('/').unwrap();
        order.pointer_mut(field.0).unwrap()[field.1] = value;
        assert_eq!(told_of(&order), [""; 0], "{pointer}");
    }
}
