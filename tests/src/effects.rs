//! What a provider did, read in its books.

use serde_json::Value;

/// Success in the books of a provider that counts transactions.
const DONE: i64 = 190;

/// Holds that nothing in a provider's books stands there twice: no order of one reference, and no movement of one name.
///
/// # Panics
/// Names what was done twice.
#[track_caller]
pub fn nothing_twice(books: &Value) {
    let list = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
    let named = |kind: &str, of: &Value| Some(format!("{kind} {}", of["reference"].as_str()?));
    let declined = |order: &&Value| order["authorized"] != 0;
    let mut effects: Vec<String> =
        list(books, "orders").iter().filter(declined).filter_map(|order| named("order", order)).collect();
    for invoice in list(books, "invoices") {
        effects.extend(named("capture", &invoice));
        effects.extend(list(&invoice, "credit_notes").iter().filter_map(|credit| named("refund", credit)));
    }
    effects.extend(list(books, "captures").iter().filter_map(|capture| named("capture", capture)));
    for one in list(books, "transactions").iter().filter(|one| one["status"] == DONE) {
        // A refund that has the order's own invoice has no name.
        let words = ["action", "invoice", "amount"].map(|name| one[name].to_string());
        effects.push(words.join(" "));
    }
    effects.sort();
    let twice = effects.windows(2).find(|pair| pair[0] == pair[1]);
    assert!(twice.is_none(), "was done twice: {twice:?} in {books:#}");
}
