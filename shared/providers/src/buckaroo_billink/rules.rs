//! The provider's own rules for an order. Currency, billing country, largest amounts and the return address are in the
//! capabilities and checked there.

use jiff::civil::Date;
use payment::{Buyer, BuyerKind, Order, OrderError};

use super::CAPABILITIES;
use super::account::Account;
use crate::billink_common::broken_house_number;
use crate::order::{company, is_minor, told, unknown_options};

/// Most articles that the shop plug-ins send.
const MOST_ARTICLES: usize = 99;

/// Every rule that the order breaks. The numbers in comments are Billink's own error codes, which come back through
/// Buckaroo only as text.
pub(super) fn broken(account: &Account, order: &Order, today: Date) -> Vec<OrderError> {
    let contradicts = account.only().is_some_and(|only| order.capture != Some(only));
    let rules = [
        (contradicts, "/capture", "is not what this account may do"),
        (order.reference.as_str().starts_with(' '), "/reference", "must not begin with a space"),
        (order.lines.len() > MOST_ARTICLES, "/lines", "must have at most 99 lines"),
    ];
    let mut broken: Vec<_> = told(rules).collect();
    broken.extend(of_person(&order.buyer, today));
    broken.extend(of_company(&order.buyer));
    broken.extend(broken_house_number("/billing_address", &order.billing_address));
    if let Some(address) = &order.shipping_address {
        broken.extend(broken_house_number("/shipping_address", address));
        let served = CAPABILITIES.countries.contains(&address.country.as_str());
        broken.extend(told([(!served, "/shipping_address/country", "must be one of NL, BE")]));
    }
    broken.extend(unknown_options(order));
    broken
}

fn of_person(buyer: &Buyer, today: Date) -> impl Iterator<Item = OrderError> {
    let (person, consumer) = (&buyer.person, buyer.kind == BuyerKind::Person);
    let misshapen = person.phone.as_ref().is_some_and(|phone| !is_phone(phone.reveal().as_str()));
    let long = person.initials.as_ref().is_some_and(|initials| initials.reveal().as_str().chars().count() > 6);
    told([
        // 421, 422 and 453, 417, 402
        (consumer && person.birth_date.is_none(), "/buyer/person/birth_date", "is required for a person"),
        (consumer && is_minor(person, today), "/buyer/person/birth_date", "must be at least 18 years ago"),
        (consumer && person.phone.is_none(), "/buyer/person/phone", "is required for a person"),
        (misshapen, "/buyer/person/phone", "must have 9 to 18 digits, spaces and + ( ) -"),
        (long, "/buyer/person/initials", "must have at most 6 characters"),
    ])
}

fn is_phone(text: &str) -> bool {
    (9..=18).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit() || b" +()-".contains(&b))
}

fn of_company(buyer: &Buyer) -> impl Iterator<Item = OrderError> {
    let length = |text: &str| text.chars().count();
    let told = company(buyer).map(|company| {
        let registration = company.registration_number.as_ref().map(|number| length(number.reveal().as_str()));
        told([
            // 430 and 448, 411 and 427, 429; the guide requires VATNumber
            (length(company.name.reveal().as_str()) > 50, "/buyer/company/name", "must have at most 50 characters"),
            (registration.is_none(), "/buyer/company/registration_number", "is required for a business"),
            (
                registration.is_some_and(|length| !(5..=25).contains(&length)),
                "/buyer/company/registration_number",
                "must have 5 to 25 characters",
            ),
            (company.vat_number.is_none(), "/buyer/company/vat_number", "is required for a business"),
        ])
    });
    told.into_iter().flatten()
}
