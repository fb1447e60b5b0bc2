//! VAT as an exact decimal percentage, and amounts with their net and tax parts.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::money::Amount;
use crate::text::TextError;

/// A tax rate in percent, exact: `21`, `5.5`; from 0 to 100 with at most four decimal places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaxRate(Decimal);

impl TaxRate {
    /// Percent.
    #[must_use]
    pub const fn percent(self) -> Decimal {
        self.0
    }

    /// The net part of a gross amount in minor units, rounded half away from zero.
    #[must_use]
    pub fn net_of(self, gross: i64) -> i64 {
        let hundred = Decimal::ONE_HUNDRED;
        let net = Decimal::from(gross) * hundred / (hundred + self.0);
        i64::try_from(net.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero)).unwrap_or(gross)
    }
}

impl TryFrom<String> for TaxRate {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, TextError> {
        const RULE: TextError = TextError::Form("a decimal percentage from 0 to 100 as text, like \"21\" or \"5.5\"");
        let digit = |c: char| c.is_ascii_digit();
        let plain = text.starts_with(digit) && text.ends_with(digit) && text.chars().all(|c| digit(c) || c == '.');
        let rate: Decimal = if plain { text.parse().map_err(|_| RULE)? } else { return Err(RULE) };
        if rate > Decimal::ONE_HUNDRED || rate.scale() > 4 { Err(RULE) } else { Ok(Self(rate.normalize())) }
    }
}

impl From<TaxRate> for String {
    fn from(rate: TaxRate) -> String {
        rate.0.to_string()
    }
}

/// A gross amount with its parts, all minor units: net + tax = gross by construction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxedAmount {
    gross: Amount,
    net: Amount,
}

impl TaxedAmount {
    /// An amount whose net part is known; a net above the gross is cut to it.
    #[must_use]
    pub fn new(gross: Amount, net: Amount) -> Self {
        Self { gross, net: net.min(gross) }
    }

    /// Tax included.
    #[must_use]
    pub const fn gross(self) -> Amount {
        self.gross
    }

    /// Before tax.
    #[must_use]
    pub const fn net(self) -> Amount {
        self.net
    }

    /// The tax itself.
    #[must_use]
    pub fn tax(self) -> Amount {
        self.gross.left_after(self.net)
    }

    /// The part of this with the given gross; taking all takes exactly the net that is there.
    #[must_use]
    pub fn part(self, gross: Amount) -> Self {
        Self::new(gross, self.net.share(gross, self.gross))
    }

    /// What is left after taking a part.
    #[must_use]
    pub fn without(self, part: Self) -> Self {
        Self::new(self.gross.left_after(part.gross), self.net.left_after(part.net))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rate(text: &str) -> TaxRate {
        text.to_owned().try_into().unwrap()
    }

    #[test]
    fn the_net_of_a_gross_price_is_rounded_half_away_from_zero() {
        assert_eq!(rate("21").net_of(12100), 10000);
        assert_eq!(rate("21").net_of(6050), 5000);
        assert_eq!(rate("0").net_of(500), 500);
        assert_eq!(rate("21").net_of(-121), -100);
    }

    #[test]
    fn a_rate_is_a_plain_decimal_percentage() {
        for bad in ["", "Seven", "-1", "101", "1e2", "0.12345", "21%", ".5", "5.", ".", "5..5", "1_9"] {
            assert!(TaxRate::try_from(bad.to_owned()).is_err(), "{bad}");
        }
        assert_eq!(String::from(rate("21.0")), "21");
    }

    proptest! {
        #[test]
        fn parts_taken_one_after_the_other_add_up_to_the_net(gross in 1i64..10_000_000, cuts in prop::collection::vec(1u64..100, 1..20), percent in 0u32..28) {
            let gross = Amount::new(gross).unwrap();
            let net = Amount::new(rate(&percent.to_string()).net_of(gross.minor())).unwrap();
            let mut left = TaxedAmount::new(gross, net);
            let mut sum = Amount::ZERO;
            for part in crate::money::Split::by_largest_remainder(gross, &cuts) {
                let taken = left.part(part);
                prop_assert_eq!(taken.net().plus(taken.tax()), Some(taken.gross()));
                sum = sum.plus(taken.net()).unwrap();
                left = left.without(taken);
            }
            prop_assert_eq!(sum, net);
        }
    }
}
