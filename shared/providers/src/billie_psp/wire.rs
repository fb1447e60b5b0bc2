//! Billie's types. Bodies are in snake case, dispute messages in camel case; we read both.

use payment::{Amount, Currency, TaxedAmount};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::account::Wire;

impl Wire {
    /// A body of ours in Billie's names.
    pub(super) fn outward<T: Serialize>(&self, body: &T) -> Option<Value> {
        let theirs = |name: &str| self.names.get(name).cloned().unwrap_or_else(|| name.to_owned());
        Some(renamed(serde_json::to_value(body).ok()?, &theirs))
    }

    /// A body of Billie's in our names.
    pub(super) fn inward(&self, body: &Value) -> Value {
        let ours = |name: &str| {
            let ours = self.names.iter().find(|(_, theirs)| *theirs == name).map(|(ours, _)| ours.clone());
            ours.unwrap_or_else(|| snake_case(name))
        };
        renamed(body.clone(), &ours)
    }
}

fn renamed(value: Value, name: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (name(&key), renamed(value, name))).collect(),
        Value::Array(items) => items.into_iter().map(|item| renamed(item, name)).collect(),
        other => other,
    }
}

fn snake_case(name: &str) -> String {
    let letter = |c: char| {
        let under = c.is_ascii_uppercase().then_some('_');
        under.into_iter().chain([c.to_ascii_lowercase()])
    };
    name.chars().flat_map(letter).collect()
}

/// An amount in minor units, the way dispute messages write it.
#[derive(Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) currency: String,
    #[serde(alias = "gross")]
    pub(super) amount: i64,
}

impl Part {
    pub(super) fn of(amount: Amount, currency: Currency) -> Self {
        Self { currency: currency.code().to_owned(), amount: amount.minor() }
    }

    /// The amount, where it is one in this currency.
    pub(super) fn amount(&self, currency: Currency) -> Option<Amount> {
        Amount::new(self.amount).ok().filter(|_| self.currency == currency.code())
    }
}

/// An amount with its parts, in minor units.
#[derive(Serialize)]
pub(super) struct Whole {
    currency: &'static str,
    net: i64,
    tax: i64,
    gross: i64,
}

impl Whole {
    pub(super) fn of(amount: TaxedAmount, currency: Currency) -> Self {
        let (net, tax, gross) = (amount.net().minor(), amount.tax().minor(), amount.gross().minor());
        Self { currency: currency.code(), net, tax, gross }
    }
}

/// An id of theirs: a UUID as far as we know, and in any case harmless in an address.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Id(pub(super) String);

impl TryFrom<String> for Id {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let harmless = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if harmless && (1..=64).contains(&text.len()) { Ok(Self(text)) } else { Err("not an id") }
    }
}

/// Answer of both kinds of session; the page's address is called as in the proposals and as in Billie's other API.
#[derive(Deserialize)]
pub(super) struct Session {
    pub(super) session_id: Id,
    #[serde(alias = "hpp_url")]
    pub(super) payment_page_url: Option<Url>,
    pub(super) expires_at: Option<String>,
}

/// Answer of a confirmation.
#[derive(Deserialize)]
pub(super) struct Confirmed {
    pub(super) order_id: Id,
    pub(super) state: Option<String>,
    pub(super) amount: Option<Part>,
}

/// Answer of a capture.
#[derive(Deserialize)]
pub(super) struct Captured {
    pub(super) capture_id: Id,
    pub(super) amount: Option<Part>,
}

/// Answer of a refund.
#[derive(Deserialize)]
pub(super) struct Refunded {
    pub(super) refund_id: Option<Id>,
    pub(super) amount: Option<Part>,
}

/// Answer of a cancel: nothing that we need.
#[derive(Deserialize)]
pub(super) struct Canceled {}

/// The body of a refusal; its form is known only from Billie's other API.
#[derive(Deserialize)]
pub(super) struct Refusal {
    #[serde(default)]
    pub(super) errors: Vec<ErrorItem>,
    pub(super) message: Option<Value>,
    pub(super) error: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct ErrorItem {
    pub(super) code: Option<String>,
    /// The field, on validation errors.
    pub(super) source: Option<String>,
}

/// A message: an authorization, the opening of a dispute or its result.
#[derive(Deserialize)]
pub(super) struct Event {
    pub(super) order_id: Option<Id>,
    /// The guide's example writes it as a text.
    pub(super) success: Option<Value>,
    /// The guide's prose calls it so.
    pub(super) status: Option<String>,
    pub(super) dispute_id: Option<Id>,
    pub(super) capture_id: Option<Id>,
    pub(super) reason_code: Option<String>,
    pub(super) dispute_result: Option<String>,
}
