//! What the sweep tells the alarms: how things stand, whether anything is due or not.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use payment::{Cause, CauseKind, DoubtPolicy, Finding, Observation, OperationStatus};
use providers::Deadline;
use runtime::App;
use serde_json::Value;
use service::Gauges;
use store::{Lag, MessageState};
use tests::Log;

use crate::bench::{Bench, authorized, in_doubt};
use crate::sweep::tried;

/// Trouble of every kind, none of it due.
async fn trouble(bench: &Bench) {
    let store = &bench.store;
    in_doubt(store, "doubt").await;
    let mut needs = in_doubt(store, "needs").await;
    let cause = Cause::new(CauseKind::Sweep, "test");
    let id = needs.operations[0].id.clone();
    let later = Timestamp::now() + SignedDuration::from_mins(20);
    needs.found(&id, Observation::read(Finding::Unclear), 0, DoubtPolicy::None, &cause, later);
    assert_eq!(needs.operations[0].status, OperationStatus::NeedsOperator);
    store.save(&mut needs).await.unwrap();
    for queue in ["one", "other"] {
        let payment = authorized(store, queue).await;
        store.fall_behind(&Lag::new(bench.named(queue), payment.id, 0, 1), Timestamp::now()).await.unwrap();
    }
    for (identity, proves) in [("claim", true), ("hint-1", false), ("hint-2", false), ("hint-3", false)] {
        store.mark(&tried(identity, proves, 4), MessageState::Parked, Timestamp::now()).await.unwrap();
    }
    // What has only just arrived is on its way.
    store.keep(&tried("new", true, 0)).await.unwrap();
}

#[tokio::test]
async fn a_gauge_tells_what_there_is_and_not_what_somebody_looked_at() {
    let bench = Bench::start().await;
    assert_eq!(bench.service_in(0).gauges().await.unwrap(), Gauges::default());
    trouble(&bench).await;
    let expected = Gauges {
        needs_operator: 1,
        in_doubt: 1,
        queues_behind: 2,
        parked_messages: 1,
        parked_hints: 3,
        ..Gauges::default()
    };
    for _ in 0..2 {
        let gauges = bench.service_in(4).gauges().await.unwrap();
        assert!((4..20).contains(&gauges.oldest_in_doubt_seconds), "{gauges:?}");
        assert_eq!(Gauges { oldest_in_doubt_seconds: 0, ..gauges }, expected);
    }
}

#[tokio::test]
async fn every_sweep_says_how_things_stand_also_where_nothing_was_due() {
    let bench = Bench::start().await;
    trouble(&bench).await;
    let (log, guard) = Log::of_thread();
    for _ in 0..2 {
        let app = App { service: bench.service_in(0) };
        let deadline = Deadline::within(Duration::from_secs(26));
        settle::handle(app, settle::Event::default(), deadline, "test".to_owned()).await.unwrap();
    }
    drop(guard);
    let lines = log.lines();
    let swept: Vec<&Value> = lines.iter().filter(|line| line["message"] == "swept").collect();
    assert_eq!(swept.len(), 2, "{lines:#?}");
    for line in swept {
        let told = ["needs_operator", "queues_behind", "parked_messages"].map(|name| line[name].as_i64().unwrap());
        assert_eq!(told, [1, 2, 1], "{line}");
        assert!(line["oldest_in_doubt_seconds"].is_i64(), "{line}");
    }
}
