//! Reserving: what each kind of command takes of the ledger before the provider is asked.

use jiff::Timestamp;

use crate::check::invalid;
use crate::command::{AmendCommand, CaptureCommand, ConfirmCommand, RefundCommand};
use crate::id::{CaptureId, Fingerprint, IdempotencyKey, OperationId, RefundId};
use crate::money::Amount;
use crate::operation::{Detail, Operation, OperationKind};
use crate::order::Flow;
use crate::payment::Payment;
use crate::rejection::Rejection;
use crate::status::Status;

impl Payment {
    pub(crate) fn reserve_confirm(
        &mut self,
        confirm: &ConfirmCommand,
        id: OperationId,
        fingerprint: Fingerprint,
        now: Timestamp,
    ) -> Result<(), Rejection> {
        let from_widget = self.status == Status::RequiresAction && self.flow == Flow::Widget && confirm.from_widget;
        if self.status != Status::RequiresConfirmation && !from_widget {
            return Err(Rejection::StatusDoesNotAllow { status: self.status, kind: OperationKind::Confirm });
        }
        let reference = self.order_reference.clone();
        self.reserve(id, Detail::Confirm, self.amount, reference, fingerprint, now);
        Ok(())
    }

    pub(crate) fn reserve_capture(
        &mut self,
        asked: CaptureCommand,
        key: &IdempotencyKey,
        id: &OperationId,
        fingerprint: Fingerprint,
        now: Timestamp,
    ) -> Result<(), Rejection> {
        self.check_room(asked.releases_rest)?;
        let left = self.capturable();
        let amount = match self.amount_of(asked.amount, &asked.lines)? {
            Some(amount) if amount > left => return Err(Rejection::ExceedsAuthorized { asked: amount, left }),
            Some(amount) => amount,
            None => left,
        };
        if amount.is_zero() {
            return Err(invalid("/amount", "must be at least 1 minor unit"));
        }
        self.check_quantities(&asked.lines, OperationKind::Capture, None)?;
        let net = self.capturable_net().part(amount).net();
        let detail = Detail::Capture {
            capture: CaptureId::of(id),
            net,
            lines: asked.lines,
            invoice: asked.invoice,
            shipment: asked.shipment,
        };
        let reference = format!("{}-C{}", self.order_reference, id.suffix());
        self.reserve(id.clone(), detail, amount, reference, fingerprint.clone(), now);
        if asked.releases_rest {
            self.reserve_release_after(id, key, fingerprint, now);
        }
        Ok(())
    }

    /// The second operation of a final capture: it waits until the first succeeded.
    pub(crate) fn reserve_release_after(
        &mut self,
        capture: &OperationId,
        key: &IdempotencyKey,
        fingerprint: Fingerprint,
        now: Timestamp,
    ) {
        let id = OperationId::of(&self.id, "cancel", &format!("after {key}"));
        let reference = format!("{}-X{}", self.order_reference, id.suffix());
        self.reserve(id, Detail::Cancel, Amount::ZERO, reference, fingerprint, now);
        if let Some(release) = self.operations.last_mut() {
            release.attempt = 0;
            release.due_at = None;
            release.waits_for = Some(capture.clone());
        }
    }

    pub(crate) fn reserve_refund(
        &mut self,
        asked: RefundCommand,
        id: OperationId,
        fingerprint: Fingerprint,
        now: Timestamp,
    ) -> Result<(), Rejection> {
        let named = asked.capture_id.as_ref();
        if named.is_some_and(|id| !self.settled_captures().any(|o| o.makes_capture() == Some(id))) {
            return Err(invalid("/capture_id", "is not a settled capture of this payment"));
        }
        let left = named.map_or_else(|| self.amounts().refundable(), |id| self.refundable_of(id));
        let amount = self.amount_of(asked.amount, &asked.lines)?.unwrap_or(left);
        if amount > left {
            return Err(Rejection::ExceedsCaptured { asked: amount, left });
        }
        if amount.is_zero() {
            return Err(invalid("/amount", "must be at least 1 minor unit, and something must be left to refund"));
        }
        let holder =
            self.settled_captures().filter_map(Operation::makes_capture).find(|c| self.refundable_of(c) >= amount);
        let Some(capture) = asked.capture_id.clone().or_else(|| holder.cloned()) else {
            return Err(invalid("/capture_id", "is required: no single capture holds the whole amount"));
        };
        self.check_quantities(&asked.lines, OperationKind::Refund, Some(&capture))?;
        let net = self.refundable_net(&capture).part(amount).net();
        let detail = Detail::Refund {
            refund: RefundId::of(&id),
            capture,
            net,
            lines: asked.lines,
            reason: asked.reason,
            reference: asked.reference,
        };
        let reference = format!("{}-R{}", self.order_reference, id.suffix());
        self.reserve(id, detail, amount, reference, fingerprint, now);
        Ok(())
    }

    pub(crate) fn reserve_cancel(&mut self, id: OperationId, fingerprint: Fingerprint, now: Timestamp) {
        let reference = format!("{}-X{}", self.order_reference, id.suffix());
        let amount = self.amounts().unreleased();
        self.reserve(id, Detail::Cancel, amount, reference, fingerprint, now);
    }

    pub(crate) fn reserve_amend(
        &mut self,
        asked: &AmendCommand,
        id: OperationId,
        fingerprint: Fingerprint,
        now: Timestamp,
    ) -> Result<(), Rejection> {
        let net = self.amended(asked.amount)?.net();
        let reference = format!("{}-A{}", self.order_reference, id.suffix());
        self.reserve(id, Detail::Amend { net }, asked.amount, reference, fingerprint, now);
        Ok(())
    }
}
