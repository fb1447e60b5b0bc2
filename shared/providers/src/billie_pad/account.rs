//! A merchant's account at Billie, as its document gives it.

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::account::{BaseUrl, WebhookKeys, read};
use crate::{AccountError, billie};

const PRODUCTION_HOST: &str = "paella.billie.io";

/// The account. Nothing in it can be printed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    /// `https://paella.billie.io/api/v2` or its sandbox.
    base_url: BaseUrl,
    pub(super) client_id: String,
    pub(super) client_secret: SecretString,
    #[serde(default)]
    pub(super) webhook_keys: WebhookKeys,
    #[serde(default)]
    pub(super) wire: Wire,
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
        read(document)
    }

    /// An address below `base_url`; segments are encoded.
    pub(super) fn url(&self, path: &[&str]) -> Url {
        self.base_url.join(path.iter().copied())
    }

    pub(super) fn widget_script(&self) -> Option<Url> {
        let usual = || billie::widget_script(self.base_url.host() == Some(PRODUCTION_HOST));
        self.wire.widget_script_url.clone().or_else(usual)
    }
}
