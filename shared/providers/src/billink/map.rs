//! What Billink's HTTP statuses mean that this API alone has, and what it can say by code or message.

use payment::{InstructionKind, OperationKind};

use crate::billink_common::codes;
use crate::billink_common::events::{ORDER, SESSION};

/// The definite refusals of a service that answers with HTTP statuses (developers.billink.nl/errors/create-session);
/// 200 since the guide says that every failure has it.
const CREATE_SESSION: &[(u16, &str)] =
    &[(200, "the order is not accepted"), (400, "the order is not accepted"), (416, "the order is not accepted")];

/// How the same page says that it does not know the account, whatever the order is: no shop can mend that by another order.
pub(super) const UNKNOWN_ACCOUNT: [u16; 2] = [403, 404];

/// developers.billink.nl/order-management/resume-order.
const RESUME: &[(u16, &str)] = &[(400, "the order cannot be resumed")];

const fn statuses(kind: OperationKind) -> &'static [(u16, &'static str)] {
    match kind {
        OperationKind::CreateSession => CREATE_SESSION,
        OperationKind::Tell(InstructionKind::Resume) => RESUME,
        _ => &[],
    }
}

/// The refusal that an HTTP status of this operation's service means; none when its page does not have it.
pub(super) fn refusal(kind: OperationKind, status: u16) -> Option<&'static str> {
    statuses(kind).iter().find(|row| row.0 == status).map(|row| row.1)
}

/// The codes and HTTP statuses that definitely refuse an operation.
pub(crate) fn refusals(kind: OperationKind) -> Vec<String> {
    codes::refusals(codes::of(kind)).chain(statuses(kind).iter().map(|row| row.0.to_string())).collect()
}

/// What the webhooks of sessions and orders can say.
pub(crate) fn events() -> Vec<String> {
    let sessions = SESSION.iter().map(|(word, _)| format!("session {word}"));
    sessions.chain(ORDER.iter().map(|(word, _)| format!("order {word}"))).collect()
}
