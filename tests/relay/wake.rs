//! The relay wakes the sweep for the first probes of an operation in doubt.

use std::time::{Duration, Instant};

use local::StackOptions;
use payment::WakeUp;
use providers::Deadline;
use runtime::App;
use serde_json::{Value, json};
use service::{Service, SweepReport};
use store::Due;
use tests::{Order, Site, eventually, orders};

use crate::bench::{Bench, all, authorized, failures, hand, in_doubt};
use crate::proxy::{Proxy, Then};

#[tokio::test]
async fn an_operation_in_doubt_is_looked_for_although_no_schedule_runs() {
    let site = Site::start_own(StackOptions { without_schedule: true, ..StackOptions::default() }).await;
    let id = site.api.post("/v1/payments", Order::billie_pad_at_once().json()).await.expect(201).id().to_owned();
    site.billie_pad().webhooks(json!({ "mode": "held" })).await;
    site.billie_pad().fault(json!({ "call": "capture", "kind": "drop_after" })).await;
    let _ = site.api.post(&format!("/v1/payments/{id}/captures"), &orders::capture()).await.expect(202);
    let begun = Instant::now();
    let captured = async || (site.api.payment(&id).await["status"] != "authorized").then_some(());
    eventually("the first probe finds it", captured).await;
    assert!(begun.elapsed() >= Duration::from_secs(4), "it was the probe: {:?}", begun.elapsed());
}

#[tokio::test]
async fn the_sweep_is_woken_once_for_what_is_due_at_one_time_and_after_the_events_are_sent() {
    let bench = Bench::start().await;
    let stream = bench.records();
    let doubt = in_doubt(&bench.store, "a").await;
    let certain = authorized(&bench.store, "b").await;
    let records = stream.next(4).await;
    let sqs = Proxy::before(&bench.aws.sqs_url, |_, _| Then::Pass).await;
    let relay = bench.relay_at(&sqs.url, vec![bench.good()]);
    let twice: Vec<_> = records.iter().chain(&records).cloned().collect();
    assert!(failures(&hand(&relay, &twice).await.unwrap()).is_empty());
    let woken = sqs.seen("SendMessage");
    assert_eq!(woken.len(), 1, "{woken:?}");
    let due = doubt.operations[0].due_at.unwrap();
    let in_seconds = due.duration_since(jiff::Timestamp::now()).as_secs();
    let names: WakeUp = serde_json::from_str(woken[0]["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!(names.payments, std::slice::from_ref(&doubt.id));
    let delay = woken[0]["DelaySeconds"].as_i64().unwrap();
    assert!(delay > in_seconds && delay <= 7, "{delay} s for what is due in {in_seconds} s");
    let arrived = bench.arrivals(&bench.good(), all(&doubt).len() + all(&certain).len()).await;
    assert_eq!(arrived.of(&doubt.id), all(&doubt));
}

#[tokio::test]
async fn what_is_put_off_wakes_nobody() {
    let bench = Bench::start().await;
    let stream = bench.records();
    let doubt = in_doubt(&bench.store, "a").await;
    stream.next(2).await;
    let later = doubt.operations[0].due_at.unwrap() + jiff::SignedDuration::from_secs(300);
    bench.store.put_off(&Due::Payment(doubt.id.clone()), later).await.unwrap();
    let records = stream.next(1).await;
    let sqs = Proxy::before(&bench.aws.sqs_url, |_, _| Then::Pass).await;
    let relay = bench.relay_at(&sqs.url, vec![bench.good()]);
    assert!(failures(&hand(&relay, &records).await.unwrap()).is_empty());
    assert!(sqs.seen("SendMessage").is_empty(), "nothing is due before {later}");
}

#[tokio::test]
async fn a_wake_queue_that_does_not_answer_holds_nothing_up() {
    let bench = Bench::start().await;
    let stream = bench.records();
    let doubt = in_doubt(&bench.store, "a").await;
    let records = stream.next(2).await;
    let sqs = Proxy::before(&bench.aws.sqs_url, |operation, _| match operation {
        "SendMessage" => Then::Silence,
        _ => Then::Pass,
    })
    .await;
    let relay = bench.relay_at(&sqs.url, vec![bench.good()]);
    let handled = tokio::spawn(async move { hand(&relay, &records).await });
    assert_eq!(bench.arrivals(&bench.good(), all(&doubt).len()).await.of(&doubt.id), all(&doubt));
    let answer = tokio::time::timeout(Duration::from_secs(10), handled).await.unwrap().unwrap();
    assert!(failures(&answer.unwrap()).is_empty());
}

/// What settle does when Lambda hands it this.
async fn settle(service: Service, event: &Value) -> SweepReport {
    let event = serde_json::from_value(event.clone()).unwrap();
    let deadline = Deadline::within(Duration::from_secs(26));
    settle::handle(App { service }, event, deadline, "test".to_owned()).await.unwrap()
}

#[tokio::test]
async fn who_is_woken_for_a_payment_looks_at_that_and_asks_for_nothing_else() {
    let bench = Bench::start().await;
    let table = Proxy::before(&bench.aws.dynamodb_url, |_, _| Then::Pass).await;
    let doubt = in_doubt(&bench.store, "a").await;
    in_doubt(&bench.store, "b").await;
    let wake_up = json!(WakeUp { payments: vec![doubt.id.clone()] }).to_string();
    let event = json!({ "Records": [{ "messageId": "1", "body": wake_up }, { "messageId": "2", "body": wake_up }] });
    let report = settle(Bench::service_over(bench.store_at(&table.url), 10), &event).await;
    assert_eq!(report.payments, 1);
    assert_eq!(table.seen("Query").len() + table.seen("Scan").len(), 0);
    let read = table.seen("GetItem");
    assert!(!read.is_empty() && read.iter().all(|r| r["Key"]["PK"]["S"] == format!("PAY#{}", doubt.id)), "{read:?}");
}

#[tokio::test]
async fn a_tick_and_a_message_of_older_code_name_nothing_so_everything_due_is_looked_at() {
    let bench = Bench::start().await;
    let doubt = in_doubt(&bench.store, "a").await;
    in_doubt(&bench.store, "b").await;
    let named = json!(WakeUp { payments: vec![doubt.id] }).to_string();
    let tick = json!({ "version": "0", "source": "aws.scheduler" });
    let older = json!({ "Records": [{ "body": named }, { "body": "{}" }] });
    let torn = json!({ "Records": [{ "body": named }, { "body": "{\"payments\": [" }] });
    // What cannot be looked at, for want of the merchant, is put off for five minutes.
    for (event, seconds) in [(tick, 10), (older, 400), (torn, 800)] {
        assert_eq!(settle(bench.service_in(seconds), &event).await.payments, 2, "{event}");
    }
}
