//! The stand-in as it starts on one machine, the account there, and what can happen.

use serde_json::{Value, json};

use super::{MERCHANT_ID, PASSWORD, PSP_ID, Settings, USERNAME, WEBHOOK_KEY, open};
use crate::billie::shop::order_data;
use crate::order::of_company;
use crate::stand_in::{StandIn, as_it_is};

pub(crate) const STAND_IN: StandIn = StandIn {
    provider: "billie_psp",
    credentials: (USERNAME, PASSWORD),
    account,
    order: || of_company("billie_psp", "ORD-3001"),
    credentials_call: None,
    widget: Some(widget),
    settings: as_it_is,
    tells: &[],
    gives_back: None,
    // Each session says where its own webhooks go.
    open: |root, webhook| open(root, Settings { dispute_webhook_url: webhook, ..Settings::default() }),
};

/// The account document for the demo credentials at the stand-in with this root.
pub fn account(root: &str) -> Value {
    json!({
        "base_url": root,
        "username": USERNAME,
        "password": PASSWORD,
        "psp_id": PSP_ID,
        "merchant_id": MERCHANT_ID,
        "webhook_keys": [{ "header": "X-Api-Key", "value": WEBHOOK_KEY }],
    })
}

fn widget(accepted: bool) -> Value {
    let whole = json!({ "currency": "EUR", "net": 10_413, "gross": 12_600, "tax": 2_187 });
    order_data(accepted, whole, json!({ "net": 10_000, "gross": 12_100, "tax": 2_100 }))
}
