//! What a checkout can ask of a payment that exists.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::id::{CaptureId, Fingerprint, IdempotencyKey};
use crate::instruction::Instruction;
use crate::money::Amount;
use crate::operation::{Invoice, OperationKind, Shipment};
use crate::order::OrderError;
use crate::text::Text;

/// Some units of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineQuantity {
    /// The line's reference.
    pub reference: Text<1, 100>,
    /// Whole units, from 1.
    pub quantity: u32,
}

/// The body of a capture.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaptureCommand {
    /// Minor units; all that is left when neither amount nor lines are given.
    #[serde(default)]
    pub amount: Option<Amount>,
    /// Which lines.
    #[serde(default)]
    pub lines: Vec<LineQuantity>,
    /// Release the rest afterwards.
    #[serde(default, rename = "final")]
    pub releases_rest: bool,
    /// Invoice.
    #[serde(default)]
    pub invoice: Option<Invoice>,
    /// Shipment.
    #[serde(default)]
    pub shipment: Option<Shipment>,
}

/// Characters of an address at most: all of an operation is kept with the payment, which must have room for the next one.
const LONGEST_LINK: usize = 2_000;

impl CaptureCommand {
    /// The rules of the contract that it breaks.
    #[must_use]
    pub fn broken_rules(&self) -> Vec<OrderError> {
        let invoice = self.invoice.as_ref().and_then(|invoice| invoice.url.as_ref());
        let shipment = self.shipment.as_ref().and_then(|shipment| shipment.tracking_url.as_ref());
        let links = [("/invoice/url", invoice), ("/shipment/tracking_url", shipment)];
        let broken = links.into_iter().filter(|(_, link)| link.is_some_and(|link| !is_link(link)));
        broken.map(|(at, _)| OrderError::at(at, "must be http or https, with at most 2000 characters")).collect()
    }
}

fn is_link(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.as_str().len() <= LONGEST_LINK
}

/// The body of a refund.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundCommand {
    /// Minor units; all that is left when neither amount nor lines are given.
    #[serde(default)]
    pub amount: Option<Amount>,
    /// From which capture; the oldest that holds the whole amount when absent.
    #[serde(default)]
    pub capture_id: Option<CaptureId>,
    /// Which lines.
    #[serde(default)]
    pub lines: Vec<LineQuantity>,
    /// Why, in the shop's words.
    #[serde(default)]
    pub reason: Option<Text<1, 255>>,
    /// The shop's number of the credit note.
    #[serde(default)]
    pub reference: Option<Text<1, 100>>,
}

/// The part of a confirmation that the payment itself needs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ConfirmCommand {
    /// Whether the browser handed over what the provider's script said.
    pub from_widget: bool,
}

/// The body of a cancel: nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CancelCommand {}

/// The body of an amendment. It only lowers: the providers check a higher amount like a new order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AmendCommand {
    /// What is promised after it, captured money included, minor units.
    pub amount: Amount,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Confirm.
    Confirm(ConfirmCommand),
    /// Capture.
    Capture(CaptureCommand),
    /// Refund.
    Refund(RefundCommand),
    /// Cancel.
    Cancel,
    /// Amend.
    Amend(AmendCommand),
    /// Tell.
    Tell(Instruction),
}

/// A command with the key that makes it repeatable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub(crate) asked: Asked,
    pub(crate) key: IdempotencyKey,
    pub(crate) fingerprint: Fingerprint,
}

impl Command {
    /// A capture.
    #[must_use]
    pub const fn capture(asked: CaptureCommand, key: IdempotencyKey, fingerprint: Fingerprint) -> Self {
        Self { asked: Asked::Capture(asked), key, fingerprint }
    }

    /// A refund.
    #[must_use]
    pub const fn refund(asked: RefundCommand, key: IdempotencyKey, fingerprint: Fingerprint) -> Self {
        Self { asked: Asked::Refund(asked), key, fingerprint }
    }

    /// A confirmation.
    #[must_use]
    pub const fn confirm(asked: ConfirmCommand, key: IdempotencyKey, fingerprint: Fingerprint) -> Self {
        Self { asked: Asked::Confirm(asked), key, fingerprint }
    }

    /// A cancel.
    #[must_use]
    pub const fn cancel(key: IdempotencyKey, fingerprint: Fingerprint) -> Self {
        Self { asked: Asked::Cancel, key, fingerprint }
    }

    /// An amendment.
    #[must_use]
    pub const fn amend(asked: AmendCommand, key: IdempotencyKey, fingerprint: Fingerprint) -> Self {
        Self { asked: Asked::Amend(asked), key, fingerprint }
    }

    /// Something that the provider is told.
    #[must_use]
    pub const fn tell(asked: Instruction, key: IdempotencyKey, fingerprint: Fingerprint) -> Self {
        Self { asked: Asked::Tell(asked), key, fingerprint }
    }

    /// What kind of operation it makes.
    #[must_use]
    pub const fn kind(&self) -> OperationKind {
        match &self.asked {
            Asked::Confirm(_) => OperationKind::Confirm,
            Asked::Capture(_) => OperationKind::Capture,
            Asked::Refund(_) => OperationKind::Refund,
            Asked::Cancel => OperationKind::Cancel,
            Asked::Amend(_) => OperationKind::Amend,
            Asked::Tell(asked) => OperationKind::Tell(asked.kind()),
        }
    }
}
