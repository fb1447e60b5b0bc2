//! What a shop's page hands to Billie's widget.

use serde_json::{Value, json};

/// The order of two chairs in Billie's words, with the amounts of all of it and of the chairs; the test data has it that
/// the second buyer is refused.
pub(crate) fn order_data(accepted: bool, whole: Value, chairs: Value) -> Value {
    let email = if accepted { "uno@example.com" } else { "uno+decline+limit@example.com" };
    json!({ "billie_order_data": {
        "amount": whole,
        "duration": 30,
        "debtor_company": {
            "merchant_customer_id": "customer-4711", "name": "Zeta Electronics Gold GmbH", "legal_form": "10001",
            "registration_number": "HRB 934855", "address_street": "Tannenweg", "address_house_number": "4",
            "address_postal_code": "77716", "address_city": "Haslach im Kinzigtal", "address_country": "DE",
        },
        "debtor_person": { "email": email },
        "delivery_address": { "street": "Tannenweg", "house_number": "4", "postal_code": "77716",
                              "city": "Haslach im Kinzigtal", "country": "DE" },
        "line_items": [{ "external_id": "CHAIR", "title": "Chair", "quantity": 2, "amount": chairs }],
    } })
}
