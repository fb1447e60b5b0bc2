//! The merchant's account document.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::AccountError;

/// One merchant at Billink. Has no `Debug`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    pub(super) base_url: Url,
    pub(super) username: String,
    pub(super) id: SecretString,
    /// Which agreement with Billink the orders fall under.
    pub(super) workflow_number: String,
    /// Read by whoever opens accounts; named here so that it is not an unknown field.
    #[serde(default, rename = "disabled")]
    _disabled: bool,
    #[serde(default)]
    pub(super) wire: Wire,
}

/// What Billink's clients spell differently.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wire {
    /// What every path begins with: `api` on the older hosts.
    pub(super) path: String,
    /// `ORDERQUANTITY` in five clients, `ITEMQUANTITY` in the Magento 2 plugin.
    pub(super) order_quantity: String,
    /// With one D in the older, official clients.
    pub(super) additional_text: String,
    /// What `HOUSENUMBER`, `HOUSEEXTENSION` and `POSTALCODE` begin with in a delivery address; `DELIVERY_` in others.
    pub(super) delivery_number: String,
}

impl Default for Wire {
    fn default() -> Self {
        Self {
            path: "v1/client".into(),
            order_quantity: "ORDERQUANTITY".into(),
            additional_text: "ADITIONALTEXT".into(),
            delivery_number: "DELIVERY".into(),
        }
    }
}

impl Account {
    /// Reads the document and checks what its types cannot say.
    pub(super) fn parse(document: &Value) -> Result<Self, AccountError> {
        let account = Self::deserialize(document).map_err(|error| without_values(&error.to_string()))?;
        let Wire { order_quantity, additional_text, delivery_number, .. } = &account.wire;
        let names = [order_quantity, additional_text, delivery_number];
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let rules = [
            (is_base(&account.base_url), "base_url", "must be https, or http on loopback, without query or fragment"),
            (!account.username.is_empty(), "username", "must not be empty"),
            (!account.id.expose_secret().is_empty(), "id", "must not be empty"),
            (digits(&account.workflow_number), "workflow_number", "must be digits"),
            (names.into_iter().all(|name| is_name(name)), "wire", "must name elements by A-Z and _"),
        ];
        match rules.into_iter().find(|(kept, ..)| !kept) {
            Some((_, field, rule)) => Err(AccountError { field: field.into(), rule: rule.into() }),
            None => Ok(account),
        }
    }

    /// The address of a call.
    pub(super) fn url(&self, call: &str) -> Option<Url> {
        let mut url = self.base_url.clone();
        let path = self.wire.path.split('/').filter(|segment| !segment.is_empty());
        url.path_segments_mut().ok()?.pop_if_empty().extend(path).push(call);
        Some(url)
    }
}

fn is_base(url: &Url) -> bool {
    let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    let safe = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    safe && url.query().is_none() && url.fragment().is_none() && url.username().is_empty()
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
}

/// What is wrong with the document's shape. A message of the parser can hold a value, so only names of fields are kept.
fn without_values(message: &str) -> AccountError {
    let field = message.split('`').nth(1).unwrap_or_default();
    let (field, rule) = if message.starts_with("unknown field") {
        (field, "is not a field of this account")
    } else if message.starts_with("missing field") {
        (field, "is required")
    } else {
        ("/", "has a field of the wrong type")
    };
    AccountError { field: field.into(), rule: rule.into() }
}
