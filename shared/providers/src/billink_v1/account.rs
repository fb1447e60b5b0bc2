//! The merchant's account document.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::AccountError;
use crate::account::{BaseUrl, check, filled, read, segments};
use crate::billink_common::webhook::{SIGNATURE_HEADER, TIMESTAMP_HEADER, Webhooks};

/// One merchant at Billink. Has no `Debug`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    base_url: BaseUrl,
    pub(super) username: String,
    pub(super) id: SecretString,
    /// Which agreement with Billink the orders fall under.
    pub(super) workflow_number: String,
    /// As in the account at the other API: it is one client, with one address for both APIs' webhooks.
    #[serde(default)]
    webhook_secrets: Vec<SecretString>,
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
    /// These three as in the account at the other API.
    signature_header: String,
    timestamp_header: String,
    decode_webhook_secrets: bool,
}

impl Default for Wire {
    fn default() -> Self {
        Self {
            path: "v1/client".into(),
            order_quantity: "ORDERQUANTITY".into(),
            additional_text: "ADITIONALTEXT".into(),
            delivery_number: "DELIVERY".into(),
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
        let Wire { order_quantity, additional_text, delivery_number, .. } = &account.wire;
        let names = [order_quantity, additional_text, delivery_number];
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        check([
            filled("username", &account.username),
            filled("id", account.id.expose_secret()),
            (digits(&account.workflow_number), "workflow_number", "must be digits"),
            account.webhooks().rule(),
            (names.into_iter().all(|name| is_name(name)), "wire", "must name elements by A-Z and _"),
        ])?;
        Ok(account)
    }

    pub(super) fn webhooks(&self) -> Webhooks<'_> {
        Webhooks {
            secrets: &self.webhook_secrets,
            signature_header: &self.wire.signature_header,
            timestamp_header: &self.wire.timestamp_header,
            decode: self.wire.decode_webhook_secrets,
        }
    }

    /// The address of a call.
    pub(super) fn url(&self, call: &str) -> Url {
        self.base_url.join(segments(&self.wire.path).chain([call]))
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
}
