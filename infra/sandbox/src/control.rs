//! The control plane at `/_sandbox`, JSON in and out; it never counts as an API call.
//!
//! | call | what it does |
//! |---|---|
//! | `GET books` | what the provider believes, in minor units; `orders` have the same shape everywhere |
//! | `GET calls`, `DELETE calls` | the API calls received: what each `said`, and whether it `changed` an order; forgets them |
//! | `POST faults` | `{ call, kind, millis?, status?, body?, times?, skip? }`; `GET` shows, and which calls there are, `DELETE` calls them off, delays under way too |
//! | `POST clock` | `{ advance_seconds }`; `GET` shows |
//! | `POST webhooks` | `{ mode?: normal/held/duplicate/reversed, before_answer? }`; `GET` shows the deliveries |
//! | `POST webhooks/release` | `{ order? }`: sends what is held, answers after the first attempts |
//! | `POST buyer/{id}` | `{ choice: accept/decline/cancel }` |
//! | other `POST` | the provider's own, see its `control` module |

use crate::host::Stand;
use crate::json::{Json, map};
use crate::message::{Answer, Incoming};

/// Answers one control call.
pub(crate) async fn answer(stand: &Stand, request: &Incoming) -> Answer {
    let body = if request.body.is_empty() { Some(Json::Map(Vec::new())) } else { Json::parse(&request.body) };
    let Some(body) = body else { return Answer::refused(400, "the body is not JSON") };
    let segments = request.segments();
    let path = segments.get(1..).unwrap_or_default();
    let answered = match (request.method.as_str(), path) {
        ("GET", _) => show(stand, path),
        ("DELETE", ["faults"]) => Some(forget(|| stand.faults.clear())),
        ("DELETE", ["calls"]) => Some(forget(|| stand.calls.clear())),
        ("POST", ["faults"]) => Some(unless(stand.faults.add(&body, stand.provider.calls()))),
        ("POST", ["clock"]) => Some(advance(stand, &body).await),
        ("POST", ["webhooks"]) => Some(unless(stand.webhooks.configure(&body))),
        ("POST", ["webhooks", "release"]) => {
            let released = stand.webhooks.release(body.text_of("order")).await;
            Some(released.map_or_else(|message| Answer::refused(400, &message), |told| Answer::json(200, told)))
        }
        ("POST", ["buyer", id]) => Some(buyer(stand, id, &body)),
        ("POST", _) => stand.provider.control(path, &body, stand.clock.now()),
        _ => None,
    };
    let mut answer = answered.unwrap_or_else(|| Answer::refused(404, "no such control call"));
    stand.webhooks.send(std::mem::take(&mut answer.hooks)).await;
    answer
}

fn show(stand: &Stand, path: &[&str]) -> Option<Answer> {
    let shown = match path {
        ["books"] => stand.provider.books(),
        ["calls"] => stand.calls.show(),
        ["faults"] => stand.faults.show(stand.provider.calls()),
        ["webhooks"] => stand.webhooks.show(),
        ["clock"] => map! { "now": stand.clock.now().to_string() },
        _ => return None,
    };
    Some(Answer::json(200, shown))
}

async fn advance(stand: &Stand, body: &Json) -> Answer {
    match body.whole_of("advance_seconds") {
        Some(seconds) if seconds >= 0 => {
            stand.clock.advance(seconds);
            stand.pass().await;
            Answer::json(200, map! { "now": stand.clock.now().to_string() })
        }
        _ => Answer::refused(400, "advance_seconds must be a whole number of at least 0"),
    }
}

fn buyer(stand: &Stand, id: &str, body: &Json) -> Answer {
    match body.text_of("choice") {
        Some(choice @ ("accept" | "decline" | "cancel")) => stand.provider.buyer(id, choice, stand.clock.now()),
        _ => Answer::refused(400, "choice must be accept, decline or cancel"),
    }
}

fn forget(clear: impl FnOnce()) -> Answer {
    clear();
    done()
}

fn done() -> Answer {
    Answer::json(200, map! { "ok": true })
}

fn unless(result: Result<(), String>) -> Answer {
    result.map_or_else(|message| Answer::refused(400, &message), |()| done())
}
