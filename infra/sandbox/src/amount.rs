//! Net, tax and gross of one amount.

use crate::json::{Json, map};
use crate::money;

/// How a body writes net, tax and gross.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Units {
    /// JSON numbers with at most two places.
    Decimals,
    /// Whole minor units.
    Minor,
}

/// Net, gross and tax in minor units; net and tax always add up to gross.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amount {
    pub(crate) net: i64,
    pub(crate) gross: i64,
    pub(crate) tax: i64,
}

impl Amount {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self { net: self.net + other.net, gross: self.gross + other.gross, tax: self.tax + other.tax }
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        Self { net: self.net - other.net, gross: self.gross - other.gross, tax: self.tax - other.tax }
    }

    /// Whether no part is higher than the other's.
    pub(crate) fn within(self, other: Self) -> bool {
        self.net <= other.net && self.gross <= other.gross && self.tax <= other.tax
    }

    /// As numbers.
    pub(crate) fn json(self) -> Json {
        let number = |minor: i64| Json::Number(money::shortest(minor));
        map! { "net": number(self.net), "gross": number(self.gross), "tax": number(self.tax) }
    }

    /// As strings, the way webhooks have it.
    pub(crate) fn strings(self) -> Json {
        let text = money::two_places;
        map! { "net": text(self.net), "tax": text(self.tax), "gross": text(self.gross) }
    }
}
