//! The merchant's account document.

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::AccountError;
use crate::account::{BaseUrl, check, filled, read, segments};
use crate::billink_common::webhook::{SIGNATURE_HEADER, TIMESTAMP_HEADER, Webhooks};

/// One client of Billink. Has no `Debug`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    base_url: BaseUrl,
    pub(super) username: SecretString,
    pub(super) id: SecretString,
    /// The workflow of orders that choose none.
    pub(super) workflow_number: String,
    /// Every secret that signs webhooks now: the current one, and the previous one while it is being changed. With
    /// none, webhooks are unsigned.
    #[serde(default)]
    webhook_secrets: Vec<SecretString>,
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
    signature_header: String,
    timestamp_header: String,
    /// Whether a secret's Base64 has to be decoded; "use this value as the secret" says no.
    decode_webhook_secrets: bool,
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
            signature_header: SIGNATURE_HEADER.into(),
            timestamp_header: TIMESTAMP_HEADER.into(),
            decode_webhook_secrets: false,
        }
    }
}

impl Account {
    /// Reads the document and checks what its types cannot say.
    pub(super) fn parse(document: &Value) -> Result<Self, AccountError> {
        let account: Self = read(document)?;
        check([
            filled("username", account.username.expose_secret()),
            filled("id", account.id.expose_secret()),
            (is_workflow(&account.workflow_number), "workflow_number", "must be 1 to 9 digits"),
            account.webhooks().rule(),
        ])?;
        Ok(account)
    }

    /// The address of a path below the base.
    pub(super) fn url(&self, path: &str) -> Url {
        self.base_url.join(segments(path))
    }

    pub(super) fn webhooks(&self) -> Webhooks<'_> {
        Webhooks {
            secrets: &self.webhook_secrets,
            signature_header: &self.wire.signature_header,
            timestamp_header: &self.wire.timestamp_header,
            decode: self.wire.decode_webhook_secrets,
        }
    }
}

pub(super) fn is_workflow(number: &str) -> bool {
    (1..=9).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
}
