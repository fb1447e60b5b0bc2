//! The stand-in as it starts on one machine, the account there, and what can happen.

use serde_json::{Value, json};

use super::{ID, Settings, USERNAME, WEBHOOK_SECRET, open};
use crate::order::of_consumer;
use crate::stand_in::{StandIn, as_it_is};

pub(crate) const STAND_IN: StandIn = StandIn {
    provider: "billink",
    credentials: (USERNAME, ID),
    account,
    order: || of_consumer("billink", "ORD-4001", json!({})),
    credentials_call: Some("webshop_settings"),
    widget: None,
    settings: as_it_is,
    tells: &[],
    gives_back: Some(give_back),
    open: |root, webhook| {
        let settings = Settings {
            session_webhook: webhook.clone(),
            order_webhook: webhook,
            signed: true,
            webhook_secret: Some(WEBHOOK_SECRET.to_owned()),
            ..Settings::default()
        };
        open(root, settings)
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
