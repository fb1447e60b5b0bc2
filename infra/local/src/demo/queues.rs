//! The consumers: both queues are read until every event of every payment is there, in order.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws_sdk_sqs::Client;
use serde_json::Value;

use super::DemoError;
use super::play::Played;
use crate::aws;
use crate::stack::Stack;

/// How long the events may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The events of each payment, the same from every queue.
pub(super) async fn receive_all(stack: &Stack, played: &[Played]) -> Result<Vec<Vec<Value>>, DemoError> {
    let client = Client::new(&aws::sdk(&stack.aws.sqs_url));
    let wanted: usize = played.iter().map(|p| p.timeline.len()).sum();
    let mut all: Option<BTreeMap<String, Vec<Value>>> = None;
    for queue in &stack.aws.event_queue_urls {
        let events = receive(&client, queue, wanted).await?;
        check_order(&events)?;
        if all.as_ref().is_some_and(|first| *first != events) {
            return Err(DemoError::deviation("events", "the same events in both queues", queue));
        }
        all = Some(events);
    }
    let all = all.unwrap_or_default();
    let of = |p: &Played| {
        let id = p.payment.pointer("/id").and_then(Value::as_str).unwrap_or_default();
        all.get(id).cloned().unwrap_or_default()
    };
    Ok(played.iter().map(of).collect())
}

async fn receive(client: &Client, queue: &str, wanted: usize) -> Result<BTreeMap<String, Vec<Value>>, DemoError> {
    let broken = |error: Box<dyn std::error::Error + Send + Sync>| DemoError::Queue(error);
    let mut events: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let started = Instant::now();
    while events.values().map(Vec::len).sum::<usize>() < wanted {
        if started.elapsed() > PATIENCE {
            let got = events.values().map(Vec::len).sum::<usize>();
            return Err(DemoError::deviation(
                "events",
                format!("{wanted} events within {} s", PATIENCE.as_secs()),
                got,
            ));
        }
        let request = client.receive_message().queue_url(queue).max_number_of_messages(10).wait_time_seconds(1);
        let answer = request.send().await.map_err(|error| broken(error.into()))?;
        for message in answer.messages.unwrap_or_default() {
            let event: Value =
                serde_json::from_str(message.body().unwrap_or_default()).map_err(|error| broken(error.into()))?;
            let subject = event.pointer("/subject").and_then(Value::as_str).unwrap_or_default().to_owned();
            events.entry(subject).or_default().push(event);
            let receipt = message.receipt_handle().unwrap_or_default();
            let delete = client.delete_message().queue_url(queue).receipt_handle(receipt);
            delete.send().await.map_err(|error| broken(error.into()))?;
        }
    }
    Ok(events)
}

fn check_order(events: &BTreeMap<String, Vec<Value>>) -> Result<(), DemoError> {
    for events in events.values() {
        for (event, number) in events.iter().zip(1u64..) {
            let got = event.pointer("/sequence").and_then(Value::as_str).unwrap_or_default();
            if got != number.to_string() {
                return Err(DemoError::deviation("events", format!("sequence {number}"), got));
            }
        }
    }
    Ok(())
}
