//! What the codes mean that both of Billink's own APIs answer with: tables to put beside its pages. The same number means
//! something else at every call, so each has its own. Texts are ours; Billink's can quote what was sent.

use payment::{
    Decline, DeclineReason, Doubt, InstructionKind, OperationKind, OrderNews, OrderState, Outcome, Receipt, Refusal,
};

/// What a code says about the call that it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// It was done; only where the answer does not call itself an error.
    Done,
    /// It was done before.
    Already,
    /// The credit check said no.
    Declined,
    /// It was definitely not done.
    Refused,
    /// Billink has this order or this check already: an earlier attempt of ours may have made it, and a look tells.
    Exists,
    /// Not even looked at, since the account or the build is wrong: what an expired token is elsewhere, so the same key may
    /// run it again once that is right.
    Unprocessed,
    /// Billink itself failed: it may have happened.
    Failure,
    /// Too many requests: not looked at.
    Limited,
}
use Class::{Already, Declined, Done, Exists, Failure, Limited, Refused, Unprocessed};

/// A code, what it says, and its explanation.
pub(crate) type Row = (&'static str, Class, &'static str);

/// developers.billink.nl/legacy-api/errors: what stands on every page.
pub(crate) const COMMON: &[Row] = &[
    ("001", Unprocessed, "unknown API version"),
    ("101", Unprocessed, "unknown client"),
    ("102", Unprocessed, "unknown client"),
    ("103", Unprocessed, "unknown action"),
    ("601", Unprocessed, "the request cannot be parsed"),
    ("603", Failure, "failure at Billink"),
];

/// ontwikkelaars.billink.nl/errors-fouten/start-workflow; 500 and -1 from Billink's shop plug-ins.
pub(crate) const START: &[Row] = &[
    ("500", Done, "started"),
    ("707", Already, "workflow already started"),
    ("-1", Refused, "unknown order"),
    ("704", Refused, "unknown order"),
    ("705", Refused, "no order given"),
    ("706", Refused, "not allowed to manage this order"),
    ("708", Refused, "more than 10 orders"),
];

/// developers.billink.nl/legacy-api/errors/credit; 200 from the guide, -1 and 709 from Billink's shop plug-ins.
pub(crate) const CREDIT: &[Row] = &[
    ("200", Done, "credited"),
    ("-1", Refused, "unknown order"),
    ("402", Refused, "workflow does not exist"),
    ("404", Refused, "the order number does not fit"),
    ("705", Refused, "no order given"),
    ("706", Refused, "not allowed to manage this order"),
    ("707", Refused, "a credit is not possible at this stage"),
    ("708", Refused, "a credit is not possible at this stage"),
    ("709", Refused, "the bank account for refunds is not known"),
];

/// developers.billink.nl/errors/payment; 200 and -1 as at a credit.
pub(crate) const PAYMENT: &[Row] = &[
    ("200", Done, "noted"),
    ("-1", Refused, "unknown order"),
    ("402", Refused, "workflow does not exist"),
    ("420", Refused, "no order given"),
    ("704", Refused, "unknown order"),
    ("706", Refused, "not allowed to manage this order"),
    ("707", Refused, "the order is already paid"),
    ("708", Refused, "the description is longer than 30 characters"),
];

/// developers.billink.nl/errors/on-hold, which is the page of both; 200 from v1's clients.
pub(crate) const ON_HOLD: &[Row] = &[
    ("200", Done, "done"),
    ("104", Refused, "wrong parameter of a resumption"),
    ("401", Refused, "no order or workflow given"),
    ("402", Refused, "unknown order or workflow"),
    ("403", Refused, "a hold of more than 14 days"),
    ("701", Refused, "the order cannot be put on hold"),
];

/// developers.billink.nl/order-management/message; 200 from v1's clients.
pub(crate) const MESSAGE: &[Row] = &[("200", Done, "kept"), ("402", Refused, "unknown order")];

/// The codes of an operation that is the same call at both APIs; opening and confirming an order are not.
pub(crate) const fn of(kind: OperationKind) -> &'static [Row] {
    match kind {
        OperationKind::CreateSession | OperationKind::Confirm | OperationKind::Amend => &[],
        OperationKind::Capture => START,
        OperationKind::Refund | OperationKind::Cancel => CREDIT,
        OperationKind::Tell(InstructionKind::Hold | InstructionKind::Resume) => ON_HOLD,
        OperationKind::Tell(InstructionKind::Message) => MESSAGE,
        OperationKind::Tell(InstructionKind::DirectPayment) => PAYMENT,
    }
}

/// What a code means at a call with these codes of its own; none when its page does not have it.
pub(crate) fn row(own: &'static [Row], code: &str) -> Option<&'static Row> {
    own.iter().chain(COMMON).find(|(known, ..)| *known == code)
}

/// The codes of a table that definitely refuse.
pub(crate) fn refusals(own: &[Row]) -> impl Iterator<Item = String> {
    own.iter().filter(|(_, class, _)| *class == Refused).map(|(code, ..)| (*code).to_owned())
}

/// What an answer with this code means. `done` is what was done by it; none where it calls itself an error, or does not hold
/// what it must.
pub(crate) fn outcome((code, class, text): &Row, done: Option<Receipt>) -> Outcome {
    let (provider_code, message) = (Some((*code).to_owned()), Some((*text).to_owned()));
    match class {
        Done => done.map_or(Outcome::InDoubt(Doubt::Unreadable), Outcome::Done),
        Already => Outcome::Done(Receipt::default()),
        Declined => {
            let decline = Decline { reason: DeclineReason::CreditRefused, provider_code, message };
            let order = Some(OrderNews::of(OrderState::Declined(decline)));
            Outcome::Done(Receipt { order, ..Receipt::default() })
        }
        Refused => Outcome::Refused(Refusal { provider_code, message }),
        Exists => Outcome::InDoubt(Doubt::UnknownCode),
        Unprocessed | Limited => Outcome::NotSent,
        Failure => Outcome::InDoubt(Doubt::ServerError),
    }
}
