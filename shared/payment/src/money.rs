//! Money as integers: minor units of one currency, and exact decimals for a provider's wire.

use std::fmt;

pub use iso_currency::Currency;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The largest amount in minor units (one thousand million euros). Sums of 200 of them stay far inside `i64`.
const LARGEST: i64 = 100_000_000_000;

/// Why a number is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Below zero or above the largest amount.
    #[error("must be a whole number of minor units from 0 to {LARGEST}")]
    OutOfRange,
    /// A decimal with more places than the currency has.
    #[error("has more decimal places than the currency")]
    TooPrecise,
}

/// An amount in minor units (cents for EUR): never negative, at most 100,000,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Amount(i64);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of this many minor units.
    ///
    /// # Errors
    /// When the number is negative or too large.
    pub const fn new(minor: i64) -> Result<Self, MoneyError> {
        if minor < 0 || minor > LARGEST { Err(MoneyError::OutOfRange) } else { Ok(Self(minor)) }
    }

    /// Minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// Whether this is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum, or `None` above the largest amount.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        Self::new(self.0 + other.0).ok()
    }

    /// The difference, or `None` below zero.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        Self::new(self.0 - other.0).ok()
    }

    /// What is left after taking `other`; nothing when `other` is larger.
    #[must_use]
    pub fn left_after(self, other: Self) -> Self {
        Self((self.0 - other.0).max(0))
    }

    /// This many minor units as a decimal in units of the currency: 1050 EUR cents are `10.50`.
    #[must_use]
    pub fn to_decimal(self, currency: Currency) -> Decimal {
        decimal(self.0, currency)
    }

    /// The amount that a decimal in units of the currency stands for.
    ///
    /// # Errors
    /// When it has more places than the currency, is negative or too large.
    pub fn from_decimal(value: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let factor = Decimal::from(10i64.pow(exponent(currency)));
        let minor = value.checked_mul(factor).ok_or(MoneyError::OutOfRange)?;
        if !minor.fract().is_zero() {
            return Err(MoneyError::TooPrecise);
        }
        i64::try_from(minor.trunc()).map_err(|_| MoneyError::OutOfRange).and_then(Self::new)
    }

    /// `self * part / whole`, rounded half up: the share that belongs to `part` of `whole`.
    #[must_use]
    pub fn share(self, part: Self, whole: Self) -> Self {
        if whole.0 == 0 {
            return Self::ZERO;
        }
        let (a, b, c) = (i128::from(self.0), i128::from(part.0), i128::from(whole.0));
        let rounded = (2 * a * b + c) / (2 * c);
        i64::try_from(rounded).ok().and_then(|minor| Self::new(minor).ok()).unwrap_or(Self::ZERO)
    }
}

fn exponent(currency: Currency) -> u32 {
    u32::from(currency.exponent().unwrap_or(0))
}

fn decimal(minor: i64, currency: Currency) -> Decimal {
    Decimal::new(minor, exponent(currency))
}

impl TryFrom<i64> for Amount {
    type Error = MoneyError;

    fn try_from(minor: i64) -> Result<Self, MoneyError> {
        Self::new(minor)
    }
}

impl From<Amount> for i64 {
    fn from(amount: Amount) -> i64 {
        amount.0
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::iter::Sum for Amount {
    /// Saturates at the largest amount, which no valid payment can reach.
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, |sum, amount| Self(sum.0.saturating_add(amount.0).min(LARGEST)))
    }
}

/// A price per unit in minor units; negative for a discount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Price(i64);

impl Price {
    /// A price of this many minor units.
    ///
    /// # Errors
    /// When its size is beyond the largest amount.
    pub const fn new(minor: i64) -> Result<Self, MoneyError> {
        if minor < -LARGEST || minor > LARGEST { Err(MoneyError::OutOfRange) } else { Ok(Self(minor)) }
    }

    /// Minor units, signed.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// The price as a decimal in units of the currency.
    #[must_use]
    pub fn to_decimal(self, currency: Currency) -> Decimal {
        decimal(self.0, currency)
    }
}

impl TryFrom<i64> for Price {
    type Error = MoneyError;

    fn try_from(minor: i64) -> Result<Self, MoneyError> {
        Self::new(minor)
    }
}

impl From<Price> for i64 {
    fn from(price: Price) -> i64 {
        price.0
    }
}

/// An amount with its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Minor units.
    pub amount: Amount,
    /// ISO 4217.
    pub currency: Currency,
}

/// Splits a whole by weights so that the parts add up to it: the largest remainders get the odd units.
pub struct Split;

impl Split {
    /// One part per weight. All zero weights give all zero parts.
    #[must_use]
    pub fn by_largest_remainder(whole: Amount, weights: &[u64]) -> Vec<Amount> {
        let total: u128 = weights.iter().map(|w| u128::from(*w)).sum();
        if total == 0 {
            return vec![Amount::ZERO; weights.len()];
        }
        let units = u128::from(whole.0.unsigned_abs());
        let mut parts: Vec<(usize, u128, u128)> = weights
            .iter()
            .enumerate()
            .map(|(i, w)| (i, units * u128::from(*w) / total, units * u128::from(*w) % total))
            .collect();
        let mut missing = units - parts.iter().map(|(_, part, _)| part).sum::<u128>();
        parts.sort_by(|a, b| b.2.cmp(&a.2).then(a.0.cmp(&b.0)));
        for part in &mut parts {
            if missing == 0 {
                break;
            }
            part.1 += 1;
            missing -= 1;
        }
        parts.sort_by_key(|part| part.0);
        parts.into_iter().map(|(_, part, _)| Amount(i64::try_from(part).unwrap_or(LARGEST))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn minor_units_follow_the_currency() {
        let amount = Amount::new(1050).unwrap();
        assert_eq!(amount.to_decimal(Currency::EUR).to_string(), "10.50");
        assert_eq!(amount.to_decimal(Currency::JPY).to_string(), "1050");
    }

    #[test]
    fn a_decimal_with_a_third_place_is_refused_in_euros() {
        assert_eq!(Amount::from_decimal("10.505".parse().unwrap(), Currency::EUR), Err(MoneyError::TooPrecise));
        assert_eq!(Amount::from_decimal("10.500".parse().unwrap(), Currency::EUR), Amount::new(1050));
        assert_eq!(Amount::from_decimal("-1".parse().unwrap(), Currency::EUR), Err(MoneyError::OutOfRange));
    }

    proptest! {
        #[test]
        fn a_decimal_on_the_wire_reads_back_as_the_same_amount(minor in 0..=LARGEST) {
            let amount = Amount::new(minor).unwrap();
            prop_assert_eq!(Amount::from_decimal(amount.to_decimal(Currency::EUR), Currency::EUR), Ok(amount));
        }

        #[test]
        fn split_parts_add_up_to_the_whole(minor in 0..=LARGEST, weights in prop::collection::vec(0u64..1_000_000, 1..40)) {
            let parts = Split::by_largest_remainder(Amount::new(minor).unwrap(), &weights);
            prop_assert_eq!(parts.len(), weights.len());
            let sum: i64 = parts.iter().map(|p| p.minor()).sum();
            prop_assert_eq!(sum, if weights.iter().all(|w| *w == 0) { 0 } else { minor });
        }

        #[test]
        fn a_share_never_exceeds_the_whole(a in 0..=LARGEST, whole in 1..=LARGEST, part in 0..=LARGEST) {
            let part = part.min(whole);
            let share = Amount::new(a).unwrap().share(Amount::new(part).unwrap(), Amount::new(whole).unwrap());
            prop_assert!(share.minor() <= a);
        }
    }
}
