//! The pump between the table's stream and a function, as Lambda's event source mapping behaves.

#![cfg(test)]

use std::sync::Mutex;
use std::time::{Duration, Instant};

use aws_lambda_events::event::dynamodb::{Event, StreamViewType};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::{Client, primitives::Blob};
use local::aws::streams::Pump;
use local::aws::{Aws, Options, sdk};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

const TABLE: &str = "paylater";
const PATIENCE: Duration = Duration::from_secs(10);

/// The services, and a client of the table.
struct Stack {
    table: Client,
    aws: Aws,
}

impl Stack {
    async fn start() -> Self {
        let aws = Aws::start(Options::default()).await.unwrap();
        Self { table: Client::new(&sdk(&aws.dynamodb_url)), aws }
    }

    async fn put(&self, version: u32) {
        let request = self.table.put_item().table_name(TABLE);
        let request =
            request.item("PK", AttributeValue::S("PAY#1".into())).item("SK", AttributeValue::S("STATE".into()));
        request.item("version", AttributeValue::N(version.to_string())).send().await.unwrap();
    }

    async fn delete(&self) {
        let request = self.table.delete_item().table_name(TABLE);
        let request = request.key("PK", AttributeValue::S("PAY#1".into())).key("SK", AttributeValue::S("STATE".into()));
        request.send().await.unwrap();
    }

    /// Pumps into a function that answers from the list, then always with success; gives what the function was handed.
    fn pump(&self, answers: Vec<Answer>) -> (Pump, UnboundedReceiver<Value>) {
        let (calls, called) = unbounded_channel();
        let answers = Mutex::new(answers.into_iter());
        let client = aws_sdk_dynamodbstreams::Client::new(&sdk(&self.aws.dynamodb_url));
        let pump = Pump::start(client, TABLE, move |event: Value| {
            let answer = answers.lock().unwrap().next().unwrap_or(Answer::Done);
            let response = answer.to(&event);
            // A test that has seen enough may be gone already.
            let _ = calls.send(event);
            async move { response }
        });
        (pump, called)
    }
}

enum Answer {
    Done,
    Error,
    FailedFrom(usize),
}

impl Answer {
    fn to(&self, event: &Value) -> Result<Value, &'static str> {
        match self {
            Self::Done => Ok(json!({ "batchItemFailures": [] })),
            Self::Error => Err("the function failed"),
            Self::FailedFrom(index) => {
                let number = &event["Records"][index]["dynamodb"]["SequenceNumber"];
                Ok(json!({ "batchItemFailures": [{ "itemIdentifier": number }] }))
            }
        }
    }
}

async fn next(called: &mut UnboundedReceiver<Value>) -> Value {
    timeout(PATIENCE, called.recv()).await.expect("a call in time").expect("a running pump")
}

/// The versions in the new images of an event.
fn versions(event: &Value) -> Vec<&str> {
    let records = event["Records"].as_array().unwrap();
    records.iter().filter_map(|record| record["dynamodb"]["NewImage"]["version"]["N"].as_str()).collect()
}

#[tokio::test]
async fn every_change_arrives_in_order_with_its_keys_and_both_images() {
    let stack = Stack::start().await;
    stack.put(1).await;
    stack.put(2).await;
    stack.delete().await;
    let (_pump, mut called) = stack.pump(vec![]);

    let event = next(&mut called).await;
    let records = event["Records"].as_array().unwrap();
    let keys = json!({ "PK": { "S": "PAY#1" }, "SK": { "S": "STATE" } });
    let image = |version: &str| json!({ "PK": { "S": "PAY#1" }, "SK": { "S": "STATE" }, "version": { "N": version } });
    let expected =
        [("INSERT", Value::Null, image("1")), ("MODIFY", image("1"), image("2")), ("REMOVE", image("2"), Value::Null)];
    assert_eq!(records.len(), expected.len());
    for (record, (name, old, new)) in records.iter().zip(expected) {
        assert_eq!(record["eventName"], name);
        assert_eq!(record["eventSource"], "aws:dynamodb");
        assert_eq!(record["awsRegion"], "eu-central-1");
        assert_eq!(record["dynamodb"]["Keys"], keys);
        assert_eq!(record["dynamodb"]["OldImage"], old);
        assert_eq!(record["dynamodb"]["NewImage"], new);
    }
    let number = |record: &Value| record["dynamodb"]["SequenceNumber"].as_str().unwrap().to_owned();
    assert!(records.iter().map(number).is_sorted());
}

#[tokio::test]
async fn the_event_is_what_a_lambda_reads() {
    let stack = Stack::start().await;
    let request = stack.table.put_item().table_name(TABLE);
    let request = request.item("PK", AttributeValue::S("PAY#1".into())).item("SK", AttributeValue::S("STATE".into()));
    let list = AttributeValue::L(vec![AttributeValue::Null(true), AttributeValue::Bool(false)]);
    let map = AttributeValue::M([("list".to_owned(), list)].into());
    let request = request.item("map", map).item("bytes", AttributeValue::B(Blob::new([0xff, 0x00])));
    let request = request.item("texts", AttributeValue::Ss(vec!["a".into()]));
    let request = request.item("numbers", AttributeValue::Ns(vec!["1.50".into()]));
    request.item("sets", AttributeValue::Bs(vec![Blob::new([1])])).send().await.unwrap();
    let (_pump, mut called) = stack.pump(vec![]);

    let json = next(&mut called).await;
    let change = &json["Records"][0]["dynamodb"];
    assert!(change["ApproximateCreationDateTime"].is_u64() && change["SizeBytes"].is_u64(), "{change}");
    assert_eq!(change["NewImage"]["map"], json!({ "M": { "list": { "L": [{ "NULL": true }, { "BOOL": false }] } } }));
    assert_eq!(change["NewImage"]["bytes"], json!({ "B": "/wA=" }));

    let event: Event = serde_json::from_value(json).unwrap();
    let record = &event.records[0];
    let arn = record.event_source_arn.as_deref().unwrap();
    assert!(arn.starts_with("arn:aws:dynamodb:eu-central-1:000000000000:table/paylater/stream/"), "{arn}");
    assert_eq!(record.change.stream_view_type, Some(StreamViewType::NewAndOldImages));
    assert_eq!(record.change.keys.len(), 2);
    assert_eq!(record.change.new_image.len(), 7);
    assert!(record.change.old_image.is_empty());
}

#[tokio::test]
async fn a_reported_failure_repeats_the_batch_from_that_record_on() {
    let stack = Stack::start().await;
    for version in 1..=4 {
        stack.put(version).await;
    }
    let (_pump, mut called) = stack.pump(vec![Answer::FailedFrom(2), Answer::FailedFrom(1)]);
    assert_eq!(versions(&next(&mut called).await), ["1", "2", "3", "4"]);
    assert_eq!(versions(&next(&mut called).await), ["3", "4"]);
    assert_eq!(versions(&next(&mut called).await), ["4"]);

    stack.put(5).await;
    assert_eq!(versions(&next(&mut called).await), ["5"], "nothing twice after success");
}

#[tokio::test]
async fn an_error_repeats_the_whole_batch_and_nothing_overtakes_it() {
    let stack = Stack::start().await;
    stack.put(1).await;
    let (_pump, mut called) = stack.pump(vec![Answer::Error, Answer::Error]);
    assert_eq!(versions(&next(&mut called).await), ["1"]);
    stack.put(2).await;
    assert_eq!(versions(&next(&mut called).await), ["1"]);
    assert_eq!(versions(&next(&mut called).await), ["1"]);
    assert_eq!(versions(&next(&mut called).await), ["2"]);
}

#[tokio::test]
async fn more_than_a_batch_arrives_in_several() {
    let stack = Stack::start().await;
    for version in 0..150 {
        stack.put(version).await;
    }
    let (_pump, mut called) = stack.pump(vec![]);
    let batches = [next(&mut called).await, next(&mut called).await];
    assert_eq!(batches.each_ref().map(|batch| versions(batch).len()), [100, 50]);
    assert_eq!(versions(&batches[1]).last(), Some(&"149"));
}

#[tokio::test]
async fn a_change_arrives_within_a_quarter_of_a_second() {
    let stack = Stack::start().await;
    let (_pump, mut called) = stack.pump(vec![]);
    let mut slowest = Duration::ZERO;
    for version in 0..5 {
        stack.put(version).await;
        let written = Instant::now();
        next(&mut called).await;
        slowest = slowest.max(written.elapsed());
    }
    assert!(slowest < Duration::from_millis(250), "{slowest:?}");
}

#[tokio::test]
async fn a_dropped_pump_calls_nobody_any_more() {
    let stack = Stack::start().await;
    let (pump, mut called) = stack.pump(vec![]);
    stack.put(1).await;
    next(&mut called).await;
    drop(pump);
    // The function, and with it the sender, goes when the pump does.
    assert_eq!(timeout(PATIENCE, called.recv()).await.expect("the end in time"), None);
}
