//! What is played at each provider.

use serde_json::{Value, json};

/// One payment's life.
pub(super) struct Scenario {
    pub(super) provider: &'static str,
    pub(super) order: Value,
    /// Whether the buyer meets a page of the provider.
    pub(super) has_page: bool,
    /// Whether the shop confirms; the provider tells us by itself otherwise.
    pub(super) confirms: bool,
    /// Bodies of the captures, one after the other.
    pub(super) captures: Vec<Value>,
    /// Minor units to give back in part.
    pub(super) refund: Option<i64>,
    /// Whether what is left is released in the end.
    pub(super) cancels_rest: bool,
    /// The status in the end.
    pub(super) status: &'static str,
    /// The ledger in the end.
    pub(super) amounts: Value,
}

impl Scenario {
    pub(super) fn steps(&self) -> u64 {
        let captures = u64::try_from(self.captures.len()).unwrap_or(1);
        3 + u64::from(self.has_page) + captures + u64::from(self.refund.is_some()) + u64::from(self.cancels_rest)
    }
}

/// Where the buyers of the demo come back to; nothing listens there.
pub(super) const SHOP: &str = "https://shop.example/return";

pub(super) fn all() -> Vec<Scenario> {
    vec![buckaroo_billink(), billie_pad(), billie_psp(), billink(), billink_v1(), billagain()]
}

fn amounts(authorized: i64, released: i64, captured: i64, refunded: i64) -> Value {
    json!({ "authorized": authorized, "released": released, "capturing": 0, "captured": captured, "refunding": 0, "refunded": refunded })
}

/// A consumer in the Netherlands; the provider captures in full only.
fn buckaroo_billink() -> Scenario {
    Scenario {
        provider: "buckaroo_billink",
        order: of_consumer("buckaroo_billink", "ORD-2001"),
        has_page: true,
        confirms: true,
        captures: vec![json!({})],
        refund: Some(2_500),
        cancels_rest: false,
        status: "captured",
        amounts: amounts(12_600, 0, 12_600, 2_500),
    }
}

/// A company in Germany; each shipment is an invoice.
fn billie_pad() -> Scenario {
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
        order: of_company("billie_pad", "ORD-1001"),
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

/// A company in Germany, at the API that tells by a webhook and cannot be read.
fn billie_psp() -> Scenario {
    let invoice =
        |number: &str| json!({ "number": number, "url": format!("https://shop.example/invoices/{number}.pdf") });
    Scenario {
        provider: "billie_psp",
        order: of_company("billie_psp", "ORD-3001"),
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

/// A consumer in the Netherlands, at Billink's page.
fn billink() -> Scenario {
    Scenario { provider: "billink", order: of_consumer("billink", "ORD-4001"), ..buckaroo_billink() }
}

/// A consumer in the Netherlands whose credit is checked without a page.
fn billink_v1() -> Scenario {
    Scenario {
        provider: "billink_v1",
        order: of_consumer("billink_v1", "ORD-5001"),
        has_page: false,
        ..buckaroo_billink()
    }
}

/// A sale by card: captured with the authorization, and nothing after it by the provider's API.
fn billagain() -> Scenario {
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

fn of_consumer(provider: &str, reference: &str) -> Value {
    json!({
        "provider": provider, "reference": reference, "description": "Two chairs", "currency": "EUR", "amount": 12600,
        "lines": lines(), "return_url": SHOP,
        "buyer": {
            "kind": "person",
            "person": { "first_name": "Test", "last_name": "Acceptatie", "initials": "T", "salutation": "male",
                        "birth_date": "1990-01-01", "email": "buyer@example.com", "phone": "0698765433" },
            "ip_address": "203.0.113.10", "locale": "nl-NL",
        },
        "billing_address": { "street": "Hoofdstraat", "house_number": "90", "house_number_addition": "A",
                             "postal_code": "8441EE", "city": "Heerenveen", "country": "NL" },
    })
}

fn of_company(provider: &str, reference: &str) -> Value {
    json!({
        "provider": provider, "reference": reference, "description": "Two chairs", "currency": "EUR", "amount": 12600,
        "lines": lines(), "return_url": SHOP, "payment_terms_days": 30,
        "buyer": {
            "kind": "business", "reference": "customer-4711",
            "person": { "first_name": "Uno", "last_name": "Eins", "salutation": "unknown", "email": "uno@example.com",
                        "phone": "+4930120111111" },
            "company": { "name": "Zeta Electronics Gold GmbH", "legal_form": "10001", "registration_number": "HRB 934855",
                         "vat_number": "DE812345678" },
            "ip_address": "203.0.113.10", "locale": "de-DE",
        },
        "billing_address": { "street": "Tannenweg", "house_number": "4", "postal_code": "77716",
                             "city": "Haslach im Kinzigtal", "country": "DE" },
    })
}

/// Two chairs and their delivery: 126.00.
fn lines() -> Value {
    json!([
        { "reference": "CHAIR", "name": "Chair", "kind": "goods", "quantity": 2, "unit_price": 6050, "tax_rate": "21" },
        { "reference": "SHIP", "name": "Delivery", "kind": "shipping", "quantity": 1, "unit_price": 500, "tax_rate": "21" },
    ])
}
