//! A JSON tree that keeps every number as it was written, so that money never passes through a float.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Deeper documents than this are refused.
const MAX_DEPTH: usize = 32;

/// One JSON value; numbers are their literal text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Map(Vec<(String, Json)>),
}

/// Builds a [`Json::Map`] in the order written.
macro_rules! map {
    ($($key:literal : $value:expr),* $(,)?) => {
        $crate::json::Json::Map(vec![$(($key.to_owned(), $crate::json::Json::from($value))),*])
    };
}
pub(crate) use map;

impl Json {
    /// Parses a document; `None` for anything that is not JSON, is too deep, or names a key twice.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        Self::read(text.trim(), 0)
    }

    fn read(text: &str, depth: usize) -> Option<Self> {
        if depth > MAX_DEPTH {
            return None;
        }
        match text.as_bytes().first()? {
            b'{' => {
                let pairs: Pairs = serde_json::from_str(text).ok()?;
                let read = |(key, value): (String, Box<RawValue>)| Some((key, Self::read(value.get(), depth + 1)?));
                let pairs = pairs.0.into_iter().map(read).collect::<Option<Vec<_>>>()?;
                let unique = pairs.iter().enumerate().all(|(n, (key, _))| !pairs.iter().take(n).any(|(k, _)| k == key));
                unique.then_some(Self::Map(pairs))
            }
            b'[' => {
                let items: Vec<Box<RawValue>> = serde_json::from_str(text).ok()?;
                items.iter().map(|item| Self::read(item.get(), depth + 1)).collect::<Option<Vec<_>>>().map(Self::List)
            }
            b'"' => serde_json::from_str(text).ok().map(Self::Text),
            b't' | b'f' => serde_json::from_str(text).ok().map(Self::Bool),
            b'n' => serde_json::from_str::<()>(text).ok().map(|()| Self::Null),
            _ => serde_json::from_str::<&RawValue>(text).ok().map(|raw| Self::Number(raw.get().to_owned())),
        }
    }

    /// The member of this exact name.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.pairs().iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The member of this name in any spelling of its case; a null counts as absent.
    pub(crate) fn find(&self, name: &str) -> Option<&Self> {
        let found = self.pairs().iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value).filter(|value| **value != Self::Null)
    }

    /// The member of this exact name, to change it.
    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Self> {
        match self {
            Self::Map(pairs) => pairs.iter_mut().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The members of an object, none for anything else.
    pub(crate) fn pairs(&self) -> &[(String, Self)] {
        if let Self::Map(pairs) = self { pairs } else { &[] }
    }

    /// The items of an array, none for anything else.
    pub(crate) fn items(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { &[] }
    }

    /// The text of a string.
    pub(crate) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The text of a string member.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name)?.text()
    }

    /// A whole number member.
    pub(crate) fn whole_of(&self, name: &str) -> Option<i64> {
        if let Self::Number(literal) = self.get(name)? { literal.parse().ok() } else { None }
    }

    /// Whether it says the same: members in any order, and a null for one that is missing.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        let within = |one: &Self, other: &Self| {
            let there = |(key, value): &(String, Self)| other.get(key).unwrap_or(&Self::Null).says_the_same(value);
            one.pairs().iter().all(there)
        };
        match (self, other) {
            (Self::Map(_), Self::Map(_)) => within(self, other) && within(other, self),
            (Self::List(one), Self::List(two)) => {
                one.len() == two.len() && one.iter().zip(two).all(|(one, two)| one.says_the_same(two))
            }
            _ => self == other,
        }
    }

    /// Appends a member.
    pub(crate) fn with(self, name: &str, value: impl Into<Self>) -> Self {
        match self {
            Self::Map(mut pairs) => {
                pairs.push((name.to_owned(), value.into()));
                Self::Map(pairs)
            }
            other => other,
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => out.write_str("null"),
            Self::Bool(value) => write!(out, "{value}"),
            Self::Number(literal) => out.write_str(literal),
            Self::Text(text) => out.write_str(&quoted(text)),
            Self::List(items) => {
                out.write_str("[")?;
                for (n, item) in items.iter().enumerate() {
                    write!(out, "{}{item}", if n == 0 { "" } else { "," })?;
                }
                out.write_str("]")
            }
            Self::Map(pairs) => {
                out.write_str("{")?;
                for (n, (key, value)) in pairs.iter().enumerate() {
                    write!(out, "{}{}:{value}", if n == 0 { "" } else { "," }, quoted(key))?;
                }
                out.write_str("}")
            }
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Json {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Json {
    fn from(value: i64) -> Self {
        Self::Number(value.to_string())
    }
}

impl From<u16> for Json {
    fn from(value: u16) -> Self {
        Self::Number(value.to_string())
    }
}

impl From<usize> for Json {
    fn from(value: usize) -> Self {
        Self::Number(value.to_string())
    }
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Json>> From<Vec<T>> for Json {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

/// The members of an object as they stand in the document.
struct Pairs(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Pairs;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = members.next_entry::<String, Box<RawValue>>()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_as_they_were_written() {
        let text = r#"{"a":10.00,"b":[1,"x",null,true],"c":{"d":-0.10}}"#;
        assert_eq!(Json::parse(text.as_bytes()).unwrap().to_string(), text);
    }

    #[test]
    fn the_same_can_be_said_in_another_order_and_without_nulls() {
        let of = |text: &str| Json::parse(text.as_bytes()).unwrap();
        let one = of(r#"{"a":[{"b":1,"c":null}],"d":"x"}"#);
        assert!(one.says_the_same(&of(r#"{"d":"x","a":[{"b":1}],"e":null}"#)));
        for other in
            [r#"{"a":[{"b":2}],"d":"x"}"#, r#"{"a":[{"b":1}]}"#, r#"{"a":[],"d":"x"}"#, r#"{"a":{"b":1},"d":"x"}"#]
        {
            assert!(!one.says_the_same(&of(other)) && !of(other).says_the_same(&one), "{other}");
        }
    }

    #[test]
    fn a_key_given_twice_is_not_json_for_us() {
        assert_eq!(Json::parse(br#"{"a":1,"a":2}"#), None);
    }
}
