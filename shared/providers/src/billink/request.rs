//! The requests. Credentials are in the body; amounts, rates and quantities of a session are texts (Billink's own
//! plug-in converts them), the amount of a credit is a number (the guide).

use http::Method;
use jiff::fmt::strtime;
use payment::{Address, BuyerKind, Currency, Detail, Instruction, Line, LineKind, Operation, Order, Payment};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use serde_json::{Value, json};

use super::account::Account;
use super::wire::NUMBER;
use crate::billink_common::options::workflow;
use crate::billink_common::{credited, described};
use crate::object::Body;
use crate::order::euros;
use crate::{Context, JsonDecimal, Request};

/// A session for the whole order.
pub(super) fn create_session(account: &Account, operation: &Operation, context: &Context<'_>) -> Option<Request> {
    let order = context.order?;
    let back = &context.urls.back;
    let workflow = workflow(context.payment, &account.workflow_number);
    let body = json!({
        "client": {
            "billinkUsername": account.username.expose_secret(),
            "billinkID": account.id.expose_secret(),
            "workflowNumber": workflow,
            "returnURL": { "successURL": back, "failURL": back, "backURL": back, "cancelURL": back },
        },
        "customer": customer(account, order),
        "billingAddress": address(&order.billing_address),
        "shippingAddress": address(order.delivery_address()),
        "transaction": {
            "totalAmount": euros(order.amount.minor()),
            "totalTaxAmount": euros(order.taxed_amount().tax().minor()),
            "purchaseCountry": order.billing_address.country,
            "purchaseCurrency": Currency::EUR.code(),
            "orderNumber": operation.reference,
            "orderItems": order.lines.iter().map(item).collect::<Vec<_>>(),
        },
    });
    post(account, &account.wire.create_session, &body)
}

/// What is not known is sent empty, as the plug-in does; it does so with the gender always, whose words nobody knows.
fn customer(account: &Account, order: &Order) -> Value {
    let (buyer, person) = (&order.buyer, &order.buyer.person);
    let company = buyer.company.as_ref().filter(|_| buyer.kind == BuyerKind::Business);
    let registration = company.and_then(|company| company.registration_number.as_ref());
    let birth_date = person.birth_date.as_ref().map(|date| strtime::format(&account.wire.birth_date, *date.reveal()));
    json!({
        "firstName": person.first_name,
        "lastName": person.last_name,
        "email": person.email,
        "mobile": person.phone.as_ref().map_or("", |phone| phone.reveal().as_str()),
        "type": if company.is_some() { "b" } else { "p" },
        "initials": person.initials.as_ref().map_or("", |initials| initials.reveal().as_str()),
        "gender": "",
        "birthdate": birth_date.and_then(Result::ok).unwrap_or_default(),
        "company": company.map_or("", |company| company.name.reveal().as_str()),
        "companyNumber": registration.map_or("", |number| number.reveal().as_str()),
        "payTrustScore": 0,
    })
}

fn address(address: &Address) -> Value {
    json!({
        "street": address.street,
        "houseNumber": address.house_number,
        "houseExtension": address.house_number_addition.as_ref().map_or("", |addition| addition.reveal().as_str()),
        "postalCode": address.postal_code,
        "city": address.city,
        "countryCode": address.country,
    })
}

/// `productAmount` and `productTaxAmount` are per unit. Delivery and discounts have codes of their own.
fn item(line: &Line) -> Value {
    let unit = line.unit_price.minor();
    json!({
        "code": match line.kind {
            LineKind::Shipping => "0001",
            LineKind::Discount => "0002",
            LineKind::Goods | LineKind::Fee => line.reference.as_str(),
        },
        "name": line.name,
        "description": "",
        "totalProductAmount": euros(line.gross()),
        "productAmount": euros(unit),
        "productTaxAmount": euros(unit.saturating_sub(line.tax_rate.net_of(unit))),
        "taxRate": line.tax_rate,
        "quantity": line.quantity.to_string(),
    })
}

/// How a payment's session stands.
pub(super) fn session_status(account: &Account, payment: &Payment) -> Option<Request> {
    let body = client(account).with("sessionID", payment.session_reference.as_ref()?);
    post(account, &account.wire.session_status, &body)
}

/// Whether the buyer and the merchant were paid.
pub(super) fn order_info(account: &Account, payment: &Payment) -> Option<Request> {
    let invoice = Body::default().with(&account.wire.names.number, &payment.order_reference);
    about_order(account, &account.wire.order_info, invoice)
}

/// The start of the order's workflow, which is its capture.
pub(super) fn start_workflow(account: &Account, capture: &Operation, payment: &Payment) -> Option<Request> {
    let shipment = match &capture.detail {
        Detail::Capture { shipment, .. } => shipment.as_ref(),
        _ => None,
    };
    let tracking = shipment.and_then(|shipment| shipment.tracking_number.as_ref());
    let name = &account.wire.track_and_trace;
    let invoice =
        Body::default().with(NUMBER, &payment.order_reference).with(name, tracking.filter(|_| !name.is_empty()));
    about_order(account, &account.wire.start_workflow, invoice)
}

/// A credit of an operation's amount.
pub(super) fn credit(account: &Account, operation: &Operation, payment: &Payment) -> Option<Request> {
    let invoice = Body::default()
        .with("creditAmount", JsonDecimal::of(operation.amount, payment.currency))
        .with("description", credited(operation))
        .with(NUMBER, &payment.order_reference);
    about_order(account, &account.wire.credit, invoice)
}

/// What the order is told.
pub(super) fn tell(account: &Account, operation: &Operation, told: &Instruction, payment: &Payment) -> Option<Request> {
    let wire = &account.wire;
    let workflow = workflow(payment, &account.workflow_number);
    let (path, days, own) = match told {
        Instruction::Hold(hold) => (&wire.on_hold, hold.days, ("workflowNumber", workflow)),
        Instruction::Resume(_) => (&wire.resume, None, ("workflowNumber", workflow)),
        Instruction::Message(message) => (&wire.message, None, ("message", message.text.as_str())),
        Instruction::DirectPayment(paid) => {
            let invoice = Body::default()
                .with(&wire.names.amount, JsonDecimal::of(operation.amount, payment.currency))
                .with(&wire.names.description, described(paid, operation))
                .with(&wire.names.number, &payment.order_reference);
            return about_order(account, &wire.payment, invoice);
        }
    };
    let body = client(account).with("days", days).with("invoiceNumber", &payment.order_reference).with(own.0, own.1);
    post(account, path, &body)
}

/// The credentials, which stand beside what is asked.
pub(super) fn client(account: &Account) -> Body {
    Body::default()
        .with("billinkID", account.id.expose_secret())
        .with("billinkUsername", account.username.expose_secret())
}

fn about_order(account: &Account, path: &str, invoice: Body) -> Option<Request> {
    let body = Body::default()
        .with("billinkUsername", account.username.expose_secret())
        .with("billinkID", account.id.expose_secret())
        .with("invoices", [invoice]);
    post(account, path, &body)
}

pub(super) fn post(account: &Account, path: &str, body: &impl Serialize) -> Option<Request> {
    Request::new(Method::POST, account.url(path)).with_json(body)
}
