//! The items of an order and what they add up to.

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use super::answers::{Refusal, first, only, refuse};
use crate::xml::Element;

const KNOWN: &[&str] =
    &["CODE", "DESCRIPTION", "ORDERQUANTITY", "ITEMQUANTITY", "ITEM_QUANTITY", "PRICEINCL", "PRICEEXCL", "BTW"];

/// No code is longer.
const MAX_CODE: usize = 255;

/// VAT as a percentage or as a factor: what the text of error 430 lists, as it spells it, and the percentage that it means.
const RATES: &[(&str, i64)] = &[
    ("20", 20),
    ("1.20", 20),
    ("21", 21),
    ("1.21", 21),
    ("19", 19),
    ("1.19", 19),
    ("7", 7),
    ("1.07", 7),
    ("6", 6),
    ("1.06", 6),
    ("0", 0),
    ("1.0", 0),
];

/// The sum in cents, VAT included.
pub(crate) fn sum(document: &Element) -> Result<i64, Refusal> {
    let items = document.child("ORDERITEMS").map(|items| items.children.as_slice()).unwrap_or_default();
    if items.is_empty() || items.iter().any(|item| item.name != "ITEM") {
        return Err(refuse("423", "Missing order items"));
    }
    let mut total = Decimal::ZERO;
    for item in items {
        total = total.checked_add(self::item(item)?).ok_or_else(|| refuse("435", "Wrong item amount"))?;
    }
    let cents = total.checked_mul(Decimal::ONE_HUNDRED).and_then(|cents| cents.to_i64());
    cents.ok_or_else(|| refuse("435", "Wrong item amount"))
}

/// One row: unit price times quantity, in whole cents.
fn item(item: &Element) -> Result<Decimal, Refusal> {
    only(item, KNOWN, &[])?;
    let of = |name: &str| item.get(name);
    let quantity = ["ORDERQUANTITY", "ITEMQUANTITY", "ITEM_QUANTITY"].map(of).concat();
    let quantity = number(&quantity, 4).filter(|quantity| *quantity > Decimal::ZERO);
    let (incl, excl) = (number(of("PRICEINCL"), 2), number(of("PRICEEXCL"), 2));
    let factor = factor(of("BTW"));
    first(&[
        (of("CODE").chars().count() > MAX_CODE, "428", "Item code is too long"),
        (factor.is_none(), "430", "Wrong BTW value"),
        (incl.is_some() == excl.is_some() || quantity.is_none(), "435", "Missing item amount"),
        (!of("PRICEINCL").is_empty() && !of("PRICEEXCL").is_empty(), "435", "Two item amounts"),
    ])?;
    let unit = incl.or_else(|| excl?.checked_mul(factor?));
    let row = unit.and_then(|unit| unit.checked_mul(quantity?)).ok_or_else(|| refuse("435", "Wrong item amount"))?;
    Ok(row.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
}

/// A plain decimal with at most so many places, two for amounts: no exponent, no separators.
fn number(text: &str, places: u32) -> Option<Decimal> {
    let plain = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    let short = !text.is_empty() && text.len() <= 16 && text.bytes().all(plain);
    Decimal::from_str_exact(text).ok().filter(|number| short && number.scale() <= places)
}

/// What a price without VAT is multiplied by.
fn factor(text: &str) -> Option<Decimal> {
    let (_, percent) = RATES.iter().find(|(spelling, _)| *spelling == text)?;
    Decimal::ONE.checked_add(Decimal::new(*percent, 2))
}
