//! Orders: created without a buyer present, read, changed, cancelled.
//!
//! Sources: docs.billie.io/reference/order_create_v2, order_update_v2.

use jiff::Timestamp;

use super::books::{Books, Order, Seen, Stage};
use super::{State, hooks, wire};
use super::{invalid, verdict};
use crate::amount::Amount;
use crate::billie::parts::{Company, Deal, line_items, person};
use crate::billie::refusal;
use crate::billie::rules::{Verdict, judge};
use crate::json::Json;
use crate::message::Answer;
use crate::reader::{Flaws, Reader};

impl Order {
    /// An order for what was agreed upon.
    pub(crate) fn new(deal: Deal, external_code: Option<String>, stage: Stage, now: Timestamp) -> Self {
        Self {
            uuid: uuid::Uuid::new_v4().to_string(),
            external_code,
            stage,
            amount: deal.amount,
            promised: deal.amount.gross,
            released: Amount::default(),
            duration: deal.duration,
            created: now,
            company: deal.company,
            delivery: deal.delivery,
            items: deal.items,
        }
    }
}

pub(crate) fn not_found() -> Answer {
    refusal(404, "order_not_found", "Order not found")
}

fn not_allowed(title: &str) -> Answer {
    refusal(403, "operation_not_allowed", title)
}

/// External codes are unique among orders that were not declined.
pub(crate) fn check_code(books: &Books, code: Option<&str>) -> Result<(), Answer> {
    let taken = code.is_some_and(|code| books.taken(code));
    if taken { Err(invalid("external_code", "This value is already used.")) } else { Ok(()) }
}

/// Creates an order; a declined one is an answer like any other.
pub(crate) fn create(state: &mut State, body: &Json, now: Timestamp) -> Result<Answer, Answer> {
    let flaws = Flaws::default();
    let reader = Reader::new(body, &flaws);
    let company = reader.required("debtor").map(Company::read).unwrap_or_default();
    let email = reader.required("debtor_person").map(person).unwrap_or_default();
    let mut deal = Deal::read(&reader, company, email, false);
    deal.items = line_items(&reader);
    reader.optional("comment");
    let external_code = reader.optional("external_code");
    reader.texts("additional_billing_emails");
    reader.end();
    verdict(flaws)?;
    check_code(&state.books, external_code.as_deref())?;
    let (stage, event) = match judge(&deal) {
        Verdict::Approved => (Stage::Live, Some("order_created")),
        Verdict::Waiting => (Stage::Waiting, Some("order_waiting")),
        Verdict::Declined(reason) => (Stage::Declined(reason), None),
    };
    let order = Order::new(deal, external_code, stage, now);
    let hook = event.and_then(|event| hooks::about_order(state, event, &order, now));
    state.books.orders.push(order);
    let order = state.books.orders.last().ok_or_else(not_found)?;
    let mut answer = Answer::json(200, wire::order(&state.books, order, now, state.settings.canceled));
    if let Stage::Declined(reason) = stage {
        answer.outcome = format!("declined {reason}");
    }
    Ok(answer.with_hooks(hook.into_iter().collect()))
}

/// Tells an order.
pub(crate) fn read(state: &State, uuid: &str, now: Timestamp) -> Result<Answer, Answer> {
    let order = state.books.order(uuid).ok_or_else(not_found)?;
    Ok(Answer::json(200, wire::order(&state.books, order, now, state.settings.canceled)))
}

/// Changes amount and external code, both or neither.
pub(crate) fn update(state: &mut State, uuid: &str, body: &Json, now: Timestamp) -> Result<Answer, Answer> {
    let flaws = Flaws::default();
    let reader = Reader::new(body, &flaws);
    let amount = reader.has("amount").then(|| reader.positive("amount"));
    if amount.is_none() {
        reader.optional("amount");
    }
    let code = reader.optional("external_code");
    reader.end();
    verdict(flaws)?;
    let books = &state.books;
    let order = books.order(uuid).ok_or_else(not_found)?;
    let now_at = books.state(order, Seen::All, "canceled");
    if let Some(code) = &code {
        let same = order.external_code.as_ref() == Some(code);
        if now_at != "created" || (order.external_code.is_some() && !same) {
            return Err(not_allowed("The external code can not be changed"));
        }
        if !same {
            check_code(books, Some(code))?;
        }
    }
    if let Some(amount) = amount {
        if !matches!(now_at, "created" | "partially_shipped") {
            return Err(not_allowed("The amount can not be changed in this state"));
        }
        if !books.captured(uuid, Seen::All).within(amount) {
            return Err(invalid("amount", "The amount can not be lower than what was shipped."));
        }
    }
    let order = state.books.order_mut(uuid).ok_or_else(not_found)?;
    order.amount = amount.unwrap_or(order.amount);
    order.promised = order.promised.max(order.amount.gross);
    order.external_code = code.or(order.external_code.take());
    Ok(Answer::empty(204).with_hooks(shipped(state, uuid, now, now_at)))
}

/// Cancels what was not captured; all of it while nothing that was shows yet. The pages say that an invoice needs a moment to
/// show, and not that a cancellation waits for it.
pub(crate) fn cancel(state: &mut State, uuid: &str, now: Timestamp) -> Result<Answer, Answer> {
    let order = state.books.order(uuid).ok_or_else(not_found)?;
    let before = state.books.state(order, Seen::At(now), "canceled");
    let open = state.books.unshipped(order, Seen::All);
    let order = state.books.order_mut(uuid).ok_or_else(not_found)?;
    match before {
        "created" | "waiting" => (order.stage, order.released) = (Stage::Canceled, order.amount),
        "partially_shipped" => order.released = open,
        _ => return Err(not_allowed("The order can not be cancelled in this state")),
    }
    let order = state.books.order(uuid).ok_or_else(not_found)?;
    let hooks = if order.stage == Stage::Canceled {
        hooks::about_order(state, "order_canceled", order, now).into_iter().collect()
    } else {
        shipped(state, uuid, now, before)
    };
    Ok(Answer::empty(204).with_hooks(hooks))
}

/// The webhook of an order that has just become shipped.
pub(crate) fn shipped(state: &State, uuid: &str, now: Timestamp, before: &str) -> Vec<crate::webhooks::Hook> {
    let Some(order) = state.books.order(uuid) else { return Vec::new() };
    let became = before != "shipped" && state.books.state(order, Seen::All, "canceled") == "shipped";
    became.then(|| hooks::about_order(state, "order_shipped", order, now)).flatten().into_iter().collect()
}
