//! What Billie's two APIs have in common: the same plugins, the same widget, the same form of errors.

use payment::{Address, Amount, Line, LineKind, Order, Outcome, Payment, Refusal, Salutation, TaxedAmount};
use url::Url;

use crate::order::Rule;

/// The payment term where the order names none; the default of Billie's plugins.
const USUAL_TERM_DAYS: u16 = 30;

/// docs.billie.io, create order: `duration`.
const LONGEST_TERM_DAYS: u16 = 120;

/// The script of the widget in one of Billie's environments.
pub(crate) fn widget_script(production: bool) -> Option<Url> {
    let script = if production {
        "https://static.billie.io/checkout/billie-checkout.js"
    } else {
        "https://static-paella-sandbox.billie.io/checkout/billie-checkout.js"
    };
    script.parse().ok()
}

/// The payment term in days.
pub(crate) fn term(payment: &Payment) -> u16 {
    payment.payment_terms_days.unwrap_or(USUAL_TERM_DAYS)
}

/// Billie's rules for the payment term and for the lines of an order.
pub(crate) fn rules(order: &Order) -> [Rule; 2] {
    let term = order.payment_terms_days;
    [
        (
            term.is_some_and(|days| !(1..=LONGEST_TERM_DAYS).contains(&days)),
            "/payment_terms_days",
            "must be from 1 to 120 days",
        ),
        (goods(order).next().is_none(), "/lines", "must have a line of kind goods"),
    ]
}

/// Only what is sold: Billie takes no vouchers, delivery and the like as line items.
pub(crate) fn goods(order: &Order) -> impl Iterator<Item = &Line> {
    order.lines.iter().filter(|line| line.kind == LineKind::Goods)
}

/// So much of a line's money, with the tax in it.
pub(crate) fn of_line(line: &Line, gross: i64) -> TaxedAmount {
    let amount = |minor| Amount::new(minor).unwrap_or_default();
    TaxedAmount::new(amount(gross), amount(line.tax_rate.net_of(gross)))
}

/// The one letter that Billie has for it.
pub(crate) const fn salutation(salutation: Salutation) -> Option<&'static str> {
    match salutation {
        Salutation::Male => Some("m"),
        Salutation::Female => Some("f"),
        Salutation::Unknown => None,
    }
}

/// The house number with its addition, in one text.
pub(crate) fn house_number(address: &Address) -> String {
    let number = address.house_number.reveal().as_str();
    let addition = address.house_number_addition.as_ref().map(|text| text.reveal().as_str());
    addition.map_or_else(|| number.to_owned(), |addition| format!("{number} {addition}"))
}

/// A refusal of our own, before anything was sent.
pub(crate) fn refused(message: &str) -> Outcome {
    Outcome::Refused(Refusal { provider_code: None, message: Some(message.to_owned()) })
}

/// A code or the name of a field, if it is one: what could hold a buyer's value is not passed on.
pub(crate) fn word(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '[' | ']');
    (!text.is_empty() && text.len() <= 100 && text.chars().all(plain)).then(|| text.to_owned())
}
