//! Who may call, and whose payments are seen.

use reqwest::Method;
use serde_json::{Value, json};
use service::ProblemCode;
use tests::{Api, Contract, Order, Site};

use super::{Bench, SECRET, repeats_a_value};

/// Every documented address with an API key in front of it.
fn guarded(bench: &Bench) -> Vec<(Method, String)> {
    let key_needed = Contract::get().operations().filter(|o| o.value.get("security") != Some(&json!([])));
    key_needed.map(|o| (o.method.parse().unwrap(), bench.filled(o.path))).collect()
}

#[tokio::test]
async fn nobody_gets_in_without_the_right_key() {
    let bench = Bench::new().await;
    let mut watch = bench.watch().await;
    let headers = [
        None,
        Some(""),
        Some("Bearer"),
        Some("Bearer "),
        Some("Bearer sk_"),
        Some("Bearer sk_demo_"),
        Some("Bearer sk_demo_Zyzzyva"),
        Some("Bearer sk_nobody_Zyzzyva"),
        Some("Bearer sk_Zyzzyva"),
        Some("Bearer Zyzzyva"),
        Some("Basic c2tfZGVtb19aeXp6eXZhOg=="),
        Some("Zyzzyva"),
        Some("Bearer sk_demo_works-on-this-machine-onl"),
        Some("Bearer sk_demo_works-on-this-machine-only2"),
        Some("Bearer sk_other_works-on-this-machine-only"),
        Some("sk_demo_works-on-this-machine-only"),
    ];
    let mut uniform: Option<Value> = None;
    for (method, path) in guarded(&bench) {
        for header in headers {
            let mut request = bench.site.api.request(method.clone(), &path).authorization(header);
            if method == Method::POST {
                request = request.json(&json!({}));
            }
            let mut answer = request.send().await.expect_problem(ProblemCode::Unauthorized);
            assert_eq!(repeats_a_value(&answer), None, "{method} {path} with {header:?}");
            // With a wrong key nobody is told to send one.
            assert!(
                answer.text("/detail").starts_with("The request came without an API key that is known"),
                "{:#}",
                answer.body
            );
            answer.body["request_id"] = Value::Null;
            let first = uniform.get_or_insert_with(|| answer.body.clone());
            assert_eq!(*first, answer.body, "{method} {path} with {header:?} is told something of its own");
        }
    }
    watch.nothing_happened("requests without the right key").await;
}

#[tokio::test]
async fn the_scheme_before_a_key_is_written_in_any_case() {
    let site = Site::start().await;
    for header in ["bearer sk_demo_works-on-this-machine-only", "BEARER  sk_demo_works-on-this-machine-only"] {
        let request = site.api.request(Method::GET, "/v1/capabilities").authorization(Some(header));
        let _ = request.send().await.expect(200);
    }
}

#[tokio::test]
async fn a_checkouts_key_may_not_do_what_is_the_operators() {
    let bench = Bench::new().await;
    let mut watch = bench.watch().await;
    for path in ["/v1/operations?status=in_doubt", "/v1/operations"] {
        let _ = bench.site.api.get(path).await.expect_problem(ProblemCode::Forbidden);
    }
    for endpoint in bench.endpoints().into_iter().filter(|endpoint| endpoint.operator) {
        for body in [&endpoint.valid, &json!({}), &json!({ "unknown_field": 1 })] {
            let _ = bench.site.api.post(&endpoint.path, body).await.expect_problem(ProblemCode::Forbidden);
        }
    }
    watch.nothing_happened("requests that are the operator's").await;
}

#[tokio::test]
async fn the_operators_key_may_do_what_a_checkout_may() {
    let bench = Bench::new().await;
    let _ = bench.site.operator().get(&format!("/v1/payments/{}", bench.authorized)).await.expect(200);
}

/// Requests that would be fine if the payment were there.
async fn for_a_payment(api: &Api, id: &str) -> Vec<(String, (u16, Value))> {
    let mut answers = Vec::new();
    for path in ["", "/timeline", "?refresh=true"] {
        answers.push(api.get(&format!("/v1/payments/{id}{path}")).await);
    }
    for (path, body) in
        [("confirm", json!({})), ("captures", super::capture()), ("refunds", super::refund()), ("cancel", json!({}))]
    {
        answers.push(api.post(&format!("/v1/payments/{id}/{path}"), &body).await);
    }
    let told = |mut answer: tests::Answer| {
        answer.body["request_id"] = Value::Null;
        (answer.asked.clone(), (answer.status, answer.body))
    };
    answers.into_iter().map(told).collect()
}

#[tokio::test]
async fn another_merchants_payment_cannot_be_told_from_one_that_does_not_exist() {
    let (site, neighbour) = Site::start_with_neighbour().await;
    let id = super::open(&site, &Order::billie_pad_at_once()).await;
    let (table, versions) = (site.table(), site.table().versions().await);
    let others = for_a_payment(&neighbour, &id).await;
    let unknown = for_a_payment(&neighbour, "pay_00000000000000000000000000").await;
    for ((asked, others), (_, unknown)) in others.iter().zip(&unknown) {
        assert_eq!(others, unknown, "{asked}");
        assert_eq!((others.0, &others.1["code"]), (404, &json!("payment_not_found")), "{asked}");
    }
    assert_eq!(neighbour.get("/v1/payments").await.expect(200).body["data"], json!([]));
    assert_eq!(table.versions().await, versions);
    let _ = site.api.get(&format!("/v1/payments/{id}")).await.expect(200);
}

#[tokio::test]
async fn two_merchants_may_use_the_same_key() {
    let (site, neighbour) = Site::start_with_neighbour().await;
    let order = Order::billie_pad_at_once();
    let ours = site.api.post_as("same", "/v1/payments", order.json()).await.expect(201);
    let theirs = neighbour.post_as("same", "/v1/payments", order.json()).await.expect(201);
    assert_ne!(ours.id(), theirs.id());
    assert!(!theirs.is_replay());
}

#[tokio::test]
async fn what_is_no_payment_id_is_not_found() {
    let bench = Bench::new().await;
    let upper = bench.authorized.to_ascii_uppercase();
    let short = &bench.authorized[..29];
    let ids = [
        "Zyzzyva",
        "pay_",
        &upper,
        short,
        "pay_Zyzzyva",
        "%00",
        "..%2F..",
        "cap_00000000000000000000000000",
        "%F0%9F%92%B6",
    ];
    for id in ids {
        for (asked, (status, body)) in for_a_payment(&bench.site.api, id).await {
            assert_eq!((status, &body["code"]), (404, &json!("payment_not_found")), "{asked}");
            assert!(!body.to_string().contains(SECRET), "{asked}: {body}");
        }
    }
}
