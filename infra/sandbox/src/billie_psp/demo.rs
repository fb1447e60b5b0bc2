//! The stand-in as it starts on one machine, and the account there.

use serde_json::{Value, json};

use super::{MERCHANT_ID, PASSWORD, PSP_ID, Settings, USERNAME, WEBHOOK_KEY, open};
use crate::stand_in::StandIn;

pub(crate) const STAND_IN: StandIn = StandIn {
    provider: "billie_psp",
    credentials: (USERNAME, PASSWORD),
    account,
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
