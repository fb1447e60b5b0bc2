//! The merchant's account document.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::AccountError;

/// One client of Billink. Has no `Debug`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    pub(super) base_url: Url,
    pub(super) username: SecretString,
    pub(super) id: SecretString,
    /// The workflow of orders that choose none.
    pub(super) workflow_number: String,
    /// Every secret that signs webhooks now: the current one, and the previous one while it is being changed. With
    /// none, webhooks are unsigned.
    #[serde(default)]
    pub(super) webhook_secrets: Vec<SecretString>,
    /// Read by whoever opens accounts; named here so that it is not an unknown field.
    #[serde(default, rename = "disabled")]
    _disabled: bool,
    #[serde(default)]
    pub(super) wire: Wire,
}

/// The paths, and everything on the wire that no page of the provider says for sure.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wire {
    pub(super) create_session: String,
    pub(super) session_status: String,
    pub(super) start_workflow: String,
    pub(super) credit: String,
    /// The carrier's number when a workflow starts: v1's `TRACKANDTRACE` in the spelling of v2; not sent when empty.
    pub(super) track_and_trace: String,
    /// v1's form of a date.
    pub(super) birth_date: String,
    pub(super) signature_header: String,
    pub(super) timestamp_header: String,
    /// Whether a secret's Base64 has to be decoded; "use this value as the secret" says no.
    pub(super) decode_webhook_secrets: bool,
}

impl Default for Wire {
    fn default() -> Self {
        Self {
            create_session: "v2/session/create".into(),
            session_status: "v2/session/status".into(),
            start_workflow: "v2/client/workflow/start".into(),
            credit: "v2/client/invoice/credit".into(),
            track_and_trace: "trackAndTrace".into(),
            birth_date: "%d-%m-%Y".into(),
            signature_header: "x-billink-signature".into(),
            timestamp_header: "x-billink-timestamp".into(),
            decode_webhook_secrets: false,
        }
    }
}

impl Account {
    /// Reads the document and checks what its types cannot say.
    pub(super) fn parse(document: &Value) -> Result<Self, AccountError> {
        let account = Self::deserialize(document).map_err(|error| without_values(&error.to_string()))?;
        let filled = |secret: &SecretString| !secret.expose_secret().is_empty();
        let keys = account.webhook_secrets.iter().all(|secret| account.key(secret).is_some_and(|key| !key.is_empty()));
        let rules = [
            (is_base(&account.base_url), "base_url", "must be https, or http on loopback, without query or fragment"),
            (filled(&account.username), "username", "must not be empty"),
            (filled(&account.id), "id", "must not be empty"),
            (is_workflow(&account.workflow_number), "workflow_number", "must be 1 to 9 digits"),
            (keys, "webhook_secrets", "must each be what Billink generated, not empty"),
        ];
        match rules.into_iter().find(|(kept, ..)| !kept) {
            Some((_, field, rule)) => Err(AccountError { field: field.into(), rule: rule.into() }),
            None => Ok(account),
        }
    }

    /// The address of a path below the base.
    pub(super) fn url(&self, path: &str) -> Option<Url> {
        let mut url = self.base_url.clone();
        url.path_segments_mut().ok()?.pop_if_empty().extend(path.split('/').filter(|segment| !segment.is_empty()));
        Some(url)
    }

    /// The bytes that a webhook secret signs with.
    pub(super) fn key(&self, secret: &SecretString) -> Option<Vec<u8>> {
        let text = secret.expose_secret();
        if self.wire.decode_webhook_secrets { STANDARD.decode(text).ok() } else { Some(text.as_bytes().to_vec()) }
    }
}

pub(super) fn is_workflow(number: &str) -> bool {
    (1..=9).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
}

/// Whether the address is safe to send a secret or a buyer to.
pub(super) fn is_https_or_loopback(url: &Url) -> bool {
    let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}

fn is_base(url: &Url) -> bool {
    is_https_or_loopback(url) && url.query().is_none() && url.fragment().is_none() && url.username().is_empty()
}

/// What is wrong with the document's shape. A message of the parser can hold a value, so only names of fields are kept.
fn without_values(message: &str) -> AccountError {
    let field = message.split('`').nth(1).unwrap_or_default();
    let (field, rule) = match message {
        unknown if unknown.starts_with("unknown field") => (field, "is not a field of this account"),
        missing if missing.starts_with("missing field") => (field, "is required"),
        _ => ("/", "has a field of the wrong type"),
    };
    AccountError { field: field.into(), rule: rule.into() }
}
