//! What Billie's two APIs have in common: the same plugins, the same widget, the same form of errors.

use http::HeaderName;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use payment::{
    Address, Amount, Line, LineKind, Order, OrderError, Outcome, Payment, Person, Refusal, Salutation, TaxedAmount,
};
use url::Url;

use crate::Range;
use crate::object::Body;
use crate::order::told;
use crate::zone::time_in;

/// The payment term where the order names none; the default of Billie's plugins.
const USUAL_TERM_DAYS: u16 = 30;

/// docs.billie.io, create order: `duration`.
pub(crate) const TERMS: &[Range] = &[Range { pointer: "/payment_terms_days", min: 1, max: Some(120) }];

/// The script of the widget in one of Billie's environments.
pub(crate) fn widget_script(production: bool) -> Option<Url> {
    let script = if production {
        "https://static.billie.io/checkout/billie-checkout.js"
    } else {
        "https://static-paella-sandbox.billie.io/checkout/billie-checkout.js"
    };
    script.parse().ok()
}

/// The agreed key without what stands around it: in `Authorization` it stands after the word Basic, as it is and not encoded.
pub(crate) fn bare_key<'a>(name: &HeaderName, value: &'a [u8]) -> &'a [u8] {
    match value.split_at_checked(6) {
        Some((scheme, key)) if *name == AUTHORIZATION && scheme.eq_ignore_ascii_case(b"basic ") => key,
        _ => value,
    }
}

/// Billie's times name no zone. Of the likely ones UTC is the latest, so no session is called expired too early; read
/// alike they still tell which of two is later.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    time_in(&TimeZone::UTC, text)
}

/// The payment term in days.
pub(crate) fn term(payment: &Payment) -> u16 {
    payment.payment_terms_days.unwrap_or(USUAL_TERM_DAYS)
}

/// Billie's rule for the lines of an order.
pub(crate) fn broken(order: &Order) -> impl Iterator<Item = OrderError> {
    told([(goods(order).next().is_none(), "/lines", "must have a line of kind goods")])
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

/// The company that buys, without its address, which the two write differently.
pub(crate) fn company(order: &Order) -> Option<Body> {
    let company = order.buyer.company.as_ref()?;
    let body = Body::default()
        .with("merchant_customer_id", order.buyer.reference.as_ref()?)
        .with("name", &company.name)
        .with("legal_form", company.legal_form.as_ref()?)
        .with("tax_id", &company.vat_number)
        .with("tax_number", &company.tax_number)
        .with("registration_court", &company.registration_court)
        .with("registration_number", &company.registration_number);
    Some(body)
}

/// Who orders for the company.
pub(crate) fn person(person: &Person) -> Body {
    let salutation = match person.salutation {
        Salutation::Male => Some("m"),
        Salutation::Female => Some("f"),
        Salutation::Unknown => None,
    };
    Body::default()
        .with("salutation", salutation)
        .with("first_name", &person.first_name)
        .with("last_name", &person.last_name)
        .with("phone_number", &person.phone)
        .with("email", &person.email)
}

/// An address.
pub(crate) fn postal(address: &Address) -> Body {
    Body::default()
        .with("street", &address.street)
        .with("house_number", house_number(address))
        .with("postal_code", &address.postal_code)
        .with("city", &address.city)
        .with("country", address.country)
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
