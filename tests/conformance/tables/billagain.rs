//! BillAgain. Source: docs.billagain.com/developer (payment-processing, errors).

use futures::future::LocalBoxFuture;
use payment::{Flow, OperationKind};
use serde_json::json;

use super::{as_it_is, call, control, split, text};
use crate::deal::Deal;
use crate::table::{
    Answers, Asked, Codes, Declined, Drift, Drifts, Event, InAnswer, Meaning, Means, Messages, NamedBy, Refusal,
    Review, Stage, Table, Way, When,
};

pub(crate) static TABLE: Table = Table {
    provider: "billagain",
    settings: as_it_is,
    books: NamedBy::Description,
    // The guide's three fields are a flag, a message and an address.
    calls: &[call(OperationKind::CreateSession, When::Always, "initiate", InAnswer::NoAmount)],
    declines: &[
        Declined { flow: Flow::Redirect, order: DECLINE, choice: "accept", reason: "other", code: None },
        Declined { flow: Flow::Redirect, order: &[], choice: "decline", reason: "other", code: None },
    ],
    answers: &[
        Answers::refused("initiate", &[""], answer),
        answers(Means::Refused, &["without 200", "400", "422"]),
        answers(Means::Doubt, &["nothing 200", "nothing 404", "nothing 409", "nothing 500"]),
    ],
    told: &[],
    refusals: &[
        refused("a customer that is not there", "/options/customer_id", "999", "410"),
        refused("a gateway that takes no cards", "/options/gateway_id", "98", "without"),
    ],
    // What goes by bank is paid later.
    review: Review::Of(
        Flow::Redirect,
        "/options",
        "{ \"customer_id\": 200, \"method\": \"bank_account\", \"gateway_id\": 98 }",
    ),
    messages: Messages::Open { look: "transaction", events: EVENTS },
    drift: Drifts::These(&[Drift { at: Stage::Authorized, say: failed_later, field: "status" }]),
};

/// What a look finds after the notification. What is complete is not paid before its payment is.
const EVENTS: &[Event] = &[
    found("transaction threwError", Stage::Open, Meaning::Status("declined")),
    found("transaction isCancelled", Stage::Open, Meaning::Status("canceled")),
    found("transaction isCancelled on the page", Stage::Open, Meaning::Status("canceled")),
    found("transaction isComplete", Stage::Open, Meaning::Status("under_review")),
    found("transaction isSubmitted", Stage::Open, Meaning::Status("under_review")),
    found("payment Pending", Stage::Review, Meaning::Nothing),
    found("payment Allocated", Stage::Review, Meaning::Status("captured")),
    found("payment Partial", Stage::Review, Meaning::Status("captured")),
    found("payment Unallocated", Stage::Review, Meaning::Status("captured")),
    found("payment Failed", Stage::Review, Meaning::Status("declined")),
];

const fn found(name: &'static str, at: Stage, meaning: Meaning) -> Event {
    Event { name, at, when: When::Always, meaning, say }
}

const DECLINE: &[(&str, &str)] = &[("/description", "\"Please decline this\"")];

const fn answers(means: Means, codes: &'static [&'static str]) -> Answers {
    Answers { call: "initiate", means, codes: Codes::These(codes), answer }
}

const fn refused(what: &'static str, pointer: &'static str, json: &'static str, code: &'static str) -> Refusal {
    Refusal { what, call: "initiate", way: Way::Order(pointer, json), code }
}

/// `isSuccess: false` has no code; errors have the HTTP status.
fn answer(code: &str, _asked: &Asked) -> (u16, String) {
    let (code, status) = code.split_once(' ').unwrap_or((code, code));
    let body = match code {
        "without" => json!({ "isSuccess": false, "ErrorMessage": "Cannot find Gateway for this Account" }),
        "nothing" => json!({}),
        _ => json!({ "Errors": [{ "Message": "Cannot find Customer for this Account" }] }),
    };
    (status.parse().unwrap(), body.to_string())
}

/// The deal is the newest: what a flag or a status names becomes so, and the notification comes.
fn say<'a>(deal: &'a Deal<'a>, what: &'static str) -> LocalBoxFuture<'a, ()> {
    Box::pin(async move {
        let books = deal.bench.sandbox.books().await;
        let newest = |list: &str, field: &str| books[list].as_array().unwrap().last().unwrap()[field].clone();
        let transaction = newest("orders", "id");
        let transaction = transaction.as_str().unwrap();
        let stage = match what {
            "transaction threwError" => "failed",
            "transaction isCancelled" => "cancelled",
            "transaction isComplete" => "complete",
            "transaction isSubmitted" => "submitted",
            "transaction isCancelled on the page" => {
                let _ = deal.bench.sandbox.buyer(&deal.session().await, "cancel").await;
                return;
            }
            payment => {
                let status = json!({ "status": split(payment).1 });
                control(deal, &format!("payments/{}", newest("payments", "id")), &status).await;
                return control(deal, &format!("notify/{transaction}"), &json!({})).await;
            }
        };
        control(deal, &format!("transactions/{transaction}"), &json!({ "stage": stage })).await;
        control(deal, &format!("notify/{transaction}"), &json!({})).await;
    })
}

/// What was complete is told to have failed.
fn failed_later<'a>(deal: &'a Deal<'a>, _field: &'static str) -> LocalBoxFuture<'a, ()> {
    Box::pin(async move {
        let path = format!("transactions/{}", text(deal, "/provider_reference").await);
        control(deal, &path, &json!({ "stage": "failed" })).await;
    })
}
