//! An operation: one thing asked of the provider, reserved before it is asked.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::command::LineQuantity;
use crate::history::Word;
use crate::id::{CaptureId, Fingerprint, OperationId, RefundId};
use crate::inferred::Inferred;
use crate::instruction::{Instruction, InstructionKind};
use crate::money::Amount;
use crate::outcome::Doubt;
use crate::resolve::ResolvedBy;
use crate::schedule;
use crate::tax::TaxedAmount;
use crate::text::Text;

/// What kind of thing is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// Open a session, or an order where no buyer is needed.
    CreateSession,
    /// Confirm what the buyer accepted.
    Confirm,
    /// Take promised money.
    Capture,
    /// Give captured money back.
    Refund,
    /// Release what is promised and not captured.
    Cancel,
    /// Lower what is promised.
    Amend,
    /// Tell something that takes nothing of the ledger; in the API it goes by its own word.
    #[serde(untagged)]
    Tell(InstructionKind),
}

impl OperationKind {
    /// What can be asked of a payment that exists, in the order of a payment's life.
    pub const ACTIONS: [Self; 9] = [
        Self::Confirm,
        Self::Capture,
        Self::Refund,
        Self::Cancel,
        Self::Amend,
        Self::Tell(InstructionKind::Hold),
        Self::Tell(InstructionKind::Resume),
        Self::Tell(InstructionKind::Message),
        Self::Tell(InstructionKind::DirectPayment),
    ];

    /// The word in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreateSession => "create_session",
            Self::Confirm => "confirm",
            Self::Capture => "capture",
            Self::Refund => "refund",
            Self::Cancel => "cancel",
            Self::Amend => "amend",
            Self::Tell(kind) => kind.as_str(),
        }
    }

    /// What is done, in a sentence.
    #[must_use]
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Tell(kind) => kind.verb(),
            _ => self.as_str(),
        }
    }
}

/// Where an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationStatus {
    /// Reserved; a worker is at it, or died.
    Accepted,
    /// Done.
    Succeeded,
    /// Definitely not done.
    Rejected,
    /// The provider accepted it and will tell the result.
    Pending,
    /// It may have happened.
    InDoubt,
    /// Only a person can find out.
    NeedsOperator,
}

impl OperationStatus {
    /// Whether it still holds its reservation.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Accepted | Self::Pending | Self::InDoubt | Self::NeedsOperator)
    }
}

/// Why an operation is where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Reason {
    /// It never left us; the same key runs it again.
    NotSent,
    /// Its outcome is unknown but moves nothing; the same key opens a new one.
    Harmless,
    /// Looked for twice and not there; the same key runs it again.
    NotProcessed,
    /// The provider said no.
    ProviderRefused {
        /// The provider's code.
        provider_code: Option<String>,
        /// The provider's explanation.
        message: Option<String>,
    },
    /// The operation that it waited for failed.
    PrerequisiteFailed,
    /// Its outcome is unknown.
    Doubt {
        /// Why.
        doubt: Doubt,
    },
    /// A person decided.
    Operator {
        /// In the person's words.
        reason: String,
    },
}

impl Reason {
    /// The word in the API.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::Harmless => "harmless",
            Self::NotProcessed => "not_processed",
            Self::ProviderRefused { .. } => "provider_refused",
            Self::PrerequisiteFailed => "prerequisite_failed",
            Self::Doubt { doubt } => doubt.as_str(),
            Self::Operator { .. } => "operator",
        }
    }

    /// Whether the same key may run the operation again.
    #[must_use]
    pub const fn allows_another_attempt(&self) -> bool {
        matches!(self, Self::NotSent | Self::Harmless | Self::NotProcessed)
    }
}

/// The invoice that a capture belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invoice {
    /// The shop's invoice number.
    pub number: Text<1, 100>,
    /// Where the provider can download it.
    #[serde(default)]
    pub url: Option<Url>,
}

/// The shipment that a capture belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shipment {
    /// Who carries it.
    #[serde(default)]
    pub carrier: Option<Text<1, 100>>,
    /// The carrier's number.
    #[serde(default)]
    pub tracking_number: Option<Text<1, 100>>,
    /// Where the buyer can follow it.
    #[serde(default)]
    pub tracking_url: Option<Url>,
}

/// What is particular to a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Detail {
    /// Open a session.
    CreateSession,
    /// Confirm.
    Confirm,
    /// Capture.
    Capture {
        /// The capture that this makes.
        capture: CaptureId,
        /// The net part of the amount.
        net: Amount,
        /// Which lines, when given by lines.
        lines: Vec<LineQuantity>,
        /// Invoice.
        invoice: Option<Invoice>,
        /// Shipment.
        shipment: Option<Shipment>,
    },
    /// Refund.
    Refund {
        /// The refund that this makes.
        refund: RefundId,
        /// The capture that it takes from.
        capture: CaptureId,
        /// The net part of the amount.
        net: Amount,
        /// Which lines, when given by lines.
        lines: Vec<LineQuantity>,
        /// Why, in the shop's words.
        reason: Option<Text<1, 255>>,
        /// The shop's number of the credit note.
        reference: Option<Text<1, 100>>,
    },
    /// Cancel, or release the rest.
    Cancel,
    /// Lower the promise.
    Amend {
        /// The net part of the new amount.
        net: Amount,
    },
    /// Tell something.
    #[serde(untagged)]
    Tell(Instruction),
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it")]
fn is_nothing(amount: &Amount) -> bool {
    amount.is_zero()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// One thing asked of the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Its id, from payment, kind and key.
    pub id: OperationId,
    /// Kind and particulars.
    pub detail: Detail,
    /// Where it stands.
    pub status: OperationStatus,
    /// Minor units, tax included: what it moves; for an amendment, what is promised after it; for a direct payment, what
    /// the buyer paid.
    pub amount: Amount,
    /// Counts from 1; 0 while it waits for another operation.
    pub attempt: u32,
    /// What was asked, to tell a replay from a reused key.
    pub fingerprint: Fingerprint,
    /// Our name for it at the provider.
    pub reference: String,
    /// When it was reserved.
    pub accepted_at: Timestamp,
    /// Until when its worker may be believed alive.
    pub lease_until: Timestamp,
    /// Why it is where it is.
    pub reason: Option<Reason>,
    /// The provider's name for it.
    pub provider_reference: Option<String>,
    /// How often its outcome was looked for.
    pub probes: u32,
    /// When it should be looked at next.
    pub due_at: Option<Timestamp>,
    /// Since when its outcome is unknown.
    pub doubt_since: Option<Timestamp>,
    /// When it was first looked for and not found.
    pub not_found_at: Option<Timestamp>,
    /// Whether an earlier attempt was given up because nobody found it: it may have been made all the same.
    #[serde(default, skip_serializing_if = "is_false")]
    pub was_not_processed: bool,
    /// The operation whose success it waits for.
    pub waits_for: Option<OperationId>,
    /// What the provider gave back of this capture without being asked by us, minor units.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub reversed: Amount,
    /// Whether the provider said that it had given all of this capture back: true of a capture or a refund in doubt only
    /// once that doubt has ended.
    #[serde(default, skip_serializing_if = "is_false")]
    pub all_given_back: bool,
    /// What of it was inferred from a movement of its amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inferred: Option<Inferred>,
    /// The request that settled it by a person's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_by: Option<ResolvedBy>,
    /// The requests that corrected the provider's name for it, which a person had told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrected_by: Vec<ResolvedBy>,
    /// Whether a look has told since that a person's word on it is right, or wrong.
    #[serde(default, skip_serializing_if = "is_false")]
    pub word_checked: bool,
}

impl Operation {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> OperationKind {
        match &self.detail {
            Detail::CreateSession => OperationKind::CreateSession,
            Detail::Confirm => OperationKind::Confirm,
            Detail::Capture { .. } => OperationKind::Capture,
            Detail::Refund { .. } => OperationKind::Refund,
            Detail::Cancel => OperationKind::Cancel,
            Detail::Amend { .. } => OperationKind::Amend,
            Detail::Tell(told) => OperationKind::Tell(told.kind()),
        }
    }

    /// Whether it moves money of the ledger, with facts of its own about how it ends.
    pub(crate) const fn is_movement(&self) -> bool {
        matches!(self.detail, Detail::Capture { .. } | Detail::Refund { .. })
    }

    /// Whether it did not happen, and the same request runs it again.
    #[must_use]
    pub fn may_run_again(&self) -> bool {
        let allowed = self.reason.as_ref().is_some_and(Reason::allows_another_attempt);
        self.status == OperationStatus::Rejected && allowed
    }

    /// Whether it follows another operation and nobody but the sweep will run it.
    #[must_use]
    pub fn is_ready_follower(&self) -> bool {
        let waits = self.status == OperationStatus::Accepted && self.attempt == 0;
        self.waits_for.is_some() && self.due_at.is_some() && (waits || self.may_run_again())
    }

    /// Whether a person said how it ended, and nobody else has since.
    #[must_use]
    pub const fn is_by_a_persons_word(&self) -> bool {
        matches!(self.reason, Some(Reason::Operator { .. }))
    }

    /// The person's word by which it is where it is.
    #[must_use]
    pub fn word(&self) -> Option<Word> {
        let Some(Reason::Operator { reason }) = &self.reason else { return None };
        Some(Word { reason: reason.clone(), by: self.resolved_by.as_ref().and_then(|by| by.label.clone()) })
    }

    /// Whether it was asked for longer ago than a person may be left in the dark about it.
    pub(crate) fn is_overdue(&self, now: Timestamp) -> bool {
        schedule::after(self.accepted_at, schedule::LOOKUP_GIVES_UP_AFTER_SECONDS) <= now
    }

    /// When somebody should look at it next.
    #[must_use]
    pub fn next_look(&self) -> Option<Timestamp> {
        self.due_at.filter(|_| self.status.is_open() || self.is_ready_follower())
    }

    /// What it moved and was not reversed, minor units.
    #[must_use]
    pub fn held(&self) -> Amount {
        self.amount.left_after(self.reversed)
    }

    /// The net part of the amount, for captures, refunds and amendments.
    #[must_use]
    pub const fn net(&self) -> Option<Amount> {
        match self.detail {
            Detail::Capture { net, .. } | Detail::Refund { net, .. } | Detail::Amend { net } => Some(net),
            _ => None,
        }
    }

    /// The amount with its net part; all net where the kind has no lines.
    #[must_use]
    pub fn taxed(&self) -> TaxedAmount {
        TaxedAmount::new(self.amount, self.net().unwrap_or(self.amount))
    }

    /// The capture that this makes.
    #[must_use]
    pub const fn makes_capture(&self) -> Option<&CaptureId> {
        match &self.detail {
            Detail::Capture { capture, .. } => Some(capture),
            _ => None,
        }
    }

    /// The capture that this refunds.
    #[must_use]
    pub const fn refunds_capture(&self) -> Option<&CaptureId> {
        match &self.detail {
            Detail::Refund { capture, .. } => Some(capture),
            _ => None,
        }
    }

    /// The refund that this makes.
    #[must_use]
    pub const fn makes_refund(&self) -> Option<&RefundId> {
        match &self.detail {
            Detail::Refund { refund, .. } => Some(refund),
            _ => None,
        }
    }

    /// Which lines it is about.
    #[must_use]
    pub fn lines(&self) -> &[LineQuantity] {
        match &self.detail {
            Detail::Capture { lines, .. } | Detail::Refund { lines, .. } => lines,
            _ => &[],
        }
    }
}
