//! What goes over the wire, byte for byte.

use std::time::Duration;

use payment::Flow;
use serde_json::{Value, json};

use super::desk::{Billie, CAPTURE, Case, MERCHANT, open, says, tell};
use crate::{Activation, Deadline, Effect};

async fn sent(case: &Case) -> String {
    let billie = Billie::start(says(500, "")).await;
    case.act(&*billie.adapter()).await;
    billie.calls().remove(0)
}

fn body(call: &str) -> Value {
    serde_json::from_str(call.split("\n\n").nth(1).unwrap()).unwrap()
}

#[tokio::test]
async fn an_activation_carries_the_merchant_under_our_name_for_it() {
    let activation: Activation = serde_json::from_value(json!({
        "provider": "billie_psp", "name": "Muster GmbH", "legal_form": "10001", "registration_number": "HRB 123456",
        "vat_number": "DE123456789", "website": "https://shop.example", "countries": ["DE"],
        "address": { "street": "Tannenweg", "house_number": "4", "postal_code": "77716",
                     "city": "Haslach im Kinzigtal", "country": "DE" }
    }))
    .unwrap();
    let billie = Billie::start(says(201, json!({ "merchant_id": MERCHANT }))).await;
    let (adapter, deadline) = (billie.adapter(), Deadline::within(Duration::from_secs(10)));
    let enabled = adapter.activation().unwrap();
    let outcome = enabled.activate(&activation, "shop-42", deadline, Effect::of_reserved_attempt()).await;
    assert_eq!(tell(&outcome), format!("Done {MERCHANT}"));
    insta::assert_snapshot!(billie.calls().remove(0));
}

#[tokio::test]
async fn a_page_session_carries_the_order_and_the_payments_own_addresses() {
    insta::assert_snapshot!(sent(&Case::new(Flow::Redirect)).await);
}

#[tokio::test]
async fn a_widget_session_carries_the_same_without_addresses() {
    let widget = sent(&Case::new(Flow::Widget)).await;
    insta::assert_snapshot!(widget);
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
    let given = include_str!("../fixtures/widget-result.json").trim();
    assert_eq!(call.split_once("\n\n").unwrap().1, given);
}

#[tokio::test]
async fn a_capture_carries_its_amount_and_invoice() {
    let mut case = Case::authorized();
    case.capture(json!({ "amount": 5000, "invoice": { "number": "RE-1", "url": "https://shop.example/RE-1.pdf" } }));
    insta::assert_snapshot!(sent(&case).await);
    let mut bare = Case::authorized();
    bare.capture(json!({}));
    let wanted = json!({ "merchant_id": MERCHANT, "amount": { "currency": "EUR", "amount": 12_600 } });
    assert_eq!(body(&sent(&bare).await), wanted);
}

#[tokio::test]
async fn a_refund_names_the_capture() {
    let mut case = Case::captured();
    case.refund(json!({ "amount": 1250, "reason": "return" }));
    insta::assert_snapshot!(sent(&case).await);
}

#[tokio::test]
async fn a_cancel_names_the_merchant_and_nothing_else() {
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

/// A capture, a refund, a cancellation and an amendment that are about to be made.
fn movements() -> [Case; 4] {
    let (mut capture, mut refund, mut cancel, mut amend) =
        (Case::authorized(), Case::captured(), Case::authorized(), Case::authorized());
    capture.capture(json!({}));
    refund.refund(json!({}));
    cancel.cancel();
    amend.amend(10_000);
    [capture, refund, cancel, amend]
}

#[tokio::test]
async fn the_merchant_of_the_session_stands_in_everything_that_follows_until_the_account_says_otherwise() {
    let kinds = ["capture", "refund", "cancel", "amend"];
    for (mut case, kind) in movements().into_iter().zip(kinds) {
        case.payment.provider_account = Some("m-of-the-session".to_owned());
        let named = async |kinds: Value| {
            let billie = Billie::start(says(500, "")).await;
            let mut account = billie.account();
            account["wire"] = json!({ "merchant_id_in": kinds });
            case.act(&*open(&account)).await;
            body(&billie.calls().remove(0)).get("merchant_id").cloned()
        };
        assert_eq!(named(json!([kind])).await, Some(json!("m-of-the-session")), "{kind}");
        let others: Vec<_> = kinds.into_iter().filter(|other| *other != kind).collect();
        assert_eq!(named(json!(others)).await, None, "{kind}");
    }
}

#[tokio::test]
async fn the_number_of_an_amount_can_have_another_name_than_its_object() {
    let answer = json!({ "capture_id": CAPTURE, "amount": { "currency": "EUR", "value": 5000 } });
    for (names, wanted) in [
        (json!({ "minor": "value" }), json!({ "currency": "EUR", "value": 5000 })),
        (json!({}), json!({ "currency": "EUR", "amount": 5000 })),
    ] {
        let billie = Billie::start(says(201, &answer)).await;
        let mut account = billie.account();
        account["wire"] = json!({ "names": names });
        let mut case = Case::authorized();
        case.capture(json!({ "amount": 5000 }));
        let told = tell(&case.act(&*open(&account)).await);
        let known =
            if names == json!({}) { "InDoubt AmountMismatch".to_owned() } else { format!("Done {CAPTURE} of 5000") };
        assert_eq!((body(&billie.calls().remove(0))["amount"].clone(), told), (wanted, known));
    }
}

#[tokio::test]
async fn every_path_and_name_can_be_overridden() {
    let billie = Billie::start(says(200, r#"{"ref":"s-1","hpp_url":"https://a.example/"}"#)).await;
    let mut account = billie.account();
    account["wire"] = json!({
        "payment_page_path": "v2/pages",
        "session_seconds": 3_600,
        "names": { "external_code": "merchantReference", "net": "netto", "session_id": "ref" }
    });
    let outcome = Case::new(Flow::Redirect).act(&*open(&account)).await;
    assert_eq!(tell(&outcome), "Done redirect to https://a.example/ until 2024-03-01T11:00:00Z s-1");
    let call = billie.calls().remove(0);
    assert!(call.starts_with("POST /psp/v2/pages\n"));
    let body = body(&call);
    assert!(body["merchantReference"].is_string() && body.get("external_code").is_none());
    assert_eq!(
        (body["amount"]["netto"].as_i64(), body["line_items"][0]["amount"]["netto"].as_i64()),
        (Some(10_413), Some(10_000))
    );
}
