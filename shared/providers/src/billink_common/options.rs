//! What an order may choose at either of Billink's own APIs: another workflow than the account's.

use payment::{Order, OrderError, Payment};
use serde_json::Value;

use super::account::is_workflow;

const WORKFLOW: &str = "workflow_number";

/// The options that there are.
pub(crate) const NAMES: &[&str] = &[WORKFLOW];

/// The rule that the order's workflow breaks.
pub(crate) fn broken(order: &Order) -> Option<OrderError> {
    let number = order.options.get(WORKFLOW)?;
    let fits = number.as_str().is_some_and(is_workflow);
    (!fits).then(|| OrderError::at(format!("/options/{WORKFLOW}"), "must be 1 to 9 digits as text"))
}

/// What an order is opened under: the workflow that it chooses, or the account's.
pub(crate) fn opens_under(order: &Order, usual: &str) -> Option<String> {
    Some(order.options.get(WORKFLOW).and_then(Value::as_str).unwrap_or(usual).to_owned())
}

/// The workflow of a payment's order.
pub(crate) fn workflow<'a>(payment: &'a Payment, usual: &'a str) -> &'a str {
    payment.opened_under.as_deref().unwrap_or(usual)
}
