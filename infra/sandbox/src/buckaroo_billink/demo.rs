//! The stand-in as it starts on one machine, the account there, and what can happen.

use serde_json::{Value, json};

use super::{Flow, SECRET_KEY, Settings, WEBSITE_KEY, open};
use crate::order::of_consumer;
use crate::stand_in::StandIn;

pub(crate) const STAND_IN: StandIn = StandIn {
    provider: "buckaroo_billink",
    credentials: (WEBSITE_KEY, SECRET_KEY),
    account,
    order: || of_consumer("buckaroo_billink", "ORD-2001", json!({})),
    credentials_call: Some("specification"),
    widget: None,
    settings,
    tells: &[],
    gives_back: Some(|_order, capture, amount| (format!("transactions/{capture}/refund"), json!({ "amount": amount }))),
    // Each transaction says where its pushes go.
    open: |root, _webhook| open(root, Settings { flow: Flow::Redirect, ..Settings::default() }),
};

/// The account document for the demo credentials at the stand-in with this root.
pub fn account(root: &str) -> Value {
    json!({ "base_url": root, "website_key": WEBSITE_KEY, "secret_key": SECRET_KEY })
}

fn settings(flow: &str, decides_later: bool) -> &'static str {
    match (flow, decides_later) {
        ("direct", false) => r#"{ "flow": "sync" }"#,
        ("direct", true) => r#"{ "flow": "sync", "pending": ["authorize", "capture", "refund", "cancel"] }"#,
        (_, true) => r#"{ "pending": ["capture", "refund", "cancel"] }"#,
        (_, false) => "",
    }
}
