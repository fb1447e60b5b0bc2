//! Checkout sessions: widget and hosted page, the buyer's authorization, the merchant's confirmation.
//!
//! Sources: docs.billie.io/reference/create_checkout_session_v2, create_hpp_checkout_session_v2,
//! confirm_authorization_v2.

use jiff::Timestamp;

use super::books::{Authorization, Confirmation, Hosted, Order, Session, Stage};
use super::orders;
use super::{State, hooks, page, wire};
use super::{invalid, verdict};
use crate::billie::parts::{Address, Company, Deal, line_items, person};
use crate::billie::refusal;
use crate::billie::rules::{Verdict, judge};
use crate::clock::after;
use crate::json::{Json, map};
use crate::message::Answer;
use crate::reader::{Flaws, Reader};

/// Sessions live for 48 hours.
const LIFETIME: i64 = 48 * 3_600;

/// Opens a session for the widget.
pub(crate) fn open(state: &mut State, body: &Json, now: Timestamp) -> Result<Answer, Answer> {
    let flaws = Flaws::default();
    let reader = Reader::new(body, &flaws);
    reader.text("merchant_customer_id");
    reader.end();
    verdict(flaws)?;
    let id = state.add_session(None, now);
    Ok(Answer::json(200, map! { "id": id }))
}

/// Opens a session with a page of its own.
pub(crate) fn open_hosted(state: &mut State, body: &Json, root: &str, now: Timestamp) -> Result<Answer, Answer> {
    let flaws = Flaws::default();
    let reader = Reader::new(body, &flaws);
    let channel = reader.text("channel");
    if !channel.is_empty() && channel != state.settings.channel {
        reader.flaw("channel", "The value you selected is not a valid choice.");
    }
    let company = reader.required("debtor_company").map(|part| Company::read_flat(part, true)).unwrap_or_default();
    let email = reader.required("debtor_person").map(person).unwrap_or_default();
    let mut deal = Deal::read(&reader, company, email, true);
    deal.items = line_items(&reader);
    reader.optional("comment");
    let order_id = reader.optional("order_id");
    if let Some(part) = reader.object("billing_address") {
        Address::read(part, true);
    }
    let urls = reader.object("merchant_urls").map(|urls| {
        let both = [urls.text("accept_url"), urls.text("decline_url")];
        for (name, text) in [("accept_url", &both[0]), ("decline_url", &both[1])] {
            if !text.is_empty() && url::Url::parse(text).is_err() {
                urls.flaw(name, "This value is not a valid URL.");
            }
        }
        urls.end();
        both
    });
    reader.end();
    verdict(flaws)?;
    let (accept_url, decline_url) = urls.map_or((None, None), |[accept, decline]| (Some(accept), Some(decline)));
    let id = state.add_session(Some(Hosted { deal, order_id, accept_url, decline_url }), now);
    let expires = wire::time(after(now, LIFETIME));
    Ok(Answer::json(201, map! { "session_id": &id, "hpp_url": page::address(root, &id), "expires_at": expires }))
}

impl State {
    fn add_session(&mut self, hosted: Option<Hosted>, now: Timestamp) -> String {
        let id = uuid::Uuid::new_v4().to_string();
        let expires = after(now, LIFETIME);
        self.books.sessions.push(Session {
            id: id.clone(),
            expires,
            hosted,
            authorization: None,
            confirmation: None,
            order: None,
        });
        id
    }
}

/// Plays the widget: takes what the shop's page hands to it and resolves as the script does.
pub(crate) fn widget(state: &mut State, id: &str, body: &Json, now: Timestamp) -> Result<Answer, Answer> {
    let data = body.get("billie_order_data").unwrap_or(body);
    let flaws = Flaws::default();
    let reader = Reader::new(data, &flaws);
    let company = reader.required("debtor_company").map(|part| Company::read_flat(part, false)).unwrap_or_default();
    let email = reader.required("debtor_person").map(person).unwrap_or_default();
    let mut deal = Deal::read(&reader, company, email, false);
    deal.items = line_items(&reader);
    reader.end();
    verdict(flaws)?;
    let session = state.books.session(id).filter(|session| session.order.is_none() && now < session.expires);
    let Some(session) = session else { return Err(refusal(404, "session_not_found", "Session not found")) };
    let authorization = Authorization { verdict: judge(&deal), deal };
    let told = wire::authorization(&authorization);
    session.authorization = Some(authorization);
    let copy = |name: &str| data.get(name).cloned();
    Ok(Answer::json(
        200,
        map! {
            "state": told.text_of("state"),
            "decline_reason": told.text_of("decline_reason"),
            "debtor_company": copy("debtor_company"),
            "delivery_address": copy("delivery_address"),
            "debtor_person": copy("debtor_person"),
            "amount": copy("amount"),
            "duration": copy("duration"),
        },
    ))
}

/// Tells the last authorization of a session.
pub(crate) fn authorization(state: &mut State, id: &str) -> Result<Answer, Answer> {
    let session = state.books.session(id);
    let authorization = session.and_then(|session| session.authorization.as_ref());
    match authorization {
        Some(authorization) => Ok(Answer::json(200, wire::authorization(authorization))),
        None => Err(refusal(404, "authorization_not_found", "Authorization not found")),
    }
}

/// Turns an authorization into an order; saying it twice gives the same order.
pub(crate) fn confirm(state: &mut State, id: &str, body: &Json, now: Timestamp) -> Result<Answer, Answer> {
    let confirmation = read_confirmation(body)?;
    let Some(session) = state.books.session(id) else {
        return Err(refusal(404, "session_not_found", "Session not found"));
    };
    if let (Some(known), Some(uuid)) = (&session.confirmation, session.order.clone()) {
        if *known != confirmation {
            return Err(refusal(403, "operation_not_allowed", "The session was confirmed with other data"));
        }
        let order = state.books.order(&uuid).ok_or_else(orders::not_found)?;
        return Ok(Answer::json(202, wire::order(&state.books, order, now, state.settings.canceled)));
    }
    let authorized = session.authorization.as_ref().filter(|one| one.verdict == Verdict::Approved);
    let authorized = authorized.filter(|_| now < session.expires);
    let Some(Authorization { deal, .. }) = authorized.cloned() else {
        return Err(refusal(403, "operation_not_allowed", "There is no authorization to confirm"));
    };
    compare(&confirmation, &deal)?;
    let order_id = session.hosted.as_ref().and_then(|hosted| hosted.order_id.clone());
    let external_code = confirmation.external_code.clone().or(order_id);
    orders::check_code(&state.books, external_code.as_deref())?;
    let order = Order::new(deal, external_code, Stage::Live, now);
    let uuid = order.uuid.clone();
    if let Some(session) = state.books.session(id) {
        (session.confirmation, session.order) = (Some(confirmation), Some(uuid.clone()));
    }
    state.books.orders.push(order);
    let order = state.books.order(&uuid).ok_or_else(orders::not_found)?;
    let hooks = hooks::about_order(state, "order_created", order, now).into_iter().collect();
    Ok(Answer::json(202, wire::order(&state.books, order, now, state.settings.canceled)).with_hooks(hooks))
}

fn read_confirmation(body: &Json) -> Result<Confirmation, Answer> {
    let flaws = Flaws::default();
    let reader = Reader::new(body, &flaws);
    let confirmation = Confirmation {
        amount: reader.positive("amount"),
        duration: reader.whole("duration", 1..=120),
        company: reader.required("debtor").map(Company::read_short).unwrap_or_default(),
        delivery: reader.object("delivery_address").map(|part| Address::read(part, false)),
        external_code: reader.optional("external_code"),
    };
    reader.end();
    verdict(flaws)?;
    Ok(confirmation)
}

/// What is confirmed must be what was authorized.
fn compare(confirmation: &Confirmation, deal: &Deal) -> Result<(), Answer> {
    let differs = |field: &str| Err(invalid(field, "This value does not match the authorized one."));
    if confirmation.amount != deal.amount {
        differs("amount")
    } else if confirmation.duration != deal.duration {
        differs("duration")
    } else if confirmation.company.name != deal.company.name {
        differs("debtor.name")
    } else if confirmation.company.address != deal.company.address {
        differs("debtor.company_address")
    } else if confirmation.delivery.is_some() && deal.delivery.is_some() && confirmation.delivery != deal.delivery {
        differs("delivery_address")
    } else {
        Ok(())
    }
}
