//! News of operations that are settled: it adds what was not known, or it contradicts; proof that one was done after all
//! outweighs what was inferred.

use jiff::Timestamp;

use crate::evidence::Hint;
use crate::history::Cause;
use crate::id::OperationId;
use crate::learn::{field, opens};
use crate::operation::{Operation, OperationStatus, Reason};
use crate::outcome::{DoubtPolicy, Outcome, Receipt};
use crate::payment::Payment;

impl Payment {
    /// News of an operation that is settled: it adds what was not known, or it contradicts.
    pub(crate) fn compare_settled(
        &mut self,
        id: &OperationId,
        outcome: Outcome,
        observed: bool,
        cause: &Cause,
        now: Timestamp,
    ) {
        let Some(operation) = self.operation(id).cloned() else { return };
        match (outcome, operation.status) {
            (outcome @ (Outcome::Done(_) | Outcome::Pending(_)), OperationStatus::Rejected) => {
                let done = matches!(outcome, Outcome::Done(_));
                if !self.reinstate(&operation, outcome, cause, now) && done {
                    self.ended_otherwise(&operation, ["rejected", "succeeded"], observed, cause, now);
                }
            }
            (Outcome::Refused(_), OperationStatus::Succeeded) => {
                self.ended_otherwise(&operation, ["succeeded", "rejected"], observed, cause, now);
            }
            (Outcome::Done(receipt), OperationStatus::Succeeded) => {
                if self.is_told_of_another_order(receipt.order.as_ref(), cause, now) {
                    return;
                }
                if let Some(theirs) = receipt.amount.filter(|amount| *amount != operation.amount) {
                    let name = format!("{}.amount", field(&operation));
                    self.contradicted(&name, operation.amount.to_string(), theirs.to_string(), observed, cause, now);
                    return;
                }
                let again = another_movement(&operation, &receipt);
                self.named(id, receipt.provider_reference, observed, cause, now);
                if let Some(movement) = again {
                    self.refunded_again(&operation, movement, cause, now);
                }
                if let Some(given_back) = receipt.given_back {
                    self.learn_of_given_back(id, given_back, observed, cause, now);
                }
                if let Some(order) = receipt.order {
                    self.learn_of_order(order, observed, cause, now);
                }
            }
            _ => {}
        }
    }

    /// Proof that a settled operation ended the other way. A claim asks for a look, which may be at the order alone: of what
    /// did not open it, it is written down at once.
    fn ended_otherwise(
        &mut self,
        operation: &Operation,
        [ours, theirs]: [&str; 2],
        observed: bool,
        cause: &Cause,
        now: Timestamp,
    ) {
        if !observed {
            self.hint(Hint { at: now });
        }
        let told = observed || !opens(operation);
        self.contradicted(&field(operation), ours.to_owned(), theirs.to_owned(), told, cause, now);
    }

    /// That an operation was not processed is only inferred where the same key may run it again. Proof that it was
    /// outweighs that, and running it again would move the money twice; but only while its money is still there.
    /// That it was given back since does not make room for it. A person's no yields to proof that it was done, and to
    /// nothing less.
    pub(crate) fn reinstate(
        &mut self,
        operation: &Operation,
        mut outcome: Outcome,
        cause: &Cause,
        now: Timestamp,
    ) -> bool {
        let given_back = if let Outcome::Done(receipt) = &mut outcome { receipt.given_back.take() } else { None };
        let inferred = operation.reason.as_ref().is_some_and(Reason::allows_another_attempt);
        let denied = operation.is_by_a_persons_word() && matches!(outcome, Outcome::Done(_));
        let mut next = self.clone();
        let Some(known) = next.operation_mut(&operation.id).filter(|_| inferred || denied) else { return false };
        known.status = OperationStatus::Accepted;
        known.reason = None;
        next.revive_what_waited_for(&operation.id);
        next.conclude(&operation.id, outcome, DoubtPolicy::Lookup, cause, now);
        let settled = next.operation(&operation.id).is_some_and(|o| !o.status.is_open());
        let fits = settled || (inferred && next.check_conflicts(operation.kind(), Some(&operation.id), now).is_ok());
        let still_true = fits && next.check_invariants().is_ok();
        if still_true {
            *self = next;
            if let Some(given_back) = given_back {
                self.learn_of_given_back(&operation.id, given_back, false, cause, now);
            }
        }
        still_true
    }
}

/// The movement that is named for an operation which has happened and is known to be another one.
fn another_movement(operation: &Operation, receipt: &Receipt) -> Option<String> {
    let known = operation.provider_reference.as_ref().filter(|_| operation.inferred.is_none())?;
    receipt.provider_reference.clone().filter(|name| name != known)
}
