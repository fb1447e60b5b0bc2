//! The relay between the table's stream and the queues: a queue that refuses delays no other, and gets what it missed.
#![cfg(test)]

use std::time::Duration;

use jiff::Timestamp;
use local::aws::{self, Aws, Options, streams::Pump};
use payment::{
    CaptureMode, Cause, CauseKind, DoubtPolicy, Fingerprint, Flow, NewPayment, OrderNews, OrderState, Outcome, Payment,
    Receipt, Token,
};
use providers::Deadline;
use relay_events::{Queues, Relay};
use serde_json::Value;
use store::{EVERY_QUEUE, Lag, Store};
use tests::{Order, eventually};

/// A payment that was opened and authorized: four events in two writes.
async fn authorized(store: &Store, key: &str) -> Payment {
    let order: payment::Order = serde_json::from_value(Order::billie_pad().json().clone()).unwrap();
    let cause = Cause::new(CauseKind::Api, "test");
    let key = key.parse().unwrap();
    let new = NewPayment {
        merchant: "demo".parse().unwrap(),
        key: &key,
        order: &order,
        flow: Flow::Direct,
        capture_mode: CaptureMode::Manual,
        livemode: false,
        token: Token::from_random([7; 16]),
        provider_account: None,
        late_authorization: payment::LateAuthorization::default(),
        fingerprint: Fingerprint::of(&order).unwrap(),
        cause: cause.clone(),
    };
    let (mut payment, ticket) = Payment::open(new, Timestamp::now());
    store.create(&mut payment, &order).await.unwrap();
    let receipt = Receipt { order: Some(OrderNews::of(OrderState::Authorized)), ..Receipt::default() };
    assert!(payment.settle(&ticket, Outcome::Done(receipt), DoubtPolicy::None, &cause, Timestamp::now()));
    store.save(&mut payment).await.unwrap();
    payment
}

fn pump(aws: &Aws, queues: Vec<String>, store: &Store) -> Pump {
    let sqs = aws_sdk_sqs::Client::new(&aws::sdk(&aws.sqs_url));
    let relay = Relay::new(Queues::new(sqs, queues, None), store.clone());
    let streams = aws_sdk_dynamodbstreams::Client::new(&aws::sdk(&aws.dynamodb_url));
    Pump::start(streams, aws.table.clone(), move |event: Value| {
        let relay = relay.clone();
        async move {
            let event = serde_json::from_value(event).unwrap();
            let deadline = Deadline::within(Duration::from_secs(30));
            let answer =
                relay_events::handle(relay, event, deadline, "test".to_owned()).await.map_err(|e| e.to_string())?;
            Ok::<_, String>(serde_json::to_value(answer).unwrap())
        }
    })
}

/// Takes what is in a queue now: the sequence numbers in the order of arrival.
async fn take(sqs: &aws_sdk_sqs::Client, queue: &str, into: &mut Vec<u64>) {
    let request = sqs.receive_message().queue_url(queue).max_number_of_messages(10).wait_time_seconds(1);
    for message in request.send().await.unwrap().messages.unwrap_or_default() {
        let event: Value = serde_json::from_str(message.body().unwrap()).unwrap();
        into.push(event["sequence"].as_str().unwrap().parse().unwrap());
        let receipt = message.receipt_handle().unwrap();
        sqs.delete_message().queue_url(queue).receipt_handle(receipt).send().await.unwrap();
    }
}

async fn wait_for(sqs: &aws_sdk_sqs::Client, queue: &str, wanted: usize) -> Vec<u64> {
    let mut sequences = Vec::new();
    eventually("the queue has every event", async || {
        take(sqs, queue, &mut sequences).await;
        (sequences.len() >= wanted).then_some(())
    })
    .await;
    sequences
}

#[tokio::test]
async fn a_queue_that_refuses_delays_no_other_and_gets_what_it_missed() {
    let aws = Aws::start(Options::default()).await.unwrap();
    let store = Store::new(aws_sdk_dynamodb::Client::new(&aws::sdk(&aws.dynamodb_url)), &aws.table);
    let sqs = aws_sdk_sqs::Client::new(&aws::sdk(&aws.sqs_url));
    let good = aws.event_queue_urls[0].clone();
    let missing = good.replace("paylater-events-1", "not-there-yet");
    let _pump = pump(&aws, vec![missing.clone(), good.clone()], &store);

    let payment = authorized(&store, "lag-1").await;
    let last = payment.history.last().unwrap().sequence;
    let all: Vec<u64> = (1..=last).collect();
    assert_eq!(wait_for(&sqs, &good, all.len()).await, all, "the good queue is not delayed");

    let lag = eventually("what the other queue missed is written down", async || {
        let mut lags = store.lags(&missing, std::slice::from_ref(&payment.id)).await.unwrap();
        lags.remove(&payment.id).filter(|lag| lag.upto == last)
    })
    .await;
    assert_eq!(lag.after, 0);

    aws::sqs::create_event_queue(&sqs, "not-there-yet.fifo").await.unwrap();
    store.poke(&lag.key(), Timestamp::now()).await.unwrap();
    assert_eq!(wait_for(&sqs, &missing, all.len()).await, all, "in order, none missing");
    eventually("the lag is gone", async || {
        store.lags(&missing, std::slice::from_ref(&payment.id)).await.unwrap().is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_queue_falls_back_to_the_earliest_event_that_anybody_wants_again() {
    let aws = Aws::start(Options::default()).await.unwrap();
    let store = Store::new(aws_sdk_dynamodb::Client::new(&aws::sdk(&aws.dynamodb_url)), &aws.table);
    let payment = authorized(&store, "lag-2").await.id;
    let queue = &aws.event_queue_urls[0];
    let lag = |after| Lag { queue: queue.clone(), ..Lag::again(payment.clone(), after, 4) };
    let known = async || store.lags(queue, std::slice::from_ref(&payment)).await.unwrap().remove(&payment);

    let old = Lag::new(queue.clone(), payment.clone(), 2, 9);
    store.fall_behind(&old, Timestamp::now()).await.unwrap();
    store.fall_back(&lag(3), Timestamp::now()).await.unwrap();
    assert_eq!(known().await, Some(old.clone()), "it gets them anyway");
    store.fall_back(&lag(1), Timestamp::now()).await.unwrap();
    let wanted = Lag { upto: 9, ..lag(1) };
    assert_eq!(known().await, Some(wanted.clone()));
    assert!(
        !store.caught_up(&old, 9).await.unwrap(),
        "who sent what is behind the second event has not sent the second"
    );
    assert!(store.caught_up(&wanted, 9).await.unwrap());
    assert_eq!(known().await, None);
}

#[tokio::test]
async fn events_that_are_wanted_again_come_again_behind_those_of_a_queue_that_was_left_behind() {
    let aws = Aws::start(Options::default()).await.unwrap();
    let store = Store::new(aws_sdk_dynamodb::Client::new(&aws::sdk(&aws.dynamodb_url)), &aws.table);
    let sqs = aws_sdk_sqs::Client::new(&aws::sdk(&aws.sqs_url));
    let good = aws.event_queue_urls[0].clone();
    let missing = good.replace("paylater-events-1", "not-there-yet");
    let _pump = pump(&aws, vec![missing.clone(), good.clone()], &store);
    let payment = authorized(&store, "lag-3").await;
    let last = payment.history.last().unwrap().sequence;
    assert_eq!(wait_for(&sqs, &good, usize::try_from(last).unwrap()).await, (1..=last).collect::<Vec<_>>());
    let left_behind = async || {
        let mut lags = store.lags(&missing, std::slice::from_ref(&payment.id)).await.unwrap();
        lags.remove(&payment.id).filter(|lag| lag.upto == last)
    };
    eventually("the missing queue to be left behind", left_behind).await;
    store.fall_back(&Lag::again(payment.id.clone(), 1, last), Timestamp::now()).await.unwrap();
    let every =
        async || store.lags(EVERY_QUEUE, std::slice::from_ref(&payment.id)).await.unwrap().is_empty().then_some(());
    eventually("every queue to be told", every).await;
    assert_eq!(left_behind().await.map(|lag| lag.after), Some(0), "nothing that it missed is forgotten");
}
