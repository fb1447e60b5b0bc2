//! What Billink's words and codes mean: tables to put beside its pages. Texts are ours; Billink's can quote what was
//! sent.

use payment::{Decline, DeclineReason, OrderState, ReceivableNews};

/// A call that changes something. One code means different things at different ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint {
    CreateSession,
    StartWorkflow,
    Credit,
}

/// What a code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Means {
    /// Done, as the code of an order in an answer that is no failure.
    Done,
    /// Done before, wherever it stands.
    Already,
    /// Definitely refused, because of the order.
    Refused,
    /// Definitely refused, because of the request or the account: of an earlier call it proves nothing.
    Unfit,
    /// Billink itself failed: it may have happened.
    Unsure,
}

type Codes = [(i64, Means, &'static str)];

/// developers.billink.nl/legacy-api/errors: at every call.
const ANYWHERE: &Codes = &[
    (1, Means::Unfit, "unknown API version"),
    (101, Means::Unfit, "unknown client"),
    (102, Means::Unfit, "unknown client"),
    (103, Means::Unfit, "unknown action"),
    (601, Means::Unfit, "the request cannot be parsed"),
    (603, Means::Unsure, "failure at Billink"),
];

/// ontwikkelaars.billink.nl/errors-fouten/start-workflow; 500 and -1 from Billink's own plugins.
const START_WORKFLOW: &Codes = &[
    (500, Means::Done, "started"),
    (707, Means::Already, "workflow already started"),
    (-1, Means::Refused, "unknown order"),
    (704, Means::Refused, "unknown order"),
    (705, Means::Unfit, "no order given"),
    (706, Means::Refused, "not allowed to manage this order"),
    (708, Means::Unfit, "more than 10 orders"),
];

/// developers.billink.nl/legacy-api/errors/credit; 200 from the guide, -1 and 709 from the shop plugins.
const CREDIT: &Codes = &[
    (200, Means::Done, "credited"),
    (-1, Means::Refused, "unknown order"),
    (402, Means::Refused, "workflow does not exist"),
    (404, Means::Refused, "the order number does not fit"),
    (705, Means::Unfit, "no order given"),
    (706, Means::Refused, "not allowed to manage this order"),
    (707, Means::Refused, "a credit is not possible at this stage"),
    (708, Means::Refused, "a credit is not possible at this stage"),
    (709, Means::Refused, "the bank account for refunds is not known"),
];

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
    /// What a code of this call means; none when its page does not have it.
    pub(super) fn code(self, code: i64) -> Option<(Means, &'static str)> {
        let own = match self {
            Self::CreateSession => &[],
            Self::StartWorkflow => START_WORKFLOW,
            Self::Credit => CREDIT,
        };
        own.iter().chain(ANYWHERE).find(|row| row.0 == code).map(|(_, means, text)| (*means, *text))
    }

    /// The refusal that an HTTP status of this call's service means; none when its page does not have it.
    pub(super) fn refusal(self, status: u16) -> Option<&'static str> {
        let rows = if self == Self::CreateSession { CREATE_SESSION } else { &[] };
        rows.iter().find(|row| row.0 == status).map(|row| row.1)
    }
}

/// What an event says.
#[derive(Clone)]
pub(super) enum Says {
    /// How the order stands.
    Order(OrderState),
    /// All of it was credited: released before its capture, given back after it.
    Credited,
    /// Who paid whom.
    Receivable(ReceivableNews),
    /// Nothing that a payment keeps.
    Nothing,
}

const FAILED: Decline = Decline { reason: DeclineReason::Other, provider_code: None, message: None };

/// developers.billink.nl/authorize-payment/session-status and webhooks/session-webhook.
pub(super) static SESSION: [(&str, OrderState); 5] = [
    ("session_active", OrderState::AwaitingBuyer(None)),
    ("order_created", OrderState::Authorized),
    ("cancelled", OrderState::Canceled),
    ("failed", OrderState::Declined(FAILED)),
    ("session_expired", OrderState::Expired),
];

/// developers.billink.nl/webhooks/order-webhook. That a part was credited names no amount.
pub(super) static ORDER: [(&str, Says); 8] = [
    ("order_placed", Says::Order(OrderState::Authorized)),
    ("order_workflow_started", Says::Nothing),
    ("partial_payment_added", Says::Receivable(ReceivableNews::BuyerPaid)),
    ("order_paid", Says::Receivable(ReceivableNews::BuyerPaid)),
    ("partial_credit_added", Says::Nothing),
    ("order_fully_accredited", Says::Credited),
    ("customer_fully_paid", Says::Receivable(ReceivableNews::Closed)),
    ("order_on_hold", Says::Nothing),
];

/// How an order stands whose session has this status.
pub(super) fn session(word: &str) -> Option<OrderState> {
    SESSION.iter().find(|row| row.0 == word).map(|row| row.1.clone())
}

/// What an order's event says.
pub(super) fn event(word: &str) -> Option<Says> {
    ORDER.iter().find(|row| row.0 == word).map(|row| row.1.clone())
}
