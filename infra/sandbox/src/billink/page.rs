//! The page of a session, and the way back to the shop.

use jiff::Timestamp;

use super::State;
use crate::billink_shared::is_refused;
use crate::json::map;
use crate::message::{Answer, Incoming};
use crate::webhooks::Hook;
use crate::{money, page};

/// The page of a session.
pub(crate) fn address(root: &str, session: &str) -> String {
    format!("{root}/session/{session}")
}

/// Shows the page, or takes the buyer's click.
pub(crate) fn answer(state: &mut State, request: &Incoming, now: Timestamp) -> Option<Answer> {
    let segments = request.segments();
    let (id, choice) = match segments.as_slice() {
        ["session", id] => (*id, None),
        ["session", id, choice @ ("accept" | "decline" | "cancel" | "back")] => (*id, Some(*choice)),
        _ => return None,
    };
    let gone = || Answer::html(404, "<p>This session does not exist any more.</p>".to_owned());
    let Some(choice) = choice else { return Some(show(state, id).unwrap_or_else(gone)) };
    let Some((location, hooks)) = choose(state, id, choice, now) else { return Some(gone()) };
    Some(Answer::see_other(&location).with_hooks(hooks))
}

fn show(state: &State, id: &str) -> Option<Answer> {
    let session = state.sessions.iter().find(|one| one.id == id && one.status == "session_active")?;
    let says = format!("Pay EUR {} later", money::two_places(session.minor));
    Some(Answer::html(200, page::html("Billink", &says, |choice| format!("/session/{id}/{choice}"))))
}

/// The buyer's choice: where the browser goes, exactly as the shop gave it, and the webhooks. Going back changes
/// nothing.
fn choose(state: &mut State, id: &str, choice: &str, now: Timestamp) -> Option<(String, Vec<Hook>)> {
    let session = state.sessions.iter_mut().find(|one| one.id == id && one.status == "session_active")?;
    let urls = session.urls.clone();
    let or_fail = |url: Option<String>| url.unwrap_or_else(|| urls.fail.clone());
    if choice == "back" {
        return Some((or_fail(urls.back.clone()), Vec::new()));
    }
    let good = choice == "accept" && !is_refused(&session.email);
    let placed = if good { state.ledger.place(&session.number, &session.workflow, session.minor) } else { None };
    let (status, url) = match placed {
        Some(order) => {
            order.custom.clone_from(&session.custom);
            ("order_created", urls.success.clone())
        }
        None if choice == "cancel" => ("cancelled", or_fail(urls.cancel.clone())),
        None => ("failed", urls.fail.clone()),
    };
    session.status = status;
    let number = session.number.clone();
    let session = state.sessions.iter().find(|one| one.id == id)?;
    let mut hooks: Vec<Hook> = state.about(session).into_iter().collect();
    if status == "order_created" {
        hooks.extend(state.tell(&number, &["order_placed"], now));
    }
    Some((url, hooks))
}

/// Plays the buyer without a browser; takes the session's id or the order number.
pub(crate) fn buyer(state: &mut State, id: &str, choice: &str, now: Timestamp) -> Answer {
    let found = state.sessions.iter().rfind(|one| one.id == id || one.number == id);
    let id = found.map(|one| one.id.clone()).unwrap_or_default();
    let Some((location, hooks)) = choose(state, &id, choice, now) else {
        return Answer::refused(404, "no active session of this id or order number");
    };
    let status = state.sessions.iter().find(|one| one.id == id).map(|one| one.status);
    Answer::json(200, map! { "session_id": id, "state": status, "location": location }).with_hooks(hooks)
}
