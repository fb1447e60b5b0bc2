//! Names on the wire: snake case in bodies, camel case in dispute messages, and whatever the account says.

use payment::{Amount, Currency};
use serde_json::Value;

use super::account::Wire;
use crate::AccountError;
use crate::account::own_names;
use crate::inbound::is_id;

/// Every field of ours that goes over the wire, in a body of ours, an answer, a message or a widget's result.
pub(super) const FIELDS: &str = "\
    accept_url address amount capture_id city closed_at code comment company_address countries country currency \
    debtor_company debtor_person decline_url defense_deadline delivery_address dispute_id dispute_result duration email \
    error errors event expires_at external_code external_id external_merchant_id first_name gross house_number hpp_url \
    invoice_number invoice_url last_name legal_form line_items merchant_customer_id merchant_id merchant_urls message \
    minor name net order_id payment_page_url phone_number postal_code psp_id quantity reason reason_code refund_id \
    registration_court registration_number salutation session_id source state status street success tax tax_id \
    tax_number title type webhook_url website";

/// Billie's name of a field where the account says nothing else: ours, but of the number in an amount.
fn usual(ours: &str) -> &str {
    if ours == "minor" { "amount" } else { ours }
}

impl Wire {
    fn theirs<'a>(&'a self, ours: &'a str) -> &'a str {
        self.names.get(ours).map_or_else(|| usual(ours), String::as_str)
    }

    /// Checks that only fields have names, and each a name that is read back as its own. As usual, an amount and the number
    /// in it share one: their places tell them apart.
    pub(super) fn check_names(&self) -> Result<(), AccountError> {
        let fields = || FIELDS.split_whitespace();
        if let Some(unknown) = self.names.keys().find(|name| fields().all(|field| field != name.as_str())) {
            let (field, rule) = (format!("wire/names/{unknown}"), "is not a field of this account".to_owned());
            return Err(AccountError { field, rule });
        }
        let told_apart = |ours: &&str| *ours == "minor" && self.theirs(ours) == usual(ours);
        let named = fields().filter(|ours| !told_apart(ours));
        own_names(named.map(|ours| (ours, snake_case(self.theirs(ours)))))
    }

    /// A body of ours in Billie's names, without what is null, and with its fields in one order, whatever the map of this
    /// build keeps.
    pub(super) fn outward(&self, body: Value) -> Vec<u8> {
        let mut body = renamed(body, &|name| Some(self.theirs(name).to_owned()));
        body.sort_all_objects();
        body.to_string().into_bytes()
    }

    /// A body of Billie's in our names.
    pub(super) fn inward(&self, body: &[u8]) -> Option<Said> {
        serde_json::from_slice(body).ok().map(|body| self.inward_value(body))
    }

    /// The same of what is parsed. Our word for a field that has another one on the wire is nothing of ours there.
    pub(super) fn inward_value(&self, body: Value) -> Said {
        let ours = |name: &str| {
            let is_it = |(ours, theirs): &(&String, &String)| *theirs == name && usual(ours) != name;
            let ours = self.names.iter().find(is_it).map(|(ours, _)| ours.clone());
            let bare = || self.names.get(name).is_none_or(|theirs| theirs == name).then(|| snake_case(name));
            ours.or_else(bare)
        };
        Said(renamed(body, &ours))
    }
}

/// The fields that have a name, under it, without those that are null.
fn renamed(value: Value, name: &impl Fn(&str) -> Option<String>) -> Value {
    match value {
        Value::Object(fields) => {
            let given = fields.into_iter().filter(|(_, value)| !value.is_null());
            given.filter_map(|(key, value)| Some((name(&key)?, renamed(value, name)))).collect()
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
