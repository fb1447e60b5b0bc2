//! What the log tells of a payment that the provider has otherwise than we do.

use jiff::Timestamp;
use payment::{Amount, Cause, CauseKind, News, Observation, OrderNews, OrderState, Payment};
use serde_json::{Value, json};
use tests::Log;

use crate::bench::{Bench, authorized, failures, hand};

/// Somebody looks at the provider, which has the order under this id and captured that much of it.
fn seen(payment: &mut Payment, id: &str, captured: i64) {
    let order = OrderNews {
        provider_reference: Some(id.to_owned()),
        captured: Amount::new(captured).ok(),
        ..OrderNews::of(OrderState::Authorized)
    };
    let news = News { order: Some(order), ..News::default() };
    payment.learn(Observation::read(news), &Cause::new(CauseKind::Probe, "look"), Timestamp::now());
}

#[tokio::test]
async fn a_drift_is_told_by_its_field_and_amounts_and_by_no_other_value() {
    let bench = Bench::start().await;
    let stream = bench.records();
    let mut payment = authorized(&bench.store, "a").await;
    for (id, captured) in [("ours", 0), ("ours", 12_600), ("theirs", 12_600)] {
        seen(&mut payment, id, captured);
    }
    bench.store.save(&mut payment).await.unwrap();
    let records = stream.next(3).await;
    let (log, guard) = Log::of_thread();
    assert!(failures(&hand(&bench.relay(vec![bench.good()]), &records).await.unwrap()).is_empty());
    drop(guard);
    let told = log.lines().into_iter().filter(|line| line["message"] == "a payment differs at its provider");
    let without_time = |mut line: Value| {
        line.as_object_mut().unwrap().remove("timestamp");
        line
    };
    let told: Vec<Value> = told.map(without_time).collect();
    let line = |more: Value| {
        let mut line = json!({ "level": "WARN", "message": "a payment differs at its provider", "merchant": "demo",
                               "provider": "billie_pad", "payment_id": payment.id, "request_id": "look",
                               "target": "relay_events::batch" });
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        line
    };
    let wanted = [
        line(json!({ "field": "captured", "ours": "0", "theirs": "12600" })),
        line(json!({ "field": "provider_reference" })),
    ];
    assert_eq!(told, wanted);
}
