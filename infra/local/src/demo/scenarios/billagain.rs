//! A sale by card: captured with the authorization, and nothing after it by the provider's API.

use serde_json::json;

use super::orders::of_consumer;
use super::{Scenario, amounts};

pub(super) fn scenario() -> Scenario {
    let mut order = of_consumer("billagain", "ORD-6001");
    if let Some(order) = order.as_object_mut() {
        order.insert("currency".to_owned(), json!("ZAR"));
        order.insert("options".to_owned(), json!({ "customer_id": 200, "method": "credit_card" }));
    }
    Scenario {
        provider: "billagain",
        order,
        has_page: true,
        confirms: false,
        captures: Vec::new(),
        refund: None,
        cancels_rest: false,
        status: "captured",
        amounts: amounts(12_600, 0, 12_600, 0),
    }
}
