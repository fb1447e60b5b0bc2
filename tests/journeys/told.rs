//! What the log tells whoever is woken at night: which request, which payment and which operation belong together, and
//! what a provider really answered.

use local::DEMO_MERCHANT;
use payment::PaymentId;
use reqwest::Method;
use sandbox::billie_pad::WEBHOOK_KEY;
use serde_json::{Value, json};
use tests::{Answer, Log, Site, eventually, orders};

use crate::support::{At, Backstage, Deal, Shop};

const EVENTS: &str = "/v1/webhooks/billie-pad/demo";

/// A shop whose log is this process's.
async fn shop(at: At) -> (Shop, Log) {
    let log = Log::of_process();
    (Shop::on(Site::start_own(Default::default()).await, at), log)
}

fn request_id(answer: &Answer) -> (&'static str, &str) {
    ("request_id", answer.headers["request-id"].to_str().unwrap())
}

/// The fields of a line, as one document.
fn fields(line: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| ((*name).to_owned(), line[*name].clone())).collect()
}

const ABOUT: [&str; 2] = ["payment_id", "operation_id"];
const CAME: [&str; 3] = ["outcome", "http_status", "reason"];

#[tokio::test]
async fn a_request_its_payment_its_operation_and_what_the_provider_was_asked_for_it_are_found_by_each_other() {
    let (shop, log) = shop(At::Billie).await;
    let opened = shop.opening(&orders::new_word("k"), &shop.at.order()).send().await.expect(201);
    let line = log.line("answered", request_id(&opened));
    let first = opened.at("/operations/0/id");
    assert_eq!(fields(&line, &ABOUT), json!({ "payment_id": opened.id(), "operation_id": first }));
    let asked = log.line("a provider was asked", request_id(&opened));
    assert_eq!((&asked["kind"], &asked["payment_id"]), (&json!("create_session"), &json!(opened.id())));

    let deal = Deal::of(&shop, opened.id());
    let captured = deal.post("captures", &shop.capture(None)).await.expect(201);
    let about = json!({ "payment_id": deal.id, "operation_id": deal.newest().await["id"] });
    assert_eq!(fields(&log.line("answered", request_id(&captured)), &ABOUT), about);
    let asked = log.line("a provider was asked", request_id(&captured));
    assert_eq!(fields(&asked, &ABOUT), about);
    assert_eq!(asked["kind"], "capture");
    let came = fields(&asked, &CAME);
    assert_eq!((&came["outcome"], &came["reason"]), (&json!("done"), &Value::Null));
    assert!(came["http_status"].as_u64().is_some_and(|status| (200..300).contains(&status)), "{asked}");

    let read = shop.api.get(&deal.path("timeline")).await.expect(200);
    assert_eq!(log.line("answered", request_id(&read))["payment_id"], deal.id);
}

#[tokio::test]
async fn a_refused_opening_names_the_payment_that_came_of_it() {
    let (shop, log) = shop(At::Billie).await;
    let body = json!({ "errors": [{ "code": "debtor_address", "title": "no", "source": "debtor" }] }).to_string();
    shop.sandbox.fault(json!({ "call": "any", "kind": "answer", "status": 400, "body": body, "skip": 1 })).await;
    let refused = shop.opening(&orders::new_word("k"), &shop.at.order()).send().await.expect(422);
    assert_eq!(refused.code(), "provider_refused", "{:#}", refused.body);
    let line = log.line("answered", request_id(&refused));
    let id = line["payment_id"].as_str().unwrap_or_else(|| panic!("{line}"));
    assert_eq!(shop.api.payment(id).await["operations"][0]["id"], line["operation_id"]);
    assert_eq!(line["operation_id"], *refused.at("/operation_id"));
}

#[tokio::test]
async fn what_a_provider_answered_is_told_where_it_says_nothing() {
    let (shop, log) = shop(At::Billie).await;
    let deal = shop.authorized().await;
    for (fault, status, came) in [
        (
            json!({ "kind": "http_5xx", "status": 503 }),
            202,
            json!({ "outcome": "in_doubt", "http_status": 503, "reason": "server_error" }),
        ),
        (
            json!({ "kind": "answer", "status": 429 }),
            502,
            json!({ "outcome": "not_sent", "http_status": 429, "reason": "too_many_requests" }),
        ),
        (
            json!({ "kind": "drop_before" }),
            202,
            json!({ "outcome": "in_doubt", "http_status": null, "reason": "connection_lost" }),
        ),
        (
            json!({ "kind": "answer", "status": 401, "times": 2 }),
            502,
            json!({ "outcome": "not_sent", "http_status": 401, "reason": "credentials" }),
        ),
    ] {
        let mut ordered = fault;
        ordered["call"] = json!("capture");
        shop.sandbox.fault(ordered).await;
        let answer = deal.post("captures", &shop.capture(Some(1_000))).await.expect(status);
        assert_eq!(fields(&log.line("a provider was asked", request_id(&answer)), &CAME), came);
        let told = log.lines_with("a provider does not accept the credentials", request_id(&answer));
        assert_eq!(told.len(), usize::from(came["http_status"] == 401), "{came}");
        for line in told {
            let about = ["level", "provider", "merchant", "payment_id"];
            let wanted = json!({ "level": "WARN", "provider": "billie_pad", "merchant": DEMO_MERCHANT,
                                 "payment_id": deal.id });
            assert_eq!(fields(&line, &about), wanted);
        }
    }
}

#[tokio::test]
async fn a_provider_that_fails_is_not_told_as_one_that_cannot_be_reached() {
    let (shop, log) = shop(At::Billie).await;
    let deal = shop.authorized().await;
    shop.sandbox.fault(json!({ "call": "any", "kind": "http_5xx", "status": 503, "times": 9 })).await;
    let seen = shop.api.get(&format!("/v1/payments/{}?refresh=true", deal.id)).await.expect(200);
    let line = log.line("a payment could not be observed", request_id(&seen));
    assert_eq!((&line["http_status"], &line["payment_id"]), (&json!(503), &json!(deal.id)), "{line}");
    assert!(!line["error"].as_str().unwrap().contains("reached"), "{line}");
}

/// Posts a message with these headers.
async fn post(shop: &Shop, path: &str, (media_type, body): (&str, &str), headers: &[(&str, &str)]) -> Answer {
    let request = shop.api.request(Method::POST, path).authorization(None).without_key().raw(body, Some(media_type));
    headers.iter().fold(request, |request, (name, value)| request.header(name, value)).send().await
}

const JSON: &str = "application/json";

#[tokio::test]
async fn a_message_that_is_not_authentic_has_its_reason_in_the_log_alone() {
    let (shop, log) = shop(At::Billie).await;
    let pushes = "/v1/webhooks/buckaroo/demo";
    for (path, headers, reason) in [
        (EVENTS, &[][..], "no_key"),
        (EVENTS, &[("x-api-key", "wrong")], "wrong_key"),
        ("/v1/webhooks/billie-pad/nobody", &[("x-api-key", WEBHOOK_KEY)], "unknown_merchant"),
        (pushes, &[], "no_signature"),
        (pushes, &[("authorization", "hmac WEBSITE:AAAA:nonce:1605622335")], "wrong_signature"),
    ] {
        let answer = post(&shop, path, (JSON, "{}"), headers).await.expect(401);
        let line = log.line("answered", request_id(&answer));
        assert_eq!(fields(&line, &["level", "reason"]), json!({ "level": "WARN", "reason": reason }), "{path}");
        assert!(!answer.body.to_string().contains(reason), "{:#}", answer.body);
    }
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_told_with_the_reason() {
    let (shop, log) = shop(At::Billie).await;
    let key = [("x-api-key", WEBHOOK_KEY)];
    let large = format!("{{{}}}", " ".repeat(300_000));
    for (sent, status, code, reason) in [
        ((JSON, r#"{"happened":"something"}"#), 400, "invalid_json", "unreadable"),
        (("text/plain", "{}"), 415, "unsupported_media_type", "media_type"),
        (("application/x-www-form-urlencoded", "a=b"), 415, "unsupported_media_type", "media_type"),
        ((JSON, large.as_str()), 413, "body_too_large", "too_large"),
    ] {
        let answer = post(&shop, EVENTS, sent, &key).await.expect(status);
        let line = log.line("answered", request_id(&answer));
        let told = fields(&line, &["level", "merchant", "code", "reason"]);
        assert_eq!(told, json!({ "level": "WARN", "merchant": DEMO_MERCHANT, "code": code, "reason": reason }));
    }
}

#[tokio::test]
async fn a_message_names_the_payment_that_it_found_at_once_or_later() {
    let (shop, log) = shop(At::Billie).await;
    shop.sandbox.webhooks(json!({ "mode": "held" })).await;
    let key = orders::new_word("k");
    let id = PaymentId::of(&DEMO_MERCHANT.parse().unwrap(), &key.parse().unwrap());
    let late = |at: &str| {
        let order = format!("ORD-1001-{}", id.suffix());
        json!({ "event": "invoice_late", "order_id": order, "created_at": at }).to_string()
    };
    let early = late("2026-11-17 14:32:16");
    let parked = post(&shop, EVENTS, (JSON, &early), &[("x-api-key", WEBHOOK_KEY)]).await.expect(200);
    assert_eq!(log.line("message kept", request_id(&parked)).get("payment_id"), None);

    let _ = shop.opening(&key, &shop.at.order()).send().await.expect(201);
    let again = late("2026-11-18 14:32:16");
    let kept = post(&shop, EVENTS, (JSON, &again), &[("x-api-key", WEBHOOK_KEY)]).await.expect(200);
    assert_eq!(log.line("message kept", request_id(&kept))["payment_id"], id.as_str());

    let backstage = Backstage::of(&shop);
    backstage.advance(181);
    eventually("the sweep to match the message", async || {
        backstage.sweep().await;
        let found = log.lines_with("a parked message found its payment", ("payment_id", id.as_str()));
        found.first().map(|line| assert_eq!(line["provider"], "billie_pad"))
    })
    .await;
}
