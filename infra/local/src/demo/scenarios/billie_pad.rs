//! A company in Germany; each shipment is an invoice.

use serde_json::{Value, json};

use super::{Scenario, amounts};

pub(super) fn scenario() -> Scenario {
    let capture = |what: Value, number: &str| {
        let mut body = json!({
            "shipment": { "carrier": "DHL", "tracking_number": format!("0034-{number}") },
            "invoice": { "number": number, "url": format!("https://shop.example/invoices/{number}.pdf") },
        });
        if let (Some(body), Some(what)) = (body.as_object_mut(), what.as_object()) {
            body.extend(what.clone());
        }
        body
    };
    Scenario {
        provider: "billie_pad",
        has_page: true,
        confirms: true,
        captures: vec![
            capture(json!({ "lines": [{ "reference": "CHAIR", "quantity": 1 }] }), "INV-9"),
            capture(json!({ "amount": 3000 }), "INV-10"),
        ],
        refund: Some(1_000),
        cancels_rest: true,
        status: "captured",
        amounts: amounts(12_600, 3_550, 9_050, 1_000),
    }
}
