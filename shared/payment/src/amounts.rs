//! The ledger: what is promised, released, captured and refunded, in minor units of one currency.

use serde::{Deserialize, Serialize};

use crate::id::CaptureId;
use crate::money::Amount;
use crate::operation::{Operation, OperationKind, OperationStatus};
use crate::payment::Payment;
use crate::tax::TaxedAmount;

/// A snapshot of the ledger, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Amounts {
    /// Promised by the provider.
    pub authorized: Amount,
    /// Given back of the promise.
    pub released: Amount,
    /// Reserved by captures that are not settled.
    pub capturing: Amount,
    /// Taken.
    pub captured: Amount,
    /// Reserved by refunds that are not settled.
    pub refunding: Amount,
    /// Given back.
    pub refunded: Amount,
}

/// A ledger that cannot be true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("ledger invariant broken: {0}")]
pub struct InvariantBroken(&'static str);

impl Amounts {
    /// What is promised and neither taken nor given back, reservations aside.
    #[must_use]
    pub fn unreleased(&self) -> Amount {
        self.authorized.left_after(self.released).left_after(self.captured)
    }

    /// What a new refund may give back.
    #[must_use]
    pub fn refundable(&self) -> Amount {
        self.captured.left_after(self.refunded).left_after(self.refunding)
    }
}

impl Payment {
    /// The ledger as it stands.
    #[must_use]
    pub fn amounts(&self) -> Amounts {
        let sum = |kind, held: fn(OperationStatus) -> bool| {
            self.operations.iter().filter(|o| o.kind() == kind && held(o.status)).map(Operation::held).sum()
        };
        let done = |status| status == OperationStatus::Succeeded;
        Amounts {
            authorized: self.authorized,
            released: self.released,
            capturing: sum(OperationKind::Capture, OperationStatus::is_open),
            captured: sum(OperationKind::Capture, done),
            refunding: sum(OperationKind::Refund, OperationStatus::is_open),
            refunded: sum(OperationKind::Refund, done),
        }
    }

    /// What the provider gave back of captures by itself, minor units. It counts as released and no longer as captured.
    #[must_use]
    pub fn reversed(&self) -> Amount {
        self.operations.iter().map(|o| o.reversed).sum()
    }

    /// What stays promised, minor units. What an amendment under way gives up is nobody's to take.
    #[must_use]
    pub fn promised(&self) -> Amount {
        let amending = self.operations.iter().filter(|o| o.kind() == OperationKind::Amend && o.status.is_open());
        amending.map(|o| o.amount).fold(self.authorized.left_after(self.released), Ord::min)
    }

    /// What a new capture may take, minor units.
    #[must_use]
    pub fn capturable(&self) -> Amount {
        let amounts = self.amounts();
        self.promised().left_after(amounts.captured).left_after(amounts.capturing)
    }

    /// What the order is about since it was last amended, with its net part.
    #[must_use]
    pub fn agreed(&self) -> TaxedAmount {
        let amended = |o: &&Operation| o.kind() == OperationKind::Amend && o.status == OperationStatus::Succeeded;
        // Amounts are only ever lowered.
        let last = self.operations.iter().filter(amended).min_by_key(|o| o.amount);
        last.map_or(TaxedAmount::new(self.amount, self.net), Operation::taxed)
    }

    /// Whether the provider may call this the order's amount: an amendment under way may have reached it.
    pub(crate) fn may_be_agreed(&self, amount: Amount) -> bool {
        let amends = |o: &Operation| o.kind() == OperationKind::Amend && o.status.is_open() && o.amount == amount;
        amount == self.agreed().gross() || self.operations.iter().any(amends)
    }

    /// What a new refund may take from this capture, minor units.
    #[must_use]
    pub fn refundable_of(&self, capture: &CaptureId) -> Amount {
        let captured: Amount = self
            .operations
            .iter()
            .filter(|o| o.makes_capture() == Some(capture) && o.status == OperationStatus::Succeeded)
            .map(Operation::held)
            .sum();
        captured.left_after(self.refunds_of(capture).map(|o| o.amount).sum())
    }

    /// The refunds of a capture that hold or have taken money.
    pub(crate) fn refunds_of<'a>(&'a self, capture: &'a CaptureId) -> impl Iterator<Item = &'a Operation> {
        self.operations
            .iter()
            .filter(move |o| o.refunds_capture() == Some(capture) && o.status != OperationStatus::Rejected)
    }

    /// Checks what must hold of every payment ever written.
    ///
    /// # Errors
    /// Names the first invariant that does not hold.
    pub fn check_invariants(&self) -> Result<(), InvariantBroken> {
        let a = self.amounts();
        let sum = |parts: [Amount; 2]| parts.iter().map(|p| p.minor()).sum::<i64>();
        if a.released > a.authorized || sum([a.captured, a.capturing]) > self.promised().minor() {
            return Err(InvariantBroken("0 <= captured + capturing <= authorized - released, amendments included"));
        }
        if sum([a.refunded, a.refunding]) > a.captured.minor() {
            return Err(InvariantBroken("0 <= refunded + refunding <= captured"));
        }
        for operation in &self.operations {
            let Some(capture) = operation.makes_capture() else { continue };
            let taken: i64 = self.refunds_of(capture).map(|o| o.amount.minor()).sum();
            let held = if operation.status == OperationStatus::Succeeded { operation.held().minor() } else { 0 };
            if taken > held {
                return Err(InvariantBroken("refunds of a capture never exceed it"));
            }
        }
        if a.authorized > self.amount {
            return Err(InvariantBroken("never more is authorized than was asked for"));
        }
        let numbered = self.history.iter().zip(1u64..).all(|(entry, n)| entry.sequence == n);
        if !numbered {
            return Err(InvariantBroken("history is numbered from 1 without gaps"));
        }
        Ok(())
    }
}
