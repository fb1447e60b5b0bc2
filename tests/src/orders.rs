//! Valid orders, and how to change one thing in them.

use serde_json::{Value, json};

/// The body of `POST /v1/payments`.
#[derive(Debug, Clone, PartialEq)]
pub struct Order(Value);

impl Order {
    /// A company in Germany that buys two chairs for 126.00; the provider captures and refunds in parts.
    #[must_use]
    pub fn billie_pad() -> Self {
        Self(json!({
            "provider": "billie_pad",
            "reference": "ORD-1001",
            "description": "Two chairs",
            "currency": "EUR",
            "amount": 12_600,
            "flow": "redirect",
            "capture": "manual",
            "lines": lines(),
            "buyer": {
                "kind": "business",
                "reference": "customer-4711",
                "person": { "first_name": "Uno", "last_name": "Eins", "initials": "U", "salutation": "unknown",
                            "birth_date": "1990-01-31", "email": "uno@example.com", "phone": "+4930120111111" },
                "company": { "name": "Zeta Electronics Gold GmbH", "legal_form": "10001", "registration_number": "HRB 934855",
                             "registration_court": null, "vat_number": "DE812345678", "tax_number": null },
                "ip_address": "203.0.113.10",
                "locale": "de-DE",
            },
            "billing_address": { "street": "Tannenweg", "house_number": "4", "house_number_addition": null,
                                 "postal_code": "77716", "city": "Haslach im Kinzigtal", "country": "DE" },
            "shipping_address": null,
            "return_url": "https://shop.example/return",
            "payment_terms_days": 30,
            "metadata": { "cart": "c-77" },
            "options": {},
        }))
    }

    /// The same company without a buyer at the provider: authorized by the first call.
    #[must_use]
    pub fn billie_pad_at_once() -> Self {
        Self::billie_pad().with("/flow", "direct")
    }

    /// A consumer in the Netherlands who buys two chairs for 126.00; the provider captures in full and refunds in parts.
    #[must_use]
    pub fn buckaroo_billink() -> Self {
        Self(json!({
            "provider": "buckaroo_billink",
            "reference": "ORD-2001",
            "description": "Two chairs",
            "currency": "EUR",
            "amount": 12_600,
            "flow": "redirect",
            "capture": "manual",
            "lines": lines(),
            "buyer": {
                "kind": "person",
                "person": { "first_name": "Jan", "last_name": "de Vries", "initials": "J", "salutation": "male",
                            "birth_date": "1985-04-12", "email": "jan@example.com", "phone": "+31612345678" },
                "ip_address": "203.0.113.11",
                "locale": "nl-NL",
            },
            "billing_address": { "street": "Hoofdstraat", "house_number": "90", "house_number_addition": "A",
                                 "postal_code": "8441EE", "city": "Heerenveen", "country": "NL" },
            "shipping_address": null,
            "return_url": "https://shop.example/return",
            "metadata": {},
            "options": {},
        }))
    }

    /// The company of [`Order::billie_pad`] at Billie's API for payment service providers.
    #[must_use]
    pub fn billie_psp() -> Self {
        Self::billie_pad().with("/provider", "billie_psp").with("/reference", "ORD-3001")
    }

    /// A consumer in the Netherlands at Billink's page.
    #[must_use]
    pub fn billink() -> Self {
        Self::buckaroo_billink().with("/provider", "billink").with("/reference", "ORD-4001")
    }

    /// A consumer in the Netherlands whose credit Billink checks without a page.
    #[must_use]
    pub fn billink_v1() -> Self {
        let order = Self::buckaroo_billink().with("/provider", "billink_v1").with("/reference", "ORD-5001");
        order.with("/flow", "direct")
    }

    /// A sale by card at BillAgain's page.
    #[must_use]
    pub fn billagain() -> Self {
        let order = Self::buckaroo_billink().with("/provider", "billagain").with("/reference", "ORD-6001");
        let options = json!({ "customer_id": 200, "method": "credit_card" });
        order.with("/currency", "ZAR").with("/capture", "automatic").with("/options", options)
    }

    /// A valid order at this provider.
    #[must_use]
    pub fn at(provider: &str) -> Self {
        match provider {
            "billie_pad" => Self::billie_pad(),
            "billie_psp" => Self::billie_psp(),
            "buckaroo_billink" => Self::buckaroo_billink(),
            "billink" => Self::billink(),
            "billink_v1" => Self::billink_v1(),
            "billagain" => Self::billagain(),
            _ => panic!("no order is known that {provider} takes"),
        }
    }

    /// With another value at this JSON pointer; the object around it must be there.
    #[must_use]
    pub fn with(mut self, pointer: &str, value: impl Into<Value>) -> Self {
        set(&mut self.0, pointer, value.into());
        self
    }

    /// Without the field at this JSON pointer.
    #[must_use]
    pub fn without(mut self, pointer: &str) -> Self {
        remove(&mut self.0, pointer);
        self
    }

    /// With one line of this price, so that the order is about this amount of minor units.
    #[must_use]
    pub fn of_amount(self, minor: i64) -> Self {
        let line = json!({ "reference": "SKU-1", "name": "Chair", "kind": "goods", "quantity": 1, "unit_price": minor, "tax_rate": "21" });
        self.with("/lines", json!([line])).with("/amount", minor)
    }

    /// The document.
    #[must_use]
    pub const fn json(&self) -> &Value {
        &self.0
    }
}

/// Two chairs and their delivery: 126.00.
fn lines() -> Value {
    json!([
        { "reference": "CHAIR", "name": "Chair", "kind": "goods", "quantity": 2, "unit_price": 6_050, "tax_rate": "21" },
        { "reference": "SHIP", "name": "Delivery", "kind": "shipping", "quantity": 1, "unit_price": 500, "tax_rate": "21" },
    ])
}

/// A capture of all that is left, as `billie_pad` wants it: with an invoice, whose number nobody used before.
#[must_use]
pub fn capture() -> Value {
    let number = new_word("INV");
    json!({ "invoice": { "number": number, "url": format!("https://shop.example/invoices/{number}.pdf") } })
}

/// A word that nobody used before, for keys and numbers that must be unique at a site that others use too.
#[must_use]
pub fn new_word(kind: &str) -> String {
    format!("{kind}-{}", uuid::Uuid::new_v4().simple())
}

/// Puts a value at a JSON pointer; the object or array around it must be there.
#[track_caller]
pub fn set(document: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap_or_else(|| panic!("{pointer:?} is no place in a document"));
    let name = name.replace("~1", "/").replace("~0", "~");
    match document.pointer_mut(parent) {
        Some(Value::Object(fields)) => _ = fields.insert(name, value),
        Some(Value::Array(items)) => items[name.parse::<usize>().unwrap()] = value,
        _ => panic!("there is nothing at {parent}"),
    }
}

/// Removes what is at a JSON pointer.
#[track_caller]
pub fn remove(document: &mut Value, pointer: &str) {
    let (parent, name) = pointer.rsplit_once('/').unwrap_or_else(|| panic!("{pointer:?} is no place in a document"));
    match document.pointer_mut(parent) {
        Some(Value::Object(fields)) => _ = fields.remove(name),
        Some(Value::Array(items)) => _ = items.remove(name.parse().unwrap()),
        _ => panic!("there is nothing at {parent}"),
    }
}
