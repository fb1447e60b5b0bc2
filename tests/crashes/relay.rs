//! The relay, killed around every exchange with the table and the queues: Lambda brings the batch again, and no queue
//! misses an event or gets them out of order.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::QueueAttributeName;
use local::aws;
use serde_json::{Value, json};
use tests::{Queues, Table as Items};

use crate::binaries::binary;
use crate::gate::{Gate, Point, Reach};
use crate::process::Process;
use crate::tables::billie_pad::TABLE;
use crate::world::World;

/// A queue that only these processes know.
async fn queue(world: &World, name: &str) -> String {
    let sqs = aws_sdk_sqs::Client::new(&aws::sdk(&world.stack().aws.sqs_url));
    let queue = sqs.create_queue().queue_name(format!("{name}.fifo"));
    let made = queue.attributes(QueueAttributeName::FifoQueue, "true").send().await.unwrap();
    made.queue_url.unwrap()
}

/// A stream's batch with all that a payment has become so far.
async fn batch(items: &Items, payment: &str) -> Value {
    let key = (format!("PAY#{payment}"), "STATE".to_owned());
    let image = images(items.items().await.remove(&key).unwrap());
    let keys = json!({ "PK": { "S": key.0 }, "SK": { "S": key.1 } });
    let change = json!({ "SequenceNumber": "1", "SizeBytes": 1, "Keys": keys, "NewImage": image });
    json!({ "Records": [{ "eventID": "1", "eventName": "INSERT", "awsRegion": aws::REGION, "dynamodb": change }] })
}

fn images(item: HashMap<String, AttributeValue>) -> Value {
    item.into_iter().map(|(name, value)| (name, image(value))).collect()
}

fn image(value: AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(flag) => json!({ "BOOL": flag }),
        AttributeValue::L(values) => json!({ "L": values.into_iter().map(image).collect::<Vec<_>>() }),
        AttributeValue::M(fields) => json!({ "M": images(fields) }),
        AttributeValue::Null(_) => json!({ "NULL": true }),
        other => panic!("no payment has {other:?}"),
    }
}

/// A process behind a gate whose other side are the queues.
async fn start(world: &World, queue: &str, event: &Value, point: Option<Point>) -> (Gate, Process) {
    let aws = &world.stack().aws;
    let gate = Gate::before(&world.http, &aws.dynamodb_url, &aws.sqs_url, point).await;
    let environment = [
        ("TABLE_NAME", aws.table.as_str()),
        ("PUBLIC_URL", world.stack().url.as_str()),
        ("SECRETS_PREFIX", "paylater/local/"),
        ("EVENT_QUEUES", queue),
        // Nothing is in doubt, so nobody is woken.
        ("WAKE_QUEUE_URL", queue),
        ("AWS_ENDPOINT_URL_DYNAMODB", &gate.table),
        ("AWS_ENDPOINT_URL_SQS", &gate.provider),
    ];
    let process = Process::start(binary("relay-events"), &environment, event).await;
    (gate, process)
}

/// Lambda brings a batch again until nothing of it failed.
async fn relayed(world: &World, queue: &str, event: &Value) -> Gate {
    loop {
        let (gate, mut process) = start(world, queue, event, None).await;
        if process.answer().await["batchItemFailures"] == json!([]) {
            return gate;
        }
    }
}

#[tokio::test]
async fn a_relay_that_dies_anywhere_leaves_no_gap() {
    let world = World::of(&TABLE).await;
    let deal = world.bench.captured(world.bench.ways()[0]).await;
    let last = u64::try_from(deal.timeline().await.len()).unwrap();
    let event = batch(&world.items, &deal.id).await;
    let first = queue(&world, "undisturbed").await;
    let exchanges = relayed(&world, &first, &event).await.seen().len();
    assert!(exchanges > usize::try_from(last).unwrap(), "one exchange for each event, and a look at who is behind");
    for exchange in 0..exchanges {
        for reach in [Reach::Lost, Reach::Answered] {
            let queue = queue(&world, &format!("killed-{exchange}-{reach:?}")).await;
            let (gate, mut process) = start(&world, &queue, &event, Some(Point { exchange, reach })).await;
            gate.reached().await;
            process.kill();
            relayed(&world, &queue, &event).await;
            Queues::new(&world.stack().aws.sqs_url, &[queue]).of_payment(&deal.id, last).await;
        }
    }
}
