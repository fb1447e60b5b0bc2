//! Learning: what evidence makes true. Older news never overwrites newer, and a contradiction is never obeyed.

use jiff::Timestamp;

use crate::evidence::{Hint, Proof};
use crate::history::{Cause, Entry, Fact};
use crate::id::OperationId;
use crate::late::LateAuthorization;
use crate::operation::{Operation, OperationKind, OperationStatus, Reason};
use crate::order::CaptureMode;
use crate::outcome::{Difference, DoubtPolicy, News, OperationNews, OrderNews, OrderState, Outcome, Receipt, Whom};
use crate::payment::Payment;
use crate::schedule;
use crate::status::{Happened, Status};

impl Payment {
    /// Applies proven news. A claim that contradicts what is known asks for an observation; an observation that
    /// contradicts it is written down as drift.
    pub fn learn<P: Proof<News>>(&mut self, proof: P, cause: &Cause, now: Timestamp) {
        let mut news = proof.into_content();
        let (known, hinted) = (self.history.len(), self.observe_step == 0);
        if P::OBSERVED {
            // What is hinted at from here on is another matter.
            self.observe_step = self.observe_step.max(1);
        }
        if let Some(theirs) = news.livemode.filter(|theirs| *theirs != self.livemode) {
            let (ours, theirs) = (self.livemode.to_string(), theirs.to_string());
            news = News { differs: vec![Difference { field: "livemode".to_owned(), ours, theirs }], ..News::default() };
        }
        for operation in news.operations {
            self.learn_of_operation(operation, P::OBSERVED, cause, now);
        }
        if let Some(order) = news.order {
            self.learn_of_order(order, P::OBSERVED, cause, now);
        }
        self.learn_of_differences(news.differs, P::OBSERVED, cause, now);
        if P::OBSERVED {
            self.learn_of_receivable(&news.receivable, cause, now);
            if hinted && self.history.len() == known {
                self.observe_step = 0;
            }
            self.observed(now);
        }
    }

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
        const SILENCE: i64 = schedule::EXPIRES_UNOBSERVED_AFTER_SECONDS;
        if self.has_lapsed(schedule::after(now, -SILENCE)) {
            self.move_to(Happened::Expired, cause, now);
        }
        if self.is_review_overdue(now) {
            self.ask_about_the_review(cause, now);
        }
        if self.provider_reference.is_none() && !self.candidates.is_empty() {
            return self.observed(now);
        }
        self.observed_at = Some(now);
        self.observe_step = self.observe_step.max(1);
        let waited_from = if self.status.waits_for_somebody() { self.session_end() } else { self.reviewed_since() };
        let over = waited_from.map(|at| schedule::after(at, SILENCE));
        self.observe_at = over.filter(|at| *at > now);
    }

    /// Writes down that the provider has nothing about the payment yet. Where only our confirmation is missing there is no
    /// order, and the payment ends with its session.
    pub fn nothing_there(&mut self, cause: &Cause, now: Timestamp) {
        if self.status == Status::RequiresConfirmation && self.has_lapsed(now) {
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

    pub(crate) fn learn_of_order(&mut self, mut news: OrderNews, observed: bool, cause: &Cause, now: Timestamp) {
        if self.is_told_of_another_order(Some(&news), cause, now) {
            return;
        }
        let waits = matches!(news.state, OrderState::AwaitingBuyer(_) | OrderState::AwaitingConfirmation);
        if observed && waits && self.has_lapsed(now) {
            news.state = OrderState::Expired;
        }
        if let Some(theirs) = news.amount.filter(|amount| !self.may_be_agreed(*amount)) {
            let ours = self.agreed().gross().to_string();
            self.contradicted("amount", ours, theirs.to_string(), observed, cause, now);
            return;
        }
        let ended = matches!(news.state, OrderState::Canceled | OrderState::Expired);
        if ended && !observed && self.was_accepted_late() {
            // It may be the old news that the authorization came too late for.
            self.hint(Hint { at: now });
            return;
        }
        let theirs = name_of(&news.state);
        let captured = news.captured;
        let all_captured = news.state == OrderState::Captured && self.capture_mode == CaptureMode::Manual;
        let late = observed && self.is_late(&news.state);
        if late && self.late_policy() == LateAuthorization::Accept {
            self.learn_late(news, cause, now);
        } else if self.contradicts(&news.state) {
            self.contradicted("status", self.status.to_string(), theirs.to_owned(), observed, cause, now);
            if late {
                self.learn_late(news, cause, now);
            }
        } else if let Some(id) = self.open_operation_decided_by(decided_kind(&news.state)) {
            let receipt = Receipt { order: Some(news), ..Receipt::default() };
            self.conclude(&id, Outcome::Done(receipt), DoubtPolicy::Lookup, &cause.of(&id), now);
        } else {
            self.reinstate_what_made(&news.state, cause, now);
            self.follow(news, cause, now);
        }
        if all_captured {
            self.learn_of_full_capture(observed, cause, now);
        }
        self.compare_captured(captured, observed, cause, now);
    }

    /// An order that is not the one which was opened is drift, and a question for a person: nothing that the provider
    /// says of it is about this payment until somebody knows why.
    fn learn_of_differences(&mut self, all: Vec<Difference>, observed: bool, cause: &Cause, now: Timestamp) {
        let mut told = false;
        for Difference { field, ours, theirs } in all {
            told |= self.contradicted(&field, ours, theirs, observed, cause, now);
        }
        if told {
            self.ask_about_the_order(cause, now);
        }
    }

    /// A person should find out whether the order is the one that was opened.
    pub(crate) fn ask_about_the_order(&mut self, cause: &Cause, now: Timestamp) {
        let known = |o: &&Operation| {
            matches!(o.status, OperationStatus::Succeeded | OperationStatus::Pending | OperationStatus::InDoubt)
        };
        let opened = self.operations.first().filter(known);
        if let Some(id) = opened.map(|o| o.id.clone()) {
            self.ask_operator(&id, cause, now);
        }
    }

    /// All of an order is captured whose captures are calls of their own: those that are open have happened. Where there
    /// never was one, somebody else captured; that is no old news, so it is written down at once.
    fn learn_of_full_capture(&mut self, observed: bool, cause: &Cause, now: Timestamp) {
        let done = || Outcome::Done(Receipt::default());
        let captures = self.operations.iter().filter(|o| o.kind() == OperationKind::Capture && o.attempt > 0);
        let captures: Vec<Operation> = captures.cloned().collect();
        for open in captures.iter().filter(|o| o.status.is_open()) {
            self.conclude(&open.id, done(), DoubtPolicy::Lookup, &cause.of(&open.id), now);
        }
        if self.settled_captures().next().is_some() {
            return;
        }
        match captures.last().map(|rejected| rejected.id.clone()) {
            Some(id) => self.compare_settled(&id, done(), observed, &cause.of(&id), now),
            None => {
                let (ours, theirs) = (self.amounts().captured, self.agreed().gross());
                self.contradicted("captured", ours.to_string(), theirs.to_string(), true, cause, now);
            }
        }
    }

    /// Whether the session is over before the buyer or the shop did their part, and no confirmation is on its way.
    fn has_lapsed(&self, now: Timestamp) -> bool {
        let confirming = self.operations.iter().any(|o| o.kind() == OperationKind::Confirm && o.status.is_open());
        self.status.waits_for_somebody() && !confirming && self.session_end().is_some_and(|at| at <= now)
    }

    /// When the session ends. A provider that names no end, and waits for nothing but our confirmation, is confirmed within
    /// days or never.
    fn session_end(&self) -> Option<Timestamp> {
        let believed = || schedule::after(self.created_at, schedule::CONFIRMED_WITHIN_SECONDS);
        self.expires_at.or_else(|| (self.status == Status::RequiresConfirmation).then(believed))
    }

    /// The open operation that an order in this state proves to have succeeded.
    pub(crate) fn open_operation_decided_by(&self, kinds: &[OperationKind]) -> Option<OperationId> {
        let open = |o: &&Operation| kinds.contains(&o.kind()) && o.status.is_open() && o.attempt > 0;
        self.operations.iter().find(open).map(|o| o.id.clone())
    }

    /// What was thought not to have been done, and must have been for the order to be in a state: its session was opened,
    /// and where no other confirmation was made, the last one that was asked for. That nothing came of the order proves
    /// neither: it may be of an earlier attempt.
    pub(crate) fn reinstate_what_made(&mut self, state: &OrderState, cause: &Cause, now: Timestamp) {
        let kinds: &[OperationKind] = match state {
            OrderState::Declined(_) | OrderState::Canceled | OrderState::Expired => &[],
            OrderState::AwaitingBuyer(_) => &[OperationKind::CreateSession],
            alive => decided_kind(alive),
        };
        for kind in kinds {
            let mut of_kind = self.operations.iter().filter(|o| o.kind() == *kind);
            let all_rejected = of_kind.clone().all(|o| o.status == OperationStatus::Rejected);
            if let Some(last) = of_kind.next_back().filter(|_| all_rejected).cloned() {
                self.reinstate(&last, Outcome::Done(Receipt::default()), &cause.of(&last.id), now);
            }
        }
    }

    /// The provider's captured total must be ours once nothing is under way.
    fn compare_captured(
        &mut self,
        theirs: Option<crate::money::Amount>,
        observed: bool,
        cause: &Cause,
        now: Timestamp,
    ) {
        let Some(theirs) = theirs else { return };
        let amounts = self.amounts();
        let moves = |o: &Operation| !matches!(o.kind(), OperationKind::Tell(_));
        let quiet = !self.operations.iter().any(|o| o.status.is_open() && moves(o));
        if quiet && theirs != amounts.captured {
            self.contradicted("captured", amounts.captured.to_string(), theirs.to_string(), observed, cause, now);
        }
    }

    pub(crate) fn learn_of_operation(&mut self, news: OperationNews, observed: bool, cause: &Cause, now: Timestamp) {
        let Some(operation) = self.addressed(&news).cloned() else {
            return self.learn_of_unnamed(news, observed, cause, now);
        };
        let id = operation.id.clone();
        match news.outcome {
            Outcome::InDoubt(_) | Outcome::NotSent => {}
            // This attempt's worker is about to know better.
            Outcome::Refused(_) if operation.status == OperationStatus::Accepted && now < operation.lease_until => {
                self.hint(Hint { at: now });
            }
            outcome if may_be_an_earlier_attempts(&operation, &news.whom, &outcome) => self.look_soon(&id, now),
            outcome if operation.status.is_open() && operation.attempt > 0 => {
                self.conclude(&id, outcome, DoubtPolicy::Lookup, &cause.of(&id), now);
            }
            outcome => self.compare_settled(&id, outcome, observed, &cause.of(&id), now),
        }
    }

    /// Somebody should look at the payment and at one operation of it.
    fn look_soon(&mut self, id: &OperationId, now: Timestamp) {
        self.hint(Hint { at: now });
        let unknown = |s| matches!(s, OperationStatus::InDoubt | OperationStatus::Pending);
        if let Some(operation) = self.operation_mut(id).filter(|o| unknown(o.status)) {
            operation.due_at = operation.due_at.map(|planned| planned.min(now));
        }
    }

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
    fn reinstate(&mut self, operation: &Operation, mut outcome: Outcome, cause: &Cause, now: Timestamp) -> bool {
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

    /// The operation that a message names.
    #[must_use]
    pub fn find(&self, whom: &Whom) -> Option<&Operation> {
        self.operations.iter().find(|o| match whom {
            Whom::Reference(reference) => o.reference == *reference,
            Whom::ProviderReference(id) => o.provider_reference.as_deref() == Some(id),
            Whom::Follows { .. } => false,
        })
    }

    /// A claim that cannot be so asks for a look; a look that cannot be so is drift, told once. Returns whether it was told.
    pub(crate) fn contradicted(
        &mut self,
        field: &str,
        ours: String,
        theirs: String,
        observed: bool,
        cause: &Cause,
        now: Timestamp,
    ) -> bool {
        if !observed {
            self.hint(Hint { at: now });
            return false;
        }
        let fact = Fact::DriftDetected { field: field.to_owned(), ours, theirs };
        let known =
            self.history.iter().rev().find(|e| matches!(&e.fact, Fact::DriftDetected { field: f, .. } if f == field));
        let told = known.is_none_or(|entry| entry.fact != fact);
        if told {
            self.record(fact, self.status, cause, now);
        }
        told
    }
}

/// An operation, as a drift names it.
pub(crate) fn field(operation: &Operation) -> String {
    format!("{}.{}", operation.kind().as_str(), operation.id)
}

/// Whether an operation makes the order, so that a look at the order tells of it.
const fn opens(operation: &Operation) -> bool {
    matches!(operation.kind(), OperationKind::CreateSession | OperationKind::Confirm)
}

/// Whether news that nothing came of an operation may be about an attempt before the current one: every attempt has the
/// same name of ours, and only the provider's own tells them apart.
fn may_be_an_earlier_attempts(operation: &Operation, whom: &[Whom], outcome: &Outcome) -> bool {
    // Where a person says that it was done, whatever says otherwise must be told.
    let denies_a_person = operation.is_by_a_persons_word() && !opens(operation);
    let known = operation.provider_reference.as_ref().filter(|_| operation.inferred.is_none());
    let is_named = |whom: &Whom| matches!(whom, Whom::ProviderReference(id) if Some(id) == known);
    let is_sure = denies_a_person || whom.iter().any(is_named);
    operation.attempt > 1 && came_to_nothing(operation, outcome) && !is_sure
}

/// Whether an outcome says that nothing came of an operation.
pub(crate) fn came_to_nothing(operation: &Operation, outcome: &Outcome) -> bool {
    let ended =
        |state: &OrderState| matches!(state, OrderState::Declined(_) | OrderState::Canceled | OrderState::Expired);
    match outcome {
        Outcome::Refused(_) => true,
        // What gives captured money back is about an order that came of it.
        Outcome::Done(receipt) if receipt.given_back.is_some() => false,
        Outcome::Done(receipt) => opens(operation) && receipt.order.as_ref().is_some_and(|order| ended(&order.state)),
        _ => false,
    }
}

/// The movement that is named for an operation which has happened and is known to be another one.
fn another_movement(operation: &Operation, receipt: &Receipt) -> Option<String> {
    let known = operation.provider_reference.as_ref().filter(|_| operation.inferred.is_none())?;
    receipt.provider_reference.clone().filter(|name| name != known)
}

const fn name_of(state: &OrderState) -> &'static str {
    match state {
        OrderState::AwaitingBuyer(_) => "requires_action",
        OrderState::AwaitingConfirmation => "requires_confirmation",
        OrderState::UnderReview => "under_review",
        OrderState::Authorized => "authorized",
        OrderState::Captured => "captured",
        OrderState::Declined(_) => "declined",
        OrderState::Canceled => "canceled",
        OrderState::Expired => "expired",
    }
}

/// Which kinds of operation are known to have succeeded once the order is in a state.
const fn decided_kind(state: &OrderState) -> &'static [OperationKind] {
    match state {
        OrderState::AwaitingBuyer(_) | OrderState::Expired => &[],
        OrderState::AwaitingConfirmation | OrderState::UnderReview => &[OperationKind::CreateSession],
        OrderState::Authorized | OrderState::Captured | OrderState::Declined(_) => {
            &[OperationKind::CreateSession, OperationKind::Confirm]
        }
        OrderState::Canceled => &[OperationKind::Cancel],
    }
}
