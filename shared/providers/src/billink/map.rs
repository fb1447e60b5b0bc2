//! What Billink's words and codes mean: tables to put beside its pages. Texts are ours; Billink's can quote what was
//! sent.

use payment::{InstructionKind, OperationKind};

use crate::billink_common::events::{ORDER, SESSION};

/// A call that changes something. One code means different things at different ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint {
    CreateSession,
    StartWorkflow,
    Credit,
    Payment,
    OnHold,
    Resume,
    Message,
}

/// What a code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Means {
    /// Done, as the code of an order in an answer that is no failure.
    Done,
    /// Done before, wherever it stands.
    Already,
    /// Definitely refused.
    Refused,
    /// Not even looked at, since the account or the build is wrong: what an expired token is elsewhere, so nothing
    /// happened, and the same key may run it again once that is right.
    Unprocessed,
    /// Billink itself failed: it may have happened.
    Unsure,
}

type Codes = [(i64, Means, &'static str)];

/// developers.billink.nl/legacy-api/errors: at every call.
const ANYWHERE: &Codes = &[
    (1, Means::Unprocessed, "unknown API version"),
    (101, Means::Unprocessed, "unknown client"),
    (102, Means::Unprocessed, "unknown client"),
    (103, Means::Unprocessed, "unknown action"),
    (601, Means::Unprocessed, "the request cannot be parsed"),
    (603, Means::Unsure, "failure at Billink"),
];

/// ontwikkelaars.billink.nl/errors-fouten/start-workflow; 500 and -1 from Billink's own plugins.
const START_WORKFLOW: &Codes = &[
    (500, Means::Done, "started"),
    (707, Means::Already, "workflow already started"),
    (-1, Means::Refused, "unknown order"),
    (704, Means::Refused, "unknown order"),
    (705, Means::Refused, "no order given"),
    (706, Means::Refused, "not allowed to manage this order"),
    (708, Means::Refused, "more than 10 orders"),
];

/// developers.billink.nl/legacy-api/errors/credit; 200 from the guide, -1 and 709 from the shop plugins.
const CREDIT: &Codes = &[
    (200, Means::Done, "credited"),
    (-1, Means::Refused, "unknown order"),
    (402, Means::Refused, "workflow does not exist"),
    (404, Means::Refused, "the order number does not fit"),
    (705, Means::Refused, "no order given"),
    (706, Means::Refused, "not allowed to manage this order"),
    (707, Means::Refused, "a credit is not possible at this stage"),
    (708, Means::Refused, "a credit is not possible at this stage"),
    (709, Means::Refused, "the bank account for refunds is not known"),
];

/// developers.billink.nl/errors/payment; 200 and -1 as at a credit.
const PAYMENT: &Codes = &[
    (200, Means::Done, "noted"),
    (-1, Means::Refused, "unknown order"),
    (402, Means::Refused, "workflow does not exist"),
    (420, Means::Refused, "no order given"),
    (704, Means::Refused, "unknown order"),
    (706, Means::Refused, "not allowed to manage this order"),
    (707, Means::Refused, "the order is already paid"),
    (708, Means::Refused, "the description is longer than 30 characters"),
];

/// developers.billink.nl/errors/on-hold, which is the page of both; 200 from v1's clients.
const ON_HOLD: &Codes = &[
    (200, Means::Done, "done"),
    (104, Means::Refused, "wrong parameter of a resumption"),
    (401, Means::Refused, "no order or workflow given"),
    (402, Means::Refused, "unknown order or workflow"),
    (403, Means::Refused, "a hold of more than 14 days"),
    (701, Means::Refused, "the order cannot be put on hold"),
];

/// developers.billink.nl/order-management/message; 200 from v1's clients.
const MESSAGE: &Codes = &[(200, Means::Done, "kept"), (402, Means::Refused, "unknown order")];

/// developers.billink.nl/order-management/resume-order.
const RESUME: &[(u16, &str)] = &[(400, "the order cannot be resumed")];

/// The definite refusals of a service that answers with HTTP statuses (developers.billink.nl/errors/create-session);
/// 200 since the guide says that every failure has it.
const CREATE_SESSION: &[(u16, &str)] = &[
    (200, "the order is not accepted"),
    (400, "the order is not accepted"),
    (403, "access denied"),
    (404, "unknown client"),
    (416, "the order is not accepted"),
];

impl Endpoint {
    /// The call that an operation of this kind is; a confirmation is none, and nothing is amended.
    pub(super) fn of(kind: OperationKind) -> Option<Self> {
        match kind {
            OperationKind::CreateSession => Some(Self::CreateSession),
            OperationKind::Confirm | OperationKind::Amend => None,
            OperationKind::Capture => Some(Self::StartWorkflow),
            OperationKind::Refund | OperationKind::Cancel => Some(Self::Credit),
            OperationKind::Tell(InstructionKind::Hold) => Some(Self::OnHold),
            OperationKind::Tell(InstructionKind::Resume) => Some(Self::Resume),
            OperationKind::Tell(InstructionKind::Message) => Some(Self::Message),
            OperationKind::Tell(InstructionKind::DirectPayment) => Some(Self::Payment),
        }
    }

    fn codes(self) -> impl Iterator<Item = &'static (i64, Means, &'static str)> {
        let own = match self {
            Self::CreateSession => &[],
            Self::StartWorkflow => START_WORKFLOW,
            Self::Credit => CREDIT,
            Self::Payment => PAYMENT,
            Self::OnHold | Self::Resume => ON_HOLD,
            Self::Message => MESSAGE,
        };
        own.iter().chain(ANYWHERE)
    }

    fn refusals(self) -> &'static [(u16, &'static str)] {
        match self {
            Self::CreateSession => CREATE_SESSION,
            Self::Resume => RESUME,
            _ => &[],
        }
    }

    /// What a code of this call means; none when its page does not have it.
    pub(super) fn code(self, code: i64) -> Option<(Means, &'static str)> {
        self.codes().find(|row| row.0 == code).map(|(_, means, text)| (*means, *text))
    }

    /// The refusal that an HTTP status of this call's service means; none when its page does not have it.
    pub(super) fn refusal(self, status: u16) -> Option<&'static str> {
        self.refusals().iter().find(|row| row.0 == status).map(|row| row.1)
    }
}

/// The codes and HTTP statuses that definitely refuse an operation.
pub(crate) fn refusals(kind: OperationKind) -> Vec<String> {
    let Some(endpoint) = Endpoint::of(kind) else { return Vec::new() };
    let codes = endpoint.codes().filter(|row| row.1 == Means::Refused).map(|row| spelled(row.0));
    codes.chain(endpoint.refusals().iter().map(|row| row.0.to_string())).collect()
}

/// What the webhooks of sessions and orders can say.
pub(crate) fn events() -> Vec<String> {
    let sessions = SESSION.iter().map(|(word, _)| format!("session {word}"));
    sessions.chain(ORDER.iter().map(|(word, _)| format!("order {word}"))).collect()
}

/// A code with the leading zeros of Billink's tables.
pub(super) fn spelled(code: i64) -> String {
    if code < 0 { code.to_string() } else { format!("{code:03}") }
}
