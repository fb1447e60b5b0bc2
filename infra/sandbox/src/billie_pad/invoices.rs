//! Invoices, which are captures; credit notes and cancellations, which are refunds; payments that went astray.
//!
//! Sources: docs.billie.io/reference/invoice_create, invoice_cancel_v2, create_credit_note, invoice_payment_confirm.

use jiff::Timestamp;
use url::Url;

use super::books::{Credit, Invoice, Order, Seen};
use super::{State, hooks, orders, wire};
use super::{invalid, verdict};
use crate::billie::parts::{not_ordered, shipped_items};
use crate::billie::refusal;
use crate::clock::after;
use crate::json::{Json, map};
use crate::message::Answer;
use crate::reader::{Flaws, Reader};

const SHIPPING: [&str; 7] = [
    "return_shipping_company",
    "return_tracking_number",
    "return_tracking_url",
    "shipping_company",
    "shipping_method",
    "tracking_number",
    "tracking_url",
];

fn not_found() -> Answer {
    refusal(404, "invoice_not_found", "Invoice not found")
}

fn not_allowed(title: &str) -> Answer {
    refusal(403, "operation_not_allowed", title)
}

fn check_url(reader: &Reader<'_>, url: &str) {
    if !url.is_empty() && !Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        reader.flaw("invoice_url", "This value is not a valid URL.");
    }
}

/// Items are those of the order.
fn known(order: &Order, items: &[String]) -> Result<(), Answer> {
    let unknown = not_ordered(&order.items, items);
    unknown.map_or(Ok(()), |source| Err(invalid(&source, "The order has no such item.")))
}

/// Captures: exactly one order, by its uuid or external code.
pub(crate) fn create(state: &mut State, body: &Json, now: Timestamp) -> Result<Answer, Answer> {
    let flaws = Flaws::default();
    let reader = Reader::new(body, &flaws);
    let wanted = reader.texts("orders");
    if wanted.len() != 1 {
        reader.flaw("orders", "This collection should contain exactly 1 element.");
    }
    let (number, url) = (reader.text("external_code"), reader.text("invoice_url"));
    check_url(&reader, &url);
    let amount = reader.positive("amount");
    if let Some(shipping) = reader.object("shipping_info") {
        for name in SHIPPING {
            shipping.optional(name);
        }
        shipping.end();
    }
    let items = shipped_items(&reader);
    reader.end();
    verdict(flaws)?;
    let books = &state.books;
    let named = |name: &String| {
        let by_code = books.orders.iter().rfind(|order| order.external_code.as_ref() == Some(name));
        books.order(name).or(by_code)
    };
    let order = wanted.first().and_then(named).ok_or_else(orders::not_found)?;
    let before = books.state(order, Seen::All, "canceled");
    if !matches!(before, "created" | "partially_shipped") {
        return Err(not_allowed("The order can not be shipped in this state"));
    }
    if books.invoices.iter().any(|invoice| invoice.number == number) {
        return Err(invalid("external_code", "This value is already used."));
    }
    if !amount.within(books.unshipped(order, Seen::All)) {
        return Err(invalid("amount", "The amount is higher than what is left to ship."));
    }
    known(order, &items)?;
    let (order, duration) = (order.uuid.clone(), order.duration);
    let invoice = Invoice {
        uuid: uuid::Uuid::new_v4().to_string(),
        order: order.clone(),
        number,
        url,
        amount,
        credits: Vec::new(),
        paid: 0,
        confirmed: 0,
        duration,
        created: now,
        visible: after(now, state.settings.invoice_delay_seconds),
        state: "created",
    };
    let uuid = invoice.uuid.clone();
    let mut hooks: Vec<_> = hooks::about_invoice(state, "invoice_created", &invoice, now).into_iter().collect();
    state.books.invoices.push(invoice);
    hooks.extend(orders::shipped(state, &order, now, before));
    Ok(Answer::json(201, map! { "uuid": uuid }).with_hooks(hooks))
}

/// Tells an invoice.
pub(crate) fn read(state: &State, uuid: &str) -> Result<Answer, Answer> {
    let invoice = state.books.invoice(uuid).ok_or_else(not_found)?;
    Ok(Answer::json(200, wire::invoice(invoice).with("duration", invoice.duration)))
}

/// Replaces number and URL.
pub(crate) fn update(state: &mut State, uuid: &str, body: &Json) -> Result<Answer, Answer> {
    let flaws = Flaws::default();
    let reader = Reader::new(body, &flaws);
    let (number, url) = (reader.optional("external_code"), reader.optional("invoice_url"));
    check_url(&reader, url.as_deref().unwrap_or_default());
    reader.end();
    verdict(flaws)?;
    let taken = |invoice: &Invoice| invoice.uuid != uuid && Some(&invoice.number) == number.as_ref();
    if state.books.invoices.iter().any(taken) {
        return Err(invalid("external_code", "This value is already used."));
    }
    let invoice = state.books.invoice_mut(uuid).ok_or_else(not_found)?;
    if invoice.state == "canceled" {
        return Err(not_allowed("The invoice is cancelled"));
    }
    invoice.number = number.unwrap_or_else(|| invoice.number.clone());
    invoice.url = url.unwrap_or_else(|| invoice.url.clone());
    Ok(Answer::empty(204))
}

/// Gives the whole capture back.
pub(crate) fn cancel(state: &mut State, uuid: &str) -> Result<Answer, Answer> {
    let invoice = state.books.invoice_mut(uuid).ok_or_else(not_found)?;
    if invoice.state == "canceled" {
        return Err(not_allowed("The invoice is already cancelled"));
    }
    invoice.state = "canceled";
    Ok(Answer::empty(204))
}

/// Gives a part of the capture back.
pub(crate) fn credit(state: &mut State, uuid: &str, body: &Json) -> Result<Answer, Answer> {
    let flaws = Flaws::default();
    let reader = Reader::new(body, &flaws);
    let (number, amount) = (reader.text("external_code"), reader.positive("amount"));
    reader.optional("comment");
    let items = shipped_items(&reader);
    reader.end();
    verdict(flaws)?;
    let order = state.books.invoice(uuid).and_then(|invoice| state.books.order(&invoice.order));
    known(order.ok_or_else(not_found)?, &items)?;
    let invoice = state.books.invoice_mut(uuid).ok_or_else(not_found)?;
    if invoice.state == "canceled" {
        return Err(not_allowed("The invoice is cancelled"));
    }
    if !invoice.credited().plus(amount).within(invoice.amount) {
        return Err(invalid("amount", "The credit notes are higher than the invoice."));
    }
    let credit = Credit { uuid: uuid::Uuid::new_v4().to_string(), number, amount };
    let made = credit.uuid.clone();
    invoice.credits.push(credit);
    Ok(Answer::json(201, map! { "uuid": made }))
}

/// The buyer paid the merchant instead of Billie.
pub(crate) fn confirm_payment(state: &mut State, uuid: &str, body: &Json) -> Result<Answer, Answer> {
    let flaws = Flaws::default();
    let reader = Reader::new(body, &flaws);
    let paid = reader.decimal("paid_amount");
    if paid < 10 {
        reader.flaw("paid_amount", "This value should be 0.1 or more.");
    }
    reader.end();
    verdict(flaws)?;
    let invoice = state.books.invoice_mut(uuid).ok_or_else(not_found)?;
    if invoice.state == "canceled" {
        return Err(not_allowed("The invoice is cancelled"));
    }
    if paid > invoice.outstanding() - invoice.confirmed {
        return Err(invalid("paid_amount", "The amount is higher than what is outstanding."));
    }
    invoice.confirmed += paid;
    Ok(Answer::empty(204))
}
