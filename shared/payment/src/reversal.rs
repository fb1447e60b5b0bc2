//! Reversals: captured money that the provider gave back without being asked by us. The ledger follows the provider, and
//! what a refund of ours explains is that refund.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::evidence::Hint;
use crate::history::{Cause, Fact};
use crate::id::{CaptureId, OperationId};
use crate::inferred::can_be_a_movement;
use crate::money::Amount;
use crate::operation::{Operation, OperationKind, OperationStatus, Reason};
use crate::outcome::{DoubtPolicy, GivenBack, Outcome, Receipt};
use crate::payment::Payment;

/// A movement that gives back captured money, and is neither a refund of ours nor counted as a reversal yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unplaced {
    /// The operation that it was said of: a capture, or what made the order.
    of: OperationId,
    /// The provider's id of it.
    movement: String,
    /// Minor units.
    amount: Amount,
}

/// So many are kept; whatever comes more is told as drift.
const MOST_UNPLACED: usize = 20;

impl Payment {
    /// What was given back of the capture that an operation made, or of all captures where it made the order.
    pub(crate) fn learn_of_given_back(
        &mut self,
        of: &OperationId,
        told: GivenBack,
        observed: bool,
        cause: &Cause,
        now: Timestamp,
    ) {
        let meant = self.operation(of).and_then(Operation::makes_capture).cloned();
        let is_meant = |o: &Operation| o.makes_capture().is_some_and(|c| meant.as_ref().is_none_or(|meant| meant == c));
        let captures: Vec<CaptureId> =
            self.settled_captures().filter(|o| is_meant(o)).filter_map(Operation::makes_capture).cloned().collect();
        match told {
            GivenBack::All => {
                let may_hold_money = |o: &&mut Operation| is_meant(o) && o.status != OperationStatus::Rejected;
                self.operations.iter_mut().filter(may_hold_money).for_each(|capture| capture.all_given_back = true);
                captures.iter().for_each(|capture| self.all_given_back(capture, cause, now));
            }
            GivenBack::Part { movement, amount } if !self.knows_movement(&movement) => {
                self.unplaced.retain(|one| one.movement != movement);
                self.part_given_back(Unplaced { of: of.clone(), movement, amount }, &captures, observed, cause, now);
            }
            GivenBack::Part { .. } => {}
            GivenBack::Unnamed { message } => self.something_given_back(message, cause, now),
        }
    }

    /// No look tells more of such a message than who said it.
    fn something_given_back(&mut self, message: String, cause: &Cause, now: Timestamp) {
        let is_new = !self.parts_told.contains(&message);
        let is_one_too_many = is_new && self.parts_told.len() >= MOST_UNPLACED;
        if is_new && !is_one_too_many {
            self.parts_told.push(message);
        }
        self.compare_parts_told(usize::from(is_one_too_many), cause, now);
    }

    /// Each refund and each cancellation of ours can explain one message that something was given back. What is one too
    /// many is written down at once.
    pub(crate) fn compare_parts_told(&mut self, not_kept: usize, cause: &Cause, now: Timestamp) {
        let gives_back = |o: &&Operation| matches!(o.kind(), OperationKind::Refund | OperationKind::Cancel);
        let may_have = |o: &&Operation| {
            let thought_rejected = o.reason.as_ref().is_some_and(Reason::allows_another_attempt);
            o.status != OperationStatus::Rejected || thought_rejected
        };
        let explained = self.operations.iter().filter(gives_back).filter(may_have).count();
        let told = self.parts_told.len() + not_kept;
        if told > explained {
            let ours = self.amounts().refunded;
            let theirs = format!("more than {ours}, in {told} parts");
            self.contradicted("refunded", ours.to_string(), theirs, true, cause, now);
        }
    }

    /// Refunds that are under way and explain the rest have happened; what nothing explains is a reversal.
    fn all_given_back(&mut self, capture: &CaptureId, cause: &Cause, now: Timestamp) {
        let unexplained = self.refundable_of(capture);
        if !unexplained.is_zero() {
            return self.reverse(capture, unexplained, None, cause, now);
        }
        let under_way = self.refunds_of(capture).filter(|o| o.status.is_open()).map(|o| o.id.clone());
        for id in under_way.collect::<Vec<_>>() {
            self.conclude(&id, Outcome::Done(Receipt::default()), DoubtPolicy::Lookup, &cause.of(&id), now);
        }
    }

    /// What was said of a capture holds of money that turns out only later to have been there: the capture was in doubt
    /// then, or a refund that held a part of it.
    pub(crate) fn given_back_as_said(&mut self, capture: &CaptureId, cause: &Cause, now: Timestamp) {
        for Unplaced { of, movement, amount } in std::mem::take(&mut self.unplaced) {
            self.learn_of_given_back(&of, GivenBack::Part { movement, amount }, false, cause, now);
        }
        let was_said = self.settled_captures().any(|o| o.makes_capture() == Some(capture) && o.all_given_back);
        let unexplained = self.refundable_of(capture);
        if was_said && !unexplained.is_zero() {
            self.reverse(capture, unexplained, None, cause, now);
        }
    }

    /// A movement of exactly the amount of a refund of ours, whose name at the provider we do not know yet, is that
    /// refund. Where it can be one of several it is none of them: a look may tell. What has no place yet is kept; while nothing
    /// is open that may explain it later it is told at once, since no look tells more than who said it.
    fn part_given_back(
        &mut self,
        told: Unplaced,
        captures: &[CaptureId],
        observed: bool,
        cause: &Cause,
        now: Timestamp,
    ) {
        let amount = told.amount;
        let of_these = |o: &&Operation| o.amount == amount && o.refunds_capture().is_some_and(|c| captures.contains(c));
        let mut ours = self.operations.iter().filter(of_these).filter(|o| can_be_a_movement(o)).map(|o| o.id.clone());
        let reversed = match (ours.next(), ours.next()) {
            (Some(refund), None) => return self.infer(&refund, told.movement, amount, observed, cause, now),
            (Some(_), Some(_)) => None,
            (None, _) => captures.iter().find(|capture| self.refundable_of(capture) >= amount),
        };
        if let Some(capture) = reversed {
            return self.reverse(capture, amount, Some(told.movement), cause, now);
        }
        let moves = |o: &Operation| matches!(o.kind(), OperationKind::Capture | OperationKind::Refund);
        let may_explain = self.operations.iter().any(|o| moves(o) && o.status.is_open());
        let is_kept = self.unplaced.len() < MOST_UNPLACED;
        if is_kept {
            self.unplaced.push(told);
        }
        if !observed {
            self.hint(Hint { at: now });
        }
        if observed || !may_explain || !is_kept {
            let ours = self.amounts().refunded.to_string();
            self.contradicted("refunded", ours, format!("{amount} more"), true, cause, now);
        }
    }

    /// A refund that the provider made once more than we know of: the second movement is given back without being asked.
    /// What a person told of the first one may be inexact, so that there is another name proves no second movement.
    pub(crate) fn refunded_again(&mut self, refund: &Operation, movement: String, cause: &Cause, now: Timestamp) {
        let is_news = !self.knows_movement(&movement) && !refund.is_by_a_persons_word();
        let Some(capture) = refund.refunds_capture().filter(|_| is_news) else { return };
        if self.refundable_of(capture) >= refund.amount {
            self.reverse(capture, refund.amount, Some(movement), cause, now);
        }
    }

    /// Money that came back can not be captured again, so it is released.
    fn reverse(
        &mut self,
        capture: &CaptureId,
        amount: Amount,
        movement: Option<String>,
        cause: &Cause,
        now: Timestamp,
    ) {
        let Some(made_by) = self.operations.iter_mut().find(|o| o.makes_capture() == Some(capture)) else { return };
        let id = made_by.id.clone();
        made_by.reversed = [made_by.reversed, amount].into_iter().sum();
        self.released = [self.released, amount].into_iter().sum();
        let fact = Fact::CaptureReversed { capture: capture.clone(), amount, movement };
        self.record(fact, self.status, &cause.of(&id), now);
    }

    fn knows_movement(&self, id: &str) -> bool {
        self.operations.iter().any(|o| o.provider_reference.as_deref() == Some(id)) || self.is_reversal(id)
    }
}
