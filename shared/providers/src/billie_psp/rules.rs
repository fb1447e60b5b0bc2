//! Billie's own rules for an order and for what its widget hands over.

use payment::{LineKind, Order, OrderError, Payment, TaxedAmount};
use serde_json::Value;

use super::body::term;
use super::wire::Said;

/// docs.billie.io, create order: `duration`.
const LONGEST_TERM_DAYS: u16 = 120;

pub(super) fn broken(order: &Order) -> Vec<OrderError> {
    let options = order.options.as_object().is_some_and(|options| !options.is_empty());
    let rules = [
        (
            order.payment_terms_days.is_some_and(|days| days > LONGEST_TERM_DAYS),
            "/payment_terms_days",
            "must be from 1 to 120 days",
        ),
        (!order.lines.iter().any(|line| line.kind == LineKind::Goods), "/lines", "must have a line of kind goods"),
        (options, "/options", "must be empty: this provider has none"),
    ];
    rules.into_iter().filter(|(broken, ..)| *broken).map(|(_, pointer, rule)| OrderError::at(pointer, rule)).collect()
}

/// A browser carried the result: amount, currency and term must be ours.
pub(super) fn broken_by_widget(payment: &Payment, said: &Said) -> Vec<OrderError> {
    let ours = TaxedAmount::new(payment.amount, payment.net);
    let (net, tax, gross) = (ours.net().minor(), ours.tax().minor(), ours.gross().minor());
    let differs = |name: &str, ours: i64| said.at(name).is_some_and(|theirs| theirs.as_i64() != Some(ours));
    let missing = said.at("/amount/gross").or_else(|| said.at("/amount/amount")).is_none();
    let currency = said.text("/amount/currency").or_else(|| said.text("/currency"));
    let rules = [
        (missing || differs("/amount/gross", gross) || differs("/amount/amount", gross), "/amount"),
        (differs("/amount/net", net), "/amount/net"),
        (differs("/amount/tax", tax), "/amount/tax"),
        (currency != Some(payment.currency.code()), "/amount/currency"),
        (said.at("/duration").and_then(Value::as_i64) != Some(term(payment).into()), "/duration"),
    ];
    let at = |pointer| OrderError::at(format!("/widget_result{pointer}"), "must be the payment's");
    rules.into_iter().filter(|(broken, _)| *broken).map(|(_, pointer)| at(pointer)).collect()
}
