//! Looking for a transaction: by its key where we know it, else by our reference.

use payment::{Finding, Operation, Outcome, Payment, Receipt};
use serde_json::json;

use super::act::too_late;
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

impl Buckaroo {
    /// The transaction of an operation.
    pub(super) async fn look_up(
        &self,
        operation: &Operation,
        action: &ServiceAction,
        context: &Context<'_>,
    ) -> Result<LookUp, ReadError> {
        let payment = context.payment;
        let first_key = payment.provider_reference.as_deref();
        let key = operation.provider_reference.as_deref().or(first_key.filter(|_| action.opens()));
        if let Some(key) = key {
            return Ok(LookUp::One(Box::new(self.status(key, context).await?)));
        }
        let question = json!({ "Transactions": [{ "Invoice": operation.reference }] });
        let answer = self.ask(&self.account.wire.statuses_path, &question, context).await?;
        let others = payment.operations.iter().filter(|o| o.id != operation.id);
        let known: Vec<_> = others.filter_map(|o| o.provider_reference.as_deref()).chain(first_key).collect();
        Ok(LookUp::among(answer, action, operation, &known))
    }

    /// Calling off makes no transaction: how the one that it is about stands tells whether it was done.
    pub(super) async fn probe_call_off(&self, context: &Context<'_>) -> Result<Finding, ReadError> {
        let key = context.payment.provider_reference.as_deref().ok_or(ReadError::Nothing)?;
        let seen = self.status(key, context).await?;
        Ok(match seen.meaning() {
            Some(Meaning::Canceled) => Finding::Found(Outcome::Done(Receipt::default())),
            Some(Meaning::Pending) => Finding::NotFound,
            Some(Meaning::Done | Meaning::Failed | Meaning::Rejected) => Finding::Found(Outcome::Refused(too_late())),
            Some(Meaning::Technical) | None => Finding::Unclear,
        })
    }
}

impl LookUp {
    /// The one transaction of this action under this reference, those left out that are known to be another's. A second
    /// live one is nothing that we did: a person must look. Every attempt has the same reference, so fewer refused ones than
    /// attempts may all be earlier attempts': the last one is not there then.
    fn among(answer: StatusesAnswer, action: &ServiceAction, operation: &Operation, known: &[&str]) -> Self {
        let reference = operation.reference.as_str();
        let of_another = |t: &Transaction| t.key.as_deref().is_some_and(|key| known.contains(&key));
        let rest: Vec<_> = answer.transactions.into_iter().flatten().filter(|t| !of_another(t)).collect();
        if rest.is_empty() {
            let missing = answer.error_transactions.is_some_and(|errors| !errors.is_empty());
            return if missing { Self::Absent } else { Self::Unclear };
        }
        let ours = rest.into_iter().filter(|t| t.invoice.as_deref() == Some(reference) && action.may_be(t));
        let (mut refused, mut live): (Vec<_>, Vec<_>) = ours.partition(Transaction::is_refused);
        let every_attempt = refused.len() >= usize::try_from(operation.attempt).unwrap_or(usize::MAX);
        match (live.pop(), live.is_empty(), refused.pop()) {
            (Some(one), true, _) => Self::One(Box::new(one)),
            (None, _, Some(one)) if every_attempt => Self::One(Box::new(one)),
            (None, _, Some(_)) => Self::Absent,
            _ => Self::Unclear,
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
