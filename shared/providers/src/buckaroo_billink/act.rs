//! The one effectful call of an operation: what is asked, and how its answer is read.

use http::{HeaderName, Method};
use payment::{Doubt, Operation, OperationKind, Order, Outcome, Payment, Receipt};

use super::client::Buckaroo;
use super::look::is_foreign;
use super::map::{self, CANCEL, CAPTURE, REFUND, ServiceAction};
use super::request::Draft;
use super::wire::{CancelAnswer, Transaction};
use crate::{Act, Context, Request, Response};

/// What a call asks for.
pub(super) enum Asked {
    /// A transaction of this action.
    Transaction(&'static ServiceAction),
    /// To call off the transaction with this key, which still waits for the buyer.
    CallOff(String),
}

/// The request of an act; `None` when there is nothing to ask.
pub(super) fn asked(client: &Buckaroo, act: Act<'_>, context: &Context<'_>) -> Option<(Asked, Request)> {
    let (account, payment) = (&client.account, context.payment);
    let transactions = || account.url(&account.wire.transaction_path, None);
    let first_key = || payment.provider_reference.as_deref();
    let draft = |action, operation| Draft { account, action, operation, urls: context.urls };
    let (action, body) = match act {
        Act::CreateSession(operation) => {
            let (order, action) = (context.order?, ServiceAction::of(operation.kind(), payment.capture_mode)?);
            let body = draft(action, operation).opening(order)?;
            let request = client.signed(Method::POST, transactions(), body, context.now)?;
            return Some((Asked::Transaction(action), in_language(order, request)));
        }
        Act::Confirm(_) | Act::Amend(_) | Act::Tell(..) => return None,
        Act::Capture(operation) => (&CAPTURE, draft(&CAPTURE, operation).following(first_key()?, payment)?),
        Act::Refund { refund, capture } => {
            let key = capture.provider_reference.as_deref()?;
            (&REFUND, draft(&REFUND, refund).following(key, payment)?)
        }
        Act::Cancel(operation) if gives_back(operation) => {
            (&CANCEL, draft(&CANCEL, operation).following(first_key()?, payment)?)
        }
        Act::Cancel(_) => {
            let key = first_key()?;
            let url = account.url(&account.wire.cancel_path, Some(key));
            return Some((Asked::CallOff(key.to_owned()), client.signed(Method::GET, url, Vec::new(), context.now)?));
        }
    };
    Some((Asked::Transaction(action), client.signed(Method::POST, transactions(), body, context.now)?))
}

impl Asked {
    /// What a genuine answer means: its own status counts, whatever the HTTP status is.
    pub(super) fn outcome(&self, answer: &Response, operation: &Operation, payment: &Payment) -> Outcome {
        let body = &answer.body;
        let judge = |action, answer: Transaction| match map::outcome(action, &answer) {
            // Test money for real money, or the other way round, is not what was asked for, and another's is not ours.
            Outcome::Done(_) | Outcome::Pending(_)
                if answer.is_elsewhere(payment) || is_foreign(&answer, operation, payment) =>
            {
                Outcome::InDoubt(Doubt::Unreadable)
            }
            outcome => outcome,
        };
        let read = match self {
            Self::Transaction(action) => serde_json::from_slice(body).map(|answer| judge(action, answer)),
            Self::CallOff(key) => serde_json::from_slice(body).map(|answer| called_off(key, answer)),
        };
        read.unwrap_or_else(|_| map::without_status(answer.status, body))
    }
}

/// The request with the language of its page, where the shop says which; only the header counts.
fn in_language(order: &Order, request: Request) -> Request {
    let is_culture = |text: &&str| matches!(text.as_bytes(), [a, b, b'-', c, d] if [a, b, c, d].iter().all(|letter| letter.is_ascii_alphabetic()));
    let locale = order.buyer.locale.as_ref().map(|locale| locale.as_str());
    match locale.filter(is_culture) {
        Some(culture) => request.with_header(HeaderName::from_static("culture"), culture, false),
        None => request,
    }
}

/// Whether a cancellation gives back promised money (CancelAuthorize); otherwise nothing was promised yet, and what
/// waits for the buyer is called off.
pub(super) fn gives_back(operation: &Operation) -> bool {
    operation.kind() == OperationKind::Cancel && !operation.amount.is_zero()
}

fn called_off(key: &str, answer: CancelAnswer) -> Outcome {
    match answer {
        CancelAnswer { key: Some(other), .. } if other != key => Outcome::InDoubt(Doubt::Unreadable),
        CancelAnswer { is_canceled: true, .. } => Outcome::Done(Receipt::default()),
        CancelAnswer { is_canceled: false, .. } => Outcome::Refused(map::too_late()),
    }
}
