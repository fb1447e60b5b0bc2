//! A queue that refuses delays no other, and gets what it missed.

use jiff::Timestamp;
use local::aws;
use store::{EVERY_QUEUE, Lag};
use tests::eventually;

use crate::bench::{Bench, all, authorized, hand};

#[tokio::test]
async fn a_queue_that_refuses_delays_no_other_and_gets_what_it_missed() {
    let bench = Bench::start().await;
    let (good, missing) = (bench.good(), bench.named("not-there-yet"));
    let _pump = bench.pump(bench.relay(vec![missing.clone(), good.clone()]));

    let payment = authorized(&bench.store, "lag-1").await;
    let events = all(&payment);
    assert_eq!(bench.arrivals(&good, events.len()).await.of(&payment.id), events, "the good queue is not delayed");

    let lag = bench.left_behind(&missing, &payment).await;
    assert_eq!(lag.after, 0);

    aws::sqs::create_event_queue(&bench.sqs, "not-there-yet.fifo").await.unwrap();
    bench.store.poke(&lag.key(), Timestamp::now()).await.unwrap();
    assert_eq!(bench.arrivals(&missing, events.len()).await.of(&payment.id), events, "in order, none missing");
    bench.caught_up(&missing, &payment.id).await;
}

#[tokio::test]
async fn a_queue_falls_back_to_the_earliest_event_that_anybody_wants_again() {
    let bench = Bench::start().await;
    let store = &bench.store;
    let payment = authorized(store, "lag-2").await.id;
    let queue = &bench.good();
    let lag = |after| Lag { queue: queue.clone(), ..Lag::again(payment.clone(), after, 4) };

    let old = Lag::new(queue.clone(), payment.clone(), 2, 9);
    store.fall_behind(&old, Timestamp::now()).await.unwrap();
    store.fall_back(&lag(3), Timestamp::now()).await.unwrap();
    assert_eq!(bench.lag(queue, &payment).await, Some(old.clone()), "it gets them anyway");
    store.fall_back(&lag(1), Timestamp::now()).await.unwrap();
    let wanted = Lag { upto: 9, ..lag(1) };
    assert_eq!(bench.lag(queue, &payment).await, Some(wanted.clone()));
    assert!(
        !store.caught_up(&old, 9).await.unwrap(),
        "who sent what is behind the second event has not sent the second"
    );
    assert!(store.caught_up(&wanted, 9).await.unwrap());
    assert_eq!(bench.lag(queue, &payment).await, None);
}

#[tokio::test]
async fn events_that_are_wanted_again_come_again_behind_those_of_a_queue_that_was_left_behind() {
    let bench = Bench::start().await;
    let (good, missing) = (bench.good(), bench.named("not-there-yet"));
    let _pump = bench.pump(bench.relay(vec![missing.clone(), good.clone()]));
    let payment = authorized(&bench.store, "lag-3").await;
    let events = all(&payment);
    assert_eq!(bench.arrivals(&good, events.len()).await.of(&payment.id), events);
    let lag = bench.left_behind(&missing, &payment).await;
    bench.store.fall_back(&Lag::again(payment.id.clone(), 1, lag.upto), Timestamp::now()).await.unwrap();
    let every = async || bench.lag(EVERY_QUEUE, &payment.id).await.is_none().then_some(());
    eventually("every queue to be told", every).await;
    let lag = bench.left_behind(&missing, &payment).await;
    assert_eq!(lag.after, 0, "nothing that it missed is forgotten");
}

#[tokio::test]
async fn what_a_queue_missed_that_only_newer_code_has_is_kept_for_longer_than_a_deployment_takes() {
    let bench = Bench::start().await;
    let records = bench.records();
    let payment = authorized(&bench.store, "lag-4").await;
    records.next(2).await;
    let relay = bench.relay(vec![bench.good()]);
    let lag = Lag::new(bench.named("of-tomorrow"), payment.id.clone(), 0, 4);
    bench.store.fall_behind(&lag, Timestamp::now()).await.unwrap();
    records.next(1).await;
    for tried in 1..=10 {
        assert_eq!(bench.lag(&lag.queue, &payment.id).await.map(|lag| lag.tries + 1), Some(tried));
        bench.store.poke(&lag.key(), Timestamp::now()).await.unwrap();
        hand(&relay, &records.next(1).await).await.unwrap();
    }
    assert_eq!(bench.lag(&lag.queue, &payment.id).await, None, "it is gone for good");
}
