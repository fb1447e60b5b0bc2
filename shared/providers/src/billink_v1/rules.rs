//! Billink's own rules for an order, as its tables of errors tell them; their codes are in the comments.

use jiff::civil::Date;
use payment::{BuyerKind, Order, OrderError};

use super::request::digits;
use crate::billink_common::broken_house_number;
use crate::order::{company, is_minor, told, unknown_options};

/// Order 439: 50, less a hyphen and six characters of the payment's id.
const LONGEST_REFERENCE: usize = 43;

pub(super) fn broken(order: &Order, today: Date) -> Vec<OrderError> {
    let (person, company) = (&order.buyer.person, company(&order.buyer));
    let consumer = order.buyer.kind == BuyerKind::Person;
    let reference = order.reference.as_str();
    let long = |text: &str, most: usize| text.chars().count() > most;
    let registration = company.and_then(|company| company.registration_number.as_ref());
    let rules = [
        // Order 434, 439; Check 421, 422; Check 402, Order 449; Check 430; Check 411, Order 429
        (
            !reference.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b)),
            "/reference",
            "must be letters, digits, _ and -",
        ),
        (long(reference, LONGEST_REFERENCE), "/reference", "must have at most 43 characters"),
        (consumer && person.birth_date.is_none(), "/buyer/person/birth_date", "is required for a person"),
        (consumer && is_minor(person, today), "/buyer/person/birth_date", "must be at least 18 years ago"),
        (
            person.phone.as_ref().is_some_and(|phone| digits(phone.reveal().as_str()).is_none()),
            "/buyer/person/phone",
            "must have 9 to 18 digits, and besides only spaces, ( ) - and a + at the beginning",
        ),
        (
            company.is_some_and(|company| long(company.name.reveal().as_str(), 50)),
            "/buyer/company/name",
            "must have 2 to 50 characters",
        ),
        (
            company.is_some() && registration.is_none(),
            "/buyer/company/registration_number",
            "is required for a business",
        ),
        (
            registration.is_some_and(|number| !(5..=25).contains(&number.reveal().as_str().chars().count())),
            "/buyer/company/registration_number",
            "must have 5 to 25 characters",
        ),
    ];
    let billing = broken_house_number("/billing_address", &order.billing_address);
    let delivery = order.shipping_address.as_ref();
    let delivery = delivery.and_then(|address| broken_house_number("/shipping_address", address));
    told(rules).chain(billing).chain(delivery).chain(unknown_options(order)).collect()
}
