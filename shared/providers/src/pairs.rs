//! JSON objects as they came.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

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
