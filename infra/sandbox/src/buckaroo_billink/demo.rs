//! The stand-in as it starts on one machine, and the account there.

use serde_json::{Value, json};

use super::{Flow, SECRET_KEY, Settings, WEBSITE_KEY, open};
use crate::stand_in::StandIn;

pub(crate) const STAND_IN: StandIn = StandIn {
    provider: "buckaroo_billink",
    credentials: (WEBSITE_KEY, SECRET_KEY),
    account,
    // Each transaction says where its pushes go.
    open: |root, _webhook| open(root, Settings { flow: Flow::Redirect, ..Settings::default() }),
};

/// The account document for the demo credentials at the stand-in with this root.
pub fn account(root: &str) -> Value {
    json!({ "base_url": root, "website_key": WEBSITE_KEY, "secret_key": SECRET_KEY })
}
