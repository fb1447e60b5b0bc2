//! The order as the checkout gives it: lines, buyer, addresses. Personal data lives here and nowhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use jiff::civil::Date;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use url::Url;

use crate::id::ProviderId;
use crate::money::{Amount, Currency, Price};
use crate::personal::Personal;
use crate::tax::{TaxRate, TaxedAmount};
use crate::text::{Country, EmailAddress, Text};

/// How the buyer meets the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// The buyer is sent to a page of the provider.
    Redirect,
    /// The provider's script runs in the shop's page.
    Widget,
    /// No buyer is present at the provider.
    Direct,
}

/// Whether the authorized money is captured by a later call or by the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureMode {
    /// Captured by calls to `/captures`.
    Manual,
    /// Captured with the authorization, by one provider call.
    Automatic,
}

/// What a line stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// Something sold.
    Goods,
    /// Delivery.
    Shipping,
    /// A surcharge.
    Fee,
    /// A reduction; its price is negative.
    Discount,
}

/// One line of the order. `quantity` times `unit_price` is what the buyer pays for it, tax included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The shop's own name of the line, unique within the order.
    pub reference: Text<1, 100>,
    /// What the buyer reads.
    pub name: Text<1, 255>,
    /// What it stands for.
    pub kind: LineKind,
    /// Whole units, from 1.
    pub quantity: u32,
    /// Minor units per unit, tax included.
    pub unit_price: Price,
    /// Percent.
    pub tax_rate: TaxRate,
}

impl Line {
    /// Minor units of this line, tax included; negative for a discount.
    #[must_use]
    pub fn gross(&self) -> i64 {
        i64::from(self.quantity).saturating_mul(self.unit_price.minor())
    }
}

/// What the payment itself keeps of a line, so that captures by line need no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableLine {
    /// The line's reference.
    #[serde(rename = "r")]
    pub reference: Text<1, 100>,
    /// Ordered units.
    #[serde(rename = "q")]
    pub quantity: u32,
    /// Minor units per unit, tax included.
    #[serde(rename = "p")]
    pub unit_price: Price,
    /// Percent.
    #[serde(rename = "t")]
    pub tax_rate: TaxRate,
    /// What the line stands for.
    #[serde(rename = "k")]
    pub kind: LineKind,
}

/// Who buys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BuyerKind {
    /// A consumer.
    Person,
    /// A company.
    Business,
}

/// How to address a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Salutation {
    /// Mr.
    Male,
    /// Ms.
    Female,
    /// Not known or neither.
    #[default]
    Unknown,
}

/// The person who buys, or who buys for a company.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Given name.
    pub first_name: Personal<Text<1, 255>>,
    /// Family name.
    pub last_name: Personal<Text<1, 255>>,
    /// Initials; providers that need them get the first letter of the given name otherwise.
    #[serde(default)]
    pub initials: Option<Personal<Text<1, 10>>>,
    /// How to address the person.
    #[serde(default)]
    pub salutation: Salutation,
    /// Day of birth.
    #[serde(default, deserialize_with = "day")]
    pub birth_date: Option<Personal<Date>>,
    /// E-mail address.
    pub email: Personal<EmailAddress>,
    /// Telephone number.
    #[serde(default)]
    pub phone: Option<Personal<Text<4, 32>>>,
}

/// The company that buys.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Company {
    /// Registered name.
    pub name: Personal<Text<2, 255>>,
    /// The provider's code of the legal form, where it has one.
    #[serde(default)]
    pub legal_form: Option<Text<1, 50>>,
    /// Number in the commercial register or chamber of commerce.
    #[serde(default)]
    pub registration_number: Option<Personal<Text<1, 100>>>,
    /// The court that keeps the register.
    #[serde(default)]
    pub registration_court: Option<Personal<Text<1, 255>>>,
    /// VAT identification number.
    #[serde(default)]
    pub vat_number: Option<Personal<Text<1, 50>>>,
    /// National tax number.
    #[serde(default)]
    pub tax_number: Option<Personal<Text<1, 50>>>,
}

/// The buyer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Buyer {
    /// Consumer or company.
    pub kind: BuyerKind,
    /// The shop's own customer number.
    #[serde(default)]
    pub reference: Option<Personal<Text<1, 100>>>,
    /// The person.
    pub person: Person,
    /// The company; required for a business.
    #[serde(default)]
    pub company: Option<Company>,
    /// Where the buyer came from, for the provider's risk check.
    #[serde(default)]
    pub ip_address: Option<Personal<IpAddr>>,
    /// Language and region, like `de-DE`.
    #[serde(default)]
    pub locale: Option<Text<2, 20>>,
}

/// A postal address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Street without number.
    pub street: Personal<Text<1, 255>>,
    /// House number without its addition.
    pub house_number: Personal<Text<1, 20>>,
    /// What follows the house number.
    #[serde(default)]
    pub house_number_addition: Option<Personal<Text<1, 20>>>,
    /// Postal code.
    pub postal_code: Personal<Text<1, 20>>,
    /// City.
    pub city: Personal<Text<1, 100>>,
    /// ISO 3166-1 alpha-2.
    pub country: Country,
}

/// What the checkout asks for: the body of `POST /v1/payments`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Which provider API.
    pub provider: ProviderId,
    /// The shop's order number.
    pub reference: Text<1, 64>,
    /// What the buyer may read on a statement.
    #[serde(default)]
    pub description: Option<Text<1, 255>>,
    /// ISO 4217.
    pub currency: Currency,
    /// Minor units; the sum of the lines.
    pub amount: Amount,
    /// How the buyer meets the provider; the provider's first when absent.
    #[serde(default)]
    pub flow: Option<Flow>,
    /// When the money is captured; manual where the provider can when absent.
    #[serde(default)]
    pub capture: Option<CaptureMode>,
    /// What is bought.
    pub lines: Vec<Line>,
    /// Who buys.
    pub buyer: Buyer,
    /// Where the invoice goes.
    pub billing_address: Address,
    /// Where the goods go; the billing address when absent.
    #[serde(default)]
    pub shipping_address: Option<Address>,
    /// Where the buyer goes after the provider's page.
    #[serde(default)]
    pub return_url: Option<Url>,
    /// Days until the buyer must have paid.
    #[serde(default)]
    pub payment_terms_days: Option<u16>,
    /// The shop's own notes, given back as they came. Not for personal data: it outlives an erasure.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// The provider's own part.
    #[serde(default = "no_options")]
    pub options: serde_json::Value,
}

/// A day as RFC 3339 writes it: ten characters, while a date is also read from more, as a time of that day.
fn day<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<Personal<Date>>, D::Error> {
    let Some(text) = Option::<String>::deserialize(reader)? else { return Ok(None) };
    let day = text.parse().ok().filter(|_| text.len() == 10);
    day.map(|day| Some(Personal::new(day))).ok_or_else(|| D::Error::custom("must be a date, as 1990-01-31"))
}

fn no_options() -> serde_json::Value {
    serde_json::Value::Object(serde_json::Map::new())
}

/// A rule that the order breaks, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderError {
    /// JSON pointer of the field.
    pub pointer: String,
    /// The rule, without the value.
    pub detail: String,
    /// Whether it is the sum of the lines that is wrong.
    pub lines_do_not_add_up: bool,
}

impl OrderError {
    /// A broken rule at a field.
    #[must_use]
    pub fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into(), lines_do_not_add_up: false }
    }
}

impl Order {
    /// Every rule of the contract that holds for all providers and that the order breaks.
    #[must_use]
    pub fn broken_rules(&self) -> Vec<OrderError> {
        let mut broken = Vec::new();
        self.check_lines(&mut broken);
        self.check_buyer(&mut broken);
        self.check_rest(&mut broken);
        broken
    }

    fn check_lines(&self, broken: &mut Vec<OrderError>) {
        if self.lines.is_empty() || self.lines.len() > 200 {
            broken.push(OrderError::at("/lines", "must have 1 to 200 lines"));
        }
        let mut seen = BTreeSet::new();
        for (i, line) in self.lines.iter().enumerate() {
            if !seen.insert(line.reference.as_str()) {
                broken.push(OrderError::at(format!("/lines/{i}/reference"), "must be unique within the order"));
            }
            if line.quantity == 0 || line.quantity > 1_000_000 {
                broken.push(OrderError::at(format!("/lines/{i}/quantity"), "must be from 1 to 1000000"));
            }
            let negative = line.unit_price.minor() < 0;
            if negative != (line.kind == LineKind::Discount) && line.unit_price.minor() != 0 {
                let rule = "must be negative for a discount and not negative for any other kind";
                broken.push(OrderError::at(format!("/lines/{i}/unit_price"), rule));
            }
        }
        let sum: i128 = self.lines.iter().map(|line| i128::from(line.gross())).sum();
        if sum != i128::from(self.amount.minor()) {
            broken.push(OrderError {
                pointer: "/amount".into(),
                detail: format!("is {} but the lines add up to {sum}", self.amount),
                lines_do_not_add_up: true,
            });
        }
    }

    fn check_buyer(&self, broken: &mut Vec<OrderError>) {
        if self.buyer.kind == BuyerKind::Business && self.buyer.company.is_none() {
            broken.push(OrderError::at("/buyer/company", "is required when the buyer is a business"));
        }
    }

    fn check_rest(&self, broken: &mut Vec<OrderError>) {
        if !self.reference.as_str().bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
            broken.push(OrderError::at("/reference", "must be printable ASCII"));
        }
        if self.payment_terms_days.is_some_and(|days| days == 0 || days > 365) {
            broken.push(OrderError::at("/payment_terms_days", "must be from 1 to 365 days"));
        }
        if self.return_url.as_ref().is_some_and(|url| url.as_str().len() > 2_000) {
            broken.push(OrderError::at("/return_url", "must have at most 2000 characters"));
        }
        if self.return_url.as_ref().is_some_and(|url| !is_https_or_loopback(url)) {
            broken.push(OrderError::at("/return_url", "must be https, or http on loopback"));
        }
        let fits = |(k, v): (&String, &String)| (1..=40).contains(&k.chars().count()) && v.chars().count() <= 500;
        if self.metadata.len() > 50 || !self.metadata.iter().all(fits) {
            broken.push(OrderError::at(
                "/metadata",
                "must have at most 50 keys of 1 to 40 characters with values of at most 500",
            ));
        }
        if !self.options.is_object() {
            broken.push(OrderError::at("/options", "must be an object"));
        }
    }

    /// The order's amount with its net part: the sum of the lines' nets.
    #[must_use]
    pub fn taxed_amount(&self) -> TaxedAmount {
        let net = self.lines.iter().map(|line| line.tax_rate.net_of(line.gross())).fold(0i64, i64::saturating_add);
        TaxedAmount::new(self.amount, Amount::new(net.max(0)).unwrap_or(self.amount))
    }

    /// Where the goods go.
    #[must_use]
    pub fn delivery_address(&self) -> &Address {
        self.shipping_address.as_ref().unwrap_or(&self.billing_address)
    }

    /// The compact line table that the payment keeps.
    #[must_use]
    pub fn table(&self) -> Vec<TableLine> {
        let row = |line: &Line| TableLine {
            reference: line.reference.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            tax_rate: line.tax_rate,
            kind: line.kind,
        };
        self.lines.iter().map(row).collect()
    }
}

fn is_https_or_loopback(url: &Url) -> bool {
    let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}
