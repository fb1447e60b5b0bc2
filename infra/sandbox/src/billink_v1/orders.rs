//! Orders on the strength of a check.

use std::net::IpAddr;

use jiff::Timestamp;

use super::State;
use super::answers::{ENVELOPE, Refusal, first, message, only, refuse};
use super::checks::{IDENTITY, date, is_minor, is_phone, is_sex, long};
use super::items;
use crate::billink_shared::{digits, is_city, is_email, is_number};
use crate::message::Answer;
use crate::money;
use crate::xml::Element;

/// What orders have beside the buyer. Two spellings of the additional text are about.
const KNOWN: &[&str] = &[
    "ORDERNUMBER",
    "DATE",
    "CHECKUUID",
    "CURRENCY",
    "EMAIL2",
    "ADITIONALTEXT",
    "ADDITIONALTEXT",
    "TRACKANDTRACE",
    "VARIABLE1",
    "VARIABLE2",
    "VARIABLE3",
    "STATE",
    "LOCALITY",
    "VALIDATEORDER",
    "ORDERITEMS",
];

/// Two letters, then up to thirteen letters and digits.
fn is_vat(text: &str) -> bool {
    let (country, number) = text.split_at_checked(2).unwrap_or_default();
    country.bytes().all(|byte| byte.is_ascii_alphabetic())
        && long(number, 2, 13)
        && number.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
}

/// The table of the order's errors, as far as the fields go.
fn fields(state: &State, document: &Element, now: Timestamp) -> Result<(), Refusal> {
    let of = |name: &str| document.get(name);
    let (private, business) = (of("TYPE") == "P", of("TYPE") == "B");
    let birth = date(of("BIRTHDATE"));
    let country = of("COUNTRYCODE").len() == 2 && of("COUNTRYCODE").bytes().all(|byte| byte.is_ascii_uppercase());
    let number = of("ORDERNUMBER");
    first(&[
        (of("WORKFLOWNUMBER").is_empty(), "401", "Missing workflow number"),
        (!state.settings.workflows.iter().any(|one| one == of("WORKFLOWNUMBER")), "402", "Workflow does not exist"),
        (number.is_empty(), "404", "Missing order number"),
        (!long(number, 1, 50), "439", "Invoice number should have at most 50 characters"),
        (!is_number(number), "434", "Invoice number should have letters, digits, underscores and dashes only"),
        (date(of("DATE")).is_none(), "405", "Missing date"),
        (of("TYPE").is_empty(), "406", "Missing type"),
        (!private && !business, "407", "Wrong type"),
        (business && of("COMPANYNAME").is_empty(), "408", "Missing company name"),
        (business && !long(of("COMPANYNAME"), 2, 50), "448", "Company name should have 2 to 50 characters"),
        (of("FIRSTNAME").is_empty() && of("INITIALS").is_empty(), "409", "Missing first name or initials"),
        (of("LASTNAME").is_empty(), "410", "Missing last name"),
        (of("SEX").is_empty(), "411", "Missing sex"),
        (!is_sex(of("SEX")), "412", "Wrong sex"),
        (of("STREET").is_empty(), "413", "Missing street"),
        (of("HOUSENUMBER").is_empty(), "414", "Missing house number"),
        (!long(of("HOUSEEXTENSION"), 0, 10), "450", "House extension should have 0 to 10 characters"),
        (of("POSTALCODE").is_empty(), "415", "Missing postal code"),
        (of("CITY").is_empty(), "416", "Missing city"),
        (!is_city(of("CITY")), "419", "City should have letters only"),
        (of("PHONENUMBER").is_empty(), "417", "Missing phone number"),
        // Signs are for the check only.
        (!is_phone(of("PHONENUMBER")) || !digits(of("PHONENUMBER")), "449", "Phone number should have digits only"),
        (of("EMAIL").is_empty(), "418", "Missing email"),
        (!is_email(of("EMAIL")), "432", "Wrong email format"),
        (!of("EMAIL2").is_empty() && !is_email(of("EMAIL2")), "433", "Wrong second email format"),
        (!country, "420", "Country code should be ISO 3166"),
        (private && birth.is_none(), "421", "Missing birth date"),
        (private && is_minor(birth, now), "453", "Minimal age is 18"),
        (!of("IP").is_empty() && of("IP").parse::<IpAddr>().is_err(), "422", "Wrong IP format"),
        (business && of("CHAMBEROFCOMMERCE").is_empty(), "427", "Missing Chamber of Commerce number"),
        (
            business && !long(of("CHAMBEROFCOMMERCE"), 5, 25),
            "429",
            "Chamber of Commerce number should have 5 to 25 characters",
        ),
        (!of("VATNUMBER").is_empty() && !is_vat(of("VATNUMBER")), "431", "Wrong VAT number"),
    ])
}

/// The check must be known, fresh, unused, of this workflow, and for at least this amount.
fn entitled(state: &State, document: &Element, minor: i64, now: Timestamp) -> Result<(), Refusal> {
    let uuid = document.get("CHECKUUID");
    if uuid.is_empty() {
        return Err(refuse("447", "Missing CHECKUUID. Please use Check API to receive CHECKUUID"));
    }
    let found = state.checks.iter().find(|check| check.uuid == uuid);
    let check = found.ok_or_else(|| refuse("440", "Check UUID is unknown"))?;
    let guaranteed = check.workflow != state.settings.unguaranteed;
    first(&[
        (check.used, "446", "Check UUID is already used"),
        (now >= check.expires, "445", "Check UUID is expired"),
        (
            !guaranteed && document.get("WORKFLOWNUMBER") != check.workflow,
            "451",
            "A workflow without guarantee was used for the check",
        ),
        (minor > check.minor, "444", "Order amount is higher than the checked amount"),
    ])
}

/// Places an order, or only says whether it could be placed.
pub(crate) fn order(state: &mut State, document: &Element, now: Timestamp) -> Result<Answer, Refusal> {
    let known = [IDENTITY, KNOWN].concat();
    only(document, &known, ENVELOPE)?;
    fields(state, document, now)?;
    let minor = items::sum(document)?;
    let stated = document.get("ORDERAMOUNT");
    let number = document.get("ORDERNUMBER");
    first(&[
        (minor <= 0, "435", "Wrong item amount"),
        (!stated.is_empty() && money::minor(stated) != Some(minor), "435", "The items do not add up to ORDERAMOUNT"),
        (minor > state.settings.max_amount, "452", "Amount is higher than agreed"),
        (state.ledger.find(number).is_some(), "403", "Order number already exists"),
    ])?;
    entitled(state, document, minor, now)?;
    if document.get("VALIDATEORDER") == "Y" {
        return Ok(super::answers::simple("200", "Order is valid"));
    }
    for check in state.checks.iter_mut().filter(|check| check.uuid == document.get("CHECKUUID")) {
        check.used = true;
    }
    let placed = state.ledger.place(number, document.get("WORKFLOWNUMBER"), minor);
    let public =
        placed.map(|order| order.public.clone()).ok_or_else(|| refuse("403", "Order number already exists"))?;
    let told = vec![
        Element::text("CODE", "200"),
        Element::text("DESCRIPTION", "Order successfully added"),
        Element::text("INVOICE", public),
    ];
    let hooks = state.tell(number, &["order_placed"], now);
    Ok(message("200", told, Vec::new()).with_hooks(hooks))
}
