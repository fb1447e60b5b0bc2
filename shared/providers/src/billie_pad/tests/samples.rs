//! The requests of the pages, against what the adapter makes of the same order. Every difference is on purpose and
//! stands here with its reason: one that is not listed fails, and so does one that is gone.

use payment::{Flow, Operation, Order};
use serde_json::{Value, json};

use super::desk::{Billie, Case, INVOICE};
use crate::Transport;
use crate::testing::{is_in, members};

/// Where, what the page has, what we send, and why.
type Difference = (&'static str, Option<Value>, Option<Value>, &'static str);

/// The pages' order in our words.
fn pages_order(payment_terms_days: u16) -> Order {
    let line = |reference: &str, name: &str, quantity: u32, unit_price: u32| {
        json!({ "reference": reference, "name": name, "kind": "goods", "quantity": quantity, "unit_price": unit_price,
                "tax_rate": "19" })
    };
    let order = json!({
        "provider": "billie_pad", "reference": "order-1001", "description": "Test comment", "currency": "EUR",
        "amount": 20000, "capture": "manual",
        "lines": [line("product-id-1", "product 1", 2, 5000), line("product-id-2", "product 2", 1, 10000)],
        "buyer": {
            "kind": "business", "reference": "BILLIE-00000001-1",
            "person": { "first_name": "Max", "last_name": "Mustermann", "salutation": "male",
                        "email": "max.mustermann@musterfirma.de", "phone": "+4930120111111" },
            "company": { "name": "Billie GmbH", "legal_form": "10001",
                         "registration_court": "Amtsgericht Charlottenburg", "registration_number": "1234567" },
        },
        "billing_address": address(),
        "return_url": "https://shop.example/return",
        "payment_terms_days": payment_terms_days,
    });
    serde_json::from_value(order).unwrap()
}

fn address() -> Value {
    json!({ "street": "Charlottenstr.", "house_number": "4", "city": "Berlin", "postal_code": "10969", "country": "DE" })
}

/// Euros as they are written.
fn euros(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// Of the order's whole amount.
fn rounding() -> [Difference; 2] {
    [
        ("/amount/net", euros("168.07"), euros("168.06"), "each line is rounded by itself, as its line item is"),
        ("/amount/tax", euros("31.93"), euros("31.94"), "the same"),
    ]
}

/// What the operation sends, with amounts of line items per unit as the pages have them.
async fn sent(case: &Case, operation: &Operation) -> Value {
    let billie = Billie::start().await;
    let mut account = billie.account();
    account["wire"] = json!({ "line_item_amount": "unit" });
    case.act(&*super::super::open(&account, Transport::default()).unwrap(), operation).await;
    serde_json::from_str(billie.last().split("\n\n").nth(1).unwrap()).unwrap()
}

fn differ_as_listed(sample: &str, ours: &Value, listed: &[Difference]) {
    let sample: Value = serde_json::from_str(sample).unwrap();
    for (place, theirs, own, why) in listed {
        assert_ne!(theirs, own, "{place} does not differ: {why}");
        let sides = (sample.pointer(place), ours.pointer(place));
        assert_eq!(sides, (theirs.as_ref(), own.as_ref()), "{place}: {why}");
    }
    for member in members(&sample, "").into_iter().chain(members(ours, "")) {
        if !listed.iter().any(|(place, ..)| is_in(&member, place)) {
            assert_eq!(sample.pointer(&member), ours.pointer(&member), "{member}");
        }
    }
}

#[tokio::test]
async fn an_order_is_created_as_the_page_shows_but_for_what_is_listed() {
    let case = Case::of(pages_order(14), Flow::Direct);
    let ours = sent(&case, &case.first()).await;
    let code = json!(case.payment.order_reference);
    let text = |text: &str| Some(json!(text));
    let mut listed = vec![
        ("/external_code", text("order-1001"), Some(code), "every payment has an order of its own"),
        ("/debtor/billing_address", Some(address()), None, "it is the company's address"),
        ("/debtor/tax_id", Some(Value::Null), None, "what is null is left out"),
        ("/debtor/tax_number", Some(Value::Null), None, "the same"),
        ("/debtor/industry_sector", Some(Value::Null), None, "the same"),
        ("/debtor/subindustry_sector", Some(Value::Null), None, "the same"),
        ("/debtor/employees_number", Some(Value::Null), None, "the same"),
        (
            "/debtor/established_customer",
            Some(json!(false)),
            None,
            "an order does not say, and this is Billie's default",
        ),
        ("/debtor_person/first_name", Some(Value::Null), text("Max"), "an order names its person"),
        ("/debtor_person/last_name", Some(Value::Null), text("Mustermann"), "the same"),
        ("/line_items/0/description", text("description 1"), None, "a line has a name and no more"),
        ("/line_items/0/category", text("category 1"), None, "the same"),
        ("/line_items/0/brand", text("brand 1"), None, "the same"),
        ("/line_items/0/gtin", text("gtin 1"), None, "the same"),
        ("/line_items/0/mpn", text("mpn 1"), None, "the same"),
    ];
    listed.extend(rounding());
    differ_as_listed(include_str!("../fixtures/order-create.request.json"), &ours, &listed);
}

#[tokio::test]
async fn an_authorization_is_confirmed_as_the_page_shows_but_for_what_is_listed() {
    let mut case = Case::of(pages_order(30), Flow::Widget).opened();
    case.widget_result = serde_json::from_str(include_str!("../fixtures/widget-result.json")).unwrap();
    let confirm = case.confirm();
    let ours = sent(&case, &confirm).await;
    let code = Some(json!(case.payment.order_reference));
    let mut listed = vec![("/external_code", Some(json!("order-1001")), code, "every payment has an order of its own")];
    listed.extend(rounding());
    differ_as_listed(include_str!("../fixtures/confirm.request.json"), &ours, &listed);
}

/// A capture of the whole order.
fn captured() -> (Case, Operation) {
    let mut case = Case::of(pages_order(14), Flow::Redirect).opened().confirmed();
    let url = "https://shop.example/invoices/RE-2024-0001.pdf";
    let capture = case.capture(json!({
        "lines": [{ "reference": "product-id-1", "quantity": 2 }, { "reference": "product-id-2", "quantity": 1 }],
        "invoice": { "number": "RE-2024-0001", "url": url },
        "shipment": { "carrier": "DHL", "tracking_number": "0034", "tracking_url": "https://track.example/0034" },
    }));
    (case, capture)
}

#[tokio::test]
async fn an_invoice_is_sent_as_the_page_shows_but_for_what_is_listed() {
    let (case, capture) = captured();
    let ours = sent(&case, &capture).await;
    let second = json!({ "external_id": "product-id-2", "quantity": 1 });
    let mut listed = vec![
        ("/shipping_info/return_shipping_company", Some(Value::Null), None, "what is null is left out"),
        ("/shipping_info/return_tracking_number", Some(Value::Null), None, "the same"),
        ("/shipping_info/return_tracking_url", Some(Value::Null), None, "the same"),
        ("/shipping_info/shipping_method", Some(json!("standard")), None, "a shipment names its carrier and no more"),
        ("/line_items/1", None, Some(second), "the amount is that of both lines"),
    ];
    listed.extend(rounding());
    differ_as_listed(include_str!("../fixtures/invoice.request.json"), &ours, &listed);
}

#[tokio::test]
async fn a_credit_note_is_sent_as_the_page_shows() {
    let (mut case, capture) = captured();
    case.succeed(&capture, INVOICE);
    let lines = json!([{ "reference": "product-id-1", "quantity": 1 }]);
    let refund = case.refund(json!({ "lines": lines, "reason": "return", "reference": "GS-2024-0001" }));
    let ours = sent(&case, &refund).await;
    differ_as_listed(include_str!("../fixtures/credit-note.request.json"), &ours, &[]);
}
