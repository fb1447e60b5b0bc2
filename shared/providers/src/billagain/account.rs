//! A merchant's account at BillAgain, as its document gives it.

use data_encoding::BASE64;
use http::header::{ACCEPT, AUTHORIZATION};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::{AccountError, Request};

/// The account. Nothing in it can be printed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    /// `https://api.billagain.com/v1`.
    base_url: Url,
    /// The numeric account identifier, which is the user name.
    account_id: String,
    api_key: SecretString,
    /// Where an order names no gateway of its own.
    pub(super) gateway_id: Option<u64>,
    /// Read by those who open accounts, not here.
    #[serde(default, rename = "disabled")]
    _disabled: bool,
    #[serde(default)]
    pub(super) wire: Wire,
}

/// What no page of the provider says for sure. Names are compared without case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wire {
    pub(super) initiate_path: String,
    pub(super) transaction_path: String,
    pub(super) payment_path: String,
    /// What the return address and the notification call the transaction's id.
    pub(super) transaction_id: Vec<String>,
    /// What a transaction calls its text result. The guide gives it the name `Description`, which is also the goods';
    /// the others are the words of the vendor's own gateway library.
    pub(super) result_text: Vec<String>,
}

impl Default for Wire {
    fn default() -> Self {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            initiate_path: "secure/initiate".into(),
            transaction_path: "secure/transactions".into(),
            payment_path: "payments".into(),
            transaction_id: names(&["transactionID", "transaction_id"]),
            result_text: names(&["ResultText", "Result", "ResultDescription"]),
        }
    }
}

impl Account {
    pub(super) fn read(document: &Value) -> Result<Self, AccountError> {
        let account = Self::deserialize(document).map_err(|error| without_values(&error.to_string()))?;
        let base = &account.base_url;
        let plain = base.query().is_none() && base.fragment().is_none() && base.username().is_empty();
        let rules = [
            (
                is_https_or_loopback(base) && plain,
                "base_url",
                "must be https, or http on loopback, without user, query or fragment",
            ),
            (is_user_name(&account.account_id), "account_id", "must be visible ASCII without a colon"),
            (!account.api_key.expose_secret().is_empty(), "api_key", "must not be empty"),
        ];
        match rules.into_iter().find(|(kept, ..)| !kept) {
            Some((_, field, rule)) => Err(broken(field, rule)),
            None => Ok(account),
        }
    }

    /// An address below the base; an id is one segment of it.
    pub(super) fn url(&self, path: &str, id: Option<&str>) -> Url {
        let mut url = self.base_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/').filter(|part| !part.is_empty())).extend(id);
        }
        url
    }

    pub(super) fn sign(&self, request: Request) -> Request {
        let credentials = format!("{}:{}", self.account_id, self.api_key.expose_secret());
        let basic = format!("Basic {}", BASE64.encode(credentials.as_bytes()));
        request.with_header(ACCEPT, "application/json", false).with_header(AUTHORIZATION, &basic, true)
    }
}

/// Whether secrets may be sent there and buyers sent to it.
pub(super) fn is_https_or_loopback(url: &Url) -> bool {
    let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}

fn is_user_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && b != b':')
}

/// The parser's messages may quote a value, and values here are secrets: only names of fields are passed on.
fn without_values(text: &str) -> AccountError {
    let name = text.split('`').nth(1).unwrap_or_default();
    if text.starts_with("missing field") {
        broken(name, "is required")
    } else if text.starts_with("unknown field") {
        broken(name, "is not a field of this account")
    } else {
        broken("billagain", "has a field of the wrong type")
    }
}

fn broken(field: &str, rule: &str) -> AccountError {
    AccountError { field: field.to_owned(), rule: rule.to_owned() }
}
