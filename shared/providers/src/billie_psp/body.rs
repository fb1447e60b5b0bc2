//! The bodies of requests, and the parts of an order in Billie's words.

use payment::{Address, Amount, Company, Flow, Line, LineKind, Order, Payment, Person, Salutation, TaxedAmount};
use serde::Serialize;
use url::Url;

use super::wire::{Part, Whole};
use crate::{Context, Urls};

/// The payment term where the order names none; the default of Billie's plugins.
const USUAL_TERM_DAYS: u16 = 30;

pub(super) fn term(payment: &Payment) -> u16 {
    payment.payment_terms_days.unwrap_or(USUAL_TERM_DAYS)
}

/// A session of either kind; the page also learns where the buyer and the message go.
#[derive(Serialize)]
pub(super) struct Session<'a> {
    merchant_id: &'a str,
    external_code: &'a str,
    duration: u16,
    amount: Whole,
    debtor_company: Debtor<'a>,
    debtor_person: DebtorPerson<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'a str>,
    delivery_address: Postal<'a>,
    line_items: Vec<Item<'a>>,
    #[serde(flatten)]
    page: Option<Page<'a>>,
}

#[derive(Serialize)]
struct Page<'a> {
    merchant_urls: MerchantUrls<'a>,
    webhook_url: &'a Url,
}

#[derive(Serialize)]
struct MerchantUrls<'a> {
    accept_url: &'a Url,
    decline_url: &'a Url,
}

#[derive(Serialize)]
struct Debtor<'a> {
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
    company_address: Postal<'a>,
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
struct Postal<'a> {
    street: &'a str,
    house_number: String,
    postal_code: &'a str,
    city: &'a str,
    country: &'a str,
}

#[derive(Serialize)]
struct Item<'a> {
    external_id: &'a str,
    title: &'a str,
    quantity: u32,
    /// The line's, not the unit's.
    amount: Whole,
}

/// Takes money.
#[derive(Serialize)]
pub(super) struct Capture<'a> {
    pub(super) amount: Part,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) invoice_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) invoice_url: Option<&'a Url>,
}

/// Gives money back.
#[derive(Serialize)]
pub(super) struct Refund<'a> {
    pub(super) capture_id: &'a str,
    pub(super) amount: Part,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<&'a str>,
}

impl<'a> Session<'a> {
    /// None where the order has not what the capabilities require.
    pub(super) fn of(merchant_id: &'a str, context: &Context<'a>) -> Option<Self> {
        let (payment, order) = (context.payment, context.order?);
        let Urls { back, push } = context.urls;
        let merchant_urls = MerchantUrls { accept_url: back, decline_url: back };
        Some(Self {
            merchant_id,
            external_code: &payment.order_reference,
            duration: term(payment),
            amount: Whole::of(TaxedAmount::new(payment.amount, payment.net), payment.currency),
            debtor_company: debtor(order)?,
            debtor_person: person(&order.buyer.person),
            comment: order.description.as_ref().map(|text| text.as_str()),
            delivery_address: postal(order.delivery_address()),
            line_items: order.lines.iter().filter(|line| line.kind == LineKind::Goods).map(|l| item(l, order)).collect(),
            page: (payment.flow == Flow::Redirect).then_some(Page { merchant_urls, webhook_url: push }),
        })
    }
}

fn debtor(order: &Order) -> Option<Debtor<'_>> {
    let Company { name, legal_form, registration_number, registration_court, vat_number, tax_number } =
        order.buyer.company.as_ref()?;
    Some(Debtor {
        merchant_customer_id: order.buyer.reference.as_ref()?.reveal().as_str(),
        name: name.reveal().as_str(),
        legal_form: legal_form.as_ref()?.as_str(),
        tax_id: vat_number.as_ref().map(|text| text.reveal().as_str()),
        tax_number: tax_number.as_ref().map(|text| text.reveal().as_str()),
        registration_court: registration_court.as_ref().map(|text| text.reveal().as_str()),
        registration_number: registration_number.as_ref().map(|text| text.reveal().as_str()),
        company_address: postal(&order.billing_address),
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

fn postal(address: &Address) -> Postal<'_> {
    let number = address.house_number.reveal().as_str();
    let addition = address.house_number_addition.as_ref().map(|text| text.reveal().as_str());
    Postal {
        street: address.street.reveal().as_str(),
        house_number: addition.map_or_else(|| number.to_owned(), |addition| format!("{number} {addition}")),
        postal_code: address.postal_code.reveal().as_str(),
        city: address.city.reveal().as_str(),
        country: address.country.as_str(),
    }
}

fn item<'a>(line: &'a Line, order: &Order) -> Item<'a> {
    let amount = |minor| Amount::new(minor).unwrap_or_default();
    let whole = TaxedAmount::new(amount(line.gross()), amount(line.tax_rate.net_of(line.gross())));
    Item {
        external_id: line.reference.as_str(),
        title: line.name.as_str(),
        quantity: line.quantity,
        amount: Whole::of(whole, order.currency),
    }
}
