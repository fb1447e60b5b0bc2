//! Reversals: captured money that the provider gave back without being asked by us. The ledger follows the provider, and
//! what a refund of ours explains is that refund.

use jiff::Timestamp;

use crate::history::{Cause, Fact};
use crate::id::{CaptureId, OperationId};
use crate::money::Amount;
use crate::operation::{Operation, OperationStatus, Reason};
use crate::outcome::{DoubtPolicy, GivenBack, Outcome, Receipt};
use crate::payment::Payment;

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
        let meant = self.operation(of).and_then(Operation::makes_capture);
        let settled = self.settled_captures().filter_map(Operation::makes_capture);
        let captures: Vec<CaptureId> = settled.filter(|c| meant.is_none_or(|meant| meant == *c)).cloned().collect();
        match told {
            GivenBack::All => captures.iter().for_each(|capture| self.all_given_back(capture, cause, now)),
            GivenBack::Part { movement, amount } if !self.knows_movement(&movement) => {
                self.part_given_back(&captures, movement, amount, observed, cause, now);
            }
            GivenBack::Part { .. } => {}
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

    /// A movement of exactly the amount of a refund of ours, whose name at the provider we do not know yet, is that
    /// refund.
    fn part_given_back(
        &mut self,
        captures: &[CaptureId],
        movement: String,
        amount: Amount,
        observed: bool,
        cause: &Cause,
        now: Timestamp,
    ) {
        let ours = |o: &&Operation| {
            let of_these = o.refunds_capture().is_some_and(|c| captures.contains(c));
            let inferred =
                o.status == OperationStatus::Rejected && o.reason.as_ref().is_some_and(Reason::allows_another_attempt);
            let may_be = o.status.is_open() || inferred;
            of_these && may_be && o.amount == amount && o.provider_reference.is_none()
        };
        if let Some(refund) = self.operations.iter().find(ours).map(|o| (o.id.clone(), o.status.is_open())) {
            let receipt = Receipt { provider_reference: Some(movement), amount: Some(amount), ..Receipt::default() };
            let (outcome, cause) = (Outcome::Done(receipt), cause.of(&refund.0));
            return match refund.1 {
                true => self.conclude(&refund.0, outcome, DoubtPolicy::Lookup, &cause, now),
                false => self.compare_settled(&refund.0, outcome, observed, &cause, now),
            };
        }
        match captures.iter().find(|capture| self.refundable_of(capture) >= amount) {
            Some(capture) => self.reverse(capture, amount, Some(movement), cause, now),
            None => {
                let ours = self.amounts().refunded.to_string();
                self.contradicted("refunded", ours, format!("{amount} more"), observed, cause, now);
            }
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
        let reversed =
            |fact: &Fact| matches!(fact, Fact::CaptureReversed { movement: Some(movement), .. } if movement == id);
        self.operations.iter().any(|o| o.provider_reference.as_deref() == Some(id))
            || self.history.iter().any(|entry| reversed(&entry.fact))
    }
}
