//! The demo merchant with accounts wherever a journey wants them.

use local::{DEMO_KEY, DEMO_MERCHANT, DEMO_OPERATOR_KEY, Sandboxes, key_entry};
use sandbox::{billie_pad, buckaroo_billink};
use serde_json::{Value, json};
use service::Scope;

/// Where the two providers are, and what opens them.
#[derive(Clone)]
pub(crate) struct Accounts {
    pub(crate) buckaroo: Value,
    pub(crate) billie: Value,
}

impl Accounts {
    /// At these roots, with the stand-ins' demo credentials.
    pub(crate) fn at(buckaroo: &str, billie: &str) -> Self {
        Self { buckaroo: buckaroo_billink::account(buckaroo), billie: billie_pad::account(billie) }
    }

    /// At a stack's own stand-ins.
    pub(crate) fn of(sandboxes: &Sandboxes) -> Self {
        let url = |provider| sandboxes.of(provider).unwrap().url();
        Self::at(&url("buckaroo_billink"), &url("billie_pad"))
    }

    /// The merchant documents.
    pub(crate) fn merchants(&self) -> String {
        json!([{
            "merchant": DEMO_MERCHANT,
            "api_keys": [key_entry(DEMO_KEY, Scope::Checkout, "checkout"), key_entry(DEMO_OPERATOR_KEY, Scope::Operator, "desk")],
            "accounts": { "buckaroo_billink": self.buckaroo, "billie_pad": self.billie },
        }])
        .to_string()
    }
}
