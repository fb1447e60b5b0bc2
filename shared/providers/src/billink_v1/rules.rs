//! What this API wants of an order beyond Billink's rules.

use jiff::civil::Date;
use payment::{Order, OrderError};

use super::request::digits;
use crate::billink_common::{options, rules};
use crate::order::told;

/// Order 439: 50, less a hyphen and six characters of the payment's id.
const LONGEST_REFERENCE: usize = 43;

/// Every rule that the order breaks.
pub(super) fn broken(order: &Order, today: Date) -> Vec<OrderError> {
    let reference = order.reference.as_str();
    let phone = order.buyer.person.phone.as_ref();
    let own = [
        // Order 434, 439; Check 402, Order 449
        (
            !reference.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b)),
            "/reference",
            "must be letters, digits, _ and -",
        ),
        (reference.chars().count() > LONGEST_REFERENCE, "/reference", "must have at most 43 characters"),
        (
            phone.is_some_and(|phone| digits(phone.reveal().as_str()).is_none()),
            "/buyer/person/phone",
            "must have 9 to 18 digits, and besides only spaces, ( ) - and a + at the beginning",
        ),
    ];
    told(own).chain(rules::broken(order, today)).chain(options::broken(order)).collect()
}
