//! Sessions: the payment page makes its order itself, the widget's is confirmed by the PSP.

use jiff::Timestamp;

use super::bodies::{self, Details, Open};
use super::books::{Order, Session, Stage};
use super::{State, conflict, invalid, not_yours, page};
use crate::billie::parts::Deal;
use crate::billie::rules::{Verdict, judge};
use crate::clock::after;
use crate::json::{Json, map};
use crate::message::Answer;

/// Opens a session with a page of its own.
pub(crate) fn open_page(state: &mut State, body: &Json, root: &str, now: Timestamp) -> Result<Answer, Answer> {
    let open = Open::page(body)?;
    let session = state.open(open, now)?;
    let url = page::address(root, &session.id);
    Ok(Answer::json(201, bodies::opened(&session.id, &url, session.expires)))
}

/// Opens a session for the widget.
pub(crate) fn open_widget(state: &mut State, body: &Json, now: Timestamp) -> Result<Answer, Answer> {
    let open = Open::widget(body)?;
    let session = state.open(open, now)?;
    Ok(Answer::json(201, map! { "session_id": &session.id }))
}

impl State {
    fn open(&mut self, open: Open, now: Timestamp) -> Result<&Session, Answer> {
        if !self.books.merchants.iter().any(|merchant| merchant.id == open.merchant) {
            return Err(not_yours("merchant"));
        }
        self.books.sessions.push(Session {
            id: uuid::Uuid::new_v4().to_string(),
            merchant: open.merchant,
            external_code: open.external_code,
            deal: open.deal,
            urls: open.urls,
            webhook_url: open.webhook_url,
            expires: after(now, self.settings.session_seconds),
            authorization: None,
            told: None,
            order: None,
        });
        self.books.sessions.last().ok_or_else(|| Answer::empty(500))
    }

    /// Makes an order of what was authorized in a session.
    pub(crate) fn order_of(&mut self, session: &str, deal: &Deal, stage: Stage) -> Option<&Order> {
        let session = self.books.session(session)?;
        let order = Order {
            id: uuid::Uuid::new_v4().to_string(),
            merchant: session.merchant.clone(),
            external_code: session.external_code.clone(),
            stage,
            authorized: deal.amount.gross,
            released: 0,
            webhook_url: session.webhook_url.clone().or_else(|| self.settings.webhook_url.clone()),
            items: deal.items.clone(),
            captures: Vec::new(),
        };
        session.order = Some(order.id.clone());
        self.books.orders.push(order);
        self.books.orders.last()
    }
}

/// Plays the widget: takes what the shop's page hands to it and resolves as the script does.
pub(crate) fn widget(state: &mut State, id: &str, body: &Json, now: Timestamp) -> Result<Answer, Answer> {
    let data = body.get("billie_order_data").unwrap_or(body);
    let details = Details::read(data)?;
    let session = state.books.session(id).filter(|session| session.urls.is_none());
    let open = session.filter(|session| session.order.is_none() && now < session.expires);
    let Some(session) = open else { return Err(Answer::refused(404, "no open widget session of this id")) };
    let verdict = judge(&details.deal);
    (session.authorization, session.told) = (Some((details.deal, verdict)), Some(data.clone()));
    let (told, reason) = match verdict {
        Verdict::Approved => ("authorized", None),
        Verdict::Waiting => ("pre_waiting", None),
        Verdict::Declined(reason) => ("declined", Some(reason)),
    };
    Ok(Answer::json(200, bodies::resolved(data, told, reason)))
}

/// Turns the widget's authorization into an order: accepted, not confirmed yet, not too old, and the same details.
pub(crate) fn confirm(state: &mut State, id: &str, body: &Json, now: Timestamp) -> Result<Answer, Answer> {
    let details = Details::read(body)?;
    let session = state.books.session(id).ok_or_else(|| not_yours("session"))?;
    if details.merchant.as_ref().is_some_and(|merchant| *merchant != session.merchant) {
        return Err(not_yours("merchant"));
    }
    if session.order.is_some() {
        return Err(conflict("already_confirmed", "The authorization is confirmed already"));
    }
    let accepted = session.authorization.as_ref().filter(|(_, verdict)| *verdict == Verdict::Approved);
    let Some(((deal, _), told)) = accepted.cloned().zip(session.told.clone()) else {
        return Err(conflict("not_authorized", "There is no accepted authorization"));
    };
    if now >= session.expires {
        return Err(conflict("expired", "The authorization has expired"));
    }
    if let Some(field) = bodies::differs(body, &told) {
        return Err(invalid(field, "This value does not match the authorized one."));
    }
    session.external_code = details.external_code.or(session.external_code.take());
    let order = state.order_of(id, &deal, Stage::Live).ok_or_else(|| not_yours("session"))?;
    Ok(Answer::json(200, map! { "order_id": &order.id, "state": order.state() }))
}
