//! BillAgain's memory: transactions and the payments that came of them.

use jiff::Timestamp;

use crate::json::{Json, map};
use crate::webhooks::Attempt;

/// Where a transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The customer has not decided.
    Open,
    /// The customer went away.
    Cancelled,
    /// Sent on, not done yet.
    Submitted,
    /// Done.
    Complete,
    /// Went wrong.
    Failed,
}

/// One transaction, with the fields of the request as they came.
pub(crate) struct Transaction {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) wanted: Wanted,
    pub(crate) stage: Stage,
    pub(crate) result: &'static str,
    pub(crate) payment: Option<i64>,
    /// The way to pay that the customer used, where it is kept.
    pub(crate) method: Option<i64>,
    pub(crate) created: Timestamp,
    pub(crate) notified: Notified,
}

/// What was asked for.
#[derive(Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) customer: i64,
    pub(crate) method: String,
    pub(crate) is_payment: bool,
    pub(crate) storage: String,
    pub(crate) retain: bool,
    pub(crate) primary: bool,
    pub(crate) enrol: bool,
    pub(crate) subscription: Option<i64>,
    pub(crate) gateway: Option<i64>,
    pub(crate) payment_method: Option<i64>,
    pub(crate) currency: String,
    pub(crate) amount: i64,
    pub(crate) description: Option<String>,
    pub(crate) redirect_url: Option<String>,
    pub(crate) notify_url: Option<String>,
}

/// How the notification went.
#[derive(Default)]
pub(crate) struct Notified {
    pub(crate) first: Option<Timestamp>,
    pub(crate) last: Option<Timestamp>,
    pub(crate) tries: i64,
    pub(crate) failure: Option<String>,
}

/// A payment; `Pending` until it is settled.
pub(crate) struct Payment {
    pub(crate) id: i64,
    pub(crate) transaction: String,
    pub(crate) customer: i64,
    pub(crate) status: &'static str,
    pub(crate) date: Timestamp,
    pub(crate) currency: String,
    pub(crate) amount: i64,
    pub(crate) method: String,
}

/// Everything.
#[derive(Default)]
pub(crate) struct Books {
    pub(crate) transactions: Vec<Transaction>,
    pub(crate) payments: Vec<Payment>,
}

impl Books {
    pub(crate) fn transaction(&self, id: &str) -> Option<&Transaction> {
        self.transactions.iter().find(|one| one.id == id)
    }

    pub(crate) fn transaction_mut(&mut self, id_or_token: &str) -> Option<&mut Transaction> {
        self.transactions.iter_mut().find(|one| one.id == id_or_token || one.token == id_or_token)
    }

    pub(crate) fn payment(&self, id: &str) -> Option<&Payment> {
        self.payments.iter().find(|one| one.id.to_string() == id)
    }

    pub(crate) fn payment_mut(&mut self, id: &str) -> Option<&mut Payment> {
        self.payments.iter_mut().find(|one| one.id.to_string() == id)
    }

    /// Writes an attempt of a notification down.
    pub(crate) fn notified(&mut self, attempt: &Attempt<'_>) {
        let Some(one) = self.transactions.iter_mut().find(|one| one.id == attempt.about) else { return };
        one.notified.first.get_or_insert(attempt.at);
        one.notified.last = Some(attempt.at);
        one.notified.tries += 1;
        one.notified.failure.clone_from(&attempt.failure);
    }

    /// Everything in minor units; a payment that is pending is being captured.
    pub(crate) fn show(&self) -> Json {
        let payment = |one: &Payment| {
            map! { "id": one.id, "transaction": &one.transaction, "state": one.status, "amount": one.amount }
        };
        map! {
            "orders": self.transactions.iter().map(|one| self.order(one)).collect::<Vec<_>>(),
            "payments": self.payments.iter().map(payment).collect::<Vec<_>>(),
        }
    }

    fn order(&self, one: &Transaction) -> Json {
        let payment = self.payments.iter().find(|payment| Some(payment.id) == one.payment);
        let (pending, held) = match payment.map(|payment| payment.status) {
            Some("Pending") => (one.wanted.amount, one.wanted.amount),
            None | Some("Failed") => (0, 0),
            Some(_) => (0, one.wanted.amount),
        };
        map! {
            "id": &one.id,
            "reference": one.wanted.description.clone(),
            "state": one.state(),
            "currency": &one.wanted.currency,
            "authorized": held,
            "capturing": pending,
            "captured": held - pending,
            "released": 0_i64,
            "refunding": 0_i64,
            "refunded": 0_i64,
            "token": &one.token,
            "payment": one.payment,
        }
    }
}

impl Transaction {
    pub(crate) fn state(&self) -> &'static str {
        match self.stage {
            Stage::Open => "open",
            Stage::Cancelled => "cancelled",
            Stage::Submitted => "submitted",
            Stage::Complete => "complete",
            Stage::Failed => "failed",
        }
    }
}
