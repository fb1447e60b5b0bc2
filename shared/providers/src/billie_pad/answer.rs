//! What Billie's answers mean.

use jiff::Timestamp;
use payment::{
    Action, BankTransfer, Debtor, Doubt, OrderNews, OrderState, Outcome, Payment, Personal, Receipt, Refusal,
};
use serde::de::{DeserializeOwned, IgnoredAny};
use url::Url;

use super::map::{REFUSALS, Stage, decline, stage};
use super::{SESSION_SECONDS, wire};
use crate::account::after;
use crate::billie::{time, word};
use crate::transport::is_page;
use crate::{Answer, ReadError, Response};

/// What an answer means; `then` says what a 2xx means. A 401 and a 429 never get here: nothing was done.
pub(super) fn judge(answer: Answer, then: impl FnOnce(&[u8]) -> Outcome) -> Outcome {
    answer.outcome(|response| match response.status {
        200..=299 => then(&response.body),
        status if REFUSALS.contains(&status) => refusal(&response.body),
        500.. => Outcome::InDoubt(Doubt::ServerError),
        _ => Outcome::InDoubt(Doubt::UnknownCode),
    })
}

/// What an answer means; `then` says what the content of a 2xx means.
pub(super) fn judge_content<T: DeserializeOwned>(answer: Answer, then: impl FnOnce(T) -> Outcome) -> Outcome {
    judge(answer, |body| serde_json::from_slice(body).map_or(Outcome::InDoubt(Doubt::Unreadable), then))
}

/// The content of an answer to a read.
pub(super) fn seen<T: DeserializeOwned>(response: &Response) -> Result<T, ReadError> {
    match response.status {
        200..=299 => serde_json::from_slice(&response.body).map_err(|_| ReadError::Unreadable),
        404 => Err(ReadError::Nothing),
        _ => Err(ReadError::Unreadable),
    }
}

/// A refusal in the documented form; anything else may come from somebody in between and proves nothing.
fn refusal(body: &[u8]) -> Outcome {
    let errors = serde_json::from_slice(body).map(|wire::Errors { errors }| errors).unwrap_or_default();
    let Some(first) = errors.first() else { return Outcome::InDoubt(Doubt::Unreadable) };
    // The title may quote what the buyer typed.
    let field = first.source.as_deref().and_then(word).map(|field| format!("refused at {field}"));
    Outcome::Refused(Refusal { provider_code: word(&first.code), message: field })
}

/// The answer of a call that makes something names what it made, and no amount.
pub(super) fn made(answer: Answer) -> Outcome {
    let receipt = |id: wire::Id| Receipt { provider_reference: Some(id.0), ..Receipt::default() };
    judge_content(answer, |wire::Created { uuid }| Outcome::Done(receipt(uuid)))
}

/// The answer of a call that takes something away has no body. One that is not Billie's JSON is somebody else's.
pub(super) fn emptied(answer: Answer) -> Outcome {
    judge(answer, |body| {
        let billies = body.trim_ascii().is_empty() || serde_json::from_slice::<IgnoredAny>(body).is_ok();
        if billies { Outcome::Done(Receipt::default()) } else { Outcome::InDoubt(Doubt::Unreadable) }
    })
}

pub(super) fn done(order: OrderNews) -> Outcome {
    Outcome::Done(Receipt { order: Some(order), ..Receipt::default() })
}

pub(super) fn page_opened(session: wire::PageSession, now: Timestamp) -> Outcome {
    if !is_page(&session.hpp_url) {
        return Outcome::InDoubt(Doubt::Unreadable);
    }
    // Its times name no zone: a session never outlives the 48 hours of the page, however they are read.
    let read = session.expires_at.as_deref().and_then(time);
    let expires_at = read.into_iter().chain(after(now, SESSION_SECONDS)).min();
    opened(session.session_id, Action::Redirect { url: session.hpp_url, expires_at })
}

pub(super) fn widget_opened(session: wire::WidgetSession, script_url: Url, now: Timestamp) -> Outcome {
    let provider_session_id = session.id.0.clone();
    opened(session.id, Action::Widget { provider_session_id, script_url, expires_at: after(now, SESSION_SECONDS) })
}

fn opened(session: wire::Id, action: Action) -> Outcome {
    let news = OrderNews::of(OrderState::AwaitingBuyer(Some(action)));
    done(OrderNews { session_reference: Some(session.0), ..news })
}

/// What an act's answer says about the order that it made; an order that still waits for a confirmation is no order.
pub(super) fn ordered(order: wire::Order, payment: &Payment) -> Outcome {
    match news(order, payment) {
        Some(news) if news.state == OrderState::AwaitingConfirmation => Outcome::InDoubt(Doubt::UnknownCode),
        Some(news) => done(news),
        None => Outcome::InDoubt(Doubt::Unreadable),
    }
}

/// How an order stands; none when its state is unknown, its amount is missing or it is somebody else's.
pub(super) fn news(order: wire::Order, payment: &Payment) -> Option<OrderNews> {
    let stage = stage(&order.state)?;
    if order.external_code.as_ref().is_some_and(|code| *code != payment.order_reference) {
        return None;
    }
    // Later the amount may have been lowered, by an update or a credit note, and proves nothing.
    let promised = matches!(stage, Stage::Review | Stage::Confirm | Stage::Created);
    let amount = if promised { Some(order.amount.0?.0.gross()) } else { None };
    let account = order.debtor.0.as_ref().and_then(|debtor| debtor.bank_account.as_ref()).and_then(bank_transfer);
    let methods = order.payment_methods.0.iter().flatten().filter(|method| method.kind == "bank_transfer");
    let method = methods.filter_map(|method| method.data.as_ref()).find_map(bank_transfer);
    Some(OrderNews {
        amount,
        provider_reference: Some(order.uuid.0.clone()),
        bank_transfer: account.or(method),
        debtor: order.debtor.0.and_then(identified),
        ..OrderNews::of(state(stage, order.decline_reason.as_deref()))
    })
}

pub(super) fn state(stage: Stage, decline_reason: Option<&str>) -> OrderState {
    match stage {
        Stage::Review => OrderState::UnderReview,
        Stage::Confirm => OrderState::AwaitingConfirmation,
        Stage::Created | Stage::PartlyShipped | Stage::Shipped => OrderState::Authorized,
        Stage::Declined => OrderState::Declined(decline(decline_reason)),
        Stage::Canceled => OrderState::Canceled,
    }
}

/// The company, which is not there when the buyer is refused.
fn identified(debtor: wire::Debtor) -> Option<Debtor> {
    let name = debtor.name.filter(|name| !name.reveal().is_empty())?;
    Some(Debtor { name, address: debtor.company_address.0 })
}

/// No page has a holder of the account or a reference to quote: the account is the debtor's own.
fn bank_transfer(account: &wire::BankAccount) -> Option<BankTransfer> {
    let given = |text: &Option<Personal<String>>| text.clone().filter(|text| !text.reveal().is_empty());
    Some(BankTransfer { iban: given(&account.iban)?, bic: given(&account.bic), account_holder: None, reference: None })
}
