//! Learning: what evidence makes true. Older news never overwrites newer, and a contradiction is never obeyed.

use jiff::Timestamp;

use crate::evidence::{Hint, Proof};
use crate::history::{Cause, Fact};
use crate::id::OperationId;
use crate::late::LateAuthorization;
use crate::money::Amount;
use crate::operation::{Operation, OperationKind, OperationStatus};
use crate::order::CaptureMode;
use crate::outcome::{Difference, DoubtPolicy, News, OperationNews, OrderNews, OrderState, Outcome, Receipt, Whom};
use crate::payment::Payment;

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
    /// says of it is about this payment until somebody knows why. Where none is known to be this payment's and nobody is
    /// asked any more, it ends like one of which nothing is seen.
    fn learn_of_differences(&mut self, all: Vec<Difference>, observed: bool, cause: &Cause, now: Timestamp) {
        let unseen = observed && !all.is_empty() && self.provider_reference.is_none();
        let mut told = false;
        for Difference { field, ours, theirs } in all {
            told |= self.contradicted(&field, ours, theirs, observed, cause, now);
        }
        if told {
            self.ask_about_the_order(cause, now);
        }
        if unseen {
            self.expire_in_silence(cause, now);
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
    fn compare_captured(&mut self, theirs: Option<Amount>, observed: bool, cause: &Cause, now: Timestamp) {
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
pub(crate) const fn opens(operation: &Operation) -> bool {
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
