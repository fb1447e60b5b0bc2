//! Billie's memory: sessions, orders, invoices, credit notes, and the states that follow from them.

use jiff::Timestamp;

use crate::amount::Amount;
use crate::billie::parts::{Address, Company, Deal};
use crate::billie::rules::Verdict;
use crate::json::{Json, map};

/// One checkout session, from the widget or the hosted page.
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) expires: Timestamp,
    pub(crate) hosted: Option<Hosted>,
    pub(crate) authorization: Option<Authorization>,
    pub(crate) confirmation: Option<Confirmation>,
    pub(crate) order: Option<String>,
}

/// What the hosted page was opened with.
#[derive(Clone)]
pub(crate) struct Hosted {
    pub(crate) deal: Deal,
    pub(crate) order_id: Option<String>,
    pub(crate) accept_url: Option<String>,
    pub(crate) decline_url: Option<String>,
}

/// The last word on a session.
#[derive(Clone)]
pub(crate) struct Authorization {
    pub(crate) deal: Deal,
    pub(crate) verdict: Verdict,
}

/// A confirmation as the merchant sent it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Confirmation {
    pub(crate) amount: Amount,
    pub(crate) duration: i64,
    pub(crate) company: Company,
    pub(crate) delivery: Option<Address>,
    pub(crate) external_code: Option<String>,
}

/// Where an order stands; shipping follows from its invoices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Waiting,
    Live,
    Declined(&'static str),
    Canceled,
}

/// One order.
pub(crate) struct Order {
    pub(crate) uuid: String,
    pub(crate) external_code: Option<String>,
    pub(crate) stage: Stage,
    pub(crate) amount: Amount,
    /// The highest that the amount ever was.
    pub(crate) promised: i64,
    pub(crate) released: Amount,
    pub(crate) duration: i64,
    pub(crate) created: Timestamp,
    pub(crate) company: Company,
    pub(crate) delivery: Option<Address>,
    pub(crate) items: Vec<String>,
}

/// One invoice, which is one capture.
pub(crate) struct Invoice {
    pub(crate) uuid: String,
    pub(crate) order: String,
    pub(crate) number: String,
    pub(crate) url: String,
    pub(crate) amount: Amount,
    pub(crate) credits: Vec<Credit>,
    pub(crate) paid: i64,
    pub(crate) confirmed: i64,
    pub(crate) duration: i64,
    pub(crate) created: Timestamp,
    pub(crate) visible: Timestamp,
    pub(crate) state: &'static str,
}

/// One credit note.
pub(crate) struct Credit {
    pub(crate) uuid: String,
    pub(crate) number: String,
    pub(crate) amount: Amount,
}

impl Invoice {
    /// What was given back.
    pub(crate) fn credited(&self) -> Amount {
        if self.state == "canceled" {
            return self.amount;
        }
        self.credits.iter().fold(Amount::default(), |sum, credit| sum.plus(credit.amount))
    }

    /// What the buyer still owes.
    pub(crate) fn outstanding(&self) -> i64 {
        (self.amount.gross - self.credited().gross - self.paid).max(0)
    }
}

/// Everything.
#[derive(Default)]
pub(crate) struct Books {
    pub(crate) sessions: Vec<Session>,
    pub(crate) orders: Vec<Order>,
    pub(crate) invoices: Vec<Invoice>,
}

/// Shipped so far, as of a moment or altogether.
#[derive(Clone, Copy)]
pub(crate) enum Seen {
    All,
    At(Timestamp),
}

impl Books {
    pub(crate) fn session(&mut self, id: &str) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.id == id)
    }

    pub(crate) fn order(&self, uuid: &str) -> Option<&Order> {
        self.orders.iter().find(|order| order.uuid == uuid)
    }

    pub(crate) fn order_mut(&mut self, uuid: &str) -> Option<&mut Order> {
        self.orders.iter_mut().find(|order| order.uuid == uuid)
    }

    pub(crate) fn invoice(&self, uuid: &str) -> Option<&Invoice> {
        self.invoices.iter().find(|invoice| invoice.uuid == uuid)
    }

    pub(crate) fn invoice_mut(&mut self, uuid: &str) -> Option<&mut Invoice> {
        self.invoices.iter_mut().find(|invoice| invoice.uuid == uuid)
    }

    /// Whether a living order has this code already.
    pub(crate) fn taken(&self, code: &str) -> bool {
        let alive = |order: &&Order| !matches!(order.stage, Stage::Declined(_));
        self.orders.iter().filter(alive).any(|order| order.external_code.as_deref() == Some(code))
    }

    /// The invoices of an order that can be seen.
    pub(crate) fn invoices_of(&self, order: &str, seen: Seen) -> impl Iterator<Item = &Invoice> {
        self.invoices.iter().filter(move |invoice| {
            let visible = if let Seen::At(now) = seen { invoice.visible <= now } else { true };
            invoice.order == order && visible
        })
    }

    /// The sum of the captures, refunded or not.
    pub(crate) fn captured(&self, order: &str, seen: Seen) -> Amount {
        self.invoices_of(order, seen).fold(Amount::default(), |sum, invoice| sum.plus(invoice.amount))
    }

    /// What can still be captured.
    pub(crate) fn unshipped(&self, order: &Order, seen: Seen) -> Amount {
        order.amount.minus(self.captured(&order.uuid, seen)).minus(order.released)
    }

    /// The state by its documented name.
    pub(crate) fn state(&self, order: &Order, seen: Seen, canceled: &'static str) -> &'static str {
        match order.stage {
            Stage::Waiting => "waiting",
            Stage::Declined(_) => "declined",
            Stage::Canceled => canceled,
            Stage::Live if self.invoices_of(&order.uuid, seen).next().is_none() => "created",
            Stage::Live if self.unshipped(order, seen).gross > 0 => "partially_shipped",
            Stage::Live if self.invoices_of(&order.uuid, seen).all(|invoice| invoice.state == "complete") => "complete",
            Stage::Live => "shipped",
        }
    }

    /// Everything in minor units.
    pub(crate) fn show(&self) -> Json {
        let order = |order: &Order| {
            let refunded: i64 = self.invoices_of(&order.uuid, Seen::All).map(|one| one.credited().gross).sum();
            let confirmed: i64 = self.invoices_of(&order.uuid, Seen::All).map(|one| one.confirmed).sum();
            let held = matches!(order.stage, Stage::Live | Stage::Canceled);
            map! {
                "id": &order.uuid,
                "reference": order.external_code.clone(),
                "state": self.state(order, Seen::All, "canceled"),
                "currency": "EUR",
                "authorized": if held { order.promised } else { 0 },
                "capturing": 0_i64,
                "captured": self.captured(&order.uuid, Seen::All).gross,
                "released": order.released.gross + if held { order.promised - order.amount.gross } else { 0 },
                "refunding": 0_i64,
                "refunded": refunded,
                "confirmed_payment": confirmed,
            }
        };
        map! {
            "orders": self.orders.iter().map(order).collect::<Vec<_>>(),
            "invoices": self.invoices.iter().map(invoice_line).collect::<Vec<_>>(),
            "sessions": self.sessions.iter().map(session_line).collect::<Vec<_>>(),
        }
    }
}

fn invoice_line(invoice: &Invoice) -> Json {
    let credit = |credit: &Credit| {
        map! { "id": &credit.uuid, "reference": &credit.number, "amount": credit.amount.gross }
    };
    map! {
        "id": &invoice.uuid,
        "order": &invoice.order,
        "reference": &invoice.number,
        "url": &invoice.url,
        "state": invoice.state,
        "amount": invoice.amount.gross,
        "refunded": invoice.credited().gross,
        "paid": invoice.paid,
        "confirmed_payment": invoice.confirmed,
        "credit_notes": invoice.credits.iter().map(credit).collect::<Vec<_>>(),
    }
}

fn session_line(session: &Session) -> Json {
    map! { "id": &session.id, "hosted": session.hosted.is_some(), "order": session.order.clone() }
}
