//! What is sent, element by element.

use std::net::IpAddr;

use http::Method;
use jiff::Timestamp;
use jiff::civil::Date;
use payment::{Address, Detail, Instruction, Line, Operation, Order, Payment, Salutation, TaxRate};
use rust_decimal::Decimal;
use secrecy::ExposeSecret;

use super::account::{Account, Wire};
use super::map::Endpoint;
use super::xml::Element;
use crate::billink_common::options;
use crate::billink_common::{credited, described, house_number};
use crate::order::{company, euros, plain};
use crate::zone::AMSTERDAM;
use crate::{Context, Request};

/// The call with these elements beside the credentials.
pub(super) fn post(account: &Account, endpoint: &Endpoint, fields: Vec<Element>) -> Option<Request> {
    let head = [
        Element::leaf("VERSION", "BILLINK2.0"),
        Element::leaf("CLIENTUSERNAME", account.username.expose_secret()),
        Element::leaf("CLIENTID", account.id.expose_secret()),
        Element::leaf("ACTION", endpoint.action),
    ];
    let document = Element::node("API", head.into_iter().chain(fields).collect()).document()?;
    let url = account.url(&account.wire.path_of(endpoint.path));
    Some(Request::new(Method::POST, url).with_body("text/xml", document))
}

/// Check: who buys, and for how much.
pub(super) fn check(account: &Account, payment: &Payment, order: &Order) -> Vec<Element> {
    let amount = Element::leaf("ORDERAMOUNT", euros(order.amount.minor()));
    buyer(account, payment, order).chain([amount]).collect()
}

/// Order: the same buyer, what is bought, and the check. `None` without the order or the check.
pub(super) fn order(account: &Account, context: &Context<'_>) -> Option<Vec<Element>> {
    let (payment, order) = (context.payment, context.order?);
    let text = order.description.as_ref().map(|text| Element::leaf(&account.wire.additional_text, text.as_str()));
    let business = company(&order.buyer).is_some();
    let items = order.lines.iter().map(|line| item(&account.wire, line, business)).collect();
    let rest = [
        Element::leaf("ORDERNUMBER", &payment.order_reference),
        Element::leaf("DATE", written(day(context.now))),
        Element::leaf("CHECKUUID", payment.session_reference.as_deref()?),
        Element::leaf("CURRENCY", order.currency.code()),
        Element::node("ORDERITEMS", items),
    ];
    Some(buyer(account, payment, order).chain(text).chain(rest).collect())
}

/// Start-workflow: the buyer is to pay now.
pub(super) fn start(account: &Account, capture: &Operation, payment: &Payment) -> Vec<Element> {
    let tracking = match &capture.detail {
        Detail::Capture { shipment: Some(shipment), .. } => shipment.tracking_number.as_ref(),
        _ => None,
    };
    let tracking = tracking.map(|number| Element::leaf("TRACKANDTRACE", number.as_str()));
    invoice(&payment.order_reference, [workflow(account, payment)].into_iter().chain(tracking))
}

fn workflow(account: &Account, payment: &Payment) -> Element {
    Element::leaf("WORKFLOWNUMBER", options::workflow(payment, &account.workflow_number))
}

/// What the order is told: a payment like a credit, the rest without a list.
pub(super) fn tell(account: &Account, operation: &Operation, told: &Instruction, payment: &Payment) -> Vec<Element> {
    let number = &payment.order_reference;
    let own = match told {
        Instruction::Hold(hold) => hold.days.map(|days| Element::leaf("DAYS", days.to_string())),
        Instruction::Resume(_) => Some(Element::leaf("RESUME", "y")),
        Instruction::Message(message) => Some(Element::leaf("MESSAGE", message.text.as_str())),
        Instruction::DirectPayment(paid) => {
            let amount = Element::leaf("AMOUNT", euros(operation.amount.minor()));
            return invoice(number, [amount, Element::leaf("DESCRIPTION", described(paid, operation))]);
        }
    };
    let order = [workflow(account, payment), Element::leaf("INVOICENUMBER", number)];
    order.into_iter().chain(own).collect()
}

/// Credit: some or all of the money back.
pub(super) fn credit(operation: &Operation, payment: &Payment) -> Vec<Element> {
    let amount = Element::leaf("CREDITAMOUNT", euros(operation.amount.minor()));
    invoice(&payment.order_reference, [amount, Element::leaf("DESCRIPTION", credited(operation))])
}

/// Status of one order.
pub(super) fn status(number: &str) -> Vec<Element> {
    invoice(number, [])
}

fn invoice(number: &str, fields: impl IntoIterator<Item = Element>) -> Vec<Element> {
    let item = [Element::leaf("INVOICENUMBER", number)].into_iter().chain(fields).collect();
    vec![Element::node("INVOICES", vec![Element::node("ITEM", item)])]
}

fn buyer(account: &Account, payment: &Payment, order: &Order) -> impl Iterator<Item = Element> {
    let (person, company) = (&order.buyer.person, company(&order.buyer));
    let name = company.map(|company| plain(&company.name));
    let birth_date = person.birth_date.as_ref().filter(|_| company.is_none());
    let sex = match person.salutation {
        Salutation::Male => "M",
        Salutation::Female => "F",
        Salutation::Unknown => "O",
    };
    // The page of Order refuses what is no IP address (422), and nothing shows that it knows longer ones.
    let ip = order.buyer.ip_address.as_ref().map(|ip| ip.reveal().to_canonical()).filter(IpAddr::is_ipv4);
    let who = [
        leaf("TYPE", Some(if company.is_some() { "B" } else { "P" })),
        Some(workflow(account, payment)),
        leaf("COMPANYNAME", name.as_ref()),
        leaf("CHAMBEROFCOMMERCE", company.and_then(|company| company.registration_number.as_ref()).map(plain)),
        leaf("VATNUMBER", company.and_then(|company| company.vat_number.as_ref()).map(plain)),
        leaf("FIRSTNAME", Some(plain(&person.first_name))),
        leaf("LASTNAME", Some(plain(&person.last_name))),
        leaf("INITIALS", person.initials.as_ref().map(plain)),
        leaf("SEX", Some(sex)),
        leaf("BIRTHDATE", birth_date.map(|date| written(*date.reveal()))),
        leaf("PHONENUMBER", person.phone.as_ref().and_then(|phone| digits(phone.reveal().as_str()))),
        leaf("EMAIL", Some(person.email.reveal().as_str())),
        leaf("IP", ip.map(|ip| ip.to_string())),
    ];
    let delivery = order.shipping_address.as_ref().map(|delivery| {
        let names = [
            leaf("DELIVERYADDRESSCOMPANYNAME", name),
            leaf("DELIVERYADDRESSFIRSTNAME", Some(plain(&person.first_name))),
            leaf("DELIVERYADDRESSLASTNAME", Some(plain(&person.last_name))),
        ];
        names.into_iter().chain(address("DELIVERY", &account.wire.delivery_number, delivery))
    });
    let addresses = address("", "", &order.billing_address).into_iter().chain(delivery.into_iter().flatten());
    who.into_iter().chain(addresses).flatten()
}

fn address(prefix: &str, number_prefix: &str, address: &Address) -> [Option<Element>; 6] {
    let (number, addition) = house_number(address).unzip();
    [
        leaf(format!("{prefix}STREET"), Some(plain(&address.street))),
        leaf(format!("{number_prefix}HOUSENUMBER"), number),
        leaf(format!("{number_prefix}HOUSEEXTENSION"), addition.filter(|text| !text.is_empty())),
        leaf(format!("{number_prefix}POSTALCODE"), Some(plain(&address.postal_code))),
        leaf(format!("{prefix}CITY"), Some(plain(&address.city))),
        leaf(format!("{prefix}COUNTRYCODE"), Some(address.country.as_str())),
    ]
}

/// A line. Several discounts in a line are one item, so that no negative price has a quantity.
fn item(wire: &Wire, line: &Line, business: bool) -> Element {
    let (quantity, price) =
        if line.unit_price.minor() < 0 { (1, line.gross()) } else { (line.quantity, line.unit_price.minor()) };
    let net = exact_net(line.tax_rate, price).filter(|_| business);
    let (element, price) = net.map_or(("PRICEINCL", price), |net| ("PRICEEXCL", net));
    let fields = [
        Element::leaf("CODE", line.reference.as_str()),
        Element::leaf("DESCRIPTION", line.name.as_str()),
        Element::leaf(&wire.order_quantity, quantity.to_string()),
        Element::leaf(element, euros(price)),
        Element::leaf("BTW", line.tax_rate.percent().to_string()),
    ];
    Element::node("ITEM", fields.into())
}

/// The price before tax where cents hold it exactly. Where they do not, the price with tax is sent, or the order could
/// come to more than was checked (444).
fn exact_net(rate: TaxRate, gross: i64) -> Option<i64> {
    let (net, hundred) = (rate.net_of(gross), Decimal::ONE_HUNDRED);
    (Decimal::from(net) * (hundred + rate.percent()) == Decimal::from(gross) * hundred).then_some(net)
}

/// A telephone number that Check (402: 9 to 18 characters) and Order (449: digits) take; `None` when it can be none.
pub(super) fn digits(phone: &str) -> Option<String> {
    let international = phone.trim().strip_prefix('+').map(|rest| format!("00{}", rest.replace("(0)", "")));
    let phone = international.unwrap_or_else(|| phone.to_owned());
    let digits: String = phone.chars().filter(|c| !" ()-".contains(*c)).collect();
    let fits = (9..=18).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    fits.then_some(digits)
}

/// The day in Amsterdam.
pub(super) fn day(now: Timestamp) -> Date {
    now.to_zoned(AMSTERDAM.clone()).date()
}

fn written(date: Date) -> String {
    date.strftime("%d-%m-%Y").to_string()
}

fn leaf<T: AsRef<str>>(name: impl Into<String>, text: Option<T>) -> Option<Element> {
    text.map(|text| Element::leaf(name, text))
}
