//! What a provider can do, as data. The API's refusals, `allowed_actions`, the README's table and the conformance
//! suite all come from here.

use payment::{BuyerKind, CaptureMode, DoubtPolicy, Flow, InstructionKind, OperationKind};
use serde::Serialize;

/// The strongest evidence that a provider can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BestEvidence {
    /// An authenticated read of ours.
    Observation,
    /// Its authenticated webhook, since it can not be read.
    Webhook,
}

/// One operation that a provider has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct OperationCapability {
    /// Which.
    pub kind: OperationKind,
    /// In which flows it is like this; empty for all.
    pub flows: &'static [Flow],
    /// Whether it may be about a part of the money; for a cancel or an amendment, whether it is possible after a capture.
    pub partial: bool,
    /// How doubt about it ends.
    pub doubt: DoubtPolicy,
    /// Whether it is a call at all; where it is not, asking for it only looks.
    pub calls: bool,
    /// Whether the adapter needs the order with its personal data for it.
    pub needs_order: bool,
    /// Whether it is about an order: while the buyer is still in the session there is nothing that it could be asked of.
    pub once_ordered: bool,
    /// JSON pointers of request fields that are required here and optional elsewhere.
    pub requires: &'static [&'static str],
    /// The whole numbers that request fields may have here.
    pub ranges: &'static [Range],
}

/// What a whole number of a request may be here; more is possible elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Range {
    /// JSON pointer of the field.
    pub pointer: &'static str,
    /// Smallest; of an amount, minor units.
    pub min: i64,
    /// Largest; none where only the request itself limits it.
    pub max: Option<i64>,
}

impl OperationCapability {
    /// A call in every flow, about all of the money, that needs nothing but the payment.
    pub(crate) const fn call(kind: OperationKind, doubt: DoubtPolicy) -> Self {
        Self {
            kind,
            flows: &[],
            partial: false,
            doubt,
            calls: true,
            needs_order: false,
            once_ordered: false,
            requires: &[],
            ranges: &[],
        }
    }

    /// Telling the provider something, of which no page says what a second sending does.
    pub(crate) const fn tell(kind: InstructionKind) -> Self {
        Self::call(OperationKind::Tell(kind), DoubtPolicy::None)
    }

    /// No call at all: asking for it only looks.
    pub(crate) const fn look(kind: OperationKind, doubt: DoubtPolicy) -> Self {
        Self { calls: false, ..Self::call(kind, doubt) }
    }

    /// The same with the order and its personal data.
    pub(crate) const fn with_order(self) -> Self {
        Self { needs_order: true, ..self }
    }

    /// The same once there is an order, and not while the buyer is still in the session.
    pub(crate) const fn once_ordered(self) -> Self {
        Self { once_ordered: true, ..self }
    }

    /// The same in these flows alone.
    pub(crate) const fn in_flows(self, flows: &'static [Flow]) -> Self {
        Self { flows, ..self }
    }

    /// The same with these fields, which are optional elsewhere.
    pub(crate) const fn requiring(self, requires: &'static [&'static str]) -> Self {
        Self { requires, ..self }
    }

    /// The same with these limits.
    pub(crate) const fn within(self, ranges: &'static [Range]) -> Self {
        Self { ranges, ..self }
    }

    /// The same about some of the money, too.
    pub(crate) const fn in_parts(self) -> Self {
        Self { partial: true, ..self }
    }
}

/// The amounts that a provider takes from a kind of buyer in a country, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Limit {
    /// ISO 3166-1 alpha-2.
    pub country: &'static str,
    /// Which buyers.
    pub buyer: BuyerKind,
    /// Largest amount, minor units.
    pub max_amount: i64,
}

/// What a provider can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Capabilities {
    /// The provider's id in the API.
    pub provider: &'static str,
    /// The provider's name for people.
    pub name: &'static str,
    /// The word in webhook addresses.
    pub webhook_path: &'static str,
    /// How the buyer can meet it; the first is the default.
    pub flows: &'static [Flow],
    /// When money can be captured; the first is the default.
    pub capture_modes: &'static [CaptureMode],
    /// What it can do.
    pub operations: &'static [OperationCapability],
    /// ISO 3166-1 alpha-2; empty where any is passed on.
    pub countries: &'static [&'static str],
    /// ISO 4217.
    pub currencies: &'static [&'static str],
    /// Who may buy.
    pub buyers: &'static [BuyerKind],
    /// Largest amounts; none where the contract says it.
    pub limits: &'static [Limit],
    /// Whether an order of amount 0 can store a way to pay, by the provider's own `options`.
    pub enrols: bool,
    /// JSON pointers of order fields that this provider requires and others do not.
    pub required_fields: &'static [&'static str],
    /// JSON pointers of what it requires besides where the buyer is a person.
    pub required_of_person: &'static [&'static str],
    /// JSON pointers of what it requires besides where the buyer is a business.
    pub required_of_business: &'static [&'static str],
    /// The whole numbers that order fields may have here.
    pub ranges: &'static [Range],
    /// The names that an order's `options` may have; what each of them may be is the adapter's rule.
    pub options: &'static [&'static str],
    /// The best evidence that it gives.
    pub evidence: BestEvidence,
    /// Whether an act can be found by our own reference.
    pub finds_by_reference: bool,
    /// Whether a refund names its capture by the provider's own id of it.
    pub refunds_name_capture: bool,
    /// Seconds after which a thing that is not found may be taken as not there, when it was not there before either.
    pub quiet_seconds: u32,
    /// Seconds that one call may take.
    pub timeout_seconds: u32,
    /// Seconds that a session lives, or is believed to live where the provider does not say when it ends.
    pub session_seconds: Option<u32>,
    /// Seconds after its session's end at which a payment expires that nobody can look at; none where it is seen.
    pub expires_unobserved_seconds: Option<i64>,
    /// What its API offers besides and nobody can ask for here, in words for the README.
    #[serde(skip)]
    pub omits: &'static [&'static str],
}

impl Capabilities {
    /// The operation of this kind in this flow, where the provider has it.
    #[must_use]
    pub fn operation(&self, kind: OperationKind, flow: Flow) -> Option<&OperationCapability> {
        let fits = |o: &&OperationCapability| o.kind == kind && (o.flows.is_empty() || o.flows.contains(&flow));
        self.operations.iter().find(fits)
    }

    /// How doubt about this kind of operation ends in this flow.
    #[must_use]
    pub fn doubt(&self, kind: OperationKind, flow: Flow) -> DoubtPolicy {
        self.operation(kind, flow).map_or(DoubtPolicy::None, |operation| operation.doubt)
    }
}
