//! The requests, built from the payment and its order. None where something that they need is not there.

use std::collections::BTreeMap;

use http::Method;
use payment::{
    Address, Amount, Company, Detail, Invoice, Line, LineKind, LineQuantity, Operation, OperationStatus, Order,
    Payment, Person, Personal, Salutation, TaxedAmount,
};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use url::Url;

use super::account::{Account, LineItemAmount};
use super::wire::{AuthorizedDebtor, Money};
use crate::{Context, Request};

pub(super) const JSON: &str = "application/json";

/// The payment term where the order names none; the plugins' default.
const USUAL_TERM_DAYS: u16 = 30;

pub(super) fn json<T: Serialize>(method: Method, url: Url, body: &T) -> Option<Request> {
    Some(Request::new(method, url).with_body(JSON, serde_json::to_vec(body).ok()?))
}

pub(super) fn term(payment: &Payment) -> u16 {
    payment.payment_terms_days.unwrap_or(USUAL_TERM_DAYS)
}

pub(super) fn whole(payment: &Payment) -> TaxedAmount {
    TaxedAmount::new(payment.amount, payment.net)
}

#[derive(Serialize)]
struct PageSession<'a> {
    channel: &'a str,
    amount: Money,
    duration: u16,
    debtor_company: FlatCompany<'a>,
    debtor_person: DebtorPerson<'a>,
    line_items: Vec<LineItem<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'a str>,
    /// Called `external_code` everywhere else.
    order_id: &'a str,
    delivery_address: PostalAddress<'a>,
    billing_address: PostalAddress<'a>,
    merchant_urls: MerchantUrls<'a>,
}

#[derive(Serialize)]
struct MerchantUrls<'a> {
    accept_url: &'a Url,
    decline_url: &'a Url,
}

/// The company in the shape of v1, which the hosted page still takes.
#[derive(Serialize)]
struct FlatCompany<'a> {
    #[serde(flatten)]
    company: Registered<'a>,
    address_street: &'a str,
    address_house_number: String,
    address_city: &'a str,
    address_postal_code: &'a str,
    address_country: &'a str,
}

#[derive(Serialize)]
struct Debtor<'a> {
    #[serde(flatten)]
    company: Registered<'a>,
    company_address: PostalAddress<'a>,
}

#[derive(Serialize)]
struct Registered<'a> {
    merchant_customer_id: &'a str,
    name: &'a str,
    legal_form: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_court: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_number: Option<&'a str>,
}

#[derive(Serialize)]
struct DebtorPerson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    salutation: Option<&'static str>,
    first_name: &'a str,
    last_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<&'a str>,
    email: &'a str,
}

#[derive(Serialize)]
struct PostalAddress<'a> {
    street: &'a str,
    house_number: String,
    postal_code: &'a str,
    city: &'a str,
    country: &'a str,
}

#[derive(Serialize)]
struct LineItem<'a> {
    external_id: &'a str,
    title: &'a str,
    quantity: u32,
    amount: Money,
}

#[derive(Serialize)]
struct CreateOrder<'a> {
    amount: Money,
    duration: u16,
    debtor: Debtor<'a>,
    debtor_person: DebtorPerson<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'a str>,
    external_code: &'a str,
    delivery_address: PostalAddress<'a>,
    line_items: Vec<LineItem<'a>>,
}

#[derive(Serialize)]
struct WidgetSession<'a> {
    merchant_customer_id: &'a str,
}

#[derive(Serialize)]
struct Confirm<'a> {
    amount: Money,
    duration: u16,
    debtor: &'a AuthorizedDebtor,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_address: Option<&'a Personal<Box<RawValue>>>,
    external_code: &'a str,
}

#[derive(Serialize)]
struct CreateInvoice<'a> {
    orders: [&'a str; 1],
    external_code: &'a str,
    invoice_url: &'a Url,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping_info: Option<ShippingInfo<'a>>,
    amount: Money,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    line_items: Vec<Units<'a>>,
}

#[derive(Serialize)]
struct ShippingInfo<'a> {
    shipping_company: Option<&'a str>,
    tracking_number: Option<&'a str>,
    tracking_url: Option<&'a Url>,
}

#[derive(Serialize)]
struct Units<'a> {
    external_id: &'a str,
    quantity: u32,
}

#[derive(Serialize)]
struct CreditNote<'a> {
    external_code: &'a str,
    amount: Money,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    line_items: Vec<Units<'a>>,
}

/// `POST /hpp-checkout-sessions`
pub(super) fn page_session(account: &Account, context: &Context<'_>) -> Option<Request> {
    let (payment, order) = (context.payment, context.order?);
    let at = postal(&order.billing_address);
    let body = PageSession {
        channel: &account.wire.channel,
        amount: Money(whole(payment)),
        duration: term(payment),
        debtor_company: FlatCompany {
            company: registered(order)?,
            address_street: at.street,
            address_house_number: at.house_number,
            address_city: at.city,
            address_postal_code: at.postal_code,
            address_country: at.country,
        },
        debtor_person: person(&order.buyer.person),
        line_items: line_items(account, order),
        comment: order.description.as_ref().map(|text| text.as_str()),
        order_id: &payment.order_reference,
        delivery_address: postal(order.delivery_address()),
        billing_address: postal(&order.billing_address),
        merchant_urls: MerchantUrls { accept_url: &context.urls.back, decline_url: &context.urls.back },
    };
    json(Method::POST, account.url(&["hpp-checkout-sessions"]), &body)
}

/// `POST /checkout-sessions`
pub(super) fn widget_session(account: &Account, order: Option<&Order>) -> Option<Request> {
    let merchant_customer_id = order?.buyer.reference.as_ref()?.reveal().as_str();
    json(Method::POST, account.url(&["checkout-sessions"]), &WidgetSession { merchant_customer_id })
}

/// `POST /orders`
pub(super) fn create_order(account: &Account, context: &Context<'_>) -> Option<Request> {
    let (payment, order) = (context.payment, context.order?);
    let body = CreateOrder {
        amount: Money(whole(payment)),
        duration: term(payment),
        debtor: Debtor { company: registered(order)?, company_address: postal(&order.billing_address) },
        debtor_person: person(&order.buyer.person),
        comment: order.description.as_ref().map(|text| text.as_str()),
        external_code: &payment.order_reference,
        delivery_address: postal(order.delivery_address()),
        line_items: line_items(account, order),
    };
    json(Method::POST, account.url(&["orders"]), &body)
}

/// What a confirmation repeats of the authorization.
pub(super) struct Authorized {
    pub(super) debtor: AuthorizedDebtor,
    pub(super) delivery_address: Option<Personal<Box<RawValue>>>,
}

impl Authorized {
    /// The debtor as Billie identified it; the address from our own order.
    pub(super) fn on_page(debtor: AuthorizedDebtor, order: Option<&Order>) -> Self {
        let address = order.and_then(|order| to_raw_value(&postal(order.delivery_address())).ok());
        Self { debtor, delivery_address: address.map(Personal::new) }
    }

    /// What the widget's promise resolved with: `debtor_company` is flat there and nested in the confirmation.
    pub(super) fn in_widget(result: &Value) -> Option<Self> {
        let company = result.get("debtor_company")?.as_object()?;
        let parts = company.iter().filter_map(|(name, value)| Some((name.strip_prefix("address_")?, value)));
        let debtor = AuthorizedDebtor {
            name: Personal::new(company.get("name")?.as_str()?.to_owned()),
            company_address: Personal::new(to_raw_value(&parts.collect::<BTreeMap<_, _>>()).ok()?),
        };
        let delivery_address = result.get("delivery_address").filter(|address| !address.is_null());
        let delivery_address = delivery_address.and_then(|address| to_raw_value(address).ok());
        Some(Self { debtor, delivery_address: delivery_address.map(Personal::new) })
    }
}

/// `PUT /checkout-sessions/{session}/confirm`
pub(super) fn confirm(account: &Account, payment: &Payment, authorized: &Authorized) -> Option<Request> {
    let session = payment.session_reference.as_deref()?;
    let body = Confirm {
        amount: Money(whole(payment)),
        duration: term(payment),
        debtor: &authorized.debtor,
        delivery_address: authorized.delivery_address.as_ref(),
        external_code: &payment.order_reference,
    };
    json(Method::PUT, account.url(&["checkout-sessions", session, "confirm"]), &body)
}

/// `POST /invoices`
pub(super) fn create_invoice(account: &Account, capture: &Operation, context: &Context<'_>) -> Option<Request> {
    let Detail::Capture { lines, invoice, shipment, .. } = &capture.detail else { return None };
    let Invoice { number, url } = invoice.as_ref()?;
    let body = CreateInvoice {
        orders: [context.payment.provider_reference.as_deref()?],
        external_code: number.as_str(),
        invoice_url: url.as_ref()?,
        shipping_info: shipment.as_ref().map(|shipment| ShippingInfo {
            shipping_company: shipment.carrier.as_ref().map(|text| text.as_str()),
            tracking_number: shipment.tracking_number.as_ref().map(|text| text.as_str()),
            tracking_url: shipment.tracking_url.as_ref(),
        }),
        amount: Money(capture.taxed()),
        line_items: units(lines, context.order),
    };
    json(Method::POST, account.url(&["invoices"]), &body)
}

/// `DELETE /invoices/{uuid}` where the whole capture goes back, else `POST /invoices/{uuid}/credit-notes`
pub(super) fn refund(
    account: &Account,
    refund: &Operation,
    capture: &Operation,
    context: &Context<'_>,
) -> Option<Request> {
    let invoice = capture.provider_reference.as_deref()?;
    if cancels_invoice(refund, capture, context.payment) {
        return Some(Request::new(Method::DELETE, account.url(&["invoices", invoice])));
    }
    let Detail::Refund { lines, reason, reference, .. } = &refund.detail else { return None };
    let body = CreditNote {
        external_code: reference.as_ref().map_or(&refund.reference, |text| text.as_str()),
        amount: Money(refund.taxed()),
        comment: reason.as_ref().map(|text| text.as_str()),
        line_items: units(lines, context.order),
    };
    json(Method::POST, account.url(&["invoices", invoice, "credit-notes"]), &body)
}

/// Whether a refund takes back the whole of a capture that no other refund has touched.
pub(super) fn cancels_invoice(refund: &Operation, capture: &Operation, payment: &Payment) -> bool {
    let touches = |o: &Operation| {
        o.id != refund.id
            && o.status != OperationStatus::Rejected
            && o.refunds_capture().is_some()
            && o.refunds_capture() == capture.makes_capture()
    };
    refund.amount == capture.amount && !payment.operations.iter().any(touches)
}

/// `POST /orders/{uuid}/cancel`
pub(super) fn cancel(account: &Account, order: &str) -> Request {
    Request::new(Method::POST, account.url(&["orders", order, "cancel"]))
}

fn registered(order: &Order) -> Option<Registered<'_>> {
    let Company { name, legal_form, registration_number, registration_court, vat_number, tax_number } =
        order.buyer.company.as_ref()?;
    Some(Registered {
        merchant_customer_id: order.buyer.reference.as_ref()?.reveal().as_str(),
        name: name.reveal().as_str(),
        legal_form: legal_form.as_ref()?.as_str(),
        tax_id: vat_number.as_ref().map(|text| text.reveal().as_str()),
        tax_number: tax_number.as_ref().map(|text| text.reveal().as_str()),
        registration_court: registration_court.as_ref().map(|text| text.reveal().as_str()),
        registration_number: registration_number.as_ref().map(|text| text.reveal().as_str()),
    })
}

fn person(person: &Person) -> DebtorPerson<'_> {
    DebtorPerson {
        salutation: match person.salutation {
            Salutation::Male => Some("m"),
            Salutation::Female => Some("f"),
            Salutation::Unknown => None,
        },
        first_name: person.first_name.reveal().as_str(),
        last_name: person.last_name.reveal().as_str(),
        phone_number: person.phone.as_ref().map(|text| text.reveal().as_str()),
        email: person.email.reveal().as_str(),
    }
}

fn postal(address: &Address) -> PostalAddress<'_> {
    let number = address.house_number.reveal().as_str();
    let addition = address.house_number_addition.as_ref().map(|text| text.reveal().as_str());
    PostalAddress {
        street: address.street.reveal().as_str(),
        house_number: addition.map_or_else(|| number.to_owned(), |addition| format!("{number} {addition}")),
        postal_code: address.postal_code.reveal().as_str(),
        city: address.city.reveal().as_str(),
        country: address.country.as_str(),
    }
}

/// Only what is sold: Billie takes no vouchers, delivery and the like as line items.
fn line_items<'a>(account: &Account, order: &'a Order) -> Vec<LineItem<'a>> {
    let item = |line: &'a Line| LineItem {
        external_id: line.reference.as_str(),
        title: line.name.as_str(),
        quantity: line.quantity,
        amount: Money(match account.wire.line_item_amount {
            LineItemAmount::Line => of_line(line, line.gross()),
            LineItemAmount::Unit => of_line(line, line.unit_price.minor()),
        }),
    };
    goods(order).map(item).collect()
}

fn of_line(line: &Line, gross: i64) -> TaxedAmount {
    let amount = |minor| Amount::new(minor).unwrap_or_default();
    TaxedAmount::new(amount(gross), amount(line.tax_rate.net_of(gross)))
}

fn units<'a>(lines: &'a [LineQuantity], order: Option<&Order>) -> Vec<Units<'a>> {
    let sold = |asked: &&LineQuantity| order.is_some_and(|order| goods(order).any(|l| l.reference == asked.reference));
    let unit = |asked: &'a LineQuantity| Units { external_id: asked.reference.as_str(), quantity: asked.quantity };
    lines.iter().filter(sold).map(unit).collect()
}

fn goods(order: &Order) -> impl Iterator<Item = &Line> {
    order.lines.iter().filter(|line| line.kind == LineKind::Goods)
}
