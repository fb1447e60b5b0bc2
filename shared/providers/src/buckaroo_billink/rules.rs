//! What this gateway wants of an order beyond Billink's rules. Currency, billing country, largest amounts, the return address
//! and what must be there are in the capabilities and checked there.

use jiff::civil::Date;
use payment::{Flow, Order, OrderError};

use super::CAPABILITIES;
use super::account::Account;
use crate::billink_common::rules;
use crate::order::told;

/// Most articles that the shop plug-ins send.
const MOST_ARTICLES: usize = 99;

/// Every rule that the order breaks.
pub(super) fn broken(account: &Account, order: &Order, today: Date) -> Vec<OrderError> {
    let person = &order.buyer.person;
    let contradicts = account.only().is_some_and(|only| order.capture != Some(only));
    let misshapen = person.phone.as_ref().is_some_and(|phone| !is_phone(phone.reveal().as_str()));
    let long = person.initials.as_ref().is_some_and(|initials| initials.reveal().as_str().chars().count() > 6);
    let unserved = order.shipping_address.as_ref();
    let unserved = unserved.is_some_and(|address| !CAPABILITIES.countries.contains(&address.country.as_str()));
    // In the redirect flow it is required everywhere. Here no flow is without a page: Billink can ask for what is missing.
    let astray = order.flow == Some(Flow::Direct) && order.return_url.is_none();
    let own = [
        (contradicts, "/capture", "is not what this account may do"),
        (order.reference.as_str().starts_with(' '), "/reference", "must not begin with a space"),
        (astray, "/return_url", "is required: in any flow the buyer may be shown a page and come back"),
        (order.lines.len() > MOST_ARTICLES, "/lines", "must have at most 99 lines"),
        (misshapen, "/buyer/person/phone", "must have 9 to 18 digits, spaces and + ( ) -"),
        (long, "/buyer/person/initials", "must have at most 6 characters"),
        (unserved, "/shipping_address/country", "must be one of NL, BE"),
    ];
    told(own).chain(rules::broken(order, today)).collect()
}

fn is_phone(text: &str) -> bool {
    (9..=18).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit() || b" +()-".contains(&b))
}
