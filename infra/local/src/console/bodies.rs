//! What the console's forms are filled with: valid bodies, to be changed by hand.

use serde_json::{Value, json};
use uuid::Uuid;

/// Something that may be asked of a payment.
pub(super) struct Ask {
    /// What people call it.
    pub(super) name: String,
    /// The end of its address.
    pub(super) path: String,
    pub(super) body: Value,
}

/// An order that the demo account at this provider takes, whose buyer comes back to this address.
pub(super) fn order(provider: &str, back: &str) -> Option<Value> {
    let mut order = (sandbox::stand_in(provider)?.order)();
    put(&mut order, "reference", json!(new_word("ORD")));
    put(&mut order, "return_url", json!(back));
    Some(order)
}

/// A word that nobody used before.
pub(super) fn new_word(kind: &str) -> String {
    let mut word = Uuid::new_v4().simple().to_string();
    word.truncate(12);
    format!("{kind}-{word}")
}

/// Everything that may be asked of a payment now, and a person's word on what needs one.
pub(super) fn asks(payment: &Value, capabilities: &Value) -> Vec<Ask> {
    let list = |name: &str| payment.get(name).and_then(Value::as_array).into_iter().flatten();
    let allowed = list("allowed_actions").filter_map(|allowed| {
        let action = allowed.get("action")?.as_str()?;
        let most = allowed.get("max_amount").cloned().unwrap_or_default();
        Some(of_action(action, most, &required(payment, capabilities, action)))
    });
    let unsettled = list("operations").filter(|operation| operation.get("status") == Some(&json!("needs_operator")));
    let words = unsettled.filter_map(|operation| {
        let (id, kind) = (operation.get("id")?.as_str()?, operation.get("kind")?.as_str()?);
        let body =
            json!({ "outcome": "succeeded", "reason": "Seen in the provider's portal", "provider_reference": null });
        Some(Ask { name: format!("resolve {kind} {id}"), path: format!("operations/{id}/resolve"), body })
    });
    allowed.chain(words).collect()
}

fn of_action(action: &str, most: Value, required: &[String]) -> Ask {
    let (path, mut body) = match action {
        "capture" => ("captures".to_owned(), json!({})),
        "refund" => ("refunds".to_owned(), json!({ "reason": "One chair was damaged" })),
        "confirm" | "cancel" => (action.to_owned(), json!({})),
        "message" => ("orders/message".to_owned(), json!({ "text": "One chair follows" })),
        "hold" => ("orders/hold".to_owned(), json!({ "days": 7 })),
        other => (format!("orders/{}", other.replace('_', "-")), json!({})),
    };
    if !most.is_null() {
        put(&mut body, "amount", most);
    }
    for pointer in required {
        if body.pointer(pointer).is_none() {
            require(&mut body, pointer);
        }
    }
    Ask { name: action.replace('_', " "), path, body }
}

/// The fields that the payment's provider wants of this action.
fn required(payment: &Value, capabilities: &Value, action: &str) -> Vec<String> {
    let of = |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let provider = of(capabilities, "data").into_iter().find(|known| known.get("provider") == payment.get("provider"));
    let operations = provider.map(|provider| of(&provider, "operations")).unwrap_or_default();
    let operation = operations.into_iter().find(|operation| operation.get("kind") == Some(&json!(action)));
    let fields = operation.map(|operation| of(&operation, "requires")).unwrap_or_default();
    fields.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Fills a required field: an address where its name says so, else a new word.
fn require(body: &mut Value, pointer: &str) {
    let mut at = body;
    let mut names = pointer.split('/').skip(1).peekable();
    while let Some(name) = names.next() {
        let value = match (names.peek(), name) {
            (Some(_), _) => at.get(name).cloned().unwrap_or_else(|| json!({})),
            (None, "url") => json!(format!("https://shop.example/{}", new_word("DOC"))),
            (None, _) => json!(new_word("NR")),
        };
        put(at, name, value);
        match at.get_mut(name) {
            Some(next) => at = next,
            None => return,
        }
    }
}

fn put(document: &mut Value, name: &str, value: Value) {
    if let Some(fields) = document.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
}
