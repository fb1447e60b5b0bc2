//! Changes that this code cannot read: newer code wrote them during a deployment, or they are broken.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use providers::Deadline;
use serde_json::{Value, json};
use store::Lag;

use crate::bench::{Bench, all, authorized, failures, hand, in_doubt};

/// The table's items of a payment as code of this layout wrote them.
async fn layout(bench: &Bench, payment: &payment::PaymentId, schema: u32) {
    let update = bench.dynamodb.update_item().table_name(&bench.aws.table);
    let update = update.key("PK", AttributeValue::S(format!("PAY#{payment}")));
    let update = update.key("SK", AttributeValue::S("STATE".to_owned())).update_expression("SET #schema = :schema");
    let update = update.expression_attribute_names("#schema", "schema");
    let update = update.expression_attribute_values(":schema", AttributeValue::N(schema.to_string()));
    update.send().await.unwrap();
}

#[tokio::test]
async fn a_change_that_cannot_be_read_stops_its_payment_only_and_is_told_later_by_code_that_reads_it() {
    let broken: [fn(&mut Value); 3] = [
        |image| image["schema"] = json!({ "N": "99" }),
        |image| drop(image.as_object_mut().unwrap().remove("status")),
        |image| image["history"] = json!({ "S": "somewhere else" }),
    ];
    for (break_it, upto_is_seen) in broken.into_iter().zip([true, true, false]) {
        let bench = Bench::start().await;
        let stream = bench.records();
        let (good, relay) = (bench.good(), bench.relay(bench.aws.event_queue_urls.clone()));
        let one = authorized(&bench.store, "a").await;
        let other = authorized(&bench.store, "b").await;
        let mut records = stream.next(4).await;
        break_it(&mut records[1]["dynamodb"]["NewImage"]);
        let known = records[0]["dynamodb"]["NewImage"]["history"]["L"].as_array().unwrap().len();
        let known = known as u64;
        assert!(failures(&hand(&relay, &records[..1]).await.unwrap()).is_empty());
        assert!(failures(&hand(&relay, &records[1..]).await.unwrap()).is_empty(), "nobody else waits for it");
        let first = bench.arrivals(&good, known as usize + all(&other).len()).await;
        assert_eq!((first.of(&one.id).len() as u64, first.of(&other.id)), (known, all(&other)));
        let upto = if upto_is_seen { all(&one).len() as u64 } else { known };
        stream.next(bench.aws.event_queue_urls.len()).await;
        for queue in &bench.aws.event_queue_urls {
            let lag = bench.lag(queue, &one.id).await.expect("it is left behind at every queue");
            assert_eq!((lag.after, lag.upto), (known, upto));
            bench.store.poke(&lag.key(), Timestamp::now()).await.unwrap();
            assert!(failures(&hand(&relay, &stream.next(1).await).await.unwrap()).is_empty());
            bench.caught_up(queue, &one.id).await;
        }
        let rest = bench.arrivals(&good, all(&one).len() - known as usize).await;
        assert_eq!(rest.of(&one.id), all(&one).split_off(known as usize), "nothing is lost");
    }
}

#[tokio::test]
async fn events_before_a_change_that_cannot_be_read_wait_with_it() {
    let bench = Bench::start().await;
    let stream = bench.records();
    let one = authorized(&bench.store, "a").await;
    let mut records = stream.next(2).await;
    records[1]["dynamodb"]["NewImage"]["schema"] = json!({ "N": "99" });
    assert!(failures(&hand(&bench.relay(vec![bench.good()]), &records).await.unwrap()).is_empty());
    let lag = bench.lag(&bench.good(), &one.id).await.unwrap();
    assert_eq!((lag.after, lag.upto), (0, all(&one).len() as u64));
}

#[tokio::test]
async fn code_that_cannot_read_a_payment_leaves_what_its_queues_missed_alone() {
    let bench = Bench::start().await;
    let stream = bench.records();
    let (good, relay) = (bench.good(), bench.relay(vec![bench.good()]));
    let one = authorized(&bench.store, "a").await;
    layout(&bench, &one.id, 99).await;
    bench.store.fall_behind(&Lag::new(good.clone(), one.id.clone(), 0, 1), Timestamp::now()).await.unwrap();
    stream.next(4).await;
    let lag = bench.lag(&good, &one.id).await.unwrap();
    bench.store.poke(&lag.key(), Timestamp::now()).await.unwrap();
    assert!(failures(&hand(&relay, &stream.next(1).await).await.unwrap()).is_empty());
    assert_eq!(bench.lag(&good, &one.id).await, Some(Lag { tries: 1, ..lag.clone() }), "it is there");
    layout(&bench, &one.id, payment::SCHEMA).await;
    bench.store.poke(&lag.key(), Timestamp::now()).await.unwrap();
    assert!(failures(&hand(&relay, &stream.next(2).await).await.unwrap()).is_empty());
    assert_eq!(bench.arrivals(&good, all(&one).len()).await.of(&one.id), all(&one));
    bench.caught_up(&good, &one.id).await;
}

/// What the item of a payment says of its layout.
async fn layout_of(bench: &Bench, payment: &payment::PaymentId) -> AttributeValue {
    let get = bench.dynamodb.get_item().table_name(&bench.aws.table).consistent_read(true);
    let get = get.key("PK", AttributeValue::S(format!("PAY#{payment}")));
    let item = get.key("SK", AttributeValue::S("STATE".to_owned())).send().await.unwrap().item.unwrap();
    item["schema"].clone()
}

#[tokio::test]
async fn a_payment_is_written_so_that_only_code_which_would_lose_something_of_it_refuses_it() {
    let bench = Bench::start().await;
    let mut one = authorized(&bench.store, "a").await;
    let usual = payment::SCHEMA - 1;
    for (given_up, written) in [(false, usual), (true, payment::SCHEMA), (false, usual)] {
        one.operations[0].was_not_processed = given_up;
        bench.store.save(&mut one).await.unwrap();
        assert_eq!(layout_of(&bench, &one.id).await, AttributeValue::N(written.to_string()));
        let read = bench.store.load(&one.id).await.unwrap().unwrap();
        assert_eq!((read.schema, read.operations[0].was_not_processed), (written, given_up));
    }
    // As code that knows one layout less meets what was written here.
    layout(&bench, &one.id, payment::SCHEMA + 1).await;
    let refused = bench.store.load(&one.id).await.err().unwrap();
    let store::StoreError::Unreadable(unreadable) = &refused else { panic!("{refused}") };
    assert!(matches!(unreadable.why(), store::StoreError::NewerSchema { .. }));
    assert_eq!(unreadable.payment, one.id, "whoever reads the log is told which");
    let problem = service::Problem::from(refused);
    assert_eq!((problem.code(), problem.code().status()), (service::ProblemCode::Unavailable, 503));
}

#[tokio::test]
async fn a_payment_that_cannot_be_read_keeps_the_sweep_from_nothing_and_is_counted() {
    let bench = Bench::start().await;
    let one = in_doubt(&bench.store, "a").await;
    in_doubt(&bench.store, "b").await;
    layout(&bench, &one.id, 99).await;
    let sweep = async || {
        let service = bench.service_in(60);
        service.settle_due("sweep", Deadline::within(Duration::from_secs(26))).await.unwrap()
    };
    let gauges = bench.service_in(60).gauges().await.unwrap();
    assert_eq!(gauges.in_doubt, 2);
    assert!(gauges.oldest_in_doubt_seconds >= 60, "{gauges:?}");
    // Nobody knows the other's merchant, so that it is put off as well.
    let report = sweep().await;
    assert_eq!((report.payments, report.failed), (2, 2));
    assert_eq!(sweep().await.payments, 0, "neither stands before what is due next");
}
