//! What DynamoDB's stream sends to the relay.

use std::time::Duration;

use jiff::Timestamp;
use local::aws::{self, Aws, Options, streams::Pump};
use payment::{CaptureMode, Cause, CauseKind, Fingerprint, Flow, NewPayment, Payment, Token};
use providers::Deadline;
use relay_events::{Queues, Relay};
use serde_json::{Value, json};
use store::Store;
use tests::Order;
use tokio::sync::mpsc;

use super::check;

/// The payment whose creation the event tells.
async fn open(store: &Store) -> Payment {
    let order: payment::Order = serde_json::from_value(Order::billie_pad().json().clone()).unwrap();
    let new = NewPayment {
        merchant: "demo".parse().unwrap(),
        key: &"order-1001".parse().unwrap(),
        order: &order,
        flow: Flow::Redirect,
        capture_mode: CaptureMode::Manual,
        livemode: false,
        token: Token::from_random([7; 16]),
        provider_account: None,
        opened_under: None,
        late_authorization: payment::LateAuthorization::default(),
        fingerprint: Fingerprint::of(&order).unwrap(),
        cause: Cause::new(CauseKind::Api, "example-create-session"),
    };
    let now: Timestamp = "2026-02-01T09:00:00Z".parse().unwrap();
    let (mut payment, _) = Payment::open(new, now);
    store.create(&mut payment, &order).await.unwrap();
    payment
}

/// The stream's own numbers and times are not the same twice.
fn steady(mut event: Value) -> Value {
    for (n, record) in event["Records"].as_array_mut().unwrap().iter_mut().enumerate() {
        record["eventID"] = json!(format!("{n}"));
        record["eventSourceARN"] = json!("arn:aws:dynamodb:eu-central-1:000000000000:table/paylater/stream/2026-02-01");
        record["dynamodb"]["SequenceNumber"] = json!(format!("{:021}", n + 1));
        record["dynamodb"]["ApproximateCreationDateTime"] = json!(1_769_936_400);
    }
    event
}

#[tokio::test]
async fn the_relays_event_is_a_payments_creation_and_reaches_the_queue() {
    let aws = Aws::start(Options::default()).await.unwrap();
    let store = Store::new(aws_sdk_dynamodb::Client::new(&aws::sdk(&aws.dynamodb_url)), &aws.table);
    let (sender, mut events) = mpsc::unbounded_channel();
    let streams = aws_sdk_dynamodbstreams::Client::new(&aws::sdk(&aws.dynamodb_url));
    let _pump = Pump::start(streams, aws.table.clone(), move |event: Value| {
        let _ = sender.send(event);
        async { Ok::<_, String>(json!({})) }
    });
    open(&store).await;
    let mut records = Vec::new();
    while !records.iter().any(|record: &Value| record["dynamodb"]["Keys"]["SK"]["S"] == "STATE") {
        let event = tokio::time::timeout(Duration::from_secs(10), events.recv()).await.unwrap().unwrap();
        records.extend(event["Records"].as_array().unwrap().iter().cloned());
    }
    // The mapping's filter lets only this through.
    records.retain(|record| record["dynamodb"]["Keys"]["SK"]["S"] == "STATE");
    let event = steady(json!({ "Records": records }));
    check("relay-events", &event);

    let sqs = aws_sdk_sqs::Client::new(&aws::sdk(&aws.sqs_url));
    let relay = Relay::new(Queues::new(sqs.clone(), aws.event_queue_urls.clone(), None), store);
    let deadline = Deadline::within(Duration::from_secs(30));
    let answer = relay_events::handle(relay, serde_json::from_value(event).unwrap(), deadline, "test".to_owned()).await;
    assert!(answer.unwrap().batch_item_failures.is_empty());
    let got = sqs.receive_message().queue_url(&aws.event_queue_urls[0]).wait_time_seconds(5).send().await.unwrap();
    let body: Value = serde_json::from_str(got.messages()[0].body().unwrap()).unwrap();
    assert_eq!(body["type"], "paylater.payment.created.v1");
}
