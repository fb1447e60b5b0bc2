//! What goes over the wire, byte for byte.

use payment::Flow;
use serde_json::json;

use super::desk::{Billie, Case, INVOICE, ORDER, SESSION, says, tell};

const CREATED: &str = r#"{"uuid":"03f74b37-3a04-4f76-aa88-221d01520e08"}"#;

#[tokio::test]
async fn a_token_is_asked_for_with_the_accounts_credentials() {
    let (billie, case) = (Billie::start().await, Case::new(Flow::Widget));
    case.act(&*billie.adapter(), &case.first()).await;
    insta::assert_snapshot!(billie.calls()[0]);
}

#[tokio::test]
async fn what_is_looked_at_and_whether_the_credentials_are_known_is_read_with_the_token() {
    let billie = Billie::start().await;
    let adapter = billie.adapter();
    let mut captured = Case::captured(5_000);
    let refund = captured.refund(json!({}));
    let refund = captured.doubt(&refund);
    let _ = Case::with_session(Flow::Redirect).observe(&*adapter).await;
    let _ = Case::authorized().observe(&*adapter).await;
    captured.probe(&*adapter, &refund).await;
    adapter.check_credentials(crate::Deadline::within(std::time::Duration::from_secs(5))).await;
    insta::assert_snapshot!(billie.calls()[1..].join("\n"));
}

#[tokio::test]
async fn a_hosted_page_session_carries_the_whole_order() {
    let (billie, case) = (Billie::start().await, Case::new(Flow::Redirect));
    case.act(&*billie.adapter(), &case.first()).await;
    insta::assert_snapshot!(billie.last());
}

#[tokio::test]
async fn a_widget_session_carries_the_customer_only() {
    let (billie, case) = (Billie::start().await, Case::new(Flow::Widget));
    case.act(&*billie.adapter(), &case.first()).await;
    insta::assert_snapshot!(billie.last());
}

#[tokio::test]
async fn a_backend_order_carries_the_debtor_nested() {
    let (billie, case) = (Billie::start().await, Case::new(Flow::Direct));
    case.act(&*billie.adapter(), &case.first()).await;
    insta::assert_snapshot!(billie.last());
}

#[tokio::test]
async fn wire_settings_override_what_is_inferred() {
    let (billie, case) = (Billie::start().await, Case::new(Flow::Redirect));
    let mut account = billie.account();
    account["wire"] = json!({ "channel": "ecommerce", "line_item_amount": "unit" });
    let adapter = super::super::open(&account, crate::Transport::default()).unwrap();
    case.act(&*adapter, &case.first()).await;
    assert!(billie.last().contains(r#""channel":"ecommerce""#));
    assert!(billie.last().contains(r#""quantity":2,"amount":{"net":50.00,"tax":10.50,"gross":60.50}"#));
}

#[tokio::test]
async fn after_the_hosted_page_the_debtor_is_read_and_sent_back_unchanged() {
    let (billie, mut case) = (Billie::start().await, Case::with_session(Flow::Redirect));
    let confirm = case.confirm();
    let authorization = include_str!("../fixtures/authorization.json");
    billie.on(&format!("GET /checkout-sessions/{SESSION}/authorization"), [says(200, authorization)]);
    case.act(&*billie.adapter(), &confirm).await;
    insta::assert_snapshot!(billie.last());
}

#[tokio::test]
async fn what_the_widget_resolved_with_is_sent_back_nested_and_unchanged() {
    let (billie, mut case) = (Billie::start().await, Case::with_session(Flow::Widget));
    let confirm = case.confirm();
    case.widget_result = serde_json::from_str(include_str!("../fixtures/widget-result.json")).unwrap();
    case.act(&*billie.adapter(), &confirm).await;
    assert_eq!(billie.lines().len(), 2, "a token and the confirmation, no read");
    insta::assert_snapshot!(billie.last());
}

#[tokio::test]
async fn a_capture_by_lines_names_the_goods_and_the_shipment() {
    let (billie, mut case) = (Billie::start().await, Case::authorized());
    let capture = case.capture(json!({
        "lines": [{ "reference": "SKU-1", "quantity": 1 }, { "reference": "SHIP", "quantity": 1 }],
        "shipment": { "carrier": "DHL", "tracking_number": "0034", "tracking_url": "https://track.example/0034" }
    }));
    billie.on("POST /invoices", [says(201, CREATED)]);
    case.act(&*billie.adapter(), &capture).await;
    insta::assert_snapshot!(billie.last());
}

#[tokio::test]
async fn a_capture_by_amount_names_no_lines() {
    let (billie, mut case) = (Billie::start().await, Case::authorized());
    let capture = case.capture(json!({ "amount": 1001 }));
    billie.on("POST /invoices", [says(201, CREATED)]);
    case.act(&*billie.adapter(), &capture).await;
    insta::assert_snapshot!(billie.last());
}

#[tokio::test]
async fn a_partial_refund_is_a_credit_note() {
    let (billie, mut case) = (Billie::start().await, Case::captured(12_600));
    let lines = json!([{ "reference": "SKU-1", "quantity": 1 }]);
    let refund = case.refund(json!({ "lines": lines, "reason": "return", "reference": "GS-2024-0001" }));
    case.act(&*billie.adapter(), &refund).await;
    insta::assert_snapshot!(billie.last());
}

#[tokio::test]
async fn a_credit_note_without_a_number_of_the_shops_gets_ours() {
    let (billie, mut case) = (Billie::start().await, Case::captured(12_600));
    let refund = case.refund(json!({ "amount": 1 }));
    case.act(&*billie.adapter(), &refund).await;
    assert!(billie.last().contains(&format!(r#""external_code":"{}","amount":"#, refund.reference)));
}

#[tokio::test]
async fn a_refund_of_the_whole_untouched_capture_cancels_the_invoice() {
    let (billie, mut case) = (Billie::start().await, Case::captured(5_000));
    let refund = case.refund(json!({}));
    case.act(&*billie.adapter(), &refund).await;
    insta::assert_snapshot!(billie.last());
}

#[tokio::test]
async fn the_rest_of_a_touched_capture_is_refunded_by_credit_note() {
    let (billie, mut case) = (Billie::start().await, Case::captured(5_000));
    let first = case.refund(json!({ "amount": 1 }));
    case.succeed(&first, "credit-note");
    let rest = case.refund(json!({}));
    case.act(&*billie.adapter(), &rest).await;
    assert!(billie.last().starts_with(&format!("POST /invoices/{INVOICE}/credit-notes")));
}

#[tokio::test]
async fn a_cancel_has_no_body() {
    let (billie, mut case) = (Billie::start().await, Case::authorized());
    let cancel = case.cancel();
    case.act(&*billie.adapter(), &cancel).await;
    insta::assert_snapshot!(billie.last());
    assert!(billie.last().contains(ORDER));
}

#[tokio::test]
async fn a_payment_to_the_merchant_is_told_to_its_invoice() {
    let (billie, mut case) = (Billie::start().await, Case::captured(5_000));
    let paid = case.paid_directly(2_510);
    billie.on(&format!("POST /invoices/{INVOICE}/confirm-payment"), [says(204, "")]);
    assert_eq!(tell(&case.act(&*billie.adapter(), &paid).await), "Done");
    insta::assert_snapshot!(billie.last());
}

#[tokio::test]
async fn an_amendment_carries_the_new_amount_with_its_parts() {
    let (billie, mut case) = (Billie::start().await, Case::captured(5_000));
    let amend = case.amend(10_000);
    billie.on(&format!("POST /orders/{ORDER}"), [says(204, "")]);
    assert_eq!(tell(&case.act(&*billie.adapter(), &amend).await), "Done");
    insta::assert_snapshot!(billie.last());
}
