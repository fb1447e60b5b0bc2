//! Settling: how an attempt, a probe or a dead worker ends.

use jiff::Timestamp;

use crate::accept::Ticket;
use crate::evidence::Observation;
use crate::history::{Cause, Fact};
use crate::id::OperationId;
use crate::learn::came_to_nothing;
use crate::operation::{Operation, OperationStatus, Reason};
use crate::outcome::{Doubt, DoubtPolicy, Finding, Outcome};
use crate::payment::Payment;
use crate::schedule;

impl Payment {
    /// Writes down how the attempt of a ticket ended. An attempt that is no longer the current one changes nothing;
    /// where a message settled the operation first, the answer adds what the message did not say, or is drift.
    ///
    /// Returns whether anything changed.
    pub fn settle(
        &mut self,
        ticket: &Ticket,
        outcome: Outcome,
        policy: DoubtPolicy,
        cause: &Cause,
        now: Timestamp,
    ) -> bool {
        let id = &ticket.operation;
        let current = self.operation(id).filter(|o| o.attempt == ticket.attempt).map(|o| o.status);
        match current {
            None => false,
            // The provider's word that it has the operation outweighs a call that learned nothing.
            Some(OperationStatus::Pending) if matches!(outcome, Outcome::NotSent | Outcome::InDoubt(_)) => false,
            Some(status) if status.is_open() => {
                self.conclude(id, outcome, policy, &cause.of(id), now);
                true
            }
            Some(_) => {
                let before = self.clone();
                self.compare_settled(id, outcome, true, &cause.of(id), now);
                *self != before
            }
        }
    }

    /// Writes down that a worker died between reserving and settling: its outcome is unknown.
    ///
    /// Returns whether anything changed.
    pub fn lapse(&mut self, id: &OperationId, policy: DoubtPolicy, cause: &Cause, now: Timestamp) -> bool {
        let dead = self
            .operation(id)
            .is_some_and(|o| o.status == OperationStatus::Accepted && o.attempt > 0 && o.lease_until <= now);
        if dead {
            self.conclude(id, Outcome::InDoubt(Doubt::WorkerDied), policy, &cause.of(id), now);
        }
        dead
    }

    /// Writes down what a probe of an operation in doubt (or pending) found.
    pub fn found(
        &mut self,
        id: &OperationId,
        finding: Observation<Finding>,
        quiet_seconds: u32,
        policy: DoubtPolicy,
        cause: &Cause,
        now: Timestamp,
    ) {
        use crate::evidence::Proof;
        let looked_at = |o: &Operation| {
            matches!(o.status, OperationStatus::InDoubt | OperationStatus::Pending | OperationStatus::NeedsOperator)
        };
        if !self.operation(id).is_some_and(looked_at) {
            return;
        }
        match finding.into_content() {
            Finding::Found(Outcome::InDoubt(_) | Outcome::NotSent) | Finding::Unclear => {
                self.look_again(id, policy, cause, now);
            }
            Finding::Found(outcome) => {
                let before = self.operation(id).map(|o| (o.status, o.due_at));
                if let Some(operation) = self.operation_mut(id).filter(|o| came_to_nothing(o, &outcome)) {
                    // Nothing is found of the earlier attempts but that they were refused as well.
                    operation.was_not_processed = false;
                }
                self.conclude(id, outcome, policy, &cause.of(id), now);
                // What was found named another amount: still in doubt, so the next look is due like any other.
                if before == self.operation(id).filter(|o| o.doubt_since.is_some()).map(|o| (o.status, o.due_at)) {
                    self.look_again(id, policy, cause, now);
                }
            }
            Finding::NotFound => self.not_found(id, quiet_seconds, policy, cause, now),
        }
    }

    /// "Not found" counts when seen twice, the second time after the provider's quiet period. What the provider had
    /// acknowledged before cannot be undone by not finding it: that is a question for a person.
    fn not_found(&mut self, id: &OperationId, quiet_seconds: u32, policy: DoubtPolicy, cause: &Cause, now: Timestamp) {
        let Some(operation) = self.operation_mut(id) else { return };
        match operation.not_found_at {
            None => {
                operation.not_found_at = Some(now);
                operation.probes += 1;
                operation.due_at = Some(schedule::after(now, i64::from(quiet_seconds)));
            }
            Some(first) if schedule::after(first, i64::from(quiet_seconds)) > now => {
                self.look_again(id, policy, cause, now);
            }
            Some(_) if was_acknowledged(operation) => {
                operation.probes += 1;
                operation.due_at = Some(schedule::probe_at(u32::MAX, now));
                self.ask_operator(id, cause, now);
            }
            Some(_) => self.reject(id, Reason::NotProcessed, &cause.of(id), now),
        }
    }

    /// Nothing was learned: the next probe, or a person once that is hopeless.
    pub fn look_again(&mut self, id: &OperationId, policy: DoubtPolicy, cause: &Cause, now: Timestamp) {
        let Some(operation) = self.operation_mut(id) else { return };
        // Whoever asks again looks before it is time, and must not put off the look that is planned.
        if operation.due_at.is_none_or(|planned| planned <= now) {
            operation.probes += 1;
            operation.due_at = Some(if operation.status == OperationStatus::Pending {
                schedule::observe_at(operation.probes, now)
            } else {
                schedule::probe_at(operation.probes, now)
            });
        }
        let limit = match policy {
            DoubtPolicy::None => schedule::ASK_OPERATOR_AFTER_SECONDS,
            DoubtPolicy::Lookup | DoubtPolicy::Repeat | DoubtPolicy::Harmless => {
                schedule::LOOKUP_GIVES_UP_AFTER_SECONDS
            }
        };
        let given_up = operation.doubt_since.map(|since| schedule::after(since, limit));
        let hopeless = given_up.is_some_and(|at| at <= now);
        if operation.status == OperationStatus::InDoubt && !hopeless {
            operation.due_at = operation.due_at.min(given_up).or(operation.due_at);
        }
        if operation.status == OperationStatus::InDoubt && hopeless {
            self.ask_operator(id, cause, now);
        }
        self.ask_when_overdue(id, cause, now);
    }

    /// What the provider has had for days without telling how it ends is no failure, and a person should know of it.
    pub(crate) fn ask_when_overdue(&mut self, id: &OperationId, cause: &Cause, now: Timestamp) {
        let pending = self.operation(id).filter(|o| o.status == OperationStatus::Pending);
        if pending.is_some_and(|o| o.is_overdue(now)) {
            self.ask_operator(id, cause, now);
        }
    }

    pub(crate) fn ask_operator(&mut self, id: &OperationId, cause: &Cause, now: Timestamp) {
        let Some(operation) = self.operation_mut(id).filter(|o| o.status != OperationStatus::NeedsOperator) else {
            return;
        };
        operation.status = OperationStatus::NeedsOperator;
        operation.doubt_since.get_or_insert(now);
        let (kind, amount) = (operation.kind(), operation.amount);
        let fact = Fact::OperationNeedsOperator { operation: id.clone(), kind, amount };
        self.record(fact, self.status, &cause.of(id), now);
    }
}

/// Whether the provider has ever shown that it has the operation.
fn was_acknowledged(operation: &Operation) -> bool {
    let another_amount = Reason::Doubt { doubt: Doubt::AmountMismatch };
    operation.status == OperationStatus::Pending
        || operation.provider_reference.is_some()
        || operation.reason == Some(another_amount)
}
