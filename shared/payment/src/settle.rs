//! Settling: what the outcome of an act makes true.

use jiff::Timestamp;

use crate::accept::Ticket;
use crate::evidence::{Hint, Observation};
use crate::history::{Cause, Fact};
use crate::id::OperationId;
use crate::money::Amount;
use crate::operation::{Detail, Operation, OperationKind, OperationStatus, Reason};
use crate::order::CaptureMode;
use crate::outcome::{Doubt, DoubtPolicy, Finding, OrderNews, OrderState, Outcome, Receipt};
use crate::payment::Payment;
use crate::schedule;
use crate::status::{Happened, Status, Transition};

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
    }

    fn ask_operator(&mut self, id: &OperationId, cause: &Cause, now: Timestamp) {
        let Some(operation) = self.operation_mut(id).filter(|o| o.status != OperationStatus::NeedsOperator) else {
            return;
        };
        operation.status = OperationStatus::NeedsOperator;
        operation.doubt_since.get_or_insert(now);
        let (kind, amount) = (operation.kind(), operation.amount);
        let fact = Fact::OperationNeedsOperator { operation: id.clone(), kind, amount };
        self.record(fact, self.status, &cause.of(id), now);
    }

    /// The heart of settling: one outcome of one open operation.
    pub(crate) fn conclude(
        &mut self,
        id: &OperationId,
        outcome: Outcome,
        policy: DoubtPolicy,
        cause: &Cause,
        now: Timestamp,
    ) {
        let outcome = self.with_amounts_checked(id, outcome);
        match outcome {
            Outcome::Done(receipt) => self.succeed(id, receipt, cause, now),
            Outcome::Pending(receipt) => self.wait(id, receipt, cause, now),
            Outcome::Refused(refusal) => {
                let reason = Reason::ProviderRefused { provider_code: refusal.provider_code, message: refusal.message };
                self.reject(id, reason, cause, now);
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

    /// An answer that names another amount than ours is no answer.
    fn with_amounts_checked(&self, id: &OperationId, outcome: Outcome) -> Outcome {
        let Some(operation) = self.operation(id) else { return outcome };
        let (Outcome::Done(receipt) | Outcome::Pending(receipt)) = &outcome else { return outcome };
        let moved = receipt.amount.is_none_or(|amount| amount == operation.amount);
        let promised = receipt.order.as_ref().and_then(|order| order.amount).is_none_or(|amount| amount == self.amount);
        if moved && promised { outcome } else { Outcome::InDoubt(Doubt::AmountMismatch) }
    }

    fn succeed(&mut self, id: &OperationId, receipt: Receipt, cause: &Cause, now: Timestamp) {
        self.resolve_doubt(id, true, cause, now);
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
                self.after_capture(Fact::CaptureSucceeded { capture, amount, invoice }, cause, now);
            }
            Detail::Refund { refund, capture, .. } => {
                self.record(Fact::RefundSucceeded { refund, capture, amount }, previous, cause, now);
            }
            Detail::Cancel => self.after_cancel(cause, now),
        }
        let is_cancel = self.operation(id).is_some_and(|o| o.kind() == OperationKind::Cancel);
        if let Some(order) = receipt.order {
            let transition = self.follow(order, cause, now);
            if transition == Transition::Contradiction && !is_cancel {
                self.hint(Hint { at: now });
            }
        }
        self.start_what_waited_for(id, now);
    }

    fn after_capture(&mut self, fact: Fact, cause: &Cause, now: Timestamp) {
        let previous = self.status;
        let complete = self.amounts().unreleased().is_zero();
        let happened = if complete { Happened::FullyCaptured } else { Happened::PartlyCaptured };
        if let Transition::To(next) = self.status.after(happened) {
            self.status = next;
        }
        self.record(fact, previous, cause, now);
        if previous != Status::Captured && self.status == Status::Captured {
            self.record(Fact::Captured, self.status, cause, now);
        }
    }

    fn after_cancel(&mut self, cause: &Cause, now: Timestamp) {
        let previous = self.status;
        let amounts = self.amounts();
        let rest = amounts.unreleased();
        if amounts.captured.is_zero() {
            self.move_to(Happened::Canceled, cause, now);
            return;
        }
        self.released = self.released.plus(rest).unwrap_or(self.released);
        if let Transition::To(next) = self.status.after(Happened::FullyCaptured) {
            self.status = next;
        }
        self.record(Fact::RemainderReleased { amount: rest }, previous, cause, now);
        if previous != Status::Captured && self.status == Status::Captured {
            self.record(Fact::Captured, self.status, cause, now);
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
        let Some(operation) = self.operation_mut(id) else { return };
        let news = operation.status != OperationStatus::Pending;
        operation.status = OperationStatus::Pending;
        operation.reason = None;
        operation.not_found_at = None;
        operation.probes += u32::from(!news);
        operation.due_at = Some(schedule::observe_at(operation.probes, now));
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
                Detail::CreateSession | Detail::Confirm | Detail::Cancel => {}
            }
        }
        if let Some(order) = receipt.order
            && self.follow(order, cause, now) == Transition::Contradiction
        {
            self.hint(Hint { at: now });
        }
    }

    pub(crate) fn reject(&mut self, id: &OperationId, reason: Reason, cause: &Cause, now: Timestamp) {
        self.resolve_doubt(id, false, cause, now);
        let Some(operation) = self.operation_mut(id) else { return };
        let silent = matches!(reason, Reason::NotSent | Reason::Harmless);
        let word = reason.as_str().to_owned();
        operation.status = OperationStatus::Rejected;
        // A release that waited for its capture has nobody to send it again but the sweep.
        let runs_again = operation.waits_for.is_some() && reason.allows_another_attempt();
        operation.due_at = runs_again.then(|| schedule::observe_at(operation.attempt, now));
        operation.reason = Some(reason);
        let (detail, amount) = (operation.detail.clone(), operation.amount);
        match detail {
            Detail::Capture { capture, .. } if !silent => {
                self.record(Fact::CaptureFailed { capture, amount, reason: word }, self.status, cause, now);
            }
            Detail::Refund { refund, capture, .. } if !silent => {
                self.record(Fact::RefundFailed { refund, capture, amount, reason: word }, self.status, cause, now);
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
        if !news {
            return;
        }
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

    /// Whether an order cannot be in this state after what is known. Money that is taken, or reserved by a capture
    /// whose outcome is not known yet, cannot be called off.
    pub(crate) fn contradicts(&self, state: &OrderState) -> bool {
        let amounts = self.amounts();
        let holds_money = !amounts.captured.is_zero() || !amounts.capturing.is_zero();
        let releases = matches!(state, OrderState::Canceled | OrderState::Expired);
        (releases && holds_money) || self.status.after(happened(state)) == Transition::Contradiction
    }

    /// What news of the order's state makes true. The caller has checked that the news may be believed.
    pub(crate) fn follow(&mut self, news: OrderNews, cause: &Cause, now: Timestamp) -> Transition {
        if self.contradicts(&news.state) {
            return Transition::Contradiction;
        }
        let OrderNews { state, amount: _, captured: _, provider_reference, session_reference, bank_transfer, debtor } =
            news;
        let keep = |old: &mut Option<String>, new: Option<String>| {
            if new.is_some() {
                *old = new;
            }
        };
        keep(&mut self.provider_reference, provider_reference);
        keep(&mut self.session_reference, session_reference);
        self.bank_transfer = bank_transfer.or(self.bank_transfer.take());
        self.debtor = debtor.or(self.debtor.take());
        match state {
            OrderState::AwaitingBuyer(action) => {
                if let (Some(action), Status::Created | Status::RequiresAction) = (action, self.status) {
                    self.expires_at = expiry(&action).or(self.expires_at);
                    self.action = Some(action);
                }
                self.move_to(Happened::ActionRequired, cause, now)
            }
            OrderState::AwaitingConfirmation => self.move_to(Happened::ConfirmationRequired, cause, now),
            OrderState::UnderReview => self.move_to(Happened::ReviewStarted, cause, now),
            OrderState::Authorized => self.move_to(Happened::Authorized, cause, now),
            OrderState::Captured => {
                let transition = self.move_to(Happened::Authorized, cause, now);
                self.capture_with_authorization(cause, now);
                transition
            }
            OrderState::Declined(decline) => {
                if self.status.after(Happened::Declined) == Transition::To(Status::Declined) {
                    self.decline = Some(decline);
                }
                self.move_to(Happened::Declined, cause, now)
            }
            OrderState::Canceled => self.move_to(Happened::Canceled, cause, now),
            OrderState::Expired => self.move_to(Happened::Expired, cause, now),
        }
    }

    /// Where one provider call authorized and captured, the capture is written down as an operation of its own.
    fn capture_with_authorization(&mut self, cause: &Cause, now: Timestamp) {
        let untouched = self.status == Status::Authorized && self.amounts().capturable() == self.amount;
        let automatic = self.capture_mode == CaptureMode::Automatic && untouched;
        let Some(first) = self.operations.first().filter(|_| automatic) else { return };
        let (reference, fingerprint) = (first.reference.clone(), first.fingerprint.clone());
        let provider_reference = first.provider_reference.clone().or_else(|| self.provider_reference.clone());
        // No caller's key has a space in it, so no call can have this id.
        let id = OperationId::of(&self.id, "capture", "with authorization");
        let capture = crate::id::CaptureId::of(&id);
        let (amount, net) = (self.amount, self.net);
        let detail =
            Detail::Capture { capture: capture.clone(), net, lines: Vec::new(), invoice: None, shipment: None };
        self.reserve(id, detail, amount, reference, fingerprint, now);
        if let Some(operation) = self.operations.last_mut() {
            operation.status = OperationStatus::Succeeded;
            operation.provider_reference = provider_reference;
            operation.due_at = None;
        }
        self.after_capture(Fact::CaptureSucceeded { capture, amount, invoice: None }, cause, now);
    }

    /// Moves the status by the table, with the money that belongs to the move.
    fn move_to(&mut self, happened: Happened, cause: &Cause, now: Timestamp) -> Transition {
        let transition = self.status.after(happened);
        let Transition::To(next) = transition else { return transition };
        let previous = self.status;
        let released = self.amounts().unreleased();
        let fact = match happened {
            Happened::ActionRequired => Fact::RequiresAction,
            Happened::ConfirmationRequired => Fact::RequiresConfirmation,
            Happened::ReviewStarted => Fact::UnderReview,
            Happened::Authorized => Fact::Authorized { amount: self.amount },
            Happened::PartlyCaptured | Happened::FullyCaptured => return Transition::Contradiction,
            Happened::Declined => self.declined(),
            Happened::Canceled => Fact::Canceled { released },
            Happened::Expired => Fact::Expired { released },
        };
        match happened {
            Happened::Authorized => self.authorized = self.amount,
            Happened::Canceled | Happened::Expired => {
                self.released = self.released.plus(released).unwrap_or(self.released);
            }
            _ => {}
        }
        self.status = next;
        self.watch(now);
        self.record(fact, previous, cause, now);
        transition
    }

    fn declined(&self) -> Fact {
        let decline = self.decline.as_ref();
        Fact::Declined {
            reason: decline.map_or(crate::outcome::DeclineReason::Other, |d| d.reason),
            provider_code: decline.and_then(|d| d.provider_code.clone()),
        }
    }

    /// Sets when to look next, after the status changed: open payments are watched, others are left alone.
    fn watch(&mut self, now: Timestamp) {
        self.observe_step = 0;
        self.observe_at =
            (self.status.is_open() && self.status != Status::Created).then(|| schedule::observe_at(0, now));
        if self.status != Status::RequiresAction {
            self.action = None;
        }
    }

    /// Minor units that an operation of this kind would be about, were all of it taken.
    #[must_use]
    pub fn most_for(&self, kind: OperationKind) -> Option<Amount> {
        match kind {
            OperationKind::Capture => Some(self.amounts().capturable()),
            OperationKind::Refund => Some(self.amounts().refundable()),
            OperationKind::Cancel => Some(self.amounts().unreleased()),
            OperationKind::CreateSession | OperationKind::Confirm => None,
        }
    }
}

/// Whether the provider has ever shown that it has the operation.
fn was_acknowledged(operation: &Operation) -> bool {
    let another_amount = Reason::Doubt { doubt: Doubt::AmountMismatch };
    operation.status == OperationStatus::Pending
        || operation.provider_reference.is_some()
        || operation.reason == Some(another_amount)
}

/// Whether this attempt repeats one whose outcome is unknown: that nothing came of the repeat says nothing about it.
fn repeats_a_doubt(operation: &Operation) -> bool {
    operation.doubt_since.is_some() && (operation.attempt > 1 || operation.status == OperationStatus::Accepted)
}

const fn happened(state: &OrderState) -> Happened {
    match state {
        OrderState::AwaitingBuyer(_) => Happened::ActionRequired,
        OrderState::AwaitingConfirmation => Happened::ConfirmationRequired,
        OrderState::UnderReview => Happened::ReviewStarted,
        OrderState::Authorized | OrderState::Captured => Happened::Authorized,
        OrderState::Declined(_) => Happened::Declined,
        OrderState::Canceled => Happened::Canceled,
        OrderState::Expired => Happened::Expired,
    }
}

fn expiry(action: &crate::outcome::Action) -> Option<Timestamp> {
    match action {
        crate::outcome::Action::Redirect { expires_at, .. } | crate::outcome::Action::Widget { expires_at, .. } => {
            *expires_at
        }
    }
}
