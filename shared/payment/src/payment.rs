//! The payment: one item, one state, one history.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::history::{Cause, Entry, Fact};
use crate::id::{Fingerprint, IdempotencyKey, MerchantId, OperationId, PaymentId, ProviderId, Token};
use crate::late::LateAuthorization;
use crate::money::{Amount, Currency};
use crate::operation::{Detail, Operation, OperationKind, OperationStatus, Reason};
use crate::order::{CaptureMode, Flow, Order, TableLine};
use crate::outcome::{Action, BankTransfer, DebtorAddress, Decline, PaymentMethod};
use crate::personal::Personal;
use crate::receivable::Receivable;
use crate::reversal::Unplaced;
use crate::schedule;
use crate::status::Status;
use crate::text::Text;

/// The newest layout of the stored item. Code that meets a higher one rewrites nothing.
pub const SCHEMA: u32 = 3;

/// The layout of an item that has nothing newer.
const USUAL_LAYOUT: u32 = 2;

/// So many unchecked ids of the order are remembered; anybody may name one.
const MOST_CANDIDATES: usize = 4;

/// No provider's id is longer, in bytes.
const LONGEST_CANDIDATE: usize = 100;

/// Above this many bytes of its own a payment is not opened: there would be no room for its operations.
const LARGEST_AT_FIRST: usize = 120_000;

/// Above this many bytes a payment takes no new operation. 200 captures and refunds without lines of their own fit in.
const TOO_LARGE: usize = 240_000;

/// Above this many bytes the provider is told nothing more, so that there is always room for money to move.
const ENOUGH_SAID: usize = 100_000;

/// Above this many bytes nothing is written down that is not needed to settle.
const FULL: usize = 300_000;

/// A payment as it stands, with how it came to stand so.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The layout of this item.
    pub schema: u32,
    /// Its id.
    pub id: PaymentId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// At which provider API.
    pub provider: ProviderId,
    /// The shop's order number.
    pub reference: Text<1, 64>,
    /// What the provider knows it by: the reference and six characters of the id.
    pub order_reference: String,
    /// Whether it moves real money.
    pub livemode: bool,
    /// ISO 4217.
    pub currency: Currency,
    /// Minor units.
    pub amount: Amount,
    /// The net part of the amount, minor units.
    pub net: Amount,
    /// How the buyer meets the provider.
    pub flow: Flow,
    /// When the money is captured.
    pub capture_mode: CaptureMode,
    /// The order's lines without names.
    pub lines: Vec<TableLine>,
    /// The shop's notes.
    pub metadata: BTreeMap<String, String>,
    /// Where the buyer goes in the end.
    pub return_url: Option<Url>,
    /// Days until the buyer must have paid.
    pub payment_terms_days: Option<u16>,
    /// In every public address of this payment.
    pub token: Token,
    /// The account at the provider that this was opened for: its id where requests name one, a mark of it where it is looked
    /// for. It stays the same when the merchant gets another one.
    #[serde(default)]
    pub provider_account: Option<String>,
    /// What the order was opened under and later calls must repeat, in the provider's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_under: Option<String>,
    /// What becomes of a promise that comes too late.
    #[serde(default)]
    pub late_authorization: LateAuthorization,

    /// What is commercially true.
    pub status: Status,
    /// Promised, minor units.
    pub authorized: Amount,
    /// Given back of the promise, minor units.
    pub released: Amount,
    /// Everything asked of the provider, oldest first.
    pub operations: Vec<Operation>,
    /// Everything that became true, oldest first.
    pub history: Vec<Entry>,
    /// What the buyer must do next.
    pub action: Option<Action>,
    /// Why the provider said no.
    pub decline: Option<Decline>,
    /// The provider's id of the order.
    pub provider_reference: Option<String>,
    /// The provider's id of the session that leads to it.
    pub session_reference: Option<String>,
    /// Ids of the order that somebody named and nobody has checked, the newest last; of use until one is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<String>,
    /// What the provider said that it gave back, while other operations may yet explain it or leave no room for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unplaced: Vec<Unplaced>,
    /// The messages that the provider gave some of the money back, and not how much.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts_told: Vec<String>,
    /// Where the buyer pays.
    pub bank_transfer: Option<BankTransfer>,
    /// The company as the provider identified it, by its name.
    pub debtor: Option<Personal<String>>,
    /// Its seat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub debtor_address: Option<DebtorAddress>,
    /// The buyer's way to pay that the provider keeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<PaymentMethod>,
    /// Who paid whom.
    pub receivable: Option<Receivable>,

    /// When the provider should be asked how things are.
    pub observe_at: Option<Timestamp>,
    /// How many looks were planned since something became true or somebody hinted at something; 0 while a hint waits.
    pub observe_step: u32,
    /// When it was last asked.
    pub observed_at: Option<Timestamp>,
    /// When the session lapses.
    pub expires_at: Option<Timestamp>,

    /// Counts writes; the condition of the next one.
    pub version: u64,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When something last became true.
    pub updated_at: Timestamp,
}

/// What is needed to open a payment.
pub struct NewPayment<'a> {
    /// Whose.
    pub merchant: MerchantId,
    /// The caller's key.
    pub key: &'a IdempotencyKey,
    /// What is ordered.
    pub order: &'a Order,
    /// How the buyer meets the provider, decided.
    pub flow: Flow,
    /// When the money is captured, decided.
    pub capture_mode: CaptureMode,
    /// Whether it moves real money.
    pub livemode: bool,
    /// For the public addresses.
    pub token: Token,
    /// The account that the provider has issued to the merchant, or a mark of the one that is looked in.
    pub provider_account: Option<String>,
    /// What the order is opened under and later calls must repeat, in the provider's word.
    pub opened_under: Option<String>,
    /// What becomes of a promise that comes too late.
    pub late_authorization: LateAuthorization,
    /// Of the whole request.
    pub fingerprint: Fingerprint,
    /// What made it happen.
    pub cause: Cause,
}

impl Payment {
    /// A payment that is accepted, with the operation that opens it at the provider reserved.
    #[must_use]
    pub fn open(new: NewPayment<'_>, now: Timestamp) -> (Self, crate::accept::Ticket) {
        let order = new.order;
        let id = PaymentId::of(&new.merchant, new.key);
        let operation = OperationId::of(&id, "create_session", new.key.as_str());
        let order_reference = format!("{}-{}", order.reference, id.suffix());
        let mut payment = Self {
            schema: USUAL_LAYOUT,
            id,
            merchant: new.merchant,
            provider: order.provider.clone(),
            reference: order.reference.clone(),
            order_reference: order_reference.clone(),
            livemode: new.livemode,
            currency: order.currency,
            amount: order.amount,
            net: order.taxed_amount().net(),
            flow: new.flow,
            capture_mode: new.capture_mode,
            lines: order.table(),
            metadata: order.metadata.clone(),
            return_url: order.return_url.clone(),
            payment_terms_days: order.payment_terms_days,
            token: new.token,
            provider_account: new.provider_account,
            opened_under: new.opened_under,
            late_authorization: new.late_authorization,
            status: Status::Created,
            authorized: Amount::ZERO,
            released: Amount::ZERO,
            operations: Vec::new(),
            history: Vec::new(),
            action: None,
            decline: None,
            provider_reference: None,
            session_reference: None,
            candidates: Vec::new(),
            unplaced: Vec::new(),
            parts_told: Vec::new(),
            bank_transfer: None,
            debtor: None,
            debtor_address: None,
            payment_method: None,
            receivable: None,
            observe_at: None,
            observe_step: 0,
            observed_at: None,
            expires_at: None,
            version: 0,
            created_at: now,
            updated_at: now,
        };
        let cause = new.cause.of(&operation);
        payment.reserve(
            operation.clone(),
            Detail::CreateSession,
            payment.amount,
            order_reference,
            new.fingerprint,
            now,
        );
        payment.record(Fact::Created, Status::Created, &cause, now);
        (payment, crate::accept::Ticket { operation, attempt: 1 })
    }

    pub(crate) fn reserve(
        &mut self,
        id: OperationId,
        detail: Detail,
        amount: Amount,
        reference: String,
        fingerprint: Fingerprint,
        now: Timestamp,
    ) {
        let lease_until = schedule::after(now, schedule::LEASE_SECONDS);
        self.operations.push(Operation {
            id,
            detail,
            status: OperationStatus::Accepted,
            amount,
            attempt: 1,
            fingerprint,
            reference,
            accepted_at: now,
            lease_until,
            reason: None,
            provider_reference: None,
            probes: 0,
            due_at: Some(lease_until),
            doubt_since: None,
            not_found_at: None,
            was_not_processed: false,
            waits_for: None,
            reversed: Amount::ZERO,
            all_given_back: false,
            inferred: None,
            resolved_by: None,
            corrected_by: Vec::new(),
            word_checked: false,
        });
    }

    /// The operation with this id.
    #[must_use]
    pub fn operation(&self, id: &OperationId) -> Option<&Operation> {
        self.operations.iter().find(|o| o.id == *id)
    }

    pub(crate) fn operation_mut(&mut self, id: &OperationId) -> Option<&mut Operation> {
        self.operations.iter_mut().find(|o| o.id == *id)
    }

    /// Remembers an id of the order that somebody named, until a look can tell whether it is this payment's. Returns
    /// whether it is new.
    pub fn consider(&mut self, candidate: &str) -> bool {
        let known = self.provider_reference.is_some() || self.candidates.iter().any(|known| known == candidate);
        if known || candidate.is_empty() || candidate.len() > LONGEST_CANDIDATE {
            return false;
        }
        if self.candidates.len() == MOST_CANDIDATES {
            self.candidates.remove(0);
        }
        self.candidates.push(candidate.to_owned());
        true
    }

    /// When somebody should look at it next.
    #[must_use]
    pub fn due_at(&self) -> Option<Timestamp> {
        let operations = self.operations.iter().filter_map(Operation::next_look);
        operations.chain(self.observe_at).min()
    }

    /// Puts off an operation that follows another one and cannot be run now.
    pub fn postpone(&mut self, id: &OperationId, until: Timestamp) {
        if let Some(operation) = self.operation_mut(id) {
            operation.due_at = Some(until);
        }
    }

    /// Gives up an operation that follows another one and has nothing left to do: it is never run.
    pub fn give_up(&mut self, id: &OperationId) {
        let Some(operation) = self.operation_mut(id) else { return };
        operation.due_at = None;
        if operation.status == OperationStatus::Accepted && operation.attempt == 0 {
            operation.status = OperationStatus::Rejected;
            operation.reason = Some(Reason::PrerequisiteFailed);
        }
    }

    /// The layout that the item must be written with: the oldest whose code loses nothing of it when it writes it again, so
    /// that older code, which may run beside this one, refuses no more payments than it must.
    #[must_use]
    pub fn layout(&self) -> u32 {
        // Layout 2 does not know of attempts that were given up, and would believe what is said of the next one.
        if self.operations.iter().any(|o| o.was_not_processed) { SCHEMA } else { USUAL_LAYOUT }
    }

    /// Whether a new payment is so large that too few operations would have room in it.
    #[must_use]
    pub fn is_too_large_to_open(&self) -> bool {
        self.size() > LARGEST_AT_FIRST
    }

    /// Whether the item is so large that it takes no new operation of this kind, so that what is reserved can always settle.
    #[must_use]
    pub fn is_too_large_for(&self, kind: OperationKind) -> bool {
        self.size() > if matches!(kind, OperationKind::Tell(_)) { ENOUGH_SAID } else { TOO_LARGE }
    }

    /// Whether the item is so large that nothing is written down which is not needed to settle.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.size() > FULL
    }

    pub(crate) fn size(&self) -> usize {
        serde_json::to_vec(self).map_or(usize::MAX, |bytes| bytes.len())
    }
}
