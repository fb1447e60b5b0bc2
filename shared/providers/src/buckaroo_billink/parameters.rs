//! The order as the Billink service's parameters.

use payment::{Address, Order, Person, Salutation, TableLine};

use super::account::Wire;
use crate::billink_common::house_number;
use crate::object::Body;
use crate::order::{company, euros, plain};

/// A parameter's name, and its value where it has one.
type Named<'a> = (&'a str, Option<String>);

/// The parameters of an article, but the one that the account names.
pub(super) const OF_ARTICLES: &str = "Identifier Description Quantity VatPercentage GrossUnitPriceIncl";

/// The parameters of a customer, but the one that the account names.
pub(super) const OF_CUSTOMERS: &str = "Category ChamberOfCommerce FirstName Initials LastName Salutation Street \
    StreetNumber StreetNumberAdditional PostalCode City Country MobilePhone Email BirthDate";

/// Everything that Authorize and Pay send.
pub(super) fn of_order(wire: &Wire, order: &Order) -> Vec<Body> {
    let company = company(&order.buyer);
    let vat = company.and_then(|company| company.vat_number.as_ref());
    let vat = vat.map(|number| Body::default().with("Name", "VATNumber").with("Value", number));
    let table = order.table();
    let lines = table.iter().zip(order.lines.iter().map(|line| line.name.as_str()));
    let mut all: Vec<_> = vat.into_iter().chain(articles(wire, lines, company.is_some())).collect();
    all.extend(group("BillingCustomer", String::new(), billing(wire, order)));
    // Required by the guide, so it is sent even when the goods go to the billing address.
    all.extend(group("ShippingCustomer", String::new(), shipping(wire, order)));
    all
}

/// Lines with their descriptions. A discount is one article with a negative price.
pub(super) fn articles<'a>(
    wire: &Wire,
    lines: impl Iterator<Item = (&'a TableLine, &'a str)>,
    with_net: bool,
) -> Vec<Body> {
    let article = |(number, (line, description)): (usize, (&TableLine, &str))| {
        let (quantity, price) = match (line.quantity, line.unit_price.minor()) {
            (quantity, price) if price < 0 => (1, price.saturating_mul(i64::from(quantity))),
            plain => plain,
        };
        let named = [
            ("Identifier", Some(line.reference.to_string())),
            ("Description", Some(description.to_owned())),
            ("Quantity", Some(quantity.to_string())),
            ("VatPercentage", Some(line.tax_rate.percent().to_string())),
            ("GrossUnitPriceIncl", Some(euros(price))),
            (wire.gross_unit_price_excl.as_str(), with_net.then(|| euros(line.tax_rate.net_of(price)))),
        ];
        group("Article", number.to_string(), named)
    };
    (1..).zip(lines).flat_map(article).collect()
}

/// A group of parameters. Everything is sent as text, as most of the guide's samples do: no number can lose a digit.
fn group<'a>(group: &str, id: String, named: impl IntoIterator<Item = Named<'a>>) -> Vec<Body> {
    let parameter = |(name, value): Named<'a>| {
        let parameter = Body::default().with("Name", name).with("GroupType", group).with("GroupID", &id);
        Some(parameter.with("Value", value?))
    };
    named.into_iter().filter_map(parameter).collect()
}

fn billing<'a>(wire: &'a Wire, order: &Order) -> impl Iterator<Item = Named<'a>> {
    let (person, company) = (&order.buyer.person, company(&order.buyer));
    let registration = company.and_then(|company| company.registration_number.as_ref());
    let birth_date = person.birth_date.as_ref().filter(|_| company.is_none());
    let salutation = match person.salutation {
        Salutation::Male => "Male",
        Salutation::Female => "Female",
        Salutation::Unknown => "Unknown",
    };
    let who = [
        ("Category", Some(if company.is_some() { "B2B" } else { "B2C" }.to_owned())),
        (wire.care_of.as_str(), company.map(|company| plain(&company.name))),
        ("ChamberOfCommerce", registration.map(plain)),
        ("FirstName", Some(plain(&person.first_name))),
        ("Initials", initials(person)),
        ("LastName", Some(plain(&person.last_name))),
        ("Salutation", Some(salutation.to_owned())),
    ];
    let contact = [
        ("MobilePhone", person.phone.as_ref().map(plain)),
        ("Email", Some(person.email.reveal().as_str().to_owned())),
        ("BirthDate", birth_date.map(|date| date.reveal().strftime("%d-%m-%Y").to_string())),
    ];
    who.into_iter().chain(address(&order.billing_address)).chain(contact)
}

fn shipping<'a>(wire: &'a Wire, order: &Order) -> impl Iterator<Item = Named<'a>> {
    let person = &order.buyer.person;
    let who = [
        (wire.care_of.as_str(), company(&order.buyer).map(|company| plain(&company.name))),
        ("FirstName", Some(plain(&person.first_name))),
        ("LastName", Some(plain(&person.last_name))),
    ];
    who.into_iter().chain(address(order.delivery_address()))
}

fn address(address: &Address) -> [Named<'static>; 6] {
    let (number, addition) = house_number(address).unzip();
    [
        ("Street", Some(plain(&address.street))),
        ("StreetNumber", number),
        ("StreetNumberAdditional", addition.filter(|text| !text.is_empty())),
        ("PostalCode", Some(plain(&address.postal_code))),
        ("City", Some(plain(&address.city))),
        ("Country", Some(address.country.as_str().to_owned())),
    ]
}

/// The first letter of the given name where the shop has no better.
fn initials(person: &Person) -> Option<String> {
    let first = || Some(person.first_name.reveal().as_str().trim().chars().next()?.to_uppercase().to_string());
    person.initials.as_ref().map(plain).or_else(first)
}
