//! Billie's memory of one PSP: merchants, sessions, orders, captures, refunds, disputes.

use jiff::Timestamp;

use crate::billie::parts::Deal;
use crate::billie::rules::Verdict;
use crate::json::{Json, map};

/// An enabled merchant.
pub(crate) struct Merchant {
    pub(crate) id: String,
    pub(crate) reference: String,
    pub(crate) name: String,
}

/// A checkout session.
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) merchant: String,
    pub(crate) external_code: Option<String>,
    /// What the payment page is about; the widget is told later.
    pub(crate) deal: Option<Deal>,
    /// Where the page leads to; the widget has none.
    pub(crate) urls: Option<(String, String)>,
    pub(crate) webhook_url: Option<String>,
    pub(crate) expires: Timestamp,
    pub(crate) authorization: Option<(Deal, Verdict)>,
    /// What the widget handed to the shop's page; nothing where there is none.
    pub(crate) told: Option<Json>,
    pub(crate) order: Option<String>,
}

/// Where an order stands; capturing follows from its captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Live,
    Declined,
    Canceled,
}

/// An authorization that became an order.
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) merchant: String,
    pub(crate) external_code: Option<String>,
    pub(crate) stage: Stage,
    /// Gross, as first authorized.
    pub(crate) authorized: i64,
    /// Gross that an update gave up.
    pub(crate) released: i64,
    pub(crate) webhook_url: Option<String>,
    pub(crate) items: Vec<String>,
    pub(crate) captures: Vec<Capture>,
}

/// One capture.
pub(crate) struct Capture {
    pub(crate) id: String,
    pub(crate) invoice: String,
    pub(crate) sum: i64,
    pub(crate) refunds: Vec<Refund>,
}

/// One refund.
pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) sum: i64,
}

/// A capture in dispute.
pub(crate) struct Dispute {
    pub(crate) id: String,
    pub(crate) capture: String,
    pub(crate) code: String,
    pub(crate) reason: String,
    pub(crate) amount: i64,
    pub(crate) deadline: Timestamp,
    pub(crate) state: &'static str,
}

impl Capture {
    pub(crate) fn refunded(&self) -> i64 {
        self.refunds.iter().map(|refund| refund.sum).sum()
    }
}

impl Order {
    pub(crate) fn captured(&self) -> i64 {
        self.captures.iter().map(|capture| capture.sum).sum()
    }

    /// What may still be captured.
    pub(crate) fn open(&self) -> i64 {
        self.authorized - self.released - self.captured()
    }

    pub(crate) fn state(&self) -> &'static str {
        match self.stage {
            Stage::Declined => "declined",
            Stage::Canceled => "canceled",
            Stage::Live if self.captures.is_empty() => "created",
            Stage::Live if self.open() > 0 => "partially_captured",
            Stage::Live => "captured",
        }
    }
}

/// Everything.
#[derive(Default)]
pub(crate) struct Books {
    pub(crate) merchants: Vec<Merchant>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) orders: Vec<Order>,
    pub(crate) disputes: Vec<Dispute>,
}

impl Books {
    pub(crate) fn session(&mut self, id: &str) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.id == id)
    }

    pub(crate) fn order(&mut self, id: &str) -> Option<&mut Order> {
        self.orders.iter_mut().find(|order| order.id == id)
    }

    pub(crate) fn dispute(&mut self, id: &str) -> Option<&mut Dispute> {
        self.disputes.iter_mut().find(|dispute| dispute.id == id)
    }

    /// The order and the capture of a capture's id.
    pub(crate) fn capture(&self, id: &str) -> Option<(&Order, &Capture)> {
        let captures = self.orders.iter().flat_map(|order| order.captures.iter().map(move |capture| (order, capture)));
        captures.into_iter().find(|(_, capture)| capture.id == id)
    }

    /// Everything in minor units.
    pub(crate) fn show(&self) -> Json {
        map! {
            "orders": self.orders.iter().map(order_line).collect::<Vec<_>>(),
            "sessions": self.sessions.iter().map(session_line).collect::<Vec<_>>(),
            "captures": self.orders.iter().flat_map(capture_lines).collect::<Vec<_>>(),
            "disputes": self.disputes.iter().map(dispute_line).collect::<Vec<_>>(),
            "merchants": self.merchants.iter().map(merchant_line).collect::<Vec<_>>(),
        }
    }
}

fn order_line(order: &Order) -> Json {
    map! {
        "id": &order.id,
        "reference": order.external_code.clone(),
        "state": order.state(),
        "currency": "EUR",
        "authorized": if order.stage == Stage::Declined { 0 } else { order.authorized },
        "capturing": 0_i64,
        "captured": order.captured(),
        "released": order.released,
        "refunding": 0_i64,
        "refunded": order.captures.iter().map(Capture::refunded).sum::<i64>(),
        "merchant": &order.merchant,
    }
}

fn session_line(session: &Session) -> Json {
    map! {
        "id": &session.id,
        "hosted": session.urls.is_some(),
        "reference": session.external_code.clone(),
        "order": session.order.clone(),
    }
}

fn capture_lines(order: &Order) -> Vec<Json> {
    let refund = |refund: &Refund| map! { "id": &refund.id, "amount": refund.sum };
    let line = |capture: &Capture| {
        map! {
            "id": &capture.id,
            "order": &order.id,
            "reference": &capture.invoice,
            "amount": capture.sum,
            "refunded": capture.refunded(),
            "refunds": capture.refunds.iter().map(refund).collect::<Vec<_>>(),
        }
    };
    order.captures.iter().map(line).collect()
}

fn dispute_line(dispute: &Dispute) -> Json {
    map! { "id": &dispute.id, "capture": &dispute.capture, "state": dispute.state, "amount": dispute.amount }
}

fn merchant_line(merchant: &Merchant) -> Json {
    map! { "id": &merchant.id, "reference": &merchant.reference, "name": &merchant.name }
}
