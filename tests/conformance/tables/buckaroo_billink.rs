//! Buckaroo with Billink. Sources: docs.buckaroo.io/docs/status, integration-push-messages.

use futures::future::LocalBoxFuture;
use payment::{Flow, OperationKind};
use serde_json::{Value, json};

use super::{DRIFT, call, control, split, text};
use crate::deal::Deal;
use crate::table::{
    Answers, Asked, Codes, Contradiction, Declined, Drift, Drifts, Early, Event, InAnswer, Meaning, Means, Messages,
    NamedBy, Review, Stage, Table, When,
};

pub(crate) static TABLE: Table = Table {
    provider: "buckaroo_billink",
    settings,
    books: NamedBy::OrderReference,
    calls: &[
        call(OperationKind::CreateSession, When::Automatic, "pay", InAnswer::Amount),
        call(OperationKind::CreateSession, When::Always, "authorize", InAnswer::Amount),
        call(OperationKind::Capture, When::Always, "capture", InAnswer::Amount),
        call(OperationKind::Refund, When::Always, "refund", InAnswer::Amount),
        call(OperationKind::Cancel, When::Always, "cancel", InAnswer::Amount),
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
    told: &[],
    refusals: &[],
    review: Review::Of(Flow::Direct, "/buyer/person/last_name", "\"pending\""),
    messages: Messages::Authentic {
        contradictions: &[
            contradiction("690 order", Stage::Authorized, When::Always),
            contradiction("790 order", Stage::Authorized, When::Always),
            contradiction("190 order 13600", Stage::Authorized, When::Always),
            contradiction("490 order", Stage::Captured, When::Always),
            contradiction("690 order", Stage::Captured, When::Manual),
            contradiction("890 order", Stage::Captured, When::Always),
            drift("490 capture", Stage::Captured, When::Manual),
            drift("690 capture", Stage::Captured, When::Manual),
            contradiction("190 capture 13600", Stage::Captured, When::Manual),
            contradiction("190 order", Stage::Canceled, When::Always),
            contradiction("690 order", Stage::Canceled, When::Always),
            contradiction("190 order 13600", Stage::Review, When::Always),
        ],
        events: EVENTS,
    },
    drift: Drifts::These(&[
        Drift { at: Stage::Authorized, say: read_as_rejected, field: "status" },
        Drift { at: Stage::Authorized, say: read_with_another_amount, field: "amount" },
    ]),
    known: &[],
};

/// A status code, and what has it: `order` and `capture` claim it of what the books have, `review`, `form HASH` and
/// `pending CALL` settle what waits. `type` is another transaction type.
const EVENTS: &[Event] = &[
    event("190 order", Stage::Authorized, Meaning::Nothing),
    event("492 order", Stage::Authorized, Meaning::Nothing),
    event("190 capture", Stage::Captured, Meaning::Nothing),
    Event { when: When::Manual, ..event("190 review", Stage::Review, Meaning::Status("authorized")) },
    Event { when: When::Automatic, ..event("190 review", Stage::Review, Meaning::Status("captured")) },
    event("490 review", Stage::Review, Meaning::Status("declined")),
    event("491 order", Stage::Review, Meaning::Nothing),
    event("492 review", Stage::Review, Meaning::Nothing),
    event("690 review", Stage::Review, Meaning::Status("declined")),
    event("790 order", Stage::Review, Meaning::Nothing),
    event("791 order", Stage::Review, Meaning::Nothing),
    event("792 order", Stage::Review, Meaning::Nothing),
    event("793 order", Stage::Review, Meaning::Nothing),
    event("794 order", Stage::Review, Meaning::Nothing),
    event("890 review", Stage::Review, Meaning::Status("canceled")),
    event("891 review", Stage::Review, Meaning::Status("canceled")),
    Event { when: When::Manual, ..event("190 form sha1", Stage::Review, Meaning::Status("authorized")) },
    event("690 form sha256", Stage::Review, Meaning::Status("declined")),
    event("890 form sha512", Stage::Review, Meaning::Status("canceled")),
    later("190 pending capture", CAPTURED),
    later("490 pending capture", Meaning::Story(&["capture.pending", "capture.failed"])),
    later("690 pending capture", Meaning::Story(&["capture.pending", "capture.failed"])),
    later("492 pending capture", Meaning::Story(&["capture.pending"])),
    event("190 pending refund", Stage::Captured, Meaning::Story(&["refund.pending", "refund.succeeded"])),
    event("490 pending refund", Stage::Captured, Meaning::Story(&["refund.pending", "refund.failed"])),
    later("190 pending cancel", Meaning::Status("canceled")),
    later("490 pending cancel", Meaning::Nothing),
    event("type V999", Stage::Authorized, Meaning::Unrecognized),
    event("type C999", Stage::Captured, Meaning::Unrecognized),
];

const CAPTURED: Meaning = Meaning::Story(&["capture.pending", "capture.succeeded", "payment.captured"]);

/// Technical failure, one SDK's constants, and what nobody has listed.
const UNKNOWN: &[&str] = &["492", "691", "692", "999"];
/// HTTP statuses without a status of the gateway's: "400 Access denied".
const UNPROCESSED: &[&str] = &["http 400", "http 401", "http 403"];

const fn declined(flow: Flow, order: &'static [(&'static str, &'static str)], choice: &'static str) -> Declined {
    Declined { flow, order, choice, reason: "credit_refused", code: None }
}

const fn opening(call: &'static str, means: Means, codes: &'static [&'static str]) -> Answers {
    Answers { call, means, codes: Codes::These(codes), answer }
}

const fn contradiction(what: &'static str, at: Stage, when: When) -> Contradiction {
    Contradiction { what, at, when, tells: &[], say }
}

/// The look that follows is at the order, which says nothing of its captures.
const fn drift(what: &'static str, at: Stage, when: When) -> Contradiction {
    Contradiction { tells: DRIFT, ..contradiction(what, at, when) }
}

const fn event(name: &'static str, at: Stage, meaning: Meaning) -> Event {
    Event { name, at, when: When::Always, meaning, say }
}

/// Of a call that there is only where the money is captured later.
const fn later(name: &'static str, meaning: Meaning) -> Event {
    Event { name, at: Stage::Authorized, when: When::Manual, meaning, say }
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

fn say<'a>(deal: &'a Deal<'a>, what: &'static str) -> LocalBoxFuture<'a, ()> {
    Box::pin(async move {
        let words: Vec<&str> = what.split(' ').collect();
        let key = text(deal, "/provider_reference").await;
        match words[..] {
            ["type", kind] => control(deal, &format!("push/{key}"), &json!({ "transaction_type": kind })).await,
            [code, about @ ("order" | "capture"), ref amount @ ..] => {
                let pointer = if about == "order" { "/provider_reference" } else { "/captures/0/provider_reference" };
                let minor: Option<i64> = amount.first().map(|minor| minor.parse().unwrap());
                let body = json!({ "outcome": code, "amount": minor });
                control(deal, &format!("push/{}", text(deal, pointer).await), &body).await;
            }
            [code, "review"] => control(deal, &format!("transactions/{key}"), &json!({ "outcome": code })).await,
            [code, "form", hash] => {
                control(deal, "settings", &json!({ "push_format": "form", "push_hash": hash })).await;
                control(deal, &format!("transactions/{key}"), &json!({ "outcome": code })).await;
                control(deal, "settings", &json!({ "push_format": "json" })).await;
            }
            [code, "pending", call] => pending(deal, call, code).await,
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

fn read_with_another_amount<'a>(deal: &'a Deal<'a>, _field: &'static str) -> LocalBoxFuture<'a, ()> {
    Box::pin(async move {
        deal.bench.sandbox.fault(json!({ "call": "status", "kind": "wrong_amount" })).await;
    })
}
