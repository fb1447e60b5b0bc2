//! Late authorizations: the buyer finished after the payment was given up with nothing promised.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::history::{Cause, Fact};
use crate::id::OperationId;
use crate::operation::{Detail, OperationKind};
use crate::outcome::{DoubtPolicy, OrderNews, OrderState, Outcome, Receipt};
use crate::payment::Payment;
use crate::schedule;
use crate::status::{Happened, Status};

/// So many attempts at calling a late authorization off may end unsent before a person is asked.
const LATE_CANCEL_ATTEMPTS: u32 = 3;

/// What becomes of an order that the provider promises after its payment was canceled or expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LateAuthorization {
    /// It is called off at the provider, and the payment stays as it is.
    #[default]
    Cancel,
    /// The payment becomes authorized after all.
    Accept,
}

impl Payment {
    /// Whether an order in this state was promised after its payment had been given up. Where money was promised and
    /// released before, nobody is late: the books differ.
    pub(crate) fn is_late(&self, state: &OrderState) -> bool {
        self.is_given_up() && matches!(state, OrderState::Authorized | OrderState::Captured)
    }

    /// Whether it was given up with nothing promised, so that a buyer may still finish.
    #[must_use]
    pub fn is_given_up(&self) -> bool {
        matches!(self.status, Status::Canceled | Status::Expired) && self.authorized.is_zero()
    }

    /// What becomes of a late authorization. An order that was called off while the provider had it in review is not
    /// promised again by older news of it.
    pub(crate) fn late_policy(&self) -> LateAuthorization {
        let canceled = self.history.iter().rfind(|entry| matches!(entry.fact, Fact::Canceled { .. }));
        let of_an_order = canceled.is_some_and(|entry| entry.previous_status == Status::UnderReview);
        if of_an_order { LateAuthorization::Cancel } else { self.late_authorization }
    }

    /// What an observed late authorization leads to. The operation that is known to have succeeded by it is settled.
    pub(crate) fn learn_late(&mut self, news: OrderNews, cause: &Cause, now: Timestamp) {
        let decided = &[OperationKind::CreateSession, OperationKind::Confirm];
        if let Some(id) = self.open_operation_decided_by(decided) {
            self.conclude(&id, Outcome::Done(Receipt::default()), DoubtPolicy::Lookup, &cause.of(&id), now);
        }
        self.reinstate_what_made(&news.state, cause, now);
        let captured = news.state == OrderState::Captured;
        self.keep_names(news);
        match self.late_policy() {
            LateAuthorization::Cancel => self.call_off(captured, cause, now),
            LateAuthorization::Accept => {
                self.move_to(Happened::AuthorizedLate, cause, now);
                if captured {
                    self.capture_with_authorization(cause, now);
                }
            }
        }
    }

    /// Reserves the one cancellation of a late authorization, for the sweep to run. Money that is taken already cannot be
    /// called off: a person must give it back.
    fn call_off(&mut self, captured: bool, cause: &Cause, now: Timestamp) {
        let id = self.late_cancel();
        let known = self.operation(&id).is_some();
        let Some(first) = self.operations.first().filter(|_| !known) else { return };
        let (opened_by, fingerprint) = (first.id.clone(), first.fingerprint.clone());
        let reference = format!("{}-X{}", self.order_reference, id.suffix());
        self.reserve(id.clone(), Detail::Cancel, self.amount, reference, fingerprint, now);
        if let Some(cancel) = self.operations.last_mut() {
            cancel.attempt = 0;
            cancel.due_at = Some(now).filter(|_| !captured);
            cancel.waits_for = Some(opened_by);
        }
        if captured {
            self.ask_operator(&id, cause, now);
        }
    }

    /// The id of the operation that calls a late authorization off. No caller's key has a space in it, so no call can
    /// have this id.
    fn late_cancel(&self) -> OperationId {
        OperationId::of(&self.id, "cancel", "late authorization")
    }

    /// Whether this operation calls a late authorization off.
    pub(crate) fn is_late_cancel(&self, id: &OperationId) -> bool {
        *id == self.late_cancel()
    }

    /// Whether this operation follows another one and has had its attempts: an account that cannot call anything off will
    /// not learn it by itself.
    pub(crate) fn is_hopeless_follower(&self, id: &OperationId) -> bool {
        let most = if self.is_late_cancel(id) { LATE_CANCEL_ATTEMPTS } else { schedule::FOLLOWER_ATTEMPTS };
        self.operation(id).is_some_and(|o| o.waits_for.is_some() && o.attempt >= most)
    }

    /// Whether a late authorization was accepted, so that what was said before may still be on its way.
    pub(crate) fn was_accepted_late(&self) -> bool {
        let after_the_end = |status| matches!(status, Status::Canceled | Status::Expired);
        self.history.iter().any(|e| matches!(e.fact, Fact::Authorized { .. }) && after_the_end(e.previous_status))
    }

    /// When a payment that was given up is looked at next, in case the buyer finished after all: a session may outlive the
    /// try that was called off in it.
    pub(crate) fn late_look(&self, now: Timestamp) -> Option<Timestamp> {
        let given_up = |fact: &Fact| matches!(fact, Fact::Expired { .. } | Fact::Canceled { .. });
        let ended = self.history.iter().rfind(|entry| given_up(&entry.fact)).filter(|_| self.is_given_up())?;
        let looks = schedule::LATE_LOOK_AFTER_SECONDS.into_iter().map(|seconds| schedule::after(ended.at, seconds));
        looks.into_iter().find(|at| *at > now)
    }
}
