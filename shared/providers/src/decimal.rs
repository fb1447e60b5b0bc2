//! Exact decimals on a JSON wire: no floating point on the way in or out.

use std::str::FromStr;

use payment::{Amount, Currency, MoneyError};
use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A decimal that is written as a JSON number with exactly the places that it has (`10.50`), and read from a number
/// or a text without ever being a float.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonDecimal(pub Decimal);

impl JsonDecimal {
    /// An amount in units of its currency, with the currency's decimal places.
    #[must_use]
    pub fn of(amount: Amount, currency: Currency) -> Self {
        Self(amount.to_decimal(currency))
    }

    /// The amount in minor units.
    ///
    /// # Errors
    /// When it is negative, too large, or more precise than the currency.
    pub fn amount(self, currency: Currency) -> Result<Amount, MoneyError> {
        Amount::from_decimal(self.0, currency)
    }
}

impl FromStr for JsonDecimal {
    type Err = rust_decimal::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).map(Self)
    }
}

impl Serialize for JsonDecimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.to_string()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for JsonDecimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        raw.get().trim_matches('"').parse().map_err(|_| D::Error::custom("expected a decimal number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_read_from_number_or_text_and_written_as_a_number() {
        for text in ["10.50", "\"10.50\"", "1.05e1"] {
            let value: JsonDecimal = serde_json::from_str(text).unwrap();
            assert_eq!(value.amount(Currency::EUR), Amount::new(1050), "{text}");
        }
        assert_eq!(
            serde_json::to_string(&JsonDecimal::of(Amount::new(1050).unwrap(), Currency::EUR)).unwrap(),
            "10.50"
        );
        assert!(serde_json::from_str::<JsonDecimal>("true").is_err());
    }
}
