//! Looking for a transaction: by its key where we know it, else by our reference.

use payment::{Finding, Operation, Outcome, Payment, Receipt};
use serde_json::json;

use super::client::Buckaroo;
use super::map::{self, Meaning, ServiceAction};
use super::wire::{StatusesAnswer, Transaction};
use crate::{Context, ReadError};

/// What a look-up gave.
pub(super) enum LookUp {
    One(Box<Transaction>),
    Absent,
    Unclear,
}

/// The transaction of an operation.
pub(super) async fn look_up(
    client: &Buckaroo,
    operation: &Operation,
    action: &ServiceAction,
    context: &Context<'_>,
) -> Result<LookUp, ReadError> {
    let payment = context.payment;
    let first_key = payment.provider_reference.as_deref();
    let key = operation.provider_reference.as_deref().or(first_key.filter(|_| action.opens()));
    // Of several attempts only their common name tells, until it is known which one made the order.
    let is_made = action.opens() && !operation.status.is_open();
    if let Some(key) = key.filter(|_| is_made || !operation.was_not_processed) {
        let seen = client.status(key, context).await?;
        // A person can have told the key of another payment, or of something else.
        return match is_foreign(&seen, operation, payment) || !action.may_be(&seen) {
            true if action.opens() => Err(ReadError::Unreadable),
            true => Ok(LookUp::Absent),
            false => Ok(LookUp::One(Box::new(seen))),
        };
    }
    let names = names(operation, payment);
    let asked: Vec<_> = names.iter().map(|invoice| json!({ "Invoice": invoice })).collect();
    let question = json!({ "Transactions": asked });
    let mut answer: StatusesAnswer = client.ask(&client.account.wire.statuses_path, &question, context).await?;
    let is_first = |key: &str| first_key == Some(key) && !action.opens();
    let known = |key: &str| is_first(key) || payment.is_another_movement(&operation.id, key);
    answer.transactions.iter_mut().for_each(|all| all.retain(|t| !t.key.as_deref().is_some_and(known)));
    Ok(LookUp::among(answer, action, operation, &names))
}

/// Calling off makes no transaction: how the one that it is about stands tells whether it was done.
pub(super) async fn probe_call_off(client: &Buckaroo, context: &Context<'_>) -> Result<Finding, ReadError> {
    let key = context.payment.provider_reference.as_deref().ok_or(ReadError::Nothing)?;
    let seen = client.status(key, context).await?;
    if seen.invoice.as_ref().is_some_and(|invoice| *invoice != context.payment.order_reference) {
        return Err(ReadError::Unreadable);
    }
    Ok(match seen.meaning() {
        Some(Meaning::Canceled) => Finding::Found(Outcome::Done(Receipt::default())),
        Some(Meaning::Pending) => Finding::NotFound,
        Some(Meaning::Done | Meaning::Failed | Meaning::Rejected) => Finding::Found(Outcome::Refused(map::too_late())),
        Some(Meaning::Technical) | None => Finding::Unclear,
    })
}

impl LookUp {
    /// The one transaction of this action under this reference, of those that are not known to be another's. A second
    /// live one is nothing that we did: a person must look. Every attempt has the same reference, so fewer refused ones than
    /// attempts may all be earlier attempts': the last one is not there then. Nor is it missing while one like it is there
    /// under the name of what it follows.
    fn among(answer: StatusesAnswer, action: &ServiceAction, operation: &Operation, names: &[&str]) -> Self {
        let reference = operation.reference.as_str();
        let is_under = |t: &Transaction, name: &str| t.invoice.as_deref() == Some(name);
        let followed = |t: &Transaction| names.iter().any(|name| *name != reference && is_under(t, name));
        let all = answer.transactions.into_iter().flatten();
        let (followed, rest): (Vec<_>, Vec<_>) = all.partition(followed);
        let alike = followed.iter().any(|t| action.may_be(t) && !t.is_refused() && t.may_move(operation.amount));
        if rest.is_empty() {
            let mut errors = answer.error_transactions.into_iter().flatten();
            let missing = errors.any(|error| error.invoice.as_deref() == Some(reference));
            return if missing && !alike { Self::Absent } else { Self::Unclear };
        }
        let ours = rest.into_iter().filter(|t| is_under(t, reference) && action.may_be(t));
        let (mut refused, mut live): (Vec<_>, Vec<_>) = ours.partition(Transaction::is_refused);
        let every_attempt = refused.len() >= usize::try_from(operation.attempt).unwrap_or(usize::MAX);
        let several = live.len() > 1;
        match (live.pop(), refused.pop()) {
            (Some(_), _) if several => Self::Unclear,
            (Some(one), _) => Self::One(Box::new(one)),
            (None, _) if alike => Self::Unclear,
            (None, Some(one)) if every_attempt => Self::One(Box::new(one)),
            (None, Some(_)) => Self::Absent,
            (None, None) => Self::Unclear,
        }
    }

    /// What it tells of an operation of this action.
    pub(super) fn finding(self, action: &ServiceAction, payment: &Payment) -> Finding {
        match self {
            Self::Absent => Finding::NotFound,
            Self::Unclear => Finding::Unclear,
            Self::One(transaction) if transaction.is_elsewhere(payment) => Finding::Unclear,
            Self::One(transaction) => match map::outcome(action, &transaction) {
                Outcome::InDoubt(_) | Outcome::NotSent => Finding::Unclear,
                outcome => Finding::Found(outcome),
            },
        }
    }
}

/// Whether a transaction has a name that one of this operation cannot have.
pub(super) fn is_foreign(transaction: &Transaction, operation: &Operation, payment: &Payment) -> bool {
    transaction.invoice.as_deref().is_some_and(|invoice| !names(operation, payment).contains(&invoice))
}

/// The names that a transaction of an operation can have, our own of it first. Buckaroo may put what follows another
/// transaction under the name of that one, as the guide's samples do.
fn names<'a>(operation: &'a Operation, payment: &'a Payment) -> Vec<&'a str> {
    let captures = payment.operations.iter().filter(|o| o.makes_capture().is_some());
    let followed = captures.filter(|o| o.makes_capture() == operation.refunds_capture()).map(|o| o.reference.as_str());
    let mut names = vec![operation.reference.as_str()];
    for name in [payment.order_reference.as_str()].into_iter().chain(followed) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
