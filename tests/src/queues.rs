//! The event queues, received from as a consumer does: every event is held against the contract.

use std::collections::{BTreeMap, HashSet};
use std::time::Instant;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::Message;
use aws_sdk_sqs::types::MessageSystemAttributeName::{MessageDeduplicationId, MessageGroupId};
use serde_json::Value;

use crate::{Contract, PATIENCE};

/// One consumer at each queue, with everything that it received.
pub struct Queues {
    client: Client,
    queues: Vec<Queue>,
}

struct Queue {
    url: String,
    /// In the order of arrival; an event that came again is not here twice.
    events: Vec<Value>,
    ids: HashSet<String>,
}

impl Queues {
    /// Consumers of these queues.
    #[must_use]
    pub fn new(endpoint: &str, urls: &[String]) -> Self {
        let queue = |url: &String| Queue { url: url.clone(), events: Vec::new(), ids: HashSet::new() };
        Self { client: Client::new(&local::aws::sdk(endpoint)), queues: urls.iter().map(queue).collect() }
    }

    /// Receives until the condition holds of what each queue gave in all, for at most [`PATIENCE`].
    pub async fn until(&mut self, what: &str, enough: impl Fn(&[Value]) -> bool) {
        for queue in &mut self.queues {
            let started = Instant::now();
            while !enough(&queue.events) {
                let types: Vec<_> = queue.events.iter().map(|event| &event["type"]).collect();
                assert!(started.elapsed() < PATIENCE, "waited for {what} in {}, got {types:?}", queue.url);
                queue.receive(&self.client).await;
            }
        }
    }

    /// The events of a payment from 1 to the one with this number, the same from every queue and without gaps.
    pub async fn of_payment(&mut self, payment: &str, last: u64) -> Vec<Value> {
        let what = format!("event {last} of {payment}");
        self.until(&what, |events| of(events, payment).any(|event| number(event) == last)).await;
        let mut all: Option<Vec<Value>> = None;
        for queue in &self.queues {
            let events: Vec<Value> =
                of(&queue.events, payment).filter(|event| number(event) <= last).cloned().collect();
            let numbers: Vec<u64> = events.iter().map(number).collect();
            assert_eq!(numbers, (1..=last).collect::<Vec<_>>(), "the sequence of {payment} in {}", queue.url);
            assert!(
                all.as_ref().is_none_or(|others| *others == events),
                "{} has other events than the first queue",
                queue.url
            );
            all = Some(events);
        }
        all.unwrap_or_default()
    }

    /// Checks that no payment has a gap in any queue, from the first to the last of its events that were received here.
    pub fn check_gaps(&self) {
        for queue in &self.queues {
            let mut numbers: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
            for event in &queue.events {
                numbers.entry(event["subject"].as_str().unwrap()).or_default().push(number(event));
            }
            for (payment, numbers) in numbers {
                let expected: Vec<u64> = (numbers[0]..).take(numbers.len()).collect();
                assert_eq!(numbers, expected, "the sequence of {payment} in {}", queue.url);
            }
        }
    }
}

impl Queue {
    /// Waits up to a second for messages and takes them out.
    async fn receive(&mut self, client: &Client) {
        let request = client.receive_message().queue_url(&self.url).max_number_of_messages(10).wait_time_seconds(1);
        let request = request
            .message_system_attribute_names(MessageGroupId)
            .message_system_attribute_names(MessageDeduplicationId);
        let answer = request.send().await.unwrap_or_else(|error| panic!("receive from {}: {error:?}", self.url));
        for message in answer.messages.unwrap_or_default() {
            self.take(&message);
            let delete = client.delete_message().queue_url(&self.url).set_receipt_handle(message.receipt_handle);
            delete.send().await.unwrap_or_else(|error| panic!("delete from {}: {error:?}", self.url));
        }
    }

    fn take(&mut self, message: &Message) {
        let body = message.body().unwrap_or_default();
        let event: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{} gave no JSON: {body}", self.url));
        let errors = Contract::get().event_errors(&event);
        assert!(errors.is_empty(), "an event against openapi.yaml:\n  {}\n{event:#}", errors.join("\n  "));
        let attribute = |name| message.attributes().and_then(|all| all.get(&name)).map(String::as_str);
        assert_eq!(attribute(MessageGroupId), event["subject"].as_str(), "the group of {event:#}");
        assert_eq!(attribute(MessageDeduplicationId), event["id"].as_str(), "the deduplication id of {event:#}");
        assert_eq!(event["data"]["payment_id"], event["subject"], "{event:#}");
        if self.ids.insert(event["id"].as_str().unwrap().to_owned()) {
            self.events.push(event);
        }
    }
}

fn of<'a>(events: &'a [Value], payment: &'a str) -> impl Iterator<Item = &'a Value> {
    events.iter().filter(move |event| event["subject"] == payment)
}

fn number(event: &Value) -> u64 {
    event["sequence"].as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no number: {event:#}"))
}
