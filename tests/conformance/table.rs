//! What a provider's capabilities do not say.

use futures::future::LocalBoxFuture;
use payment::{Flow, InstructionKind, OperationKind};
use serde_json::Value;

use crate::deal::Deal;

/// One provider's table.
pub(crate) struct Table {
    /// The provider's id.
    pub(crate) provider: &'static str,
    /// The stand-in's settings for a flow; null for none.
    pub(crate) settings: fn(Flow) -> Value,
    /// What the stand-in's books call an order.
    pub(crate) books: NamedBy,
    /// The stand-in's name of each call that changes something.
    pub(crate) calls: &'static [Call],
    /// Buyers who are refused.
    pub(crate) declines: &'static [Declined],
    /// Answers by their code.
    pub(crate) answers: &'static [Answers],
    /// What the stand-in's books show of an order that was told something.
    pub(crate) told: &'static [Told],
    /// Refusals that the stand-in makes by itself.
    pub(crate) refusals: &'static [Refusal],
    /// Whether it may decide later.
    pub(crate) review: Review,
    /// Its messages.
    pub(crate) messages: Messages,
    /// What it says of an order that cannot be so.
    pub(crate) drift: Drifts,
}

/// What an order is called in the books.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum NamedBy {
    OrderReference,
    /// It is never told our reference.
    Description,
}

/// A call that changes something.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) kind: OperationKind,
    pub(crate) when: When,
    /// The stand-in's name.
    pub(crate) name: &'static str,
    pub(crate) amount: InAnswer,
    /// Whether a look finds it although doubt about its kind of operation does not end so.
    pub(crate) is_found: bool,
}

/// Whether the answer to a call names an amount, by its documentation: a wrong one is doubt. Where none is documented the
/// suite makes sure that there is none to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InAnswer {
    Amount,
    NoAmount,
}

/// What the books show of an order: which part of it, and its JSON.
pub(crate) struct Told(pub(crate) InstructionKind, pub(crate) &'static str, pub(crate) &'static str);

/// Where a row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Always,
    /// In this flow.
    In(Flow),
    /// Where the money is captured by a call of its own.
    Manual,
    /// Where the money is captured with the authorization.
    Automatic,
    /// About all of the money.
    Whole,
}

/// Whether a provider may decide about an order later.
#[derive(Clone, Copy)]
pub(crate) enum Review {
    /// In this flow, of an order with this difference: pointer and JSON.
    Of(Flow, &'static str, &'static str),
    /// Why it never does, or why nobody can make its stand-in do so.
    Never(&'static str),
}

/// A buyer who is refused.
pub(crate) struct Declined {
    pub(crate) flow: Flow,
    /// What is different in the order: pointer and JSON.
    pub(crate) order: &'static [(&'static str, &'static str)],
    /// What the buyer does on a page.
    pub(crate) choice: &'static str,
    /// The reason in our words.
    pub(crate) reason: &'static str,
    /// In the provider's.
    pub(crate) code: Option<&'static str>,
}

/// Answers to a call that have the same meaning.
pub(crate) struct Answers {
    /// The stand-in's name of the call.
    pub(crate) call: &'static str,
    pub(crate) means: Means,
    pub(crate) codes: Codes,
    /// HTTP status and body of an answer with a code, and the shape that follows it after a space.
    pub(crate) answer: fn(&str, &Asked) -> (u16, String),
}

/// Which codes.
#[derive(Clone, Copy)]
pub(crate) enum Codes {
    /// These, each with its shape where it has several.
    These(&'static [&'static str]),
    /// All that the adapter's own tables call a definite refusal, each in these shapes; an empty one is the usual.
    Refusals(&'static [&'static str]),
}

impl Answers {
    /// Every definite refusal of a call, in these shapes.
    pub(crate) const fn refused(
        call: &'static str,
        shapes: &'static [&'static str],
        answer: fn(&str, &Asked) -> (u16, String),
    ) -> Self {
        Self { call, means: Means::Refused, codes: Codes::Refusals(shapes), answer }
    }
}

/// What an answer has to be about.
pub(crate) struct Asked {
    /// What the provider was told; empty for a payment that is only opened.
    pub(crate) reference: String,
}

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    /// 422, the reservation given back.
    Refused,
    /// 502 `retry: safe`, nothing happened.
    NotSent,
    /// Another word for success.
    Done,
    /// The buyer is refused.
    Declined(&'static str),
    /// Called off by the buyer.
    Canceled,
    /// May have happened.
    Doubt,
}

/// A refusal that the stand-in makes by itself.
pub(crate) struct Refusal {
    pub(crate) what: &'static str,
    pub(crate) call: &'static str,
    pub(crate) way: Way,
    /// The provider's code; empty where it has none.
    pub(crate) code: &'static str,
}

/// How the stand-in is made to refuse.
pub(crate) enum Way {
    /// Something in the order: pointer and JSON.
    Order(&'static str, &'static str),
    /// A control call when the operation is possible: path with `{reference}`, and JSON.
    Control(&'static str, &'static str),
}

/// What a provider sends unasked.
#[derive(Clone, Copy)]
pub(crate) enum Messages {
    /// Anybody may send it, and nobody believes it; the stand-in's name of the look that it makes us take, and what that
    /// can find.
    Open { look: &'static str, events: &'static [Event] },
    /// With a key or a signature.
    Authentic { contradictions: &'static [Contradiction], events: &'static [Event] },
}

/// Says something.
pub(crate) type Say = for<'a> fn(&'a Deal<'a>, &'static str) -> LocalBoxFuture<'a, ()>;

/// A message with the key or signature that cannot be so.
pub(crate) struct Contradiction {
    pub(crate) what: &'static str,
    pub(crate) at: Stage,
    pub(crate) when: When,
    /// The events that tell of it. None where a look shows that all is as it was.
    pub(crate) tells: &'static [&'static str],
    pub(crate) say: Say,
}

/// How far a payment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Open,
    /// The provider is deciding.
    Review,
    Authorized,
    Captured,
    /// Called off after it was authorized.
    Canceled,
}

/// What is read of an order that cannot be so.
#[derive(Clone, Copy)]
pub(crate) enum Drifts {
    These(&'static [Drift]),
    /// Why nothing that is read can be so.
    Never(&'static str),
}

/// A look that cannot be so: what it makes the provider say, and the field of the drift.
#[derive(Clone, Copy)]
pub(crate) struct Drift {
    pub(crate) at: Stage,
    pub(crate) say: Say,
    pub(crate) field: &'static str,
}

/// An event by its name, and after a space what else is so.
pub(crate) struct Event {
    pub(crate) name: &'static str,
    pub(crate) at: Stage,
    pub(crate) when: When,
    pub(crate) meaning: Meaning,
    pub(crate) say: Say,
}

/// What an event leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Nothing that a payment keeps.
    Nothing,
    /// Another status.
    Status(&'static str),
    /// A fact about the receivable, and the field that shows it with its JSON.
    Receivable(&'static str, &'static str, &'static str),
    /// These events of ours, one after the other.
    Story(&'static [&'static str]),
    /// Nobody knows it; it is kept.
    Unrecognized,
}
