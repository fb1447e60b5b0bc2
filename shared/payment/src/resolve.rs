//! A person's word on an operation that nobody else can settle.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::evidence::Hint;
use crate::history::{Cause, Word};
use crate::id::{Fingerprint, OperationId};
use crate::operation::{Operation, OperationKind, OperationStatus, Reason};
use crate::outcome::{DoubtPolicy, OrderNews, OrderState, Outcome, Receipt};
use crate::payment::Payment;

/// The request that settled an operation by a person's word, or said what turned out when it was looked at once more: to
/// tell a replay from a reused key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedBy {
    /// Of the caller's key.
    pub key: Fingerprint,
    /// Of what was said.
    pub asked: Fingerprint,
    /// What the API key is called that it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// What a person found out about an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether the provider did it.
    pub succeeded: bool,
    /// How the person knows, in their own words.
    pub reason: String,
    /// The provider's name for it, where the person found one.
    pub provider_reference: Option<String>,
    /// What it means for the order, at a provider that cannot be read.
    pub order: Option<OrderState>,
    /// The request that says so.
    pub by: ResolvedBy,
}

impl Payment {
    /// Settles an operation that needs an operator; any other is left as it is. The status follows from the ledger
    /// alone, unless the decision says what the order became: otherwise that is for the next look at the provider to say.
    ///
    /// Returns whether anything changed.
    pub fn resolve(&mut self, id: &OperationId, decision: Decision, cause: &Cause, now: Timestamp) -> bool {
        if self.operation(id).is_none_or(|o| o.status != OperationStatus::NeedsOperator) {
            return false;
        }
        let Decision { succeeded, reason, provider_reference, order, by } = decision;
        let (known, word) = (self.history.len(), Word { reason: reason.clone(), by: by.label.clone() });
        let order = order.map(OrderNews::of);
        let reason = Reason::Operator { reason };
        if succeeded {
            let names_order = self
                .operation(id)
                .is_some_and(|o| matches!(o.kind(), OperationKind::CreateSession | OperationKind::Confirm));
            if names_order && provider_reference.is_some() {
                self.provider_reference.clone_from(&provider_reference);
            }
            let receipt = Receipt { provider_reference, order, ..Receipt::default() };
            self.conclude(id, Outcome::Done(receipt), DoubtPolicy::None, &cause.of(id), now);
            if let Some(operation) = self.operation_mut(id) {
                operation.reason = Some(reason);
            }
        } else {
            self.reject(id, reason, &cause.of(id), now);
            if let Some(order) = order {
                self.follow(order, &cause.of(id), now);
            }
        }
        if let Some(operation) = self.operation_mut(id) {
            operation.resolved_by = Some(by);
        }
        self.note_word(id, word, known);
        self.hint(Hint { at: now });
        true
    }

    /// Keeps the request of a person who said what turned out without it. Returns whether that is new.
    pub fn heard(&mut self, id: &OperationId, by: ResolvedBy) -> bool {
        let settled = |o: &&mut Operation| !o.status.is_open() && o.resolved_by.is_none();
        let operation = self.operation_mut(id).filter(settled);
        operation.map(|operation| operation.resolved_by = Some(by)).is_some()
    }

    /// Whether the provider's id of a movement is known to be another one's than this operation's.
    #[must_use]
    pub fn is_another_movement(&self, id: &OperationId, name: &str) -> bool {
        let others = self.operations.iter().filter(|o| o.id != *id && o.inferred.is_none());
        self.is_reversal(name) || others.filter_map(|o| o.provider_reference.as_deref()).any(|known| known == name)
    }
}
