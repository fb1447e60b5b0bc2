//! Who buys what.

use serde_json::{Value, json};

use super::SHOP;

/// Two chairs for a consumer in the Netherlands.
pub(super) fn of_consumer(provider: &str, reference: &str) -> Value {
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

/// Two chairs for a company in Germany.
pub(super) fn of_company(provider: &str, reference: &str) -> Value {
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
