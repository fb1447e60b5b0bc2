//! What one batch of the stream tells: events, changes that this code cannot read, queues that are behind, and when the
//! sweep is to be woken.

use std::collections::{BTreeMap, BTreeSet};

use aws_lambda_events::event::dynamodb::EventRecord;
use jiff::Timestamp;
use lambda_runtime::Error;
use payment::{OperationStatus, Payment, PaymentId};
use store::{Lag, newest_event_of_image, payment_of_image, version_of_image};

/// An event on its way, and the stream record that it came from.
pub(crate) struct Outgoing {
    pub(crate) payment: PaymentId,
    pub(crate) event_id: String,
    pub(crate) sequence: u64,
    pub(crate) body: String,
    pub(crate) record: String,
}

impl Outgoing {
    pub(crate) fn of(event: &payment::Event, record: &str) -> Result<Self, Error> {
        Ok(Self {
            payment: event.subject.clone(),
            event_id: event.id.to_string(),
            sequence: event.sequence.parse()?,
            body: sendable(serde_json::to_string(event)?),
            record: record.to_owned(),
        })
    }
}

/// The same JSON without the two characters that may stand in a text and that no queue takes.
fn sendable(json: String) -> String {
    if !json.contains(['\u{fffe}', '\u{ffff}']) {
        return json;
    }
    json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff")
}

/// A change whose events this code cannot tell: newer code wrote it, or it is broken.
struct Unreadable {
    payment: PaymentId,
    /// The events up to here were told before.
    after: u64,
    /// The newest event, where that much can be seen.
    upto: u64,
    record: String,
}

/// The records of one batch.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) outgoing: Vec<Outgoing>,
    unreadable: Vec<Unreadable>,
    pub(crate) lags: BTreeMap<String, Lag>,
    doubts: BTreeMap<PaymentId, Option<Timestamp>>,
}

impl Batch {
    /// Takes in one record: the events that the new image's history has more than the old one's, or a queue that is
    /// behind. What cannot be read stops nobody but its payment.
    pub(crate) fn take(&mut self, record: EventRecord) -> Result<(), Error> {
        let change = record.change;
        if let Some(lag) = Lag::from_image(&change.new_image) {
            self.lags.insert(lag.key(), lag);
            return Ok(());
        }
        // What is only put off was due already, and nothing is to be woken for it until then.
        let put_off = version_of_image(&change.old_image) == version_of_image(&change.new_image);
        let known = newest_event_of_image(&change.old_image).unwrap_or(0);
        let newest = newest_event_of_image(&change.new_image).unwrap_or(0);
        let number = change.sequence_number.ok_or("a stream record without a sequence number")?;
        match store::from_image(change.new_image) {
            Ok(Some(_)) if put_off => Ok(()),
            Ok(Some(payment)) => self.take_payment(&payment, known, &number),
            Ok(None) => Ok(()),
            Err(error) => {
                let payment = payment_of_image(&change.keys);
                let payment_id = payment.as_ref().map(tracing::field::display);
                tracing::error!(payment_id, record = number, %error, "a change cannot be read");
                let upto = newest.max(known);
                let left = |payment| Unreadable { payment, after: known, upto, record: number };
                self.unreadable.extend(payment.map(left));
                Ok(())
            }
        }
    }

    fn take_payment(&mut self, payment: &Payment, known: u64, record: &str) -> Result<(), Error> {
        for event in payment.events_after(known) {
            tell(&event);
            self.outgoing.push(Outgoing::of(&event, record)?);
        }
        let in_doubt = |o: &&payment::Operation| o.status == OperationStatus::InDoubt;
        let due = payment.operations.iter().filter(in_doubt).filter_map(|o| o.due_at).min();
        self.doubts.insert(payment.id.clone(), due);
        Ok(())
    }

    /// The number of each payment's newest event.
    pub(crate) fn newest(&self) -> BTreeMap<PaymentId, u64> {
        let events = self.outgoing.iter().map(|event| (&event.payment, event.sequence));
        let mut newest = BTreeMap::new();
        for (payment, sequence) in events.chain(self.unreadable.iter().map(|one| (&one.payment, one.upto))) {
            let known = newest.entry(payment.clone()).or_insert(sequence);
            *known = sequence.max(*known);
        }
        newest
    }

    /// The payments with a change that cannot be read, and the number of the last event that was told before.
    pub(crate) fn untellable(&self) -> BTreeMap<PaymentId, u64> {
        let mut after: BTreeMap<PaymentId, u64> = BTreeMap::new();
        let read = self.outgoing.iter().map(|event| (&event.payment, event.sequence.saturating_sub(1)));
        let read = read.filter(|(payment, _)| self.unreadable.iter().any(|one| one.payment == **payment));
        for (payment, last) in self.unreadable.iter().map(|one| (&one.payment, one.after)).chain(read) {
            let known = after.entry(payment.clone()).or_insert(last);
            *known = last.min(*known);
        }
        after
    }

    /// The records with this payment's events behind one.
    pub(crate) fn records_of(&self, payment: &PaymentId, after: u64) -> impl Iterator<Item = &String> {
        let read = self.outgoing.iter().filter(move |event| event.payment == *payment && event.sequence > after);
        let unreadable = self.unreadable.iter().filter(move |one| one.payment == *payment);
        read.map(|event| &event.record).chain(unreadable.map(|one| &one.record))
    }

    /// Every record that wants to be sent.
    pub(crate) fn records(&self) -> BTreeSet<String> {
        let unreadable = self.unreadable.iter().map(|one| &one.record);
        self.outgoing.iter().map(|event| &event.record).chain(unreadable).cloned().collect()
    }

    /// The payments with an operation in doubt, and when they are to be looked at next.
    pub(crate) fn doubts(&self) -> impl Iterator<Item = (&PaymentId, Timestamp)> {
        self.doubts.iter().filter_map(|(payment, due)| Some((payment, (*due)?)))
    }

    /// The queues that are behind, by queue.
    pub(crate) fn behind(&self) -> BTreeMap<&str, Vec<&Lag>> {
        let mut by_queue: BTreeMap<&str, Vec<&Lag>> = BTreeMap::new();
        for lag in self.lags.values() {
            by_queue.entry(&lag.queue).or_default().push(lag);
        }
        by_queue
    }
}

/// What happened that people look for in the log.
fn tell(event: &payment::Event) {
    let (provider, merchant, payment_id) = (&event.data.provider, &event.data.merchant, &event.subject);
    let request_id = &event.data.cause.request_id;
    if let Some(drift) = &event.data.drift {
        let field = &drift.field;
        // Of what is no amount the name says enough.
        let (ours, theirs) = is_amount(field).then_some((&drift.ours, &drift.theirs)).unzip();
        tracing::warn!(
            %provider, %merchant, %payment_id, request_id, field, ours, theirs,
            "a payment differs at its provider"
        );
    }
    let Some(operation_id) = event.data.operation.as_ref().map(|operation| &operation.id) else { return };
    match event.event_type.as_str() {
        "paylater.operation.in_doubt.v1" => {
            tracing::warn!(%provider, %merchant, %payment_id, %operation_id, request_id, "an operation is in doubt");
        }
        "paylater.operation.needs_operator.v1" => {
            tracing::error!(%provider, %merchant, %payment_id, %operation_id, request_id, "an operation needs a person");
        }
        _ => {}
    }
}

/// Whether a field of a drift is an amount: the payment's, what was taken or given back, or an operation's.
fn is_amount(field: &str) -> bool {
    matches!(field, "amount" | "captured" | "refunded") || field.ends_with(".amount")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::sendable;

    /// What a queue takes: docs.aws.amazon.com, SendMessage, `MessageBody`.
    fn is_taken(c: char) -> bool {
        matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
    }

    #[test]
    fn every_text_is_sent_in_characters_that_a_queue_takes() {
        for text in ('\0'..=char::MAX).collect::<Vec<_>>().chunks(4_096) {
            let said = Value::String(text.iter().collect());
            let json = sendable(said.to_string());
            assert!(json.chars().all(is_taken), "{}", text[0].escape_unicode());
            assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), said);
        }
    }
}
