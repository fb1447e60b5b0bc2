//! The part of DynamoDB's expression language that the store uses. Anything else stops the simulation by name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An attribute as DynamoDB writes it in JSON: a text, a number or bytes. Lists and maps are in no expression, and are
/// passed over: an item is read at every exchange.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) struct Attribute {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) s: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) n: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) b: Option<String>,
}

/// The attributes of an item.
pub(crate) type Item = BTreeMap<String, Attribute>;

/// The names and values that an expression refers to.
pub(crate) struct Terms<'a> {
    pub(crate) names: &'a BTreeMap<String, String>,
    pub(crate) values: &'a Item,
}

impl Terms<'_> {
    fn name<'n>(&'n self, word: &'n str) -> &'n str {
        if word.starts_with('#') { self.names.get(word).map_or(word, String::as_str) } else { word }
    }

    fn value<'v>(&'v self, word: &str, item: &'v Item) -> Option<&'v Attribute> {
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

fn compare(left: Option<&Attribute>, right: Option<&Attribute>) -> Option<std::cmp::Ordering> {
    let (left, right) = (left?, right?);
    if let (Some(left), Some(right)) = (&left.s, &right.s) {
        return Some(left.cmp(right));
    }
    let number = |value: &Attribute| value.n.as_deref().and_then(|n| n.parse::<i64>().ok());
    Some(number(left)?.cmp(&number(right)?))
}

/// What `SET a = :b, c = if_not_exists(c, :d)` makes of an item.
pub(crate) fn update(expression: &str, terms: &Terms<'_>, item: &Item) -> Item {
    let Some(assignments) = expression.strip_prefix("SET ") else { unknown(expression) };
    let mut changed = Item::new();
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
        assert_eq!(changed["upto"].n.as_deref(), Some("7"));
    }

    #[test]
    #[should_panic(expected = "does not know this expression: size(PK) IN :read")]
    fn anything_else_stops_by_name() {
        check("size(PK) IN :read", &item());
    }
}
