//! The bodies of requests, in our proposals' names. What is null is left out when it is sent.

use payment::{Amount, Currency, Detail, Flow, Invoice, Line, Operation, Order, TaxedAmount};
use serde_json::{Value, json};

use crate::billie::{company, goods, of_line, person, postal, term};
use crate::{Activation, Context};

/// A session of either kind; the page also learns where the buyer and the message go.
pub(super) fn session(merchant_id: &str, context: &Context<'_>) -> Option<Value> {
    let (payment, order) = (context.payment, context.order?);
    let on_page = payment.flow == Flow::Redirect;
    let back = Some(&context.urls.back).filter(|_| on_page);
    Some(json!({
        "merchant_id": merchant_id,
        "external_code": payment.order_reference,
        "duration": term(payment),
        "amount": whole(TaxedAmount::new(payment.amount, payment.net), payment.currency),
        "debtor_company": company(order)?.with("company_address", postal(&order.billing_address)),
        "debtor_person": person(&order.buyer.person),
        "comment": order.description,
        "delivery_address": postal(order.delivery_address()),
        "line_items": items(order),
        "merchant_urls": back.map(|back| json!({ "accept_url": back, "decline_url": back })),
        "webhook_url": on_page.then_some(&context.urls.push),
    }))
}

/// A merchant to be enabled; `reference` is our name for it.
pub(super) fn activation(asked: &Activation, psp_id: Option<&str>, reference: &str) -> Value {
    json!({
        "psp_id": psp_id,
        "external_merchant_id": reference,
        "name": asked.name,
        "legal_form": asked.legal_form,
        "registration_number": asked.registration_number,
        "tax_id": asked.vat_number,
        "website": asked.website,
        "address": postal(&asked.address),
        "countries": asked.countries,
    })
}

/// `merchant` is whose order it is, here and below; none where the account says that it is not named.
pub(super) fn capture(capture: &Operation, merchant: Option<&str>, currency: Currency) -> Option<Value> {
    let Detail::Capture { invoice, .. } = &capture.detail else { return None };
    let (number, url) = invoice.as_ref().map(|Invoice { number, url }| (number, url)).unzip();
    Some(json!({
        "merchant_id": merchant,
        "amount": part(capture.amount, currency),
        "invoice_number": number,
        "invoice_url": url,
    }))
}

pub(super) fn refund(
    refund: &Operation,
    capture: &Operation,
    merchant: Option<&str>,
    currency: Currency,
) -> Option<Value> {
    let Detail::Refund { reason, .. } = &refund.detail else { return None };
    Some(json!({
        "merchant_id": merchant,
        "capture_id": capture.provider_reference.as_ref()?,
        "amount": part(refund.amount, currency),
        "reason": reason,
    }))
}

pub(super) fn cancel(merchant: Option<&str>) -> Value {
    json!({ "merchant_id": merchant })
}

/// Only the amount changes: the order's lines stay what was ordered.
pub(super) fn amend(amend: &Operation, merchant: Option<&str>, currency: Currency) -> Value {
    json!({ "merchant_id": merchant, "amount": whole(amend.taxed(), currency) })
}

/// Minor units, the way dispute messages write them.
fn part(amount: Amount, currency: Currency) -> Value {
    json!({ "currency": currency.code(), "minor": amount })
}

fn whole(amount: TaxedAmount, currency: Currency) -> Value {
    json!({ "currency": currency.code(), "net": amount.net(), "tax": amount.tax(), "gross": amount.gross() })
}

fn items(order: &Order) -> Vec<Value> {
    let item = |line: &Line| {
        json!({
            "external_id": line.reference,
            "title": line.name,
            "quantity": line.quantity,
            "amount": whole(of_line(line, line.gross()), order.currency),
        })
    };
    goods(order).map(item).collect()
}
