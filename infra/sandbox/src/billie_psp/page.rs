//! The payment page, its webhook, and the way back to the shop.

use jiff::Timestamp;
use url::Url;

use super::books::{Session, Stage};
use super::{State, bodies, hooks};
use crate::billie::rules::{Verdict, judge};
use crate::json::map;
use crate::message::{Answer, Incoming};
use crate::webhooks::Hook;
use crate::{money, page};

/// The page of a session.
pub(crate) fn address(root: &str, session: &str) -> String {
    format!("{root}/payment-page/{session}")
}

/// Shows the page, or takes the buyer's click.
pub(crate) fn answer(state: &mut State, request: &Incoming, now: Timestamp) -> Option<Answer> {
    let segments = request.segments();
    let (id, choice) = match segments.as_slice() {
        ["payment-page", id] => (*id, None),
        ["payment-page", id, choice @ ("accept" | "decline" | "cancel")] => (*id, Some(*choice)),
        _ => return None,
    };
    let gone = || Answer::html(404, "<p>This session does not exist any more.</p>".to_owned());
    let Some(choice) = choice else { return Some(show(state, id, now).unwrap_or_else(gone)) };
    let Some((location, hook)) = choose(state, id, choice, now) else { return Some(gone()) };
    Some(Answer::see_other(&location).with_hooks(hook.into_iter().collect()))
}

fn show(state: &mut State, id: &str, now: Timestamp) -> Option<Answer> {
    let deal = open(state, id, now)?.deal.as_ref()?;
    let says = format!("Pay EUR {} within {} days", money::two_places(deal.amount.gross), deal.duration);
    Some(Answer::html(200, page::html("Billie", &says, |choice| format!("/payment-page/{id}/{choice}"))))
}

/// A session whose buyer is still on the page.
fn open<'a>(state: &'a mut State, id: &str, now: Timestamp) -> Option<&'a mut Session> {
    let session = state.books.session(id)?;
    let waits = session.urls.is_some() && session.order.is_none() && session.authorization.is_none();
    (waits && now < session.expires).then_some(session)
}

/// The buyer's choice: where the browser goes, and the webhook. Walking away leaves the session open.
fn choose(state: &mut State, id: &str, choice: &str, now: Timestamp) -> Option<(String, Option<Hook>)> {
    let session = open(state, id, now)?;
    let (deal, (accept, decline)) = (session.deal.clone()?, session.urls.clone()?);
    let verdict = match choice {
        "accept" => judge(&deal),
        "decline" => Verdict::Declined("risk_policy"),
        _ => return Some((way_back(&decline, id)?, None)),
    };
    session.authorization = Some((deal, verdict));
    let hook = decide(state, id, verdict);
    let url = if matches!(verdict, Verdict::Declined(_)) { decline } else { accept };
    Some((way_back(&url, id)?, hook))
}

/// Makes the order of a verdict that is final, and its webhook.
pub(crate) fn decide(state: &mut State, id: &str, verdict: Verdict) -> Option<Hook> {
    let stage = match verdict {
        Verdict::Approved => Stage::Live,
        Verdict::Declined(_) => Stage::Declined,
        Verdict::Waiting => return None,
    };
    let (deal, _) = state.books.session(id)?.authorization.clone()?;
    let order = state.order_of(id, &deal, stage)?;
    let (order, url) = (order.id.clone(), order.webhook_url.clone());
    let body = bodies::authorization(&order, stage == Stage::Live, state.settings.success);
    hooks::hook(&state.settings, url.as_ref(), "authorization", &order, &body)
}

fn way_back(url: &str, session: &str) -> Option<String> {
    let mut url = Url::parse(url).ok()?;
    url.query_pairs_mut().append_pair("session_id", session);
    Some(url.into())
}

/// Plays the buyer without a browser.
pub(crate) fn buyer(state: &mut State, id: &str, choice: &str, now: Timestamp) -> Answer {
    let Some((location, hook)) = choose(state, id, choice, now) else {
        return Answer::refused(404, "no open payment page of this session");
    };
    let order = state.books.session(id).and_then(|session| session.order.clone());
    let told = map! { "session_id": id, "order_id": order, "location": location };
    Answer::json(200, told).with_hooks(hook.into_iter().collect())
}
