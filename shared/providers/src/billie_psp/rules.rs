//! Billie's own rules for an order and for what its widget hands over.

use payment::{Order, OrderError, Payment, TaxedAmount};
use serde_json::Value;

use super::map::{Verdict, verdict};
use super::wire::Said;
use crate::billie::{self, term};
use crate::order::told;

pub(super) fn broken(order: &Order) -> Vec<OrderError> {
    let options = order.options.as_object().is_some_and(|options| !options.is_empty());
    let [term, lines] = billie::rules(order);
    told([term, lines, (options, "/options", "must be empty: this provider has none")]).collect()
}

/// A browser carried the result: amount, currency and term must be ours. A buyer whom the widget refused cannot be
/// confirmed, and asking would be answered by a conflict that proves nothing.
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
    let refused = matches!(said.text("/state").and_then(verdict), Some(Verdict::Declined | Verdict::Review));
    let state = refused.then(|| OrderError::at("/widget_result/state", "must be authorized"));
    rules.into_iter().filter(|(broken, _)| *broken).map(|(_, pointer)| at(pointer)).chain(state).collect()
}
