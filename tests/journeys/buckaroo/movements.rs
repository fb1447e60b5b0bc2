//! Captures, refunds and cancellations, done at once, pending first, or called off.

use reqwest::Method;
use serde_json::{Value, json};
use service::ProblemCode;
use tests::{Order, eventually};

use super::key;
use crate::support::{AMOUNT, At, Backstage, Deal, Shop};

#[tokio::test]
async fn authorize_capture_and_refund_in_parts_until_nothing_is_left() {
    let shop = Shop::at(At::Buckaroo).await;
    let deal = shop.authorized().await;
    deal.ends("authorized", [AMOUNT, 0, 0, 0]).await;
    let capture = deal.post("captures", &json!({})).await.expect(201);
    assert_eq!((capture.at("/status"), capture.at("/amount")), (&json!("succeeded"), &json!(AMOUNT)));
    deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
    for (amount, sum) in [(2_500, 2_500), (1, 2_501), (6_099, 8_600)] {
        let refund = deal.post("refunds", &json!({ "amount": amount, "reason": "Damaged" })).await.expect(201);
        assert_eq!(refund.at("/capture_id"), capture.at("/id"));
        deal.ends("captured", [AMOUNT, 0, AMOUNT, sum]).await;
    }
    let rest = deal.post("refunds", &json!({})).await.expect(201);
    assert_eq!(rest.at("/amount"), 4_000);
    let payment = deal.ends("captured", [AMOUNT, 0, AMOUNT, AMOUNT]).await;
    assert_eq!(payment["allowed_actions"], json!([]));
    let nothing = deal.post("refunds", &json!({ "amount": 1 })).await;
    let _ = nothing.expect_problem(ProblemCode::AmountExceedsCaptured);
    assert_eq!(shop.count("refund").await, 4);
}

#[tokio::test]
async fn an_authorization_that_is_cancelled_takes_no_money() {
    let shop = Shop::at(At::Buckaroo).await;
    let deal = shop.authorized().await;
    let canceled = deal.post("cancel", &json!({})).await.expect(200);
    assert_eq!((canceled.at("/status"), canceled.at("/allowed_actions")), (&json!("canceled"), &json!([])));
    deal.ends("canceled", [AMOUNT, AMOUNT, 0, 0]).await;
    let refused = deal.post("captures", &json!({})).await;
    let _ = refused.expect_problem(ProblemCode::StatusDoesNotAllow);
    shop.sandbox.quiet().await;
    deal.ends("canceled", [AMOUNT, AMOUNT, 0, 0]).await;
}

#[tokio::test]
async fn a_payment_that_waits_for_the_buyer_is_called_off() {
    let shop = Shop::with_page().await;
    let deal = shop.open(&Order::buckaroo_billink()).await;
    let key = key(&deal).await;
    let canceled = deal.post("cancel", &json!({})).await.expect(200);
    assert_eq!((canceled.at("/status"), canceled.at("/action")), (&json!("canceled"), &Value::Null));
    let books = shop.sandbox.books().await;
    assert_eq!((&books["transactions"][0]["key"], &books["transactions"][0]["status"]), (&json!(key), &json!(891)));
    shop.sandbox.quiet().await;
    deal.ends("canceled", [0, 0, 0, 0]).await;
    assert_eq!(shop.count("cancel").await, 0);
}

#[tokio::test]
async fn a_buyer_who_accepts_a_moment_before_the_payment_is_called_off_wins() {
    let shop = Shop::with_page().await;
    shop.sandbox.webhooks(json!({ "mode": "held" })).await;
    let deal = shop.open(&Order::buckaroo_billink()).await;
    shop.sandbox.buyer(&key(&deal).await, "accept").await;
    let refused = deal.post("cancel", &json!({})).await;
    let _ = refused.expect_problem(ProblemCode::ProviderRefused);
    shop.sandbox.release("normal").await;
    deal.ends("authorized", [AMOUNT, 0, 0, 0]).await;
    let _ = deal.post("cancel", &json!({})).await.expect(200);
    deal.ends("canceled", [AMOUNT, AMOUNT, 0, 0]).await;
}

#[tokio::test]
async fn a_movement_that_stays_pending_is_reserved_until_the_push_says_how_it_ended() {
    for (call, action, amounts) in [
        ("capture", "captures", [[AMOUNT, 0, AMOUNT, 0], [AMOUNT, 0, 0, 0]]),
        ("refund", "refunds", [[AMOUNT, 0, AMOUNT, 2_500], [AMOUNT, 0, AMOUNT, 0]]),
        ("cancel", "cancel", [[AMOUNT, AMOUNT, 0, 0], [AMOUNT, 0, 0, 0]]),
    ] {
        for (outcome, amounts) in ["success", "failed"].into_iter().zip(amounts) {
            let shop = Shop::at(At::Buckaroo).await;
            let deal = if call == "refund" { shop.captured().await } else { shop.authorized().await };
            shop.set(json!({ "pending": [call] })).await;
            let body = if call == "refund" { json!({ "amount": 2_500 }) } else { json!({}) };
            let pending = deal.post_as("k", action, &body).await.expect(202);
            assert!(deal.post_as("k", action, &body).await.expect(202).is_replay());
            if call != "cancel" {
                assert_eq!(pending.at("/status"), "pending");
                deal.agreed().await;
            }
            let transactions = shop.sandbox.books().await["transactions"].as_array().unwrap().clone();
            let newest = transactions.last().unwrap()["key"].as_str().unwrap().to_owned();
            let path = format!("transactions/{newest}");
            shop.sandbox.control(Method::POST, &path, &json!({ "outcome": outcome })).await;
            let ended = if outcome == "success" { "succeeded" } else { "rejected" };
            eventually("the push", async || (deal.newest().await["status"] == ended).then_some(())).await;
            let status = deal.get().await["status"].as_str().unwrap().to_owned();
            deal.ends(&status, amounts).await;
            assert_eq!(shop.count(call).await, 1, "{call} {outcome}");
        }
    }
}

/// As in the guide's samples, where what follows an order has the order's invoice.
#[tokio::test]
async fn what_is_kept_under_the_invoice_of_what_it_follows_is_done_once() {
    for (call, action, status, amounts) in [
        ("capture", "captures", "captured", [AMOUNT, 0, AMOUNT, 0]),
        ("refund", "refunds", "captured", [AMOUNT, 0, AMOUNT, AMOUNT]),
        ("cancel", "cancel", "canceled", [AMOUNT, AMOUNT, 0, 0]),
    ] {
        let shop = Shop::without_messages(At::Buckaroo).await;
        shop.set(json!({ "follow_ups": "original" })).await;
        let backstage = Backstage::of(&shop);
        let deal = if call == "refund" { shop.captured().await } else { shop.authorized().await };
        shop.sandbox.fault(json!({ "call": call, "kind": "drop_after" })).await;
        let _ = deal.post_as("k", action, &json!({})).await.expect(202);
        for _ in 0..3 {
            backstage.advance(61);
            backstage.sweep().await;
            let _ = deal.post_as("k", action, &json!({})).await.expect(202);
        }
        assert_eq!((shop.count(call).await, deal.newest().await["status"].as_str()), (1, Some("in_doubt")), "{call}");
        shop.sandbox.release("normal").await;
        eventually("the push", async || (deal.newest().await["status"] == "succeeded").then_some(())).await;
        deal.ends(status, amounts).await;
        let story = deal.story().await;
        assert!(!story.iter().any(|kind| kind == "payment.drift_detected"), "{story:?}");
        if call == "capture" {
            let _ = deal.post("refunds", &json!({ "amount": 600 })).await.expect(201);
        }
    }
}

/// Makes it there, and returns its key.
async fn at_buckaroos_desk(deal: &Deal<'_>, call: &str) -> String {
    let path = format!("transactions/{}/{call}", key(deal).await);
    let made = deal.shop.sandbox.control(Method::POST, &path, &json!({})).await;
    made["key"].as_str().unwrap().to_owned()
}

/// Every push of a payment once more, and a look.
async fn told_again(deal: &Deal<'_>, made: &str) {
    for key in [made, &key(deal).await] {
        deal.shop.sandbox.control(Method::POST, &format!("push/{key}"), &json!({})).await;
    }
    deal.shop.sandbox.quiet().await;
    let looked = deal.shop.api.get(&format!("/v1/payments/{}?refresh=true", deal.id)).await;
    let _ = looked.expect(200);
}

#[tokio::test]
async fn an_authorization_that_is_cancelled_at_buckaroos_desk_is_canceled_here() {
    for format in ["json", "form"] {
        let shop = Shop::at(At::Buckaroo).await;
        shop.set(json!({ "push_format": format })).await;
        let deal = shop.authorized().await;
        let made = at_buckaroos_desk(&deal, "cancel").await;
        eventually("the push", async || (deal.get().await["status"] == "canceled").then_some(())).await;
        told_again(&deal, &made).await;
        deal.ends("canceled", [AMOUNT, AMOUNT, 0, 0]).await;
        assert_eq!(deal.story().await, ["payment.created", "payment.authorized", "payment.canceled"]);
    }
}

#[tokio::test]
async fn a_capture_at_buckaroos_desk_is_told_at_once() {
    for format in ["json", "form"] {
        let shop = Shop::at(At::Buckaroo).await;
        shop.set(json!({ "push_format": format })).await;
        let deal = shop.authorized().await;
        let made = at_buckaroos_desk(&deal, "capture").await;
        let drift = async || deal.timeline().await.iter().find_map(|line| line["drift"].as_object().cloned());
        let told = Value::Object(eventually("the drift", drift).await);
        assert_eq!(told, json!({ "field": "captured", "ours": "0", "theirs": AMOUNT.to_string() }));
        told_again(&deal, &made).await;
        assert_eq!(deal.get().await["status"], "authorized");
        assert_eq!(deal.story().await, ["payment.created", "payment.authorized", "payment.drift_detected"]);
    }
}
