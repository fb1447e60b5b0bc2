//! What shops order at the stand-ins.

use serde_json::{Value, json};

/// A consumer in the Netherlands buys two chairs for 126.00; with what is different.
pub(crate) fn of_consumer(provider: &str, reference: &str, different: Value) -> Value {
    let buyer = json!({
        "kind": "person",
        "person": { "first_name": "Jan", "last_name": "de Vries", "initials": "J", "salutation": "male",
                    "birth_date": "1985-04-12", "email": "jan@example.com", "phone": "+31612345678" },
        "ip_address": "203.0.113.11",
        "locale": "nl-NL",
    });
    let address = json!({ "street": "Hoofdstraat", "house_number": "90", "house_number_addition": "A",
                          "postal_code": "8441EE", "city": "Heerenveen", "country": "NL" });
    let order = json!({ "provider": provider, "reference": reference, "buyer": buyer, "billing_address": address,
                        "metadata": {} });
    with(with(chairs(), order), different)
}

/// A company in Germany buys them.
pub(crate) fn of_company(provider: &str, reference: &str) -> Value {
    let buyer = json!({
        "kind": "business",
        "reference": "customer-4711",
        "person": { "first_name": "Uno", "last_name": "Eins", "initials": "U", "salutation": "unknown",
                    "birth_date": "1990-01-31", "email": "uno@example.com", "phone": "+4930120111111" },
        "company": { "name": "Zeta Electronics Gold GmbH", "legal_form": "10001", "registration_number": "HRB 934855",
                     "registration_court": null, "vat_number": "DE812345678", "tax_number": null },
        "ip_address": "203.0.113.10",
        "locale": "de-DE",
    });
    let address = json!({ "street": "Tannenweg", "house_number": "4", "house_number_addition": null,
                          "postal_code": "77716", "city": "Haslach im Kinzigtal", "country": "DE" });
    let order = json!({ "provider": provider, "reference": reference, "buyer": buyer, "billing_address": address,
                        "payment_terms_days": 30, "metadata": { "cart": "c-77" } });
    with(chairs(), order)
}

/// Two chairs and their delivery.
fn chairs() -> Value {
    json!({
        "description": "Two chairs",
        "currency": "EUR",
        "amount": 12_600,
        "flow": "redirect",
        "capture": "manual",
        "lines": [
            { "reference": "CHAIR", "name": "Chair", "kind": "goods", "quantity": 2, "unit_price": 6_050, "tax_rate": "21" },
            { "reference": "SHIP", "name": "Delivery", "kind": "shipping", "quantity": 1, "unit_price": 500, "tax_rate": "21" },
        ],
        "shipping_address": null,
        "return_url": "https://shop.example/return",
        "options": {},
    })
}

fn with(mut order: Value, fields: Value) -> Value {
    if let (Some(order), Value::Object(fields)) = (order.as_object_mut(), fields) {
        order.extend(fields);
    }
    order
}
