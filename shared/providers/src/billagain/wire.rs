//! What BillAgain says. Its casing is mixed: when we read, names match in any case.

use payment::{Amount, Currency};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::JsonDecimal;
use crate::object::Pairs;

/// An object as it came: a name may stand in it twice, as the guide's list of a transaction's fields has one.
#[derive(Deserialize)]
pub(super) struct Fields(Pairs);

impl Fields {
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// Every value under a name, in order.
    pub(super) fn all<'a, T: DeserializeOwned>(&'a self, name: &'a str) -> impl Iterator<Item = T> + 'a {
        let named = self.0.0.iter().filter(move |(given, _)| given.eq_ignore_ascii_case(name));
        named.filter_map(|(_, raw)| serde_json::from_str(raw.get()).ok())
    }

    pub(super) fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        self.all(name).next()
    }

    /// An id, written as a number or a text. 0 is how other resources say that there is none.
    pub(super) fn id(&self, name: &str) -> Option<u64> {
        let raw: Box<RawValue> = self.get(name)?;
        raw.get().trim_matches('"').parse().ok().filter(|id| *id > 0)
    }

    /// `Amount`, where it is in this currency.
    pub(super) fn amount(&self, currency: Currency) -> Option<Amount> {
        let said: String = self.get("CurrencyCode")?;
        let amount: JsonDecimal = self.get("Amount").filter(|_| said.eq_ignore_ascii_case(currency.code()))?;
        amount.amount(currency).ok()
    }

    /// Every field that is a text or a number, as text.
    pub(super) fn texts(&self) -> Vec<(String, String)> {
        let text = |raw: &RawValue| serde_json::from_str(raw.get()).unwrap_or_else(|_| raw.get().to_owned());
        self.0.0.iter().map(|(name, raw)| (name.clone(), text(raw))).collect()
    }
}
