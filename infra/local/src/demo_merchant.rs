//! The merchant that exists on one machine.

use serde_json::{Value, json};
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
    json!({
        "merchant": DEMO_MERCHANT,
        "livemode": false,
        "api_keys": [
            key_entry(DEMO_KEY, Scope::Checkout, "checkout"),
            key_entry(DEMO_OPERATOR_KEY, Scope::Operator, "desk"),
        ],
        "accounts": {
            "buckaroo_billink": {
                "base_url": sandboxes.buckaroo_billink.url(),
                "website_key": sandbox::buckaroo_billink::WEBSITE_KEY,
                "secret_key": sandbox::buckaroo_billink::SECRET_KEY,
            },
            "billie_pad": {
                "base_url": format!("{}{}", sandboxes.billie_pad.url(), sandbox::billie_pad::BASE_PATH),
                "client_id": sandbox::billie_pad::CLIENT_ID,
                "client_secret": sandbox::billie_pad::CLIENT_SECRET,
                "webhook_keys": [{ "header": "X-Api-Key", "value": sandbox::billie_pad::WEBHOOK_KEY }],
            },
            "billie_psp": {
                "base_url": sandboxes.billie_psp.url(),
                "username": sandbox::billie_psp::USERNAME,
                "password": sandbox::billie_psp::PASSWORD,
                "psp_id": sandbox::billie_psp::PSP_ID,
                "merchant_id": sandbox::billie_psp::MERCHANT_ID,
                "webhook_keys": [{ "header": "X-Api-Key", "value": sandbox::billie_psp::WEBHOOK_KEY }],
            },
            "billink": {
                "base_url": sandboxes.billink.url(),
                "username": sandbox::billink::USERNAME,
                "id": sandbox::billink::ID,
                "workflow_number": "1",
                "webhook_secrets": [sandbox::billink::WEBHOOK_SECRET],
            },
            "billink_v1": {
                "base_url": sandboxes.billink_v1.url(),
                "username": sandbox::billink_v1::USERNAME,
                "id": sandbox::billink_v1::ID,
                "workflow_number": "1",
                "webhook_secrets": [sandbox::billink_v1::WEBHOOK_SECRET],
            },
            "billagain": {
                "base_url": format!("{}{}", sandboxes.billagain.url(), sandbox::billagain::BASE_PATH),
                "account_id": sandbox::billagain::USERNAME,
                "api_key": sandbox::billagain::API_KEY,
                "gateway_id": sandbox::billagain::CARD_GATEWAY_ID,
            },
        },
    })
}
