//! The stand-in as it starts on one machine, and the account there.

use serde_json::{Value, json};

use super::{ID, Settings, USERNAME, WEBHOOK_SECRET, open};
use crate::stand_in::StandIn;

pub(crate) const STAND_IN: StandIn = StandIn {
    provider: "billink",
    credentials: (USERNAME, ID),
    account,
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
