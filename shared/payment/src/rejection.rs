//! Why a command was not accepted. Nothing was written.

use jiff::Timestamp;

use crate::amounts::InvariantBroken;
use crate::id::OperationId;
use crate::money::Amount;
use crate::operation::OperationKind;
use crate::possible::statuses_for;
use crate::status::Status;

/// Why a command was not accepted. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The key was used with another request.
    #[error("the Idempotency-Key was used with another request")]
    KeyReused {
        /// The operation that has the key.
        operation: OperationId,
    },
    /// Another operation, or an earlier call with the same key, is running.
    #[error("operation {operation} is still running")]
    InProgress {
        /// Which one.
        operation: OperationId,
        /// When to ask again, in seconds.
        retry_after: u32,
    },
    /// Another operation's outcome is unknown.
    #[error("operation {operation} is in doubt")]
    BlockedByDoubt {
        /// Which one.
        operation: OperationId,
    },
    /// The status does not allow it.
    #[error("a payment that is {status} cannot be asked to {}, only one that is {}", .kind.verb(), allowing(*.kind))]
    StatusDoesNotAllow {
        /// The status.
        status: Status,
        /// What was asked.
        kind: OperationKind,
    },
    /// It was possible until then.
    #[error("it was too late to {} from {since} on", .kind.verb())]
    TooLate {
        /// What was asked.
        kind: OperationKind,
        /// When it stopped being possible.
        since: Timestamp,
    },
    /// There is no money that it could be about.
    #[error("nothing is left to {}", .kind.verb())]
    NothingLeft {
        /// What was asked.
        kind: OperationKind,
    },
    /// More than is left of the promise.
    #[error("{asked} is more than the {left} that can still be captured")]
    ExceedsAuthorized {
        /// Minor units.
        asked: Amount,
        /// Minor units.
        left: Amount,
    },
    /// More than is left of what was captured.
    #[error("{asked} is more than the {left} that can still be refunded")]
    ExceedsCaptured {
        /// Minor units.
        asked: Amount,
        /// Minor units.
        left: Amount,
    },
    /// The request contradicts itself or the order.
    #[error("{pointer}: {detail}")]
    Invalid {
        /// JSON pointer of the field.
        pointer: String,
        /// The rule.
        detail: String,
        /// Whether it is a sum of lines.
        lines_do_not_add_up: bool,
    },
    /// The payment has as many captures and refunds, or as many bytes, as it may.
    #[error("the payment is too large for another operation")]
    TooLarge,
    /// The transition would break an invariant; a bug of ours, caught before anything was written.
    #[error(transparent)]
    Broken(#[from] InvariantBroken),
}

impl Rejection {
    /// The word in the API, where an action is said not to be possible.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::KeyReused { .. } => "idempotency_key_reused",
            Self::InProgress { .. } => "operation_in_progress",
            Self::BlockedByDoubt { .. } => "operation_in_doubt",
            Self::StatusDoesNotAllow { .. } => "status_does_not_allow",
            Self::TooLate { .. } => "too_late",
            Self::NothingLeft { .. } => "nothing_left",
            Self::ExceedsAuthorized { .. } => "amount_exceeds_authorized",
            Self::ExceedsCaptured { .. } => "amount_exceeds_captured",
            Self::Invalid { .. } => "validation_failed",
            Self::TooLarge => "payment_too_large",
            Self::Broken(_) => "unavailable",
        }
    }

    /// The operation that it is about.
    #[must_use]
    pub const fn operation(&self) -> Option<&OperationId> {
        match self {
            Self::KeyReused { operation } | Self::InProgress { operation, .. } | Self::BlockedByDoubt { operation } => {
                Some(operation)
            }
            _ => None,
        }
    }
}

/// The statuses that allow a kind of operation, in words.
fn allowing(kind: OperationKind) -> String {
    let words: Vec<String> = statuses_for(kind).iter().map(Status::to_string).collect();
    words.join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instruction::InstructionKind;

    #[test]
    fn whoever_comes_in_the_wrong_status_is_told_the_right_ones() {
        let told = |status, kind| Rejection::StatusDoesNotAllow { status, kind }.to_string();
        assert_eq!(
            told(Status::RequiresAction, OperationKind::Capture),
            "a payment that is requires_action cannot be asked to capture, only one that is authorized or partially_captured"
        );
        assert_eq!(
            told(Status::Authorized, OperationKind::Tell(InstructionKind::Hold)),
            "a payment that is authorized cannot be asked to hold, only one that is partially_captured or captured"
        );
    }
}
