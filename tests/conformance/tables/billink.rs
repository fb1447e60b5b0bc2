//! Billink, API v2. Source: developers.billink.nl (errors, session webhook, order webhook, webhooks v3).

use futures::future::LocalBoxFuture;
use payment::{Flow, InstructionKind, OperationKind};
use serde_json::{Value, json};

use super::{DRIFT, call, control, split, text};
use crate::deal::Deal;
use crate::table::{
    Answers, Asked, Codes, Contradiction, Declined, Drift, Drifts, Event, InAnswer, Meaning, Means, Messages, NamedBy,
    Refusal, Review, Stage, Table, Told, Way, When,
};

pub(crate) static TABLE: Table = Table {
    provider: "billink",
    settings,
    books: NamedBy::OrderReference,
    // Only the message of a credit and of a payment say how much.
    calls: &[
        call(OperationKind::CreateSession, When::Always, "session", InAnswer::NoAmount),
        call(OperationKind::Capture, When::Always, "start_workflow", InAnswer::NoAmount),
        call(OperationKind::Refund, When::Always, "credit", InAnswer::Amount),
        call(OperationKind::Cancel, When::Always, "credit", InAnswer::Amount),
        call(OperationKind::Tell(InstructionKind::Hold), When::Always, "on_hold", InAnswer::NoAmount),
        call(OperationKind::Tell(InstructionKind::Resume), When::Always, "resume", InAnswer::NoAmount),
        call(OperationKind::Tell(InstructionKind::Message), When::Always, "message", InAnswer::NoAmount),
        call(OperationKind::Tell(InstructionKind::DirectPayment), When::Always, "payment", InAnswer::Amount),
    ],
    // A session cannot be called off.
    declines: &[
        Declined { flow: Flow::Redirect, order: DECLINE, choice: "accept", reason: "other", code: None },
        Declined { flow: Flow::Redirect, order: &[], choice: "decline", reason: "other", code: None },
    ],
    answers: &[
        Answers::refused("session", &["", "wrapped", "object", "bare", "nested"], of_session),
        answers("session", Means::NotSent, ANYWHERE, of_session),
        answers("session", Means::NotSent, &["403", "404"], of_session),
        answers("session", Means::Doubt, &["500", "409", "500 wrapped"], of_session),
        Answers::refused("start_workflow", &["", "nested", "item"], of_call),
        answers("start_workflow", Means::Done, &["707", "707 item", "500 item"], of_call),
        answers("start_workflow", Means::NotSent, ANYWHERE, of_call),
        answers("start_workflow", Means::Doubt, &["603", "999", "999 item", "000"], of_call),
        Answers::refused("credit", &["", "nested", "item"], of_call),
        answers("credit", Means::Done, &["200 item"], of_call),
        answers("credit", Means::NotSent, ANYWHERE, of_call),
        answers("credit", Means::Doubt, &["603", "500", "999 item", "000"], of_call),
        Answers::refused("payment", &["", "nested", "payment"], of_call),
        answers("payment", Means::Done, &["200 payment"], of_call),
        answers("payment", Means::NotSent, ANYWHERE, of_call),
        answers("payment", Means::Doubt, &["603", "500", "200", "999 payment", "200 item", "000"], of_call),
        Answers::refused("on_hold", &["", "nested", "message"], of_call),
        answers("on_hold", Means::Done, &["200 message"], of_call),
        answers("on_hold", Means::NotSent, ANYWHERE, of_call),
        answers("on_hold", Means::Doubt, &["603", "500", "200", "999 message", "000"], of_call),
        Answers::refused("resume", &["", "nested", "message"], of_resumption),
        answers("resume", Means::Done, &["200 message"], of_call),
        answers("resume", Means::NotSent, ANYWHERE, of_call),
        answers("resume", Means::Doubt, &["603", "500", "200", "999 message", "000"], of_call),
        Answers::refused("message", &["", "nested", "message"], of_call),
        answers("message", Means::Done, &["200 message"], of_call),
        answers("message", Means::NotSent, ANYWHERE, of_call),
        answers("message", Means::Doubt, &["603", "401", "200", "999 message", "000"], of_call),
    ],
    told: &[
        Told(InstructionKind::Hold, "state", "\"on_hold\""),
        Told(InstructionKind::Resume, "state", "\"started\""),
        Told(InstructionKind::Message, "messages", SAID),
        Told(InstructionKind::DirectPayment, "paid", "2500"),
    ],
    refusals: &[
        itself("an order that is closed", "start_workflow", "orders/{reference}", "{ \"closed\": true }", "706"),
        itself("a credit of an order that is closed", "credit", "orders/{reference}", "{ \"closed\": true }", "706"),
        itself("a hold of an order that is closed", "on_hold", "orders/{reference}", "{ \"closed\": true }", "701"),
        itself("the end of a hold that is over", "resume", "orders/{reference}", "{ \"held\": false }", "400"),
        itself("a payment of an order that is paid", "payment", "orders/{reference}", "{ \"paid\": 12600 }", "707"),
        itself("a credit without a bank account", "credit", "orders/{reference}", UNKNOWN_ACCOUNT, "709"),
    ],
    review: Review::Never("an order is there or is not"),
    messages: Messages::Authentic {
        contradictions: &[
            contradiction("session session_active", Stage::Authorized),
            contradiction("session failed", Stage::Authorized),
            contradiction("session cancelled", Stage::Authorized),
            contradiction("session session_expired", Stage::Authorized),
            drift("order order_workflow_started", Stage::Authorized),
            contradiction("session failed", Stage::Captured),
            contradiction("session cancelled", Stage::Captured),
            contradiction("session session_expired", Stage::Captured),
            contradiction("session order_created", Stage::Captured),
            contradiction("order order_placed", Stage::Captured),
            contradiction("session session_active", Stage::Canceled),
            contradiction("session order_created", Stage::Canceled),
            contradiction("order order_placed", Stage::Canceled),
            drift("order order_workflow_started", Stage::Canceled),
        ],
        events: &[
            event("session session_active", Stage::Open, Meaning::Nothing),
            event("buyer accept", Stage::Open, Meaning::Status("authorized")),
            event("buyer cancel", Stage::Open, Meaning::Status("canceled")),
            event("buyer decline", Stage::Open, Meaning::Status("declined")),
            event("nobody for an hour", Stage::Open, Meaning::Status("expired")),
            event("session cancelled", Stage::Open, Meaning::Nothing),
            event("session failed", Stage::Open, Meaning::Status("declined")),
            event("session session_expired", Stage::Open, Meaning::Nothing),
            event("session order_created", Stage::Authorized, Meaning::Nothing),
            event("session session_active", Stage::Authorized, Meaning::Nothing),
            event("session session_teleported", Stage::Authorized, Meaning::Unrecognized),
            event("order order_placed", Stage::Authorized, Meaning::Nothing),
            event("order order_fully_accredited", Stage::Authorized, Meaning::Status("canceled")),
            event("order order_workflow_started", Stage::Authorized, Meaning::Story(&["payment.drift_detected"])),
            event("order order_workflow_started", Stage::Captured, Meaning::Nothing),
            event("order partial_payment_added", Stage::Captured, BUYER_PAID),
            event("order order_paid", Stage::Captured, BUYER_PAID),
            event("order partial_credit_added", Stage::Captured, PARTLY_CREDITED),
            event("order order_fully_accredited", Stage::Captured, Meaning::Story(&["capture.reversed"])),
            event("order customer_fully_paid", Stage::Captured, Meaning::Receivable("closed", "closed", "true")),
            event("order order_on_hold", Stage::Captured, Meaning::Receivable("dunning", "dunning_level", "0")),
            event("order order_teleported", Stage::Captured, Meaning::Unrecognized),
        ],
    },
    drift: Drifts::These(&[Drift { at: Stage::Authorized, say: read_as_failed, field: "status" }]),
};

const DECLINE: &[(&str, &str)] = &[("/buyer/person/email", "\"jan+decline@example.com\"")];
/// A message as the suite sends it.
const SAID: &str = "[\"One chair <is> on its way & late\"]";
const UNKNOWN_ACCOUNT: &str = "{ \"paid\": 12600, \"account_known\": false }";
const BUYER_PAID: Meaning = Meaning::Receivable("buyer_paid", "closed", "false");
/// By nobody here.
const PARTLY_CREDITED: Meaning = Meaning::Story(&["payment.drift_detected"]);

/// At every call, in two shapes: not even looked at.
const ANYWHERE: &[&str] = &["001", "101", "102", "103", "601", "101 nested"];

type Answer = fn(&str, &Asked) -> (u16, String);

const fn answers(call: &'static str, means: Means, codes: &'static [&'static str], answer: Answer) -> Answers {
    Answers { call, means, codes: Codes::These(codes), answer }
}

const fn itself(
    what: &'static str,
    call: &'static str,
    path: &'static str,
    json: &'static str,
    code: &'static str,
) -> Refusal {
    Refusal { what, call, way: Way::Control(path, json), code }
}

const fn contradiction(what: &'static str, at: Stage) -> Contradiction {
    Contradiction { what, at, when: When::Always, tells: &[], say }
}

/// One that no look tells anything about.
const fn drift(what: &'static str, at: Stage) -> Contradiction {
    Contradiction { tells: DRIFT, ..contradiction(what, at) }
}

const fn event(name: &'static str, at: Stage, meaning: Meaning) -> Event {
    Event { name, at, when: When::Always, meaning, say }
}

fn settings(_flow: Flow) -> Value {
    json!({ "denied": false })
}

/// A service's error with a real HTTP status, or as the proxy in front of it passes it on; else a code of Billink's.
fn of_session(code: &str, asked: &Asked) -> (u16, String) {
    let (number, shape) = split(code);
    let Some(status) = number.parse().ok().filter(|status| (200..600).contains(status)) else {
        return of_call(code, asked);
    };
    let error = json!({ "status": "error", "message": "transaction.orderNumber: no" });
    let proxied = |body: Value| json!({ "http_status_code": status, "http_body": body, "http_body_encoding": "text" });
    let body = match shape {
        "wrapped" => json!({ "error_backend": proxied(json!(error.to_string())) }),
        "object" => json!({ "error_backend": proxied(error) }),
        "bare" => proxied(json!(error.to_string())),
        _ => error,
    };
    (status, body.to_string())
}

/// The page of the end of a hold has an HTTP status, too.
fn of_resumption(code: &str, asked: &Asked) -> (u16, String) {
    match split(code).0 {
        "400" => (400, json!({ "status": "error", "message": "No" }).to_string()),
        _ => of_call(code, asked),
    }
}

/// An error of order management with HTTP 200, or of its one order.
fn of_call(code: &str, asked: &Asked) -> (u16, String) {
    let (code, shape) = split(code);
    let body = match shape {
        "item" | "payment" => {
            let number: i64 = code.parse().unwrap();
            let item = json!({ "code": number, "invoiceNumber": asked.reference, "message": "No" });
            let list = if shape == "item" { "statuses" } else { "invoices" };
            json!({ "code": "500", "result": "MSG", list: [item] })
        }
        "message" => json!({ "code": code, "description": "No", "result": "MSG" }),
        "nested" => json!({ "result": "ERROR", "error": { "code": code, "description": "No" } }),
        _ => json!({ "code": code, "description": "No", "result": "error" }),
    };
    (200, body.to_string())
}

/// `session STATUS` and `order EVENT` are signed claims that the books need not have; the others happen.
fn say<'a>(deal: &'a Deal<'a>, what: &'static str) -> LocalBoxFuture<'a, ()> {
    Box::pin(async move {
        let reference = text(deal, "/order_reference").await;
        match split(what) {
            ("session", status) => control(deal, "events", &json!({ "status": status, "session": reference })).await,
            ("order", event) => control(deal, "events", &json!({ "event": event, "order": reference })).await,
            ("buyer", choice) => _ = deal.bench.sandbox.buyer(&deal.session().await, choice).await,
            _ => deal.bench.sandbox.advance(3_601).await,
        }
    })
}

fn read_as_failed<'a>(deal: &'a Deal<'a>, _field: &'static str) -> LocalBoxFuture<'a, ()> {
    Box::pin(async move {
        let body = json!({ "status": "failed" }).to_string();
        let fault = json!({ "call": "session_status", "kind": "answer", "status": 200, "body": body });
        deal.bench.sandbox.fault(fault).await;
    })
}
