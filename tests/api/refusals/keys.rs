//! The `Idempotency-Key`.

use reqwest::Method;
use service::ProblemCode;
use tests::{Order, Site};

use super::{Bench, SECRET, repeats_a_value};

#[tokio::test]
async fn a_post_without_a_key_is_refused() {
    let bench = Bench::new().await;
    let mut watch = bench.watch().await;
    for endpoint in bench.endpoints() {
        let request = bench.api(&endpoint).request(Method::POST, &endpoint.path).without_key().json(&endpoint.valid);
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
                bench.api(&endpoint).request(Method::POST, &endpoint.path).key(key).json(&endpoint.valid).send().await;
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
