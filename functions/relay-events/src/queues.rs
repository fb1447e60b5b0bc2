//! The SQS side: FIFO queues, one group per payment.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;

use payment::PaymentId;

use crate::Outgoing;

/// SQS takes at most this many messages at once.
const MOST_AT_ONCE: usize = 10;

/// How long one request may take; a queue that is slower is left behind.
const PATIENCE: Duration = Duration::from_secs(4);

/// SQS takes at most this many bytes at once.
const MOST_BYTES_AT_ONCE: usize = 200_000;

/// The queues that want every event.
#[derive(Clone)]
pub struct Queues {
    client: Client,
    events: Vec<String>,
    wake: Option<String>,
}

/// The sweep could not be woken.
#[derive(Debug, thiserror::Error)]
#[error("cannot send a wake-up")]
pub(crate) struct WakeError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl Queues {
    /// The FIFO queues for events and the standard queue that wakes the sweep, by URL.
    #[must_use]
    pub const fn new(client: Client, events: Vec<String>, wake: Option<String>) -> Self {
        Self { client, events, wake }
    }

    pub(crate) fn urls(&self) -> impl Iterator<Item = &str> {
        self.events.iter().map(String::as_str)
    }

    /// Sends events in order per payment; a payment stops at its first event that is not known to have arrived. Returns
    /// where each stopped payment stopped.
    ///
    /// No two events of one payment are in one request, since a request can succeed for the later and fail for the
    /// earlier one.
    pub(crate) async fn send_in_order(&self, queue: &str, outgoing: &[&Outgoing]) -> BTreeMap<PaymentId, u64> {
        let mut waiting: VecDeque<&Outgoing> = outgoing.iter().copied().collect();
        let mut stopped: BTreeMap<PaymentId, u64> = BTreeMap::new();
        while !waiting.is_empty() {
            let wave = take_wave(&mut waiting);
            let answered = self.send(queue, &wave).await;
            for event in answered.as_ref().unwrap_or(&wave) {
                stopped.insert(event.payment.clone(), event.sequence);
            }
            if answered.is_none() {
                // Nobody is there: whatever is left waits with it, instead of costing the others their time.
                for event in &waiting {
                    stopped.entry(event.payment.clone()).or_insert(event.sequence);
                }
                break;
            }
            waiting.retain(|event| !stopped.contains_key(&event.payment));
        }
        stopped
    }

    /// Sends one request; returns the events that are not known to have arrived, or nothing when there was no answer.
    async fn send<'a>(&self, queue: &str, wave: &[&'a Outgoing]) -> Option<Vec<&'a Outgoing>> {
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

    /// Wakes the sweep after this time, where it is soon enough for a queue's delay.
    pub(crate) async fn wake(&self, after: jiff::SignedDuration) -> Result<(), WakeError> {
        let Some(queue) = &self.wake else { return Ok(()) };
        let Some(seconds) = i32::try_from(after.as_secs().max(0)).ok().filter(|seconds| *seconds <= 900) else {
            return Ok(());
        };
        let message = self.client.send_message().queue_url(queue).delay_seconds(seconds).message_body("{}");
        message.send().await.map(|_| ()).map_err(|error| WakeError(Box::new(error)))
    }
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
