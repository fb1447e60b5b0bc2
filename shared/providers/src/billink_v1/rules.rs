//! Billink's own rules for an order, as its tables of errors tell them; their codes are in the comments.

use jiff::ToSpan as _;
use jiff::civil::Date;
use payment::{Address, BuyerKind, Order, OrderError};

use super::request::{company, digits, house_number};

/// Order 439: 50, less a hyphen and six characters of the payment's id.
const LONGEST_REFERENCE: usize = 43;

pub(super) fn broken(order: &Order, today: Date) -> Vec<OrderError> {
    let (person, company) = (&order.buyer.person, company(&order.buyer));
    let consumer = order.buyer.kind == BuyerKind::Person;
    let reference = order.reference.as_str();
    let too_young = |birth: Date| birth.checked_add(18.years()).is_ok_and(|adult| adult > today);
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
        (
            consumer && person.birth_date.as_ref().is_some_and(|date| too_young(*date.reveal())),
            "/buyer/person/birth_date",
            "must be at least 18 years ago",
        ),
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
    let told = rules.into_iter().filter(|(broken, ..)| *broken).map(|(_, at, rule)| OrderError::at(at, rule));
    let billing = of_address("/billing_address", &order.billing_address);
    let delivery = order.shipping_address.as_ref().and_then(|address| of_address("/shipping_address", address));
    let option = |name: &String| OrderError::at(format!("/options/{name}"), "is not an option of this provider");
    let options = order.options.as_object().into_iter().flat_map(|options| options.keys()).map(option);
    told.chain(billing).chain(delivery).chain(options).collect()
}

fn of_address(pointer: &str, address: &Address) -> Option<OrderError> {
    // Check 424, 425; Check 431, Order 450
    match house_number(address) {
        None => Some(OrderError::at(format!("{pointer}/house_number"), "must begin with a digit")),
        Some((_, addition)) if addition.chars().count() > 10 => Some(OrderError::at(
            format!("{pointer}/house_number_addition"),
            "must have at most 10 characters, what follows the house number's digits included",
        )),
        Some(_) => None,
    }
}
