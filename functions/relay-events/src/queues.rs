//! The SQS side: FIFO queues, one group per payment.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use futures::future::try_join_all;
use jiff::SignedDuration;
use payment::{PaymentId, WakeUp};
use providers::Deadline;

use crate::Outgoing;

/// SQS takes at most this many messages at once.
const MOST_AT_ONCE: usize = 10;

/// How long one request may take; a queue that is slower is left behind.
const PATIENCE: Duration = Duration::from_secs(4);

/// How long waking the sweep may take: it comes by itself within a minute.
const WAKE_PATIENCE: Duration = Duration::from_secs(2);

/// For one batch the sweep is woken at most this often.
const MOST_WAKE_UPS: usize = 20;

/// SQS keeps a message back for at most this many seconds.
const LONGEST_DELAY: i32 = 900;

/// SQS takes at most this many bytes at once.
const MOST_BYTES_AT_ONCE: usize = 200_000;

/// The queues that want every event.
#[derive(Clone)]
pub struct Queues {
    client: Client,
    events: Vec<String>,
    wake: Option<String>,
}

/// Why the sweep could not be woken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WakeError {
    /// SQS refused.
    #[error("cannot send a wake-up")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// SQS did not answer.
    #[error("no answer to a wake-up in time")]
    Silence,
}

/// What became of events that were sent.
#[derive(Default)]
pub(crate) struct Arrived {
    /// Where each payment stopped that did not get through.
    pub(crate) stopped: BTreeMap<PaymentId, u64>,
    /// Whether the queue did not answer, or was not asked: nobody should try again soon.
    pub(crate) silent: bool,
}

impl Arrived {
    /// Not one of these was sent.
    pub(crate) fn nothing_of<'a>(outgoing: impl IntoIterator<Item = &'a &'a Outgoing>) -> Self {
        let mut nothing = Self { silent: true, ..Self::default() };
        nothing.stop(outgoing);
        nothing
    }

    fn stop<'a>(&mut self, outgoing: impl IntoIterator<Item = &'a &'a Outgoing>) {
        for event in outgoing {
            self.stopped.entry(event.payment.clone()).or_insert(event.sequence);
        }
    }
}

impl Queues {
    /// The FIFO queues for events and the standard queue that wakes the sweep, by URL.
    #[must_use]
    pub const fn new(client: Client, events: Vec<String>, wake: Option<String>) -> Self {
        Self { client, events, wake }
    }

    pub(crate) fn urls(&self) -> impl Iterator<Item = &str> {
        self.events.iter().map(String::as_str)
    }

    /// Sends events in order per payment; a payment stops at its first event that is not known to have arrived.
    ///
    /// No two events of one payment are in one request, since a request can succeed for the later and fail for the
    /// earlier one.
    pub(crate) async fn send_in_order(&self, queue: &str, outgoing: &[&Outgoing], deadline: Deadline) -> Arrived {
        let mut waiting: VecDeque<&Outgoing> = outgoing.iter().copied().collect();
        let mut arrived = Arrived::default();
        while !waiting.is_empty() {
            let wave = take_wave(&mut waiting);
            let Some(missing) = self.send(queue, &wave, deadline).await else {
                // Nobody is there: whatever is left waits with it, instead of costing the others their time.
                arrived.stop(wave.iter().chain(&waiting));
                arrived.silent = true;
                break;
            };
            arrived.stopped.extend(missing.iter().map(|event| (event.payment.clone(), event.sequence)));
            waiting.retain(|event| !arrived.stopped.contains_key(&event.payment));
        }
        arrived
    }

    /// Sends one request; returns the events that are not known to have arrived, or nothing when there was no answer.
    async fn send<'a>(&self, queue: &str, wave: &[&'a Outgoing], deadline: Deadline) -> Option<Vec<&'a Outgoing>> {
        if !deadline.leaves(PATIENCE) {
            tracing::warn!(queue, "no time is left for a queue");
            return None;
        }
        let entry = |(n, event): (usize, &&Outgoing)| {
            SendMessageBatchRequestEntry::builder()
                .id(n.to_string())
                .message_group_id(event.payment.as_str())
                .message_deduplication_id(&event.event_id)
                .message_body(&event.body)
                .build()
        };
        let entries = wave.iter().enumerate().map(entry).collect::<Result<Vec<_>, _>>().ok()?;
        let request = self.client.send_message_batch().queue_url(queue).set_entries(Some(entries)).send();
        match tokio::time::timeout(PATIENCE, request).await {
            Ok(Ok(answer)) => {
                let arrived: BTreeSet<&str> = answer.successful().iter().map(|entry| entry.id()).collect();
                let missing = |(n, _): &(usize, &&'a Outgoing)| !arrived.contains(n.to_string().as_str());
                Some(wave.iter().enumerate().filter(missing).map(|(_, event)| *event).collect())
            }
            Ok(Err(error)) => {
                tracing::warn!(queue, error = %aws_sdk_sqs::error::DisplayErrorContext(&error), "a queue does not take events");
                None
            }
            Err(_) => {
                tracing::warn!(queue, "a queue does not answer");
                None
            }
        }
    }

    /// Wakes the sweep for each of these payments after a time, where it is soon enough for a queue's delay.
    pub(crate) async fn wake<'a>(
        &self,
        doubts: impl Iterator<Item = (&'a PaymentId, SignedDuration)>,
    ) -> Result<(), WakeError> {
        let Some(queue) = &self.wake else { return Ok(()) };
        let mut wake_ups: BTreeMap<i32, WakeUp> = BTreeMap::new();
        for (payment, after) in doubts {
            let Some(seconds) = delay(after) else { continue };
            wake_ups.entry(seconds).or_default().payments.push(payment.clone());
        }
        let one = async |(seconds, wake_up): (i32, WakeUp)| {
            let body = serde_json::to_string(&wake_up).map_err(|error| WakeError::Refused(Box::new(error)))?;
            let message = self.client.send_message().queue_url(queue).delay_seconds(seconds).message_body(body);
            message.send().await.map_err(|error| WakeError::Refused(Box::new(error)))
        };
        let sent = try_join_all(wake_ups.into_iter().take(MOST_WAKE_UPS).map(one));
        let woken = tokio::time::timeout(WAKE_PATIENCE, sent).await;
        woken.map_err(|_| WakeError::Silence)?.map(|_| ())
    }
}

/// A queue's delay for something that is due after this time: in whole seconds, and one more, since whoever is woken too
/// early finds nothing due and nobody wakes him again.
fn delay(after: SignedDuration) -> Option<i32> {
    let seconds = (after.as_millis().max(0) + 999) / 1_000 + 1;
    i32::try_from(seconds).ok().filter(|seconds| *seconds <= LONGEST_DELAY)
}

/// The next events that may go in one request: the oldest of each payment, within the limits of a request.
fn take_wave<'a>(waiting: &mut VecDeque<&'a Outgoing>) -> Vec<&'a Outgoing> {
    let mut wave: Vec<&Outgoing> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut bytes = 0;
    let mut rest = VecDeque::new();
    while let Some(event) = waiting.pop_front() {
        let first_of_payment = seen.insert(event.payment.clone());
        let fits = wave.len() < MOST_AT_ONCE && (wave.is_empty() || bytes + event.body.len() <= MOST_BYTES_AT_ONCE);
        if first_of_payment && fits {
            bytes += event.body.len();
            wave.push(event);
        } else {
            rest.push_back(event);
        }
    }
    *waiting = rest;
    wave
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sweep_is_never_woken_before_something_is_due() {
        let delays = [(4_980, Some(6)), (5_000, Some(6)), (1, Some(2)), (0, Some(1)), (-7_000, Some(1))];
        for (milliseconds, seconds) in delays.into_iter().chain([(899_000, Some(900)), (899_001, None)]) {
            assert_eq!(delay(SignedDuration::from_millis(milliseconds)), seconds, "{milliseconds} ms");
        }
    }
}
