//! The part of DynamoDB's expression language that the store uses. Anything else stops the simulation by name.

use serde_json::{Map, Value};

/// An item as DynamoDB writes it in JSON.
pub(crate) type Item = Map<String, Value>;

/// The names and values that an expression refers to.
pub(crate) struct Terms<'a> {
    pub(crate) names: Option<&'a Value>,
    pub(crate) values: Option<&'a Value>,
}

impl Terms<'_> {
    fn name<'n>(&'n self, word: &'n str) -> &'n str {
        let replaced = || self.names?.get(word)?.as_str();
        if word.starts_with('#') { replaced().unwrap_or(word) } else { word }
    }

    fn value<'v>(&'v self, word: &str, item: &'v Item) -> Option<&'v Value> {
        if word.starts_with(':') { self.values?.get(word) } else { item.get(self.name(word)) }
    }
}

/// Whether a condition holds of an item; an item that is not there is empty.
pub(crate) fn holds(expression: &str, terms: &Terms<'_>, item: &Item) -> bool {
    let between = expression.replace(" AND :upper", " & :upper");
    between.split(" OR ").any(|any| any.split(" AND ").all(|one| holds_one(one.trim(), terms, item)))
}

fn holds_one(condition: &str, terms: &Terms<'_>, item: &Item) -> bool {
    if let Some(path) = call(condition, "attribute_not_exists") {
        return !item.contains_key(terms.name(path));
    }
    if let Some(path) = call(condition, "attribute_exists") {
        return item.contains_key(terms.name(path));
    }
    let words: Vec<&str> = condition.split_whitespace().collect();
    let compared = |left: &str, right: &str| compare(terms.value(left, item), terms.value(right, item));
    match words.as_slice() {
        [left, "=", right] => compared(left, right).is_some_and(|order| order.is_eq()),
        [left, "<>", right] => compared(left, right).is_none_or(|order| order.is_ne()),
        [left, "<=", right] => compared(left, right).is_some_and(|order| order.is_le()),
        [left, "<", right] => compared(left, right).is_some_and(|order| order.is_lt()),
        [left, ">=", right] => compared(left, right).is_some_and(|order| order.is_ge()),
        [left, ">", right] => compared(left, right).is_some_and(|order| order.is_gt()),
        [left, "BETWEEN", low, "&", high] => {
            compared(left, low).is_some_and(|order| order.is_ge())
                && compared(left, high).is_some_and(|order| order.is_le())
        }
        _ => unknown(condition),
    }
}

#[allow(clippy::panic)]
fn unknown(expression: &str) -> ! {
    panic!("the simulated table does not know this expression: {expression}")
}

fn call<'a>(condition: &'a str, function: &str) -> Option<&'a str> {
    condition.strip_prefix(function)?.strip_prefix('(')?.strip_suffix(')')
}

fn compare(left: Option<&Value>, right: Option<&Value>) -> Option<std::cmp::Ordering> {
    let (left, right) = (left?, right?);
    let text = |value: &'_ Value| value.get("S").and_then(Value::as_str).map(str::to_owned);
    let number = |value: &'_ Value| value.get("N").and_then(Value::as_str).and_then(|n| n.parse::<i64>().ok());
    match (text(left), text(right), number(left), number(right)) {
        (Some(left), Some(right), ..) => Some(left.cmp(&right)),
        (_, _, Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => None,
    }
}

/// Applies `SET a = :b, c = :d` to an item.
pub(crate) fn update(expression: &str, terms: &Terms<'_>, item: &mut Item) {
    let Some(assignments) = expression.strip_prefix("SET ") else { unknown(expression) };
    for assignment in assignments.split(", ") {
        let Some((path, word)) = assignment.split_once(" = ") else { unknown(expression) };
        let Some(value) = terms.value(word, item).cloned() else { unknown(expression) };
        item.insert(terms.name(path).to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item() -> Item {
        let item = json!({ "PK": { "S": "PAY#1" }, "version": { "N": "7" }, "state": { "S": "applied" } });
        item.as_object().cloned().unwrap_or_default()
    }

    fn check(expression: &str, item: &Item) -> bool {
        let names = json!({ "#state": "state" });
        let values = json!({ ":read": { "N": "7" }, ":applied": { "S": "applied" }, ":lower": { "S": "PAY#0" }, ":upper": { "S": "PAY#2" } });
        holds(expression, &Terms { names: Some(&names), values: Some(&values) }, item)
    }

    #[test]
    fn what_the_store_says_is_understood() {
        assert!(check("version = :read", &item()));
        assert!(!check("version = :read", &Item::new()));
        assert!(check("attribute_not_exists(PK)", &Item::new()));
        assert!(!check("attribute_not_exists(PK)", &item()));
        assert!(!check("attribute_not_exists(PK) OR #state <> :applied", &item()));
        assert!(check("attribute_not_exists(PK) OR #state <> :applied", &Item::new()));
        assert!(check("PK BETWEEN :lower AND :upper", &item()));
        assert!(check("attribute_exists(PK) AND version <= :read", &item()));
    }

    #[test]
    #[should_panic(expected = "does not know this expression: size(PK) IN :read")]
    fn anything_else_stops_by_name() {
        check("size(PK) IN :read", &item());
    }
}
