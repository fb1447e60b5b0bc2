//! Accepting a command: checked against the ledger and the other operations, then reserved.

use jiff::Timestamp;

use crate::command::{Asked, Command};
use crate::id::{Fingerprint, OperationId};
use crate::instruction::Instruction;
use crate::money::Amount;
use crate::operation::{Detail, Operation, OperationKind, OperationStatus};
use crate::payment::Payment;
use crate::rejection::Rejection;
use crate::schedule;

/// The right to act once: this attempt of this operation, once its reservation is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Which operation.
    pub operation: OperationId,
    /// Which attempt.
    pub attempt: u32,
}

/// What is to be done about an accepted command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// Write the reservation, then act.
    Act(Ticket),
    /// The same key was here before; answer with how things are. Nothing changed.
    Replay(OperationId),
    /// The same key was here before and its outcome is unknown; find out first. Nothing changed.
    Probe(OperationId),
}

impl Payment {
    /// Checks a command and reserves it.
    ///
    /// # Errors
    /// When it cannot be accepted; the payment is unchanged then.
    pub fn accept(&mut self, command: Command, now: Timestamp) -> Result<Admission, Rejection> {
        let kind = command.kind();
        let id = OperationId::of(&self.id, kind.as_str(), command.key.as_str());
        if let Some(known) = self.operation(&id) {
            return self.again(known.clone(), &command.fingerprint, now);
        }
        self.possible(kind, now)?;
        let Command { asked, key, fingerprint } = command;
        let mut next = self.clone();
        match asked {
            Asked::Confirm(confirm) => next.reserve_confirm(&confirm, id.clone(), fingerprint, now)?,
            Asked::Capture(capture) => next.reserve_capture(capture, &key, &id, fingerprint, now)?,
            Asked::Refund(refund) => next.reserve_refund(refund, id.clone(), fingerprint, now)?,
            Asked::Cancel => next.reserve_cancel(id.clone(), fingerprint, now),
            Asked::Amend(amend) => next.reserve_amend(&amend, id.clone(), fingerprint, now)?,
            Asked::Tell(told) => next.reserve_instruction(told, id.clone(), fingerprint, now)?,
        }
        next.check_invariants()?;
        *self = next;
        Ok(Admission::Act(Ticket { operation: id, attempt: 1 }))
    }

    /// What a request with a key that was used before leads to.
    ///
    /// # Errors
    /// When the key was used for something else, or its call is still running.
    pub fn again(
        &mut self,
        known: Operation,
        fingerprint: &Fingerprint,
        now: Timestamp,
    ) -> Result<Admission, Rejection> {
        if known.fingerprint != *fingerprint {
            return Err(Rejection::KeyReused { operation: known.id });
        }
        match known.status {
            OperationStatus::Accepted if known.waits_for.is_some() && known.attempt == 0 => {
                Ok(Admission::Replay(known.id))
            }
            OperationStatus::Accepted if now < known.lease_until => {
                Err(Rejection::InProgress { operation: known.id, retry_after: schedule::COME_AGAIN_AFTER_SECONDS })
            }
            OperationStatus::Accepted | OperationStatus::InDoubt => Ok(Admission::Probe(known.id)),
            OperationStatus::Rejected if known.may_run_again() && !self.came_true_otherwise(known.kind()) => {
                self.next_attempt(&known.id, now).map(Admission::Act)
            }
            _ => Ok(Admission::Replay(known.id)),
        }
    }

    /// Reserves the next attempt of an operation that was provably not processed, may be repeated, or waited.
    ///
    /// # Errors
    /// When the money or the status is no longer there, or something else runs.
    pub fn next_attempt(&mut self, id: &OperationId, now: Timestamp) -> Result<Ticket, Rejection> {
        let mut next = self.clone();
        let (unreleased, status) = (next.amounts().unreleased(), next.status);
        let Some(known) = next.operation(id).cloned() else {
            return Err(Rejection::StatusDoesNotAllow { status, kind: OperationKind::Cancel });
        };
        let kind = known.kind();
        next.check_may_run_again(&known)?;
        // Each attempt leaves something behind. What follows another operation is bounded by the number of its attempts, and
        // what is not settled yet had its room when it was reserved.
        let begins_anew = known.status == OperationStatus::Rejected && known.waits_for.is_none();
        if begins_anew && next.is_too_large_for(kind) {
            return Err(Rejection::TooLarge);
        }
        next.check_conflicts(kind, Some(id), now)?;
        let late = next.is_late_cancel(id);
        if !late {
            next.check_allowed(kind)?;
        }
        let net = next.check_still_fits(&known)?;
        next.revive_what_waited_for(id);
        let Some(operation) = next.operation_mut(id) else {
            return Err(Rejection::StatusDoesNotAllow { status, kind });
        };
        if let (
            Detail::Capture { net: old, .. } | Detail::Refund { net: old, .. } | Detail::Amend { net: old },
            Some(net),
        ) = (&mut operation.detail, net)
        {
            *old = net;
        }
        if known.status == OperationStatus::Rejected {
            operation.accepted_at = now;
        }
        if kind == OperationKind::Cancel && !late {
            operation.amount = unreleased;
        }
        operation.status = OperationStatus::Accepted;
        operation.attempt += 1;
        operation.reason = None;
        operation.lease_until = schedule::after(now, schedule::LEASE_SECONDS);
        operation.due_at = Some(operation.lease_until);
        operation.not_found_at = None;
        let ticket = Ticket { operation: id.clone(), attempt: operation.attempt };
        next.check_invariants()?;
        *self = next;
        Ok(ticket)
    }

    /// Only what was provably not processed, what waited, or what is in doubt and may be repeated; never what is done,
    /// definitely refused or still running.
    fn check_may_run_again(&self, known: &Operation) -> Result<(), Rejection> {
        let waited = known.waits_for.is_some() && known.attempt == 0;
        match known.status {
            OperationStatus::Rejected if known.may_run_again() => Ok(()),
            OperationStatus::Accepted if waited && known.due_at.is_some() => Ok(()),
            OperationStatus::InDoubt | OperationStatus::NeedsOperator => Ok(()),
            OperationStatus::Accepted | OperationStatus::Pending => {
                Err(Rejection::InProgress { operation: known.id.clone(), retry_after: 60 })
            }
            OperationStatus::Rejected | OperationStatus::Succeeded => {
                Err(Rejection::StatusDoesNotAllow { status: self.status, kind: known.kind() })
            }
        }
    }

    /// What gave its reservation back must find its money and its units still there. Its net part, from what is left.
    fn check_still_fits(&self, known: &Operation) -> Result<Option<Amount>, Rejection> {
        let asked = known.amount;
        if known.status != OperationStatus::Rejected {
            return Ok(known.net());
        }
        if known.kind() == OperationKind::Amend {
            return self.amended(asked).map(|whole| Some(whole.net()));
        }
        if let Detail::Tell(Instruction::DirectPayment(paid)) = &known.detail {
            return self.paid_capture(paid).map(|_| None);
        }
        let (left, of_left) = match known.refunds_capture() {
            None => (self.capturable(), self.capturable_net()),
            Some(capture) => (self.refundable_of(capture), self.refundable_net(capture)),
        };
        match known.kind() {
            OperationKind::Capture if asked > left => return Err(Rejection::ExceedsAuthorized { asked, left }),
            OperationKind::Refund if asked > left => return Err(Rejection::ExceedsCaptured { asked, left }),
            _ => {}
        }
        self.check_quantities(known.lines(), known.kind(), known.refunds_capture())?;
        Ok(known.net().map(|_| of_left.part(asked).net()))
    }

    /// A session or a confirmation that failed needs no other attempt once the payment has moved on without it.
    fn came_true_otherwise(&self, kind: OperationKind) -> bool {
        matches!(kind, OperationKind::CreateSession | OperationKind::Confirm) && !self.status_allows(kind)
    }

    /// Why the same key does not run an operation again that did not happen: the payment has moved on without it.
    ///
    /// # Errors
    /// When it has.
    pub fn check_still_wanted(&self, rejected: &Operation) -> Result<(), Rejection> {
        let (status, kind) = (self.status, rejected.kind());
        let moved_on = rejected.may_run_again() && self.came_true_otherwise(kind);
        if moved_on { Err(Rejection::StatusDoesNotAllow { status, kind }) } else { Ok(()) }
    }

    /// Writes down a confirmation at a provider that needs none: somebody looked, and the buyer is done. Once is enough,
    /// whoever asks again by whatever key.
    ///
    /// Returns which one it is, and whether it is new.
    ///
    /// # Errors
    /// When the key was used for something else.
    pub fn confirmed_by_look(
        &mut self,
        id: OperationId,
        fingerprint: &Fingerprint,
        now: Timestamp,
    ) -> Result<(OperationId, bool), Rejection> {
        if self.operation(&id).is_some_and(|known| known.fingerprint != *fingerprint) {
            return Err(Rejection::KeyReused { operation: id });
        }
        let is_known = |o: &&Operation| o.kind() == OperationKind::Confirm && o.status == OperationStatus::Succeeded;
        if let Some(known) = self.operation(&id).or_else(|| self.operations.iter().find(is_known)) {
            return Ok((known.id.clone(), false));
        }
        if self.is_too_large_for(OperationKind::Confirm) {
            return Err(Rejection::TooLarge);
        }
        let reference = self.order_reference.clone();
        self.reserve(id.clone(), Detail::Confirm, self.amount, reference, fingerprint.clone(), now);
        if let Some(confirm) = self.operations.last_mut() {
            confirm.status = OperationStatus::Succeeded;
            confirm.due_at = None;
        }
        Ok((id, true))
    }
}
