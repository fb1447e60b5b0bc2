//! Billink's rules for who buys and where to, as its tables of errors tell them. Their codes are in the comments, of
//! the check and of the order; a gateway passes them on only as text. What must be there is in the capabilities.

use jiff::civil::Date;
use payment::{Address, BuyerKind, Order, OrderError};

use super::house_number;
use crate::order::{company, is_minor, told};

/// Every one of these rules that the order breaks.
pub(crate) fn broken(order: &Order, today: Date) -> impl Iterator<Item = OrderError> {
    let (person, company) = (&order.buyer.person, company(&order.buyer));
    let consumer = order.buyer.kind == BuyerKind::Person;
    let name = company.map(|company| length(company.name.reveal().as_str()));
    let number = company.and_then(|company| company.registration_number.as_ref());
    let number = number.map(|number| length(number.reveal().as_str()));
    let (company_name, registration_number) = ("/buyer/company/name", "/buyer/company/registration_number");
    let rules = [
        // 422 and 453; 430 and 448; 429
        (consumer && is_minor(person, today), "/buyer/person/birth_date", "must be at least 18 years ago"),
        (name.is_some_and(|length| !(2..=50).contains(&length)), company_name, "must have 2 to 50 characters"),
        (number.is_some_and(|length| !(5..=25).contains(&length)), registration_number, "must have 5 to 25 characters"),
    ];
    let billing = broken_house_number("/billing_address", &order.billing_address);
    let delivery = order.shipping_address.as_ref();
    let delivery = delivery.and_then(|address| broken_house_number("/shipping_address", address));
    told(rules).chain(billing).chain(delivery)
}

/// 414, 424 and 425 for the number; 431 and 450 for what follows it.
fn broken_house_number(pointer: &str, address: &Address) -> Option<OrderError> {
    match house_number(address) {
        None => Some(OrderError::at(format!("{pointer}/house_number"), "must begin with a digit")),
        Some((_, addition)) if length(&addition) > 10 => Some(OrderError::at(
            format!("{pointer}/house_number_addition"),
            "must have at most 10 characters, what follows the house number's digits included",
        )),
        Some(_) => None,
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}
