//! What every answer means.

use payment::{Doubt, DoubtPolicy, Finding, Flow, OperationKind, Outcome, Status, Ticket};
use serde_json::json;
use std::time::Duration;

use super::super::CAPABILITIES;
use super::super::map::{REFUSALS, STATES, Verdict};
use super::desk::{Billie, CAPTURE, Case, ORDER, Reply, SESSION, document, open, says, tell};
use crate::ReadError;

const ERRORS: &str = r#"{"errors":[{"title":"Uno Eins is no company","code":"request_validation_error","source":"debtor_company.name"}]}"#;

#[tokio::test]
async fn a_page_session_sends_the_buyer_away() {
    let case = Case::new(Flow::Redirect);
    let session = include_str!("../fixtures/session.json");
    let page = format!("Done redirect to https://payment-page.example/0b9e7a52 until 2024-03-03T10:00:00Z {SESSION}");
    // Three days where the session names no end.
    let plain = "Done redirect to https://payment-page.example/0b9e7a52 until 2024-03-04T10:00:00Z s-1";
    let long = format!(r#"{{"session_id":"s-1","hpp_url":"https://payment-page.example/{}"}}"#, "x".repeat(9_000));
    for (reply, wanted) in [
        (says(201, session), page.as_str()),
        (says(201, long), "InDoubt Unreadable"),
        (says(200, session.replace("hpp_url", "payment_page_url")), page.as_str()),
        (says(201, r#"{"sessionId":"s-1","paymentPageUrl":"https://payment-page.example/0b9e7a52"}"#), plain),
        (says(201, r#"{"session_id":"s-1","hpp_url":"https://payment-page.example/0b9e7a52","expires_at":7}"#), plain),
        (says(201, r#"{"session_id":"s-1","hpp_url":"http://payment-page.example/"}"#), "InDoubt Unreadable"),
        (says(201, r#"{"session_id":"s-1","hpp_url":"javascript:alert(1)"}"#), "InDoubt Unreadable"),
        (says(201, r#"{"session_id":"../x","hpp_url":"https://payment-page.example/"}"#), "InDoubt Unreadable"),
        (says(201, r#"{"hpp_url":"https://payment-page.example/"}"#), "InDoubt Unreadable"),
        (says(201, r#"{"session_id":"s-1"}"#), "InDoubt Unreadable"),
        (says(204, ""), "InDoubt Unreadable"),
    ] {
        assert_eq!(case.after(reply).await, wanted);
    }
}

#[tokio::test]
async fn a_widget_session_needs_its_id_only() {
    let case = Case::new(Flow::Widget);
    let wanted =
        "Done widget s-1 with https://static.billie.io/checkout/billie-checkout.js until 2024-03-04T10:00:00Z s-1";
    assert_eq!(case.after(says(201, r#"{"session_id":"s-1"}"#)).await, wanted);
    assert_eq!(case.after(says(201, "{}")).await, "InDoubt Unreadable");
}

#[tokio::test]
async fn a_confirmation_says_which_order_it_made() {
    let mut case = Case::with_session(Flow::Widget);
    case.confirm();
    for (state, verdict) in STATES {
        let told = match verdict {
            Verdict::Authorized => "Authorized",
            Verdict::Review => "UnderReview",
            Verdict::Declined => "Declined Other",
        };
        let reply = says(200, json!({ "order_id": ORDER, "state": state }));
        assert_eq!(case.after(reply).await, format!("Done {told} {ORDER}"), "{state}");
    }
    let with = |more: serde_json::Value| {
        let mut body = json!({ "order_id": ORDER });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        says(201, body)
    };
    for (reply, wanted) in [
        (with(json!({})), format!("Done Authorized {ORDER}")),
        (
            with(json!({ "amount": { "currency": "EUR", "gross": 12600, "net": 1 } })),
            format!("Done Authorized of 12600 {ORDER}"),
        ),
        (with(json!({ "amount": { "currency": "EUR", "amount": 1 } })), format!("Done Authorized of 1 {ORDER}")),
        (with(json!({ "amount": { "currency": "USD", "amount": 12600 } })), "InDoubt AmountMismatch".into()),
        (with(json!({ "amount": 126.0 })), "InDoubt AmountMismatch".into()),
        (with(json!({ "state": "sideways" })), "InDoubt UnknownCode".into()),
        (with(json!({ "state": 1 })), "InDoubt UnknownCode".into()),
        (says(200, r#"{"state":"created"}"#), "InDoubt Unreadable".into()),
        (says(204, ""), "InDoubt Unreadable".into()),
    ] {
        assert_eq!(case.after(reply).await, wanted);
    }
    case.widget_result = None;
    let told = case.after(Reply::Hangs).await;
    assert_eq!(told, "Refused - the session or the widget's result is not known");
}

#[tokio::test]
async fn every_answer_to_a_capture_has_one_meaning() {
    let mut case = Case::authorized();
    case.capture(json!({ "amount": 5000 }));
    for (status, message) in REFUSALS {
        let refused = format!("Refused {status} {message}");
        let named = "Refused request_validation_error refused at debtor_company.name".to_owned();
        for (body, wanted) in [
            (ERRORS, &named),
            (r#"{"message":"Uno Eins has no order"}"#, &refused),
            (r#"{"error":"Uno Eins"}"#, &refused),
            (r#"{"errors":[{"code":"Uno Eins","source":"uno@example.com"}]}"#, &refused),
            (r#"{"errors":["Uno Eins"]}"#, &refused),
            (r#"{"errors":[]}"#, &"InDoubt Unreadable".to_owned()),
            ("{}", &"InDoubt Unreadable".to_owned()),
            ("", &"InDoubt Unreadable".to_owned()),
            ("[]", &"InDoubt Unreadable".to_owned()),
            ("<html>a proxy</html>", &"InDoubt Unreadable".to_owned()),
        ] {
            assert_eq!(case.after(says(status, body)).await, *wanted, "{status} {body}");
        }
    }
    let made = |more: &str| says(201, format!(r#"{{"capture_id":"{CAPTURE}"{more}}}"#));
    for (reply, wanted) in [
        (made(""), format!("Done {CAPTURE}")),
        (made(r#","amount":{"currency":"EUR","amount":5000}"#), format!("Done {CAPTURE} of 5000")),
        (made(r#","amount":{"currency":"EUR","amount":"5000"}"#), "InDoubt AmountMismatch".into()),
        (says(200, format!(r#"{{"captureId":"{CAPTURE}"}}"#)), format!("Done {CAPTURE}")),
        (says(201, "{}"), "InDoubt Unreadable".into()),
        (says(200, "<html>"), "InDoubt Unreadable".into()),
        (says(204, ""), "InDoubt Unreadable".into()),
        (says(401, ERRORS), "NotSent".into()),
        (says(429, ""), "NotSent".into()),
        (says(302, ""), "InDoubt UnknownCode".into()),
        (says(404, ERRORS), "InDoubt UnknownCode".into()),
        (says(409, ERRORS), "InDoubt UnknownCode".into()),
        (says(500, ERRORS), "InDoubt ServerError".into()),
        (says(503, ""), "InDoubt ServerError".into()),
        (Reply::Resets, "InDoubt ConnectionLost".into()),
    ] {
        assert_eq!(case.after(reply).await, wanted);
    }
}

#[tokio::test]
async fn a_conflict_is_doubt_for_whatever_moves_money() {
    let mut refund = Case::captured();
    refund.refund(json!({}));
    let mut cancel = Case::authorized();
    cancel.cancel();
    let mut confirm = Case::with_session(Flow::Widget);
    confirm.confirm();
    for case in [refund, cancel, confirm] {
        assert_eq!(case.after(says(409, ERRORS)).await, "InDoubt UnknownCode");
    }
}

#[tokio::test]
async fn refunds_and_cancels_are_done_with_any_readable_yes() {
    let mut refund = Case::captured();
    refund.refund(json!({ "amount": 1250 }));
    for (reply, wanted) in [
        (says(201, r#"{"refund_id":"r-1"}"#), "Done r-1"),
        (says(201, r#"{"refund_id":"r-1","amount":{"currency":"EUR","amount":1250}}"#), "Done r-1 of 1250"),
        (says(204, ""), "Done"),
        (says(200, "<html>"), "InDoubt Unreadable"),
    ] {
        assert_eq!(refund.after(reply).await, wanted);
    }
    let mut cancel = Case::authorized();
    cancel.cancel();
    for (reply, wanted) in [
        (says(204, ""), "Done"),
        (says(200, r#"{"state":"canceled"}"#), "Done"),
        (says(200, "<html>"), "InDoubt Unreadable"),
    ] {
        assert_eq!(cancel.after(reply).await, wanted);
    }
}

#[tokio::test]
async fn before_there_is_an_order_only_the_widget_can_be_called_off() {
    for (flow, wanted) in
        [(Flow::Widget, "Done"), (Flow::Redirect, "Refused - there is no order yet, and the buyer may be making one")]
    {
        let billie = Billie::start(Reply::Hangs).await;
        let mut case = Case::with_session(flow);
        case.cancel();
        assert_eq!(tell(&case.act(&*billie.adapter()).await), wanted);
        assert!(billie.calls().is_empty());
    }
}

#[tokio::test]
async fn what_lacks_its_provider_reference_is_refused_and_not_sent() {
    let mut capture = Case::authorized();
    capture.capture(json!({}));
    capture.payment.provider_reference = None;
    let mut refund = Case::captured();
    refund.refund(json!({}));
    for operation in &mut refund.payment.operations {
        operation.provider_reference = None;
    }
    for (case, wanted) in [(capture, "the order is not known"), (refund, "the order or the capture is not known")] {
        let billie = Billie::start(Reply::Hangs).await;
        assert_eq!(tell(&case.act(&*billie.adapter()).await), format!("Refused - {wanted}"));
        assert!(billie.calls().is_empty());
    }
}

#[tokio::test]
async fn no_answer_in_time_is_doubt_and_nobody_there_is_not_sent() {
    let mut case = Case::authorized();
    case.capture(json!({}));
    case.patience = Duration::from_millis(300);
    assert_eq!(case.after(Reply::Hangs).await, "InDoubt TimedOut");
    let mut account = document();
    account["base_url"] = json!("http://127.0.0.1:9");
    assert_eq!(tell(&case.act(&*open(&account)).await), "NotSent");
}

#[tokio::test]
async fn another_amount_than_ours_is_doubt_in_the_ledger() {
    let mut case = Case::authorized();
    case.capture(json!({ "amount": 5000 }));
    let body = json!({ "capture_id": CAPTURE, "amount": { "currency": "EUR", "amount": 500 } });
    let outcome = case.act(&*Billie::start(says(201, body)).await.adapter()).await;
    let ticket = Ticket { operation: case.newest().id.clone(), attempt: 1 };
    case.settle(&ticket, outcome);
    assert_eq!(case.newest().status, payment::OperationStatus::InDoubt);
    assert_eq!(case.payment.amounts().capturing.minor(), 5_000);
}

#[tokio::test]
async fn an_amendment_may_name_its_amount_and_nothing_else() {
    let mut case = Case::authorized();
    case.amend(10_000);
    for (reply, wanted) in [
        (says(204, ""), "Done"),
        (says(200, "{}"), "Done"),
        (says(200, r#"{"amount":{"currency":"EUR","gross":10000}}"#), "Done of 10000"),
        (says(200, r#"{"amount":{"currency":"USD","gross":10000}}"#), "InDoubt AmountMismatch"),
        (says(200, "garbage"), "InDoubt Unreadable"),
        (says(409, ERRORS), "InDoubt UnknownCode"),
    ] {
        assert_eq!(case.after(reply).await, wanted);
    }
    case.payment.provider_reference = None;
    assert_eq!(case.after(Reply::Hangs).await, "Refused - the order is not known");
}

#[tokio::test]
async fn nothing_can_be_read() {
    let mut case = Case::authorized();
    case.capture(json!({}));
    let adapter = open(&document());
    assert!(adapter.observe(&case.context()).await.err() == Some(ReadError::Nothing));
    let found = adapter.probe(case.newest(), &case.context()).await.ok().unwrap();
    assert!(matches!(found.content(), Finding::Unclear));
    assert_eq!(adapter.candidate_of_return(&[("session_id".into(), SESSION.into())]), None);
}

#[test]
fn doubt_ends_only_with_a_person_where_money_moves() {
    let ways = [
        (OperationKind::CreateSession, Flow::Redirect, DoubtPolicy::Harmless, true),
        (OperationKind::CreateSession, Flow::Widget, DoubtPolicy::Harmless, true),
        (OperationKind::Confirm, Flow::Widget, DoubtPolicy::None, true),
        (OperationKind::Confirm, Flow::Redirect, DoubtPolicy::None, false),
        (OperationKind::Capture, Flow::Redirect, DoubtPolicy::None, true),
        (OperationKind::Refund, Flow::Widget, DoubtPolicy::None, true),
        (OperationKind::Cancel, Flow::Redirect, DoubtPolicy::None, true),
        (OperationKind::Amend, Flow::Widget, DoubtPolicy::None, true),
    ];
    for (kind, flow, doubt, calls) in ways {
        let operation = CAPABILITIES.operation(kind, flow).unwrap();
        assert_eq!((operation.doubt, operation.calls), (doubt, calls), "{kind:?} {flow:?}");
    }
    let mut case = Case::authorized();
    case.capture(json!({}));
    let ticket = Ticket { operation: case.newest().id.clone(), attempt: 1 };
    case.settle(&ticket, Outcome::InDoubt(Doubt::TimedOut));
    assert_eq!((case.newest().status, case.payment.status), (payment::OperationStatus::InDoubt, Status::Authorized));
}
