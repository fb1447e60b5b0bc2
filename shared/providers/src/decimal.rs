//! Exact decimals on a JSON wire: no floating point on the way in or out.

use std::str::FromStr;

use payment::{Amount, Currency, MoneyError};
use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// More characters than any decimal needs that fits.
const LONGEST: usize = 40;

/// A decimal that is written as a JSON number with exactly the places that it has (`10.50`), and read from a number
/// or a text without ever being a float, or rounded.
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
        // The library's own reader takes underscores, and goes one call deeper with each of them.
        let number = |raw: &RawValue| raw.get() == text && text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        if text.len() > LONGEST || !serde_json::from_str(text).is_ok_and(number) {
            return Err("not a decimal number".into());
        }
        let Some((digits, _)) = text.split_once(['e', 'E']) else { return Decimal::from_str_exact(text).map(Self) };
        // Of these it would round what it has no room for.
        Decimal::from_str_exact(digits)?;
        Decimal::from_scientific(text).map(Self)
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

    #[test]
    fn a_decimal_is_never_rounded_to_an_amount() {
        let nearly = format!("0.2{}", "9".repeat(35));
        for text in [nearly.clone(), format!("{nearly}e0"), format!("{nearly}E+2"), "0.2999e1".to_owned()] {
            let amount =
                serde_json::from_str::<JsonDecimal>(&text).ok().and_then(|read| read.amount(Currency::EUR).ok());
            assert_eq!(amount, None, "{text}");
        }
        for text in ["0.29e0", "2.9e-1", "0.000000000000000000029e19"] {
            let value: JsonDecimal = serde_json::from_str(text).unwrap();
            assert_eq!(value.amount(Currency::EUR), Amount::new(29), "{text}");
        }
    }

    #[test]
    fn what_json_would_not_call_a_number_is_none_as_text_either() {
        let (long, deep) = (format!("{}1", "0".repeat(1 << 20)), format!("1{}", "_".repeat(1 << 20)));
        for text in [
            "",
            "-",
            "1_0.50",
            "+1",
            ".5",
            "1e",
            "1e1e1",
            "1e-+1",
            "010",
            "1.",
            "1e1000000000",
            "1e-1000000000",
            "NaN",
            " 1",
            &long,
            &deep,
        ] {
            assert!(text.parse::<JsonDecimal>().is_err(), "{}", text.get(..20).unwrap_or(text));
        }
    }
}
