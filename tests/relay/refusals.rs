//! An SQS that refuses single entries of a batch.

use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::bench::{Bench, all, authorized, failures, hand, newest, number, opened};
use crate::proxy::{Proxy, Then};

/// The ids of a batch's entries with the second event of a payment.
fn second_of(payment: &str, request: &Value) -> Vec<String> {
    let entries = request["Entries"].as_array().into_iter().flatten();
    let second = |entry: &&Value| {
        let event: Value = serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap();
        event["subject"] == payment && event["sequence"] == "2"
    };
    entries.filter(second).map(|entry| entry["Id"].as_str().unwrap().to_owned()).collect()
}

/// The number of the first record that tells this event of a payment.
fn record_of<'a>(records: &'a [Value], payment: &str, sequence: usize) -> &'a str {
    let tells = |record: &&Value| {
        let history = record["dynamodb"]["NewImage"]["history"]["L"].as_array();
        record["dynamodb"]["Keys"]["PK"]["S"] == format!("PAY#{payment}") && history.unwrap().len() >= sequence
    };
    number(records.iter().find(tells).unwrap())
}

#[tokio::test]
async fn what_neither_arrives_nor_can_be_written_down_comes_again_from_its_own_record_on() {
    let bench = Bench::start().await;
    let records = bench.records();
    let (one, other) = (authorized(&bench.store, "a").await, authorized(&bench.store, "b").await);
    let records = records.next(4).await;
    let id = one.id.to_string();
    let sqs = Proxy::before(&bench.aws.sqs_url, move |_, request| Then::Refuse(second_of(&id, request))).await;
    let table = Proxy::before(&bench.aws.dynamodb_url, |operation, _| match operation {
        "PutItem" => Then::Fail(json!({ "__type": "ValidationException", "message": "on order" })),
        _ => Then::Pass,
    })
    .await;
    let relay = bench.relay_over(bench.store_at(&table.url), &sqs.url, vec![bench.good()]);
    let answer = hand(&relay, &records).await.unwrap();
    let second = record_of(&records, one.id.as_str(), 2);
    let (mut failed, mut expected) =
        (failures(&answer), vec![second, record_of(&records, one.id.as_str(), all(&one).len())]);
    failed.sort_unstable();
    expected.sort_unstable();
    expected.dedup();
    assert_eq!(failed, expected, "the records of what did not arrive, by their numbers in the stream");

    let begin = records.iter().position(|record| number(record) == second).unwrap();
    assert!(failures(&hand(&bench.relay(vec![bench.good()]), &records[begin..]).await.unwrap()).is_empty());
    let arrived = bench.arrivals(&bench.good(), all(&one).len() + all(&other).len()).await;
    assert_eq!((arrived.of(&one.id), arrived.of(&other.id)), (all(&one), all(&other)), "each in order, none missing");
}

#[tokio::test]
async fn a_payment_that_one_entry_was_refused_of_waits_and_goes_on_in_order_while_others_pass() {
    let bench = Bench::start().await;
    let (mut one, ticket) = opened(&bench.store, "a").await;
    let (id, refused) = (one.id.to_string(), AtomicBool::new(false));
    let sqs = Proxy::before(&bench.aws.sqs_url, move |_, request| {
        let second = second_of(&id, request);
        let first_time = !second.is_empty() && !refused.swap(true, Ordering::SeqCst);
        if first_time { Then::Refuse(second) } else { Then::Pass }
    })
    .await;
    let _pump = bench.pump(bench.relay_at(&sqs.url, vec![bench.good()]));
    let receipt = payment::Receipt {
        order: Some(payment::OrderNews::of(payment::OrderState::Authorized)),
        ..payment::Receipt::default()
    };
    let cause = payment::Cause::new(payment::CauseKind::Api, "test");
    let done = payment::Outcome::Done(receipt);
    assert!(one.settle(&ticket, done, payment::DoubtPolicy::None, &cause, Timestamp::now()));
    bench.store.save(&mut one).await.unwrap();
    let lag = bench.left_behind(&bench.good(), &one).await;
    assert_eq!((lag.after, lag.upto), (1, newest(&one)));

    let other = authorized(&bench.store, "b").await;
    let passed = bench.arrivals(&bench.good(), 1 + all(&other).len()).await;
    assert_eq!((passed.of(&one.id), passed.of(&other.id)), (vec![1], all(&other)));
    bench.store.poke(&lag.key(), Timestamp::now()).await.unwrap();
    let rest = all(&one).split_off(1);
    assert_eq!(bench.arrivals(&bench.good(), rest.len()).await.of(&one.id), rest);
    bench.caught_up(&bench.good(), &one.id).await;
}
