//! What became true of a payment, in order, numbered from 1 without gaps.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::amounts::Amounts;
use crate::id::{CaptureId, OperationId, RefundId};
use crate::instruction::InstructionKind;
use crate::money::Amount;
use crate::operation::OperationKind;
use crate::outcome::{DeclineReason, ReceivableNews};
use crate::payment::Payment;
use crate::receivable::ReceivableMessage;
use crate::status::Status;

/// What made a change happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// A call to our API.
    Api,
    /// A provider's message.
    Webhook,
    /// A look at the provider.
    Probe,
    /// The regular sweep.
    Sweep,
    /// A person.
    Operator,
}

/// What made a change happen, and under which request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// What.
    pub kind: CauseKind,
    /// The operation that was at work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<OperationId>,
    /// The request it happened in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Cause {
    /// A cause in a request.
    #[must_use]
    pub fn new(kind: CauseKind, request_id: impl Into<String>) -> Self {
        Self { kind, operation_id: None, request_id: Some(request_id.into()) }
    }

    /// The same cause, at work on an operation.
    #[must_use]
    pub fn of(&self, operation: &OperationId) -> Self {
        Self { operation_id: Some(operation.clone()), ..self.clone() }
    }
}

/// One thing that became true. Each is one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Fact {
    Created,
    RequiresAction,
    RequiresConfirmation,
    UnderReview,
    Authorized { amount: Amount },
    Amended { released: Amount },
    Captured,
    RemainderReleased { amount: Amount },
    Declined { reason: DeclineReason, provider_code: Option<String> },
    Canceled { released: Amount },
    Expired { released: Amount },
    DriftDetected { field: String, ours: String, theirs: String },
    CapturePending { capture: CaptureId, amount: Amount, invoice: Option<String> },
    CaptureSucceeded { capture: CaptureId, amount: Amount, invoice: Option<String> },
    CaptureFailed { capture: CaptureId, amount: Amount, reason: String },
    CaptureReversed { capture: CaptureId, amount: Amount, movement: Option<String> },
    RefundPending { refund: RefundId, capture: CaptureId, amount: Amount },
    RefundSucceeded { refund: RefundId, capture: CaptureId, amount: Amount },
    RefundFailed { refund: RefundId, capture: CaptureId, amount: Amount, reason: String },
    OperationInDoubt { operation: OperationId, kind: OperationKind, amount: Amount },
    OperationResolved { operation: OperationId, kind: OperationKind, amount: Amount, succeeded: bool },
    OperationNeedsOperator { operation: OperationId, kind: OperationKind, amount: Amount },
    Told { operation: OperationId, instruction: InstructionKind, amount: Amount },
    Receivable(ReceivableMessage),
    Unrecognized { event: String },
}

impl Fact {
    /// The event type between `paylater.` and `.v1`.
    #[must_use]
    pub const fn event_type(&self) -> &'static str {
        match self {
            Self::Created => "payment.created",
            Self::RequiresAction => "payment.requires_action",
            Self::RequiresConfirmation => "payment.requires_confirmation",
            Self::UnderReview => "payment.under_review",
            Self::Authorized { .. } => "payment.authorized",
            Self::Amended { .. } => "payment.amended",
            Self::Captured => "payment.captured",
            Self::RemainderReleased { .. } => "payment.remainder_released",
            Self::Declined { .. } => "payment.declined",
            Self::Canceled { .. } => "payment.canceled",
            Self::Expired { .. } => "payment.expired",
            Self::DriftDetected { .. } => "payment.drift_detected",
            Self::CapturePending { .. } => "capture.pending",
            Self::CaptureSucceeded { .. } => "capture.succeeded",
            Self::CaptureFailed { .. } => "capture.failed",
            Self::CaptureReversed { .. } => "capture.reversed",
            Self::RefundPending { .. } => "refund.pending",
            Self::RefundSucceeded { .. } => "refund.succeeded",
            Self::RefundFailed { .. } => "refund.failed",
            Self::OperationInDoubt { .. } => "operation.in_doubt",
            Self::OperationResolved { .. } => "operation.resolved",
            Self::OperationNeedsOperator { .. } => "operation.needs_operator",
            Self::Told { instruction, .. } => instruction.event_type(),
            Self::Receivable(told) => match told.news {
                ReceivableNews::PaidOut => "receivable.paid_out",
                ReceivableNews::BuyerPaid => "receivable.buyer_paid",
                ReceivableNews::Overdue => "receivable.overdue",
                ReceivableNews::Dunning { .. } => "receivable.dunning",
                ReceivableNews::Disputed => "receivable.disputed",
                ReceivableNews::DisputeClosed => "receivable.dispute_closed",
                ReceivableNews::ClawedBack => "receivable.clawed_back",
                ReceivableNews::Closed => "receivable.closed",
                ReceivableNews::Updated => "receivable.updated",
            },
            Self::Unrecognized { .. } => "provider_event.unrecognized",
        }
    }
}

/// What a person said who settled an operation. No event tells it: it is in the person's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// How the person knows.
    pub reason: String,
    /// What the key is called that it was said with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// One numbered line of a payment's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// From 1, without gaps; the event's `sequence`.
    pub sequence: u64,
    /// When it was written.
    pub at: Timestamp,
    /// What became true.
    pub fact: Fact,
    /// The status before.
    pub previous_status: Status,
    /// The status after.
    pub status: Status,
    /// The ledger after.
    pub amounts: Amounts,
    /// What made it happen.
    pub cause: Cause,
    /// The provider's message that said so, where it must not be written down twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The person's word that settled the operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub word: Option<Word>,
}

impl Payment {
    pub(crate) fn record(&mut self, fact: Fact, previous_status: Status, cause: &Cause, now: Timestamp) {
        let sequence = self.history.last().map_or(1, |last| last.sequence + 1);
        let entry = Entry {
            sequence,
            at: now,
            fact,
            previous_status,
            status: self.status,
            amounts: self.amounts(),
            cause: cause.clone(),
            message: None,
            word: None,
        };
        self.history.push(entry);
        self.updated_at = now;
    }

    /// Writes down whose word resolved an operation, if one of the entries behind this number says that it was resolved.
    pub(crate) fn note_word(&mut self, id: &OperationId, word: Word, known: usize) {
        let resolves =
            |entry: &&mut Entry| matches!(&entry.fact, Fact::OperationResolved { operation, .. } if operation == id);
        if let Some(entry) = self.history.iter_mut().skip(known).find(resolves) {
            entry.word = Some(word);
        }
    }

    /// What the history alone says: the settled ledger (without reservations) and the status.
    #[must_use]
    pub fn replayed(&self) -> (Status, Amounts) {
        let mut amounts = Amounts::default();
        let mut status = Status::Created;
        let mut given = BTreeSet::new();
        for entry in &self.history {
            apply(&mut amounts, &mut given, &entry.fact);
            status = entry.status;
        }
        (status, amounts)
    }
}

/// The ledger after one more fact, and the refunds that have succeeded: one that is in doubt again gives nothing back.
fn apply(amounts: &mut Amounts, given: &mut BTreeSet<RefundId>, fact: &Fact) {
    let add = |to: &mut Amount, amount: Amount| *to = [*to, amount].into_iter().sum();
    match fact {
        Fact::Authorized { amount } => amounts.authorized = *amount,
        Fact::RemainderReleased { amount }
        | Fact::Amended { released: amount }
        | Fact::Canceled { released: amount }
        | Fact::Expired { released: amount } => {
            add(&mut amounts.released, *amount);
        }
        Fact::CaptureSucceeded { amount, .. } => add(&mut amounts.captured, *amount),
        Fact::CaptureReversed { amount, .. } => {
            amounts.captured = amounts.captured.left_after(*amount);
            add(&mut amounts.released, *amount);
        }
        Fact::RefundSucceeded { refund, amount, .. } => {
            given.insert(refund.clone());
            add(&mut amounts.refunded, *amount);
        }
        Fact::OperationInDoubt { operation, amount, .. } if given.remove(&RefundId::of(operation)) => {
            amounts.refunded = amounts.refunded.left_after(*amount);
        }
        _ => {}
    }
}
