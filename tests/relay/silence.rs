//! Queues that do not answer, and batches that run out of time.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use store::Lag;

use crate::bench::{Bench, all, authorized, failures, hand, hand_within};
use crate::proxy::{Proxy, Then};

fn of_queue(requests: &[Value], queue: &str) -> usize {
    requests.iter().filter(|request| request["QueueUrl"] == queue).count()
}

#[tokio::test]
async fn a_silent_queue_is_asked_once_and_after_a_rest_again_and_delays_no_other() {
    let bench = Bench::start().await;
    let records = bench.records();
    let (good, silent) = (bench.good(), bench.aws.event_queue_urls[1].clone());
    let rule = {
        let silent = silent.clone();
        move |_: &str, request: &Value| if request["QueueUrl"] == silent { Then::Silence } else { Then::Pass }
    };
    let sqs = Proxy::before(&bench.aws.sqs_url, rule).await;
    let relay = bench.relay_at(&sqs.url, vec![silent.clone(), good.clone()]);

    // Three payments that the queue is behind for, pointed out by the sweep, and a new one.
    let mut batch = Vec::new();
    let mut lags = Vec::new();
    for key in ["a", "b", "c"] {
        let payment = authorized(&bench.store, key).await;
        let lag = Lag::new(silent.clone(), payment.id.clone(), 0, all(&payment).len() as u64);
        bench.store.fall_behind(&lag, Timestamp::now()).await.unwrap();
        records.next(3).await;
        bench.store.poke(&lag.key(), Timestamp::now()).await.unwrap();
        batch.extend(records.next(1).await);
        lags.push(lag);
    }
    let begun = Instant::now();
    hand(&relay, &batch).await.unwrap();
    assert_eq!(of_queue(&sqs.seen("SendMessageBatch"), &silent), 1, "one silence is enough");
    let payment = authorized(&bench.store, "d").await;
    batch.extend(records.next(2).await);
    assert!(failures(&hand(&relay, &batch).await.unwrap()).is_empty());
    assert_eq!(of_queue(&sqs.seen("SendMessageBatch"), &silent), 1, "it rests");
    assert!(begun.elapsed() < Duration::from_secs(8), "one silence takes {:?}", begun.elapsed());
    let rested = relay.with_clock(|| Timestamp::now() + SignedDuration::from_secs(21));
    assert!(failures(&hand(&rested, &batch).await.unwrap()).is_empty());
    assert_eq!(of_queue(&sqs.seen("SendMessageBatch"), &silent), 2, "one silence is enough, new events and lags alike");
    assert_eq!(bench.arrivals(&good, all(&payment).len()).await.of(&payment.id), all(&payment));
    for lag in lags {
        assert!(bench.lag(&silent, &lag.payment).await.is_some(), "it stays behind");
    }
    bench.left_behind(&silent, &payment).await;
}

#[tokio::test]
async fn what_there_is_no_time_to_send_is_left_behind_and_does_not_fail() {
    let bench = Bench::start().await;
    let records = bench.records();
    let payment = authorized(&bench.store, "a").await;
    let records = records.next(2).await;
    let sqs = Proxy::before(&bench.aws.sqs_url, |_, _| Then::Pass).await;
    let relay = bench.relay_at(&sqs.url, bench.aws.event_queue_urls.clone());
    let answer = hand_within(&relay, &records, Duration::from_secs(1)).await.unwrap();
    assert!(failures(&answer).is_empty());
    assert!(sqs.seen("SendMessageBatch").is_empty(), "a request may take longer than there is");
    for queue in &bench.aws.event_queue_urls {
        assert_eq!(bench.left_behind(queue, &payment).await.after, 0);
    }
}
