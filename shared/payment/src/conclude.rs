//! Concluding: what the outcome of an operation makes true of it and of the ledger.

use jiff::Timestamp;

use crate::evidence::Hint;
use crate::history::{Cause, Fact};
use crate::id::OperationId;
use crate::learn::came_to_nothing;
use crate::money::Amount;
use crate::operation::{Detail, Operation, OperationKind, OperationStatus, Reason};
use crate::outcome::{Doubt, DoubtPolicy, Outcome, Receipt};
use crate::payment::Payment;
use crate::schedule;
use crate::status::{Happened, Status, Transition};

/// Characters that are kept of a provider's explanation.
const LONGEST_MESSAGE: usize = 500;

impl Payment {
    /// The heart of settling: one outcome of one open operation.
    pub(crate) fn conclude(
        &mut self,
        id: &OperationId,
        outcome: Outcome,
        policy: DoubtPolicy,
        cause: &Cause,
        now: Timestamp,
    ) {
        if let Outcome::Done(Receipt { order, .. }) | Outcome::Pending(Receipt { order, .. }) = &outcome
            && self.is_told_of_another_order(order.as_ref(), cause, now)
        {
            return self.ask_operator(id, cause, now);
        }
        match self.with_amounts_checked(id, outcome) {
            outcome if self.proves_too_little(id, &outcome) => self.doubt(id, Doubt::UnknownCode, cause, now),
            Outcome::Done(receipt) => self.succeed(id, receipt, cause, now),
            Outcome::Pending(receipt) => self.wait(id, receipt, cause, now),
            Outcome::Refused(refusal) => {
                let message = refusal.message.map(|message| message.chars().take(LONGEST_MESSAGE).collect());
                let reason = Reason::ProviderRefused { provider_code: refusal.provider_code, message };
                if self.operation(id).is_some_and(|o| o.waits_for.is_some()) {
                    self.leave_to_operator(id, reason, cause, now);
                } else {
                    self.reject(id, reason, cause, now);
                }
            }
            Outcome::InDoubt(_) if policy == DoubtPolicy::Harmless => self.reject(id, Reason::Harmless, cause, now),
            Outcome::NotSent | Outcome::InDoubt(_) if self.operation(id).is_some_and(repeats_a_doubt) => {
                if let Some(operation) = self.operation_mut(id).filter(|o| o.status == OperationStatus::Accepted) {
                    operation.status = OperationStatus::InDoubt;
                    operation.due_at = None;
                }
                self.look_again(id, policy, cause, now);
            }
            Outcome::NotSent => self.reject(id, Reason::NotSent, cause, now),
            Outcome::InDoubt(doubt) => self.doubt(id, doubt, cause, now),
        }
    }

    /// Whether nothing came of this attempt where an earlier one, which nobody found, may have been made all the same: that
    /// one may be what this one was refused for.
    fn proves_too_little(&self, id: &OperationId, outcome: &Outcome) -> bool {
        let doubtful = |o: &Operation| o.was_not_processed && came_to_nothing(o, outcome);
        !self.is_late_cancel(id) && self.operation(id).is_some_and(doubtful)
    }

    /// An answer that names another amount than ours is no answer, nor one that names a movement which is counted as a
    /// reversal, or as another capture of ours: one invoice is one capture.
    fn with_amounts_checked(&self, id: &OperationId, outcome: Outcome) -> Outcome {
        let Some(operation) = self.operation(id) else { return outcome };
        let (Outcome::Done(receipt) | Outcome::Pending(receipt)) = &outcome else { return outcome };
        let moved = receipt.amount.is_none_or(|amount| amount == operation.amount);
        let named = receipt.order.as_ref().and_then(|order| order.amount);
        let promised = named.is_none_or(|amount| self.may_be_agreed(amount));
        let counted = receipt.provider_reference.as_deref().is_some_and(|name| self.is_counted(operation, name));
        if moved && promised && !counted { outcome } else { Outcome::InDoubt(Doubt::AmountMismatch) }
    }

    /// Whether a movement is counted already as something else than this operation.
    fn is_counted(&self, operation: &Operation, name: &str) -> bool {
        let captures = |o: &Operation| o.makes_capture().is_some() && o.status != OperationStatus::Rejected;
        let has_it = |o: &Operation| o.provider_reference.as_deref() == Some(name) && o.inferred.is_none();
        let is_other = |o: &Operation| o.id != operation.id && captures(o) && has_it(o);
        self.is_reversal(name) || (captures(operation) && self.operations.iter().any(is_other))
    }

    /// Nobody sends this operation again, so nobody would read how it ended.
    fn leave_to_operator(&mut self, id: &OperationId, reason: Reason, cause: &Cause, now: Timestamp) {
        if let Some(operation) = self.operation_mut(id) {
            operation.reason = Some(reason);
            operation.due_at = None;
        }
        self.ask_operator(id, cause, now);
    }

    fn succeed(&mut self, id: &OperationId, receipt: Receipt, cause: &Cause, now: Timestamp) {
        if self.is_late_cancel(id)
            && let Some(cancel) = self.operation_mut(id)
        {
            // No other fact would tell how it ended.
            cancel.doubt_since.get_or_insert(now);
        }
        self.resolve_doubt(id, true, cause, now);
        if let Some(name) = &receipt.provider_reference {
            self.take_name(id, name, cause, now);
        }
        let Some(operation) = self.operation_mut(id) else { return };
        operation.status = OperationStatus::Succeeded;
        operation.reason = None;
        operation.due_at = None;
        if receipt.provider_reference.is_some() {
            operation.provider_reference = receipt.provider_reference;
        }
        let (detail, amount) = (operation.detail.clone(), operation.amount);
        let previous = self.status;
        match detail {
            Detail::CreateSession | Detail::Confirm => {}
            Detail::Capture { capture, invoice, .. } => {
                let invoice = invoice.map(|i| i.number.to_string());
                self.after_movement(Fact::CaptureSucceeded { capture: capture.clone(), amount, invoice }, cause, now);
                self.given_back_as_said(&capture, cause, now);
            }
            Detail::Refund { refund, capture, .. } => {
                let of = capture.clone();
                self.record(Fact::RefundSucceeded { refund, capture, amount }, previous, cause, now);
                self.given_back_as_said(&of, cause, now);
            }
            Detail::Cancel => self.after_cancel(cause, now),
            Detail::Amend { .. } => self.after_amend(amount, cause, now),
            Detail::Tell(told) => {
                let fact = Fact::Told { operation: id.clone(), instruction: told.kind(), amount };
                self.record(fact, previous, cause, now);
            }
        }
        let is_cancel = self.operation(id).is_some_and(|o| o.kind() == OperationKind::Cancel);
        if let Some(order) = receipt.order {
            let transition = self.follow(order, cause, now);
            if transition == Transition::Contradiction && !is_cancel {
                self.hint(Hint { at: now });
            }
        }
        if let Some(given_back) = receipt.given_back {
            self.learn_of_given_back(id, given_back, false, cause, now);
        }
        self.start_what_waited_for(id, now);
    }

    /// Where the status goes once money was captured or released.
    pub(crate) fn after_movement(&mut self, fact: Fact, cause: &Cause, now: Timestamp) {
        let previous = self.status;
        let amounts = self.amounts();
        // What was captured and reversed since was captured.
        let is_taken = !amounts.captured.is_zero() || self.status == Status::PartiallyCaptured;
        let happened = match (amounts.unreleased().is_zero(), is_taken) {
            (_, false) => None,
            (true, true) => Some(Happened::FullyCaptured),
            (false, true) => Some(Happened::PartlyCaptured),
        };
        if let Some(Transition::To(next)) = happened.map(|happened| self.status.after(happened)) {
            self.status = next;
        }
        self.record(fact, previous, cause, now);
        if previous != Status::Captured && self.status == Status::Captured {
            self.record(Fact::Captured, self.status, cause, now);
        }
    }

    fn after_cancel(&mut self, cause: &Cause, now: Timestamp) {
        let amounts = self.amounts();
        let rest = amounts.unreleased();
        if !matches!(self.status, Status::PartiallyCaptured | Status::Captured) {
            self.move_to(Happened::Canceled, cause, now);
        } else {
            self.released = self.released.plus(rest).unwrap_or(self.released);
            self.after_movement(Fact::RemainderReleased { amount: rest }, cause, now);
        }
    }

    /// What was called off meanwhile stays so.
    fn after_amend(&mut self, to: Amount, cause: &Cause, now: Timestamp) {
        // To the provider, what it reversed was captured and not given up.
        let given_up = self.released.left_after(self.reversed());
        // What was captured and not reversed stays promised. Where the amendment leaves no room for it, the two cannot both
        // be, and the ledger says so.
        let amounts = self.amounts();
        let kept = if amounts.captured <= to { amounts.captured } else { Amount::ZERO };
        let free = self.authorized.left_after(self.released).left_after(kept);
        let released = self.authorized.left_after(given_up).left_after(to).min(free);
        if !released.is_zero() {
            self.released = self.released.plus(released).unwrap_or(self.released);
            self.after_movement(Fact::Amended { released }, cause, now);
        }
    }

    /// Starts the follower of an operation. Once nothing is left to release, every waiting follower is done.
    fn start_what_waited_for(&mut self, id: &OperationId, now: Timestamp) {
        let nothing_left = self.amounts().captured > Amount::ZERO && self.amounts().unreleased().is_zero();
        let waiting = |o: &&mut Operation| {
            let ready = nothing_left || o.waits_for.as_ref() == Some(id);
            ready && o.waits_for.is_some() && o.attempt == 0 && o.status == OperationStatus::Accepted
        };
        for follower in self.operations.iter_mut().filter(waiting) {
            if nothing_left {
                follower.status = OperationStatus::Succeeded;
                follower.due_at = None;
            } else {
                follower.due_at = Some(now);
            }
        }
    }

    /// An operation that runs again takes the one that waits for it along.
    pub(crate) fn revive_what_waited_for(&mut self, id: &OperationId) {
        let fell_with_it = |o: &&mut Operation| {
            o.waits_for.as_ref() == Some(id) && o.attempt == 0 && o.reason == Some(Reason::PrerequisiteFailed)
        };
        for follower in self.operations.iter_mut().filter(fell_with_it) {
            follower.status = OperationStatus::Accepted;
            follower.reason = None;
        }
    }

    /// The operation that became ready because the one it waited for succeeded.
    #[must_use]
    pub fn ready_follower(&self) -> Option<&Operation> {
        self.operations.iter().find(|o| o.is_ready_follower())
    }

    fn wait(&mut self, id: &OperationId, receipt: Receipt, cause: &Cause, now: Timestamp) {
        if let Some(name) = &receipt.provider_reference {
            self.take_name(id, name, cause, now);
        }
        let Some(operation) = self.operation_mut(id) else { return };
        // Who waits for longer than a person may be left in the dark goes on to wait, and a person knows.
        let known = operation.status == OperationStatus::NeedsOperator && operation.is_overdue(now);
        let news = operation.status != OperationStatus::Pending && !known;
        operation.reason = None;
        operation.not_found_at = None;
        operation.probes += u32::from(!news);
        if known {
            operation.due_at = Some(schedule::probe_at(u32::MAX, now));
        } else {
            operation.status = OperationStatus::Pending;
            operation.due_at = Some(schedule::observe_at(operation.probes, now));
        }
        if receipt.provider_reference.is_some() {
            operation.provider_reference = receipt.provider_reference;
        }
        let (detail, amount) = (operation.detail.clone(), operation.amount);
        if news {
            match detail {
                Detail::Capture { capture, invoice, .. } => {
                    let invoice = invoice.map(|i| i.number.to_string());
                    self.record(Fact::CapturePending { capture, amount, invoice }, self.status, cause, now);
                }
                Detail::Refund { refund, capture, .. } => {
                    self.record(Fact::RefundPending { refund, capture, amount }, self.status, cause, now);
                }
                Detail::CreateSession | Detail::Confirm | Detail::Cancel | Detail::Amend { .. } | Detail::Tell(_) => {}
            }
        }
        if let Some(order) = receipt.order
            && self.follow(order, cause, now) == Transition::Contradiction
        {
            self.hint(Hint { at: now });
        }
        self.ask_when_overdue(id, cause, now);
    }

    pub(crate) fn reject(&mut self, id: &OperationId, reason: Reason, cause: &Cause, now: Timestamp) {
        if reason.allows_another_attempt() && self.is_hopeless_follower(id) {
            self.leave_to_operator(id, reason, cause, now);
            return;
        }
        if let Some(pending) =
            self.operation_mut(id).filter(|o| o.status == OperationStatus::Pending && !o.is_movement())
        {
            // Whoever was told that it is pending is told by no other fact that it failed.
            pending.doubt_since.get_or_insert(now);
        }
        self.resolve_doubt(id, false, cause, now);
        let Some(operation) = self.operation_mut(id) else { return };
        let silent = matches!(reason, Reason::NotSent | Reason::Harmless);
        let word = reason.as_str().to_owned();
        operation.status = OperationStatus::Rejected;
        operation.was_not_processed |= reason == Reason::NotProcessed;
        operation.all_given_back = false;
        // A release that waited for its capture has nobody to send it again but the sweep.
        let runs_again = operation.waits_for.is_some() && reason.allows_another_attempt();
        operation.due_at = runs_again.then(|| schedule::observe_at(operation.attempt, now));
        operation.reason = Some(reason);
        let (detail, amount) = (operation.detail.clone(), operation.amount);
        match detail {
            Detail::Capture { capture, .. } if !silent => {
                self.record(Fact::CaptureFailed { capture, amount, reason: word }, self.status, cause, now);
            }
            Detail::Refund { refund, capture, .. } => {
                if !silent {
                    let capture = capture.clone();
                    self.record(Fact::RefundFailed { refund, capture, amount, reason: word }, self.status, cause, now);
                }
                self.given_back_as_said(&capture, cause, now);
                self.compare_parts_told(0, cause, now);
            }
            _ => {}
        }
        let followers = self.operations.iter_mut().filter(|o| o.waits_for.as_ref() == Some(id) && o.attempt == 0);
        for follower in followers {
            follower.status = OperationStatus::Rejected;
            follower.reason = Some(Reason::PrerequisiteFailed);
            follower.due_at = None;
        }
        self.updated_at = now;
    }

    fn doubt(&mut self, id: &OperationId, doubt: Doubt, cause: &Cause, now: Timestamp) {
        let Some(operation) = self.operation_mut(id) else { return };
        let news = !matches!(operation.status, OperationStatus::InDoubt | OperationStatus::NeedsOperator);
        operation.reason = Some(Reason::Doubt { doubt });
        if news {
            self.in_doubt(id, cause, now);
        }
    }

    /// Its outcome is unknown from now on, and looked for.
    pub(crate) fn in_doubt(&mut self, id: &OperationId, cause: &Cause, now: Timestamp) {
        let Some(operation) = self.operation_mut(id) else { return };
        operation.status = OperationStatus::InDoubt;
        operation.doubt_since = Some(now);
        operation.not_found_at = None;
        operation.probes = 0;
        operation.due_at = Some(schedule::probe_at(0, now));
        let (kind, amount) = (operation.kind(), operation.amount);
        self.record(Fact::OperationInDoubt { operation: id.clone(), kind, amount }, self.status, cause, now);
    }

    fn resolve_doubt(&mut self, id: &OperationId, succeeded: bool, cause: &Cause, now: Timestamp) {
        let Some(operation) = self.operation_mut(id) else { return };
        if operation.doubt_since.take().is_none() {
            return;
        }
        let (kind, amount) = (operation.kind(), operation.amount);
        let fact = Fact::OperationResolved { operation: id.clone(), kind, amount, succeeded };
        self.record(fact, self.status, cause, now);
    }
}

/// Whether this attempt repeats one whose outcome is unknown: that nothing came of the repeat says nothing about it.
fn repeats_a_doubt(operation: &Operation) -> bool {
    operation.doubt_since.is_some() && (operation.attempt > 1 || operation.status == OperationStatus::Accepted)
}
