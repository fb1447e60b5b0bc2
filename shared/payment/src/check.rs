//! The rules that a command must keep: status, room, lines and units.

use crate::command::LineQuantity;
use crate::id::CaptureId;
use crate::money::Amount;
use crate::operation::{Operation, OperationKind, OperationStatus};
use crate::payment::Payment;
use crate::rejection::Rejection;
use crate::tax::TaxedAmount;

/// At most this many captures and refunds a payment.
const MOST_MOVEMENTS: usize = 200;

impl Payment {
    pub(crate) fn check_allowed(&self, kind: OperationKind) -> Result<(), Rejection> {
        if self.status_allows(kind) { Ok(()) } else { Err(Rejection::StatusDoesNotAllow { status: self.status, kind }) }
    }

    pub(crate) fn check_room(&self, with_release: bool) -> Result<(), Rejection> {
        let movements = self.operations.iter().filter(|o| o.is_movement());
        if movements.count() + usize::from(with_release) >= MOST_MOVEMENTS { Err(Rejection::TooLarge) } else { Ok(()) }
    }

    /// The amount that is asked for by number, by lines, or by both when they agree; `None` for "all that is left".
    pub(crate) fn amount_of(
        &self,
        amount: Option<Amount>,
        lines: &[LineQuantity],
    ) -> Result<Option<Amount>, Rejection> {
        if lines.is_empty() {
            return Ok(amount);
        }
        let mut sum: i64 = 0;
        for (i, asked) in lines.iter().enumerate() {
            let Some(line) = self.lines.iter().find(|line| line.reference == asked.reference) else {
                return Err(invalid(format!("/lines/{i}/reference"), "is not a line of the order"));
            };
            if lines.iter().take(i).any(|earlier| earlier.reference == asked.reference) {
                return Err(invalid(format!("/lines/{i}/reference"), "must be unique within the request"));
            }
            if asked.quantity == 0 || asked.quantity > line.quantity {
                let rule = format!("must be from 1 to the {} units of the order", line.quantity);
                return Err(invalid(format!("/lines/{i}/quantity"), rule));
            }
            sum = sum.saturating_add(i64::from(asked.quantity).saturating_mul(line.unit_price.minor()));
        }
        let sum = Amount::new(sum).map_err(|_| invalid("/lines", "must add up to a positive amount"))?;
        match amount {
            Some(amount) if amount != sum => Err(Rejection::Invalid {
                pointer: "/amount".into(),
                detail: format!("is {amount} but the lines add up to {sum}"),
                lines_do_not_add_up: true,
            }),
            _ => Ok(Some(sum)),
        }
    }

    /// No more units of a line than ordered; for a refund no more than captured, where that was by lines.
    pub(crate) fn check_quantities(
        &self,
        lines: &[LineQuantity],
        kind: OperationKind,
        capture: Option<&CaptureId>,
    ) -> Result<(), Rejection> {
        for (i, asked) in lines.iter().enumerate() {
            let ordered = self.units_of(asked, capture);
            let same = |o: &&Operation| o.kind() == kind && o.status != OperationStatus::Rejected;
            let of_capture = |o: &&Operation| capture.is_none() || o.refunds_capture() == capture;
            let earlier = self.operations.iter().filter(same).filter(of_capture).flat_map(|o| o.lines());
            let in_request = lines.iter().take(i);
            let taken: u64 = earlier
                .chain(in_request)
                .filter(|l| l.reference == asked.reference)
                .map(|l| u64::from(l.quantity))
                .sum();
            if asked.quantity == 0 || taken + u64::from(asked.quantity) > u64::from(ordered) {
                let left = u64::from(ordered).saturating_sub(taken);
                return Err(invalid(
                    format!("/lines/{i}/quantity"),
                    format!("must be from 1 to the {left} units left"),
                ));
            }
        }
        Ok(())
    }

    /// The units of a line that there are: in the order, or in the capture where that was by lines.
    pub(crate) fn units_of(&self, asked: &LineQuantity, capture: Option<&CaptureId>) -> u32 {
        let by_lines = |o: &&Operation| capture.is_some() && o.makes_capture() == capture && !o.lines().is_empty();
        let same = |l: &&LineQuantity| l.reference == asked.reference;
        match self.operations.iter().find(by_lines) {
            Some(capture) => capture.lines().iter().filter(same).fold(0, |sum, l| sum.saturating_add(l.quantity)),
            None => self.lines.iter().find(|l| l.reference == asked.reference).map_or(0, |l| l.quantity),
        }
    }

    pub(crate) fn settled_captures(&self) -> impl Iterator<Item = &Operation> {
        let settled = |o: &&Operation| o.kind() == OperationKind::Capture && o.status == OperationStatus::Succeeded;
        self.operations.iter().filter(settled)
    }

    /// What can still be captured, with its net part.
    pub(crate) fn capturable_net(&self) -> TaxedAmount {
        let taken = |o: &&Operation| o.kind() == OperationKind::Capture && o.status != OperationStatus::Rejected;
        let parts = self.operations.iter().filter(taken).map(Operation::taxed);
        parts.fold(self.agreed(), TaxedAmount::without)
    }

    /// What would be promised after an amendment, with its net part: the captures keep theirs.
    pub(crate) fn amended(&self, to: Amount) -> Result<TaxedAmount, Rejection> {
        let (promised, rest) = (self.promised(), self.capturable_net());
        let taken = promised.left_after(self.capturable());
        let rule = |detail: String| Err(invalid("/amount", detail));
        if !self.reversed().is_zero() {
            return rule(
                "cannot be lowered any more: the provider reversed a capture, and its amount of the order is another"
                    .to_owned(),
            );
        }
        if to >= promised {
            return rule(format!("must be less than the {promised} that are promised: a promise is only lowered"));
        }
        if to < taken {
            return rule(format!("must be at least the {taken} that are captured"));
        }
        if to.is_zero() {
            return rule("must be at least 1 minor unit: to release everything, cancel".to_owned());
        }
        let kept = self.agreed().without(rest).net();
        Ok(TaxedAmount::new(to, kept.plus(rest.part(to.left_after(taken)).net()).unwrap_or(kept)))
    }

    /// What can still be refunded of a capture, with its net part.
    pub(crate) fn refundable_net(&self, capture: &CaptureId) -> TaxedAmount {
        let whole = self.settled_captures().find(|o| o.makes_capture() == Some(capture)).map(Operation::taxed);
        let whole = whole.unwrap_or(TaxedAmount::new(Amount::ZERO, Amount::ZERO));
        self.refunds_of(capture).map(Operation::taxed).fold(whole, TaxedAmount::without)
    }
}

pub(crate) fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Rejection {
    Rejection::Invalid { pointer: pointer.into(), detail: detail.into(), lines_do_not_add_up: false }
}
