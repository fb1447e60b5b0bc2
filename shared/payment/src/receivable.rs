//! The receivable: what a provider tells about who paid whom, beside status and ledger, which it never touches.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::dispute::Dispute;
use crate::history::{Cause, Entry, Fact};
use crate::id::CaptureId;
use crate::money::Amount;
use crate::operation::Operation;
use crate::outcome::ReceivableNews;
use crate::payment::Payment;

/// What one message says about the receivable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivableMessage {
    /// What happened.
    pub news: ReceivableNews,
    /// What is still owed of the whole order, minor units, where the message says so.
    pub outstanding: Option<Amount>,
    /// What the buyer has paid in all, minor units, where the message says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid: Option<Amount>,
    /// The provider's word for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The provider's id of the capture that it is about, where it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture_reference: Option<String>,
    /// That capture; looked up when it is written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture: Option<CaptureId>,
    /// Whether the buyer is known not to be late any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ends_overdue: bool,
    /// When it happened, by the message's own word. What has such a time never overwrites what has a later one. Without
    /// one the order of arrival counts: the opening of a dispute names only its deadline, and what a guide shows
    /// without a time may come without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
    /// The provider's id of the dispute that it is about, where it names one: what is over does not begin again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispute: Option<String>,
    /// What it tells of that dispute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about_dispute: Option<Dispute>,
}

impl ReceivableMessage {
    /// News and nothing else.
    #[must_use]
    pub const fn of(news: ReceivableNews) -> Self {
        Self {
            news,
            outstanding: None,
            paid: None,
            detail: None,
            capture_reference: None,
            capture: None,
            ends_overdue: false,
            occurred_at: None,
            dispute: None,
            about_dispute: None,
        }
    }

    pub(crate) const fn is_about_payout(&self) -> bool {
        matches!(self.news, ReceivableNews::PaidOut | ReceivableNews::ClawedBack)
    }

    const fn is_about_debt(&self) -> bool {
        self.outstanding.is_some()
    }

    /// Whether it can be about this capture; about any, where nobody says which.
    pub(crate) fn concerns(&self, capture: Option<&CaptureId>) -> bool {
        self.capture.as_ref().zip(capture).is_none_or(|(own, other)| own == other)
    }

    pub(crate) fn tells_that_all_is_paid(&self) -> bool {
        self.news == ReceivableNews::BuyerPaid && (self.ends_overdue || self.is_nothing_owed())
    }

    fn is_nothing_owed(&self) -> bool {
        self.outstanding == Some(Amount::ZERO)
    }

    fn says_late(&self) -> bool {
        self.news == ReceivableNews::Overdue
    }

    /// Whether the buyer who was late with something is not late any more, if this came later.
    fn ends_being_late(&self, with: &Self) -> bool {
        let ends = self.ends_overdue || self.news == ReceivableNews::Closed;
        self.is_nothing_owed() || (ends && self.concerns(with.capture.as_ref()))
    }

    fn opens_dispute(&self) -> bool {
        self.news == ReceivableNews::Disputed
    }

    fn ends_dispute(&self) -> bool {
        self.news == ReceivableNews::DisputeClosed
            || (self.news == ReceivableNews::ClawedBack && self.dispute.is_some())
    }

    /// Whether its own time is before the other's; not known where either has none.
    fn is_known_before(&self, other: &Self) -> bool {
        self.occurred_at.zip(other.occurred_at).is_some_and(|(own, other)| own < other)
    }
}

/// What the provider told about who paid whom.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Receivable {
    /// What the buyer still owes, minor units.
    pub outstanding: Option<Amount>,
    /// When the buyer must have paid.
    pub due_date: Option<Date>,
    /// When the provider paid the merchant.
    pub paid_out_at: Option<Timestamp>,
    /// Whether the buyer is late.
    pub overdue: bool,
    /// The sternest reminder so far; 0 for none.
    pub dunning_level: u8,
    /// Whether the buyer disputes.
    pub disputed: bool,
    /// The last dispute, open or not, where the provider told more of it.
    #[serde(default)]
    pub dispute: Option<Dispute>,
    /// Whether nothing more will come.
    pub closed: bool,
}

/// What a provider's message says beside the order's state.
pub struct Note<'a> {
    /// Tells the message from every other one.
    pub identity: &'a str,
    /// What it says about the receivable.
    pub receivable: Option<&'a ReceivableMessage>,
    /// The event's name, when nobody knows it.
    pub unrecognized: Option<&'a str>,
}

impl Payment {
    /// Writes down what a message says beside the order's state, once per message.
    ///
    /// Returns whether anything was written down: a message that was here before is not, and neither is anything once
    /// the item is about to outgrow the table.
    pub fn note_message(&mut self, note: Note<'_>, cause: &Cause, now: Timestamp) -> bool {
        // That nobody knew it once says nothing, once somebody knows it.
        let said_nothing =
            |entry: &Entry| note.unrecognized.is_none() && matches!(entry.fact, Fact::Unrecognized { .. });
        let seen = self.noted(note.identity).any(|entry| !said_nothing(entry));
        if seen || self.is_full() {
            return false;
        }
        let before = self.history.len();
        if let Some(told) = note.receivable {
            self.note_receivable(told.clone(), cause, now);
        }
        if let Some(event) = note.unrecognized {
            self.note_unrecognized(event, cause, now);
        }
        for entry in self.history.iter_mut().skip(before) {
            entry.message = Some(note.identity.to_owned());
        }
        self.history.len() > before
    }

    /// Whether nobody knew what a message said when it came, and nothing but such messages was written down since: what it
    /// says is no older than what is known.
    #[must_use]
    pub fn is_unread_news(&self, identity: &str) -> bool {
        let unread = |entry: &&Entry| matches!(entry.fact, Fact::Unrecognized { .. });
        self.history.iter().rev().take_while(unread).any(|entry| entry.message.as_deref() == Some(identity))
    }

    /// What was written down of a message.
    fn noted<'a>(&'a self, identity: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.history.iter().filter(move |entry| entry.message.as_deref() == Some(identity))
    }

    /// Writes down what a provider told about the receivable. Never touches status or ledger, so it needs no proof.
    pub fn note_receivable(&mut self, mut told: ReceivableMessage, cause: &Cause, now: Timestamp) {
        told.capture = told.capture_reference.as_deref().and_then(|id| self.capture_named(id)).cloned();
        let is_latest = |about: fn(&ReceivableMessage) -> bool| {
            about(&told) && !self.told().any(|known| about(known) && told.is_known_before(known))
        };
        let pays_out = is_latest(ReceivableMessage::is_about_payout);
        let owes = is_latest(ReceivableMessage::is_about_debt);
        let mut facts = self.receivable.take().unwrap_or_default();
        match &told.news {
            ReceivableNews::PaidOut if pays_out => facts.paid_out_at = Some(now),
            ReceivableNews::ClawedBack if pays_out => facts.paid_out_at = None,
            ReceivableNews::Dunning { level, .. } => facts.dunning_level = facts.dunning_level.max(*level),
            ReceivableNews::PaidOut
            | ReceivableNews::ClawedBack
            | ReceivableNews::BuyerPaid
            | ReceivableNews::Overdue
            | ReceivableNews::Disputed
            | ReceivableNews::DisputeClosed
            | ReceivableNews::Closed
            | ReceivableNews::Updated => {}
        }
        if owes {
            facts.outstanding = told.outstanding;
        }
        self.record(Fact::Receivable(told), self.status, cause, now);
        facts.overdue = self.is_overdue(None);
        facts.disputed = self.is_disputed();
        facts.dispute = self.last_dispute();
        facts.closed = self.is_closed();
        self.receivable = Some(facts);
    }

    /// The capture that a provider calls so.
    pub(crate) fn capture_named(&self, id: &str) -> Option<&CaptureId> {
        let named = self.operations.iter().filter(|o| o.provider_reference.as_deref() == Some(id));
        named.filter_map(Operation::makes_capture).next()
    }

    /// What was told so far, as it arrived.
    pub(crate) fn told(&self) -> impl Iterator<Item = &ReceivableMessage> + Clone {
        self.history.iter().filter_map(|entry| match &entry.fact {
            Fact::Receivable(told) => Some(told),
            _ => None,
        })
    }

    /// Whether a dispute was opened that is not over. A result names the dispute that it ends, whenever it comes; one that
    /// names none ends those without a name that came before it.
    fn is_disputed(&self) -> bool {
        self.lasts(ReceivableMessage::opens_dispute, |opened, end, later| {
            end.ends_dispute() && end.dispute == opened.dispute && (opened.dispute.is_some() || later)
        })
    }

    /// Whether the buyer is late with this capture, or with any. Who has paid, or owes nothing that will still come, is
    /// not, unless that was before.
    pub(crate) fn is_overdue(&self, capture: Option<&CaptureId>) -> bool {
        let told = |message: &ReceivableMessage| message.says_late() && message.concerns(capture);
        self.lasts(told, |late, end, later| later && end.ends_being_late(late))
    }

    /// Whether something began that did not end; `ends` is asked of a message and whether it came later.
    fn lasts(
        &self,
        begins: impl Fn(&ReceivableMessage) -> bool,
        ends: impl Fn(&ReceivableMessage, &ReceivableMessage, bool) -> bool,
    ) -> bool {
        let told = self.told().enumerate();
        let ended = |(n, begun): (usize, &ReceivableMessage)| {
            told.clone().any(|(m, end)| {
                let later = begun.is_known_before(end) || (m > n && !end.is_known_before(begun));
                ends(begun, end, later)
            })
        };
        told.clone().filter(|(_, message)| begins(message)).any(|begun| !ended(begun))
    }

    /// Whether nothing more will come: of the order, or of each of its captures.
    fn is_closed(&self) -> bool {
        let closed = |capture: Option<&CaptureId>| {
            self.told().any(|told| told.news == ReceivableNews::Closed && told.capture.as_ref() == capture)
        };
        let mut captures = self.settled_captures().filter_map(Operation::makes_capture).peekable();
        closed(None) || (captures.peek().is_some() && captures.all(|capture| closed(Some(capture))))
    }

    /// Writes down that the provider sent an event that nobody knows, by the first 100 characters of its name.
    pub fn note_unrecognized(&mut self, event: &str, cause: &Cause, now: Timestamp) {
        let event: String = event.chars().filter(|c| !c.is_control()).take(100).collect();
        self.record(Fact::Unrecognized { event: event.to_owned() }, self.status, cause, now);
    }
}
