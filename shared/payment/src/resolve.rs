//! A person's word on an operation that nobody else can settle.

use jiff::Timestamp;

use crate::evidence::Hint;
use crate::history::Cause;
use crate::id::OperationId;
use crate::operation::{OperationKind, OperationStatus, Reason};
use crate::outcome::{DoubtPolicy, OrderNews, OrderState, Outcome, Receipt};
use crate::payment::Payment;

/// What a person found out about an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether the provider did it.
    pub succeeded: bool,
    /// How the person knows, in their own words.
    pub reason: String,
    /// The provider's name for it, where the person found one.
    pub provider_reference: Option<String>,
    /// Whether its success means that the money is promised, at a provider that cannot be read.
    pub authorizes: bool,
}

impl Payment {
    /// Settles an operation that needs an operator; any other is left as it is. The status follows from the ledger
    /// alone, unless the decision says that the money is promised: what the order became is for the next look at the
    /// provider to say.
    ///
    /// Returns whether anything changed.
    pub fn resolve(&mut self, id: &OperationId, decision: Decision, cause: &Cause, now: Timestamp) -> bool {
        if self.operation(id).is_none_or(|o| o.status != OperationStatus::NeedsOperator) {
            return false;
        }
        let Decision { succeeded, reason, provider_reference, authorizes } = decision;
        let reason = Reason::Operator { reason };
        if succeeded {
            let names_order = self
                .operation(id)
                .is_some_and(|o| matches!(o.kind(), OperationKind::CreateSession | OperationKind::Confirm));
            if names_order && provider_reference.is_some() {
                self.provider_reference.clone_from(&provider_reference);
            }
            let order = authorizes.then(|| OrderNews::of(OrderState::Authorized));
            let receipt = Receipt { provider_reference, order, ..Receipt::default() };
            self.conclude(id, Outcome::Done(receipt), DoubtPolicy::None, &cause.of(id), now);
            if let Some(operation) = self.operation_mut(id) {
                operation.reason = Some(reason);
            }
        } else {
            self.reject(id, reason, &cause.of(id), now);
        }
        self.hint(Hint { at: now });
        true
    }
}
