//! What is refused before anybody looks at the document's meaning: keys, credentials, media types, sizes, addresses.

use reqwest::Method;
use serde_json::{Value, json};
use service::ProblemCode;
use tests::{Api, Contract, Order, Site};

use super::{Bench, SECRET, repeats_a_value};

/// The largest body, in bytes.
const LARGEST: usize = 256 * 1024;

#[tokio::test]
async fn a_post_without_a_key_is_refused() {
    let bench = Bench::new().await;
    let mut watch = bench.watch().await;
    for endpoint in bench.endpoints() {
        let request = bench.site.api.request(Method::POST, &endpoint.path).without_key().json(&endpoint.valid);
        let _ = request.send().await.expect_problem(ProblemCode::MissingIdempotencyKey);
    }
    watch.nothing_happened("requests without a key").await;
}

#[tokio::test]
async fn a_key_of_the_wrong_form_is_refused_and_not_repeated() {
    let bench = Bench::new().await;
    let mut watch = bench.watch().await;
    let long = SECRET.repeat(40)[..256].to_owned();
    let keys: [&[u8]; 8] = [
        b"",
        b" ",
        long.as_bytes(),
        b"Zyzzyva Zyzzyva",
        b"Zyzzyva\tZyzzyva",
        "Zyzzyva-\u{fc}".as_bytes(),
        "\u{43a}\u{43b}\u{44e}\u{447}".as_bytes(),
        &[b'Z', 0xff, 0xfe],
    ];
    for endpoint in bench.endpoints() {
        for key in keys {
            let answer =
                bench.site.api.request(Method::POST, &endpoint.path).key(key).json(&endpoint.valid).send().await;
            let answer = answer.expect_problem(ProblemCode::InvalidIdempotencyKey);
            assert_eq!(repeats_a_value(&answer), None);
        }
    }
    watch.nothing_happened("keys of the wrong form").await;
}

#[tokio::test]
async fn the_longest_key_with_every_character_is_taken() {
    let site = Site::start().await;
    let visible: String = ('!'..='~').cycle().take(255).collect();
    let first = site.api.post_as(&visible, "/v1/payments", Order::billie_pad_at_once().json()).await.expect(201);
    let again = site.api.post_as(&visible, "/v1/payments", Order::billie_pad_at_once().json()).await.expect(201);
    assert_eq!((again.id(), again.is_replay()), (first.id(), true));
}

#[tokio::test]
async fn broken_json_is_told_from_json_that_breaks_a_rule() {
    let bench = Bench::new().await;
    let mut watch = bench.watch().await;
    let deep = "[".repeat(100_000);
    let bodies: [&[u8]; 11] = [
        b"{",
        b"Zyzzyva",
        b"{\"Zyzzyva\":}",
        b"{\"Zyzzyva\":1,}",
        b"{} {}",
        b"{} Zyzzyva",
        b"{'Zyzzyva':1}",
        b"\"Zyzzyva",
        b"{\"a\":01}",
        b"{\"a\":NaN}",
        deep.as_bytes(),
    ];
    for endpoint in bench.endpoints() {
        for body in bodies {
            let request = bench.site.api.request(Method::POST, &endpoint.path).raw(body, Some("application/json"));
            let answer = request.send().await;
            let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            assert_eq!((answer.status, answer.code()), (400, "invalid_json"), "POST {} with {shown}", endpoint.path);
            assert_eq!(repeats_a_value(&answer), None, "POST {} with {shown}", endpoint.path);
        }
    }
    watch.nothing_happened("broken JSON").await;
}

#[tokio::test]
async fn a_body_that_is_not_utf_8_is_no_json() {
    let bench = Bench::new().await;
    let mut watch = bench.watch().await;
    let bodies: [&[u8]; 4] =
        [b"{\"a\":\"\xff\xfe\"}", b"{\"amount\":\"\xc3\"}", b"{\"\xed\xa0\x80\":1}", b"\xff\xfe{\x00}\x00"];
    for endpoint in bench.endpoints() {
        for body in bodies {
            let request = bench.site.api.request(Method::POST, &endpoint.path).raw(body, Some("application/json"));
            let answer = request.send().await;
            assert_eq!((answer.status, answer.code()), (400, "invalid_json"), "POST {} with {body:?}", endpoint.path);
        }
    }
    watch.nothing_happened("bodies that are not UTF-8").await;
}

#[tokio::test]
async fn a_body_that_is_not_sent_as_json_is_refused() {
    let bench = Bench::new().await;
    let mut watch = bench.watch().await;
    let types = [
        None,
        Some(""),
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/jsonx"),
        Some("application/problem+json"),
        Some("multipart/form-data; boundary=application/json"),
    ];
    for endpoint in bench.endpoints() {
        for media_type in types {
            let request = bench.site.api.request(Method::POST, &endpoint.path);
            let answer = request.raw(endpoint.valid.to_string(), media_type).send().await;
            let found = (answer.status, answer.code());
            assert_eq!(found, (415, "unsupported_media_type"), "POST {} as {media_type:?}", endpoint.path);
        }
    }
    watch.nothing_happened("other media types").await;
}

#[tokio::test]
async fn json_is_json_however_its_media_type_is_written() {
    let site = Site::start().await;
    for media_type in
        ["application/json", "Application/JSON", "application/json; charset=utf-8", "application/json;x=y"]
    {
        let request = site.api.request(Method::POST, "/v1/payments");
        let order = Order::billie_pad_at_once();
        let _ = request.raw(order.json().to_string(), Some(media_type)).send().await.expect(201);
    }
}

#[tokio::test]
async fn a_body_of_more_than_256_kib_is_refused_and_one_of_256_is_read() {
    let bench = Bench::new().await;
    let mut watch = bench.watch().await;
    // Not taken by anybody when it is read.
    let padded = |length: usize| format!("{{\"unknown_field\":1{}}}", " ".repeat(length - 19));
    assert_eq!(padded(LARGEST).len(), LARGEST);
    for endpoint in bench.endpoints() {
        let request = || bench.site.api.request(Method::POST, &endpoint.path);
        let large = request().raw(padded(LARGEST + 1), Some("application/json")).send().await;
        let _ = large.expect_problem(ProblemCode::BodyTooLarge);
        let largest = request().raw(padded(LARGEST), Some("application/json")).send().await;
        let _ = largest.expect_problem(ProblemCode::ValidationFailed);
    }
    watch.nothing_happened("large bodies").await;
}

/// Every documented address with an API key in front of it.
fn guarded(bench: &Bench) -> Vec<(Method, String)> {
    let key_needed = Contract::get().operations().filter(|o| o.value.get("security") != Some(&json!([])));
    let with_id = |path: &str| path.replace("{id}", &bench.authorized);
    key_needed.map(|o| (o.method.parse().unwrap(), with_id(o.path))).collect()
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
            answer.body["request_id"] = Value::Null;
            let first = uniform.get_or_insert_with(|| answer.body.clone());
            assert_eq!(*first, answer.body, "{method} {path} with {header:?} is told something of its own");
        }
    }
    watch.nothing_happened("requests without the right key").await;
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

#[tokio::test]
async fn an_address_that_does_not_exist_is_not_found() {
    let bench = Bench::new().await;
    let id = &bench.authorized;
    let paths = [
        "/".to_owned(),
        "/v1".to_owned(),
        "/v2/payments".to_owned(),
        "/v1/Zyzzyva".to_owned(),
        "/v1/PAYMENTS".to_owned(),
        "/v1/payments/".to_owned(),
        "/v1/payments//captures".to_owned(),
        format!("/v1/payments/{id}/"),
        format!("/v1/payments/{id}/Zyzzyva"),
        format!("/v1/payments/{id}/captures/"),
        format!("/v1/payments/{id}/captures/cap_00000000000000000000000000"),
        "/v1/webhooks/Zyzzyva/demo".to_owned(),
        "/v1/webhooks/buckaroo".to_owned(),
    ];
    for path in paths {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            for authorization in [None, Some("Bearer sk_demo_works-on-this-machine-only")] {
                let answer = bench.site.api.request(method.clone(), &path).authorization(authorization).send().await;
                let answer = answer.expect_problem(ProblemCode::RouteNotFound);
                assert_eq!(repeats_a_value(&answer), None);
            }
        }
    }
}

#[tokio::test]
async fn a_method_that_an_address_does_not_take_is_refused() {
    let bench = Bench::new().await;
    let mut watch = bench.watch().await;
    let mut cases = 0;
    let paths: Vec<String> = Contract::get().operations().map(|o| o.path.to_owned()).collect();
    for template in paths {
        let path = template.replace("{id}", &bench.authorized).replace("{merchant}", "demo");
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            if Contract::get().find(method.as_str(), &path).is_none() {
                cases += 1;
                let answer = bench.site.api.request(method, &path).send().await;
                let _ = answer.expect_problem(ProblemCode::MethodNotAllowed);
            }
        }
    }
    assert!(cases > 30);
    watch.nothing_happened("other methods").await;
}
