//! The requests, built from the payment and its order. None where something that they need is not there.

use std::collections::BTreeMap;

use http::Method;
use http::header::CONTENT_LENGTH;
use payment::{
    Detail, Instruction, Invoice, Line, LineKind, LineQuantity, Operation, Order, Payment, Personal, TableLine,
};
use serde_json::value::{RawValue, to_raw_value};

use super::account::{Account, LineItemAmount};
use super::wire::{AuthorizedDebtor, Money, Resolved};
use crate::billie::{company, goods, house_number, of_line, person, postal, term};
use crate::object::Body;
use crate::{Context, JsonDecimal, Request};

fn post(account: &Account, path: &[&str], body: &Body) -> Option<Request> {
    Request::new(Method::POST, account.url(path)).with_json(body)
}

/// `POST /hpp-checkout-sessions`
pub(super) fn page_session(account: &Account, context: &Context<'_>) -> Option<Request> {
    let (payment, order, back) = (context.payment, context.order?, &context.urls.back);
    let billing = &order.billing_address;
    // In the shape of v1, which the hosted page still takes.
    let company = company(order)?
        .with("address_street", &billing.street)
        .with("address_house_number", house_number(billing))
        .with("address_city", &billing.city)
        .with("address_postal_code", &billing.postal_code)
        .with("address_country", billing.country);
    let body = Body::default()
        .with("channel", &account.wire.channel)
        .with("amount", Money(payment.agreed()))
        .with("duration", term(payment))
        .with("debtor_company", company)
        .with("debtor_person", person(&order.buyer.person))
        .with("line_items", line_items(account, order))
        .with("comment", &order.description)
        // Called `external_code` everywhere else.
        .with("order_id", &payment.order_reference)
        .with("delivery_address", postal(order.delivery_address()))
        .with("billing_address", postal(billing))
        .with("merchant_urls", Body::default().with("accept_url", back).with("decline_url", back));
    post(account, &["hpp-checkout-sessions"], &body)
}

/// `POST /checkout-sessions`
pub(super) fn widget_session(account: &Account, order: Option<&Order>) -> Option<Request> {
    let customer = order?.buyer.reference.as_ref()?;
    post(account, &["checkout-sessions"], &Body::default().with("merchant_customer_id", customer))
}

/// `POST /orders`
pub(super) fn create_order(account: &Account, context: &Context<'_>) -> Option<Request> {
    let (payment, order) = (context.payment, context.order?);
    let body = Body::default()
        .with("amount", Money(payment.agreed()))
        .with("duration", term(payment))
        .with("debtor", company(order)?.with("company_address", postal(&order.billing_address)))
        .with("debtor_person", person(&order.buyer.person))
        .with("comment", &order.description)
        .with("external_code", &payment.order_reference)
        .with("delivery_address", postal(order.delivery_address()))
        .with("line_items", line_items(account, order));
    post(account, &["orders"], &body)
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
    let url = account.url(&["checkout-sessions", payment.session_reference.as_deref()?, "confirm"]);
    let body = Body::default()
        .with("amount", Money(payment.agreed()))
        .with("duration", term(payment))
        .with("debtor", &authorized.debtor)
        .with("delivery_address", &authorized.delivery_address)
        .with("external_code", &payment.order_reference);
    Request::new(Method::PUT, url).with_json(&body)
}

/// `POST /invoices`
pub(super) fn create_invoice(account: &Account, capture: &Operation, context: &Context<'_>) -> Option<Request> {
    let Detail::Capture { lines, invoice, shipment, .. } = &capture.detail else { return None };
    let Invoice { number, url } = invoice.as_ref()?;
    let shipping = shipment.as_ref().map(|shipment| {
        Body::default()
            .with("shipping_company", &shipment.carrier)
            .with("tracking_number", &shipment.tracking_number)
            .with("tracking_url", &shipment.tracking_url)
    });
    let body = Body::default()
        .with("orders", [context.payment.provider_reference.as_deref()?])
        .with("external_code", number)
        .with("invoice_url", url.as_ref()?)
        .with("shipping_info", shipping)
        .with("amount", Money(capture.taxed()))
        .with("line_items", units(lines, &context.payment.lines));
    post(account, &["invoices"], &body)
}

/// `DELETE /invoices/{uuid}`
pub(super) fn cancel_invoice(account: &Account, capture: &Operation) -> Option<Request> {
    let invoice = capture.provider_reference.as_deref()?;
    Some(Request::new(Method::DELETE, account.url(&["invoices", invoice])))
}

/// `POST /invoices/{uuid}/credit-notes`
pub(super) fn credit_note(
    account: &Account,
    refund: &Operation,
    capture: &Operation,
    payment: &Payment,
) -> Option<Request> {
    let Detail::Refund { lines, reason, reference, .. } = &refund.detail else { return None };
    let body = Body::default()
        .with("external_code", reference.as_ref().map_or(refund.reference.as_str(), |text| text.as_str()))
        .with("amount", Money(refund.taxed()))
        .with("comment", reason)
        .with("line_items", units(lines, &payment.lines));
    post(account, &["invoices", capture.provider_reference.as_deref()?, "credit-notes"], &body)
}

/// Whether a refund takes back a whole capture and has no number of its own, which only a credit note can carry. No other
/// refund has touched the capture then: together they cannot exceed it.
pub(super) fn cancels_invoice(refund: &Operation, capture: &Operation) -> bool {
    let numbered = matches!(&refund.detail, Detail::Refund { reference: Some(_), .. });
    refund.amount == capture.amount && !numbered
}

/// `POST /orders/{uuid}`
pub(super) fn update(account: &Account, amend: &Operation, payment: &Payment) -> Option<Request> {
    let order = payment.provider_reference.as_deref()?;
    post(account, &["orders", order], &Body::default().with("amount", Money(amend.taxed())))
}

/// `POST /invoices/{uuid}/confirm-payment`
pub(super) fn confirm_payment(account: &Account, told: &Instruction, payment: &Payment) -> Option<Request> {
    let Instruction::DirectPayment(paid) = told else { return None };
    let capture = payment.operations.iter().find(|o| o.makes_capture() == paid.capture_id.as_ref())?;
    let paid_amount = JsonDecimal::of(paid.amount, payment.currency);
    let path = ["invoices", capture.provider_reference.as_deref()?, "confirm-payment"];
    post(account, &path, &Body::default().with("paid_amount", paid_amount))
}

/// `POST /orders/{uuid}/cancel`
pub(super) fn cancel(account: &Account, payment: &Payment) -> Option<Request> {
    let url = account.url(&["orders", payment.provider_reference.as_deref()?, "cancel"]);
    Some(Request::new(Method::POST, url).with_header(CONTENT_LENGTH, "0", false))
}

fn line_items(account: &Account, order: &Order) -> Vec<Body> {
    let item = |line: &Line| {
        let amount = match account.wire.line_item_amount {
            LineItemAmount::Line => of_line(line, line.gross()),
            LineItemAmount::Unit => of_line(line, line.unit_price.minor()),
        };
        Body::default()
            .with("external_id", &line.reference)
            .with("title", &line.name)
            .with("quantity", line.quantity)
            .with("amount", Money(amount))
    };
    goods(order).map(item).collect()
}

/// The goods among what is asked; none where there are none.
fn units(lines: &[LineQuantity], table: &[TableLine]) -> Option<Vec<Body>> {
    let is_goods = |asked: &&LineQuantity| {
        table.iter().any(|line| line.kind == LineKind::Goods && line.reference == asked.reference)
    };
    let unit =
        |asked: &LineQuantity| Body::default().with("external_id", &asked.reference).with("quantity", asked.quantity);
    let units: Vec<_> = lines.iter().filter(is_goods).map(unit).collect();
    (!units.is_empty()).then_some(units)
}
