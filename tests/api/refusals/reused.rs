//! Keys that were used before.

use serde_json::json;
use tests::{Order, orders};

use super::{Bench, nothing_found};

#[tokio::test]
async fn a_key_that_was_used_for_something_else_is_refused() {
    let bench = Bench::new().await;
    let (api, key) = (&bench.site.api, orders::new_word("reused"));
    let order = Order::billie_pad_at_once();
    let first = api.post_as(&key, "/v1/payments", order.json()).await.expect(201);
    let mut watch = bench.watch().await;
    for other in [order.clone().with("/reference", "ORD-2"), order.clone().of_amount(100), Order::buckaroo_billink()] {
        let answer = api.post_as(&key, "/v1/payments", other.json()).await;
        let answer = answer.expect_problem(service::ProblemCode::IdempotencyKeyReused);
        let operation = &api.payment(first.id()).await["operations"][0]["id"];
        assert_eq!(answer.at("/operation_id"), operation);
    }
    watch.nothing_happened("reused keys").await;
    // What differs only in how it is written is the same request.
    let written = format!(" {:#} ", order.json());
    let request = api.request(reqwest::Method::POST, "/v1/payments").key(&key).raw(written, Some("application/json"));
    assert!(request.send().await.expect(201).is_replay());
    watch.nothing_happened("a replay").await;
}

#[tokio::test]
async fn a_key_of_an_operation_that_was_used_for_something_else_is_refused() {
    let bench = Bench::new().await;
    let (api, key) = (&bench.site.api, orders::new_word("reused"));
    let of = |id: &str, what: &str| format!("/v1/payments/{id}/{what}");
    let (first, second) = (orders::capture(), orders::capture());
    let mut found = Vec::new();
    for (path, body, other) in [
        (of(&bench.authorized, "captures"), first, second),
        (of(&bench.captured, "refunds"), json!({ "amount": 100 }), json!({ "amount": 101 })),
        (of(&bench.whole_only, "confirm"), json!({}), json!({ "widget_result": {} })),
    ] {
        let done = api.post_as(&key, &path, &body).await;
        assert!(done.status < 300 && !done.is_replay(), "{path}: {:#}", done.body);
        let answer = api.post_as(&key, &path, &other).await;
        let refused = (answer.status, answer.code()) == (422, "idempotency_key_reused");
        found.extend((!refused).then(|| format!("POST {path} with another body: {} {}", answer.status, answer.code())));
        let again = api.post_as(&key, &path, &body).await;
        let replayed = again.status == done.status && again.is_replay();
        found.extend(
            (!replayed).then(|| format!("POST {path} again: {}, replayed: {}", again.status, again.is_replay())),
        );
    }
    nothing_found(&found);
}
