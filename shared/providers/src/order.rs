//! What several providers ask of an order, and how they want parts of it written.

use jiff::ToSpan as _;
use jiff::civil::Date;
use payment::{Buyer, BuyerKind, Company, OrderError, Person, Personal};
use rust_decimal::Decimal;

/// A rule for an order: whether it is broken, where, and how it goes.
pub(crate) type Rule = (bool, &'static str, &'static str);

/// The rules that are broken.
pub(crate) fn told<const N: usize>(rules: [Rule; N]) -> impl Iterator<Item = OrderError> {
    rules.into_iter().filter(|(broken, ..)| *broken).map(|(_, pointer, rule)| OrderError::at(pointer, rule))
}

/// The company that buys.
pub(crate) fn company(buyer: &Buyer) -> Option<&Company> {
    buyer.company.as_ref().filter(|_| buyer.kind == BuyerKind::Business)
}

/// Whether a person is known to be under age.
pub(crate) fn is_minor(person: &Person, today: Date) -> bool {
    let minor = |birth: Date| birth.checked_add(18.years()).is_ok_and(|adult| adult > today);
    person.birth_date.as_ref().is_some_and(|date| minor(*date.reveal()))
}

/// A personal value as it is sent.
pub(crate) fn plain<T: ToString>(value: &Personal<T>) -> String {
    value.reveal().to_string()
}

/// Cents as euros, with both decimal places.
pub(crate) fn euros(minor: i64) -> String {
    Decimal::new(minor, 2).to_string()
}
