//! FIFO queues that refuse what was there within five minutes and lose nothing; and the queue that wakes the sweep.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

/// How long a queue knows a message again.
const KNOWN_AGAIN: SignedDuration = SignedDuration::from_mins(5);

/// One event as a consumer got it.
#[derive(Clone)]
pub(crate) struct Received {
    pub(crate) sequence: u64,
    pub(crate) id: String,
}

/// What is looked at of a message's text.
#[derive(Default, Deserialize)]
struct Event {
    sequence: String,
}

/// The queues of a history.
#[derive(Default)]
pub(crate) struct Queues {
    /// By queue and payment, in the order of arrival.
    received: BTreeMap<(String, String), Vec<Received>>,
    known: BTreeMap<(String, String), Timestamp>,
}

impl Queues {
    /// What each queue got about a payment.
    pub(crate) fn received(&self, queue: &str, payment: &str) -> &[Received] {
        self.received.get(&(queue.to_owned(), payment.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// Takes a batch in, without the entries of these ids, and answers as SQS does.
    pub(crate) fn take(&mut self, request: &Value, refused: &BTreeSet<String>, now: Timestamp) -> Value {
        let queue = request["QueueUrl"].as_str().unwrap_or_default();
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in request["Entries"].as_array().into_iter().flatten() {
            let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
            if refused.contains(&text("Id")) {
                failed.push(json!({ "Id": entry["Id"], "Code": "InternalError", "SenderFault": false }));
                continue;
            }
            successful.push(json!({ "Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "0" }));
            let known = (queue.to_owned(), text("MessageDeduplicationId"));
            if self.known.get(&known).is_some_and(|since| now.duration_since(*since) < KNOWN_AGAIN) {
                continue;
            }
            self.known.insert(known, now);
            let event: Event = serde_json::from_str(&text("MessageBody")).unwrap_or_default();
            let sequence = event.sequence.parse().unwrap_or_default();
            let received = Received { sequence, id: text("MessageDeduplicationId") };
            self.received.entry((queue.to_owned(), text("MessageGroupId"))).or_default().push(received);
        }
        json!({ "Successful": successful, "Failed": failed })
    }
}
