//! Control calls that only the PSP API has: settings, widget, reviews, disputes.

use jiff::Timestamp;

use super::books::Dispute;
use super::{Settings, State, Success, bodies, hooks, page, sessions};
use crate::billie::rules::Verdict;
use crate::clock::after;
use crate::json::{Json, map};
use crate::message::Answer;
use crate::webhooks::Hook;

/// Reasons that a dispute may have.
const REASONS: [&str; 6] =
    ["return", "goods_not_received", "faulty_goods", "already_paid", "incorrect_invoice", "unauthorized_purchase"];

/// Two weeks.
const DEFENCE_SECONDS: i64 = 14 * 86_400;

/// `settings`, `widget/{session}`, `sessions/{id}` (a review), `disputes`, `disputes/{id}` (its result).
pub(crate) fn call(state: &mut State, path: &[&str], body: &Json, now: Timestamp) -> Option<Answer> {
    match path {
        ["settings"] => Some(configure(&mut state.settings, body)),
        ["widget", session] => Some(sessions::widget(state, session, body, now).unwrap_or_else(|refused| refused)),
        ["sessions", id] => Some(review(state, id, body)),
        ["disputes"] => Some(open(state, body, now).unwrap_or_else(|refused| refused)),
        ["disputes", id] => Some(close(state, id, body, now).unwrap_or_else(|refused| refused)),
        _ => None,
    }
}

fn ok() -> Answer {
    Answer::json(200, map! { "ok": true })
}

fn review(state: &mut State, id: &str, body: &Json) -> Answer {
    let verdict = match body.text_of("decision") {
        Some("approve") => Verdict::Approved,
        Some("decline") => Verdict::Declined("risk_policy"),
        _ => return Answer::refused(400, "decision must be approve or decline"),
    };
    let authorization = state.books.session(id).and_then(|session| session.authorization.as_mut());
    let Some(waiting) = authorization.filter(|(_, verdict)| *verdict == Verdict::Waiting) else {
        return Answer::refused(409, "no session of this id waits for a review");
    };
    waiting.1 = verdict;
    let hosted = state.books.session(id).is_some_and(|session| session.urls.is_some());
    let hook = if hosted { page::decide(state, id, verdict) } else { None };
    ok().with_hooks(hook.into_iter().collect())
}

fn open(state: &mut State, body: &Json, now: Timestamp) -> Result<Answer, Answer> {
    let id = body.text_of("capture_id").unwrap_or_default();
    let code = body.text_of("reason_code").unwrap_or("return");
    if !REASONS.contains(&code) {
        return Err(Answer::refused(400, &format!("reason_code must be one of: {}", REASONS.join(" "))));
    }
    let found = state.books.capture(id);
    let (order, capture) = found.ok_or_else(|| Answer::refused(404, "no such capture"))?;
    let dispute = Dispute {
        id: uuid::Uuid::new_v4().to_string(),
        capture: capture.id.clone(),
        code: code.to_owned(),
        reason: body.text_of("reason").unwrap_or("The buyer disagrees").to_owned(),
        amount: body.whole_of("amount").unwrap_or(capture.sum),
        deadline: after(now, DEFENCE_SECONDS),
        state: "opened",
    };
    let url = state.settings.dispute_webhook_url.as_ref().or(order.webhook_url.as_ref());
    let told = bodies::dispute(&dispute, capture);
    let hook = hooks::hook(&state.settings, url, "dispute", &dispute.id, &told).ok_or_else(no_url)?;
    let answer = Answer::json(200, map! { "dispute_id": &dispute.id });
    state.books.disputes.push(dispute);
    Ok(answer.with_hooks(vec![hook]))
}

fn close(state: &mut State, id: &str, body: &Json, now: Timestamp) -> Result<Answer, Answer> {
    let result = match body.text_of("result") {
        Some("resolved") => "resolved",
        Some("chargeback") => "chargeback",
        _ => return Err(Answer::refused(400, "result must be resolved or chargeback")),
    };
    let dispute = state.books.dispute(id).ok_or_else(|| Answer::refused(404, "no such dispute"))?;
    if matches!(dispute.state, "resolved" | "chargeback") {
        return Err(Answer::refused(409, "the dispute is closed"));
    }
    let expired = dispute.state == "opened" && now >= dispute.deadline;
    dispute.state = result;
    let hook = result_hook(state, id, body.text_of("details").unwrap_or_default(), expired, now).ok_or_else(no_url)?;
    Ok(ok().with_hooks(vec![hook]))
}

fn result_hook(state: &State, id: &str, details: &str, expired: bool, now: Timestamp) -> Option<Hook> {
    let dispute = state.books.disputes.iter().find(|dispute| dispute.id == id)?;
    let (order, _) = state.books.capture(&dispute.capture)?;
    let url = state.settings.dispute_webhook_url.as_ref().or(order.webhook_url.as_ref());
    let told = bodies::result(dispute, dispute.state, details, expired, now);
    hooks::hook(&state.settings, url, "dispute_result", id, &told)
}

fn no_url() -> Answer {
    Answer::refused(409, "there is no URL for webhooks about disputes")
}

fn configure(settings: &mut Settings, body: &Json) -> Answer {
    for (name, value) in body.pairs() {
        match (name.as_str(), value.text()) {
            ("success", Some("text")) => settings.success = Success::Text,
            ("success", Some("flag")) => settings.success = Success::Flag,
            ("webhook_url", url) => settings.webhook_url = url.map(str::to_owned),
            ("dispute_webhook_url", url) => settings.dispute_webhook_url = url.map(str::to_owned),
            ("webhook_header", Some(header)) => settings.webhook_header = header.to_owned(),
            ("webhook_key", Some(key)) => settings.webhook_key = key.to_owned(),
            ("session_seconds", None) => {
                settings.session_seconds = body.whole_of("session_seconds").unwrap_or_default().max(0);
            }
            _ => return Answer::refused(400, &format!("unknown setting {name:?} or value")),
        }
    }
    ok()
}
