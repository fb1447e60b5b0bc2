//! What Billie's answers mean.

use jiff::Timestamp;
use payment::{Action, Amount, Currency, Doubt, Flow, OrderNews, OrderState, Outcome, Payment, Receipt, Refusal};
use serde_json::{Value, json};
use url::Url;

use super::account::Wire;
use super::map::{Verdict, refusal};
use super::wire::Said;
use crate::billie::{time, word};
use crate::transport::is_page;
use crate::{Answer, Response};

const UNREADABLE: Outcome = Outcome::InDoubt(Doubt::Unreadable);

/// What an answer means; `then` says what the content of a 2xx means.
pub(super) fn judge(wire: &Wire, answer: Answer, then: impl FnOnce(Said) -> Outcome) -> Outcome {
    answer.outcome(|response| judge_response(wire, &response, then))
}

fn judge_response(wire: &Wire, response: &Response, then: impl FnOnce(Said) -> Outcome) -> Outcome {
    // An empty body says nothing, which is enough where nothing is needed.
    let empty = response.body.is_empty().then(|| wire.inward_value(json!({})));
    let said = empty.or_else(|| wire.inward(&response.body)).filter(|said| said.at("").is_some_and(Value::is_object));
    match (response.status, refusal(response.status), said) {
        (200..=299, _, Some(said)) => then(said),
        (status, Some(message), Some(said)) => refused_by(status, message, &said),
        (200..=299, ..) | (_, Some(_), None) => UNREADABLE,
        (500.., ..) => Outcome::InDoubt(Doubt::ServerError),
        _ => Outcome::InDoubt(Doubt::UnknownCode),
    }
}

/// A refusal that says something of its own; anything else may come from somebody in between and proves nothing. The
/// forms are those of Billie's other API. Titles and free texts may quote what the buyer typed.
fn refused_by(status: u16, message: &str, said: &Said) -> Outcome {
    if !["/errors/0", "/message", "/error"].iter().any(|place| said.at(place).is_some()) {
        return UNREADABLE;
    }
    let field = said.text("/errors/0/source").and_then(word);
    Outcome::Refused(Refusal {
        provider_code: said.text("/errors/0/code").and_then(word).or_else(|| Some(status.to_string())),
        message: Some(field.map_or_else(|| message.to_owned(), |field| format!("refused at {field}"))),
    })
}

/// Where the buyer goes on, at whose order. The page's address is called as in our proposal or as in Billie's other API.
/// The widget's script is not in the answer, and the session's end may not be.
pub(super) fn session_opened(
    said: &Said,
    flow: Flow,
    (script, end): (Option<Url>, Option<Timestamp>),
    merchant: &str,
) -> Outcome {
    let Some(id) = said.id("/session_id") else { return UNREADABLE };
    let expires_at = said.text("/expires_at").and_then(time).or(end);
    let action = if flow == Flow::Widget {
        script.map(|script_url| Action::Widget { provider_session_id: id.clone(), script_url, expires_at })
    } else {
        let page = said.text("/hpp_url").or_else(|| said.text("/payment_page_url"));
        let url = page.and_then(|page| page.parse().ok()).filter(is_page);
        url.map(|url| Action::Redirect { url, expires_at })
    };
    let Some(action) = action else { return UNREADABLE };
    let state = OrderState::AwaitingBuyer(Some(action));
    let provider_account = Some(merchant.to_owned());
    let order = OrderNews { session_reference: Some(id), provider_account, ..OrderNews::of(state) };
    Outcome::Done(Receipt { order: Some(order), ..Receipt::default() })
}

/// A 2xx without a state is a yes; with a state that nobody knows it is not.
pub(super) fn confirmed(wire: &Wire, said: &Said, payment: &Payment) -> Outcome {
    let Some(order) = said.id("/order_id") else { return UNREADABLE };
    let verdict = said.at("/state").map_or(Some(Verdict::Authorized), |state| wire.verdict(state.as_str()?));
    let Some(verdict) = verdict else { return Outcome::InDoubt(Doubt::UnknownCode) };
    with_amount(said, payment.currency, |amount| {
        let news = OrderNews { amount, provider_reference: Some(order), ..OrderNews::of(verdict.state()) };
        Receipt { order: Some(news), ..Receipt::default() }
    })
}

/// An activation without an id enables nobody.
pub(super) fn activated(said: &Said) -> Outcome {
    let Some(id) = said.id("/merchant_id") else { return UNREADABLE };
    Outcome::Done(Receipt { provider_reference: Some(id), ..Receipt::default() })
}

/// A capture is named by its id from then on, so an answer without one is none.
pub(super) fn captured(said: &Said, currency: Currency) -> Outcome {
    let Some(id) = said.id("/capture_id") else { return UNREADABLE };
    with_amount(said, currency, |amount| Receipt { provider_reference: Some(id), amount, ..Receipt::default() })
}

pub(super) fn refunded(said: &Said, currency: Currency) -> Outcome {
    let provider_reference = said.id("/refund_id");
    with_amount(said, currency, |amount| Receipt { provider_reference, amount, ..Receipt::default() })
}

pub(super) fn canceled(_: &Said, _: Currency) -> Outcome {
    Outcome::Done(Receipt::default())
}

pub(super) fn amended(said: &Said, currency: Currency) -> Outcome {
    with_amount(said, currency, |amount| Receipt { amount, ..Receipt::default() })
}

fn with_amount(said: &Said, currency: Currency, receipt: impl FnOnce(Option<Amount>) -> Receipt) -> Outcome {
    said.amount(currency).map_or(Outcome::InDoubt(Doubt::AmountMismatch), |amount| Outcome::Done(receipt(amount)))
}
