//! Events: CloudEvents 1.0 as a pure function of a history entry. No personal data can get in.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::amounts::Amounts;
use crate::dispute::Dispute;
use crate::history::{Cause, Entry, Fact};
use crate::id::{CaptureId, EventId, MerchantId, OperationId, PaymentId, ProviderId, RefundId};
use crate::money::{Amount, Currency};
use crate::operation::OperationKind;
use crate::outcome::{DeclineReason, ReceivableNews};
use crate::payment::Payment;
use crate::receivable::ReceivableMessage;
use crate::status::Status;

/// A CloudEvents 1.0 event in its JSON form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// `1.0`.
    pub specversion: String,
    /// Stays the same when the event is sent again.
    pub id: EventId,
    /// `/merchants/{merchant}`.
    pub source: String,
    /// `paylater.….v1`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The payment.
    pub subject: PaymentId,
    /// When it became true.
    pub time: Timestamp,
    /// `application/json`.
    pub datacontenttype: String,
    /// The number in the payment's history, as CloudEvents' sequence extension writes it.
    pub sequence: String,
    /// What happened.
    pub data: EventData,
}

/// What happened, with the state after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct EventData {
    pub payment_id: PaymentId,
    pub merchant: MerchantId,
    pub provider: ProviderId,
    pub reference: String,
    pub status: Status,
    pub previous_status: Status,
    pub currency: Currency,
    pub amounts: Amounts,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture: Option<CapturePart>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund: Option<RefundPart>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationPart>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline: Option<DeclinePart>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<DriftPart>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receivable: Option<ReceivablePart>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_event: Option<String>,
    pub cause: Cause,
}

/// The capture that an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CapturePart {
    pub id: CaptureId,
    pub amount: Amount,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_number: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The refund that an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct RefundPart {
    pub id: RefundId,
    pub capture_id: CaptureId,
    pub amount: Amount,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The operation that an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct OperationPart {
    pub id: OperationId,
    pub kind: OperationKind,
    pub amount: Amount,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub succeeded: Option<bool>,
}

/// Why the provider said no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DeclinePart {
    pub reason: DeclineReason,
    pub provider_code: Option<String>,
}

/// Where the provider's books and ours differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DriftPart {
    pub field: String,
    pub ours: String,
    pub theirs: String,
}

/// What the provider told about the receivable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ReceivablePart {
    pub kind: String,
    /// The provider's word for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The capture that it is about, where the provider tells them apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture_id: Option<CaptureId>,
    /// How stern a reminder was; for dunning only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// Whether no further letter goes out for now; for dunning only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
    pub outstanding: Option<Amount>,
    /// What the buyer has paid in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid: Option<Amount>,
    /// What it tells of a dispute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispute: Option<Dispute>,
    /// When it happened, by the provider's own word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
}

impl Payment {
    /// The event of one entry of this payment's history.
    #[must_use]
    pub fn event(&self, entry: &Entry) -> Event {
        Event {
            specversion: "1.0".to_owned(),
            id: EventId::of(&self.id, entry.sequence),
            source: format!("/merchants/{}", self.merchant),
            event_type: format!("paylater.{}.v1", entry.fact.event_type()),
            subject: self.id.clone(),
            time: entry.at,
            datacontenttype: "application/json".to_owned(),
            sequence: entry.sequence.to_string(),
            data: self.event_data(entry),
        }
    }

    /// The events of all entries after the given sequence number, oldest first.
    pub fn events_after(&self, sequence: u64) -> impl Iterator<Item = Event> + '_ {
        self.history.iter().filter(move |entry| entry.sequence > sequence).map(|entry| self.event(entry))
    }

    fn event_data(&self, entry: &Entry) -> EventData {
        let mut data = EventData {
            payment_id: self.id.clone(),
            merchant: self.merchant.clone(),
            provider: self.provider.clone(),
            reference: self.reference.as_str().to_owned(),
            status: entry.status,
            previous_status: entry.previous_status,
            currency: self.currency,
            amounts: entry.amounts,
            capture: None,
            refund: None,
            operation: None,
            decline: None,
            drift: None,
            receivable: None,
            provider_event: None,
            cause: entry.cause.clone(),
        };
        fill(&mut data, &entry.fact);
        data
    }
}

const fn dunning(news: &ReceivableNews) -> (Option<u8>, bool) {
    match news {
        ReceivableNews::Dunning { level: 0, paused } => (None, *paused),
        ReceivableNews::Dunning { level, paused } => (Some(*level), *paused),
        _ => (None, false),
    }
}

fn receivable(told: &ReceivableMessage) -> ReceivablePart {
    let (level, paused) = dunning(&told.news);
    ReceivablePart {
        kind: told.news.as_str().to_owned(),
        detail: told.detail.clone(),
        capture_id: told.capture.clone(),
        level,
        paused,
        outstanding: told.outstanding,
        paid: told.paid,
        dispute: told.about_dispute.clone(),
        occurred_at: told.occurred_at,
    }
}

fn fill(data: &mut EventData, fact: &Fact) {
    match fact.clone() {
        Fact::CapturePending { capture, amount, invoice } | Fact::CaptureSucceeded { capture, amount, invoice } => {
            data.capture = Some(CapturePart { id: capture, amount, invoice_number: invoice, reason: None });
        }
        Fact::CaptureReversed { capture, amount, .. } => {
            data.capture = Some(CapturePart { id: capture, amount, invoice_number: None, reason: None });
        }
        Fact::CaptureFailed { capture, amount, reason } => {
            data.capture = Some(CapturePart { id: capture, amount, invoice_number: None, reason: Some(reason) });
        }
        Fact::RefundPending { refund, capture, amount } | Fact::RefundSucceeded { refund, capture, amount } => {
            data.refund = Some(RefundPart { id: refund, capture_id: capture, amount, reason: None });
        }
        Fact::RefundFailed { refund, capture, amount, reason } => {
            data.refund = Some(RefundPart { id: refund, capture_id: capture, amount, reason: Some(reason) });
        }
        Fact::OperationInDoubt { operation, kind, amount }
        | Fact::OperationNeedsOperator { operation, kind, amount } => {
            data.operation = Some(OperationPart { id: operation, kind, amount, succeeded: None });
        }
        Fact::OperationResolved { operation, kind, amount, succeeded } => {
            data.operation = Some(OperationPart { id: operation, kind, amount, succeeded: Some(succeeded) });
        }
        Fact::Told { operation, instruction, amount } => {
            let kind = OperationKind::Tell(instruction);
            data.operation = Some(OperationPart { id: operation, kind, amount, succeeded: None });
        }
        Fact::Declined { reason, provider_code } => data.decline = Some(DeclinePart { reason, provider_code }),
        Fact::DriftDetected { field, ours, theirs } => data.drift = Some(DriftPart { field, ours, theirs }),
        Fact::Receivable(told) => data.receivable = Some(receivable(&told)),
        Fact::Unrecognized { event } => data.provider_event = Some(event),
        Fact::Created
        | Fact::RequiresAction
        | Fact::RequiresConfirmation
        | Fact::UnderReview
        | Fact::Authorized { .. }
        | Fact::Amended { .. }
        | Fact::Captured
        | Fact::RemainderReleased { .. }
        | Fact::Canceled { .. }
        | Fact::Expired { .. } => {}
    }
}
