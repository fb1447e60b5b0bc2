//! A merchant's account at Billie, as its document gives it.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::map::{Debt, debt};
use super::wire::Invoice;
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
    /// What more words mean as the state of an invoice.
    invoice_states: BTreeMap<String, Debt>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LineItemAmount {
    Line,
    Unit,
}

impl Default for Wire {
    fn default() -> Self {
        Self {
            channel: "hpp_ecommerce".into(),
            widget_script_url: None,
            line_item_amount: LineItemAmount::Line,
            invoice_states: BTreeMap::new(),
        }
    }
}

impl Wire {
    /// How an invoice stands, by the account or by our table; none for a state that nobody knows.
    pub(super) fn debt(&self, invoice: &Invoice) -> Option<Debt> {
        let state = invoice.state.as_deref()?;
        self.invoice_states.get(state).copied().or_else(|| debt(state))
    }

    /// Whether an invoice is cancelled: nothing is owed, and all of its capture was given back.
    pub(super) fn is_canceled(&self, invoice: &Invoice) -> bool {
        self.debt(invoice) == Some(Debt::Canceled)
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
