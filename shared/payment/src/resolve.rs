//! A person's word on an operation that nobody else can settle.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::evidence::{Hint, Observation, Proof as _};
use crate::history::{Cause, Fact, Word};
use crate::id::{Fingerprint, OperationId};
use crate::operation::{Operation, OperationKind, OperationStatus, Reason};
use crate::outcome::{DoubtPolicy, Finding, OrderNews, OrderState, Outcome, Receipt, Refusal};
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

/// More often nobody errs about one name.
const MOST_CORRECTIONS: usize = 20;

impl Operation {
    /// What was asked under this key of a person, if it was one of those that were heard.
    #[must_use]
    pub fn word_under(&self, key: &Fingerprint) -> Option<&ResolvedBy> {
        self.resolved_by.iter().chain(&self.corrected_by).find(|word| word.key == *key)
    }
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
            let names_order = self.operation(id).is_some_and(|o| names_order(o.kind()));
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

    /// Corrects the provider's name for what a person said was done: a wrong one would be asked about for ever, and at a
    /// provider that cannot be read nobody else tells it. Returns whether it was corrected.
    pub fn correct(&mut self, id: &OperationId, decision: Decision, cause: &Cause, now: Timestamp) -> bool {
        let Decision { reason, provider_reference: Some(name), by, .. } = decision else { return false };
        let (history, word) = (self.history.len(), Word { reason: reason.clone(), by: by.label.clone() });
        let told = |o: &&mut Operation| o.status == OperationStatus::Succeeded && o.is_by_a_persons_word();
        let Some(operation) = self.operation_mut(id).filter(told) else { return false };
        if operation.corrected_by.len() >= MOST_CORRECTIONS {
            return false;
        }
        let (kind, amount) = (operation.kind(), operation.amount);
        operation.provider_reference = Some(name.clone());
        operation.reason = Some(Reason::Operator { reason });
        operation.corrected_by.push(by);
        operation.word_checked = false;
        if names_order(kind) {
            self.provider_reference = Some(name);
        }
        let fact = Fact::OperationResolved { operation: id.clone(), kind, amount, succeeded: true };
        self.record(fact, self.status, &cause.of(id), now);
        self.note_word(id, word, history);
        self.hint(Hint { at: now });
        true
    }

    /// What a person settled and no look has confirmed or contradicted since; nothing while something else is under way that
    /// what is seen may be of.
    pub fn unchecked_words(&self) -> impl Iterator<Item = &Operation> {
        let moves = |o: &Operation| o.status.is_open() && !matches!(o.kind(), OperationKind::Tell(_));
        let quiet = !self.operations.iter().any(moves);
        self.operations.iter().filter(move |o| quiet && o.is_by_a_persons_word() && !o.word_checked)
    }

    /// What a look found of an operation that a person settled: that it was done outweighs a no; that it was not is told
    /// where the person said that it was.
    pub fn check_word(&mut self, id: &OperationId, finding: Observation<Finding>, cause: &Cause, now: Timestamp) {
        let outcome = match finding.into_content() {
            Finding::Unclear | Finding::Found(Outcome::InDoubt(_) | Outcome::NotSent | Outcome::Pending(_)) => return,
            Finding::NotFound => Outcome::Refused(Refusal { provider_code: None, message: None }),
            Finding::Found(outcome) => outcome,
        };
        let calls_off = self.operation(id).is_some_and(|o| o.kind() == OperationKind::Cancel);
        if calls_off && self.amounts().unreleased().is_zero() {
            // Whatever took the rest, it looks like that.
            return;
        }
        let unchecked = |o: &&mut Operation| o.is_by_a_persons_word() && !o.word_checked;
        let Some(operation) = self.operation_mut(id).filter(unchecked) else { return };
        operation.word_checked = true;
        self.compare_settled(id, outcome, true, &cause.of(id), now);
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

/// Whether the provider's name for an operation of this kind is the order's.
const fn names_order(kind: OperationKind) -> bool {
    matches!(kind, OperationKind::CreateSession | OperationKind::Confirm)
}
