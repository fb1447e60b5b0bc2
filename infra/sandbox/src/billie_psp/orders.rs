//! What is done with an order: capture, cancel, refund, update; and the defence against a dispute.

use jiff::Timestamp;

use super::bodies::{self, Change, Give, Take};
use super::books::{Capture, Order, Refund, Stage};
use super::{State, conflict, invalid, not_yours};
use crate::billie::parts::not_ordered;
use crate::json::{Json, map};
use crate::message::Answer;

/// An order that something can be done with, of the merchant that it was opened for.
fn live<'a>(state: &'a mut State, id: &str, merchant: &str) -> Result<&'a mut Order, Answer> {
    let order = state.books.order(id).ok_or_else(|| not_yours("order"))?;
    if order.merchant != merchant {
        return Err(not_yours("merchant"));
    }
    match order.stage {
        Stage::Live => Ok(order),
        Stage::Canceled => Err(conflict("order_canceled", "The order is canceled")),
        Stage::Declined => Err(conflict("order_declined", "The order was declined")),
    }
}

/// Items are those of the order.
fn known(order: &Order, items: &[String]) -> Result<(), Answer> {
    let unknown = not_ordered(&order.items, items);
    unknown.map_or(Ok(()), |source| Err(invalid(&source, "The order has no such item.")))
}

/// Takes a part or all of what is left.
pub(crate) fn capture(state: &mut State, id: &str, body: &Json) -> Result<Answer, Answer> {
    let wanted = Take::read(body)?;
    let order = live(state, id, &wanted.merchant)?;
    if order.captures.iter().any(|capture| capture.invoice == wanted.invoice) {
        return Err(conflict("invoice_exists", "The invoice number was captured already"));
    }
    if wanted.sum > order.open() {
        return Err(invalid("amount", "The amount is higher than what is left to capture."));
    }
    known(order, &wanted.items)?;
    let id = uuid::Uuid::new_v4().to_string();
    let answer = Answer::json(201, map! { "capture_id": &id });
    order.captures.push(Capture { id, invoice: wanted.invoice, sum: wanted.sum, refunds: Vec::new() });
    Ok(answer)
}

/// Freezes an order of which nothing was captured.
pub(crate) fn cancel(state: &mut State, id: &str, body: &Json) -> Result<Answer, Answer> {
    let order = live(state, id, &bodies::canceler(body)?)?;
    if !order.captures.is_empty() {
        return Err(conflict("order_captured", "The order was captured"));
    }
    (order.stage, order.released) = (Stage::Canceled, order.authorized);
    Ok(Answer::empty(204))
}

/// Gives a part or all of a capture back.
pub(crate) fn refund(state: &mut State, id: &str, body: &Json) -> Result<Answer, Answer> {
    let wanted = Give::read(body)?;
    let order = live(state, id, &wanted.merchant)?;
    known(order, &wanted.items)?;
    let Some(capture) = order.captures.iter_mut().find(|capture| capture.id == wanted.capture) else {
        return Err(invalid("capture_id", "The order has no such capture."));
    };
    if wanted.sum > capture.sum - capture.refunded() {
        return Err(invalid("amount", "The amount is higher than what is left to refund."));
    }
    let id = uuid::Uuid::new_v4().to_string();
    let answer = Answer::json(201, map! { "refund_id": &id });
    capture.refunds.push(Refund { id, sum: wanted.sum });
    Ok(answer)
}

/// Lowers the amount, or changes the merchant's number.
pub(crate) fn update(state: &mut State, id: &str, body: &Json) -> Result<Answer, Answer> {
    let wanted = Change::read(body)?;
    let order = live(state, id, &wanted.merchant)?;
    if let Some(gross) = wanted.gross {
        if gross > order.authorized - order.released {
            return Err(invalid("amount", "The amount can not be raised."));
        }
        if gross < order.captured() {
            return Err(invalid("amount", "The amount can not be lower than what was captured."));
        }
        order.released = order.authorized - gross;
    }
    order.external_code = wanted.external_code.or(order.external_code.take());
    order.items = wanted.items.unwrap_or_else(|| std::mem::take(&mut order.items));
    Ok(Answer::empty(204))
}

/// Answers a dispute in time.
pub(crate) fn defend(state: &mut State, body: &Json, now: Timestamp) -> Result<Answer, Answer> {
    let id = bodies::defence(body)?;
    let dispute = state.books.dispute(&id).ok_or_else(|| not_yours("dispute"))?;
    if dispute.state != "opened" || now >= dispute.deadline {
        return Err(conflict("dispute_closed", "The dispute can not be defended any more"));
    }
    dispute.state = "defended";
    Ok(Answer::empty(204))
}
