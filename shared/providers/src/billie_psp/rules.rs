//! Billie's own rules for what its widget hands over.

use payment::{OrderError, Payment, TaxedAmount};
use serde_json::Value;
use serde_json::value::RawValue;

use super::account::Wire;
use super::map::Verdict;
use crate::billie::term;
use crate::object::is_ambiguous;

/// A browser carried the result: amount, currency and term must be ours, also for whoever reads it after us. A buyer whom
/// the widget refused cannot be confirmed, and asking would be answered by a conflict that proves nothing.
pub(super) fn broken_by_widget(wire: &Wire, payment: &Payment, result: &RawValue) -> Vec<OrderError> {
    let said = wire.inward(result.get().as_bytes()).filter(|_| !is_ambiguous(result));
    let Some(said) = said else { return vec![OrderError::at("/widget_result", "must not have a name twice")] };
    let ours = TaxedAmount::new(payment.amount, payment.net);
    let (net, tax, gross) = (ours.net().minor(), ours.tax().minor(), ours.gross().minor());
    let differs = |name: &str, ours: i64| said.at(name).is_some_and(|theirs| theirs.as_i64() != Some(ours));
    let wholes = ["/amount/gross", "/amount/minor", "/amount/amount"];
    let missing = wholes.iter().all(|name| said.at(name).is_none());
    let currencies = ["/amount/currency", "/currency"].map(|name| said.text(name));
    let ours = |said: &str| said == payment.currency.code();
    let in_ours = currencies.iter().any(Option::is_some) && currencies.into_iter().flatten().all(ours);
    let rules = [
        (missing || wholes.iter().any(|name| differs(name, gross)), "/amount"),
        (differs("/amount/net", net), "/amount/net"),
        (differs("/amount/tax", tax), "/amount/tax"),
        (!in_ours, "/amount/currency"),
        (said.at("/duration").and_then(Value::as_i64) != Some(term(payment).into()), "/duration"),
    ];
    let at = |pointer| OrderError::at(format!("/widget_result{pointer}"), "must be the payment's");
    let authorized = |state: &Value| state.as_str().and_then(|state| wire.verdict(state)) == Some(Verdict::Authorized);
    let state = said
        .at("/state")
        .is_some_and(|state| !authorized(state))
        .then(|| OrderError::at("/widget_result/state", "must be authorized"));
    rules.into_iter().filter(|(broken, _)| *broken).map(|(_, pointer)| at(pointer)).chain(state).collect()
}
