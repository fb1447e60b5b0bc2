//! The merchant that exists on one machine.

use sandbox::{Running, StandIn};
use serde_json::{Map, Value, json};
use service::Scope;

use crate::keys::key_entry;
use crate::sandboxes::Sandboxes;

/// Its id.
pub const DEMO_MERCHANT: &str = "demo";

/// Its checkout key. It opens nothing but this process.
pub const DEMO_KEY: &str = "sk_demo_works-on-this-machine-only";

/// Its operator key. It opens nothing but this process.
pub const DEMO_OPERATOR_KEY: &str = "sk_demo_operates-this-machine-only";

/// Its document, with an account at every sandbox.
pub fn document(sandboxes: &Sandboxes) -> Value {
    let account =
        |(stand_in, running): &(&StandIn, Running)| (stand_in.provider.to_owned(), (stand_in.account)(&running.url()));
    json!({
        "merchant": DEMO_MERCHANT,
        "livemode": false,
        "api_keys": [
            key_entry(DEMO_KEY, Scope::Checkout, "checkout"),
            key_entry(DEMO_OPERATOR_KEY, Scope::Operator, "desk"),
        ],
        "accounts": sandboxes.iter().map(account).collect::<Map<_, _>>(),
    })
}
