//! Control calls that only Billink has: settings, what happens to orders, events.

use jiff::Timestamp;

use super::{Errors, FormErrors, State};
use crate::billink_shared::hooks::{self, Target};
use crate::json::{Json, map};
use crate::message::Answer;

/// `settings`, `orders/{number}` (the buyer pays, the merchant is paid out …), `events`.
pub(crate) fn call(state: &mut State, path: &[&str], body: &Json, now: Timestamp) -> Option<Answer> {
    match path {
        ["settings"] => Some(configure(state, body)),
        ["orders", number] => Some(match state.ledger.control(number, body) {
            Ok(events) => ok().with_hooks(state.tell(number, &events, now)),
            Err(message) => Answer::refused(400, message),
        }),
        ["events"] => Some(emit(state, body, now)),
        _ => None,
    }
}

fn ok() -> Answer {
    Answer::json(200, map! { "ok": true })
}

/// Emits any event of an order, or `status` of a session; a signed one may claim to be some seconds old.
fn emit(state: &State, body: &Json, now: Timestamp) -> Answer {
    let age = body.whole_of("age_seconds").unwrap_or_default();
    let (event, order) = (body.text_of("event").unwrap_or_default(), body.text_of("order").unwrap_or_default());
    if let Some(status) = body.text_of("status") {
        let wanted = body.text_of("session").unwrap_or_default();
        let session = state.sessions.iter().rfind(|one| one.id == wanted || one.number == wanted);
        let (Some(session), Some(target)) = (session, &state.session_target) else {
            return Answer::refused(404, "no such session, or no URL");
        };
        let told = session.told_as(status);
        return ok().with_hooks(vec![hooks::hook(target, status, &session.number, &told, age)]);
    }
    let (Some(order), Some(target)) = (state.ledger.find(order), &state.order_target) else {
        return Answer::refused(404, "no such order, or no URL");
    };
    ok().with_hooks(vec![hooks::order(target, order, event, now, age)])
}

fn configure(state: &mut State, body: &Json) -> Answer {
    for (name, value) in body.pairs() {
        if !set(state, name, value) {
            return Answer::refused(400, &format!("unknown setting {name:?} or value"));
        }
    }
    ok()
}

fn set(state: &mut State, name: &str, value: &Json) -> bool {
    let settings = &mut state.settings;
    match (name, value) {
        ("errors", Json::Text(shape)) if shape == "flat" => settings.errors = Errors::Flat,
        ("errors", Json::Text(shape)) if shape == "nested" => settings.errors = Errors::Nested,
        ("form_errors", Json::Text(shape)) if shape == "wrapped" => settings.form_errors = FormErrors::Wrapped,
        ("form_errors", Json::Text(shape)) if shape == "wrapped_object" => {
            settings.form_errors = FormErrors::WrappedObject;
        }
        ("form_errors", Json::Text(shape)) if shape == "bare" => settings.form_errors = FormErrors::Bare,
        ("denied", Json::Bool(denied)) => settings.denied = *denied,
        ("webhook_secret", secret) => settings.webhook_secret = secret.text().map(str::to_owned),
        ("signed", Json::Bool(signed)) => settings.signed = *signed,
        ("session_webhook", url) => settings.session_webhook = url.text().map(str::to_owned),
        ("order_webhook", url) => settings.order_webhook = url.text().map(str::to_owned),
        _ => return false,
    }
    if ["webhook_secret", "signed", "session_webhook", "order_webhook"].contains(&name) {
        let secret = settings.webhook_secret.clone().filter(|_| settings.signed);
        let target = |url: &Option<String>| url.clone().map(|url| Target { url, secret: secret.clone() });
        (state.session_target, state.order_target) =
            (target(&settings.session_webhook), target(&settings.order_webhook));
    }
    true
}
