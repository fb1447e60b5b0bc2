//! The hosted payment page, and the way back to the shop.

use jiff::Timestamp;
use url::Url;

use super::State;
use super::books::{Authorization, Hosted};
use crate::billie::rules::{Verdict, judge};
use crate::json::map;
use crate::message::{Answer, Incoming};
use crate::money;
use crate::page;

/// The page of a session.
pub(crate) fn address(root: &str, session: &str) -> String {
    format!("{root}/hpp/{session}")
}

/// Shows the page, or takes the buyer's click.
pub(crate) fn answer(state: &mut State, request: &Incoming, now: Timestamp) -> Option<Answer> {
    let segments = request.segments();
    let (id, choice) = match segments.as_slice() {
        ["hpp", id] => (*id, None),
        ["hpp", id, choice @ ("accept" | "decline" | "cancel")] => (*id, Some(*choice)),
        _ => return None,
    };
    let gone = || Answer::html(404, "<p>This session does not exist any more.</p>".to_owned());
    let Some(choice) = choice else { return Some(show(state, id, now).unwrap_or_else(gone)) };
    let Some(outcome) = choose(state, id, choice, now) else { return Some(gone()) };
    let done = || Answer::html(200, "<p>Done. You can close this page.</p>".to_owned());
    Some(outcome.map_or_else(done, |location| Answer::see_other(&location)))
}

fn show(state: &mut State, id: &str, now: Timestamp) -> Option<Answer> {
    let hosted = open(state, id, now)?;
    let amount = money::two_places(hosted.deal.amount.gross);
    let days = hosted.deal.duration;
    let says = format!("Pay EUR {amount} within {days} days");
    Some(Answer::html(200, page::html("Billie", &says, |choice| format!("/hpp/{id}/{choice}"))))
}

fn open(state: &mut State, id: &str, now: Timestamp) -> Option<Hosted> {
    let session = state.books.session(id).filter(|session| now < session.expires && session.order.is_none())?;
    session.hosted.clone()
}

/// The buyer's choice; the outer option is whether the page is open, the inner one where to go.
fn choose(state: &mut State, id: &str, choice: &str, now: Timestamp) -> Option<Option<String>> {
    let hosted = open(state, id, now)?;
    let verdict = match choice {
        "accept" => Some(judge(&hosted.deal)),
        "decline" => Some(Verdict::Declined("risk_policy")),
        _ => None,
    };
    if let Some(verdict) = verdict {
        state.books.session(id)?.authorization = Some(Authorization { deal: hosted.deal, verdict });
    }
    let good = matches!(verdict, Some(Verdict::Approved | Verdict::Waiting));
    let url = if good { hosted.accept_url } else { hosted.decline_url };
    let mut url = url.and_then(|url| Url::parse(&url).ok());
    if let Some(url) = &mut url {
        url.query_pairs_mut().append_pair("session_id", id);
    }
    Some(url.map(String::from))
}

/// Plays the buyer without a browser.
pub(crate) fn buyer(state: &mut State, id: &str, choice: &str, now: Timestamp) -> Answer {
    let Some(location) = choose(state, id, choice, now) else {
        return Answer::refused(404, "no open hosted session of this id");
    };
    let authorization = state.books.session(id).and_then(|session| session.authorization.as_ref());
    let told = authorization.map(super::wire::authorization);
    let told = told.as_ref().and_then(|told| told.text_of("state"));
    Answer::json(200, map! { "session_id": id, "state": told, "location": location })
}
