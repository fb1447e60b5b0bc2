//! What several providers ask of an order, and how they want parts of it written.

use jiff::ToSpan as _;
use jiff::civil::Date;
use payment::{Address, Buyer, BuyerKind, Company, Order, OrderError, Person, Personal};
use rust_decimal::Decimal;

/// A rule for an order: whether it is broken, where, and how it goes.
pub(crate) type Rule = (bool, &'static str, &'static str);

/// The rules that are broken.
pub(crate) fn told<const N: usize>(rules: [Rule; N]) -> impl Iterator<Item = OrderError> {
    rules.into_iter().filter(|(broken, ..)| *broken).map(|(_, pointer, rule)| OrderError::at(pointer, rule))
}

/// What there is to say about an order's options where the provider has none.
pub(crate) fn unknown_options(order: &Order) -> impl Iterator<Item = OrderError> + '_ {
    let names = order.options.as_object().into_iter().flat_map(|options| options.keys());
    names.map(|name| OrderError::at(format!("/options/{name}"), "is not an option of this provider"))
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

/// The house number's digits, and what follows them with the addition, which is how Billink has it behind each of its
/// doors; `None` when it does not begin with a digit.
pub(crate) fn house_number(address: &Address) -> Option<(String, String)> {
    let text = address.house_number.reveal().as_str().trim();
    let (digits, rest) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let given = address.house_number_addition.as_ref().map_or("", |addition| addition.reveal().as_str());
    let addition = [rest, given].map(str::trim).join(" ");
    (!digits.is_empty()).then(|| (digits.to_owned(), addition.trim().to_owned()))
}

/// Billink's rules for what [`house_number`] gives. Its codes: 414, 424 and 425 for the number; 431 and 450 for what
/// follows.
pub(crate) fn broken_house_number(pointer: &str, address: &Address) -> Option<OrderError> {
    match house_number(address) {
        None => Some(OrderError::at(format!("{pointer}/house_number"), "must begin with a digit")),
        Some((_, addition)) if addition.chars().count() > 10 => Some(OrderError::at(
            format!("{pointer}/house_number_addition"),
            "must have at most 10 characters, what follows the house number's digits included",
        )),
        Some(_) => None,
    }
}

/// A personal value as it is sent.
pub(crate) fn plain<T: ToString>(value: &Personal<T>) -> String {
    value.reveal().to_string()
}

/// Cents as euros, with both decimal places.
pub(crate) fn euros(minor: i64) -> String {
    Decimal::new(minor, 2).to_string()
}
