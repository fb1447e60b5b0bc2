//! The stand-in as it starts on one machine, the account there, and what can happen.

use serde_json::{Value, json};

use super::{API_KEY, BASE_PATH, CARD_GATEWAY_ID, Settings, USERNAME, open};
use crate::order::of_consumer;
use crate::stand_in::{StandIn, as_it_is};

pub(crate) const STAND_IN: StandIn = StandIn {
    provider: "billagain",
    credentials: (USERNAME, API_KEY),
    account,
    order,
    credentials_call: Some("gateways"),
    widget: None,
    settings: as_it_is,
    tells: &[],
    gives_back: None,
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

/// A sale by card.
fn order() -> Value {
    let options = json!({ "customer_id": 200, "method": "credit_card" });
    let different = json!({ "currency": "ZAR", "capture": "automatic", "options": options });
    of_consumer("billagain", "ORD-6001", different)
}
