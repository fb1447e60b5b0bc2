//! What an answer means. Its body counts first, whatever the HTTP status: the guide says that every failure has 200.

use jiff::Timestamp;
use payment::{
    Action, Doubt, InstructionKind, OperationKind, OrderNews, OrderState, Outcome, Payment, Receipt, ReceivableFacts,
    Refusal,
};
use url::Url;

use super::SESSION_SECONDS;
use super::account::Names;
use super::map::{UNKNOWN_ACCOUNT, refusal};
use super::wire::{Answer, Item};
use crate::account::after;
use crate::billink_common::standing::{Standing, standing};
use crate::billink_common::{applied, codes, events};
use crate::inbound::is_reference;
use crate::transport::is_page;
use crate::{ReadError, Response};

/// The operation whose call was answered.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) kind: OperationKind,
    pub(super) payment: &'a Payment,
}

/// Billink's no, in one of its four shapes.
enum Failure<'a> {
    /// By a code of its own.
    Code(Option<i64>),
    /// By an HTTP status, with a text that can name fields.
    Http(u16, &'a str),
}

impl Answer {
    fn failure(&self, status: u16) -> Option<Failure<'_>> {
        let is_error = |word: &Option<String>| word.as_ref().is_some_and(|word| word.eq_ignore_ascii_case("error"));
        if let Some((status, text)) = self.proxied() {
            return Some(Failure::Http(status, text));
        }
        let code = self.error.as_ref().and_then(|error| error.code.as_ref()).or(self.code.as_ref());
        if self.error.is_some() || is_error(&self.result) {
            return Some(Failure::Code(code.and_then(|code| code.number())));
        }
        is_error(&self.status).then(|| Failure::Http(status, self.message.as_deref().unwrap_or_default()))
    }

    /// Whether it says of itself that it is no failure.
    fn is_message(&self) -> bool {
        self.result.as_ref().is_some_and(|result| result.eq_ignore_ascii_case("msg"))
    }
}

impl Asked<'_> {
    /// What the answer to an effectful call means.
    pub(super) fn outcome(self, response: &Response, now: Timestamp) -> Outcome {
        let answer: Option<Answer> = serde_json::from_slice(&response.body).ok();
        match answer.as_ref().map(|answer| (answer, answer.failure(response.status))) {
            Some((_, Some(Failure::Code(code)))) => self.by_code(code, None),
            Some((_, Some(Failure::Http(status, text)))) => self.by_status(status, text),
            Some((answer, None)) if response.is_success() => match self.kind {
                OperationKind::CreateSession => opened(answer, now),
                OperationKind::Capture | OperationKind::Refund | OperationKind::Cancel => {
                    self.by_item(answer, answer.statuses.as_deref())
                }
                OperationKind::Tell(InstructionKind::DirectPayment) => self.by_item(answer, answer.invoices.as_deref()),
                OperationKind::Tell(_) => self.by_call(answer),
                // No call is one of these.
                OperationKind::Confirm | OperationKind::Amend => Outcome::InDoubt(Doubt::Unreadable),
            },
            _ => Outcome::InDoubt(failed(response.status)),
        }
    }

    /// The only order of the call, which must be ours.
    fn by_item(self, answer: &Answer, items: Option<&[Item]>) -> Outcome {
        let [item] = items.filter(|_| answer.is_message()).unwrap_or_default() else {
            return Outcome::InDoubt(Doubt::Unreadable);
        };
        let named = item.invoice_number.as_deref().filter(|number| !number.is_empty());
        let Some(code) = item.code.as_ref() else { return Outcome::InDoubt(Doubt::Unreadable) };
        let amount = item.message.as_deref().and_then(applied);
        match self.by_code(code.number(), Some(Receipt { amount, ..Receipt::default() })) {
            outcome if is_of(self.payment, named) => outcome,
            // An order that Billink does not know can have no number there.
            outcome @ Outcome::Refused(_) if named.is_none() => outcome,
            _ => Outcome::InDoubt(Doubt::Unreadable),
        }
    }

    /// The one code of a call that names no order.
    fn by_call(self, answer: &Answer) -> Outcome {
        let Some(code) = answer.code.as_ref().filter(|_| answer.is_message()) else {
            return Outcome::InDoubt(Doubt::Unreadable);
        };
        self.by_code(code.number(), Some(Receipt::default()))
    }

    /// What a code means; what was done is told where the answer is no failure.
    fn by_code(self, code: Option<i64>, done: Option<Receipt>) -> Outcome {
        let row = code.and_then(|code| codes::row(codes::of(self.kind), &spelled(code)));
        row.map_or(Outcome::InDoubt(Doubt::UnknownCode), |row| codes::outcome(row, done))
    }

    fn by_status(self, status: u16, text: &str) -> Outcome {
        if self.kind == OperationKind::CreateSession && UNKNOWN_ACCOUNT.contains(&status) {
            return Outcome::NotSent;
        }
        let Some(rule) = refusal(self.kind, status) else { return Outcome::InDoubt(failed(status)) };
        let fields = fields(text);
        let told = if fields.is_empty() { rule.to_owned() } else { format!("{rule}: {}", fields.join(", ")) };
        refused(Some(status.to_string()), &told)
    }
}

/// Whether a number is our order's, by our name or by Billink's.
fn is_of(payment: &Payment, number: Option<&str>) -> bool {
    number.is_some()
        && [Some(payment.order_reference.as_str()), payment.provider_reference.as_deref()].contains(&number)
}

/// A code with the leading zeros of Billink's tables.
fn spelled(code: i64) -> String {
    if code < 0 { code.to_string() } else { format!("{code:03}") }
}

fn failed(status: u16) -> Doubt {
    if status >= 500 { Doubt::ServerError } else { Doubt::Unreadable }
}

/// A refusal in our words.
pub(super) fn refused(provider_code: Option<String>, message: &str) -> Outcome {
    Outcome::Refused(Refusal { provider_code, message: Some(message.to_owned()) })
}

/// The fields that a text complains about. The rest of it can be personal, and so can a word with an @.
fn fields(text: &str) -> Vec<&str> {
    const PARTS: [&str; 5] = ["client.", "customer.", "billingAddress.", "shippingAddress.", "transaction."];
    let inside = |c: char| c.is_alphanumeric() || ".@+-_%".contains(c);
    let plain = |word: &str| word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
    let words = text.split(|c| !inside(c)).map(|word| word.trim_matches('.')).filter(|word| plain(word));
    words.filter(|word| PARTS.iter().any(|part| word.starts_with(part))).collect()
}

fn opened(answer: &Answer, now: Timestamp) -> Outcome {
    let given = |text: &Option<String>| text.clone().filter(|text| is_reference(text));
    let url = answer.session_url.as_ref().and_then(|url| url.parse::<Url>().ok()).filter(is_page);
    match (answer.status.as_deref(), given(&answer.session_id), url) {
        (Some("success"), Some(session), Some(url)) => {
            let expires_at = after(now, SESSION_SECONDS);
            let action = Action::Redirect { url, expires_at };
            let order = OrderNews {
                provider_reference: given(&answer.invoice),
                session_reference: Some(session),
                ..OrderNews::of(OrderState::AwaitingBuyer(Some(action)))
            };
            let provider_reference = order.provider_reference.clone();
            Outcome::Done(Receipt { provider_reference, order: Some(order), ..Receipt::default() })
        }
        (Some("success"), ..) => Outcome::InDoubt(Doubt::Unreadable),
        _ => Outcome::InDoubt(Doubt::UnknownCode),
    }
}

/// An answer to a read that tells something.
fn read(response: &Response) -> Result<Answer, ReadError> {
    let answer: Option<Answer> = serde_json::from_slice(&response.body).ok();
    let failure = answer.as_ref().and_then(|answer| answer.failure(response.status));
    match (failure, response.status) {
        (Some(Failure::Code(Some(101 | 102)) | Failure::Http(401 | 403, _)), _) | (None, 401 | 403) => {
            Err(ReadError::Unauthorized)
        }
        // Too many requests: it was not looked at.
        (Some(Failure::Code(Some(111))), _) => Err(ReadError::Unreachable),
        (None, 200..=299) => answer.ok_or(ReadError::Unreadable),
        _ => Err(ReadError::Unreadable),
    }
}

/// How the order stands whose session was asked about.
pub(super) fn session(response: &Response) -> Result<OrderState, ReadError> {
    events::session(&read(response)?.status.ok_or(ReadError::Unreadable)?).ok_or(ReadError::Unreadable)
}

/// How what is owed for our one order stands.
pub(super) fn order_info(names: &Names, response: &Response, payment: &Payment) -> Result<ReceivableFacts, ReadError> {
    let answer = read(response)?;
    let [info] = answer.invoices.as_deref().unwrap_or_default() else { return Err(ReadError::Unreadable) };
    let fine = info.code.as_ref().is_none_or(|code| code.number() == Some(200));
    let standing = info.status(names).and_then(standing).ok_or(ReadError::Unreadable)?;
    match standing {
        Standing::NotFound => Err(ReadError::Nothing),
        _ if fine && is_of(payment, info.invoice_number.as_deref()) => Ok(standing.facts(info.is_paid_out(names))),
        _ => Err(ReadError::Unreadable),
    }
}
