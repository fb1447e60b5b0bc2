//! Billink, API v1 in XML. Source: developers.billink.nl, legacy API, errors.

use futures::future::LocalBoxFuture;
use payment::{Flow, InstructionKind, OperationKind};
use serde_json::{Value, json};

use super::{DRIFT, call, control, split, text};
use crate::deal::Deal;
use crate::table::{
    Answers, Asked, Codes, Contradiction, Declined, Drifts, Event, InAnswer, Meaning, Means, Messages, NamedBy,
    Refusal, Review, Stage, Table, Told, Way, When,
};

pub(crate) static TABLE: Table = Table {
    provider: "billink_v1",
    settings,
    books: NamedBy::OrderReference,
    // Only the message of a credit and of a payment say how much.
    calls: &[
        call(OperationKind::CreateSession, When::Always, "check", InAnswer::NoAmount),
        call(OperationKind::Confirm, When::Always, "order", InAnswer::NoAmount),
        call(OperationKind::Capture, When::Always, "start_workflow", InAnswer::NoAmount),
        call(OperationKind::Refund, When::Always, "credit", InAnswer::Amount),
        call(OperationKind::Cancel, When::Always, "credit", InAnswer::Amount),
        call(OperationKind::Tell(InstructionKind::Hold), When::Always, "on_hold", InAnswer::NoAmount),
        call(OperationKind::Tell(InstructionKind::Resume), When::Always, "resume", InAnswer::NoAmount),
        call(OperationKind::Tell(InstructionKind::Message), When::Always, "message", InAnswer::NoAmount),
        call(OperationKind::Tell(InstructionKind::DirectPayment), When::Always, "payment", InAnswer::Amount),
    ],
    // A check lapses by itself.
    declines: &[
        Declined { flow: Flow::Direct, order: DECLINE, choice: "accept", reason: "credit_refused", code: Some("501") },
        Declined { flow: Flow::Direct, order: REJECTED, choice: "accept", reason: "credit_refused", code: Some("701") },
    ],
    answers: &[
        Answers::refused("check", &[""], answer),
        answers("check", Means::Declined("credit_refused"), &["701", "501 message"]),
        answers("check", Means::NotSent, ANYWHERE),
        answers("check", Means::NotSent, &["104", "105"]),
        answers("check", Means::Doubt, &["603", "999"]),
        Answers::refused("order", &[""], answer),
        answers("order", Means::Declined("credit_refused"), &["701"]),
        answers("order", Means::NotSent, ANYWHERE),
        answers("order", Means::Doubt, &["403", "446", "603", "999"]),
        Answers::refused("start_workflow", &["", "item"], answer),
        answers("start_workflow", Means::Done, &["707", "707 item", "500 item"]),
        answers("start_workflow", Means::NotSent, ANYWHERE),
        answers("start_workflow", Means::Doubt, &["603", "999", "999 item"]),
        Answers::refused("credit", &["", "item"], answer),
        answers("credit", Means::Done, &["200 item"]),
        answers("credit", Means::NotSent, ANYWHERE),
        answers("credit", Means::Doubt, &["603", "999", "999 item"]),
        Answers::refused("payment", &["", "payment"], answer),
        answers("payment", Means::Done, &["200 payment"]),
        answers("payment", Means::NotSent, ANYWHERE),
        answers("payment", Means::Doubt, &["603", "200", "999", "999 payment", "200 item"]),
        Answers::refused("on_hold", &["", "message"], answer),
        answers("on_hold", Means::Done, &["200 message"]),
        answers("on_hold", Means::NotSent, ANYWHERE),
        answers("on_hold", Means::Doubt, &["603", "200", "999", "999 message"]),
        Answers::refused("resume", &["", "message"], answer),
        answers("resume", Means::Done, &["200 message"]),
        answers("resume", Means::NotSent, ANYWHERE),
        answers("resume", Means::Doubt, &["603", "200", "999", "999 message"]),
        Answers::refused("message", &["", "message"], answer),
        answers("message", Means::Done, &["200 message"]),
        answers("message", Means::NotSent, ANYWHERE),
        answers("message", Means::Doubt, &["603", "200", "401", "999 message"]),
    ],
    told: &[
        Told(InstructionKind::Hold, "state", "\"on_hold\""),
        Told(InstructionKind::Resume, "state", "\"started\""),
        Told(InstructionKind::Message, "messages", SAID),
        Told(InstructionKind::DirectPayment, "paid", "2500"),
    ],
    refusals: &[
        itself("more than agreed", "check", "settings", "{ \"max_amount\": 100 }", "429"),
        itself("a check that has expired", "order", "clock", "{ \"advance_seconds\": 3601 }", "445"),
        itself("an order that is closed", "start_workflow", "orders/{reference}", "{ \"closed\": true }", "706"),
        itself("a credit of an order that is closed", "credit", "orders/{reference}", "{ \"closed\": true }", "706"),
        itself("a hold of an order that is closed", "on_hold", "orders/{reference}", "{ \"closed\": true }", "701"),
        itself("the end of a hold that is over", "resume", "orders/{reference}", "{ \"held\": false }", "701"),
        itself("a payment of an order that is paid", "payment", "orders/{reference}", "{ \"paid\": 12600 }", "707"),
        itself("a credit without a bank account", "credit", "orders/{reference}", UNKNOWN_ACCOUNT, "709"),
    ],
    review: Review::Never("a check is a verdict"),
    messages: Messages::Authentic {
        contradictions: &[
            drift("order_workflow_started", Stage::Authorized),
            contradiction("order_placed", Stage::Captured),
            contradiction("order_placed", Stage::Canceled),
            drift("order_workflow_started", Stage::Canceled),
        ],
        events: &[
            event("order_placed", Stage::Authorized, Meaning::Nothing),
            event("order_fully_accredited", Stage::Authorized, Meaning::Status("canceled")),
            event("order_workflow_started", Stage::Authorized, Meaning::Story(&["payment.drift_detected"])),
            event("order_workflow_started", Stage::Captured, Meaning::Nothing),
            event("partial_payment_added", Stage::Captured, BUYER_PAID),
            event("order_paid", Stage::Captured, BUYER_PAID),
            event("partial_credit_added", Stage::Captured, PARTLY_CREDITED),
            event("order_fully_accredited", Stage::Captured, Meaning::Story(&["capture.reversed"])),
            event("customer_fully_paid", Stage::Captured, Meaning::Receivable("closed", "closed", "true")),
            event("order_on_hold", Stage::Captured, Meaning::Receivable("dunning", "dunning_level", "0")),
            event("order_teleported", Stage::Captured, Meaning::Unrecognized),
        ],
    },
    drift: Drifts::Never("a status says that an order is there, and no more"),
};

const DECLINE: &[(&str, &str)] = &[("/buyer/person/email", "\"jan+decline@example.com\"")];
const REJECTED: &[(&str, &str)] = &[("/buyer/person/email", "\"jan+701@example.com\"")];
/// A message as the suite sends it.
const SAID: &str = "[\"One chair <is> on its way & late\"]";
const UNKNOWN_ACCOUNT: &str = "{ \"paid\": 12600, \"account_known\": false }";

const BUYER_PAID: Meaning = Meaning::Receivable("buyer_paid", "closed", "false");
/// By nobody here.
const PARTLY_CREDITED: Meaning = Meaning::Story(&["payment.drift_detected"]);

/// On every page: not even looked at.
const ANYWHERE: &[&str] = &["001", "101", "102", "103", "601"];

const fn answers(call: &'static str, means: Means, codes: &'static [&'static str]) -> Answers {
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

/// A signed claim about the order that the books need not have.
fn say<'a>(deal: &'a Deal<'a>, event: &'static str) -> LocalBoxFuture<'a, ()> {
    Box::pin(async move {
        let reference = text(deal, "/order_reference").await;
        control(deal, "events", &json!({ "event": event, "order": reference })).await;
    })
}

fn settings(_flow: Flow) -> Value {
    json!({ "max_amount": 1_000_000 })
}

/// Always HTTP 200: an error, a message, or the line of the one invoice.
fn answer(code: &str, asked: &Asked) -> (u16, String) {
    let (code, shape) = split(code);
    let inner = match shape {
        "item" | "payment" => {
            let (list, number) = (if shape == "item" { "STATUSES" } else { "INVOICES" }, &asked.reference);
            format!(
                "<RESULT>MSG</RESULT><MSG><CODE>500</CODE><{list}><ITEM><INVOICENUMBER>{number}</INVOICENUMBER>\
                 <CODE>{code}</CODE><MESSAGE>No</MESSAGE></ITEM></{list}></MSG>"
            )
        }
        "message" => format!("<RESULT>MSG</RESULT><MSG><CODE>{code}</CODE><DESCRIPTION>Advies=0</DESCRIPTION></MSG>"),
        _ => format!("<RESULT>ERROR</RESULT><ERROR><CODE>{code}</CODE><DESCRIPTION>No</DESCRIPTION></ERROR>"),
    };
    (200, format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><API>{inner}</API>"))
}
