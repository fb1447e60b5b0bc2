//! Buckaroo's own types. Unknown fields are ignored in answers, and nearly all known ones may be absent: the guide's
//! own samples leave some out.

use jiff::Timestamp;
use payment::{Amount, Currency, Doubt, Payment};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use url::Url;

use super::map::ServiceAction;
use crate::JsonDecimal;
use crate::inbound::is_reference;
use crate::transport::is_page;
use crate::zone::{AMSTERDAM, time_in};

/// The answer to `POST json/Transaction/Statuses`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StatusesAnswer {
    pub(super) transactions: Option<Vec<Transaction>>,
    pub(super) error_transactions: Option<Vec<ErrorTransaction>>,
}

/// What was asked for and cannot be told.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ErrorTransaction {
    pub(super) invoice: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CancelAnswer {
    pub(super) key: Option<String>,
    pub(super) is_canceled: bool,
}

/// A JSON push.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Push {
    pub(super) transaction: Option<Transaction>,
    pub(super) data_request: Option<Transaction>,
}

/// A transaction in an answer, a status or a push.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Transaction {
    /// 32 hex digits; null on some refusals.
    #[serde(default, deserialize_with = "reference")]
    pub(super) key: Option<String>,
    pub(super) status: Status,
    #[serde(default, deserialize_with = "reference")]
    pub(super) invoice: Option<String>,
    /// Whether no real money moves.
    pub(super) is_test: Option<bool>,
    pub(super) currency: Option<String>,
    pub(super) amount_debit: Option<JsonDecimal>,
    pub(super) amount_credit: Option<JsonDecimal>,
    /// Null while unprocessed.
    pub(super) transaction_type: Option<String>,
    pub(super) required_action: Option<RequiredAction>,
    pub(super) request_errors: Option<RequestErrors>,
}

/// A name that can be kept. One that cannot makes the whole unreadable: without it, it could be taken for ours.
fn reference<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let name = Option::<String>::deserialize(deserializer)?;
    if name.as_deref().is_none_or(|name| name.is_empty() || is_reference(name)) {
        Ok(name)
    } else {
        Err(D::Error::custom("too long for a name"))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Status {
    pub(super) code: Code,
    pub(super) sub_code: Option<SubCode>,
    pub(super) date_time: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Code {
    pub(super) code: u16,
}

/// `Description` is not read: it can go on in words about the buyer.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SubCode {
    pub(super) code: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RequiredAction {
    name: Option<String>,
    #[serde(rename = "RedirectURL")]
    redirect_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RequestErrors {
    channel_errors: Option<Vec<RequestError>>,
    service_errors: Option<Vec<RequestError>>,
    action_errors: Option<Vec<RequestError>>,
    parameter_errors: Option<Vec<RequestError>>,
    custom_parameter_errors: Option<Vec<RequestError>>,
}

/// What is wrong with a request. `ErrorMessage` is not read: it can repeat what was sent.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RequestError {
    name: Option<String>,
    error: Option<String>,
}

impl Transaction {
    /// What it moves, minor units, where it says so.
    ///
    /// # Errors
    /// When that is no amount of ours: another currency, or more precise than cents.
    pub(super) fn amount(&self) -> Result<Option<Amount>, Doubt> {
        let ours = self.currency.as_deref().is_none_or(|code| code == Currency::EUR.code());
        // A zero beside an amount says nothing.
        let moved = self.amount_debit.filter(|debit| !debit.0.is_zero()).or(self.amount_credit).or(self.amount_debit);
        let amount = moved.map(|amount| amount.amount(Currency::EUR)).transpose();
        amount.ok().filter(|_| ours).ok_or(Doubt::AmountMismatch)
    }

    /// Whether its money goes from the buyer (`AmountDebit`) where it should go to the buyer (`AmountCredit`), or the other
    /// way round.
    pub(super) fn goes_astray(&self, action: &ServiceAction) -> bool {
        let astray = if action.credits() { self.amount_debit } else { self.amount_credit };
        astray.is_some_and(|amount| !amount.0.is_zero())
    }

    /// Whether it can be this much that it moves: it says so, or nothing that is no other amount.
    pub(super) fn may_move(&self, amount: Amount) -> bool {
        self.amount().is_ok_and(|said| said.is_none_or(|said| said == amount))
    }

    /// Whether it moves money of another kind than the payment: test money for real one, or the other way round.
    pub(super) fn is_elsewhere(&self, payment: &Payment) -> bool {
        self.is_test == Some(payment.livemode)
    }

    /// The page that the buyer has to visit. Other required actions are not for the buyer.
    pub(super) fn redirect(&self) -> Option<Url> {
        let action = self.required_action.as_ref()?;
        let redirect = action.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case("redirect"));
        let url = action.redirect_url.as_deref().filter(|_| redirect)?;
        url.parse().ok().filter(is_page)
    }

    pub(super) fn sub_code(&self) -> Option<&str> {
        self.status.sub_code.as_ref()?.code.as_deref().filter(|code| is_word(code))
    }
}

impl Status {
    /// When it became so. A time without an offset is Dutch: the guide shows one event in both ways.
    pub(super) fn at(&self) -> Option<Timestamp> {
        time_in(&AMSTERDAM, self.date_time.as_deref()?)
    }
}

impl RequestErrors {
    /// Which parameters are wrong and how, by name and code alone: their values can be personal.
    pub(super) fn names(&self) -> String {
        let Self { channel_errors, service_errors, action_errors, parameter_errors, custom_parameter_errors } = self;
        let lists = [channel_errors, service_errors, action_errors, parameter_errors, custom_parameter_errors];
        let word = |text: &Option<String>| text.clone().filter(|text| is_word(text)).unwrap_or_else(|| "?".to_owned());
        let named = |error: &RequestError| format!("{}: {}", word(&error.name), word(&error.error));
        lists.into_iter().flatten().flatten().map(named).collect::<Vec<_>>().join(", ")
    }
}

/// Whether a text can be a name or a code, and no words about somebody.
fn is_word(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
