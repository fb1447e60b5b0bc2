//! What a provider's answer means, in our words.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::money::Amount;
use crate::operation::OperationKind;
use crate::owed::ReceivableFacts;
use crate::personal::Personal;

/// What the buyer must do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// Go to a page of the provider.
    Redirect {
        /// The page.
        url: Url,
        /// When the page stops working.
        expires_at: Option<Timestamp>,
    },
    /// Use the provider's script in the shop's page.
    Widget {
        /// The session that the script needs.
        provider_session_id: String,
        /// Where the script is.
        script_url: Url,
        /// When the session stops working.
        expires_at: Option<Timestamp>,
    },
}

/// Why a provider refused a buyer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclineReason {
    /// The buyer's limit is used up.
    LimitExceeded,
    /// The provider could not tell who the buyer is.
    BuyerUnknown,
    /// Name and address do not fit.
    AddressInvalid,
    /// The provider's risk rules.
    RiskPolicy,
    /// The credit check said no.
    CreditRefused,
    /// The provider has this order already.
    Duplicate,
    /// Anything else.
    Other,
}

/// A provider's no to a buyer: an answer, not an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decline {
    /// In our words.
    pub reason: DeclineReason,
    /// In the provider's.
    pub provider_code: Option<String>,
    /// The provider's explanation, from its own table of codes.
    pub message: Option<String>,
}

/// Where the buyer's transfer goes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankTransfer {
    /// International bank account number.
    pub iban: Personal<String>,
    /// Bank identifier.
    pub bic: Option<Personal<String>>,
    /// Whose account it is.
    pub account_holder: Option<Personal<String>>,
    /// What the buyer must quote.
    pub reference: Option<String>,
}

/// The company as the provider identified it: what must stand on the invoice.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Debtor {
    /// Registered name.
    pub name: Personal<String>,
    /// Its seat, where the provider says so.
    pub address: Option<DebtorAddress>,
}

/// An address as the provider writes it, which no rule of ours has checked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DebtorAddress {
    /// Street without number.
    pub street: Personal<String>,
    /// House number, with its addition.
    pub house_number: Option<Personal<String>>,
    /// Postal code.
    pub postal_code: Personal<String>,
    /// City.
    pub city: Personal<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Personal<String>,
}

/// A buyer's way to pay that the provider keeps, so that a later order can name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentMethod {
    /// The provider's id of it.
    pub id: String,
    /// What it is, in the provider's own words for it, where they are known.
    pub kind: Option<String>,
}

/// A provider's view of the order as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderState {
    /// The buyer has to act; with what, when this is news.
    AwaitingBuyer(Option<Action>),
    /// The buyer is done and we have to confirm.
    AwaitingConfirmation,
    /// The provider is deciding.
    UnderReview,
    /// The money is promised.
    Authorized,
    /// Promised and captured by one call.
    Captured,
    /// The buyer was refused.
    Declined(Decline),
    /// Called off.
    Canceled,
    /// Lapsed.
    Expired,
}

/// News about the order as a whole.
#[derive(Clone, PartialEq, Eq)]
pub struct OrderNews {
    /// Its state.
    pub state: OrderState,
    /// The promised amount, minor units, where the provider names it: it must be ours.
    pub amount: Option<Amount>,
    /// What the provider has captured in all, minor units, where it says so.
    pub captured: Option<Amount>,
    /// The provider's id of the order.
    pub provider_reference: Option<String>,
    /// The provider's id of the session that leads to the order.
    pub session_reference: Option<String>,
    /// The account at the provider that the order is opened for, where it names one.
    pub provider_account: Option<String>,
    /// Where the buyer pays.
    pub bank_transfer: Option<BankTransfer>,
    /// The company as the provider identified it.
    pub debtor: Option<Debtor>,
    /// The buyer's way to pay that the provider keeps.
    pub payment_method: Option<PaymentMethod>,
}

impl OrderNews {
    /// News of a state and nothing else.
    #[must_use]
    pub const fn of(state: OrderState) -> Self {
        Self {
            state,
            amount: None,
            captured: None,
            provider_reference: None,
            session_reference: None,
            provider_account: None,
            bank_transfer: None,
            debtor: None,
            payment_method: None,
        }
    }
}

/// Captured money that the provider has given back, refunds that we asked for among it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenBack {
    /// All of it.
    All,
    /// So much by one movement.
    Part {
        /// The provider's id of the movement.
        movement: String,
        /// Minor units.
        amount: Amount,
    },
    /// Some of it, and nobody says how much.
    Unnamed {
        /// Tells this saying from others, and not from its repeats.
        message: String,
    },
}

/// What a successful act gave us.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Receipt {
    /// The provider's id of what was made (a capture, a refund).
    pub provider_reference: Option<String>,
    /// The amount that the provider says it moved, minor units: it must be ours.
    pub amount: Option<Amount>,
    /// What the answer says about the order as a whole.
    pub order: Option<OrderNews>,
    /// What was given back since of the capture that was made, or of every capture where the order was made.
    pub given_back: Option<GivenBack>,
}

/// A definite no to an operation, from the provider's list of definite refusals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The provider's code.
    pub provider_code: Option<String>,
    /// The provider's explanation, without personal data.
    pub message: Option<String>,
}

/// Why an outcome is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// No answer in time after the request may have been sent.
    TimedOut,
    /// The connection broke after the request may have been sent.
    ConnectionLost,
    /// The provider answered with its own failure.
    ServerError,
    /// An answer that cannot be read, or whose signature is wrong.
    Unreadable,
    /// The answer names another amount than ours.
    AmountMismatch,
    /// A code that is not on the provider's list.
    UnknownCode,
    /// Our worker died between reserving and settling.
    WorkerDied,
}

impl Doubt {
    /// The word in the API and in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TimedOut => "timed_out",
            Self::ConnectionLost => "connection_lost",
            Self::ServerError => "server_error",
            Self::Unreadable => "unreadable",
            Self::AmountMismatch => "amount_mismatch",
            Self::UnknownCode => "unknown_code",
            Self::WorkerDied => "worker_died",
        }
    }
}

/// How one effectful call ended.
#[derive(Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done, known for sure.
    Done(Receipt),
    /// Accepted; the result comes later.
    Pending(Receipt),
    /// Definitely refused.
    Refused(Refusal),
    /// Never left us, or provably not processed.
    NotSent,
    /// May have happened.
    InDoubt(Doubt),
}

impl Outcome {
    /// The word in the log.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Pending(_) => "pending",
            Self::Refused(_) => "refused",
            Self::NotSent => "not_sent",
            Self::InDoubt(_) => "in_doubt",
        }
    }
}

/// How doubt about an operation can end, declared per provider and operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DoubtPolicy {
    /// An authoritative read finds it.
    Lookup,
    /// The same call is idempotent at the provider and is its own probe.
    Repeat,
    /// It moves nothing: a new attempt does no harm.
    Harmless,
    /// There is no way to know without the provider's word.
    None,
}

/// What a probe found.
#[derive(Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one at a time, never in a collection")]
pub enum Finding {
    /// The operation's outcome.
    Found(Outcome),
    /// The provider does not know of it.
    NotFound,
    /// The provider's answer does not settle it.
    Unclear,
}

/// Which operation a piece of news is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// The one with this reference of ours.
    Reference(String),
    /// The one with this id of the provider's.
    ProviderReference(String),
    /// One without a name of ours, kept under the name of what it follows: the only one of ours that it can be, or
    /// somebody else's.
    Follows {
        /// Our reference of what it follows.
        reference: String,
        /// What it does.
        kind: OperationKind,
    },
}

/// News about one operation.
#[derive(Clone, PartialEq, Eq)]
pub struct OperationNews {
    /// Which one; every name that the provider gave, the surest first.
    pub whom: Vec<Whom>,
    /// How it ended.
    pub outcome: Outcome,
}

/// A fact about the receivable: who paid whom. Never touches the status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ReceivableNews {
    /// The provider paid the merchant.
    PaidOut,
    /// The buyer paid some or all.
    BuyerPaid,
    /// The buyer is late.
    Overdue,
    /// A reminder or dunning letter went out, or none will for a while.
    Dunning {
        /// From 1; higher is sterner. 0 where no letter went out.
        level: u8,
        /// Whether no further letter goes out for now.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        paused: bool,
    },
    /// The buyer disputes.
    Disputed,
    /// The dispute is over.
    DisputeClosed,
    /// The provider took money back from the merchant.
    ClawedBack,
    /// Nothing more will come.
    Closed,
    /// Something else about what is owed: an agreement with the buyer, a booking that was undone. The message's detail
    /// says what.
    Updated,
}

impl ReceivableNews {
    /// A letter of this level went out.
    #[must_use]
    pub const fn dunning(level: u8) -> Self {
        Self::Dunning { level, paused: false }
    }

    /// The word in the API.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::PaidOut => "paid_out",
            Self::BuyerPaid => "buyer_paid",
            Self::Overdue => "overdue",
            Self::Dunning { .. } => "dunning",
            Self::Disputed => "disputed",
            Self::DisputeClosed => "dispute_closed",
            Self::ClawedBack => "clawed_back",
            Self::Closed => "closed",
            Self::Updated => "updated",
        }
    }
}

/// Everything that one message or read tells.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct News {
    /// About the order as a whole.
    pub order: Option<OrderNews>,
    /// About single operations.
    pub operations: Vec<OperationNews>,
    /// How what is owed stands, of each capture that the provider tells apart.
    pub receivable: Vec<ReceivableFacts>,
    /// Whether real money moves, where the provider says so: it must be as in the payment, or nothing else is believed.
    pub livemode: Option<bool>,
    /// What the order says of itself that is not what it was opened with.
    pub differs: Vec<Difference>,
}

/// Something that was agreed when the order was opened, and that the provider has otherwise since. No personal data and
/// no secret: where the values are either, they are told in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What.
    pub field: String,
    /// As it was agreed.
    pub ours: String,
    /// As the provider has it.
    pub theirs: String,
}
