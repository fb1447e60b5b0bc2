//! What is played at each provider.

use serde_json::{Value, json};

/// One payment's life.
pub(super) struct Scenario {
    pub(super) provider: &'static str,
    pub(super) order: Value,
    /// Bodies of the captures, one after the other.
    pub(super) captures: Vec<Value>,
    /// Minor units to give back in part.
    pub(super) refund: i64,
    /// Whether what is left is released in the end.
    pub(super) cancels_rest: bool,
    /// The ledger in the end.
    pub(super) amounts: Value,
}

impl Scenario {
    pub(super) fn steps(&self) -> u64 {
        let captures = u64::try_from(self.captures.len()).unwrap_or(1);
        5 + captures + u64::from(self.cancels_rest)
    }
}

/// Where the buyers of the demo come back to; nothing listens there.
pub(super) const SHOP: &str = "https://shop.example/return";

pub(super) fn all() -> Vec<Scenario> {
    vec![buckaroo_billink(), billie_pad()]
}

fn amounts(authorized: i64, released: i64, captured: i64, refunded: i64) -> Value {
    json!({ "authorized": authorized, "released": released, "capturing": 0, "captured": captured, "refunding": 0, "refunded": refunded })
}

/// A consumer in the Netherlands; the provider captures in full only.
fn buckaroo_billink() -> Scenario {
    let order = json!({
        "provider": "buckaroo_billink", "reference": "ORD-2001", "description": "Two chairs", "currency": "EUR", "amount": 12600,
        "lines": lines(), "return_url": SHOP,
        "buyer": {
            "kind": "person",
            "person": { "first_name": "Test", "last_name": "Acceptatie", "initials": "T", "salutation": "male",
                        "birth_date": "1990-01-01", "email": "buyer@example.com", "phone": "0698765433" },
            "ip_address": "203.0.113.10", "locale": "nl-NL",
        },
        "billing_address": { "street": "Hoofdstraat", "house_number": "90", "house_number_addition": "A",
                             "postal_code": "8441EE", "city": "Heerenveen", "country": "NL" },
    });
    Scenario {
        provider: "buckaroo_billink",
        order,
        captures: vec![json!({})],
        refund: 2_500,
        cancels_rest: false,
        amounts: amounts(12_600, 0, 12_600, 2_500),
    }
}

/// A company in Germany; each shipment is an invoice.
fn billie_pad() -> Scenario {
    let order = json!({
        "provider": "billie_pad", "reference": "ORD-1001", "description": "Two chairs", "currency": "EUR", "amount": 12600,
        "flow": "redirect", "capture": "manual", "lines": lines(), "return_url": SHOP, "payment_terms_days": 30,
        "buyer": {
            "kind": "business", "reference": "customer-4711",
            "person": { "first_name": "Uno", "last_name": "Eins", "salutation": "unknown", "email": "uno@example.com", "phone": "+4930120111111" },
            "company": { "name": "Zeta Electronics Gold GmbH", "legal_form": "10001", "registration_number": "HRB 934855", "vat_number": "DE812345678" },
            "ip_address": "203.0.113.10", "locale": "de-DE",
        },
        "billing_address": { "street": "Tannenweg", "house_number": "4", "postal_code": "77716", "city": "Haslach im Kinzigtal", "country": "DE" },
    });
    let shipment = |number: &str| json!({ "carrier": "DHL", "tracking_number": number });
    Scenario {
        provider: "billie_pad",
        order,
        captures: vec![
            json!({ "lines": [{ "reference": "CHAIR", "quantity": 1 }], "shipment": shipment("0034"),
                    "invoice": { "number": "INV-9", "url": "https://shop.example/invoices/INV-9.pdf" } }),
            json!({ "amount": 3000, "shipment": shipment("0035"),
                    "invoice": { "number": "INV-10", "url": "https://shop.example/invoices/INV-10.pdf" } }),
        ],
        refund: 1_000,
        cancels_rest: true,
        amounts: amounts(12_600, 3_550, 9_050, 1_000),
    }
}

/// Two chairs and their delivery: 126.00.
fn lines() -> Value {
    json!([
        { "reference": "CHAIR", "name": "Chair", "kind": "goods", "quantity": 2, "unit_price": 6050, "tax_rate": "21" },
        { "reference": "SHIP", "name": "Delivery", "kind": "shipping", "quantity": 1, "unit_price": 500, "tax_rate": "21" },
    ])
}
