//! Unnamed: what the provider keeps under the name of what it follows. It is the operation of ours that is the only one it
//! can be, or somebody did it at the provider's own desk.

use jiff::Timestamp;

use crate::history::Cause;
use crate::inferred::can_be_a_movement;
use crate::operation::{Operation, OperationKind};
use crate::outcome::{GivenBack, OperationNews, OrderNews, OrderState, Outcome, Receipt, Whom};
use crate::payment::Payment;

impl Payment {
    /// News of what names no operation of ours, but one that it follows. Whose it is goes by its amount. No look tells more
    /// than who said it, so what is nobody's is told at once.
    pub(crate) fn learn_of_unnamed(&mut self, news: OperationNews, observed: bool, cause: &Cause, now: Timestamp) {
        let follows = news.whom.iter().find_map(|whom| match whom {
            Whom::Follows { reference, kind } => Some((Whom::Reference(reference.clone()), *kind)),
            Whom::Reference(_) | Whom::ProviderReference(_) => None,
        });
        let Some((followed, kind)) = follows.filter(|(followed, _)| self.find(followed).is_some()) else { return };
        if let Some(ours) = self.only_unnamed(kind, &news.outcome) {
            let whom = vec![Whom::Reference(ours)];
            return self.learn_of_operation(OperationNews { whom, ..news }, observed, cause, now);
        }
        let Outcome::Done(Receipt { provider_reference: Some(movement), amount, .. }) = news.outcome else { return };
        let of_followed = |receipt| OperationNews { whom: vec![followed], outcome: Outcome::Done(receipt) };
        match (kind, amount) {
            (OperationKind::Refund, Some(amount)) => {
                let given_back = Some(GivenBack::Part { movement, amount });
                let receipt = Receipt { given_back, ..Receipt::default() };
                self.learn_of_operation(of_followed(receipt), observed, cause, now);
            }
            (OperationKind::Capture | OperationKind::Cancel, _) => {
                if self.status.is_open() {
                    // What follows an order proves that it was promised, which is to be heard yet.
                    let order = Some(OrderNews::of(OrderState::Authorized));
                    let receipt = Receipt { order, ..Receipt::default() };
                    self.learn_of_operation(of_followed(receipt), observed, cause, now);
                }
                if kind == OperationKind::Cancel {
                    self.learn_of_order(OrderNews { amount, ..OrderNews::of(OrderState::Canceled) }, true, cause, now);
                } else {
                    let ours = self.amounts().captured;
                    let theirs = amount.and_then(|amount| ours.plus(amount)).map(|sum| sum.to_string());
                    let theirs = theirs.unwrap_or_else(|| format!("more than {ours}"));
                    self.contradicted("captured", ours.to_string(), theirs, true, cause, now);
                }
            }
            _ => {}
        }
    }

    /// Our name of the one operation that this can be, of those that are open before all others. One that is not done yet may
    /// come to nothing, which must not be told of ours. A refund is of a capture, and found by what was given back of it.
    fn only_unnamed(&self, kind: OperationKind, outcome: &Outcome) -> Option<String> {
        let Outcome::Done(receipt) = outcome else { return None };
        let may_be = |o: &&Operation| {
            o.kind() == kind && o.attempt > 0 && receipt.amount == Some(o.amount) && can_be_a_movement(o)
        };
        let ours = || self.operations.iter().filter(|_| kind != OperationKind::Refund).filter(may_be);
        let is_open = ours().any(|o| o.status.is_open());
        let mut ours = ours().filter(|o| o.status.is_open() == is_open);
        ours.next().filter(|_| ours.next().is_none()).map(|one| one.reference.clone())
    }
}
