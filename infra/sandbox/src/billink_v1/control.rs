//! Control calls that only the legacy API has: settings, what happens to orders, events.

use jiff::Timestamp;

use super::{Settings, State};
use crate::billink_shared::hooks;
use crate::json::{Json, map};
use crate::message::Answer;

/// `settings`, `orders/{number}` (the buyer pays, the merchant is paid out …), `events`.
pub(crate) fn call(state: &mut State, path: &[&str], body: &Json, now: Timestamp) -> Option<Answer> {
    match path {
        ["settings"] => Some(configure(&mut state.settings, body)),
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

/// Emits any event of an order; a signed one may claim to be some seconds old.
fn emit(state: &State, body: &Json, now: Timestamp) -> Answer {
    let age = body.whole_of("age_seconds").unwrap_or_default();
    let event = body.text_of("event").unwrap_or_default();
    let order = state.ledger.find(body.text_of("order").unwrap_or_default());
    let (Some(order), Some(target)) = (order, state.target()) else {
        return Answer::refused(404, "no such order, or no URL");
    };
    ok().with_hooks(vec![hooks::order(&target, order, event, now, age)])
}

fn configure(settings: &mut Settings, body: &Json) -> Answer {
    for (name, value) in body.pairs() {
        match (name.as_str(), value) {
            ("backdoor", Json::Bool(value)) => settings.backdoor = *value,
            ("blank_unknown", Json::Bool(value)) => settings.blank_unknown = *value,
            ("unknown_fails", Json::Bool(value)) => settings.unknown_fails = *value,
            ("max_amount" | "check_seconds", Json::Number(_)) => {
                let Some(number) = body.whole_of(name) else {
                    return Answer::refused(400, "this setting is a whole number");
                };
                *(if name == "max_amount" { &mut settings.max_amount } else { &mut settings.check_seconds }) = number;
            }
            ("order_webhook", url) => settings.order_webhook = url.text().map(str::to_owned),
            ("webhook_secret", secret) => settings.webhook_secret = secret.text().map(str::to_owned),
            _ => return Answer::refused(400, &format!("unknown setting {name:?} or value")),
        }
    }
    ok()
}
