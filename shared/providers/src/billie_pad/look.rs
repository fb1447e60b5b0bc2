//! Reads: how a payment stands, and what became of an operation.

use http::Method;
use payment::{
    Amount, Detail, Doubt, Finding, Flow, GivenBack, News, Operation, OperationNews, OperationStatus, OrderNews,
    OrderState, Outcome, Payment, Receipt, ReceivableFacts, Status, Whom,
};

use super::account::Wire;
use super::answer::{done, news, seen, state};
use super::map::{Debt, Stage, stage};
use super::request::cancels_invoice;
use super::token::Client;
use super::{READ_WAIT, wire};
use crate::{Context, ReadError, Request};

pub(super) async fn observe(client: &Client, context: &Context<'_>) -> Result<News, ReadError> {
    let payment = context.payment;
    let (mut operations, mut receivable) = (Vec::new(), Vec::new());
    let order = match (payment.provider_reference.as_deref(), payment.session_reference.as_deref()) {
        (Some(uuid), _) => {
            let order = order(client, context, uuid).await?;
            let wire = &client.account.wire;
            (operations, receivable) = (given_back(wire, &order), owed(wire, &order, payment));
            let captured = captured_without_us(wire, &order, payment);
            OrderNews { captured, ..news(order, payment).ok_or(ReadError::Unreadable)? }
        }
        (None, session) => match (of_candidate(client, context).await, session) {
            (Err(ReadError::Nothing), Some(session)) => {
                of_session(authorization(client, context, session).await?.as_ref())?
            }
            (order, _) => order?,
        },
    };
    Ok(News { order: Some(order), operations, receivable, ..News::default() })
}

/// What is captured in all, where an invoice is there that no capture of ours has made. Our own count as we know them: one
/// that is new may not show yet, and no page says what a credit note does to the amount of its invoice.
fn captured_without_us(wire: &Wire, order: &wire::Order, payment: &Payment) -> Option<Amount> {
    let counts = |invoice: &&wire::Invoice| !is_ours(invoice, payment) && !wire.is_canceled(invoice);
    let others = order.invoices.0.iter().flatten().filter(counts);
    let amounts: Vec<Amount> = others.filter_map(|invoice| Some(invoice.amount.0?.0.gross())).collect();
    let ours = payment.amounts().captured;
    (!amounts.is_empty()).then(|| amounts.into_iter().chain([ours]).sum())
}

/// Whether a capture that is known to have been made, or may have been, is this invoice.
fn is_ours(invoice: &wire::Invoice, payment: &Payment) -> bool {
    let held = payment.operations.iter().filter(|operation| operation.status != OperationStatus::Rejected);
    held.filter_map(|operation| operation.provider_reference.as_deref()).any(|id| id == invoice.uuid.0)
}

/// How what is owed stands: in v2 the invoices tell it, each of which is a capture.
fn owed(wire: &Wire, order: &wire::Order, payment: &Payment) -> Vec<ReceivableFacts> {
    let of_invoice = |invoice: &wire::Invoice| {
        let outstanding = invoice.outstanding_amount.0.as_ref();
        let known = wire.debt(invoice);
        ReceivableFacts {
            capture_reference: Some(invoice.uuid.0.clone()),
            outstanding: outstanding.and_then(|owed| owed.amount(payment.currency).ok()),
            due_date: invoice.due_date.0,
            overdue: known.map(|debt| debt == Debt::Late),
            paid: known == Some(Debt::Paid),
            paid_out: known == Some(Debt::PaidOut),
            state: known.and(invoice.state.clone()),
        }
    };
    order.invoices.0.iter().flatten().map(of_invoice).collect()
}

/// A cancelled invoice has given its whole capture back, whoever cancelled it (docs.billie.io, invoice_cancel_v2).
fn given_back(wire: &Wire, order: &wire::Order) -> Vec<OperationNews> {
    let of_capture = |invoice: &wire::Invoice| OperationNews {
        whom: vec![Whom::ProviderReference(invoice.uuid.0.clone())],
        outcome: Outcome::Done(Receipt { given_back: Some(GivenBack::All), ..Receipt::default() }),
    };
    order.invoices.0.iter().flatten().filter(|invoice| wire.is_canceled(invoice)).map(of_capture).collect()
}

/// An order whose answer was lost, by the id that a message named: ours only if it has our reference. While it waits for a
/// confirmation, its session is what tells.
async fn of_candidate(client: &Client, context: &Context<'_>) -> Result<OrderNews, ReadError> {
    let (payment, uuid) = (context.payment, context.candidate.ok_or(ReadError::Nothing)?);
    let order = order(client, context, uuid).await?;
    let waits = payment.flow != Flow::Direct && stage(&order.state) == Some(Stage::Confirm);
    if waits || order.external_code.as_ref() != Some(&payment.order_reference) {
        return Err(ReadError::Nothing);
    }
    news(order, payment).ok_or(ReadError::Unreadable)
}

/// A session has no order yet, so it can be waiting, authorized or declined and nothing else.
fn of_session(authorization: Option<&wire::Authorization>) -> Result<OrderNews, ReadError> {
    let Some((authorization, name)) = authorization.and_then(|a| Some((a, a.state.as_deref()?))) else {
        return Ok(OrderNews::of(OrderState::AwaitingBuyer(None)));
    };
    match stage(name) {
        Some(stage @ (Stage::Review | Stage::Confirm | Stage::Declined)) => {
            Ok(OrderNews::of(state(stage, authorization.decline_reason.as_deref())))
        }
        _ => Err(ReadError::Unreadable),
    }
}

pub(super) async fn probe(client: &Client, operation: &Operation, context: &Context<'_>) -> Result<Finding, ReadError> {
    let payment = context.payment;
    let of_order: fn(wire::Order, &Operation, &Payment) -> Finding = match &operation.detail {
        // No page says what an invoice's `pending_merchant_payment_amount` holds and until when, so it proves nothing of one
        // payment.
        Detail::CreateSession | Detail::Tell(_) => return Ok(Finding::Unclear),
        Detail::Confirm => return confirmed(client, context).await,
        Detail::Refund { .. } => return refunded(client, operation, context).await,
        Detail::Cancel if nothing_to_cancel(payment) => return Ok(Finding::Found(Outcome::Done(Receipt::default()))),
        Detail::Capture { .. } => captured,
        Detail::Cancel => canceled,
        Detail::Amend { .. } => amended,
    };
    let Some(uuid) = payment.provider_reference.as_deref() else { return Ok(Finding::Unclear) };
    Ok(of_order(order(client, context, uuid).await?, operation, payment))
}

/// A refused buyer is refused for good, and an order that is there was confirmed; a session alone settles nothing.
async fn confirmed(client: &Client, context: &Context<'_>) -> Result<Finding, ReadError> {
    let news = observe(client, context).await?.order;
    let settled = news.filter(|news| match news.state {
        OrderState::Declined(_) => true,
        OrderState::AwaitingConfirmation => false,
        _ => news.provider_reference.is_some(),
    });
    Ok(settled.map_or(Finding::Unclear, |news| Finding::Found(done(news))))
}

/// A capture is the invoice with its number; one that belongs to another capture does not count. It is missing only where
/// every invoice is another capture's and what is left to ship says so too: the answer may leave a number out, and somebody
/// may have changed it at Billie.
fn captured(order: wire::Order, capture: &Operation, payment: &Payment) -> Finding {
    let left = left_to_ship(&order, payment);
    let Some(invoices) = order.invoices.0 else { return Finding::Unclear };
    let number = match &capture.detail {
        Detail::Capture { invoice: Some(invoice), .. } => Some(invoice.number.as_str()),
        _ => None,
    };
    let others = || payment.operations.iter().filter(|other| other.id != capture.id);
    let taken = |id: &str| others().any(|other| other.provider_reference.as_deref() == Some(id));
    let named = capture.provider_reference.as_deref();
    let is_named = |invoice: &&wire::Invoice| named == Some(&invoice.uuid.0);
    let has_number = |invoice: &&wire::Invoice| {
        number.is_some() && invoice.invoice_number.as_deref() == number && !taken(&invoice.uuid.0)
    };
    let ours = invoices.iter().find(is_named).or_else(|| invoices.iter().find(has_number));
    let known = invoices.iter().all(|invoice| is_ours(invoice, payment));
    match ours {
        // The order does not have the invoice that somebody named.
        None if named.is_some() => Finding::NotFound,
        None if known && left == Some(unshipped(payment.agreed().gross(), payment)) => Finding::NotFound,
        None => Finding::Unclear,
        Some(wire::Invoice { uuid, amount: wire::Part(Some(amount)), .. }) => Finding::Found(Outcome::Done(Receipt {
            provider_reference: Some(uuid.0.clone()),
            amount: Some(amount.0.gross()),
            ..Receipt::default()
        })),
        Some(_) => Finding::Found(Outcome::InDoubt(Doubt::Unreadable)),
    }
}

/// A cancelled invoice shows; a credit note does not.
async fn refunded(client: &Client, refund: &Operation, context: &Context<'_>) -> Result<Finding, ReadError> {
    let payment = context.payment;
    let Some(capture) = refund.refunds_capture() else { return Ok(Finding::Unclear) };
    let capture = payment.operations.iter().find(|operation| operation.makes_capture() == Some(capture));
    let whole = capture.filter(|capture| cancels_invoice(refund, capture));
    let uuid = whole.and_then(|capture| capture.provider_reference.as_deref());
    let Some(uuid) = uuid else { return Ok(Finding::Unclear) };
    let request = Request::new(Method::GET, client.account.url(&["invoices", uuid]));
    let invoice: wire::Invoice = seen(&client.read(request, context).await?)?;
    let gone = invoice.uuid.0 == uuid && client.account.wire.is_canceled(&invoice);
    Ok(if gone { Finding::Found(Outcome::Done(Receipt::default())) } else { Finding::Unclear })
}

/// Cancelling calls the order off, or frees the rest of what we shipped: then nothing is left to ship, and it is not somebody
/// at Billie who shipped it.
fn canceled(order: wire::Order, _: &Operation, payment: &Payment) -> Finding {
    let freed = left_to_ship(&order, payment) == Some(Amount::ZERO);
    let ours = |all: &Vec<wire::Invoice>| !all.is_empty() && all.iter().all(|invoice| is_ours(invoice, payment));
    let known = order.invoices.0.as_ref().is_some_and(ours);
    let done = Finding::Found(Outcome::Done(Receipt::default()));
    match stage(&order.state) {
        Some(Stage::Canceled) => done,
        Some(Stage::Shipped) if freed && known => done,
        Some(Stage::Created | Stage::PartlyShipped | Stage::Review) => Finding::NotFound,
        _ => Finding::Unclear,
    }
}

/// The order's amount and what is left to ship show whether it was amended. Both must say so: a credit note may lower
/// the one, and an invoice needs a moment to show in the other.
fn amended(order: wire::Order, amend: &Operation, payment: &Payment) -> Finding {
    let rest = left_to_ship(&order, payment);
    let Some((whole, rest)) = order.amount.0.map(|amount| amount.0.gross()).zip(rest) else {
        return Finding::Unclear;
    };
    let is = |promised: Amount| whole == promised && rest == unshipped(promised, payment);
    match stage(&order.state) {
        Some(Stage::Created | Stage::PartlyShipped | Stage::Shipped) if is(amend.amount) => {
            Finding::Found(Outcome::Done(Receipt { amount: Some(whole), ..Receipt::default() }))
        }
        Some(Stage::Created | Stage::PartlyShipped) if is(payment.agreed().gross()) => Finding::NotFound,
        _ => Finding::Unclear,
    }
}

/// What the order says is left to ship.
fn left_to_ship(order: &wire::Order, payment: &Payment) -> Option<Amount> {
    order.unshipped_amount.0.as_ref()?.gross.amount(payment.currency).ok()
}

/// What is left to ship of so much that is promised. What Billie reversed stays shipped in its books.
fn unshipped(promised: Amount, payment: &Payment) -> Amount {
    promised.left_after([payment.amounts().captured, payment.reversed()].into_iter().sum())
}

/// Before the confirmation there is a session, which lapses by itself, and no order.
pub(super) fn nothing_to_cancel(payment: &Payment) -> bool {
    payment.provider_reference.is_none()
        && payment.session_reference.is_some()
        && matches!(payment.status, Status::RequiresAction | Status::RequiresConfirmation | Status::UnderReview)
}

/// Whether the order shows what was captured last, where something was. An invoice needs a moment for that
/// (docs.billie.io, create invoice), and no page says that a cancellation waits for it: without one the whole order goes.
pub(super) async fn shows_captures(client: &Client, context: &Context<'_>) -> bool {
    let payment = context.payment;
    let captured = !payment.amounts().captured.is_zero();
    let Some(uuid) = payment.provider_reference.as_deref().filter(|_| captured) else { return true };
    let soon = Context { deadline: context.deadline.at_most(READ_WAIT), ..*context };
    let Ok(order) = order(client, &soon, uuid).await else { return false };
    let made = |o: &&Operation| o.makes_capture().is_some() && o.status == OperationStatus::Succeeded;
    let newest = payment.operations.iter().rev().find(made).and_then(|capture| capture.provider_reference.as_deref());
    let shows = |id: &str| order.invoices.0.iter().flatten().any(|invoice| invoice.uuid.0 == id);
    stage(&order.state) != Some(Stage::Created) && newest.is_none_or(shows)
}

/// `GET /orders/{uuid}`
async fn order(client: &Client, context: &Context<'_>, uuid: &str) -> Result<wire::Order, ReadError> {
    let request = Request::new(Method::GET, client.account.url(&["orders", uuid]));
    let order: wire::Order = seen(&client.read(request, context).await?)?;
    if order.uuid.0 == uuid { Ok(order) } else { Err(ReadError::Unreadable) }
}

/// `GET /checkout-sessions/{session}/authorization`; none while the buyer has not come to an end.
pub(super) async fn authorization(
    client: &Client,
    context: &Context<'_>,
    session: &str,
) -> Result<Option<wire::Authorization>, ReadError> {
    let request = Request::new(Method::GET, client.account.url(&["checkout-sessions", session, "authorization"]));
    match seen(&client.read(request, context).await?) {
        Err(ReadError::Nothing) => Ok(None),
        other => other.map(Some),
    }
}
