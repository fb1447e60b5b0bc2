//! The stand-in as it starts on one machine, and the account there.

use serde_json::{Value, json};

use super::{API_KEY, BASE_PATH, CARD_GATEWAY_ID, Settings, USERNAME, open};
use crate::stand_in::StandIn;

pub(crate) const STAND_IN: StandIn = StandIn {
    provider: "billagain",
    credentials: (USERNAME, API_KEY),
    account,
    // Each payment says where its notifications go.
    open: |root, _webhook| open(root, Settings::default()),
};

/// The account document for the demo credentials at the stand-in with this root.
pub fn account(root: &str) -> Value {
    json!({
        "base_url": format!("{root}{BASE_PATH}"),
        "account_id": USERNAME,
        "api_key": API_KEY,
        "gateway_id": CARD_GATEWAY_ID,
    })
}
