//! The merchant's account document.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::AccountError;
use crate::account::check;
use crate::billink_common::account;
use crate::billink_common::webhook::{SIGNATURE_HEADER, TIMESTAMP_HEADER};

/// One client of Billink.
pub(super) type Account = account::Account<Wire>;

/// What Billink's clients spell differently.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wire {
    /// What every path begins with: `api` on the older hosts.
    path: String,
    /// The whole path of a call by its last word, where it begins otherwise. [inferred] That those of `on-hold` and `message`
    /// do not: no page prints them.
    paths: BTreeMap<String, String>,
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
            paths: BTreeMap::new(),
            order_quantity: "ORDERQUANTITY".into(),
            additional_text: "ADITIONALTEXT".into(),
            delivery_number: "DELIVERY".into(),
            signature_header: SIGNATURE_HEADER.into(),
            timestamp_header: TIMESTAMP_HEADER.into(),
            decode_webhook_secrets: false,
        }
    }
}

impl Wire {
    /// The path of the call with this last word.
    pub(super) fn path_of(&self, word: &str) -> String {
        self.paths.get(word).cloned().unwrap_or_else(|| format!("{}/{word}", self.path))
    }
}

impl account::Wire for Wire {
    fn signatures(&self) -> (&str, &str, bool) {
        (&self.signature_header, &self.timestamp_header, self.decode_webhook_secrets)
    }
}

/// Reads the document and checks what its types cannot say.
pub(super) fn parse(document: &Value) -> Result<Account, AccountError> {
    let account = Account::parse(document)?;
    let Wire { order_quantity, additional_text, delivery_number, .. } = &account.wire;
    let names = [order_quantity, additional_text, delivery_number];
    check([(names.into_iter().all(|name| is_name(name)), "wire", "must name elements by A-Z and _")])?;
    Ok(account)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
}
