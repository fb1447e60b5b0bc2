//! Billie for payment service providers. Sources: the guide (authorization message, error codes), docs.billie.io
//! (disputes).

use futures::future::LocalBoxFuture;
use payment::{Flow, OperationKind};
use serde_json::{Value, json};

use super::{DRIFT, as_it_is, billies_errors, call, control, send, split, text};
use crate::deal::Deal;
use crate::table::{
    Answers, Asked, Codes, Contradiction, Declined, Drifts, Event, InAnswer, Meaning, Means, Messages, NamedBy, Review,
    Stage, Table, When,
};

pub(crate) static TABLE: Table = Table {
    provider: "billie_psp",
    settings: as_it_is,
    books: NamedBy::OrderReference,
    // No page has the body of an answer; one that names an amount is held against ours all the same (below).
    calls: &[
        call(OperationKind::CreateSession, When::In(Flow::Redirect), "payment_page", InAnswer::NoAmount),
        call(OperationKind::CreateSession, When::In(Flow::Widget), "widget", InAnswer::NoAmount),
        call(OperationKind::Confirm, When::In(Flow::Widget), "confirm", InAnswer::NoAmount),
        call(OperationKind::Capture, When::Always, "capture", InAnswer::NoAmount),
        call(OperationKind::Refund, When::Always, "refund", InAnswer::NoAmount),
        call(OperationKind::Cancel, When::Always, "cancel", InAnswer::NoAmount),
        call(OperationKind::Amend, When::Always, "update", InAnswer::NoAmount),
    ],
    // On the page the buyer may be making an order this moment; in the widget there is none before the confirmation.
    declines: &[
        Declined { flow: Flow::Redirect, order: LIMIT, choice: "accept", reason: "other", code: None },
        Declined { flow: Flow::Redirect, order: &[], choice: "decline", reason: "other", code: None },
        Declined {
            flow: Flow::Widget,
            order: &[("/billie_order_data/debtor_person/email", "\"uno+decline+limit@example.com\"")],
            choice: "accept",
            reason: "other",
            code: None,
        },
    ],
    answers: &[
        Answers::refused("payment_page", &[""], answer),
        answers("payment_page", Means::Doubt, UNKNOWN),
        Answers::refused("widget", &[""], answer),
        answers("widget", Means::Doubt, UNKNOWN),
        Answers::refused("confirm", &[""], answer),
        answers("confirm", Means::NotSent, UNPROCESSED),
        answers("confirm", Means::Doubt, OTHER_AMOUNTS),
        answers("confirm", Means::Doubt, UNKNOWN),
        Answers::refused("capture", &[""], answer),
        answers("capture", Means::NotSent, UNPROCESSED),
        answers("capture", Means::Doubt, OTHER_AMOUNTS),
        answers("capture", Means::Doubt, UNKNOWN),
        Answers::refused("refund", &[""], answer),
        answers("refund", Means::NotSent, UNPROCESSED),
        answers("refund", Means::Doubt, OTHER_AMOUNTS),
        answers("refund", Means::Doubt, UNKNOWN),
        Answers::refused("cancel", &[""], answer),
        answers("cancel", Means::NotSent, UNPROCESSED),
        answers("cancel", Means::Doubt, UNKNOWN),
        Answers::refused("update", &[""], answer),
        answers("update", Means::NotSent, UNPROCESSED),
        answers("update", Means::Doubt, OTHER_AMOUNTS),
        answers("update", Means::Doubt, UNKNOWN),
    ],
    told: &[],
    refusals: &[],
    review: Review::Never("its message comes when it has decided; the words for it are events"),
    messages: Messages::Authentic {
        contradictions: &[
            contradiction("{ \"success\": \"false\" }", Stage::Authorized, DRIFT),
            contradiction("{ \"success\": false }", Stage::Captured, DRIFT),
            contradiction("{ \"status\": \"waiting\" }", Stage::Captured, &[]),
            contradiction("{ \"success\": true }", Stage::Canceled, DRIFT),
            contradiction("{ \"success\": false }", Stage::Canceled, DRIFT),
        ],
        events: &[
            page("success true text", Meaning::Status("authorized")),
            page("success true flag", Meaning::Status("authorized")),
            page("success false text", Meaning::Status("declined")),
            page("success false flag", Meaning::Status("declined")),
            stated("success true status teleported", "authorized"),
            stated("status created", "authorized"),
            stated("status authorized", "authorized"),
            stated("status success", "authorized"),
            stated("status successful", "authorized"),
            stated("status waiting", "under_review"),
            stated("status pre_waiting", "under_review"),
            stated("status declined", "declined"),
            stated("status failed", "declined"),
            stated("status failure", "declined"),
            disputed("request_for_information return"),
            disputed("request_for_information goods_not_received"),
            disputed("request_for_information faulty_goods"),
            disputed("request_for_information already_paid"),
            disputed("request_for_information incorrect_invoice"),
            disputed("request_for_information unauthorized_purchase"),
            result("dispute_result resolved", Meaning::Story(&["receivable.disputed", "receivable.dispute_closed"])),
            result("dispute_result chargeback", Meaning::Story(&["receivable.disputed", "receivable.clawed_back"])),
            claimed("{ \"success\": \"true\", \"status\": \"success\" }", Meaning::Nothing),
            claimed("{ \"success\": \"perhaps\" }", Meaning::Unrecognized),
            claimed("{ \"status\": \"teleported\" }", Meaning::Unrecognized),
            claimed("{ \"success\": true, \"status\": \"declined\" }", Meaning::Unrecognized),
            claimed("{ \"event\": \"order_teleported\" }", Meaning::Unrecognized),
        ],
    },
    drift: Drifts::Never("it cannot be read"),
};

/// Where messages go that no payment gave an address to.
const ADDRESS: &str = "http://localhost/v1/webhooks/billie-psp/demo";
const KEY: &[(&str, &str)] = &[("x-api-key", ::sandbox::billie_psp::WEBHOOK_KEY)];
const LIMIT: &[(&str, &str)] = &[("/buyer/person/email", "\"uno+decline+limit@example.com\"")];

/// A conflict with the state of what nobody can read, what is on no page, and what is not Billie's.
const UNKNOWN: &[&str] = &["conflict 409", "not_found 404", "gone 410", "page 400", "page 422"];
/// Done, about another amount, or about the same number in another currency.
const OTHER_AMOUNTS: &[&str] = &["amount 12700", "currency 12600", "currency 2500"];
/// The credentials are wrong.
const UNPROCESSED: &[&str] = &["unauthorized 401"];

const fn answers(call: &'static str, means: Means, codes: &'static [&'static str]) -> Answers {
    Answers { call, means, codes: Codes::These(codes), answer }
}

const fn contradiction(what: &'static str, at: Stage, tells: &'static [&'static str]) -> Contradiction {
    Contradiction { what, at, when: When::Always, tells, say: claim }
}

/// What the page's buyer sets off.
const fn page(name: &'static str, meaning: Meaning) -> Event {
    Event { name, at: Stage::Open, when: When::In(Flow::Redirect), meaning, say: choose }
}

const fn stated(name: &'static str, status: &'static str) -> Event {
    Event { name, at: Stage::Open, when: When::In(Flow::Redirect), meaning: Meaning::Status(status), say: state }
}

const fn disputed(name: &'static str) -> Event {
    result(name, Meaning::Receivable("disputed", "disputed", "true"))
}

const fn result(name: &'static str, meaning: Meaning) -> Event {
    Event { name, at: Stage::Captured, when: When::Always, meaning, say: dispute }
}

const fn claimed(name: &'static str, meaning: Meaning) -> Event {
    Event { name, at: Stage::Captured, when: When::Always, meaning, say: claim }
}

fn answer(code: &str, _asked: &Asked) -> (u16, String) {
    match split(code) {
        ("page", status) => (status.parse().unwrap(), "<html><h1>Bad Request</h1></html>".to_owned()),
        ("amount", minor) => (200, done("EUR", minor)),
        ("currency", minor) => (200, done("CHF", minor)),
        _ => billies_errors(code),
    }
}

/// Every call's id, and an amount.
fn done(currency: &str, minor: &str) -> String {
    let id = uuid::Uuid::new_v4().to_string();
    let minor: i64 = minor.parse().unwrap();
    json!({ "order_id": id, "capture_id": id, "refund_id": id, "amount": { "currency": currency, "amount": minor } })
        .to_string()
}

/// The buyer's choice on the page, told with a text or a flag.
fn choose<'a>(deal: &'a Deal<'a>, what: &'static str) -> LocalBoxFuture<'a, ()> {
    Box::pin(async move {
        let (said, form) = split(split(what).1);
        let choice = if said == "true" { "accept" } else { "decline" };
        control(deal, "settings", &json!({ "success": form })).await;
        deal.bench.sandbox.buyer(&deal.session().await, choice).await;
        control(deal, "settings", &json!({ "success": "text" })).await;
    })
}

/// A dispute with this reason, and its result where one follows.
fn dispute<'a>(deal: &'a Deal<'a>, what: &'static str) -> LocalBoxFuture<'a, ()> {
    Box::pin(async move {
        let (reason, result) = match split(what) {
            ("dispute_result", result) => ("return", result),
            (_, reason) => (reason, ""),
        };
        let capture = text(deal, "/captures/0/provider_reference").await;
        control(deal, "disputes", &json!({ "capture_id": capture, "reason_code": reason })).await;
        deal.bench.sandbox.quiet().await;
        if !result.is_empty() {
            let books = deal.bench.sandbox.books().await;
            let id = books["disputes"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
            control(deal, &format!("disputes/{id}"), &json!({ "result": result, "details": "Settled" })).await;
        }
    })
}

/// The buyer accepts, and the message says it with this status, beside `success` or instead of it.
fn state<'a>(deal: &'a Deal<'a>, what: &'static str) -> LocalBoxFuture<'a, ()> {
    Box::pin(async move {
        let sandbox = &deal.bench.sandbox;
        sandbox.webhooks(json!({ "mode": "held" })).await;
        sandbox.buyer(&deal.session().await, "accept").await;
        sandbox.webhooks(json!({ "mode": "normal" })).await;
        let held = sandbox.deliveries().await.pop().unwrap();
        let mut body = json!({ "order_id": held["about"], "status": what.rsplit(' ').next() });
        if what.starts_with("success") {
            body["success"] = json!(true);
        }
        send(deal, held["url"].as_str().unwrap(), KEY, &body).await;
    })
}

/// Says this of the order with the agreed key, at the payment's own address where the provider knows that.
fn claim<'a>(deal: &'a Deal<'a>, what: &'static str) -> LocalBoxFuture<'a, ()> {
    Box::pin(async move {
        let order = text(deal, "/provider_reference").await;
        let deliveries = deal.bench.sandbox.deliveries().await;
        let first = deliveries.iter().find(|delivery| delivery["about"] == order.as_str());
        let mut body: Value = serde_json::from_str(what).unwrap();
        body["order_id"] = json!(order);
        send(deal, first.map_or(ADDRESS, |first| first["url"].as_str().unwrap()), KEY, &body).await;
    })
}
