//! What goes over the wire, byte for byte.

use payment::Flow;
use serde_json::{Value, json};

use super::desk::{Billie, Case, open, says};

async fn sent(case: &Case) -> String {
    let billie = Billie::start(says(500, "")).await;
    case.act(&*billie.adapter()).await;
    billie.calls().remove(0)
}

fn body(call: &str) -> Value {
    serde_json::from_str(call.split("\n\n").nth(1).unwrap()).unwrap()
}

#[tokio::test]
async fn a_page_session_carries_the_order_and_the_payments_own_addresses() {
    insta::assert_snapshot!(sent(&Case::new(Flow::Redirect)).await);
}

#[tokio::test]
async fn a_widget_session_carries_the_same_without_addresses() {
    let widget = sent(&Case::new(Flow::Widget)).await;
    assert!(widget.starts_with("POST /psp/checkout/sessions/widget\n"));
    let mut page = body(&sent(&Case::new(Flow::Redirect)).await);
    for name in ["merchant_urls", "webhook_url"] {
        assert!(page.as_object_mut().unwrap().remove(name).is_some());
    }
    assert_eq!(body(&widget), page);
}

#[tokio::test]
async fn a_confirmation_passes_the_widgets_result_on_unchanged() {
    let mut case = Case::with_session(Flow::Widget);
    case.confirm();
    let call = sent(&case).await;
    insta::assert_snapshot!(call);
    assert_eq!(body(&call), case.widget_result.unwrap());
}

#[tokio::test]
async fn a_capture_carries_its_amount_and_invoice() {
    let mut case = Case::authorized();
    case.capture(json!({ "amount": 5000, "invoice": { "number": "RE-1", "url": "https://shop.example/RE-1.pdf" } }));
    insta::assert_snapshot!(sent(&case).await);
    let mut bare = Case::authorized();
    bare.capture(json!({}));
    assert_eq!(body(&sent(&bare).await), json!({ "amount": { "currency": "EUR", "amount": 12_600 } }));
}

#[tokio::test]
async fn a_refund_names_the_capture() {
    let mut case = Case::captured();
    case.refund(json!({ "amount": 1250, "reason": "return" }));
    insta::assert_snapshot!(sent(&case).await);
}

#[tokio::test]
async fn a_cancel_has_an_empty_object() {
    let mut case = Case::authorized();
    case.cancel();
    insta::assert_snapshot!(sent(&case).await);
}

#[tokio::test]
async fn an_amendment_carries_the_new_amount_with_its_parts() {
    let mut case = Case::captured();
    case.amend(10_000);
    insta::assert_snapshot!(sent(&case).await);
}

#[tokio::test]
async fn every_path_and_name_can_be_overridden() {
    let billie = Billie::start(says(200, r#"{"ref":"s-1","hpp_url":"https://a.example/"}"#)).await;
    let mut account = billie.account();
    account["wire"] = json!({
        "payment_page_path": "v2/pages",
        "names": { "external_code": "merchantReference", "net": "netto", "session_id": "ref" }
    });
    let outcome = Case::new(Flow::Redirect).act(&*open(&account)).await;
    assert_eq!(super::desk::tell(&outcome), "Done redirect to https://a.example/ s-1");
    let call = billie.calls().remove(0);
    assert!(call.starts_with("POST /psp/v2/pages\n"));
    let body = body(&call);
    assert!(body["merchantReference"].is_string() && body.get("external_code").is_none());
    assert_eq!(
        (body["amount"]["netto"].as_i64(), body["line_items"][0]["amount"]["netto"].as_i64()),
        (Some(10_413), Some(10_000))
    );
}
