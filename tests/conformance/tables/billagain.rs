//! BillAgain. Source: docs.billagain.com/developer (payment-processing, errors).

use futures::future::LocalBoxFuture;
use payment::{Flow, OperationKind};
use serde_json::json;

use super::{as_it_is, call, control, text};
use crate::deal::Deal;
use crate::table::{
    Answers, Asked, Codes, Declined, Drift, Drifts, InAnswer, Means, Messages, NamedBy, Refusal, Review, Stage, Table,
    Way, When,
};

pub(crate) static TABLE: Table = Table {
    provider: "billagain",
    settings: as_it_is,
    books: NamedBy::Description,
    // The guide's three fields are a flag, a message and an address.
    calls: &[call(OperationKind::CreateSession, When::Always, "initiate", InAnswer::NoAmount)],
    early_cancel: &[],
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
    review: Review::Never("no order makes the stand-in stop at what is submitted"),
    messages: Messages::Open { look: "transaction" },
    drift: Drifts::These(&[Drift { at: Stage::Authorized, say: failed_later, field: "status" }]),
    known: &[],
};

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

/// What was complete is told to have failed.
fn failed_later<'a>(deal: &'a Deal<'a>, _field: &'static str) -> LocalBoxFuture<'a, ()> {
    Box::pin(async move {
        let path = format!("transactions/{}", text(deal, "/provider_reference").await);
        control(deal, &path, &json!({ "stage": "failed" })).await;
    })
}
