//! How the receivable stands when somebody looks: what is new in it is an event, the rest is kept as it is.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::history::{Cause, Entry, Fact};
use crate::id::CaptureId;
use crate::money::Amount;
use crate::outcome::ReceivableNews;
use crate::payment::Payment;
use crate::receivable::{Receivable, ReceivableMessage};
use crate::schedule;

/// How what is owed stands, by the provider's answer to a look.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReceivableFacts {
    /// The provider's id of the capture that it is about; none where it is about the order.
    pub capture_reference: Option<String>,
    /// What is still owed of it, minor units, where the provider says so.
    pub outstanding: Option<Amount>,
    /// When the buyer must have paid.
    pub due_date: Option<Date>,
    /// Whether the buyer is late, where the provider says so.
    pub overdue: Option<bool>,
    /// Whether the buyer is known to have paid all of it.
    pub paid: bool,
    /// Whether the provider is known to have paid the merchant.
    pub paid_out: bool,
    /// The provider's word for all this.
    pub state: Option<String>,
}

impl ReceivableFacts {
    fn owed(&self) -> Option<Amount> {
        if self.paid { Some(Amount::ZERO) } else { self.outstanding }
    }
}

impl Payment {
    /// Takes in how the receivable stands. Never touches status or ledger, and writes nothing that is known.
    pub(crate) fn learn_of_receivable(&mut self, seen: &[ReceivableFacts], cause: &Cause, now: Timestamp) {
        if seen.is_empty() || self.is_full() {
            return;
        }
        let outstanding: Option<Amount> = seen.iter().map(ReceivableFacts::owed).sum();
        // A provider's books can lag behind its messages, and nobody looks again once all is captured.
        let told = self.was_told_lately(now);
        if !told {
            seen.iter().for_each(|facts| self.tell_what_is_new(facts, outstanding, cause, now));
        }
        let known = self.receivable.clone().unwrap_or_default();
        let facts = Receivable {
            outstanding: if told { known.outstanding.or(outstanding) } else { outstanding.or(known.outstanding) },
            due_date: next_due(seen).or(known.due_date),
            ..known
        };
        if facts != Receivable::default() {
            self.receivable = Some(facts);
        }
    }

    /// Whether a message told something of the receivable within the time that a provider's books may lag.
    fn was_told_lately(&self, now: Timestamp) -> bool {
        let since = schedule::after(now, -schedule::BOOKS_LAG_SECONDS);
        let told = |entry: &Entry| entry.message.is_some() && matches!(entry.fact, Fact::Receivable(_));
        self.history.iter().rev().take_while(|entry| entry.at > since).any(told)
    }

    /// Each piece of news once: what a message told before is none.
    fn tell_what_is_new(&mut self, facts: &ReceivableFacts, owed: Option<Amount>, cause: &Cause, now: Timestamp) {
        let capture = facts.capture_reference.as_deref().map(|id| self.capture_named(id).cloned());
        // What we do not know as a capture of ours is for the ledger to tell.
        if capture == Some(None) {
            return;
        }
        let capture = capture.flatten();
        let about = capture.as_ref();
        let told = |is: fn(&ReceivableMessage) -> bool| self.told().any(|told| told.concerns(about) && is(told));
        let late = self.is_overdue(about);
        let paid = facts.paid && self.is_owed(about) && !told(ReceivableMessage::tells_that_all_is_paid);
        let in_time = facts.paid || facts.overdue == Some(false);
        let news = [
            (facts.paid_out && !told(ReceivableMessage::is_about_payout)).then_some(ReceivableNews::PaidOut),
            (facts.overdue == Some(true) && !late).then_some(ReceivableNews::Overdue),
            paid.then_some(ReceivableNews::BuyerPaid),
            (late && in_time && !paid).then_some(ReceivableNews::Updated),
        ];
        for news in news.into_iter().flatten() {
            let ends_overdue = matches!(news, ReceivableNews::BuyerPaid | ReceivableNews::Updated);
            let told = ReceivableMessage {
                outstanding: owed,
                detail: facts.state.clone(),
                capture_reference: facts.capture_reference.clone(),
                ends_overdue,
                ..ReceivableMessage::of(news)
            };
            self.note_receivable(told, cause, now);
        }
    }

    /// Whether anything can be owed: something is captured and neither given back nor known to be paid.
    fn is_owed(&self, capture: Option<&CaptureId>) -> bool {
        let held = capture.map_or_else(|| self.amounts().refundable(), |capture| self.refundable_of(capture));
        let paid = self.receivable.as_ref().is_some_and(|known| known.outstanding == Some(Amount::ZERO));
        !held.is_zero() && !paid
    }
}

/// The day on which the next of what is still owed is due.
fn next_due(seen: &[ReceivableFacts]) -> Option<Date> {
    let owed = |facts: &&ReceivableFacts| facts.owed().is_none_or(|owed| !owed.is_zero());
    let next = seen.iter().filter(owed).filter_map(|facts| facts.due_date).min();
    next.or_else(|| seen.iter().filter_map(|facts| facts.due_date).max())
}
