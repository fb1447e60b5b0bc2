//! JSON objects to the letter: as they came, and as they are sent.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::{Error as _, SerializeMap as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

/// An object to be sent: its fields in the order in which they are given, their numbers exact, and without those that
/// are null.
#[derive(Default)]
pub(crate) struct Body(Vec<(String, Option<Box<RawValue>>)>);

impl Body {
    /// The object with this field after the others.
    pub(crate) fn with(mut self, name: &str, value: impl Serialize) -> Self {
        let value = to_raw_value(&value).ok();
        if value.as_ref().is_none_or(|value| value.get() != "null") {
            self.0.push((name.to_owned(), value));
        }
        self
    }
}

impl Serialize for Body {
    /// Fails where a field cannot be written: nothing is sent without it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            let value = value.as_ref().ok_or_else(|| S::Error::custom("a field cannot be written"))?;
            object.serialize_entry(name, value)?;
        }
        object.end()
    }
}

/// An object's names with their values to the letter, in their order; a name may stand in it twice.
pub(crate) struct Pairs(pub(crate) Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

/// Whether a name stands twice in an object, at any depth: of such a text two readers can read two things.
pub(crate) fn is_ambiguous(text: &RawValue) -> bool {
    if let Ok(Pairs(pairs)) = serde_json::from_str(text.get()) {
        let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.windows(2).any(|two| two.first() == two.last()) || pairs.iter().any(|(_, value)| is_ambiguous(value))
    } else {
        let items: Vec<Box<RawValue>> = serde_json::from_str(text.get()).unwrap_or_default();
        items.iter().any(|item| is_ambiguous(item))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::JsonDecimal;

    #[test]
    fn a_body_keeps_its_order_and_its_numbers_and_has_no_nulls() {
        let amount: JsonDecimal = "10.50".parse().unwrap();
        let inner = Body::default().with("b", amount).with("none", None::<u8>).with("a", "text");
        let body = Body::default().with("z", inner).with("c", ["x"]);
        assert_eq!(serde_json::to_string(&body).unwrap(), r#"{"z":{"b":10.50,"a":"text"},"c":["x"]}"#);
    }

    #[test]
    fn a_body_with_a_field_that_cannot_be_written_cannot_be_either() {
        let unwritable = || BTreeMap::from([([0_u8], 1_u8)]);
        let body = Body::default().with("good", 1).with("bad", unwritable());
        assert!(serde_json::to_string(&body).is_err());
        assert!(serde_json::to_string(&Body::default().with("inside", body)).is_err());
    }
}
