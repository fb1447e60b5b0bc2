//! The stand-in as it starts on one machine, and the account there.

use serde_json::{Value, json};

use super::{ID, Settings, USERNAME, WEBHOOK_SECRET, open};
use crate::stand_in::StandIn;

pub(crate) const STAND_IN: StandIn = StandIn {
    provider: "billink_v1",
    credentials: (USERNAME, ID),
    account,
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
