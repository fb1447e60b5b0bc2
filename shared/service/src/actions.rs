//! What may be asked of a payment now, and why the rest may not: decided where commands are.

use jiff::Timestamp;
use payment::{Amount, OperationId, OperationKind, Payment, Status};
use providers::{Capabilities, OperationCapability};
use serde::Serialize;

use crate::problem::{Problem, ProblemCode};

/// Every action of the API, each in one of the lists.
#[derive(Serialize)]
#[allow(missing_docs)]
pub struct Actions {
    pub allowed_actions: Vec<AllowedAction>,
    pub unavailable_actions: Vec<UnavailableAction>,
}

/// Something that may be asked for now.
#[derive(Serialize)]
#[allow(missing_docs)]
pub struct AllowedAction {
    pub action: OperationKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_amount: Option<Amount>,
    pub before: Option<Timestamp>,
}

/// Something that would be refused now, and why.
#[derive(Serialize)]
#[allow(missing_docs)]
pub struct UnavailableAction {
    pub action: OperationKind,
    pub reason: &'static str,
    pub detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<OperationId>,
}

impl Actions {
    pub(crate) fn of(payment: &Payment, capabilities: &Capabilities, now: Timestamp) -> Self {
        let mut actions = Self { allowed_actions: Vec::new(), unavailable_actions: Vec::new() };
        for action in OperationKind::ACTIONS {
            match decide(payment, capabilities, action, now) {
                Ok(allowed) => actions.allowed_actions.push(allowed),
                Err(unavailable) => actions.unavailable_actions.push(unavailable),
            }
        }
        actions
    }
}

fn decide(
    payment: &Payment,
    capabilities: &Capabilities,
    action: OperationKind,
    now: Timestamp,
) -> Result<AllowedAction, UnavailableAction> {
    let without =
        |reason, detail: &str| UnavailableAction { action, reason, detail: detail.to_owned(), operation_id: None };
    let capability = supported(payment, capabilities, action)
        .map_err(|problem| without(problem.code().as_str(), problem.detail()))?;
    if !capability.calls {
        return Err(without("nothing_left", "This provider needs no confirmation: confirming only looks."));
    }
    let max_amount = payment.possible(action, now).map_err(|rejection| UnavailableAction {
        action,
        reason: rejection.as_str(),
        detail: rejection.to_string(),
        operation_id: rejection.operation().cloned(),
    })?;
    Ok(AllowedAction { action, max_amount, before: payment.possible_before(action, now) })
}

/// What the provider's capabilities say about an action, however the payment stands.
///
/// # Errors
/// When the provider cannot do it.
pub(crate) fn capability<'c>(
    payment: &Payment,
    capabilities: &'c Capabilities,
    action: OperationKind,
) -> Result<&'c OperationCapability, Problem> {
    let cannot = || cannot(format!("{} cannot {}.", payment.provider, action.verb()));
    capabilities.operation(action, payment.flow).ok_or_else(cannot)
}

/// The same as the payment stands now.
///
/// # Errors
/// When the provider cannot do it, or not any more, or not yet.
pub(crate) fn supported<'c>(
    payment: &Payment,
    capabilities: &'c Capabilities,
    action: OperationKind,
) -> Result<&'c OperationCapability, Problem> {
    let capability = capability(payment, capabilities, action)?;
    let cannot = |detail: &str| Err(cannot(detail.to_owned()));
    if capability.once_ordered && matches!(payment.status, Status::Created | Status::RequiresAction) {
        return cannot("There is no order yet, and this provider calls no session off: it lapses by itself.");
    }
    match action {
        _ if capability.partial || payment.status != Status::PartiallyCaptured => Ok(capability),
        OperationKind::Cancel => cannot("This provider cannot release the rest once something is captured."),
        OperationKind::Amend => cannot("This provider cannot amend an order once something is captured."),
        _ => Ok(capability),
    }
}

fn cannot(detail: String) -> Problem {
    Problem::new(ProblemCode::NotSupportedByProvider, detail)
}
