//! Every field of a request is documented. The fields of answers are held against the document wherever a test asks.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::{Contract, Order};

/// The names of the fields that a schema lists.
fn fields(schema: &str) -> BTreeSet<String> {
    let fields = &Contract::get().document()["components"]["schemas"][schema]["properties"];
    fields.as_object().unwrap_or_else(|| panic!("{schema} lists no fields")).keys().cloned().collect()
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap_or_else(|| panic!("no object: {value}")).keys().cloned().collect()
}

#[test]
fn every_field_of_a_request_is_documented() {
    use payment::{
        AmendCommand, CaptureCommand, DirectPaymentCommand, HoldCommand, Invoice, LineQuantity, MessageCommand,
        RefundCommand, Shipment,
    };
    // What the code reads it also writes, every field of it.
    let order: payment::Order = serde_json::from_value(Order::billie_pad().json().clone()).unwrap();
    let order = json!(order);
    for (schema, pointer) in [
        ("Order", ""),
        ("Line", "/lines/0"),
        ("Buyer", "/buyer"),
        ("Person", "/buyer/person"),
        ("Company", "/buyer/company"),
        ("Address", "/billing_address"),
    ] {
        assert_eq!(fields(schema), keys(order.pointer(pointer).unwrap()), "{schema}");
    }
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let invoice: Invoice = serde_json::from_value(read(r#"{"number":"1"}"#)).unwrap();
    let shipment: Shipment = serde_json::from_value(json!({})).unwrap();
    let line: LineQuantity = serde_json::from_value(read(r#"{"reference":"1","quantity":1}"#)).unwrap();
    assert_eq!(fields("CaptureRequest"), keys(&json!(CaptureCommand::default())));
    assert_eq!(fields("RefundRequest"), keys(&json!(RefundCommand::default())));
    assert_eq!(fields("AmendRequest"), keys(&json!(AmendCommand { amount: payment::Amount::ZERO })));
    let paid = DirectPaymentCommand { amount: payment::Amount::ZERO, capture_id: None, reference: None };
    assert_eq!(fields("HoldRequest"), keys(&json!(HoldCommand::default())));
    assert_eq!(fields("MessageRequest"), keys(&json!(MessageCommand { text: "A".parse().unwrap() })));
    assert_eq!(fields("DirectPaymentRequest"), keys(&json!(paid)));
    assert_eq!(fields("InvoiceInput"), keys(&json!(invoice)));
    assert_eq!(fields("ShipmentInput"), keys(&json!(shipment)));
    assert_eq!(fields("LineQuantity"), keys(&json!(line)));
}
