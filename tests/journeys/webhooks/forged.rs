//! Whoever cannot prove to be the provider is told nothing and leaves no trace.

use sandbox::billie_pad::WEBHOOK_KEY;
use sandbox::buckaroo_billink::{SECRET_KEY, WEBSITE_KEY};
use serde_json::{Value, json};
use tests::Request;

use super::{EVENTS, FORM, PUSHES, Push, about, message, signed};
use crate::support::{AMOUNT, At, Shop};

/// Sends each: the same 401 for all, but for the request's id, and nothing is written.
async fn are_turned_away(shop: &Shop, forgeries: Vec<Request>) {
    let before = shop.site.written().await;
    // Whoever shares the stand-ins is looked at meanwhile.
    let calls = async || if shop.site.stack().is_some() { shop.sandbox.calls().await.len() } else { 0 };
    let called = calls().await;
    let mut told: Option<Value> = None;
    for (n, forgery) in forgeries.into_iter().enumerate() {
        let mut answer = forgery.send().await.expect(401);
        answer.body.as_object_mut().unwrap().remove("request_id");
        assert_eq!(told.get_or_insert_with(|| answer.body.clone()), &answer.body, "forgery {n}");
    }
    assert_eq!(shop.site.written().await, before);
    assert_eq!(calls().await, called, "nobody even looked");
}

#[tokio::test]
async fn a_form_push_that_is_not_signed_by_our_secret_is_turned_away() {
    let shop = Shop::at(At::Buckaroo).await;
    let deal = shop.authorized().await;
    shop.sandbox.quiet().await;
    let payment = deal.get().await;
    let reference = payment["order_reference"].as_str().unwrap();
    let capture = format!("{reference}-C123456");
    let push =
        Push { key: &"A".repeat(32), invoice: &capture, transaction_type: "C073", status: "190", amount: "126.00" };
    let good = push.body(SECRET_KEY);
    let signature = good.rsplit_once("brq_signature=").unwrap().1.to_owned();
    let other_website = [("brq_statuscode", "190"), ("brq_transactions", "A"), ("brq_websitekey", "ANOTHER")];
    let no_website = [("brq_statuscode", "190"), ("brq_transactions", "A")];
    let bodies = [
        push.body("another secret"),
        push.body(""),
        good.replace("126.00", "1.26"),
        good.replace("=190", "=490"),
        good.replace(&signature, ""),
        good.replace(&signature, &signature[..40]),
        good.replace(&format!("&brq_signature={signature}"), ""),
        format!("{good}&brq_amount=1.00"),
        format!("{good}&ADD_note=x"),
        format!("{good}&brq_signature={signature}"),
        signed(&other_website, SECRET_KEY),
        signed(&no_website, SECRET_KEY),
        String::new(),
    ];
    let mut forgeries: Vec<Request> = bodies.iter().map(|body| message(&shop, PUSHES, FORM, body)).collect();
    // Genuine words in the wrong place.
    forgeries.push(message(&shop, "/v1/webhooks/buckaroo/nobody", FORM, &good));
    forgeries.push(message(&shop, PUSHES, "application/json", &good));
    are_turned_away(&shop, forgeries).await;
    deal.ends("authorized", [AMOUNT, 0, 0, 0]).await;
}

#[tokio::test]
async fn a_json_push_that_is_not_signed_by_our_secret_is_turned_away() {
    let shop = Shop::at(At::Buckaroo).await;
    let deal = shop.authorized().await;
    shop.sandbox.quiet().await;
    let body = json!({ "Transaction": { "Key": deal.get().await["provider_reference"],
                                        "Status": { "Code": { "Code": 890 } }, "TransactionType": "I069" } });
    let push = |header: Option<String>| {
        let push = message(&shop, PUSHES, "application/json", &body.to_string());
        header.iter().fold(push, |push, header| push.header("authorization", header))
    };
    let headers = [
        None,
        Some(format!("hmac {WEBSITE_KEY}:AAAA:nonce:1605622335")),
        Some(format!("hmac {WEBSITE_KEY}::nonce:1605622335")),
        Some(format!("hmac {WEBSITE_KEY}")),
        Some("hmac".to_owned()),
        Some(format!("hmac OTHER:{}:nonce:1605622335", "A".repeat(44))),
        Some(format!("Bearer {SECRET_KEY}")),
    ];
    are_turned_away(&shop, headers.into_iter().map(push).collect()).await;
    deal.ends("authorized", [AMOUNT, 0, 0, 0]).await;
}

#[tokio::test]
async fn an_event_without_the_agreed_key_is_turned_away() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    shop.sandbox.quiet().await;
    let body = about(&deal, "order_canceled", json!({})).await.to_string();
    let post = || message(&shop, EVENTS, "application/json", &body);
    let forgeries = vec![
        post(),
        post().header("x-api-key", ""),
        post().header("x-api-key", "wrong"),
        post().header("x-api-key", &WEBHOOK_KEY.to_uppercase()),
        post().header("x-api-key", &format!("{WEBHOOK_KEY}x")),
        post().header("x-api-key", &WEBHOOK_KEY[1..]),
        post().header("authorization", &format!("Basic {WEBHOOK_KEY}")),
        message(&shop, "/v1/webhooks/billie-pad/nobody", "application/json", &body).header("x-api-key", WEBHOOK_KEY),
    ];
    are_turned_away(&shop, forgeries).await;
    deal.ends("authorized", [AMOUNT, 0, 0, 0]).await;
}

#[tokio::test]
async fn a_returning_buyer_without_the_payments_token_is_told_nothing() {
    let shop = Shop::with_page().await;
    let deal = shop.open(&tests::Order::buckaroo_billink()).await;
    let before = shop.site.written().await;
    for query in ["", "?token=", "?token=wrong", "?payment=x"] {
        let path = format!("/v1/return/{}{query}", deal.id);
        let answer = shop.api.request(reqwest::Method::GET, &path).authorization(None).send().await;
        assert_eq!((answer.status, answer.code()), (404, "payment_not_found"), "{query}");
    }
    assert_eq!(shop.site.written().await, before);
    assert_eq!(shop.count("status").await, 0);
}
