//! What an order may choose at either of Billink's own APIs: another workflow than the account's.

use payment::{Order, OrderError, Payment};
use serde_json::Value;

use super::account::is_workflow;

const WORKFLOW: &str = "workflow_number";

/// Every option of the order that is none, or not what it must be.
pub(crate) fn broken(order: &Order) -> impl Iterator<Item = OrderError> {
    order.options.as_object().into_iter().flatten().filter_map(|(name, value)| {
        let rule = match (name.as_str(), value.as_str()) {
            (WORKFLOW, Some(number)) if is_workflow(number) => return None,
            (WORKFLOW, _) => "must be 1 to 9 digits as text",
            _ => "is not an option of this provider",
        };
        Some(OrderError::at(format!("/options/{name}"), rule))
    })
}

/// What an order is opened under: the workflow that it chooses, or the account's.
pub(crate) fn opens_under(order: &Order, usual: &str) -> Option<String> {
    Some(order.options.get(WORKFLOW).and_then(Value::as_str).unwrap_or(usual).to_owned())
}

/// The workflow of a payment's order.
pub(crate) fn workflow<'a>(payment: &'a Payment, usual: &'a str) -> &'a str {
    payment.opened_under.as_deref().unwrap_or(usual)
}
