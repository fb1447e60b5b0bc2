//! BillAgain's flags, statuses and messages, in our words.

use payment::OperationKind;
use serde::Deserialize;

use super::wire::Fields;

/// How far a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Failed,
    Canceled,
    Complete,
    Submitted,
    Open,
}

/// A transaction's flags (the guide, "Gets transaction for verification"). The first that is set counts.
pub(super) const FLAGS: [(&str, Stage); 4] = [
    ("threwError", Stage::Failed),
    ("isCancelled", Stage::Canceled),
    ("isComplete", Stage::Complete),
    ("isSubmitted", Stage::Submitted),
];

/// The stage of a transaction; none where a flag is missing.
pub(super) fn stage(transaction: &Fields) -> Option<Stage> {
    let flags = FLAGS.iter().map(|(name, stage)| Some((transaction.get::<bool>(name)?, *stage)));
    let flags: Vec<_> = flags.collect::<Option<_>>()?;
    Some(flags.into_iter().find(|(set, _)| *set).map_or(Stage::Open, |(_, stage)| stage))
}

/// The guide's ways to pay.
pub(super) const METHODS: [&str; 3] = ["credit_card", "hpp", "bank_account"];

/// A method's name, where it is one of theirs.
pub(super) fn kind_of_method(method: &str) -> Option<String> {
    METHODS.iter().find(|name| method.eq_ignore_ascii_case(name)).map(|name| (*name).to_owned())
}

/// What a payment's status says about the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Money {
    Waits,
    Came,
    Failed,
}

/// `Status` of a payment: docs.billagain.com/developer/payments. Which invoices the money was allocated to is
/// bookkeeping after it came.
pub(super) const STATUSES: [(&str, Money); 5] = [
    ("Pending", Money::Waits),
    ("Allocated", Money::Came),
    ("Partial", Money::Came),
    ("Unallocated", Money::Came),
    ("Failed", Money::Failed),
];

pub(super) fn money(status: &str) -> Option<Money> {
    STATUSES.iter().find(|(name, _)| status.eq_ignore_ascii_case(name)).map(|(_, money)| *money)
}

/// What BillAgain can say that it does not know; in an account document by these words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unknown {
    Customer,
    Gateway,
    PaymentMethod,
    Subscription,
}

/// Messages that hold nothing personal. The first is on docs.billagain.com/developer/errors. [inferred] The others are its
/// form with the guide's other ids; an account can have more. Any other message may name the buyer and is not passed on.
pub(super) const MESSAGES: [(&str, Unknown); 4] = [
    ("Cannot find Customer for this Account", Unknown::Customer),
    ("Cannot find Gateway for this Account", Unknown::Gateway),
    ("Cannot find Payment Method for this Account", Unknown::PaymentMethod),
    ("Cannot find Subscription for this Account", Unknown::Subscription),
];

impl Unknown {
    /// The same in words, which are ours whatever the message was.
    pub(super) const fn told(self) -> &'static str {
        match self {
            Self::Customer => "the customer is not known for this account",
            Self::Gateway => "the gateway is not known for this account",
            Self::PaymentMethod => "the payment method is not known for this account",
            Self::Subscription => "the subscription is not known for this account",
        }
    }
}

/// Whether two messages are one: without case, and without the full stop.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    bare(one).eq_ignore_ascii_case(bare(other))
}

fn bare(message: &str) -> &str {
    message.trim().trim_end_matches('.')
}

/// How BillAgain says that this account has no such thing: "410 Gone", the one status that its pages name.
pub(super) const GONE: u16 = 410;

/// The HTTP statuses that definitely refuse an operation whatever the body is. Other refusals are told by their form.
pub(crate) fn refusals(_kind: OperationKind) -> Vec<String> {
    vec![GONE.to_string()]
}

/// A notification names a transaction to look at, and no event: what the look can find of it and of its payment.
pub(crate) fn events() -> Vec<String> {
    let flags = FLAGS.iter().map(|(name, _)| format!("transaction {name}"));
    flags.chain(STATUSES.iter().map(|(name, _)| format!("payment {name}"))).collect()
}
