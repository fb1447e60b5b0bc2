//! The stand-in as it starts on one machine, and the account there.

use serde_json::{Value, json};

use super::{BASE_PATH, CLIENT_ID, CLIENT_SECRET, Settings, WEBHOOK_KEY, open};
use crate::stand_in::StandIn;

pub(crate) const STAND_IN: StandIn = StandIn {
    provider: "billie_pad",
    credentials: (CLIENT_ID, CLIENT_SECRET),
    account,
    open: |root, webhook| open(root, Settings { webhook_url: webhook, ..Settings::default() }),
};

/// The account document for the demo credentials at the stand-in with this root.
pub fn account(root: &str) -> Value {
    json!({
        "base_url": format!("{root}{BASE_PATH}"),
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "webhook_keys": [{ "header": "X-Api-Key", "value": WEBHOOK_KEY }],
    })
}
