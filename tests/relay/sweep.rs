//! The sweep: everything that is due gets its turn.

use jiff::{SignedDuration, Timestamp};
use payment::OperationStatus;
use providers::Deadline;
use service::SweepReport;
use std::time::Duration;
use store::{Due, Lag, Lane, StoredMessage};

use crate::bench::{Bench, authorized, in_doubt, opened};

async fn sweep(bench: &Bench, in_seconds: i64) -> SweepReport {
    let service = bench.service_in(in_seconds);
    service.settle_due("sweep", Deadline::within(Duration::from_secs(26))).await.unwrap()
}

fn message(identity: &str, proves: bool, received_at: Timestamp) -> StoredMessage {
    StoredMessage {
        provider: "billie_pad".parse().unwrap(),
        merchant: "demo".parse().unwrap(),
        identity: identity.to_owned(),
        url: "http://127.0.0.1:3000/v1/webhooks/billie-pad/demo".to_owned(),
        content_type: "application/json".to_owned(),
        body: b"{}".to_vec(),
        received_at,
        proves,
        authentic: proves,
        tries: 0,
        applied: false,
    }
}

#[tokio::test]
async fn one_sweep_looks_at_everything_that_is_due() {
    let bench = Bench::start().await;
    for n in 0..150 {
        opened(&bench.store, &format!("key-{n}")).await;
    }
    // Nobody knows their merchant, so each is put off.
    let report = sweep(&bench, 60).await;
    assert_eq!((report.payments, report.failed), (150, 150));
    assert_eq!(sweep(&bench, 60).await, SweepReport::default());
}

#[tokio::test]
async fn a_merchant_that_cannot_be_looked_up_keeps_nobody_from_hearing_of_an_operation() {
    let bench = Bench::start().await;
    let (payment, ticket) = opened(&bench.store, "a").await;
    // Its worker died, and nobody knows its merchant.
    for (seconds, status) in [(60, OperationStatus::InDoubt), (3_600, OperationStatus::NeedsOperator)] {
        assert_eq!(sweep(&bench, seconds).await.failed, 1);
        let known = bench.store.load(&payment.id).await.unwrap().unwrap();
        assert_eq!(known.operation(&ticket.operation).unwrap().status, status);
    }
}

#[tokio::test]
async fn hints_of_strangers_delay_neither_a_queue_that_is_behind_nor_a_providers_word() {
    let bench = Bench::start().await;
    let store = &bench.store;
    let now = Timestamp::now();
    let payment = authorized(store, "a").await.id;
    for n in 0..60 {
        let earlier = now - SignedDuration::from_mins(10);
        store.keep(&message(&format!("hint-{n}"), false, earlier)).await.unwrap();
    }
    let claim = message("claim", true, now);
    store.keep(&claim).await.unwrap();
    let lag = Lag::new(bench.named("behind"), payment.clone(), 0, 1);
    store.fall_behind(&lag, now).await.unwrap();
    let later = now + SignedDuration::from_secs(90);
    for (lane, first) in [(Lane::Lags, Due::Lag(lag.key())), (Lane::Claims, Due::Message(claim.key()))] {
        assert_eq!(store.due(lane, later, None).await.unwrap().due, [first], "nothing stands before it");
    }

    let report = sweep(&bench, 90).await;
    assert_eq!((report.lags, report.messages), (1, 61));
    assert_eq!(bench.lag(&lag.queue, &payment).await.map(|lag| lag.tries), Some(1));
    assert_eq!(store.load_message(&claim.key()).await.unwrap().map(|message| message.tries), Some(1));
}

#[tokio::test]
async fn payments_that_wait_for_their_buyers_do_not_stand_before_an_operation_in_doubt() {
    let bench = Bench::start().await;
    let doubt = in_doubt(&bench.store, "a").await.id;
    let waits = {
        let mut payment = authorized(&bench.store, "b").await;
        payment.hint(payment::Hint { at: Timestamp::now() });
        bench.store.save(&mut payment).await.unwrap();
        payment.id
    };
    let later = Timestamp::now() + SignedDuration::from_secs(60);
    let (mut operations, mut looks) = (Vec::new(), Vec::new());
    for lane in Lane::ALL {
        let due = bench.store.due(lane, later, None).await.unwrap().due;
        match lane {
            Lane::Operations(_) => operations.extend(due),
            Lane::Looks(_) => looks.extend(due),
            _ => assert_eq!(due, []),
        }
    }
    assert_eq!((operations, looks), (vec![Due::Payment(doubt)], vec![Due::Payment(waits)]));
}

/// A message that was tried so often.
pub(crate) fn tried(identity: &str, proves: bool, tries: u32) -> StoredMessage {
    StoredMessage { tries, ..message(identity, proves, Timestamp::now()) }
}
