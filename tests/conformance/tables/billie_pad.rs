//! Billie Pay After Delivery. Sources: docs.billie.io (webhooks, errors), the guide's "Event Names".

use futures::future::LocalBoxFuture;
use payment::{Flow, InstructionKind, OperationKind};
use serde_json::json;

use super::{as_it_is, billies_errors, call, control, split, text};
use crate::deal::Deal;
use crate::table::{
    Answers, Asked, Call, Codes, Contradiction, Declined, Drift, Drifts, Event, InAnswer, Meaning, Means, Messages,
    NamedBy, Review, Stage, Table, Told, When,
};

pub(crate) static TABLE: Table = Table {
    provider: "billie_pad",
    settings: as_it_is,
    books: NamedBy::OrderReference,
    // An order is answered with its amount, a session, an invoice and a credit note with their ids, the rest without a body.
    calls: &[
        call(OperationKind::CreateSession, When::In(Flow::Redirect), "hosted_session", InAnswer::NoAmount),
        call(OperationKind::CreateSession, When::In(Flow::Widget), "session", InAnswer::NoAmount),
        call(OperationKind::CreateSession, When::In(Flow::Direct), "create_order", InAnswer::Amount),
        call(OperationKind::Confirm, When::Always, "confirm", InAnswer::Amount),
        call(OperationKind::Capture, When::Always, "capture", InAnswer::NoAmount),
        // The invoice shows that it was cancelled.
        Call { is_found: true, ..call(OperationKind::Refund, When::Whole, "cancel_invoice", InAnswer::NoAmount) },
        call(OperationKind::Refund, When::Always, "refund", InAnswer::NoAmount),
        call(OperationKind::Cancel, When::Always, "cancel", InAnswer::NoAmount),
        call(OperationKind::Amend, When::Always, "update_order", InAnswer::NoAmount),
        call(OperationKind::Tell(InstructionKind::DirectPayment), When::Always, "confirm_payment", InAnswer::NoAmount),
    ],
    // A session lapses by itself.
    declines: &[
        declined(
            Flow::Direct,
            &[("/buyer/person/email", "\"uno+decline+limit@example.com\"")],
            "limit_exceeded",
            "debtor_limit_exceeded",
        ),
        declined(
            Flow::Direct,
            &[("/buyer/person/email", "\"uno+decline+risk@example.com\"")],
            "risk_policy",
            "risk_policy",
        ),
        declined(
            Flow::Direct,
            &[("/buyer/person/email", "\"uno+decline+address@example.com\"")],
            "address_invalid",
            "debtor_address",
        ),
        declined(
            Flow::Direct,
            &[("/buyer/person/email", "\"uno+decline+scoring@example.com\"")],
            "credit_refused",
            "risk_scoring_failed",
        ),
        declined(
            Flow::Direct,
            &[("/buyer/person/email", "\"uno+decline+unknown@example.com\"")],
            "buyer_unknown",
            "debtor_not_identified",
        ),
        declined(
            Flow::Redirect,
            &[("/buyer/person/email", "\"uno+decline+limit@example.com\"")],
            "limit_exceeded",
            "debtor_limit_exceeded",
        ),
        Declined {
            flow: Flow::Redirect,
            order: &[],
            choice: "decline",
            reason: "risk_policy",
            code: Some("risk_policy"),
        },
        Declined {
            flow: Flow::Widget,
            order: &[("/billie_order_data/debtor_person/email", "\"uno+decline+limit@example.com\"")],
            choice: "accept",
            reason: "limit_exceeded",
            code: None,
        },
    ],
    answers: &[
        Answers::refused("hosted_session", &[""], answer),
        answers("hosted_session", Means::Doubt, UNKNOWN),
        Answers::refused("session", &[""], answer),
        answers("session", Means::Doubt, UNKNOWN),
        Answers::refused("create_order", &[""], answer),
        answers("create_order", Means::Doubt, UNKNOWN),
        Answers::refused("confirm", &[""], answer),
        answers("confirm", Means::Doubt, UNKNOWN),
        Answers::refused("capture", &[""], answer),
        answers("capture", Means::Doubt, UNKNOWN),
        Answers::refused("cancel_invoice", &[""], answer),
        answers("cancel_invoice", Means::Doubt, UNKNOWN),
        Answers::refused("refund", &[""], answer),
        answers("refund", Means::Doubt, UNKNOWN),
        Answers::refused("cancel", &[""], answer),
        answers("cancel", Means::Doubt, UNKNOWN),
        Answers::refused("update_order", &[""], answer),
        answers("update_order", Means::Doubt, UNKNOWN),
        Answers::refused("confirm_payment", &[""], answer),
        answers("confirm_payment", Means::Doubt, UNKNOWN),
    ],
    told: &[Told(InstructionKind::DirectPayment, "confirmed_payment", "2500")],
    refusals: &[],
    review: Review::Of(Flow::Direct, "/buyer/company/name", "\"Waiting Gold GmbH\""),
    messages: Messages::Authentic {
        // A static key proves nothing: a message only makes us look.
        contradictions: &[
            contradiction("order_approved", Stage::Review),
            contradiction("order_declined", Stage::Review),
            contradiction("order_waiting", Stage::Authorized),
            contradiction("order_declined", Stage::Authorized),
            contradiction("order_canceled", Stage::Authorized),
            contradiction("order_shipped", Stage::Authorized),
            contradiction("invoice_created", Stage::Authorized),
            contradiction("order_waiting", Stage::Captured),
            contradiction("order_created", Stage::Captured),
            contradiction("order_declined", Stage::Captured),
            contradiction("order_canceled", Stage::Captured),
            contradiction("order_approved", Stage::Canceled),
            contradiction("order_shipped", Stage::Canceled),
        ],
        events: EVENTS,
    },
    drift: Drifts::These(&[
        Drift { at: Stage::Authorized, say: read_as_declined, field: "status" },
        Drift { at: Stage::Authorized, say: read_with_another_amount, field: "amount" },
    ]),
};

/// Refusals without Billie's errors may be somebody else's, and other statuses are on no page.
const UNKNOWN: &[&str] = &["page 400", "page 404", "conflict 409", "unprocessable 422"];

/// The page of webhooks, the guide, and the names of 2018.
const EVENTS: &[Event] = &[
    nothing("order_waiting"),
    nothing("order_created"),
    nothing("order_approved"),
    nothing("order_declined"),
    nothing("order_shipped"),
    nothing("order_canceled"),
    nothing("order_cancelled"),
    nothing("invoice_created"),
    told("dunning_paused", Meaning::Receivable("dunning", "dunning_level", "0")),
    told("promise_to_pay", Meaning::Receivable("updated", "overdue", "false")),
    told("instalment_plan", Meaning::Receivable("updated", "overdue", "false")),
    told("rebooking", Meaning::Receivable("updated", "overdue", "false")),
    told("order_paid_out", Meaning::Receivable("paid_out", "paid_out_at", "\"*\"")),
    told("invoice_paid_out", Meaning::Receivable("paid_out", "paid_out_at", "\"*\"")),
    told("invoice_late", Meaning::Receivable("overdue", "overdue", "true")),
    told("payment", Meaning::Receivable("buyer_paid", "outstanding", "10000")),
    told("payment guide", Meaning::Receivable("buyer_paid", "outstanding", "10000")),
    told("clawback", Meaning::Receivable("clawed_back", "paid_out_at", "null")),
    told("dispute", Meaning::Receivable("disputed", "disputed", "true")),
    told("archived", Meaning::Receivable("closed", "closed", "true")),
    told("closed", Meaning::Receivable("closed", "closed", "true")),
    dunning("reminder_email_1", "1"),
    dunning("reminder_email_2", "2"),
    dunning("reminder_email_3", "3"),
    dunning("reminder_email_3 guide", "3"),
    dunning("dunning_letter_1", "4"),
    dunning("dunning_email_1", "4"),
    dunning("dunning_letter_2", "5"),
    dunning("dunning_email_2", "5"),
    dunning("dunning_letter_2 guide", "5"),
    dunning("dca_letter", "7"),
    dunning("dca_email", "7"),
    dunning("dca_email guide", "7"),
    dunning("dunning", "4"),
    dunning("dca", "7"),
    dunning("reminder", "1"),
    dunning("dunning1", "4"),
    dunning("dunning2", "5"),
    dunning("dunning3", "6"),
    told("order_teleported", Meaning::Unrecognized),
    told("order_teleported guide", Meaning::Unrecognized),
    decided("approve", "authorized"),
    decided("decline", "declined"),
];

const fn contradiction(what: &'static str, at: Stage) -> Contradiction {
    Contradiction { what, at, when: When::Always, tells: &[], say }
}

const fn decided(name: &'static str, status: &'static str) -> Event {
    Event { name, at: Stage::Review, when: When::Always, meaning: Meaning::Status(status), say: decide }
}

const fn nothing(name: &'static str) -> Event {
    told(name, Meaning::Nothing)
}

const fn dunning(name: &'static str, level: &'static str) -> Event {
    told(name, Meaning::Receivable("dunning", "dunning_level", level))
}

const fn told(name: &'static str, meaning: Meaning) -> Event {
    Event { name, at: Stage::Captured, when: When::Always, meaning, say }
}

const fn declined(
    flow: Flow,
    order: &'static [(&'static str, &'static str)],
    reason: &'static str,
    code: &'static str,
) -> Declined {
    Declined { flow, order, choice: "accept", reason, code: Some(code) }
}

const fn answers(call: &'static str, means: Means, codes: &'static [&'static str]) -> Answers {
    Answers { call, means, codes: Codes::These(codes), answer }
}

fn answer(code: &str, _asked: &Asked) -> (u16, String) {
    match split(code) {
        ("page", status) => (status.parse().unwrap(), "<html><h1>Bad Request</h1></html>".to_owned()),
        _ => billies_errors(code),
    }
}

/// The event of this name, in the guide's spelling where the word follows.
fn say<'a>(deal: &'a Deal<'a>, what: &'static str) -> LocalBoxFuture<'a, ()> {
    Box::pin(async move {
        let (event, spelling) = split(what);
        let order = text(deal, "/provider_reference").await;
        let mut body = json!({ "event": event, "order": order, "spelling": spelling });
        if event == "payment" {
            body["amount"] = json!(2_600);
            body["open_amount"] = json!(10_000);
        }
        control(deal, "events", &body).await;
    })
}

/// Billie's decision about an order that waits; its message makes us look, as soon as a look may be repeated.
fn decide<'a>(deal: &'a Deal<'a>, decision: &'static str) -> LocalBoxFuture<'a, ()> {
    Box::pin(async move {
        let path = format!("orders/{}", text(deal, "/provider_reference").await);
        control(deal, &path, &json!({ "decision": decision, "reason": "risk_policy" })).await;
    })
}

fn read_as_declined<'a>(deal: &'a Deal<'a>, _field: &'static str) -> LocalBoxFuture<'a, ()> {
    Box::pin(async move {
        let payment = deal.get().await;
        let body = json!({ "uuid": payment["provider_reference"], "external_code": payment["order_reference"],
                           "state": "declined", "decline_reason": "risk_policy" });
        let fault = json!({ "call": "get_order", "kind": "answer", "status": 200, "body": body.to_string() });
        deal.bench.sandbox.fault(fault).await;
    })
}

fn read_with_another_amount<'a>(deal: &'a Deal<'a>, _field: &'static str) -> LocalBoxFuture<'a, ()> {
    Box::pin(async move {
        deal.bench.sandbox.fault(json!({ "call": "get_order", "kind": "wrong_amount" })).await;
    })
}
