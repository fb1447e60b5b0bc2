//! Names on the wire: snake case in bodies, camel case in dispute messages, and whatever the account says.

use payment::{Amount, Currency};
use serde_json::Value;

use super::account::Wire;
use crate::inbound::is_id;

impl Wire {
    /// A body of ours in Billie's names, without what is null, and with its fields in one order, whatever the map of this
    /// build keeps.
    pub(super) fn outward(&self, body: Value) -> Vec<u8> {
        let usual = |name: &str| if name == "minor" { "amount".to_owned() } else { name.to_owned() };
        let theirs = |name: &str| self.names.get(name).cloned().unwrap_or_else(|| usual(name));
        let mut body = renamed(body, &theirs);
        body.sort_all_objects();
        body.to_string().into_bytes()
    }

    /// A body of Billie's in our names.
    pub(super) fn inward(&self, body: &[u8]) -> Option<Said> {
        serde_json::from_slice(body).ok().map(|body| self.inward_value(body))
    }

    /// The same of what is parsed.
    pub(super) fn inward_value(&self, body: Value) -> Said {
        let ours = |name: &str| {
            let ours = self.names.iter().find(|(_, theirs)| *theirs == name).map(|(ours, _)| ours.clone());
            ours.unwrap_or_else(|| snake_case(name))
        };
        Said(renamed(body, &ours))
    }
}

fn renamed(value: Value, name: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::Object(fields) => {
            let given = fields.into_iter().filter(|(_, value)| !value.is_null());
            given.map(|(key, value)| (name(&key), renamed(value, name))).collect()
        }
        Value::Array(items) => items.into_iter().map(|item| renamed(item, name)).collect(),
        other => other,
    }
}

fn snake_case(name: &str) -> String {
    let spelled = |c: char| c.is_ascii_uppercase().then_some('_').into_iter().chain([c.to_ascii_lowercase()]);
    name.chars().flat_map(spelled).collect()
}

/// What Billie or its widget said, in our names.
pub(super) struct Said(Value);

impl Said {
    /// The value at a pointer.
    pub(super) fn at(&self, pointer: &str) -> Option<&Value> {
        self.0.pointer(pointer)
    }

    pub(super) fn text(&self, pointer: &str) -> Option<&str> {
        self.at(pointer)?.as_str()
    }

    /// An id of theirs: a UUID as far as we know, and in any case harmless in an address.
    pub(super) fn id(&self, pointer: &str) -> Option<String> {
        self.text(pointer).filter(|text| is_id(text)).map(str::to_owned)
    }

    /// The amount, where there is one; an error where it is none in this currency.
    pub(super) fn amount(&self, currency: Currency) -> Result<Option<Amount>, NotOurs> {
        if self.at("/amount").is_none() {
            return Ok(None);
        }
        let whole = ["/amount/gross", "/amount/minor", "/amount/amount"].iter().find_map(|name| self.at(name));
        let minor = whole.and_then(Value::as_i64);
        let same_currency = self.text("/amount/currency") == Some(currency.code());
        let amount = minor.and_then(|minor| Amount::new(minor).ok()).filter(|_| same_currency);
        amount.map(Some).ok_or(NotOurs)
    }

    /// The amount in whatever currency, where there is one that can be read.
    pub(super) fn any_amount(&self) -> Option<(Amount, Currency)> {
        let currency = self.text("/amount/currency")?.parse().ok()?;
        Some((self.amount(currency).ok()??, currency))
    }
}

/// An amount that is unreadable or in another currency.
pub(super) struct NotOurs;
