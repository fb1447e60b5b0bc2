//! The addresses without an API key: a stranger learns nothing and changes nothing.

use reqwest::Method;
use serde_json::{Value, json};
use service::ProblemCode;
use tests::{Answer, Api, Contract, Request};

use super::{Bench, SECRET, repeats_a_value};

const BILLIE: &str = "/v1/webhooks/billie-pad/demo";
const BUCKAROO: &str = "/v1/webhooks/buckaroo/demo";
const KEY: &str = sandbox::billie_pad::WEBHOOK_KEY;
const FORM: &str = "application/x-www-form-urlencoded";

/// A message as a provider sends it, without anything that proves who sent it.
fn message(api: &Api, path: &str, body: &str, media_type: &str) -> Request {
    api.request(Method::POST, path).without_key().authorization(None).raw(body, Some(media_type))
}

fn event() -> String {
    json!({ "event": "order_canceled", "order_id": SECRET, "created_at": "2026-11-20T09:30:00Z" }).to_string()
}

fn push() -> String {
    json!({ "Transaction": { "Key": "A".repeat(32), "Invoice": SECRET, "Status": { "Code": { "Code": 190 } } } })
        .to_string()
}

/// The token in a payment's own return address.
async fn token(bench: &Bench, id: &str) -> String {
    let items = bench.site.table().items().await;
    items[&(format!("PAY#{id}"), "STATE".to_owned())]["token"].as_s().unwrap().clone()
}

/// The document without the request's id.
fn told(answer: Answer) -> Value {
    let mut body = answer.body;
    body["request_id"] = Value::Null;
    body
}

#[tokio::test]
async fn a_message_that_is_not_authentic_gets_one_uniform_answer() {
    let bench = Bench::new().await;
    let mut watch = bench.watch().await;
    let api = &bench.site.api;
    let (event, push, form) = (event(), push(), "brq_invoicenumber=Zyzzyva&brq_statuscode=190");
    let (json, form_type) = ("application/json", FORM);
    let signature = format!("hmac {}:AAAA:nonce:1763623800", sandbox::buckaroo_billink::WEBSITE_KEY);
    let short = "hmac Zyzzyva".to_owned();
    let forged = [
        message(api, BILLIE, &event, json),
        message(api, BILLIE, &event, json).header("x-api-key", "Zyzzyva"),
        message(api, BILLIE, &event, json).header("x-api-key", ""),
        message(api, BILLIE, &event, json).header("x-api-key", &KEY[..KEY.len() - 1]),
        message(api, BILLIE, &event, json).authorization(Some("Bearer sk_demo_works-on-this-machine-only")),
        message(api, BILLIE, "", json),
        message(api, BILLIE, "{", json),
        message(api, "/v1/webhooks/billie-pad/nobody", &event, json).header("x-api-key", KEY),
        message(api, "/v1/webhooks/billie-pad/DEMO", &event, json).header("x-api-key", KEY),
        message(api, "/v1/webhooks/billie-pad/%00", &event, json).header("x-api-key", KEY),
        message(api, BUCKAROO, &push, json),
        message(api, BUCKAROO, &push, json).authorization(Some(&signature)),
        message(api, BUCKAROO, &push, json).authorization(Some(&short)),
        message(api, BUCKAROO, form, form_type),
        message(api, BUCKAROO, &format!("{form}&brq_signature=Zyzzyva"), form_type),
        message(api, BUCKAROO, &format!("{form}&brq_signature={}", "0".repeat(40)), form_type),
        message(api, "/v1/webhooks/buckaroo/nobody", &push, json),
    ];
    let mut uniform: Option<Value> = None;
    for request in forged {
        let answer = request.send().await.expect_problem(ProblemCode::Unauthorized);
        assert_eq!(repeats_a_value(&answer), None);
        let (asked, told) = (answer.asked.clone(), told(answer));
        let first = uniform.get_or_insert_with(|| told.clone());
        assert_eq!(*first, told, "{asked} is told something of its own");
    }
    watch.nothing_happened("forged messages").await;
}

#[tokio::test]
async fn an_authentic_message_that_cannot_be_read_is_told_so() {
    let bench = Bench::new().await;
    let mut watch = bench.watch().await;
    for body in ["", "{", "[]", "{}", "Zyzzyva", "{\"event\":7}"] {
        let request = message(&bench.site.api, BILLIE, body, "application/json").header("x-api-key", KEY);
        let answer = request.send().await;
        assert_eq!((answer.status, answer.code()), (400, "invalid_json"), "{body}");
        assert_eq!(repeats_a_value(&answer), None, "{body}");
    }
    watch.nothing_happened("unreadable messages").await;
}

#[tokio::test]
async fn a_message_of_another_media_type_is_refused_before_anything_else() {
    let bench = Bench::new().await;
    let mut watch = bench.watch().await;
    let mut found = Vec::new();
    for (path, body, media_type) in [
        (BILLIE, event(), "text/plain"),
        (BILLIE, event(), "application/x-www-form-urlencoded"),
        (BUCKAROO, push(), "text/plain"),
        (BUCKAROO, push(), "application/xml"),
    ] {
        for key in [None, Some(KEY)] {
            let request = message(&bench.site.api, path, &body, media_type);
            let request = if let Some(key) = key { request.header("x-api-key", key) } else { request };
            let answer = request.send().await;
            let right = (answer.status, answer.code()) == (415, "unsupported_media_type");
            let with = if key.is_some() { "the" } else { "no" };
            found.extend(
                (!right)
                    .then(|| format!("{media_type} to {path} with {with} key: {} {}", answer.status, answer.code())),
            );
        }
    }
    watch.nothing_happened("messages of another media type").await;
    super::nothing_found(&found);
}

#[tokio::test]
async fn a_message_of_more_than_256_kib_is_refused_before_its_signature_is_looked_at() {
    let bench = Bench::new().await;
    let mut watch = bench.watch().await;
    let large = " ".repeat(256 * 1024 + 1);
    let documented = Contract::get().operations().filter(|o| o.path.starts_with("/v1/webhooks/"));
    for path in documented.flat_map(|o| ["demo", "nobody"].map(|merchant| o.path.replace("{merchant}", merchant))) {
        let _ = message(&bench.site.api, &path, &large, "application/json")
            .send()
            .await
            .expect_problem(ProblemCode::BodyTooLarge);
    }
    watch.nothing_happened("large messages").await;
}

#[tokio::test]
async fn a_buyer_without_the_payments_own_token_is_not_sent_on() {
    let bench = Bench::new().await;
    let (own, others) = (token(&bench, &bench.waiting).await, token(&bench, &bench.authorized).await);
    let mut watch = bench.watch().await;
    let id = &bench.waiting;
    let paths = [
        format!("/v1/return/{id}"),
        format!("/v1/return/{id}?token="),
        format!("/v1/return/{id}?token=Zyzzyva"),
        format!("/v1/return/{id}?token={others}"),
        format!("/v1/return/{id}?token={}", &own[1..]),
        format!("/v1/return/{id}?token={own}0"),
        format!("/v1/return/{id}?session_id={own}"),
        format!("/v1/return/pay_00000000000000000000000000?token={own}"),
        format!("/v1/return/Zyzzyva?token={own}"),
    ];
    let mut uniform: Option<Value> = None;
    for path in paths {
        // The token counts in the address alone.
        let posted = message(&bench.site.api, &path, &format!("token={own}"), FORM);
        for request in [bench.site.api.request(Method::GET, &path), posted] {
            let answer = request.authorization(None).send().await.expect_problem(ProblemCode::PaymentNotFound);
            assert_eq!(repeats_a_value(&answer), None);
            let told = told(answer);
            assert_eq!(*uniform.get_or_insert_with(|| told.clone()), told, "{path}");
        }
    }
    watch.nothing_happened("buyers without the token").await;
    let right = format!("/v1/return/{id}?token={own}&session_id=whatever");
    let _ = bench.site.api.request(Method::GET, &right).authorization(None).send().await.expect(303);
}

#[tokio::test]
async fn what_a_returning_buyers_browser_posts_is_not_read() {
    let bench = Bench::new().await;
    let (api, id) = (&bench.site.api, &bench.waiting);
    let path = format!("/v1/return/{id}?token={}", token(&bench, id).await);
    let linked = api.request(Method::GET, &path).authorization(None).send().await.expect(303);
    let bodies: [(Vec<u8>, Option<&str>); 6] = [
        (Vec::new(), None),
        (b"brq_statuscode=190&token=Zyzzyva".to_vec(), Some(FORM)),
        (b"{".to_vec(), Some("application/json")),
        (vec![0xff, 0xfe, 0], Some("application/octet-stream")),
        (b"--".to_vec(), Some("Zyzzyva")),
        (vec![b'x'; 1024 * 1024], Some(FORM)),
    ];
    for (body, media_type) in bodies {
        let request = api.request(Method::POST, &path).without_key().authorization(None).raw(body, media_type);
        let posted = request.send().await.expect(303);
        assert_eq!(posted.header("location"), linked.header("location"), "{media_type:?}");
    }
}
