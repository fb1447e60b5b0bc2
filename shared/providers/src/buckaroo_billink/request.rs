//! Building requests: an order or an operation in, the exact bytes out.

use payment::{
    Address, Buyer, BuyerKind, Currency, Detail, Line, Operation, Order, Payment, Person, Salutation, TableLine,
    TaxRate,
};
use rust_decimal::Decimal;

use super::account::{Account, Wire};
use super::map::{CAPTURE, ServiceAction};
use super::wire::{ClientIp, Parameter, Returns, Service, Services, TransactionRequest};
use crate::{JsonDecimal, Urls};

/// Authorize or Pay: the whole order. `None` when the push address cannot be signed reliably.
pub(super) fn opening(
    account: &Account,
    action: &ServiceAction,
    operation: &Operation,
    order: &Order,
    urls: &Urls,
) -> Option<Vec<u8>> {
    let back = urls.back.as_str();
    let ip = order.buyer.ip_address.as_ref().map(|ip| *ip.reveal());
    let description = order.description.as_ref().map_or(order.reference.as_str(), |text| text.as_str());
    let mut request = basic(account, action, operation, urls)?;
    request.description = Some(description);
    request.client_ip = ip.map(|ip| ClientIp { r#type: u8::from(ip.is_ipv6()), address: ip.to_string() });
    request.returns = Some(Returns { done: back, cancel: back, error: back, reject: back });
    let [service] = &mut request.services.service_list;
    service.parameters = parameters(&account.wire, order);
    serde_json::to_vec(&request).ok()
}

/// Capture, Refund or CancelAuthorize of an earlier transaction.
pub(super) fn following(
    account: &Account,
    action: &ServiceAction,
    operation: &Operation,
    original_key: &str,
    payment: &Payment,
    urls: &Urls,
) -> Option<Vec<u8>> {
    let mut request = basic(account, action, operation, urls)?;
    request.original_transaction_key = Some(original_key);
    if let Detail::Refund { reason: Some(reason), .. } = &operation.detail {
        request.description = Some(reason.as_str());
    }
    if *action == CAPTURE && account.wire.repeat_articles_on_capture {
        let [service] = &mut request.services.service_list;
        service.parameters = articles(&account.wire, payment.lines.iter().map(Article::from), true);
    }
    serde_json::to_vec(&request).ok()
}

fn basic<'a>(
    account: &'a Account,
    action: &ServiceAction,
    operation: &'a Operation,
    urls: &'a Urls,
) -> Option<TransactionRequest<'a>> {
    let amount = Some(JsonDecimal::of(operation.amount, Currency::EUR));
    let push = Some(urls.push.as_str()).filter(|url| signs_the_same_everywhere(url))?;
    Some(TransactionRequest {
        currency: Currency::EUR.code(),
        amount_debit: amount.filter(|_| !action.credit),
        amount_credit: amount.filter(|_| action.credit),
        invoice: &operation.reference,
        description: None,
        client_ip: None,
        returns: None,
        push_url: push,
        push_url_failure: push,
        original_transaction_key: None,
        services: Services {
            service_list: [Service { name: &account.wire.service, action: action.word, parameters: Vec::new() }],
        },
    })
}

/// Only of these characters is it known how Buckaroo escapes them when it signs a push.
fn signs_the_same_everywhere(url: &str) -> bool {
    url.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:?=&".contains(&b))
}

fn parameters<'a>(wire: &'a Wire, order: &Order) -> Vec<Parameter<'a>> {
    let business = order.buyer.kind == BuyerKind::Business;
    let vat = order.buyer.company.as_ref().and_then(|c| c.vat_number.as_ref()).filter(|_| business);
    let vat = vat.map(|vat| Parameter {
        name: "VATNumber",
        group_type: None,
        group_id: None,
        value: vat.reveal().to_string(),
    });
    let lines = order.lines.iter().map(Article::from);
    let mut all: Vec<_> = vat.into_iter().collect();
    all.extend(articles(wire, lines, business));
    all.extend(group("BillingCustomer", String::new(), billing(wire, order)));
    all.extend(group("ShippingCustomer", String::new(), shipping(wire, order)));
    all
}

type Named<'a> = (&'a str, Option<String>);

fn group<'a, const N: usize>(
    group: &'static str,
    id: String,
    named: [Named<'a>; N],
) -> impl Iterator<Item = Parameter<'a>> {
    named.into_iter().filter_map(move |(name, value)| {
        Some(Parameter { name, group_type: Some(group), group_id: Some(id.clone()), value: value? })
    })
}

fn billing<'a>(wire: &'a Wire, order: &Order) -> [Named<'a>; 16] {
    let (buyer, person) = (&order.buyer, &order.buyer.person);
    let business = buyer.kind == BuyerKind::Business;
    let registration = buyer.company.as_ref().and_then(|c| c.registration_number.as_ref()).filter(|_| business);
    let birth_date = person.birth_date.as_ref().filter(|_| !business);
    let salutation = match person.salutation {
        Salutation::Male => "Male",
        Salutation::Female => "Female",
        Salutation::Unknown => "Unknown",
    };
    let [street, number, addition, postal_code, city, country] = address(&order.billing_address);
    [
        ("Category", Some(if business { "B2B" } else { "B2C" }.to_owned())),
        (wire.care_of.as_str(), company_name(buyer)),
        ("ChamberOfCommerce", registration.map(|number| number.reveal().to_string())),
        ("FirstName", Some(person.first_name.reveal().to_string())),
        ("Initials", initials(person)),
        ("LastName", Some(person.last_name.reveal().to_string())),
        ("Salutation", Some(salutation.to_owned())),
        street,
        number,
        addition,
        postal_code,
        city,
        country,
        ("MobilePhone", person.phone.as_ref().map(|phone| phone.reveal().to_string())),
        ("Email", Some(person.email.reveal().as_str().to_owned())),
        ("BirthDate", birth_date.map(|date| date.reveal().strftime("%d-%m-%Y").to_string())),
    ]
}

/// Required by the guide, so it is sent even when the goods go to the billing address.
fn shipping<'a>(wire: &'a Wire, order: &Order) -> [Named<'a>; 9] {
    let person = &order.buyer.person;
    let [street, number, addition, postal_code, city, country] = address(order.delivery_address());
    [
        (wire.care_of.as_str(), company_name(&order.buyer)),
        ("FirstName", Some(person.first_name.reveal().to_string())),
        ("LastName", Some(person.last_name.reveal().to_string())),
        street,
        number,
        addition,
        postal_code,
        city,
        country,
    ]
}

fn address(address: &Address) -> [Named<'static>; 6] {
    let (number, addition) = house_number(address).unzip();
    [
        ("Street", Some(address.street.reveal().to_string())),
        ("StreetNumber", number),
        ("StreetNumberAdditional", addition.filter(|text| !text.is_empty())),
        ("PostalCode", Some(address.postal_code.reveal().to_string())),
        ("City", Some(address.city.reveal().to_string())),
        ("Country", Some(address.country.as_str().to_owned())),
    ]
}

/// The house number's digits, and what follows them with the addition; `None` when it does not begin with a digit.
pub(super) fn house_number(address: &Address) -> Option<(String, String)> {
    let text = address.house_number.reveal().as_str().trim();
    let (digits, rest) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let given = address.house_number_addition.as_ref().map_or("", |addition| addition.reveal().as_str());
    let addition = [rest, given].map(str::trim).join(" ");
    (!digits.is_empty()).then(|| (digits.to_owned(), addition.trim().to_owned()))
}

fn initials(person: &Person) -> Option<String> {
    let given = person.initials.as_ref().map(|initials| initials.reveal().to_string());
    given.or_else(|| Some(person.first_name.reveal().as_str().trim().chars().next()?.to_uppercase().to_string()))
}

/// A company's name has no parameter of its own: it goes where letters are cared of.
fn company_name(buyer: &Buyer) -> Option<String> {
    let company = buyer.company.as_ref().filter(|_| buyer.kind == BuyerKind::Business)?;
    Some(company.name.reveal().to_string())
}

/// A line as Billink takes it.
struct Article<'a> {
    reference: &'a str,
    description: &'a str,
    quantity: u32,
    /// Minor units per unit, tax included.
    price: i64,
    rate: TaxRate,
}

impl Article<'_> {
    /// A discount is one article with a negative price.
    fn with_discounts_as_one(self) -> Self {
        if self.price >= 0 {
            return self;
        }
        Self { price: self.price.saturating_mul(i64::from(self.quantity)), quantity: 1, ..self }
    }
}

impl<'a> From<&'a Line> for Article<'a> {
    fn from(line: &'a Line) -> Self {
        let (reference, description) = (line.reference.as_str(), line.name.as_str());
        Self { reference, description, quantity: line.quantity, price: line.unit_price.minor(), rate: line.tax_rate }
            .with_discounts_as_one()
    }
}

impl<'a> From<&'a TableLine> for Article<'a> {
    fn from(line: &'a TableLine) -> Self {
        let reference = line.reference.as_str();
        Self {
            reference,
            description: reference,
            quantity: line.quantity,
            price: line.unit_price.minor(),
            rate: line.tax_rate,
        }
        .with_discounts_as_one()
    }
}

fn articles<'a, 'b>(wire: &'a Wire, lines: impl Iterator<Item = Article<'b>>, with_net: bool) -> Vec<Parameter<'a>> {
    let parameters = |(number, line): (usize, Article<'_>)| {
        let net = with_net.then(|| euros(line.rate.net_of(line.price)));
        let named = [
            ("Identifier", Some(line.reference.to_owned())),
            ("Description", Some(line.description.to_owned())),
            ("Quantity", Some(line.quantity.to_string())),
            ("VatPercentage", Some(line.rate.percent().to_string())),
            ("GrossUnitPriceIncl", Some(euros(line.price))),
            (wire.gross_unit_price_excl.as_str(), net),
        ];
        group("Article", number.to_string(), named)
    };
    (1..).zip(lines).flat_map(parameters).collect()
}

fn euros(minor: i64) -> String {
    Decimal::new(minor, 2).to_string()
}
