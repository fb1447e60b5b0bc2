//! The trait that a provider API implements.

use async_trait::async_trait;
use jiff::Timestamp;
use payment::{
    Address, Country, Doubt, Finding, Instruction, News, Observation, Operation, Order, OrderError, Outcome, Payment,
    Personal, ProviderId, Text,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use url::Url;

use crate::credentials::CredentialCheck;
use crate::effect::Effect;
use crate::inbound::{Inbound, Message, NotAuthentic};
use crate::transport::Deadline;

/// Why a merchant's account document cannot be used. Holds no value of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("account document: {field}: {rule}")]
pub struct AccountError {
    /// Which field, its parts joined by slashes; empty for the whole document.
    pub field: String,
    /// What it must be.
    pub rule: String,
}

/// Why a read told us nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The provider could not be reached in time, or failed.
    #[error("the provider failed or did not answer in time")]
    Unreachable,
    /// The provider answered something that cannot be read or trusted.
    #[error("the provider's answer cannot be read")]
    Unreadable,
    /// The provider does not accept our credentials.
    #[error("the provider does not accept our credentials")]
    Unauthorized,
    /// There is nothing to read yet, or no read exists.
    #[error("there is nothing to read")]
    Nothing,
}

/// The public addresses of one payment, its token included.
#[derive(Clone)]
pub struct Urls {
    /// Where the provider sends the buyer back to.
    pub back: Url,
    /// Where the provider sends its messages, where it takes an address per payment.
    pub push: Url,
}

/// What an adapter may know while it works.
pub struct Context<'a> {
    /// The payment as it is stored, the operation at work included.
    pub payment: &'a Payment,
    /// The order with its personal data, where the capabilities ask for it.
    pub order: Option<&'a Order>,
    /// What the provider's script handed to the browser, to the letter, for a confirmation in the widget flow.
    pub widget_result: Option<&'a RawValue>,
    /// An id of the provider's that a message or a returning buyer named and nobody has checked: the adapter may read
    /// it, and must not believe it unless everything in the answer is this payment's.
    pub candidate: Option<&'a str>,
    /// The payment's public addresses.
    pub urls: &'a Urls,
    /// When the call must be over.
    pub deadline: Deadline,
    /// Now.
    pub now: Timestamp,
}

/// What the provider is asked to do.
#[derive(Clone, Copy)]
pub enum Act<'a> {
    /// Open a session or an order.
    CreateSession(&'a Operation),
    /// Confirm what the buyer accepted.
    Confirm(&'a Operation),
    /// Take promised money.
    Capture(&'a Operation),
    /// Give captured money back.
    Refund {
        /// The refund.
        refund: &'a Operation,
        /// The capture that it takes from.
        capture: &'a Operation,
    },
    /// Release what is promised and not captured.
    Cancel(&'a Operation),
    /// Lower what is promised to the operation's amount.
    Amend(&'a Operation),
    /// Take something in that takes nothing of the ledger.
    Tell(&'a Operation, &'a Instruction),
}

impl<'a> Act<'a> {
    /// The operation that it is.
    pub(crate) const fn operation(self) -> &'a Operation {
        match self {
            Self::CreateSession(operation)
            | Self::Confirm(operation)
            | Self::Capture(operation)
            | Self::Refund { refund: operation, .. }
            | Self::Cancel(operation)
            | Self::Amend(operation)
            | Self::Tell(operation, _) => operation,
        }
    }
}

/// What an act's outcome proves. That a call which is repeated in doubt does not go through says nothing about the first
/// one.
pub(crate) fn proven(operation: &Operation, outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Refused(_) | Outcome::NotSent if operation.doubt_since.is_some() => {
            Outcome::InDoubt(Doubt::UnknownCode)
        }
        outcome => outcome,
    }
}

/// What a provider must know of a merchant to enable it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activation {
    /// At which provider API.
    pub provider: ProviderId,
    /// The account that the provider has issued already: it is written down and nothing is sent.
    #[serde(default)]
    pub account: Option<Text<1, 100>>,
    /// The merchant's registered name.
    pub name: Personal<Text<2, 255>>,
    /// The provider's code of the legal form.
    #[serde(default)]
    pub legal_form: Option<Text<1, 50>>,
    /// Number in the commercial register.
    #[serde(default)]
    pub registration_number: Option<Personal<Text<1, 100>>>,
    /// VAT identification number.
    #[serde(default)]
    pub vat_number: Option<Personal<Text<1, 50>>>,
    /// The shop.
    #[serde(default)]
    pub website: Option<Url>,
    /// Where the merchant is.
    pub address: Address,
    /// Where it sells: ISO 3166-1 alpha-2.
    #[serde(default)]
    pub countries: Vec<Country>,
}

/// How a provider enables merchants.
#[async_trait]
pub trait Activate: Send + Sync {
    /// Asks the provider to enable the merchant that we call `reference`. The receipt's provider reference is the
    /// account that the provider issued.
    async fn activate(&self, activation: &Activation, reference: &str, deadline: Deadline, effect: Effect) -> Outcome;
}

/// One merchant's account at one provider API.
///
/// Nothing that reads an answer has a default: a provider says what each answer means, or the answer means doubt.
#[async_trait]
pub trait Adapter: Send + Sync {
    /// How the provider enables merchants; most do not, by an API.
    fn activation(&self) -> Option<&dyn Activate> {
        None
    }

    /// A mark of the account, where one that finds nothing under our reference proves that nothing is there: a merchant may
    /// have got another account since, and that one proves nothing.
    fn mark(&self) -> Option<String> {
        None
    }

    /// What this order is opened under and later calls must repeat, where nothing else keeps it: the account may say
    /// something else by then, and the order's data may be erased. Nothing personal.
    fn opens_under(&self, _order: &Order) -> Option<String> {
        None
    }

    /// Asks the provider whether it knows the account's credentials, by a read that moves nothing.
    async fn check_credentials(&self, deadline: Deadline) -> CredentialCheck;

    /// The provider's own rules that an order breaks. Checked before anything is written or sent.
    fn broken_rules(&self, order: &Order) -> Vec<OrderError>;

    /// The rules that a widget's result breaks: amount, currency and duration must be the payment's. A provider without a
    /// widget takes none.
    fn broken_widget_rules(&self, _payment: &Payment, _result: &RawValue) -> Vec<OrderError> {
        vec![OrderError::at("/widget_result", "is not something that this provider has")]
    }

    /// Makes the one effectful call of an operation and says what its answer means.
    async fn act(&self, act: Act<'_>, context: &Context<'_>, effect: Effect) -> Outcome;

    /// Reads how the payment stands at the provider.
    async fn observe(&self, context: &Context<'_>) -> Result<Observation<News>, ReadError>;

    /// Looks for one operation whose outcome is unknown or pending.
    async fn probe(&self, operation: &Operation, context: &Context<'_>) -> Result<Observation<Finding>, ReadError>;

    /// The id of the provider's that a returning buyer's address names, where the provider tells it only there.
    fn candidate_of_return(&self, _query: &[(String, String)]) -> Option<String> {
        None
    }

    /// Verifies a message over its raw bytes, then says what it means.
    ///
    /// # Errors
    /// When it is not authentic or not readable.
    fn receive(&self, inbound: Inbound<'_>) -> Result<Message, NotAuthentic>;

    /// Says what a message means that was verified by [`Adapter::receive`] when it arrived and was kept since. Only
    /// address, media type and body are left of it, so nothing is verified again; `authentic` says whether something of
    /// it was believed then.
    ///
    /// # Errors
    /// When it is not readable.
    fn reread(&self, inbound: Inbound<'_>, authentic: bool) -> Result<Message, NotAuthentic>;
}
