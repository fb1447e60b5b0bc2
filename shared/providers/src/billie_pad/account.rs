//! A merchant's account at Billie, as its document gives it.

use secrecy::{ExposeSecret, SecretString};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use url::Url;

use crate::AccountError;

const PRODUCTION_HOST: &str = "paella.billie.io";
const PRODUCTION_SCRIPT: &str = "https://static.billie.io/checkout/billie-checkout.js";
const SANDBOX_SCRIPT: &str = "https://static-paella-sandbox.billie.io/checkout/billie-checkout.js";
const ADDRESS_RULE: &str = "must be https, or http on loopback, without query";

/// The account. Nothing in it can be printed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    /// `https://paella.billie.io/api/v2` or its sandbox.
    #[serde(deserialize_with = "address")]
    pub(super) base_url: Url,
    pub(super) client_id: String,
    pub(super) client_secret: SecretString,
    /// Every key that a webhook may carry now: the current one, and the previous one while it is being changed.
    #[serde(default)]
    pub(super) webhook_keys: Vec<WebhookKey>,
    /// Read by those who open accounts, not here.
    #[serde(default, rename = "disabled")]
    _disabled: bool,
    #[serde(default)]
    pub(super) wire: Wire,
}

/// A key that the two sides agreed on, and the header that carries it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookKey {
    pub(super) header: String,
    pub(super) value: SecretString,
}

/// What no page of the provider settles. Each part has the likeliest value and can be overridden.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wire {
    /// The hosted page's kind of shop: the only value that a working public client sends.
    pub(super) channel: String,
    /// The widget's script; by default that of the environment which `base_url` names.
    pub(super) widget_script_url: Option<Url>,
    /// What a line item's amount is about; the two newest official clients send the line's total.
    pub(super) line_item_amount: LineItemAmount,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LineItemAmount {
    Line,
    Unit,
}

impl Default for Wire {
    fn default() -> Self {
        Self { channel: "hpp_ecommerce".into(), widget_script_url: None, line_item_amount: LineItemAmount::Line }
    }
}

impl Account {
    pub(super) fn read(document: &Value) -> Result<Self, AccountError> {
        let account = Self::deserialize(document).map_err(|error| without_values(&error))?;
        let no_key =
            |key: &WebhookKey| key.value.expose_secret().is_empty() || key.header.parse::<http::HeaderName>().is_err();
        if account.webhook_keys.iter().any(no_key) {
            return Err(broken("webhook_keys", "must each have the name of a header and a value"));
        }
        Ok(account)
    }

    /// An address below `base_url`; segments are encoded.
    pub(super) fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    pub(super) fn widget_script(&self) -> Option<Url> {
        let production = self.base_url.host_str() == Some(PRODUCTION_HOST);
        let usual = if production { PRODUCTION_SCRIPT } else { SANDBOX_SCRIPT };
        self.wire.widget_script_url.clone().or_else(|| usual.parse().ok())
    }
}

/// Whether secrets may be sent there and buyers sent to it.
pub(super) fn is_https_or_loopback(url: &Url) -> bool {
    let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    let plain = |url: &Url| is_https_or_loopback(url) && url.query().is_none() && url.fragment().is_none();
    let url = String::deserialize(deserializer)?.parse().ok().filter(plain);
    url.ok_or_else(|| D::Error::custom(ADDRESS_RULE))
}

/// The parser's messages may quote a value, and values here are secrets: only names of fields are passed on.
fn without_values(error: &serde_json::Error) -> AccountError {
    let text = error.to_string();
    let name = text.split('`').nth(1).unwrap_or_default();
    match text.as_str() {
        ADDRESS_RULE => broken("base_url", ADDRESS_RULE),
        missing if missing.starts_with("missing field") => broken(name, "is required"),
        unknown if unknown.starts_with("unknown field") => broken(name, "is not a field of this account"),
        _ => broken("billie_pad", "has a field of the wrong type"),
    }
}

fn broken(field: &str, rule: &str) -> AccountError {
    AccountError { field: field.to_owned(), rule: rule.to_owned() }
}
