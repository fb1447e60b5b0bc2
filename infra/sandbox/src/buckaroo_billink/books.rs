//! The gateway's memory: every transaction with its status, and what follows from them for an order.

use jiff::Timestamp;

use super::request::{Flaw, Urls, Wanted};
use crate::json::{Json, map};

/// What a transaction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Pay,
    Authorize,
    Capture,
    Refund,
    CancelAuthorize,
}

/// Name on the wire, name of the call, transaction type, mutation type (1 collecting, 3 informational).
const ACTIONS: [(Action, &str, &str, &str, u16); 5] = [
    (Action::Pay, "Pay", "pay", "C068", 1),
    (Action::Authorize, "Authorize", "authorize", "I069", 3),
    (Action::Capture, "Capture", "capture", "C073", 1),
    (Action::Refund, "Refund", "refund", "C070", 1),
    (Action::CancelAuthorize, "CancelAuthorize", "cancel", "I072", 1),
];

impl Action {
    pub(crate) fn read(name: &str) -> Option<Self> {
        ACTIONS.iter().find(|row| row.1.eq_ignore_ascii_case(name)).map(|row| row.0)
    }

    /// Reads the name of a call.
    pub(crate) fn of_call(call: &str) -> Option<Self> {
        ACTIONS.iter().find(|row| row.2 == call).map(|row| row.0)
    }

    fn row(self) -> (&'static str, &'static str, &'static str, u16) {
        let row = ACTIONS.iter().find(|row| row.0 == self);
        row.map_or(("", "unknown", "", 0), |row| (row.1, row.2, row.3, row.4))
    }

    pub(crate) fn wire(self) -> &'static str {
        self.row().0
    }

    pub(crate) fn call(self) -> &'static str {
        self.row().1
    }

    pub(crate) fn transaction_type(self) -> &'static str {
        self.row().2
    }

    pub(crate) fn mutation(self) -> u16 {
        self.row().3
    }

    pub(crate) fn side(self) -> Side {
        if matches!(self, Self::Refund | Self::CancelAuthorize) { Side::Credit } else { Side::Debit }
    }

    /// Collecting transactions group under a payment key, informational ones do not.
    pub(crate) fn collects(self) -> bool {
        matches!(self, Self::Pay | Self::Capture | Self::Refund)
    }
}

/// Which amount field a transaction has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Debit,
    Credit,
}

impl Side {
    pub(crate) fn field(self) -> &'static str {
        if self == Self::Debit { "AmountDebit" } else { "AmountCredit" }
    }
}

/// How a transaction ends that does not succeed at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doom {
    Rejected,
    Failed,
    Technical,
    Pending,
}

/// Status codes; see docs.buckaroo.io/docs/status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Success,
    Failed,
    Invalid,
    Technical,
    Rejected,
    PendingInput,
    PendingProcessing,
    AwaitingConsumer,
    OnHold,
    PendingApproval,
    Cancelled,
    CalledOff,
}

impl Status {
    const ALL: [Self; 12] = [
        Self::Success,
        Self::Failed,
        Self::Invalid,
        Self::Technical,
        Self::Rejected,
        Self::PendingInput,
        Self::PendingProcessing,
        Self::AwaitingConsumer,
        Self::OnHold,
        Self::PendingApproval,
        Self::Cancelled,
        Self::CalledOff,
    ];

    /// The status with this code.
    pub(crate) fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code().0.to_string() == code)
    }

    pub(crate) fn code(self) -> (u16, &'static str) {
        match self {
            Self::Success => (190, "Success"),
            Self::Failed => (490, "Failed"),
            Self::Invalid => (491, "Validation failure"),
            Self::Technical => (492, "Technical failure"),
            Self::Rejected => (690, "Rejected"),
            Self::PendingInput => (790, "Pending input"),
            Self::PendingProcessing => (791, "Pending processing"),
            Self::AwaitingConsumer => (792, "Awaiting consumer"),
            Self::OnHold => (793, "On hold"),
            Self::PendingApproval => (794, "Pending approval"),
            Self::Cancelled => (890, "Cancelled by user"),
            Self::CalledOff => (891, "Cancelled by merchant"),
        }
    }

    pub(crate) fn pending(self) -> bool {
        matches!(
            self,
            Self::PendingInput
                | Self::PendingProcessing
                | Self::AwaitingConsumer
                | Self::OnHold
                | Self::PendingApproval
        )
    }
}

/// One transaction.
#[derive(Clone, Debug)]
pub(crate) struct Transaction {
    pub(crate) key: String,
    pub(crate) action: Option<Action>,
    pub(crate) side: Side,
    pub(crate) minor: i64,
    pub(crate) invoice: Option<String>,
    pub(crate) order: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) parent: Option<String>,
    pub(crate) status: Status,
    pub(crate) reason: Option<String>,
    pub(crate) at: Timestamp,
    pub(crate) payment_key: Option<String>,
    pub(crate) redirect: Option<String>,
    pub(crate) doom: Option<Doom>,
    pub(crate) urls: Urls,
    pub(crate) custom: Vec<(String, String)>,
    pub(crate) additional: Vec<(String, String)>,
    pub(crate) flaws: Vec<Flaw>,
}

impl Transaction {
    /// A transaction as asked for, with its status.
    pub(crate) fn new(wanted: Wanted, status: Status, at: Timestamp) -> Self {
        let collects = wanted.action.is_some_and(Action::collects);
        Self {
            key: key(),
            action: wanted.action,
            side: wanted.side,
            minor: wanted.minor,
            invoice: wanted.invoice,
            order: wanted.order,
            description: wanted.description,
            parent: wanted.original,
            status,
            reason: None,
            at,
            payment_key: (collects && status != Status::Invalid).then(key),
            redirect: None,
            doom: None,
            urls: wanted.urls,
            custom: wanted.custom,
            additional: wanted.additional,
            flaws: wanted.flaws,
        }
    }

    /// Whether it is done, and of a kind that another action can follow.
    pub(crate) fn leads_to(&self, action: Action) -> bool {
        let followed: &[Action] = match action {
            Action::Pay | Action::Authorize => &[],
            Action::Capture | Action::CancelAuthorize => &[Action::Authorize],
            Action::Refund => &[Action::Pay, Action::Capture],
        };
        self.status == Status::Success && followed.iter().any(|action| self.is(*action))
    }

    /// Whether it can be called off: what opens an order and waits.
    pub(crate) fn cancelable(&self) -> bool {
        self.status.pending() && (self.is(Action::Pay) || self.is(Action::Authorize))
    }

    fn is(&self, action: Action) -> bool {
        self.action == Some(action)
    }
}

/// 32 upper-case hexadecimal digits.
pub(crate) fn key() -> String {
    uuid::Uuid::new_v4().simple().to_string().to_uppercase()
}

/// All transactions, oldest first.
#[derive(Default)]
pub(crate) struct Books {
    pub(crate) transactions: Vec<Transaction>,
}

impl Books {
    /// Finds a transaction by its key, in any case.
    pub(crate) fn find(&self, key: &str) -> Option<&Transaction> {
        self.transactions.iter().find(|transaction| transaction.key.eq_ignore_ascii_case(key))
    }

    pub(crate) fn find_mut(&mut self, key: &str) -> Option<&mut Transaction> {
        self.transactions.iter_mut().find(|transaction| transaction.key.eq_ignore_ascii_case(key))
    }

    /// Whether Billink has an order of this invoice, or is about to.
    pub(crate) fn ordered(&self, invoice: &str) -> bool {
        let there = |status: Status| status == Status::Success || (status.pending() && status != Status::PendingInput);
        let orders = self.transactions.iter().filter(|one| one.is(Action::Pay) || one.is(Action::Authorize));
        orders.filter(|one| there(one.status)).any(|one| one.invoice.as_deref() == Some(invoice))
    }

    /// The children of a transaction by one action that hold: successful, or pending.
    fn children<'a>(&'a self, parent: &'a str, action: Action) -> impl Iterator<Item = &'a Transaction> {
        self.transactions.iter().filter(move |child| {
            let holds = child.status == Status::Success || child.status.pending();
            holds && child.is(action) && child.parent.as_deref().is_some_and(|key| key.eq_ignore_ascii_case(parent))
        })
    }

    /// Whether an authorization was captured or cancelled, or is about to be.
    pub(crate) fn used(&self, authorization: &str) -> bool {
        let by = |action| self.children(authorization, action).next().is_some();
        by(Action::Capture) || by(Action::CancelAuthorize)
    }

    /// What was refunded of a payment or capture: settled, and still pending.
    pub(crate) fn refunds(&self, key: &str) -> (i64, i64) {
        self.children(key, Action::Refund).fold((0, 0), |(settled, pending), refund| {
            if refund.status.pending() { (settled, pending + refund.minor) } else { (settled + refund.minor, pending) }
        })
    }

    /// How much of a transaction another action can still take.
    pub(crate) fn left(&self, original: &Transaction, action: Action) -> i64 {
        let (settled, pending) = self.refunds(&original.key);
        if original.leads_to(action) && !self.used(&original.key) { original.minor - settled - pending } else { 0 }
    }

    /// Everything in minor units: one line per order, one per transaction.
    pub(crate) fn show(&self) -> Json {
        let roots = self.transactions.iter().filter(|one| one.is(Action::Pay) || one.is(Action::Authorize));
        map! {
            "orders": roots.map(|root| self.order(root)).collect::<Vec<_>>(),
            "transactions": self.transactions.iter().map(line).collect::<Vec<_>>(),
        }
    }

    fn order(&self, root: &Transaction) -> Json {
        let held = if root.status == Status::Success { root.minor } else { 0 };
        let sum = |action: Action, pending: bool| {
            let children = self.children(&root.key, action).filter(|child| child.status.pending() == pending);
            children.map(|child| child.minor).sum::<i64>()
        };
        let pays = root.is(Action::Pay);
        let captured = if pays { held } else { sum(Action::Capture, false) };
        let money = self.transactions.iter().filter(|one| {
            let ours = one.parent.as_deref() == Some(root.key.as_str());
            one.key == root.key || (ours && one.is(Action::Capture))
        });
        let (refunded, refunding) = money.map(|one| self.refunds(&one.key)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        map! {
            "id": &root.key,
            "reference": root.invoice.clone(),
            "state": root.status.code().1,
            "currency": "EUR",
            "authorized": held,
            "capturing": sum(Action::Capture, true),
            "captured": captured,
            "released": sum(Action::CancelAuthorize, false),
            "refunding": refunding,
            "refunded": refunded,
        }
    }
}

fn line(one: &Transaction) -> Json {
    map! {
        "key": &one.key,
        "action": one.action.map(Action::wire),
        "invoice": one.invoice.clone(),
        "parent": one.parent.clone(),
        "status": one.status.code().0,
        "amount": one.minor,
    }
}
