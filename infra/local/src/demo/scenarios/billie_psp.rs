//! A company in Germany, at the API that tells by a webhook and cannot be read.

use serde_json::json;

use super::{Scenario, amounts};

pub(super) fn scenario() -> Scenario {
    let invoice =
        |number: &str| json!({ "number": number, "url": format!("https://shop.example/invoices/{number}.pdf") });
    Scenario {
        provider: "billie_psp",
        has_page: true,
        confirms: false,
        captures: vec![
            json!({ "amount": 6050, "invoice": invoice("INV-31") }),
            json!({ "invoice": invoice("INV-32") }),
        ],
        refund: Some(1_000),
        cancels_rest: false,
        status: "captured",
        amounts: amounts(12_600, 0, 12_600, 1_000),
    }
}
