//! What Billink has behind each of its doors: its own two APIs and the one at a gateway.

pub(crate) mod account;
pub(crate) mod codes;
pub(crate) mod events;
pub(crate) mod options;
pub(crate) mod rules;
pub(crate) mod standing;
pub(crate) mod webhook;

use payment::{Address, Amount, Currency, Detail, DirectPaymentCommand, Operation, Payment, Status};
use serde::Deserialize;

use crate::{JsonDecimal, Range};

/// The longest description of a payment (its code 708).
const LONGEST_PAYMENT_DESCRIPTION: usize = 30;

/// How long a hold may be (its code 403).
pub(crate) const HOLD_DAYS: &[Range] = &[Range { pointer: "/days", min: 1, max: Some(14) }];

/// How a payment is described: as the shop does, or by the end of our reference, which no other operation has.
pub(crate) fn described<'a>(paid: &'a DirectPaymentCommand, operation: &'a Operation) -> &'a str {
    let own = operation.reference.as_str();
    let end = own.len().saturating_sub(LONGEST_PAYMENT_DESCRIPTION);
    paid.reference.as_ref().map_or_else(|| own.get(end..).unwrap_or(own), |reference| reference.as_str())
}

/// The longest description of a credit that the shop plug-ins send.
const LONGEST_CREDIT_DESCRIPTION: usize = 254;

/// How a credit is described: by our reference, by which a person can find it, and the reason.
pub(crate) fn credited(operation: &Operation) -> String {
    let reason = match &operation.detail {
        Detail::Refund { reason: Some(reason), .. } => reason.as_str(),
        _ => "",
    };
    let description = format!("{} {reason}", operation.reference);
    description.trim_end().chars().take(LONGEST_CREDIT_DESCRIPTION).collect()
}

/// Whether an order that was promised is credited in full, by whomever: what asks for it finds it as it was.
pub(crate) fn is_called_off(payment: &Payment) -> bool {
    payment.status == Status::Canceled && !payment.authorized.is_zero()
}

/// The house number's digits, and what follows them with the addition; `None` when it does not begin with a digit.
pub(crate) fn house_number(address: &Address) -> Option<(String, String)> {
    let text = address.house_number.reveal().as_str().trim();
    let (digits, rest) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let given = address.house_number_addition.as_ref().map_or("", |addition| addition.reveal().as_str());
    let addition = [rest, given].map(str::trim).join(" ");
    (!digits.is_empty()).then(|| (digits.to_owned(), addition.trim().to_owned()))
}

/// A code or id: the guide shows codes as text and as numbers.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Code {
    Number(i64),
    Text(String),
}

impl Code {
    /// Its number, leading zeros aside; none when it is another word.
    pub(crate) fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
        }
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// The amount in "Credit applied: 1.50 EURO.; step restarted.", where the message still has that form. [inferred] That of
/// a payment has it too.
pub(crate) fn applied(message: &str) -> Option<Amount> {
    let (_, applied) = message.split_once(" applied: ")?;
    let (amount, _) = applied.split_once(" EURO")?;
    amount.parse::<JsonDecimal>().ok()?.amount(Currency::EUR).ok()
}
