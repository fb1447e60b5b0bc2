//! What Billink wants to know, group by group, and whom it refuses.
//!
//! Sources: docs.buckaroo.io/docs/billink-requests, docs.buckaroo.io/docs/en/billink, developers.billink.nl/legacy-api.

use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::Edition;
use super::books::{Action, Doom};
use super::request::{Flaw, Param, Wanted, dutch_date};
use crate::billink_shared::{is_city, is_postal};
use crate::money;

const TOP: &[&str] = &["Trackandtrace", "VATNumber"];
const ARTICLE: &[&str] =
    &["Identifier", "Description", "Quantity", "VatPercentage", "GrossUnitPriceIncl", "GrossUnitPriceExcl"];
const CUSTOMER: &[&str] = &[
    "Category",
    "CareOf",
    "ChamberOfCommerce",
    "FirstName",
    "Initials",
    "LastName",
    "Salutation",
    "Street",
    "StreetNumber",
    "StreetNumberAdditional",
    "PostalCode",
    "City",
    "Country",
    "MobilePhone",
    "Email",
    "BirthDate",
];
const MAX_ARTICLES: usize = 99;

/// What the rules depend on.
pub(crate) struct Terms {
    pub(crate) edition: Edition,
    /// A hosted page may ask the buyer for what is missing.
    pub(crate) hosted: bool,
    pub(crate) today: Date,
}

/// Adds every flaw of the Billink parameters to the request.
pub(crate) fn check(wanted: &mut Wanted, terms: &Terms) {
    let Some(action) = wanted.action else { return };
    let mut flaws = Vec::new();
    names(wanted, action, &mut flaws);
    match action {
        Action::Pay | Action::Authorize => {
            if wanted.invoice.is_none() {
                flaws.push(Flaw::missing("Invoice"));
            }
            let sheet = Sheet { params: &wanted.params, terms };
            sheet.billing(&mut flaws);
            sheet.shipping(&mut flaws);
            sheet.articles(&mut flaws);
            order_amount(wanted, &mut flaws);
            limits(&sheet, wanted.minor, &mut flaws);
        }
        Action::Capture => order_amount(wanted, &mut flaws),
        Action::Refund | Action::CancelAuthorize => {}
    }
    if matches!(action, Action::Capture | Action::Refund | Action::CancelAuthorize) && wanted.original.is_none() {
        flaws.push(Flaw::missing("OriginalTransactionKey"));
    }
    wanted.flaws.append(&mut flaws);
}

/// Only parameters that the action takes.
fn names(wanted: &Wanted, action: Action, flaws: &mut Vec<Flaw>) {
    for param in &wanted.params {
        let known: &[&str] = match (action, param.group.to_ascii_lowercase().as_str()) {
            (Action::Pay | Action::Authorize, "") => TOP,
            (Action::Capture, "") => &["Trackandtrace"],
            (Action::Refund, "") => &["refundreason"],
            (Action::Pay | Action::Authorize | Action::Capture, "article") => ARTICLE,
            (Action::Pay | Action::Authorize, "billingcustomer" | "shippingcustomer") => CUSTOMER,
            _ => &[],
        };
        if !known.iter().any(|name| name.eq_ignore_ascii_case(&param.name)) {
            flaws.push(Flaw::invalid(&param.name, "not a parameter of this action and group"));
        }
    }
}

/// The parameters of one request, looked up by group.
struct Sheet<'a> {
    params: &'a [Param],
    terms: &'a Terms,
}

impl<'a> Sheet<'a> {
    fn get(&self, group: &str, name: &str) -> Option<&'a str> {
        find(self.params.iter().filter(|param| param.group.eq_ignore_ascii_case(group)), name)
    }

    fn business(&self) -> bool {
        self.get("BillingCustomer", "Category") == Some("B2B")
    }

    fn billing(&self, flaws: &mut Vec<Flaw>) {
        let group = "BillingCustomer";
        for name in ["Category", "Initials", "Salutation"] {
            self.required(group, name, flaws);
        }
        self.address(group, flaws);
        let mut check = |name: &str, holds: fn(&str) -> bool, why: &str| {
            if self.get(group, name).is_some_and(|value| !value.is_empty() && !holds(value)) {
                flaws.push(Flaw::invalid(name, why));
            }
        };
        check("Category", |value| matches!(value, "B2B" | "B2C"), "B2B or B2C");
        check("Salutation", |value| matches!(value, "Male" | "Female" | "Unknown"), "Male, Female or Unknown");
        check("Initials", |value| value.chars().count() <= 6, "at most 6 characters");
        check("Email", |value| value.split('@').filter(|part| !part.is_empty()).count() == 2, "not an e-mail address");
        check("MobilePhone", phone, "9 to 18 digits, spaces or + ( ) -");
        check("BirthDate", |value| dutch_date(value).is_some(), "Expected dd-mm-yyyy");
        check("ChamberOfCommerce", |value| (5..=25).contains(&value.chars().count()), "5 to 25 characters");
        if self.business() {
            self.required(group, "ChamberOfCommerce", flaws);
            if self.terms.edition == Edition::Guide2020 {
                self.required("", "VATNumber", flaws);
            }
        } else if !self.terms.hosted {
            self.required(group, "BirthDate", flaws);
        }
        if self.get("", "VATNumber") == Some("") {
            flaws.push(Flaw::invalid("VATNumber", "must not be empty"));
        }
    }

    fn shipping(&self, flaws: &mut Vec<Flaw>) {
        self.address("ShippingCustomer", flaws);
    }

    fn address(&self, group: &str, flaws: &mut Vec<Flaw>) {
        for name in ["FirstName", "LastName", "Street", "StreetNumber", "PostalCode", "City"] {
            self.required(group, name, flaws);
        }
        if self.get(group, "StreetNumber").is_some_and(|value| !value.bytes().all(|byte| byte.is_ascii_digit())) {
            flaws.push(Flaw::invalid("StreetNumber", "digits only"));
        }
        if self.get(group, "StreetNumberAdditional") == Some("") {
            flaws.push(Flaw::invalid("StreetNumberAdditional", "leave it out when there is none"));
        }
        let country = self.get(group, "Country").unwrap_or_default();
        if !matches!(country, "" | "NL" | "BE") {
            flaws.push(Flaw::invalid("Country", "NL or BE"));
        }
        // What Billink's own API says of these reaches the merchant through the gateway.
        if self.get(group, "PostalCode").is_some_and(|code| !code.is_empty() && !is_postal(code, country)) {
            flaws.push(Flaw::invalid("PostalCode", "not one of this country"));
        }
        if self.get(group, "City").is_some_and(|city| !is_city(city)) {
            flaws.push(Flaw::invalid("City", "letters only"));
        }
        if self.get(group, "StreetNumberAdditional").is_some_and(|value| value.chars().count() > 10) {
            flaws.push(Flaw::invalid("StreetNumberAdditional", "at most 10 characters"));
        }
        if self.business() {
            self.company(group, flaws);
        }
    }

    /// A company's name stands in both groups; the guide does not ask for it.
    fn company(&self, group: &str, flaws: &mut Vec<Flaw>) {
        if self.terms.edition == Edition::Current || group == "BillingCustomer" {
            self.required(group, "CareOf", flaws);
        }
        let name = self.get(group, "CareOf").unwrap_or_default();
        if !name.is_empty() && !(2..=50).contains(&name.chars().count()) {
            flaws.push(Flaw::invalid("CareOf", "a company name of 2 to 50 characters"));
        }
    }

    fn articles(&self, flaws: &mut Vec<Flaw>) {
        let articles = articles(self.params);
        if articles.is_empty() || articles.len() > MAX_ARTICLES {
            flaws.push(Flaw::invalid("Article", "1 to 99 articles"));
        }
        for article in articles {
            let get = |name: &str| find(article.iter().copied(), name).filter(|value| !value.is_empty());
            let mut wanted = vec!["Identifier", "Quantity", "VatPercentage", "GrossUnitPriceIncl"];
            if self.terms.edition == Edition::Current {
                wanted.push("Description");
            }
            if self.business() {
                wanted.push("GrossUnitPriceExcl");
            }
            flaws.extend(wanted.iter().filter(|name| get(name).is_none()).map(|name| Flaw::missing(name)));
            if article.iter().any(|param| param.id.is_empty()) {
                flaws.push(Flaw::invalid("Article", "every article needs a GroupID"));
            }
            let mut check = |name: &str, holds: bool, why: &str| {
                if !holds {
                    flaws.push(Flaw::invalid(name, why));
                }
            };
            let whole = get("Quantity").is_none_or(|value| value.parse::<u32>().is_ok_and(|count| count > 0));
            check("Quantity", whole, "a whole number of at least 1");
            let percent =
                |value: &str| exact(value).is_some_and(|rate| rate >= Decimal::ZERO && rate <= Decimal::ONE_HUNDRED);
            check("VatPercentage", get("VatPercentage").is_none_or(percent), "a decimal from 0 to 100");
            for name in ["GrossUnitPriceIncl", "GrossUnitPriceExcl"] {
                check(name, get(name).is_none_or(|value| exact(value).is_some()), "a decimal");
            }
            // The guide's own sample has prices that have nothing to do with each other.
            if self.business() && self.terms.edition == Edition::Current {
                let of = |name: &str| get(name).and_then(exact);
                let prices = of("GrossUnitPriceIncl").zip(of("GrossUnitPriceExcl")).zip(of("VatPercentage"));
                let fits = prices.is_none_or(|((incl, excl), rate)| is_without_vat(incl, excl, rate));
                check("GrossUnitPriceExcl", fits, "not GrossUnitPriceIncl without the VAT");
            }
        }
    }

    fn required(&self, group: &str, name: &str, flaws: &mut Vec<Flaw>) {
        if self.get(group, name).is_none_or(str::is_empty) {
            let mut flaw = Flaw::missing(name);
            if !group.is_empty() {
                flaw.message = format!("Parameter \"{name}\" of {group} is required");
            }
            flaws.push(flaw);
        }
    }
}

fn find<'a>(mut params: impl Iterator<Item = &'a Param>, name: &str) -> Option<&'a str> {
    params.find(|param| param.name.eq_ignore_ascii_case(name)).map(|param| param.value.as_str())
}

/// The article parameters, one list for each GroupID.
fn articles(params: &[Param]) -> Vec<Vec<&Param>> {
    let mut articles: Vec<Vec<&Param>> = Vec::new();
    for param in params.iter().filter(|param| param.group.eq_ignore_ascii_case("Article")) {
        match articles.iter_mut().find(|article| article.iter().any(|other| other.id == param.id)) {
            Some(article) => article.push(param),
            None => articles.push(vec![param]),
        }
    }
    articles
}

/// Whether the second price is the first one without the VAT, but for the rounding of cents.
fn is_without_vat(incl: Decimal, excl: Decimal, rate: Decimal) -> bool {
    let whole = rate.checked_add(Decimal::ONE_HUNDRED).and_then(|rate| rate.checked_div(Decimal::ONE_HUNDRED));
    let again = whole.and_then(|whole| excl.checked_mul(whole)).and_then(|again| again.checked_sub(incl));
    again.is_some_and(|off| off.abs() <= Decimal::new(1, 2))
}

/// Quantity times price over all articles is the amount, to the last digit.
fn order_amount(wanted: &Wanted, flaws: &mut Vec<Flaw>) {
    let articles = articles(&wanted.params);
    let line = |article: &Vec<&Param>| {
        let number = |name: &str| find(article.iter().copied(), name).and_then(exact);
        number("Quantity")?.checked_mul(number("GrossUnitPriceIncl")?)
    };
    let lines: Option<Vec<Decimal>> = articles.iter().map(line).collect();
    let Some(lines) = lines.filter(|lines| !lines.is_empty()) else { return };
    let sum = lines.iter().try_fold(Decimal::ZERO, |sum, line| sum.checked_add(*line));
    if sum != Some(money::decimal(wanted.minor)) {
        let mut flaw = Flaw::invalid("OrderAmount", "");
        flaw.message = "500108 OrderAmount: the amount is not the sum of the articles".to_owned();
        flaws.push(flaw);
    }
}

/// Up to 750 euros for Dutch and 250 for Belgian consumers, 10,000 for businesses.
fn limits(sheet: &Sheet<'_>, minor: i64, flaws: &mut Vec<Flaw>) {
    let limit = match (sheet.business(), sheet.get("BillingCustomer", "Country")) {
        (true, _) => 1_000_000,
        (false, Some("BE")) => 25_000,
        (false, _) => 75_000,
    };
    if minor > limit {
        flaws.push(Flaw::invalid("AmountDebit", &format!("at most {} for this buyer", money::two_places(limit))));
    }
}

/// Whom Billink refuses. Test data of this sandbox: the last name `Declined`, or an e-mail address with `declined`
/// before the `@`, is refused (690); the last names `Failed` (490) and `Technical` (492) fail; `Pending` stays pending
/// until it is settled by hand. A consumer under 18 is refused.
pub(crate) fn doom(wanted: &Wanted, terms: &Terms) -> Option<Doom> {
    let sheet = Sheet { params: &wanted.params, terms };
    let of = |name: &str| sheet.get("BillingCustomer", name).unwrap_or_default().to_ascii_lowercase();
    let local = of("Email").split('@').next().unwrap_or_default().contains("declined");
    match of("LastName").as_str() {
        "declined" => Some(Doom::Rejected),
        "failed" => Some(Doom::Failed),
        "technical" => Some(Doom::Technical),
        "pending" => Some(Doom::Pending),
        _ if local => Some(Doom::Rejected),
        _ => {
            let born = dutch_date(&of("BirthDate"))?;
            let grown = born.checked_add(18.years()).ok()?;
            (!sheet.business() && grown > terms.today).then_some(Doom::Rejected)
        }
    }
}

/// A plain decimal: digits, at most one point, at most four places.
fn exact(text: &str) -> Option<Decimal> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    let value = if plain { Decimal::from_str_exact(text).ok()? } else { return None };
    (value.scale() <= 4).then_some(value)
}

fn phone(text: &str) -> bool {
    let allowed = |letter: char| letter.is_ascii_digit() || matches!(letter, ' ' | '+' | '(' | ')' | '-');
    (9..=18).contains(&text.chars().count()) && text.chars().all(allowed)
}
