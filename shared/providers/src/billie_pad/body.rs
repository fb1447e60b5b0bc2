//! The bodies of the requests, and the parts of an order in Billie's words.

use payment::{Address, Company, Line, LineKind, LineQuantity, Order, Person, Personal, TableLine};
use serde::Serialize;
use serde_json::value::RawValue;
use url::Url;

use super::account::{Account, LineItemAmount};
use super::wire::{AuthorizedDebtor, Money};
use crate::JsonDecimal;
use crate::billie::{goods, house_number, of_line, salutation};

#[derive(Serialize)]
pub(super) struct PageSession<'a> {
    pub(super) channel: &'a str,
    pub(super) amount: Money,
    pub(super) duration: u16,
    pub(super) debtor_company: FlatCompany<'a>,
    pub(super) debtor_person: DebtorPerson<'a>,
    pub(super) line_items: Vec<LineItem<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<&'a str>,
    /// Called `external_code` everywhere else.
    pub(super) order_id: &'a str,
    pub(super) delivery_address: PostalAddress<'a>,
    pub(super) billing_address: PostalAddress<'a>,
    pub(super) merchant_urls: MerchantUrls<'a>,
}

#[derive(Serialize)]
pub(super) struct MerchantUrls<'a> {
    pub(super) accept_url: &'a Url,
    pub(super) decline_url: &'a Url,
}

/// The company in the shape of v1, which the hosted page still takes.
#[derive(Serialize)]
pub(super) struct FlatCompany<'a> {
    #[serde(flatten)]
    pub(super) company: Registered<'a>,
    pub(super) address_street: &'a str,
    pub(super) address_house_number: String,
    pub(super) address_city: &'a str,
    pub(super) address_postal_code: &'a str,
    pub(super) address_country: &'a str,
}

#[derive(Serialize)]
pub(super) struct Debtor<'a> {
    #[serde(flatten)]
    pub(super) company: Registered<'a>,
    pub(super) company_address: PostalAddress<'a>,
}

#[derive(Serialize)]
pub(super) struct Registered<'a> {
    pub(super) merchant_customer_id: &'a str,
    pub(super) name: &'a str,
    pub(super) legal_form: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tax_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tax_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) registration_court: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) registration_number: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct DebtorPerson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) salutation: Option<&'static str>,
    pub(super) first_name: &'a str,
    pub(super) last_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) phone_number: Option<&'a str>,
    pub(super) email: &'a str,
}

#[derive(Serialize)]
pub(super) struct PostalAddress<'a> {
    pub(super) street: &'a str,
    pub(super) house_number: String,
    pub(super) postal_code: &'a str,
    pub(super) city: &'a str,
    pub(super) country: &'a str,
}

#[derive(Serialize)]
pub(super) struct LineItem<'a> {
    pub(super) external_id: &'a str,
    pub(super) title: &'a str,
    pub(super) quantity: u32,
    pub(super) amount: Money,
}

#[derive(Serialize)]
pub(super) struct CreateOrder<'a> {
    pub(super) amount: Money,
    pub(super) duration: u16,
    pub(super) debtor: Debtor<'a>,
    pub(super) debtor_person: DebtorPerson<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<&'a str>,
    pub(super) external_code: &'a str,
    pub(super) delivery_address: PostalAddress<'a>,
    pub(super) line_items: Vec<LineItem<'a>>,
}

#[derive(Serialize)]
pub(super) struct WidgetSession<'a> {
    pub(super) merchant_customer_id: &'a str,
}

#[derive(Serialize)]
pub(super) struct Confirm<'a> {
    pub(super) amount: Money,
    pub(super) duration: u16,
    pub(super) debtor: &'a AuthorizedDebtor,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delivery_address: Option<&'a Personal<Box<RawValue>>>,
    pub(super) external_code: &'a str,
}

#[derive(Serialize)]
pub(super) struct CreateInvoice<'a> {
    pub(super) orders: [&'a str; 1],
    pub(super) external_code: &'a str,
    pub(super) invoice_url: &'a Url,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) shipping_info: Option<ShippingInfo<'a>>,
    pub(super) amount: Money,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) line_items: Vec<Units<'a>>,
}

#[derive(Serialize)]
pub(super) struct ShippingInfo<'a> {
    pub(super) shipping_company: Option<&'a str>,
    pub(super) tracking_number: Option<&'a str>,
    pub(super) tracking_url: Option<&'a Url>,
}

#[derive(Serialize)]
pub(super) struct Units<'a> {
    pub(super) external_id: &'a str,
    pub(super) quantity: u32,
}

#[derive(Serialize)]
pub(super) struct Update {
    pub(super) amount: Money,
}

#[derive(Serialize)]
pub(super) struct ConfirmPayment {
    pub(super) paid_amount: JsonDecimal,
}

#[derive(Serialize)]
pub(super) struct CreditNote<'a> {
    pub(super) external_code: &'a str,
    pub(super) amount: Money,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) line_items: Vec<Units<'a>>,
}

pub(super) fn registered(order: &Order) -> Option<Registered<'_>> {
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

pub(super) fn person(person: &Person) -> DebtorPerson<'_> {
    DebtorPerson {
        salutation: salutation(person.salutation),
        first_name: person.first_name.reveal().as_str(),
        last_name: person.last_name.reveal().as_str(),
        phone_number: person.phone.as_ref().map(|text| text.reveal().as_str()),
        email: person.email.reveal().as_str(),
    }
}

pub(super) fn postal(address: &Address) -> PostalAddress<'_> {
    PostalAddress {
        street: address.street.reveal().as_str(),
        house_number: house_number(address),
        postal_code: address.postal_code.reveal().as_str(),
        city: address.city.reveal().as_str(),
        country: address.country.as_str(),
    }
}

pub(super) fn line_items<'a>(account: &Account, order: &'a Order) -> Vec<LineItem<'a>> {
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

pub(super) fn units<'a>(lines: &'a [LineQuantity], table: &[TableLine]) -> Vec<Units<'a>> {
    let is_goods =
        |line: &TableLine, asked: &LineQuantity| line.kind == LineKind::Goods && line.reference == asked.reference;
    let sold = |asked: &&LineQuantity| table.iter().any(|line| is_goods(line, asked));
    let unit = |asked: &'a LineQuantity| Units { external_id: asked.reference.as_str(), quantity: asked.quantity };
    lines.iter().filter(sold).map(unit).collect()
}
