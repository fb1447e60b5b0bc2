//! The merchant's account document at either of Billink's own APIs: one client, and what that API leaves open.

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::webhook::Webhooks;
use crate::AccountError;
use crate::account::{BaseUrl, check, filled, read, segments};

/// Everything on the wire of one API that no page of the provider says for sure.
pub(crate) trait Wire: DeserializeOwned + Default {
    /// The headers of a webhook's signature and of its time, and whether a secret's Base64 has to be decoded.
    fn signatures(&self) -> (&str, &str, bool);
}

/// One client of Billink. Has no `Debug`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound = "W: Wire")]
pub(crate) struct Account<W> {
    base_url: BaseUrl,
    pub(crate) username: SecretString,
    pub(crate) id: SecretString,
    /// Which agreement with Billink the orders fall under that choose none.
    pub(crate) workflow_number: String,
    /// Every secret that signs webhooks now: the current one, and the previous one while it is being changed. With
    /// none, webhooks are unsigned. Both APIs have one address for them.
    #[serde(default)]
    webhook_secrets: Vec<SecretString>,
    #[serde(default)]
    pub(crate) wire: W,
}

impl<W: Wire> Account<W> {
    /// Reads the document and checks what its types cannot say.
    pub(crate) fn parse(document: &Value) -> Result<Self, AccountError> {
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
    pub(crate) fn url(&self, path: &str) -> Url {
        self.base_url.join(segments(path))
    }

    pub(crate) fn webhooks(&self) -> Webhooks<'_> {
        let (signature_header, timestamp_header, decode) = self.wire.signatures();
        Webhooks { secrets: &self.webhook_secrets, signature_header, timestamp_header, decode }
    }
}

pub(crate) fn is_workflow(number: &str) -> bool {
    (1..=9).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
}
