//! The requests, byte for byte.

use http::Method;
use payment::{BuyerKind, Currency, Detail, Line, LineKind, Operation, Order, Payment};
use rust_decimal::Decimal;
use secrecy::ExposeSecret as _;
use serde::Serialize;

use super::account::{Account, DateOrder};
use super::wire::{
    Address, Client, CreateSession, Credentials, Credit, Customer, Invoices, OrderItem, ReturnUrl, SessionStatus,
    Start, Transaction,
};
use crate::{Context, JsonDecimal, Request};

/// v1's limit of `DESCRIPTION`.
const LONGEST_DESCRIPTION: usize = 254;

/// The option that chooses another workflow than the account's.
pub(super) const WORKFLOW_OPTION: &str = "workflow_number";

fn post<T: Serialize>(account: &Account, path: &str, body: &T) -> Option<Request> {
    let body = serde_json::to_vec(body).ok()?;
    Some(Request::new(Method::POST, account.url(path)?).with_body("application/json", body))
}

fn credentials(account: &Account) -> Credentials<'_> {
    Credentials { username: account.username.expose_secret(), id: account.id.expose_secret() }
}

/// A session for the whole order.
pub(super) fn create_session(account: &Account, operation: &Operation, context: &Context<'_>) -> Option<Request> {
    let order = context.order?;
    let back = context.urls.back.as_str();
    let chosen = order.options.get(WORKFLOW_OPTION).and_then(|option| option.as_str());
    let body = CreateSession {
        client: Client {
            credentials: credentials(account),
            workflow_number: chosen.unwrap_or(&account.workflow_number),
            return_url: ReturnUrl { success: back, fail: back, back, cancel: back },
        },
        customer: customer(account, order),
        billing_address: address(&order.billing_address),
        shipping_address: address(order.delivery_address()),
        transaction: Transaction {
            total_amount: euros(order.amount.minor()),
            total_tax_amount: euros(order.taxed_amount().tax().minor()),
            purchase_country: order.billing_address.country.as_str(),
            purchase_currency: Currency::EUR.code(),
            order_number: &operation.reference,
            order_items: order.lines.iter().map(item).collect(),
        },
    };
    post(account, &account.wire.create_session, &body)
}

/// How a payment's session stands.
pub(super) fn session_status(account: &Account, payment: &Payment) -> Option<Request> {
    let session = payment.session_reference.as_deref()?;
    post(account, &account.wire.session_status, &SessionStatus { credentials: credentials(account), session })
}

/// The start of the order's workflow, which is its capture.
pub(super) fn start_workflow(account: &Account, capture: &Operation, payment: &Payment) -> Option<Request> {
    let tracking = match &capture.detail {
        Detail::Capture { shipment: Some(shipment), .. } => shipment.tracking_number.as_ref(),
        _ => None,
    };
    let tracking = tracking.map(|number| (account.wire.track_and_trace.as_str(), number.as_str()));
    let start = Start { number: &payment.order_reference, track_and_trace: tracking.into_iter().collect() };
    post(account, &account.wire.start_workflow, &Invoices { credentials: credentials(account), invoices: [start] })
}

/// A credit of an operation's amount. Its description begins with our reference, by which a person can find it.
pub(super) fn credit(account: &Account, operation: &Operation, payment: &Payment) -> Option<Request> {
    let reason = match &operation.detail {
        Detail::Refund { reason: Some(reason), .. } => reason.as_str(),
        _ => "",
    };
    let description = format!("{} {reason}", operation.reference);
    let credit = Credit {
        credit_amount: JsonDecimal::of(operation.amount, payment.currency),
        description: description.trim_end().chars().take(LONGEST_DESCRIPTION).collect(),
        number: &payment.order_reference,
    };
    post(account, &account.wire.credit, &Invoices { credentials: credentials(account), invoices: [credit] })
}

fn customer<'a>(account: &Account, order: &'a Order) -> Customer<'a> {
    let (buyer, person) = (&order.buyer, &order.buyer.person);
    let company = buyer.company.as_ref().filter(|_| buyer.kind == BuyerKind::Business);
    let registration = company.and_then(|company| company.registration_number.as_ref());
    let format = match account.wire.birth_date {
        DateOrder::DayFirst => "%d-%m-%Y",
        DateOrder::YearFirst => "%Y-%m-%d",
    };
    let birth_date = person.birth_date.as_ref().map(|date| date.reveal().strftime(format).to_string());
    Customer {
        first_name: person.first_name.reveal().as_str(),
        last_name: person.last_name.reveal().as_str(),
        email: person.email.reveal().as_str(),
        mobile: person.phone.as_ref().map_or("", |phone| phone.reveal().as_str()),
        r#type: if company.is_some() { "b" } else { "p" },
        initials: person.initials.as_ref().map_or("", |initials| initials.reveal().as_str()),
        gender: "",
        birthdate: birth_date.unwrap_or_default(),
        company: company.map_or("", |company| company.name.reveal().as_str()),
        company_number: registration.map_or("", |number| number.reveal().as_str()),
        pay_trust_score: 0,
    }
}

fn address(address: &payment::Address) -> Address<'_> {
    Address {
        street: address.street.reveal().as_str(),
        house_number: address.house_number.reveal().as_str(),
        house_extension: address.house_number_addition.as_ref().map_or("", |addition| addition.reveal().as_str()),
        postal_code: address.postal_code.reveal().as_str(),
        city: address.city.reveal().as_str(),
        country_code: address.country.as_str(),
    }
}

/// Delivery and discounts have codes of their own.
fn item(line: &Line) -> OrderItem<'_> {
    let unit = line.unit_price.minor();
    OrderItem {
        code: match line.kind {
            LineKind::Shipping => "0001",
            LineKind::Discount => "0002",
            LineKind::Goods | LineKind::Fee => line.reference.as_str(),
        },
        name: line.name.as_str(),
        description: "",
        total_product_amount: euros(line.gross()),
        product_amount: euros(unit),
        product_tax_amount: euros(unit.saturating_sub(line.tax_rate.net_of(unit))),
        tax_rate: line.tax_rate.percent().to_string(),
        quantity: line.quantity.to_string(),
    }
}

fn euros(minor: i64) -> String {
    Decimal::new(minor, 2).to_string()
}
