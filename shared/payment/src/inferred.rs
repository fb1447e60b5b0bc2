//! Inferred: what is known of a refund only by the amount of a movement that has no name of ours. A name outweighs it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::history::{Cause, Fact};
use crate::id::OperationId;
use crate::learn::field;
use crate::money::Amount;
use crate::operation::{Operation, OperationStatus, Reason};
use crate::outcome::{DoubtPolicy, GivenBack, OperationNews, Outcome, Receipt, Whom};
use crate::payment::Payment;

/// What of a refund was inferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inferred {
    /// That the movement is this refund, which is known to have succeeded.
    Reference,
    /// That it succeeded at all.
    Success,
}

impl Payment {
    /// Takes a movement for a refund of ours that is the only one it can be.
    pub(crate) fn infer(
        &mut self,
        refund: &OperationId,
        movement: String,
        amount: Amount,
        observed: bool,
        cause: &Cause,
        now: Timestamp,
    ) {
        let Some(before) = self.operation(refund).map(|o| o.status) else { return };
        let receipt =
            Receipt { provider_reference: Some(movement.clone()), amount: Some(amount), ..Receipt::default() };
        let (outcome, cause) = (Outcome::Done(receipt), cause.of(refund));
        if before.is_open() {
            self.conclude(refund, outcome, DoubtPolicy::Lookup, &cause, now);
        } else {
            self.compare_settled(refund, outcome, observed, &cause, now);
        }
        let known = before == OperationStatus::Succeeded;
        let has_it = |o: &&mut Operation| o.provider_reference.as_ref() == Some(&movement);
        if let Some(operation) = self.operation_mut(refund).filter(has_it) {
            operation.inferred = Some(if known { Inferred::Reference } else { Inferred::Success });
        }
    }

    /// The operation that news is about. A name that an operation has by inference names it only where no other name
    /// does.
    pub(crate) fn addressed(&self, news: &OperationNews) -> Option<&Operation> {
        let sure =
            |whom: &&Whom| matches!(whom, Whom::Reference(_)) || self.find(whom).is_some_and(|o| o.inferred.is_none());
        news.whom.iter().filter(sure).chain(&news.whom).find_map(|whom| self.find(whom))
    }

    /// The provider named an operation so. Another refund that has this name by inference loses it, and where it was
    /// thought to have succeeded by that alone, it is in doubt again.
    pub(crate) fn take_name(&mut self, by: &OperationId, name: &str, cause: &Cause, now: Timestamp) {
        let inferred =
            |o: &&mut Operation| o.id != *by && o.inferred.is_some() && o.provider_reference.as_deref() == Some(name);
        let Some(holder) = self.operations.iter_mut().find(inferred) else { return };
        holder.provider_reference = None;
        if holder.inferred.take() == Some(Inferred::Success) {
            let id = holder.id.clone();
            self.in_doubt(&id, &cause.of(&id), now);
        }
    }

    /// What the provider calls an operation that has succeeded. The movement that it was taken for before is one of its
    /// own.
    pub(crate) fn named(
        &mut self,
        id: &OperationId,
        name: Option<String>,
        observed: bool,
        cause: &Cause,
        now: Timestamp,
    ) {
        if let Some(name) = &name {
            self.take_name(id, name, cause, now);
        }
        // A movement that is counted as a reversal stays that: by amount, this operation is the other one.
        let counted = name.as_deref().is_some_and(|name| self.is_reversal(name));
        let Some(operation) = self.operation_mut(id) else { return };
        match (name, operation.provider_reference.clone()) {
            (Some(name), None) => operation.provider_reference = Some(name),
            (Some(name), Some(old)) if operation.inferred.is_some() && name != old && !counted => {
                operation.provider_reference = Some(name);
                operation.inferred = None;
                let part = GivenBack::Part { movement: old, amount: operation.amount };
                let capture = operation.refunds_capture().cloned();
                let made_by = |o: &&Operation| capture.is_some() && o.makes_capture() == capture.as_ref();
                if let Some(of) = self.operations.iter().find(made_by).map(|o| o.id.clone()) {
                    self.learn_of_given_back(&of, part, observed, cause, now);
                }
            }
            (None, Some(_)) if operation.inferred.is_some() => operation.inferred = Some(Inferred::Reference),
            // One operation has one movement. No look at the order tells of a second one, so it is written down at once.
            (Some(name), Some(old)) if operation.inferred.is_none() && name != old => {
                let field = format!("{}.provider_reference", field(operation));
                self.contradicted(&field, old, name, true, cause, now);
            }
            _ => {}
        }
    }

    /// Whether a movement was counted as a reversal.
    pub(crate) fn is_reversal(&self, id: &str) -> bool {
        let reversed =
            |fact: &Fact| matches!(fact, Fact::CaptureReversed { movement: Some(movement), .. } if movement == id);
        self.history.iter().any(|entry| reversed(&entry.fact))
    }
}

/// Whether a movement of its amount can be this refund: it has no name at the provider yet, and is not known not to have
/// happened.
pub(crate) fn can_be_a_movement(refund: &Operation) -> bool {
    let thought_rejected = refund.reason.as_ref().is_some_and(Reason::allows_another_attempt);
    let may_be = refund.status != OperationStatus::Rejected || thought_rejected;
    may_be && refund.provider_reference.is_none()
}
