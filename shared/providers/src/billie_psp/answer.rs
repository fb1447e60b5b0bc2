//! What Billie's answers mean.

use payment::{Action, Amount, Currency, Doubt, Flow, OrderNews, OrderState, Outcome, Payment, Receipt, Refusal};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use super::account::{Wire, is_https_or_loopback};
use super::map::{Verdict, refusal, verdict, word};
use super::wire;
use super::wire::Part;
use crate::Answer;

/// What an answer means; `then` says what the content of a 2xx means.
pub(super) fn judge<T: DeserializeOwned>(wire: &Wire, answer: Answer, then: impl FnOnce(T) -> Outcome) -> Outcome {
    let response = match answer {
        Answer::Got(response) => response,
        // There is no token to renew: the credentials are wrong.
        Answer::NotSent | Answer::Unauthorized(_) => return Outcome::NotSent,
        Answer::InDoubt(doubt) => return Outcome::InDoubt(doubt),
    };
    match (response.status, refusal(response.status)) {
        (200..=299, _) => content(wire, &response.body).map_or(Outcome::InDoubt(Doubt::Unreadable), then),
        (status, Some(message)) => refused_by(status, message, content(wire, &response.body)),
        (500.., None) => Outcome::InDoubt(Doubt::ServerError),
        _ => Outcome::InDoubt(Doubt::UnknownCode),
    }
}

/// The content of an answer in our names; an empty one has no fields.
fn content<T: DeserializeOwned>(wire: &Wire, body: &[u8]) -> Option<T> {
    let said: Value = if body.is_empty() { json!({}) } else { serde_json::from_slice(body).ok()? };
    serde_json::from_value(wire.inward(&said)).ok().filter(|_| said.is_object())
}

/// A refusal that says something of its own; anything else may come from somebody in between and proves nothing.
fn refused_by(status: u16, message: &str, body: Option<wire::Refusal>) -> Outcome {
    let Some(wire::Refusal { errors, message: text, error }) = body else {
        return Outcome::InDoubt(Doubt::Unreadable);
    };
    let first = errors.first();
    if first.is_none() && text.is_none() && error.is_none() {
        return Outcome::InDoubt(Doubt::Unreadable);
    }
    // A title or a free text may quote what the buyer typed.
    let code = first.and_then(|first| first.code.as_deref()).and_then(word);
    let field = first.and_then(|first| first.source.as_deref()).and_then(word);
    Outcome::Refused(Refusal {
        provider_code: code.or_else(|| Some(status.to_string())),
        message: Some(field.map_or_else(|| message.to_owned(), |field| format!("refused at {field}"))),
    })
}

/// A refusal of our own, before anything was sent.
pub(super) fn refused(message: &str) -> Outcome {
    Outcome::Refused(Refusal { provider_code: None, message: Some(message.to_owned()) })
}

/// Where the buyer goes on.
pub(super) fn session_opened(session: wire::Session, flow: Flow, script: Option<Url>) -> Outcome {
    let expires_at = session.expires_at.and_then(|text| text.parse().ok());
    let wire::Id(id) = session.session_id;
    let action = match flow {
        Flow::Widget => script
            .map(|script_url| Action::Widget { provider_session_id: id.clone(), script_url, expires_at }),
        _ => session.payment_page_url.filter(is_https_or_loopback).map(|url| Action::Redirect { url, expires_at }),
    };
    let Some(action) = action else { return Outcome::InDoubt(Doubt::Unreadable) };
    let news = OrderNews::of(OrderState::AwaitingBuyer(Some(action)));
    let order = Some(OrderNews { session_reference: Some(id), ..news });
    Outcome::Done(Receipt { order, ..Receipt::default() })
}

/// A 2xx without a state is a yes; with a state that nobody knows it is not.
pub(super) fn confirmed(said: wire::Confirmed, payment: &Payment) -> Outcome {
    let Some(verdict) = said.state.as_deref().map_or(Some(Verdict::Authorized), verdict) else {
        return Outcome::InDoubt(Doubt::UnknownCode);
    };
    with_amount(said.amount, payment.currency, |amount| {
        let news = OrderNews::of(verdict.state());
        let order = OrderNews { amount, provider_reference: Some(said.order_id.0), ..news };
        Receipt { order: Some(order), ..Receipt::default() }
    })
}

pub(super) fn captured(said: wire::Captured, currency: Currency) -> Outcome {
    let provider_reference = Some(said.capture_id.0);
    with_amount(said.amount, currency, |amount| Receipt { provider_reference, amount, order: None })
}

pub(super) fn refunded(said: wire::Refunded, currency: Currency) -> Outcome {
    let provider_reference = said.refund_id.map(|id| id.0);
    with_amount(said.amount, currency, |amount| Receipt { provider_reference, amount, order: None })
}

/// An amount in another currency is another amount.
fn with_amount(said: Option<Part>, currency: Currency, receipt: impl FnOnce(Option<Amount>) -> Receipt) -> Outcome {
    match said.map(|said| said.amount(currency)) {
        Some(None) => Outcome::InDoubt(Doubt::AmountMismatch),
        amount => Outcome::Done(receipt(amount.flatten())),
    }
}
