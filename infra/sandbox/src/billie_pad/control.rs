//! Control calls that only Billie has: settings, tokens, widget, manual reviews, events.

use jiff::Timestamp;

use super::books::{Invoice, Seen, Stage};
use super::{Settings, State, hooks, invoices, sessions};
use crate::billie::rules::{REASONS, Verdict};
use crate::json::{Json, map};
use crate::message::Answer;
use crate::money;

/// `settings`, `tokens/expire`, `widget/{session}`, `sessions/{id}`, `orders/{uuid}`, `invoices/{uuid}/cancel`
/// (at Billie's own desk), `events`.
pub(crate) fn call(state: &mut State, path: &[&str], body: &Json, now: Timestamp) -> Option<Answer> {
    match path {
        ["settings"] => Some(configure(&mut state.settings, body)),
        ["tokens", "expire"] => {
            state.tokens.expire();
            Some(ok())
        }
        ["widget", session] => Some(sessions::widget(state, session, body, now).unwrap_or_else(|refused| refused)),
        ["sessions", id] => Some(review_session(state, id, body)),
        ["orders", uuid] => Some(review(state, uuid, body, now)),
        ["invoices", uuid, "cancel"] => Some(invoices::cancel(state, uuid).map_or_else(|refused| refused, |_| ok())),
        ["events"] => Some(emit(state, body, now)),
        _ => None,
    }
}

fn ok() -> Answer {
    Answer::json(200, map! { "ok": true })
}

fn decision(body: &Json) -> Result<Verdict, Answer> {
    let wanted = body.text_of("reason").unwrap_or("risk_policy");
    match body.text_of("decision") {
        Some("approve") => Ok(Verdict::Approved),
        Some("decline") => match REASONS.iter().find(|reason| **reason == wanted) {
            Some(reason) => Ok(Verdict::Declined(reason)),
            None => Err(Answer::refused(400, &format!("reason must be one of: {}", REASONS.join(" ")))),
        },
        _ => Err(Answer::refused(400, "decision must be approve or decline")),
    }
}

fn review_session(state: &mut State, id: &str, body: &Json) -> Answer {
    let verdict = match decision(body) {
        Ok(verdict) => verdict,
        Err(refused) => return refused,
    };
    let session = state.books.session(id).and_then(|session| session.authorization.as_mut());
    match session.filter(|authorization| authorization.verdict == Verdict::Waiting) {
        Some(authorization) => {
            authorization.verdict = verdict;
            ok()
        }
        None => Answer::refused(409, "no session of this id waits for a review"),
    }
}

fn review(state: &mut State, uuid: &str, body: &Json, now: Timestamp) -> Answer {
    let (stage, event) = match decision(body) {
        Ok(Verdict::Declined(reason)) => (Stage::Declined(reason), "order_declined"),
        Ok(_) => (Stage::Live, "order_approved"),
        Err(refused) => return refused,
    };
    match state.books.order_mut(uuid).filter(|order| order.stage == Stage::Waiting) {
        Some(order) => order.stage = stage,
        None => return Answer::refused(409, "no order of this uuid waits for a review"),
    }
    let hook = state.books.order(uuid).and_then(|order| hooks::about_order(state, event, order, now));
    ok().with_hooks(hook.into_iter().collect())
}

/// Emits any event of an order. `payment`, `invoice_paid_out` and `invoice_late` change the
/// named (or the only) invoice.
fn emit(state: &mut State, body: &Json, now: Timestamp) -> Answer {
    let Some(event) = body.text_of("event") else { return Answer::refused(400, "event is needed") };
    let uuid = body.text_of("order").unwrap_or_default().to_owned();
    if state.books.order(&uuid).is_none() {
        return Answer::refused(404, "no such order");
    }
    let mut invoices = state.books.invoices_of(&uuid, Seen::All).map(|invoice| invoice.uuid.clone());
    let only = invoices.next().filter(|_| invoices.next().is_none());
    drop(invoices);
    let invoice = body.text_of("invoice").map(str::to_owned).or(only);
    let paid = body.whole_of("amount");
    if event == "payment" && paid.is_some() && invoice.is_none() {
        return Answer::refused(409, "the invoice that was paid is needed");
    }
    if let Some(invoice) = invoice.as_deref().and_then(|uuid| state.books.invoice_mut(uuid)) {
        match event {
            "payment" => {
                invoice.paid += paid.unwrap_or_default();
                if invoice.outstanding() == 0 {
                    invoice.state = "complete";
                }
            }
            "invoice_paid_out" => invoice.state = "paid_out",
            "invoice_late" => invoice.state = "late",
            _ => {}
        }
    }
    let body = event_body(state, event, &uuid, invoice.as_deref(), body, now);
    let Some(hook) = body.and_then(|body| hooks::hook(&state.settings, event, &uuid, &body)) else {
        return Answer::refused(409, "no webhook URL is registered");
    };
    ok().with_hooks(vec![hook])
}

/// With `"spelling": "guide"` the body has the guide's fields only, `open amount` with its space included.
fn event_body(
    state: &State,
    event: &str,
    order: &str,
    invoice: Option<&str>,
    wanted: &Json,
    now: Timestamp,
) -> Option<Json> {
    let order = state.books.order(order)?;
    let guide = wanted.text_of("spelling") == Some("guide");
    let mut body = if guide {
        map! { "event": event, "order_id": order.external_code.clone() }
    } else {
        hooks::names(event, order, now)
    };
    if let Some(invoice) = invoice.filter(|_| !guide && (event == "payment" || event.starts_with("invoice_"))) {
        body = body.with("invoice_uuid", invoice);
    }
    let invoices = || state.books.invoices_of(&order.uuid, Seen::All);
    let (paid, open): (i64, i64) = (invoices().map(|one| one.paid).sum(), invoices().map(Invoice::outstanding).sum());
    let pays = event == "payment";
    // "Contains sum of paid amounts", says the guide.
    let amount = wanted.whole_of("amount").map(|minor| if pays { paid } else { minor });
    let open = wanted.whole_of("open_amount").or(pays.then_some(open));
    for (name, value) in [("amount", amount), (if guide { "open amount" } else { "open_amount" }, open)] {
        if let Some(minor) = value {
            body = body.with(name, money::two_places(minor));
        }
    }
    if let Some(url) = wanted.text_of("url_notification") {
        body = body.with("url_notification", url);
    }
    Some(body)
}

fn configure(settings: &mut Settings, body: &Json) -> Answer {
    for (name, value) in body.pairs() {
        match (name.as_str(), value.text()) {
            ("webhook_url", url) => settings.webhook_url = url.map(str::to_owned),
            ("webhook_header", Some(header)) => settings.webhook_header = header.to_owned(),
            ("webhook_key", Some(key)) => settings.webhook_key = key.to_owned(),
            ("channel", Some(channel)) => settings.channel = channel.to_owned(),
            ("canceled", Some("canceled")) => settings.canceled = "canceled",
            ("canceled", Some("cancelled")) => settings.canceled = "cancelled",
            ("invoice_delay_seconds", None) => {
                settings.invoice_delay_seconds = body.whole_of("invoice_delay_seconds").unwrap_or_default().max(0);
            }
            _ => return Answer::refused(400, &format!("unknown setting {name:?} or value")),
        }
    }
    ok()
}
