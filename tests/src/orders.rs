//! Valid orders, and how to change one thing in them.

use ::sandbox::{StandIn, stand_in};
use payment::BuyerKind;
use serde_json::{Value, json};

/// The body of `POST /v1/payments`.
#[derive(Debug, Clone, PartialEq)]
pub struct Order(Value);

impl Order {
    /// A valid order at this provider.
    #[must_use]
    pub fn at(provider: &str) -> Self {
        Self((known(provider).order)())
    }

    /// A company in Germany that buys two chairs for 126.00; the provider captures and refunds in parts.
    #[must_use]
    pub fn billie_pad() -> Self {
        Self::at("billie_pad")
    }

    /// The same company without a buyer at the provider: authorized by the first call.
    #[must_use]
    pub fn billie_pad_at_once() -> Self {
        Self::billie_pad().with("/flow", "direct")
    }

    /// A consumer in the Netherlands who buys two chairs for 126.00; the provider captures in full and refunds in parts.
    #[must_use]
    pub fn buckaroo_billink() -> Self {
        Self::at("buckaroo_billink")
    }

    /// The same of a buyer of this kind; the company is Dutch where the order had none.
    #[must_use]
    pub fn of_buyer(self, kind: BuyerKind) -> Self {
        let order = self.with("/buyer/kind", json!(kind));
        if kind == BuyerKind::Person || order.json().pointer("/buyer/company").is_some() {
            return order;
        }
        let company = json!({ "name": "Stoelen & Zonen B.V.", "registration_number": "30280353", "vat_number": "NL001234567B01" });
        order.with("/buyer/company", company)
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

fn known(provider: &str) -> &'static StandIn {
    stand_in(provider).unwrap_or_else(|| panic!("{provider} has no stand-in"))
}

/// What the shop's page hands to this provider's widget about its valid order.
#[must_use]
pub fn in_widget(provider: &str) -> Value {
    let widget = known(provider).widget;
    widget.unwrap_or_else(|| panic!("nobody says what is handed to the widget of {provider}"))(true)
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
