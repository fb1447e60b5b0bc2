//! The stand-in as it starts on one machine, the account there, and what can happen.

use serde_json::{Value, json};

use super::{BASE_PATH, CLIENT_ID, CLIENT_SECRET, Settings, WEBHOOK_KEY, open};
use crate::billie::shop::order_data;
use crate::order::of_company;
use crate::stand_in::{StandIn, as_it_is};

pub(crate) const STAND_IN: StandIn = StandIn {
    provider: "billie_pad",
    credentials: (CLIENT_ID, CLIENT_SECRET),
    account,
    order: || of_company("billie_pad", "ORD-1001"),
    credentials_call: Some("token"),
    widget: Some(widget),
    settings: as_it_is,
    tells: &["reminder_email_1", "dunning_letter_1", "dunning_letter_2"],
    gives_back: Some(|_order, capture, _amount| (format!("invoices/{capture}/cancel"), json!({}))),
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

fn widget(accepted: bool) -> Value {
    let whole = json!({ "net": 104.13, "gross": 126.00, "tax": 21.87 });
    order_data(accepted, whole, json!({ "net": 100.00, "gross": 121.00, "tax": 21.00 }))
}
