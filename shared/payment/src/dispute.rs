//! Disputes: what a buyer's dispute is about, and how it ended.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::money::{Amount, Currency};
use crate::payment::Payment;

/// What a provider tells of a dispute. Codes and numbers only: what a buyer wrote is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Dispute {
    /// Why, in the provider's own code.
    pub reason_code: Option<String>,
    /// How much of the money it is about, minor units.
    pub amount: Option<Amount>,
    /// In which currency, where it names an amount.
    pub currency: Option<Currency>,
    /// Until when it can be answered.
    pub deadline: Option<Timestamp>,
    /// How it ended, in the provider's own word, once it has.
    pub result: Option<String>,
}

impl Dispute {
    /// With what another message told of the same dispute.
    fn and(self, other: &Self) -> Self {
        let (amount, currency) = match self.amount {
            Some(amount) => (Some(amount), self.currency),
            None => (other.amount, other.currency),
        };
        Self {
            reason_code: self.reason_code.or_else(|| other.reason_code.clone()),
            amount,
            currency,
            deadline: self.deadline.or(other.deadline),
            result: self.result.or_else(|| other.result.clone()),
        }
    }
}

impl Payment {
    /// The dispute that was told about last, with everything that was told of it, in whatever order it came.
    pub(crate) fn last_dispute(&self) -> Option<Dispute> {
        let last = self.told().filter(|told| told.about_dispute.is_some()).last()?;
        let same = self.told().filter(|told| told.dispute == last.dispute);
        Some(same.filter_map(|told| told.about_dispute.as_ref()).fold(Dispute::default(), Dispute::and))
    }
}
