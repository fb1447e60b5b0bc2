//! Bodies that are refused before anybody looks at their meaning: no JSON, not sent as JSON, too large.

use reqwest::Method;
use service::ProblemCode;
use tests::{Order, Site};

use super::{Bench, repeats_a_value};

/// The largest body, in bytes.
const LARGEST: usize = 256 * 1024;

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
            let request =
                bench.api(&endpoint).request(Method::POST, &endpoint.path).raw(body, Some("application/json"));
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
            let request =
                bench.api(&endpoint).request(Method::POST, &endpoint.path).raw(body, Some("application/json"));
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
            let request = bench.api(&endpoint).request(Method::POST, &endpoint.path);
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
        let request = || bench.api(&endpoint).request(Method::POST, &endpoint.path);
        let large = request().raw(padded(LARGEST + 1), Some("application/json")).send().await;
        let _ = large.expect_problem(ProblemCode::BodyTooLarge);
        let largest = request().raw(padded(LARGEST), Some("application/json")).send().await;
        let _ = largest.expect_problem(ProblemCode::ValidationFailed);
    }
    watch.nothing_happened("large bodies").await;
}

#[tokio::test]
async fn what_a_get_carries_is_not_read() {
    let site = Site::start().await;
    let large = " ".repeat(LARGEST + 1);
    for (body, media_type) in [("{", "application/json"), ("Zyzzyva", "text/plain"), (&large, "text/plain")] {
        let request = site.api.request(Method::GET, "/v1/payments?limit=1").raw(body, Some(media_type));
        let _ = request.send().await.expect(200);
    }
}

#[tokio::test]
async fn what_belongs_into_a_body_is_refused_in_the_address() {
    let bench = Bench::new().await;
    let mut watch = bench.watch().await;
    for endpoint in bench.endpoints() {
        let path = format!("{}?amount=500", endpoint.path);
        let answer = bench.api(&endpoint).post(&path, &endpoint.valid).await;
        let answer = answer.expect_problem(ProblemCode::ValidationFailed);
        assert_eq!(answer.pointers(), ["?amount"], "{path}");
    }
    watch.nothing_happened("parameters of a POST").await;
}
