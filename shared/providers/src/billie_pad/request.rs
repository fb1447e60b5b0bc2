//! The requests, built from the payment and its order. None where something that they need is not there.

use std::collections::BTreeMap;

use http::Method;
use http::header::CONTENT_LENGTH;
use payment::{Detail, Instruction, Invoice, Operation, Order, Payment, Personal, TaxedAmount};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use url::Url;

use super::account::Account;
use super::body::{
    Confirm, ConfirmPayment, CreateInvoice, CreateOrder, CreditNote, Debtor, FlatCompany, MerchantUrls, PageSession,
    ShippingInfo, Update, WidgetSession, line_items, person, postal, registered, units,
};
use super::wire::{AuthorizedDebtor, Money, Resolved};
use crate::billie::term;
use crate::{Context, JsonDecimal, Request};

pub(super) const JSON: &str = "application/json";

pub(super) fn json<T: Serialize>(method: Method, url: Url, body: &T) -> Option<Request> {
    Some(Request::new(method, url).with_body(JSON, serde_json::to_vec(body).ok()?))
}

pub(super) fn whole(payment: &Payment) -> TaxedAmount {
    TaxedAmount::new(payment.amount, payment.net)
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
    pub(super) fn in_widget(result: &RawValue) -> Option<Self> {
        let Resolved { debtor_company: company, delivery_address } = serde_json::from_str(result.get()).ok()?;
        let parts = company.iter().filter_map(|(name, value)| Some((name.strip_prefix("address_")?, value.reveal())));
        let debtor = AuthorizedDebtor {
            name: serde_json::from_str(company.get("name")?.reveal().get()).ok()?,
            company_address: Personal::new(to_raw_value(&parts.collect::<BTreeMap<_, _>>()).ok()?),
        };
        Some(Self { debtor, delivery_address })
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
        line_items: units(lines, &context.payment.lines),
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
    if cancels_invoice(refund, capture) {
        return Some(Request::new(Method::DELETE, account.url(&["invoices", invoice])));
    }
    let Detail::Refund { lines, reason, reference, .. } = &refund.detail else { return None };
    let body = CreditNote {
        external_code: reference.as_ref().map_or(&refund.reference, |text| text.as_str()),
        amount: Money(refund.taxed()),
        comment: reason.as_ref().map(|text| text.as_str()),
        line_items: units(lines, &context.payment.lines),
    };
    json(Method::POST, account.url(&["invoices", invoice, "credit-notes"]), &body)
}

/// Whether a refund takes back a whole capture and has no number of its own, which only a credit note can carry. No other
/// refund has touched the capture then: together they cannot exceed it.
pub(super) fn cancels_invoice(refund: &Operation, capture: &Operation) -> bool {
    let numbered = matches!(&refund.detail, Detail::Refund { reference: Some(_), .. });
    refund.amount == capture.amount && !numbered
}

/// `POST /orders/{uuid}`
pub(super) fn update(account: &Account, order: &str, amend: &Operation) -> Option<Request> {
    json(Method::POST, account.url(&["orders", order]), &Update { amount: Money(amend.taxed()) })
}

/// `POST /invoices/{uuid}/confirm-payment`
pub(super) fn confirm_payment(account: &Account, told: &Instruction, payment: &Payment) -> Option<Request> {
    let Instruction::DirectPayment(paid) = told else { return None };
    let capture = payment.operations.iter().find(|o| o.makes_capture() == paid.capture_id.as_ref())?;
    let url = account.url(&["invoices", capture.provider_reference.as_deref()?, "confirm-payment"]);
    json(Method::POST, url, &ConfirmPayment { paid_amount: JsonDecimal::of(paid.amount, payment.currency) })
}

/// `POST /orders/{uuid}/cancel`
pub(super) fn cancel(account: &Account, order: &str) -> Request {
    let url = account.url(&["orders", order, "cancel"]);
    Request::new(Method::POST, url).with_header(CONTENT_LENGTH, "0", false)
}
