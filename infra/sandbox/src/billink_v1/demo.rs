//! The stand-in as it starts on one machine, the account there, and what can happen.

use serde_json::{Value, json};

use super::{ID, Settings, USERNAME, WEBHOOK_SECRET, open};
use crate::order::of_consumer;
use crate::stand_in::{StandIn, as_it_is};

pub(crate) const STAND_IN: StandIn = StandIn {
    provider: "billink_v1",
    credentials: (USERNAME, ID),
    account,
    order: || of_consumer("billink_v1", "ORD-5001", json!({ "flow": "direct" })),
    credentials_call: Some("status"),
    widget: None,
    settings: as_it_is,
    tells: &[],
    gives_back: Some(give_back),
    open: |root, webhook| {
        let secret = Some(WEBHOOK_SECRET.to_owned());
        open(root, Settings { order_webhook: webhook, webhook_secret: secret, ..Settings::default() })
    },
};

/// The account document for the demo credentials at the stand-in with this root.
pub fn account(root: &str) -> Value {
    json!({
        "base_url": root,
        "username": USERNAME,
        "id": ID,
        "workflow_number": "1",
        "webhook_secrets": [WEBHOOK_SECRET],
    })
}

/// All of it.
fn give_back(order: &str, _capture: &str, _amount: i64) -> (String, Value) {
    (format!("orders/{order}"), json!({ "credited": true }))
}
