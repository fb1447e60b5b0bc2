//! Buckaroo with Billink. Sources: docs.buckaroo.io/docs/status, integration-push-messages.

use futures::future::LocalBoxFuture;
use payment::{Flow, OperationKind};
use serde_json::{Value, json};
use tests::Order;

use super::{call, control, split, text};
use crate::deal::Deal;
use crate::table::{
    Answers, Asked, Call, Codes, Contradiction, Declined, Drift, Early, Event, Meaning, Means, Messages, NamedBy,
    Stage, Table, When,
};

pub(crate) static TABLE: Table = Table {
    provider: "buckaroo_billink",
    order: Order::buckaroo_billink,
    settings,
    widget: None,
    books: NamedBy::OrderReference,
    calls: &[
        named(call(OperationKind::CreateSession, When::Automatic, "pay")),
        named(call(OperationKind::CreateSession, When::Always, "authorize")),
        named(call(OperationKind::Capture, When::Always, "capture")),
        named(call(OperationKind::Refund, When::Always, "refund")),
        named(call(OperationKind::Cancel, When::Always, "cancel")),
    ],
    early_cancel: &[(Flow::Redirect, Early::Done), (Flow::Direct, Early::Done)],
    declines: &[
        declined(Flow::Direct, &[("/buyer/person/last_name", "\"declined\"")], "accept"),
        declined(Flow::Direct, &[("/buyer/person/email", "\"jan.declined@example.com\"")], "accept"),
        declined(Flow::Redirect, &[("/buyer/person/last_name", "\"declined\"")], "accept"),
        declined(Flow::Redirect, &[], "decline"),
    ],
    answers: &[
        Answers::refused("authorize", &[""], answer),
        opening("authorize", Means::Declined("credit_refused"), &["690"]),
        opening("authorize", Means::Declined("risk_policy"), &["690 S103"]),
        opening("authorize", Means::Canceled, &["890", "891"]),
        opening("authorize", Means::NotSent, UNPROCESSED),
        opening("authorize", Means::Doubt, UNKNOWN),
        Answers::refused("pay", &[""], answer),
        opening("pay", Means::Declined("credit_refused"), &["690"]),
        opening("pay", Means::Canceled, &["890", "891"]),
        opening("pay", Means::NotSent, UNPROCESSED),
        opening("pay", Means::Doubt, UNKNOWN),
        Answers::refused("capture", &[""], answer),
        opening("capture", Means::NotSent, UNPROCESSED),
        opening("capture", Means::Doubt, UNKNOWN),
        Answers::refused("refund", &[""], answer),
        opening("refund", Means::NotSent, UNPROCESSED),
        opening("refund", Means::Doubt, UNKNOWN),
        Answers::refused("cancel", &[""], answer),
        opening("cancel", Means::NotSent, UNPROCESSED),
        opening("cancel", Means::Doubt, UNKNOWN),
    ],
    refusals: &[],
    review: Some((Flow::Direct, "/buyer/person/last_name", "\"pending\"")),
    messages: Messages::Authentic {
        contradictions: &[
            contradiction("authorization rejected", Stage::Authorized),
            contradiction("authorization failed", Stage::Captured),
            contradiction("authorization cancelled", Stage::Captured),
            contradiction("capture failed", Stage::Captured),
            contradiction("capture rejected", Stage::Captured),
        ],
        events: &[
            event("authorization success", Stage::Authorized, Meaning::Nothing),
            event("authorization technical", Stage::Authorized, Meaning::Nothing),
            event("capture success", Stage::Captured, Meaning::Nothing),
            event("review success", Stage::Review, Meaning::Status("authorized")),
            event("review rejected", Stage::Review, Meaning::Status("declined")),
            event("review cancelled", Stage::Review, Meaning::Status("canceled")),
            event("review technical", Stage::Review, Meaning::Nothing),
            event("form sha1 success", Stage::Review, Meaning::Status("authorized")),
            event("form sha256 rejected", Stage::Review, Meaning::Status("declined")),
            event("form sha512 cancelled", Stage::Review, Meaning::Status("canceled")),
            event("pending capture success", Stage::Authorized, CAPTURED),
            event("pending capture failed", Stage::Authorized, Meaning::Story(&["capture.pending", "capture.failed"])),
            event(
                "pending capture rejected",
                Stage::Authorized,
                Meaning::Story(&["capture.pending", "capture.failed"]),
            ),
            event("pending capture technical", Stage::Authorized, Meaning::Story(&["capture.pending"])),
            event("pending refund success", Stage::Captured, Meaning::Story(&["refund.pending", "refund.succeeded"])),
            event("pending refund failed", Stage::Captured, Meaning::Story(&["refund.pending", "refund.failed"])),
            event("pending cancel success", Stage::Authorized, Meaning::Status("canceled")),
            event("pending cancel failed", Stage::Authorized, Meaning::Nothing),
            event("type V999", Stage::Authorized, Meaning::Unrecognized),
            event("type C999", Stage::Captured, Meaning::Unrecognized),
        ],
    },
    drift: Some(Drift { at: Stage::Authorized, say: read_as_rejected, field: "status" }),
    known: &[],
};

const CAPTURED: Meaning = Meaning::Story(&["capture.pending", "capture.succeeded", "payment.captured"]);

/// Technical failure, one SDK's constants, and what nobody has listed.
const UNKNOWN: &[&str] = &["492", "691", "692", "999"];
/// HTTP statuses without a status of the gateway's: "400 Access denied".
const UNPROCESSED: &[&str] = &["http 400", "http 401", "http 403"];

const fn named(call: Call) -> Call {
    Call { names_amount: true, ..call }
}

const fn declined(flow: Flow, order: &'static [(&'static str, &'static str)], choice: &'static str) -> Declined {
    Declined { flow, order, choice, reason: "credit_refused", code: None }
}

const fn opening(call: &'static str, means: Means, codes: &'static [&'static str]) -> Answers {
    Answers { call, means, codes: Codes::These(codes), answer }
}

const fn contradiction(what: &'static str, at: Stage) -> Contradiction {
    Contradiction { what, at, is_drift: false, say }
}

const fn event(name: &'static str, at: Stage, meaning: Meaning) -> Event {
    Event { name, at, meaning, say }
}

fn settings(flow: Flow) -> Value {
    json!({ "flow": if flow == Flow::Direct { "sync" } else { "redirect" }, "pending": [] })
}

fn answer(code: &str, _asked: &Asked) -> (u16, String) {
    match split(code) {
        ("http", status) => (status.parse().unwrap(), json!({ "Message": "Access denied" }).to_string()),
        (code, sub_code) => (200, transaction(&"A".repeat(32), code.parse().unwrap(), sub_code).to_string()),
    }
}

fn transaction(key: &str, code: u16, sub_code: &str) -> Value {
    let sub = (!sub_code.is_empty()).then(|| json!({ "Code": sub_code, "Description": "Blocked" }));
    json!({ "Key": key, "Status": { "Code": { "Code": code }, "SubCode": sub }, "Currency": "EUR" })
}

/// `authorization OUTCOME` and `capture OUTCOME` claim what the books do not have; `review OUTCOME`, `form HASH OUTCOME`
/// and `pending CALL OUTCOME` settle what waits; `type TYPE` is a push of another transaction type.
fn say<'a>(deal: &'a Deal<'a>, what: &'static str) -> LocalBoxFuture<'a, ()> {
    Box::pin(async move {
        let words: Vec<&str> = what.split(' ').collect();
        let key = text(deal, "/provider_reference").await;
        match words[..] {
            ["authorization", outcome] => control(deal, &format!("push/{key}"), &json!({ "outcome": outcome })).await,
            ["capture", outcome] => {
                let key = text(deal, "/captures/0/provider_reference").await;
                control(deal, &format!("push/{key}"), &json!({ "outcome": outcome })).await;
            }
            ["type", kind] => control(deal, &format!("push/{key}"), &json!({ "transaction_type": kind })).await,
            ["review", outcome] => control(deal, &format!("transactions/{key}"), &json!({ "outcome": outcome })).await,
            ["form", hash, outcome] => {
                control(deal, "settings", &json!({ "push_format": "form", "push_hash": hash })).await;
                control(deal, &format!("transactions/{key}"), &json!({ "outcome": outcome })).await;
                control(deal, "settings", &json!({ "push_format": "json" })).await;
            }
            ["pending", call, outcome] => pending(deal, call, outcome).await,
            _ => panic!("{what} cannot be said"),
        }
    })
}

/// A call that is accepted and decided about later.
async fn pending(deal: &Deal<'_>, call: &str, outcome: &str) {
    control(deal, "settings", &json!({ "pending": [call] })).await;
    let (action, body) = match call {
        "capture" => ("captures", json!({})),
        "refund" => ("refunds", json!({ "amount": 600 })),
        _ => ("cancel", json!({})),
    };
    let waits = deal.post(action, &body).await.expect(202);
    control(deal, "settings", &json!({ "pending": [] })).await;
    deal.bench.sandbox.quiet().await;
    let books = deal.bench.sandbox.books().await;
    let key = books["transactions"].as_array().unwrap().last().unwrap()["key"].as_str().unwrap().to_owned();
    if call != "cancel" {
        assert_eq!(waits.text("/provider_reference"), key);
    }
    control(deal, &format!("transactions/{key}"), &json!({ "outcome": outcome })).await;
}

fn read_as_rejected<'a>(deal: &'a Deal<'a>, _field: &'static str) -> LocalBoxFuture<'a, ()> {
    Box::pin(async move {
        let key = text(deal, "/provider_reference").await;
        let body = transaction(&key, 690, "").to_string();
        deal.bench.sandbox.fault(json!({ "call": "status", "kind": "answer", "status": 200, "body": body })).await;
    })
}
