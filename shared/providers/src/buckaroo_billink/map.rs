//! What Buckaroo's codes mean: tables to put beside its pages, and the few lines that read them.

use payment::{
    Action, CaptureMode, Decline, DeclineReason, Doubt, News, OperationKind, OrderNews, OrderState, Outcome, Receipt,
    Refusal,
};

use super::wire::{RequestErrors, Transaction};

/// What a status code says about its transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Done,
    /// Definitely nothing happened.
    Failed,
    /// It may have happened: Buckaroo itself had a failure.
    Technical,
    /// Billink said no.
    Rejected,
    Pending,
    Canceled,
}

impl Meaning {
    /// Whether it definitely refuses an operation. A buyer who is rejected, or who calls the order off, is an answer.
    fn refuses(self, kind: OperationKind) -> bool {
        match self {
            Self::Failed => true,
            Self::Rejected | Self::Canceled => kind != OperationKind::CreateSession,
            Self::Done | Self::Technical | Self::Pending => false,
        }
    }
}

/// The codes that definitely refuse an operation.
pub(crate) fn refusals(kind: OperationKind) -> Vec<String> {
    STATUSES.iter().filter(|(.., meaning)| meaning.refuses(kind)).map(|(code, ..)| code.to_string()).collect()
}

/// docs.buckaroo.io/docs/status; 794 from the PHP SDK. What is not here is unknown, 691 and 692 too: they stand in one
/// SDK's list of constants and on no page, so what they say of the money is doubt.
pub(super) const STATUSES: [(u16, &str, Meaning); 12] = [
    (190, "Success", Meaning::Done),
    (490, "Failed", Meaning::Failed),
    (491, "Validation failure", Meaning::Failed),
    (492, "Technical failure", Meaning::Technical),
    (690, "Rejected", Meaning::Rejected),
    (790, "Pending input", Meaning::Pending),
    (791, "Pending processing", Meaning::Pending),
    (792, "Awaiting consumer", Meaning::Pending),
    (793, "On hold", Meaning::Pending),
    (794, "Pending approval", Meaning::Pending),
    (890, "Cancelled by user", Meaning::Canceled),
    (891, "Cancelled by merchant", Meaning::Canceled),
];

/// What a push can say: one of these codes of what opens an order, captures, refunds or calls off.
pub(crate) fn events() -> Vec<String> {
    let calls = ["order", "capture", "refund", "cancel"].into_iter();
    calls.flat_map(|call| STATUSES.iter().map(move |(code, ..)| format!("{call} {code}"))).collect()
}

/// Sub codes that say why Billink or Buckaroo said no. Billink's own are published nowhere; the rest is a credit
/// refusal.
const DECLINES: [(&str, DeclineReason, &str); 1] =
    [("S103", DeclineReason::RiskPolicy, "Blocked by an anti-fraud rule")];

/// One action of the Billink service.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ServiceAction {
    pub(super) word: &'static str,
    /// The guide's `TransactionType`.
    pub(super) transaction_type: &'static str,
    pub(super) kind: OperationKind,
}

const fn action(word: &'static str, transaction_type: &'static str, kind: OperationKind) -> ServiceAction {
    ServiceAction { word, transaction_type, kind }
}

pub(super) static AUTHORIZE: ServiceAction = action("Authorize", "I069", OperationKind::CreateSession);
pub(super) static PAY: ServiceAction = action("Pay", "C068", OperationKind::CreateSession);
pub(super) static CAPTURE: ServiceAction = action("Capture", "C073", OperationKind::Capture);
pub(super) static REFUND: ServiceAction = action("Refund", "C070", OperationKind::Refund);
pub(super) static CANCEL: ServiceAction = action("CancelAuthorize", "I072", OperationKind::Cancel);
pub(super) static ACTIONS: [&ServiceAction; 5] = [&AUTHORIZE, &PAY, &CAPTURE, &REFUND, &CANCEL];

impl ServiceAction {
    /// The action that an operation of this kind is; a confirmation is none.
    pub(super) fn of(kind: OperationKind, mode: CaptureMode) -> Option<&'static Self> {
        match (kind, mode) {
            (OperationKind::CreateSession, CaptureMode::Manual) => Some(&AUTHORIZE),
            (OperationKind::CreateSession, CaptureMode::Automatic) => Some(&PAY),
            _ => ACTIONS.into_iter().find(|action| action.kind == kind),
        }
    }

    pub(super) fn of_type(transaction_type: &str) -> Option<&'static Self> {
        ACTIONS.into_iter().find(|action| action.transaction_type == transaction_type)
    }

    /// Whether the amount goes to the buyer (`AmountCredit`) rather than from the buyer (`AmountDebit`).
    pub(super) fn credits(&self) -> bool {
        matches!(self.kind, OperationKind::Refund | OperationKind::Cancel)
    }

    /// The letter before the last six characters of our reference, which the domain makes; an order's has none.
    pub(super) fn letter(&self) -> Option<char> {
        match self.kind {
            OperationKind::CreateSession | OperationKind::Confirm | OperationKind::Amend | OperationKind::Tell(_) => {
                None
            }
            OperationKind::Capture => Some('C'),
            OperationKind::Refund => Some('R'),
            OperationKind::Cancel => Some('X'),
        }
    }

    pub(super) fn opens(&self) -> bool {
        self.kind == OperationKind::CreateSession
    }

    /// Whether a transaction can be of this action: its type is not that of another one.
    pub(super) fn may_be(&self, transaction: &Transaction) -> bool {
        let known = transaction.transaction_type.as_deref().and_then(Self::of_type);
        known.is_none_or(|known| known == self)
    }
}

impl Transaction {
    pub(super) fn meaning(&self) -> Option<Meaning> {
        self.status_row().map(|(_, _, meaning)| *meaning)
    }

    fn status_row(&self) -> Option<&'static (u16, &'static str, Meaning)> {
        STATUSES.iter().find(|(code, ..)| *code == self.status.code.code)
    }

    pub(super) fn is_refused(&self) -> bool {
        matches!(self.meaning(), Some(Meaning::Failed | Meaning::Rejected | Meaning::Canceled))
    }

    fn provider_code(&self) -> String {
        let sub_code = self.sub_code().map(|code| format!("/{code}")).unwrap_or_default();
        format!("{}{sub_code}", self.status.code.code)
    }

    /// Never in the gateway's words, which can go on about the buyer.
    fn message(&self) -> Option<String> {
        let status = || self.status_row().map(|(_, name, _)| *name);
        self.listed().map(|(.., words)| *words).or_else(status).map(str::to_owned)
    }

    fn listed(&self) -> Option<&'static (&'static str, DeclineReason, &'static str)> {
        DECLINES.iter().find(|(code, ..)| Some(*code) == self.sub_code())
    }

    fn refusal(&self) -> Refusal {
        let named = self.request_errors.as_ref().map(RequestErrors::names).filter(|text| !text.is_empty());
        Refusal { provider_code: Some(self.provider_code()), message: named.or_else(|| self.message()) }
    }

    fn decline(&self, otherwise: DeclineReason) -> Decline {
        Decline {
            reason: self.listed().map_or(otherwise, |(_, reason, _)| *reason),
            provider_code: Some(self.provider_code()),
            message: self.message(),
        }
    }

    fn news(&self, state: OrderState) -> OrderNews {
        OrderNews { provider_reference: self.key.clone(), ..OrderNews::of(state) }
    }
}

/// What the answer to an action means.
pub(super) fn outcome(action: &ServiceAction, answer: &Transaction) -> Outcome {
    if !action.may_be(answer) {
        return Outcome::InDoubt(Doubt::Unreadable);
    }
    let state = match answer.meaning() {
        None => return Outcome::InDoubt(Doubt::UnknownCode),
        Some(meaning) if meaning.refuses(action.kind) => return Outcome::Refused(answer.refusal()),
        // A failure refuses everything, above.
        Some(Meaning::Failed | Meaning::Technical) => return Outcome::InDoubt(Doubt::ServerError),
        Some(Meaning::Rejected) => OrderState::Declined(answer.decline(DeclineReason::CreditRefused)),
        Some(Meaning::Canceled) => OrderState::Canceled,
        Some(Meaning::Pending) => match answer.redirect() {
            Some(url) => OrderState::AwaitingBuyer(Some(Action::Redirect { url, expires_at: None })),
            None => OrderState::UnderReview,
        },
        Some(Meaning::Done) => success(action),
    };
    let ended = matches!(state, OrderState::Declined(_) | OrderState::Canceled);
    let amount = match answer.amount() {
        _ if ended => None,
        _ if answer.key.is_none() => return Outcome::InDoubt(Doubt::Unreadable),
        _ if answer.goes_astray(action) => return Outcome::InDoubt(Doubt::AmountMismatch),
        Ok(amount) => amount,
        Err(doubt) => return Outcome::InDoubt(doubt),
    };
    let order = action.opens().then(|| OrderNews { amount, ..answer.news(state) });
    let receipt = Receipt { provider_reference: answer.key.clone(), amount, order, given_back: None };
    let waits = answer.meaning() == Some(Meaning::Pending) && !action.opens();
    if waits { Outcome::Pending(receipt) } else { Outcome::Done(receipt) }
}

fn success(action: &ServiceAction) -> OrderState {
    if *action == PAY { OrderState::Captured } else { OrderState::Authorized }
}

/// What a status of the opening transaction says about the order; `None` when it cannot be trusted. A pending one says
/// nothing new: whether the buyer still has to act is known from the answer, and a status does not repeat the page.
pub(super) fn order_news(action: &ServiceAction, seen: &Transaction) -> Option<News> {
    let state = match seen.meaning()? {
        Meaning::Technical => return Some(News::default()),
        Meaning::Failed => OrderState::Declined(seen.decline(DeclineReason::Other)),
        Meaning::Rejected => OrderState::Declined(seen.decline(DeclineReason::CreditRefused)),
        Meaning::Canceled => OrderState::Canceled,
        Meaning::Pending => OrderState::AwaitingBuyer(None),
        Meaning::Done => success(action),
    };
    let ended = matches!(state, OrderState::Declined(_) | OrderState::Canceled);
    let amount = if ended { None } else { seen.amount().ok().filter(|_| !seen.goes_astray(action))? };
    Some(News {
        order: Some(OrderNews { amount, ..seen.news(state) }),
        livemode: seen.is_test.map(|test| !test),
        ..News::default()
    })
}

/// An effectful call whose answer holds no status, by HTTP status: the JSON gateway's page lists "400 Access denied",
/// and a refused signature was not processed. An answer that mentions a status but cannot be read may be a success.
pub(super) fn without_status(http: u16, body: &[u8]) -> Outcome {
    let mentions_status = body.windows(8).any(|word| word == b"\"Status\"");
    let is_markup = body.trim_ascii_start().starts_with(b"<");
    match http {
        401 | 403 if !mentions_status => Outcome::NotSent,
        400 if !mentions_status && !is_markup => Outcome::NotSent,
        500.. => Outcome::InDoubt(Doubt::ServerError),
        _ => Outcome::InDoubt(Doubt::Unreadable),
    }
}

/// Why a transaction that waits no longer for its buyer is not called off.
pub(super) fn too_late() -> Refusal {
    Refusal { provider_code: None, message: Some("the transaction can no longer be called off".into()) }
}
