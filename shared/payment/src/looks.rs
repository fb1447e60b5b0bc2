//! When the provider is looked at next, and what follows where nothing can be seen: the end of a session, and a question for
//! a person.

use jiff::Timestamp;

use crate::evidence::Hint;
use crate::history::{Cause, Entry, Fact};
use crate::id::OperationId;
use crate::operation::{Operation, OperationKind, OperationStatus};
use crate::payment::Payment;
use crate::schedule;
use crate::status::{Happened, Status};

impl Payment {
    /// A hint: somebody should look, at once, but no more often than every five seconds.
    pub fn hint(&mut self, hint: Hint) {
        let earliest = self.observed_at.map_or(hint.at, |last| schedule::after(last, schedule::HINT_SPACING_SECONDS));
        let wanted = earliest.max(hint.at);
        self.observe_at = Some(self.observe_at.map_or(wanted, |planned| planned.min(wanted)));
        self.observe_step = 0;
    }

    /// Writes down that somebody looked and saw nothing new. Books may lag behind what made us look, so the first look
    /// after a hint is not the last.
    pub fn observed(&mut self, now: Timestamp) {
        self.looked(self.observe_step == 0, now);
    }

    /// Writes down that somebody wanted to look and could not: whatever made us look is still to be seen, however the
    /// payment stands. Where nothing is waited for, some days of it are enough.
    pub fn unseen(&mut self, now: Timestamp) {
        self.looked(true, now);
    }

    /// When the next look is, after one that may have missed something.
    fn looked(&mut self, may_have_missed: bool, now: Timestamp) {
        self.observed_at = Some(now);
        let in_time = self.observe_step < schedule::MOST_LOOKS_AFTER_THE_END;
        match self.observe_at {
            // Whoever looks before it is time must not put off the look that is planned.
            Some(planned) if planned > now => {}
            wanted if self.status.is_open() || (may_have_missed && in_time && wanted.is_some()) => self.look_later(now),
            _ => self.observe_at = self.late_look(now),
        }
    }

    /// The next look on schedule.
    pub(crate) fn look_later(&mut self, now: Timestamp) {
        self.observe_at = Some(schedule::observe_at(self.observe_step, now));
        self.observe_step = self.observe_step.saturating_add(1);
    }

    /// Writes down that there is nothing that could be read, so that nobody tries for ever. A session that is long over
    /// lets the payment expire: nobody saw it, but a message about it would have come. Where somebody named an order, it
    /// may yet be there.
    pub fn unobservable(&mut self, cause: &Cause, now: Timestamp) {
        self.expire_in_silence(cause, now);
        if self.is_review_overdue(now) {
            self.ask_about_the_review(cause, now);
        }
        if self.provider_reference.is_none() && !self.candidates.is_empty() {
            return self.observed(now);
        }
        self.observed_at = Some(now);
        self.observe_step = self.observe_step.max(1);
        let waited_from = if self.status.waits_for_somebody() { self.session_end() } else { self.reviewed_since() };
        let over = waited_from.map(|at| schedule::after(at, schedule::EXPIRES_UNOBSERVED_AFTER_SECONDS));
        self.observe_at = over.filter(|at| *at > now);
    }

    /// Ends a payment whose session is so long over that its message would have come, unless a person is still to find out
    /// what became of it.
    pub(crate) fn expire_in_silence(&mut self, cause: &Cause, now: Timestamp) {
        let over = self.has_lapsed(schedule::after(now, -schedule::EXPIRES_UNOBSERVED_AFTER_SECONDS));
        if over && !self.is_asked_about_the_order() {
            self.move_to(Happened::Expired, cause, now);
        }
    }

    /// Whether a person is to find out whether the order is the one that was opened, and did not yet.
    fn is_asked_about_the_order(&self) -> bool {
        self.operations.first().is_some_and(|opened| opened.status == OperationStatus::NeedsOperator)
    }

    /// Writes down that the provider has nothing about the payment yet. Where only our confirmation is missing there is no
    /// order, and the payment ends with its session.
    pub fn nothing_there(&mut self, cause: &Cause, now: Timestamp) {
        let confirms = self.status == Status::RequiresConfirmation && !self.is_asked_about_the_order();
        if confirms && self.has_lapsed(now) {
            self.move_to(Happened::Expired, cause, now);
        }
        self.observed(now);
    }

    /// Since when the provider decides about the buyer, where it still does.
    fn reviewed_since(&self) -> Option<Timestamp> {
        let began = |entry: &&Entry| matches!(entry.fact, Fact::UnderReview);
        let latest = self.history.iter().rev().find(began).map(|entry| entry.at);
        latest.filter(|_| self.status == Status::UnderReview)
    }

    /// Whether a person is asked about an operation for want of the provider's decision, and not for something else before.
    #[must_use]
    pub fn is_asked_about_the_review(&self, id: &OperationId) -> bool {
        let asks =
            |entry: &&Entry| matches!(&entry.fact, Fact::OperationNeedsOperator { operation, .. } if operation == id);
        self.history.iter().rev().find(asks).is_some_and(|entry| self.is_review_overdue(entry.at))
    }

    /// Whether the provider decides about the buyer for so long that its word must have been lost where it cannot be read.
    fn is_review_overdue(&self, now: Timestamp) -> bool {
        let asked_at = |since| schedule::after(since, schedule::EXPIRES_UNOBSERVED_AFTER_SECONDS);
        self.reviewed_since().is_some_and(|since| asked_at(since) <= now)
    }

    /// What a provider that cannot be read decided about the buyer, it told long ago and nobody heard it: a person asks.
    fn ask_about_the_review(&mut self, cause: &Cause, now: Timestamp) {
        let made = |o: &&Operation| matches!(o.kind(), OperationKind::CreateSession | OperationKind::Confirm);
        let known = |o: &&Operation| matches!(o.status, OperationStatus::Succeeded | OperationStatus::NeedsOperator);
        let last = self.operations.iter().rev().filter(made).find(known);
        if let Some(id) = last.map(|o| o.id.clone()) {
            self.ask_operator(&id, cause, now);
        }
    }

    /// Whether the session is over before the buyer or the shop did their part, and no confirmation is on its way.
    pub(crate) fn has_lapsed(&self, now: Timestamp) -> bool {
        let confirming = self.operations.iter().any(|o| o.kind() == OperationKind::Confirm && o.status.is_open());
        self.status.waits_for_somebody() && !confirming && self.session_end().is_some_and(|at| at <= now)
    }

    /// When the session ends. A provider that names no end, and waits for nothing but our confirmation, is confirmed within
    /// days or never.
    fn session_end(&self) -> Option<Timestamp> {
        let believed = || schedule::after(self.created_at, schedule::CONFIRMED_WITHIN_SECONDS);
        self.expires_at.or_else(|| (self.status == Status::RequiresConfirmation).then(believed))
    }

    /// Somebody should look at the payment and at one operation of it.
    pub(crate) fn look_soon(&mut self, id: &OperationId, now: Timestamp) {
        self.hint(Hint { at: now });
        let unknown = |s| matches!(s, OperationStatus::InDoubt | OperationStatus::Pending);
        if let Some(operation) = self.operation_mut(id).filter(|o| unknown(o.status)) {
            operation.due_at = operation.due_at.map(|planned| planned.min(now));
        }
    }
}
