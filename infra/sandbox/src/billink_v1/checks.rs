//! The credit check: who the buyer is, how much may be ordered, a UUID that an order uses up.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::State;
use super::answers::{ENVELOPE, Refusal, first, message, only, refuse};
use crate::billink_shared::{digits, is_email, is_postal, is_refused};
use crate::clock::after;
use crate::json::{Json, map};
use crate::message::Answer;
use crate::money;
use crate::xml::Element;

/// A check that was passed.
pub(crate) struct Check {
    pub(crate) uuid: String,
    pub(crate) workflow: String,
    pub(crate) minor: i64,
    pub(crate) expires: Timestamp,
    pub(crate) used: bool,
}

impl Check {
    pub(crate) fn line(&self) -> Json {
        map! { "id": &self.uuid, "workflow": &self.workflow, "amount": self.minor, "used": self.used }
    }
}

/// The buyer's elements, in checks and orders.
pub(crate) const IDENTITY: &[&str] = &[
    "TYPE",
    "WORKFLOWNUMBER",
    "FIRSTNAME",
    "LASTNAME",
    "INITIALS",
    "STREET",
    "HOUSENUMBER",
    "HOUSEEXTENSION",
    "POSTALCODE",
    "CITY",
    "COUNTRYCODE",
    "PHONENUMBER",
    "BIRTHDATE",
    "SEX",
    "COMPANYNAME",
    "CHAMBEROFCOMMERCE",
    "VATNUMBER",
    "EMAIL",
    "ORDERAMOUNT",
    "IP",
    "DEVICE",
    "BROWSER",
    "DEBTORNUMBER",
    "HIGHRISK",
    "BACKDOOR",
    "DELIVERYSTREET",
    "DELIVERYHOUSENUMBER",
    "DELIVERYHOUSEEXTENSION",
    "DELIVERYPOSTALCODE",
    "DELIVERYCOUNTRYCODE",
    "DELIVERYCITY",
    "DELIVERYADDRESSCOMPANYNAME",
    "DELIVERYADDRESSFIRSTNAME",
    "DELIVERYADDRESSLASTNAME",
    "DELIVERY_HOUSENUMBER",
    "DELIVERY_HOUSEEXTENSION",
    "DELIVERY_POSTALCODE",
];

/// Nine to eighteen digits, spaces, plus, brackets, dashes.
pub(crate) fn is_phone(text: &str) -> bool {
    (9..=18).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'+' | b'(' | b')' | b'-'))
}

pub(crate) fn is_sex(text: &str) -> bool {
    matches!(text, "" | "M" | "F" | "O")
}

pub(crate) fn long(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.chars().count())
}

/// `dd-mm-yyyy`
pub(crate) fn date(text: &str) -> Option<Date> {
    let shape = text.len() == 10;
    Date::strptime("%d-%m-%Y", text).ok().filter(|_| shape)
}

/// Whether somebody born then is younger than eighteen.
pub(crate) fn is_minor(birth: Option<Date>, now: Timestamp) -> bool {
    let today = now.to_zoned(TimeZone::get("Europe/Amsterdam").unwrap_or(TimeZone::UTC)).date();
    birth.and_then(|birth| birth.checked_add(18.years()).ok()).is_some_and(|grown| grown > today)
}

/// The table of the check's errors, in its order.
fn rules(state: &State, document: &Element, now: Timestamp) -> Result<i64, Refusal> {
    let of = |name: &str| document.get(name);
    let (private, business) = (of("TYPE") == "P", of("TYPE") == "B");
    let amount = money::minor(of("ORDERAMOUNT"));
    let birth = date(of("BIRTHDATE"));
    let delivered = |name: &str| of(&format!("DELIVERY{name}")).to_owned() + of(&format!("DELIVERY_{name}"));
    first(&[
        (of("WORKFLOWNUMBER").is_empty(), "104", "Missing workflow number"),
        (!state.settings.workflows.iter().any(|one| one == of("WORKFLOWNUMBER")), "105", "Wrong workflow number"),
        (of("TYPE").is_empty(), "406", "Missing type"),
        (!private && !business, "407", "Wrong type"),
        (business && of("COMPANYNAME").is_empty(), "408", "Missing company name"),
        (business && !long(of("COMPANYNAME"), 2, 50), "430", "Company name should have 2 to 50 characters"),
        (business && of("CHAMBEROFCOMMERCE").is_empty(), "411", "Missing Chamber of Commerce number"),
        (!is_sex(of("SEX")), "409", "Wrong sex format"),
        (of("LASTNAME").is_empty(), "410", "Last name is missing"),
        (of("FIRSTNAME").is_empty() && of("INITIALS").is_empty(), "412", "Missing first name or initials"),
        (of("HOUSENUMBER").is_empty(), "414", "Missing house number"),
        (!digits(of("HOUSENUMBER")), "424", "Wrong house number format"),
        (!long(of("HOUSEEXTENSION"), 0, 10), "431", "House extension should have 0 to 10 characters"),
        (of("POSTALCODE").is_empty(), "415", "Missing postal code"),
        (!is_postal(of("POSTALCODE"), of("COUNTRYCODE")), "416", "Wrong postal code format"),
        (of("PHONENUMBER").is_empty(), "417", "Missing phone number"),
        (!is_phone(of("PHONENUMBER")), "402", "Phone number should have 9 to 18 characters"),
        (private && of("BIRTHDATE").is_empty(), "421", "Missing birth date"),
        (!of("BIRTHDATE").is_empty() && birth.is_none(), "418", "Wrong birth date format. Expected dd-mm-yyyy"),
        (private && is_minor(birth, now), "422", "Minimal age is 18"),
        (of("EMAIL").is_empty(), "419", "Missing email"),
        (!is_email(of("EMAIL")), "420", "Wrong email format"),
        (!digits(&delivered("HOUSENUMBER")), "425", "Wrong delivery house number format"),
        (of("ORDERAMOUNT").is_empty(), "427", "Missing order amount"),
        (amount.is_none_or(|minor| minor <= 0), "428", "Wrong order amount"),
        (amount.is_some_and(|minor| minor > state.settings.max_amount), "429", "Amount is higher than agreed"),
    ])?;
    Ok(amount.unwrap_or_default())
}

/// Checks a buyer. `BACKDOOR` decides first (1 yes, 0 no); then the test data: `+701@` in the e-mail address is an
/// error, `+decline@` a no.
pub(crate) fn check(state: &mut State, document: &Element, now: Timestamp) -> Result<Answer, Refusal> {
    only(document, IDENTITY, ENVELOPE)?;
    let minor = rules(state, document, now)?;
    let email = document.get("EMAIL");
    let accepted = match document.get("BACKDOOR") {
        "1" if state.settings.backdoor => true,
        "0" if state.settings.backdoor => false,
        _ if email.contains("+701@") => return Err(refuse("701", "Customer is rejected for the credit check")),
        _ => !is_refused(email),
    };
    let verdict = |code: &str, advice: &str| vec![Element::text("CODE", code), Element::text("DESCRIPTION", advice)];
    if !accepted {
        return Ok(message("501", verdict("501", "Advies=0"), Vec::new()));
    }
    let uuid = uuid::Uuid::new_v4().to_string();
    let answer = message("500", verdict("500", "Advies=1"), vec![Element::text("UUID", &uuid)]);
    let (workflow, expires) = (document.get("WORKFLOWNUMBER").to_owned(), after(now, state.settings.check_seconds));
    state.checks.push(Check { uuid, workflow, minor, expires, used: false });
    Ok(answer)
}
