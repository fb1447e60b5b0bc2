//! The part of DynamoDB's expression language that the store uses. Anything else stops the simulation by name.

use std::collections::{BTreeMap, HashMap};

use serde_dynamo::AttributeValue;

/// The attributes of an item.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// A text that an item has.
pub(crate) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    if let AttributeValue::S(text) = item.get(name)? { Some(text) } else { None }
}

/// The names and values that an expression refers to.
pub(crate) struct Terms<'a> {
    pub(crate) names: &'a BTreeMap<String, String>,
    pub(crate) values: &'a Item,
}

impl Terms<'_> {
    fn name<'n>(&'n self, word: &'n str) -> &'n str {
        if word.starts_with('#') { self.names.get(word).map_or(word, String::as_str) } else { word }
    }

    fn value<'v>(&'v self, word: &str, item: &'v Item) -> Option<&'v AttributeValue> {
        if word.starts_with(':') { self.values.get(word) } else { item.get(self.name(word)) }
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

fn compare(left: Option<&AttributeValue>, right: Option<&AttributeValue>) -> Option<std::cmp::Ordering> {
    let number = |text: &String| text.parse::<i64>().ok();
    match (left?, right?) {
        (AttributeValue::S(left), AttributeValue::S(right)) => Some(left.cmp(right)),
        (AttributeValue::N(left), AttributeValue::N(right)) => Some(number(left)?.cmp(&number(right)?)),
        _ => None,
    }
}

/// What `SET a = :b, c = if_not_exists(c, :d)` makes of an item.
pub(crate) fn update(expression: &str, terms: &Terms<'_>, item: &Item) -> BTreeMap<String, AttributeValue> {
    let Some(assignments) = expression.strip_prefix("SET ") else { unknown(expression) };
    let mut changed = BTreeMap::new();
    // A comma within a call does not end an assignment.
    for assignment in assignments.replace(", :", " :").split(", ") {
        let Some((path, mut word)) = assignment.split_once(" = ") else { unknown(expression) };
        let path = terms.name(path.trim());
        if let Some(other) = call(word, "if_not_exists").and_then(|inner| inner.split_once(' ')) {
            if item.contains_key(terms.name(other.0)) {
                continue;
            }
            word = other.1;
        }
        let Some(value) = terms.value(word, item) else { unknown(expression) };
        changed.insert(path.to_owned(), value.clone());
    }
    changed
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item() -> Item {
        let item = json!({ "PK": { "S": "PAY#1" }, "version": { "N": "7" }, "state": { "S": "applied" }, "lines": { "L": [] } });
        serde_json::from_value(item).unwrap_or_default()
    }

    fn terms() -> (BTreeMap<String, String>, Item) {
        let values = json!({ ":read": { "N": "7" }, ":applied": { "S": "applied" }, ":lower": { "S": "PAY#0" }, ":upper": { "S": "PAY#2" } });
        let names =
            BTreeMap::from([("#state".to_owned(), "state".to_owned()), ("#upto".to_owned(), "upto".to_owned())]);
        (names, serde_json::from_value(values).unwrap_or_default())
    }

    fn check(expression: &str, item: &Item) -> bool {
        let (names, values) = terms();
        holds(expression, &Terms { names: &names, values: &values }, item)
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
    fn what_is_set_is_set_unless_it_is_there() {
        let (names, values) = terms();
        let set = |expression| update(expression, &Terms { names: &names, values: &values }, &item());
        let changed =
            set("SET #upto = if_not_exists(#upto, :read), #state = if_not_exists(#state, :lower), x = :lower");
        assert_eq!(changed.keys().collect::<Vec<_>>(), ["upto", "x"]);
        assert_eq!(changed["upto"], AttributeValue::N("7".to_owned()));
    }

    #[test]
    #[should_panic(expected = "does not know this expression: size(PK) IN :read")]
    fn anything_else_stops_by_name() {
        check("size(PK) IN :read", &item());
    }
}
