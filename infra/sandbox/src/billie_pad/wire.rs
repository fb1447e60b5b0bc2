//! Billie's JSON: orders, invoices, authorizations.
//!
//! Sources: docs.billie.io/reference, developers' schemas of the Billie Direct API v2.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::books::{Authorization, Books, Invoice, Order, Seen, Stage};
use crate::billie::parts::Company;
use crate::billie::rules::{Verdict, virtual_iban};
use crate::clock::after;
use crate::json::{Json, map};
use crate::money;

/// `2022-12-13 12:34:56`; no zone is given, so German time is taken.
pub(crate) fn time(at: Timestamp) -> String {
    local(at, "%Y-%m-%d %H:%M:%S")
}

fn local(at: Timestamp, format: &str) -> String {
    at.to_zoned(TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC)).strftime(format).to_string()
}

fn number(minor: i64) -> Json {
    Json::Number(money::shortest(minor))
}

/// An order with its visible invoices.
pub(crate) fn order(books: &Books, order: &Order, now: Timestamp, canceled: &'static str) -> Json {
    let seen = Seen::At(now);
    let declined = if let Stage::Declined(reason) = order.stage { Some(reason) } else { None };
    let invoices: Vec<Json> = books.invoices_of(&order.uuid, seen).map(invoice).collect();
    map! {
        "external_code": order.external_code.clone(),
        "uuid": &order.uuid,
        "state": books.state(order, seen, canceled),
        "decline_reason": declined,
        "amount": order.amount.json(),
        "unshipped_amount": books.unshipped(order, seen).json(),
        "duration": order.duration,
        "created_at": time(order.created),
        "delivery_address": order.delivery.as_ref().map(|address| address.json()),
        "debtor": debtor(&order.company, declined.is_some()),
        "invoices": invoices,
        "selected_payment_method": declined.is_none().then_some("bank_transfer"),
        "payment_methods": if declined.is_some() { Vec::new() } else { vec![bank_transfer(&order.company)] },
    }
}

fn account(company: &Company) -> Json {
    map! { "iban": virtual_iban(&company.name), "bic": "FRSDDEF1" }
}

fn bank_transfer(company: &Company) -> Json {
    map! { "type": "bank_transfer", "data": account(company).with("bank_name", Json::Null) }
}

/// The buyer as identified; after a decline nothing is told but what the merchant gave.
fn debtor(company: &Company, declined: bool) -> Json {
    let address = company.address.json();
    let billing = company.billing.as_ref().map_or_else(|| address.clone(), |billing| billing.json());
    let unless = |value: Json| if declined { Json::Null } else { value };
    map! {
        "name": unless(Json::from(&company.name)),
        "company_address": unless(address.clone()),
        "billing_address": unless(billing),
        "bank_account": unless(account(company)),
        "external_data": map! {
            "merchant_customer_id": company.customer.clone(),
            "name": &company.name,
            "industry_sector": company.industry.clone(),
            "address": address,
        },
    }
}

/// What `order_created` tells of the buyer.
pub(crate) fn short_debtor(company: &Company) -> Json {
    map! {
        "name": &company.name,
        "bank_account": account(company),
        "company_address": company.address.json(),
        "billing_address": company.billing.as_ref().unwrap_or(&company.address).json(),
    }
}

/// An invoice; inside an order the same without the duration.
pub(crate) fn invoice(one: &Invoice) -> Json {
    let fee = (one.amount.gross * 25 + 500) / 1_000;
    map! {
        "uuid": &one.uuid,
        "invoice_number": &one.number,
        "payout_amount": number(one.amount.gross - fee),
        "amount": one.amount.json(),
        "outstanding_amount": number(one.outstanding()),
        "fee_amount": number(fee),
        "fee_rate": Json::Number("2.5".to_owned()),
        "created_at": time(one.created),
        "due_date": local(after(one.created, one.duration * 86_400), "%Y-%m-%d"),
        "state": one.state,
        "pending_merchant_payment_amount": number(one.confirmed),
        "pending_cancellation_amount": number(0),
    }
}

/// The last authorization of a session: state, reason, and the buyer to confirm with.
pub(crate) fn authorization(one: &Authorization) -> Json {
    let (state, reason) = match one.verdict {
        Verdict::Approved => ("authorized", None),
        Verdict::Waiting => ("pre_waiting", None),
        Verdict::Declined(reason) => ("declined", Some(reason)),
    };
    let company = &one.deal.company;
    map! {
        "state": state,
        "decline_reason": reason,
        "debtor": map! { "name": &company.name, "company_address": company.address.json() },
    }
}

/// Adds one euro to net and gross of an answer's amount.
pub(crate) fn distort(body: &mut Json) {
    let Some(amount) = body.get_mut("amount") else { return };
    for part in ["net", "gross"] {
        if let Some(Json::Number(literal)) = amount.get_mut(part)
            && let Some(minor) = money::minor(literal)
        {
            *literal = money::shortest(minor + 100);
        }
    }
}
