//! A payment service provider's account at Billie, and one of its merchants, as the document gives it.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use http::header::{ACCEPT, AUTHORIZATION};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::{AccountError, Request};

/// Where a path takes the id of what it is about.
const ID: &str = "{id}";

/// The account. Nothing in it can be printed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    /// No page names a host.
    base_url: Url,
    username: String,
    password: SecretString,
    /// Billie's id of the merchant, where the activation was not made here.
    #[serde(default)]
    pub(super) merchant_id: Option<String>,
    /// Named only when a merchant is activated.
    #[serde(default)]
    pub(super) psp_id: Option<String>,
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

/// What no public page gives: half the paths, every field name, and where the widget's script is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wire {
    /// docs.billie.io gives this path.
    pub(super) activate_path: String,
    pub(super) payment_page_path: String,
    pub(super) widget_path: String,
    pub(super) refund_path: String,
    /// docs.billie.io gives this path and the next two.
    pub(super) confirm_path: String,
    pub(super) capture_path: String,
    pub(super) cancel_path: String,
    /// By default the script of Billie's other API, in the environment that `base_url` seems to name.
    pub(super) widget_script_url: Option<Url>,
    /// Our name of a field to Billie's, in requests, answers and messages alike.
    pub(super) names: BTreeMap<String, String>,
}

impl Default for Wire {
    fn default() -> Self {
        Self {
            activate_path: "merchants/enable-merchant".into(),
            payment_page_path: "checkout/sessions/payment-page".into(),
            widget_path: "checkout/sessions/widget".into(),
            confirm_path: "checkout/sessions/{id}/confirm-authorization".into(),
            capture_path: "orders/{id}/capture".into(),
            cancel_path: "orders/{id}/cancel".into(),
            refund_path: "orders/{id}/refund".into(),
            widget_script_url: None,
            names: BTreeMap::new(),
        }
    }
}

impl Account {
    pub(super) fn read(document: &Value) -> Result<Self, AccountError> {
        let account = Self::deserialize(document).map_err(|error| without_values(&error.to_string()))?;
        let Self { base_url: base, username, password, merchant_id, webhook_keys, wire, .. } = &account;
        let plain = base.query().is_none() && base.fragment().is_none() && base.username().is_empty();
        let graphic = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && b != b':');
        let named = |key: &WebhookKey| key.header.parse::<http::HeaderName>().is_ok();
        let good_key = |key: &WebhookKey| named(key) && !key.value.expose_secret().is_empty();
        let takes_id = |path: &str| path.split('/').filter(|part| *part == ID).count() == 1;
        let rules = [
            (
                is_https_or_loopback(base) && plain,
                "base_url",
                "must be https, or http on loopback, without user, query or fragment",
            ),
            (graphic(username), "username", "must be visible ASCII without a colon"),
            (!password.expose_secret().is_empty(), "password", "must not be empty"),
            (merchant_id.as_ref().is_none_or(|id| !id.is_empty()), "merchant_id", "must not be empty"),
            (webhook_keys.iter().all(good_key), "webhook_keys", "must each have the name of a header and a value"),
            (
                [&wire.confirm_path, &wire.capture_path, &wire.cancel_path, &wire.refund_path]
                    .into_iter()
                    .all(|path| takes_id(path)),
                "wire",
                "must have {id} as one part of each path of an order or a confirmation",
            ),
        ];
        match rules.into_iter().find(|(kept, ..)| !kept) {
            Some((_, field, rule)) => Err(broken(field, rule)),
            None => Ok(account),
        }
    }

    /// An address below the base; an id is one segment of it.
    pub(super) fn url(&self, path: &str, id: &str) -> Url {
        let mut url = self.base_url.clone();
        let parts = path.split('/').filter(|part| !part.is_empty()).map(|part| if part == ID { id } else { part });
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(parts);
        }
        url
    }

    pub(super) fn sign(&self, request: Request) -> Request {
        let credentials = format!("{}:{}", self.username, self.password.expose_secret());
        let basic = format!("Basic {}", BASE64.encode(credentials.as_bytes()));
        request.with_header(ACCEPT, "application/json", false).with_header(AUTHORIZATION, &basic, true)
    }

    pub(super) fn widget_script(&self) -> Option<Url> {
        let sandbox = self.base_url.host_str().is_some_and(|host| host.contains("sandbox"));
        let usual = if sandbox {
            "https://static-paella-sandbox.billie.io/checkout/billie-checkout.js"
        } else {
            "https://static.billie.io/checkout/billie-checkout.js"
        };
        self.wire.widget_script_url.clone().or_else(|| usual.parse().ok())
    }
}

/// Whether secrets may be sent there and buyers sent to it.
pub(super) fn is_https_or_loopback(url: &Url) -> bool {
    let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}

/// The parser's messages may quote a value, and values here are secrets: only names of fields are passed on.
fn without_values(text: &str) -> AccountError {
    let name = text.split('`').nth(1).unwrap_or_default();
    if text.starts_with("missing field") {
        broken(name, "is required")
    } else if text.starts_with("unknown field") {
        broken(name, "is not a field of this account")
    } else {
        broken("billie_psp", "has a field of the wrong type")
    }
}

fn broken(field: &str, rule: &str) -> AccountError {
    AccountError { field: field.to_owned(), rule: rule.to_owned() }
}
