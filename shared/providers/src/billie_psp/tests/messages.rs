//! Messages.

use http::HeaderMap;
use payment::{Cause, CauseKind, Flow, ReceivableNews, Status};
use serde_json::{Value, json};

use super::super::map::{DISPUTE_RESULTS, STATES, Verdict};
use super::desk::{CAPTURE, Case, ORDER, document, open, tell_news};
use crate::testing::{Unused, holds_nothing_else};
use crate::{Addressee, Evidence, Inbound, Message, NotAuthentic};

const AUTHORIZED: &str = include_str!("../fixtures/authorization.webhook.json");
const DISPUTE: &str = "8f0c3c55-7c9a-4a59-9d4c-0f3a9d3a5b11";

fn receive(keys: &Value, pairs: &[(&str, &str)], body: &str) -> Result<Message, NotAuthentic> {
    let mut account = document();
    account["webhook_keys"] = keys.clone();
    let pair = |(name, value): &(&str, &str)| (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap());
    let mut headers = HeaderMap::new();
    headers.extend(pairs.iter().map(pair).map(|(name, value)| (Some(name), value)));
    open(&account).receive(Inbound { url: "https://api.example/", headers: &headers, body: body.as_bytes() })
}

fn read(body: &str) -> Message {
    receive(&json!([{ "header": "X-Api-Key", "value": "key" }]), &[("x-api-key", "key")], body).ok().unwrap()
}

fn told(message: &Message) -> String {
    match (&message.evidence, &message.receivable, &message.unrecognized) {
        (Evidence::Attested(attestation), None, None) => tell_news(attestation.content().order.as_ref().unwrap()),
        (Evidence::Hint, Some(receivable), None) => format!("{:?} {:?}", receivable.news, receivable.outstanding),
        (Evidence::Hint, None, Some(name)) => format!("unrecognized {name}"),
        _ => panic!("says more than one thing"),
    }
}

#[test]
fn only_a_message_with_a_key_of_the_account_is_believed() {
    let keys = json!([{ "header": "X-Api-Key", "value": "key" }, { "header": "X-Other", "value": "old" }]);
    for pairs in [&[("x-api-key", "key")][..], &[("x-other", "old")], &[("x-api-key", "no"), ("x-api-key", "key")]] {
        assert!(receive(&keys, pairs, AUTHORIZED).is_ok());
    }
    for pairs in
        [&[][..], &[("x-api-key", "")], &[("x-api-key", "ke")], &[("x-api-key", "keyy")], &[("x-api-key", "old")]]
    {
        assert!(receive(&keys, pairs, AUTHORIZED).err() == Some(NotAuthentic::Forged));
        assert!(receive(&keys, pairs, "{").err() == Some(NotAuthentic::Forged));
    }
    // The guide's other header.
    let basic = json!([{ "header": "Authorization", "value": "key" }]);
    assert!(receive(&basic, &[("authorization", "Basic key")], AUTHORIZED).is_ok());
    assert!(receive(&basic, &[("authorization", "Basic no")], AUTHORIZED).err() == Some(NotAuthentic::Forged));
    assert!(receive(&keys, &[("x-api-key", "key")], "{").err() == Some(NotAuthentic::Unreadable));
}

#[test]
fn an_authorization_is_attested_in_every_spelling() {
    for (says, wanted) in [
        (json!({ "success": "true" }), "Authorized"),
        (json!({ "success": true }), "Authorized"),
        (json!({ "success": "false" }), "Declined Other"),
        (json!({ "success": false }), "Declined Other"),
        (json!({ "success": true, "status": "authorized" }), "Authorized"),
        (json!({ "success": null, "status": "success" }), "Authorized"),
        (json!({ "success": "True", "status": "AUTHORIZED" }), "Authorized"),
        (json!({ "success": true, "status": "approved" }), "Authorized"),
        (json!({ "success": false, "status": "sideways" }), "Declined Other"),
        (json!({ "success": true, "status": 7 }), "Authorized"),
    ] {
        let mut body = json!({ "order_id": ORDER });
        body.as_object_mut().unwrap().extend(says.as_object().unwrap().clone());
        assert_eq!(told(&read(&body.to_string())), format!("{wanted} {ORDER}"), "{body}");
    }
    for (status, verdict) in STATES {
        let state = match verdict {
            Verdict::Authorized => "Authorized",
            Verdict::Review => "UnderReview",
            Verdict::Declined => "Declined Other",
        };
        for status in [status.to_owned(), status.to_ascii_uppercase()] {
            let body = json!({ "orderId": ORDER, "status": status });
            assert_eq!(told(&read(&body.to_string())), format!("{state} {ORDER}"));
        }
    }
    let message = read(AUTHORIZED);
    assert_eq!(told(&message), format!("Authorized {ORDER}"));
    assert_eq!(message.addressees, [Addressee::ProviderReference(ORDER.into())]);
}

#[test]
fn the_guides_example_is_read_once_its_marks_are_mended() {
    let printed = include_str!("../fixtures/authorization.guide.txt");
    let mended = printed.replace(['“', '”'], "\"").replace("UUID", &format!("\"{ORDER}\","));
    let sample: Value = serde_json::from_str(AUTHORIZED).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&mended).unwrap(), sample);
    assert_eq!(told(&read(&mended)), format!("Authorized {ORDER}"));
    holds_nothing_else(&sample, &["/order_id", "/success"], &[]);
}

#[test]
fn what_is_not_plainly_said_proves_nothing() {
    for (body, name) in [
        (json!({ "order_id": ORDER }), "unnamed"),
        (json!({ "order_id": ORDER, "success": "yes" }), "unnamed"),
        (json!({ "order_id": ORDER, "success": 1 }), "unnamed"),
        (json!({ "order_id": ORDER, "success": true, "status": "declined" }), "declined"),
        (json!({ "order_id": ORDER, "success": true, "status": "waiting" }), "waiting"),
        (json!({ "order_id": ORDER, "success": true, "status": "canceled" }), "canceled"),
        (json!({ "order_id": ORDER, "success": true, "status": "Cancelled" }), "Cancelled"),
        (json!({ "order_id": ORDER, "success": true, "status": "EXPIRED" }), "EXPIRED"),
        (json!({ "order_id": ORDER, "success": false, "status": "SUCCESS" }), "SUCCESS"),
        (json!({ "order_id": ORDER, "success": "yes", "status": "success" }), "success"),
        (json!({ "order_id": ORDER, "status": "sideways" }), "sideways"),
        (json!({ "order_id": ORDER, "status": 7 }), "unnamed"),
        (json!({ "order_id": "../x", "success": true }), "unnamed"),
        (json!({ "success": true }), "unnamed"),
        (json!({ "event": "order_sung", "order_id": ORDER }), "order_sung"),
        (json!({ "type": "Uno Eins", "order_id": ORDER }), "unnamed"),
        (json!({ "disputeId": DISPUTE }), "unnamed"),
        (json!({ "disputeId": DISPUTE, "captureId": CAPTURE }), "unnamed"),
        (json!({ "disputeId": DISPUTE, "disputeResult": "sung" }), "sung"),
        (json!({ "disputeId": DISPUTE, "order_id": ORDER, "success": true }), "unnamed"),
        (json!([]), "unnamed"),
        (json!("x"), "unnamed"),
    ] {
        assert_eq!(told(&read(&body.to_string())), format!("unrecognized {name}"), "{body}");
    }
}

#[test]
fn an_account_can_have_more_words_for_a_state_and_other_meanings() {
    let mut account = document();
    account["wire"] =
        json!({ "states": { "Approved": "authorized", "parked": "under_review", "created": "declined" } });
    let adapter = open(&account);
    for (says, wanted) in [
        (json!({ "status": "APPROVED" }), format!("Authorized {ORDER}")),
        (json!({ "status": "parked" }), format!("UnderReview {ORDER}")),
        (json!({ "status": "created" }), format!("Declined Other {ORDER}")),
        (json!({ "status": "waiting" }), format!("UnderReview {ORDER}")),
        (json!({ "success": true, "status": "parked" }), "unrecognized parked".to_owned()),
    ] {
        let mut body = json!({ "order_id": ORDER });
        body.as_object_mut().unwrap().extend(says.as_object().unwrap().clone());
        let (body, headers) = (body.to_string(), HeaderMap::new());
        let inbound = Inbound { url: "https://api.example/", headers: &headers, body: body.as_bytes() };
        assert_eq!(told(&adapter.reread(inbound, true).ok().unwrap()), wanted, "{body}");
    }
}

#[test]
fn a_dispute_is_about_its_capture() {
    let message = read(include_str!("../fixtures/dispute-opened.webhook.json"));
    assert_eq!(told(&message), "Disputed None");
    assert_eq!(message.addressees, [CAPTURE, DISPUTE].map(|id| Addressee::ProviderReference(id.into())));
    for reason in [
        "return",
        "goods_not_received",
        "faulty_goods",
        "already_paid",
        "incorrect_invoice",
        "unauthorized_purchase",
        "new",
    ] {
        let body = json!({ "disputeId": DISPUTE, "captureId": CAPTURE, "reasonCode": reason });
        assert_eq!(told(&read(&body.to_string())), "Disputed None");
    }
}

#[test]
fn a_dispute_ends_as_its_result_says() {
    let message = read(include_str!("../fixtures/dispute-result.webhook.json"));
    assert_eq!(message.addressees, [Addressee::ProviderReference(DISPUTE.into())]);
    for (result, news) in DISPUTE_RESULTS {
        let body = json!({ "disputeId": DISPUTE, "disputeResult": result, "captureId": CAPTURE });
        let message = read(&body.to_string());
        assert_eq!(message.receivable.unwrap().news, news);
        assert_eq!(message.addressees[0], Addressee::ProviderReference(CAPTURE.into()));
    }
    assert_eq!(message.receivable.unwrap().news, ReceivableNews::DisputeClosed);
}

/// What a message tells of a dispute: reason, amount, deadline, result.
fn dispute(body: &str) -> String {
    let told = read(body).receivable.unwrap().about_dispute.unwrap();
    let amount = told.amount.zip(told.currency).map(|(amount, currency)| format!("{amount} {}", currency.code()));
    format!("{:?} {amount:?} {:?} {:?}", told.reason_code, told.deadline.map(|at| at.to_string()), told.result)
}

#[test]
fn every_field_of_the_two_messages_is_told_or_known_to_be_of_no_use() {
    let (opened, result) = (
        include_str!("../fixtures/dispute-opened.webhook.json"),
        include_str!("../fixtures/dispute-result.webhook.json"),
    );
    let told = r#"Some("return") Some("11900 EUR") Some("2024-01-31T23:59:59Z") None"#;
    assert_eq!(dispute(opened), told);
    assert_eq!(dispute(result), r#"None None None Some("resolved")"#);
    let capture = read(opened).receivable.unwrap().capture_reference;
    assert_eq!((capture.as_deref(), read(result).receivable.unwrap().capture_reference), (Some(CAPTURE), None));
    let holds = |sample: &str, read: &[&str], unused: &[Unused<'_>]| {
        holds_nothing_else(&serde_json::from_str(sample).unwrap(), read, unused);
    };
    let unused = [("/reason", json!("free text"), "a text may be about a person")];
    holds(opened, &["/disputeId", "/reasonCode", "/captureId", "/amount", "/defenseDeadline"], &unused);
    let unused = [
        ("/disputeResultDetails", json!("string"), "a text may be about a person"),
        ("/deadlineExpired", json!(false), "the result says what came of it"),
    ];
    holds(result, &["/disputeId", "/disputeResult", "/closedAt"], &unused);
}

#[test]
fn what_cannot_be_read_of_a_dispute_is_left_out_and_nothing_that_a_buyer_wrote_gets_in() {
    let body = |more: Value| {
        let mut body =
            json!({ "disputeId": DISPUTE, "captureId": CAPTURE, "reasonCode": "return", "reason": "Uno Eins" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body.to_string()
    };
    for (more, wanted) in [
        (json!({}), r#"Some("return") None None None"#),
        (json!({ "reasonCode": "Uno Eins is angry" }), "None None None None"),
        (json!({ "amount": { "currency": "EUR", "amount": "119.00" } }), r#"Some("return") None None None"#),
        (json!({ "amount": { "amount": 1 } }), r#"Some("return") None None None"#),
        (json!({ "amount": { "currency": "SEK", "amount": 1 } }), r#"Some("return") Some("1 SEK") None None"#),
        (json!({ "defenseDeadline": "soon" }), r#"Some("return") None None None"#),
    ] {
        let body = body(more);
        assert_eq!(dispute(&body), wanted, "{body}");
        assert!(!serde_json::to_string(&read(&body).receivable.unwrap()).unwrap().contains("Uno"), "{body}");
    }
}

#[test]
fn a_result_names_its_dispute_and_its_time_and_an_opening_its_dispute_only() {
    let opened = read(include_str!("../fixtures/dispute-opened.webhook.json")).receivable.unwrap();
    assert_eq!((opened.dispute.as_deref(), opened.occurred_at), (Some(DISPUTE), None));
    let result = read(include_str!("../fixtures/dispute-result.webhook.json")).receivable.unwrap();
    let closed = "2024-02-10T10:00:00Z".parse().unwrap();
    assert_eq!((result.dispute.as_deref(), result.occurred_at), (Some(DISPUTE), Some(closed)));
}

#[test]
fn an_authorization_makes_a_waiting_payment_authorized_and_names_its_order() {
    let mut case = Case::with_session(Flow::Redirect);
    let Evidence::Attested(attestation) = read(AUTHORIZED).evidence else { panic!() };
    let cause = Cause::new(CauseKind::Webhook, "req");
    case.payment.learn(attestation.clone(), &cause, case.payment.created_at);
    assert_eq!((case.payment.status, case.payment.provider_reference.as_deref()), (Status::Authorized, Some(ORDER)));
    let before = case.payment.history.len();
    case.payment.learn(attestation, &cause, case.payment.created_at);
    assert_eq!(case.payment.history.len(), before, "a repeat changes nothing");
}

#[test]
fn a_repeat_has_the_same_identity_and_a_kept_message_is_read_without_its_key() {
    assert_eq!(read(AUTHORIZED).identity, read(AUTHORIZED).identity);
    assert_ne!(read(AUTHORIZED).identity, read(&AUTHORIZED.replace("true", "false")).identity);
    let inbound = Inbound { url: "https://api.example/", headers: &HeaderMap::new(), body: AUTHORIZED.as_bytes() };
    assert_eq!(told(&open(&document()).reread(inbound, true).ok().unwrap()), format!("Authorized {ORDER}"));
}
