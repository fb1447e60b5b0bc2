//! Buckaroo with Billink. Sources: docs.buckaroo.io/docs/status, integration-push-messages.

use futures::future::LocalBoxFuture;
use payment::{Flow, OperationKind};
use serde_json::{Value, json};

use super::{DRIFT, call, control, split, text};
use crate::deal::Deal;
use crate::table::{
    Answers, Asked, Codes, Contradiction, Declined, Drift, Drifts, Event, InAnswer, Meaning, Means, Messages, NamedBy,
    Review, Stage, Table, When,
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
            contradiction("order 690 claimed", Stage::Authorized, When::Always),
            contradiction("order 790 claimed", Stage::Authorized, When::Always),
            contradiction("order 190 claimed 13600", Stage::Authorized, When::Always),
            contradiction("order 490 claimed", Stage::Captured, When::Always),
            contradiction("order 690 claimed", Stage::Captured, When::Manual),
            contradiction("order 890 claimed", Stage::Captured, When::Always),
            drift("capture 490 claimed", Stage::Captured, When::Manual),
            drift("capture 690 claimed", Stage::Captured, When::Manual),
            contradiction("capture 190 claimed 13600", Stage::Captured, When::Manual),
            contradiction("order 190 claimed", Stage::Canceled, When::Always),
            contradiction("order 690 claimed", Stage::Canceled, When::Always),
            contradiction("order 190 claimed 13600", Stage::Review, When::Always),
        ],
        events: EVENTS,
    },
    drift: Drifts::These(&[
        Drift { at: Stage::Authorized, say: read_as_rejected, field: "status" },
        Drift { at: Stage::Authorized, say: read_with_another_amount, field: "amount" },
    ]),
};

/// What a transaction is of, a status code, and how it is said: `claimed` is said of what the books have, `decided` and
/// `form HASH` settle what waits, `desk` is made at Buckaroo's own. `type` is another transaction type. A request that is not
/// valid (491) is told by its answer and not pushed, so that it is decided so leaves what waits to a look.
const EVENTS: &[Event] = &[
    event("order 190 claimed", Stage::Authorized, Meaning::Nothing),
    event("order 492 claimed", Stage::Authorized, Meaning::Nothing),
    event("capture 190 claimed", Stage::Captured, Meaning::Nothing),
    Event { when: When::Manual, ..event("order 190 decided", Stage::Review, Meaning::Status("authorized")) },
    Event { when: When::Automatic, ..event("order 190 decided", Stage::Review, Meaning::Status("captured")) },
    event("order 490 decided", Stage::Review, Meaning::Status("declined")),
    event("order 491 claimed", Stage::Review, Meaning::Nothing),
    event("order 492 decided", Stage::Review, Meaning::Nothing),
    event("order 690 decided", Stage::Review, Meaning::Status("declined")),
    event("order 790 claimed", Stage::Review, Meaning::Nothing),
    event("order 791 claimed", Stage::Review, Meaning::Nothing),
    event("order 792 claimed", Stage::Review, Meaning::Nothing),
    event("order 793 claimed", Stage::Review, Meaning::Nothing),
    event("order 794 claimed", Stage::Review, Meaning::Nothing),
    event("order 890 decided", Stage::Review, Meaning::Status("canceled")),
    event("order 891 decided", Stage::Review, Meaning::Status("canceled")),
    Event { when: When::Manual, ..event("order 190 form sha1", Stage::Review, Meaning::Status("authorized")) },
    event("order 690 form sha256", Stage::Review, Meaning::Status("declined")),
    event("order 890 form sha512", Stage::Review, Meaning::Status("canceled")),
    later("capture 190 decided", CAPTURED),
    later("capture 490 decided", CAPTURE_FAILED),
    later("capture 491 decided", CAPTURE_WAITS),
    later("capture 492 decided", CAPTURE_WAITS),
    later("capture 690 decided", CAPTURE_FAILED),
    later("capture 790 decided", CAPTURE_WAITS),
    later("capture 791 decided", CAPTURE_WAITS),
    later("capture 792 decided", CAPTURE_WAITS),
    later("capture 793 decided", CAPTURE_WAITS),
    later("capture 794 decided", CAPTURE_WAITS),
    later("capture 890 decided", CAPTURE_FAILED),
    later("capture 891 decided", CAPTURE_FAILED),
    event("refund 190 decided", Stage::Captured, REFUNDED),
    event("refund 490 decided", Stage::Captured, REFUND_FAILED),
    event("refund 491 decided", Stage::Captured, REFUND_WAITS),
    event("refund 492 decided", Stage::Captured, REFUND_WAITS),
    event("refund 690 decided", Stage::Captured, REFUND_FAILED),
    event("refund 790 decided", Stage::Captured, REFUND_WAITS),
    event("refund 791 decided", Stage::Captured, REFUND_WAITS),
    event("refund 792 decided", Stage::Captured, REFUND_WAITS),
    event("refund 793 decided", Stage::Captured, REFUND_WAITS),
    event("refund 794 decided", Stage::Captured, REFUND_WAITS),
    event("refund 890 decided", Stage::Captured, REFUND_FAILED),
    event("refund 891 decided", Stage::Captured, REFUND_FAILED),
    later("cancel 190 decided", Meaning::Status("canceled")),
    later("cancel 490 decided", CANCEL_FAILED),
    later("cancel 491 decided", Meaning::Nothing),
    later("cancel 492 decided", Meaning::Nothing),
    later("cancel 690 decided", CANCEL_FAILED),
    later("cancel 790 decided", Meaning::Nothing),
    later("cancel 791 decided", Meaning::Nothing),
    later("cancel 792 decided", Meaning::Nothing),
    later("cancel 793 decided", Meaning::Nothing),
    later("cancel 794 decided", Meaning::Nothing),
    later("cancel 890 decided", CANCEL_FAILED),
    later("cancel 891 decided", CANCEL_FAILED),
    later("capture 190 desk", Meaning::Story(DRIFT)),
    later("cancel 190 desk", Meaning::Status("canceled")),
    event("type V999", Stage::Authorized, Meaning::Unrecognized),
    event("type C999", Stage::Captured, Meaning::Unrecognized),
];

const CAPTURE_WAITS: Meaning = Meaning::Story(&["capture.pending"]);
const CANCEL_FAILED: Meaning = Meaning::Story(&["operation.resolved"]);
const CAPTURE_FAILED: Meaning = Meaning::Story(&["capture.pending", "capture.failed"]);
const REFUNDED: Meaning = Meaning::Story(&["refund.pending", "refund.succeeded"]);
const REFUND_WAITS: Meaning = Meaning::Story(&["refund.pending"]);
const REFUND_FAILED: Meaning = Meaning::Story(&["refund.pending", "refund.failed"]);
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
            [about, code, "claimed", ref amount @ ..] => {
                let pointer = if about == "order" { "/provider_reference" } else { "/captures/0/provider_reference" };
                let minor: Option<i64> = amount.first().map(|minor| minor.parse().unwrap());
                let body = json!({ "outcome": code, "amount": minor });
                control(deal, &format!("push/{}", text(deal, pointer).await), &body).await;
            }
            ["order", code, "decided"] => {
                control(deal, &format!("transactions/{key}"), &json!({ "outcome": code })).await;
            }
            ["order", code, "form", hash] => {
                control(deal, "settings", &json!({ "push_format": "form", "push_hash": hash })).await;
                control(deal, &format!("transactions/{key}"), &json!({ "outcome": code })).await;
                control(deal, "settings", &json!({ "push_format": "json" })).await;
            }
            [call, code, "decided"] => pending(deal, call, code).await,
            [call, "190", "desk"] => control(deal, &format!("transactions/{key}/{call}"), &json!({})).await,
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
