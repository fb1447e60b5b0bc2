//! Control calls that only BillAgain has: settings, payments that settle later, transactions that lag behind.

use super::books::Stage;
use super::{Decline, Settings, State, page};
use crate::json::{Json, map};
use crate::message::Answer;

const STATUSES: [&str; 5] = ["Pending", "Allocated", "Partial", "Unallocated", "Failed"];

/// `settings`, `payments/{id}` (settles), `transactions/{id}` (moves it to another stage), `transactions/{id}/becomes`
/// (another customer, amount in minor units, currency or token), `notify/{id}` (again).
pub(crate) fn call(state: &mut State, path: &[&str], body: &Json) -> Option<Answer> {
    match path {
        ["settings"] => Some(configure(&mut state.settings, body)),
        ["payments", id] => Some(settle(state, id, body)),
        ["transactions", id] => Some(stage(state, id, body)),
        ["transactions", id, "becomes"] => Some(become_another(state, id, body)),
        ["notify", id] => Some(notify(state, id)),
        _ => None,
    }
}

fn ok() -> Answer {
    Answer::json(200, map! { "ok": true })
}

fn settle(state: &mut State, id: &str, body: &Json) -> Answer {
    let wanted = body.text_of("status").unwrap_or_default();
    let Some(status) = STATUSES.iter().find(|status| **status == wanted) else {
        return Answer::refused(400, &format!("status must be one of: {}", STATUSES.join(" ")));
    };
    match state.books.payment_mut(id) {
        Some(payment) => {
            payment.status = status;
            ok()
        }
        None => Answer::refused(404, "no such payment"),
    }
}

fn stage(state: &mut State, id: &str, body: &Json) -> Answer {
    let stage = match body.text_of("stage") {
        Some("submitted") => Stage::Submitted,
        Some("complete") => Stage::Complete,
        Some("failed") => Stage::Failed,
        Some("cancelled") => Stage::Cancelled,
        _ => return Answer::refused(400, "stage must be submitted, complete, failed or cancelled"),
    };
    match state.books.transaction_mut(id) {
        Some(one) => {
            one.stage = stage;
            ok()
        }
        None => Answer::refused(404, "no such transaction"),
    }
}

/// Makes a transaction another one than was opened.
fn become_another(state: &mut State, id: &str, body: &Json) -> Answer {
    let Some(one) = state.books.transaction_mut(id) else { return Answer::refused(404, "no such transaction") };
    for (name, value) in body.pairs() {
        match (name.as_str(), value) {
            ("customer", Json::Number(id)) => one.wanted.customer = id.parse().unwrap_or_default(),
            ("amount", Json::Number(minor)) => one.wanted.amount = minor.parse().unwrap_or_default(),
            ("currency", Json::Text(code)) => one.wanted.currency.clone_from(code),
            ("token", Json::Text(token)) => one.token.clone_from(token),
            _ => return Answer::refused(400, &format!("unknown field {name:?} or value")),
        }
    }
    ok()
}

fn notify(state: &mut State, id: &str) -> Answer {
    let Some(one) = state.books.transaction_mut(id) else { return Answer::refused(404, "no such transaction") };
    match page::notification(one) {
        Some(hook) => ok().with_hooks(vec![hook]),
        None => Answer::refused(409, "the transaction has no NotifyUrl"),
    }
}

fn configure(settings: &mut Settings, body: &Json) -> Answer {
    for (name, value) in body.pairs() {
        match (name.as_str(), value) {
            ("ticks", Json::Bool(ticks)) => settings.ticks = *ticks,
            ("duplicate_description", Json::Bool(duplicate)) => settings.duplicate_description = *duplicate,
            ("result_name", Json::Text(name)) => settings.result_name.clone_from(name),
            ("decline", Json::Text(how)) if how == "error" => settings.decline = Decline::Error,
            ("decline", Json::Text(how)) if how == "failed_payment" => settings.decline = Decline::FailedPayment,
            ("refusal_status", Json::Number(status)) if status.parse::<u16>().is_ok_and(|it| it >= 200) => {
                settings.refusal_status = status.parse().unwrap_or(settings.refusal_status);
            }
            ("customer", Json::Number(id)) => settings.customers.extend(id.parse::<i64>().ok()),
            _ => return Answer::refused(400, &format!("unknown setting {name:?} or value")),
        }
    }
    ok()
}
