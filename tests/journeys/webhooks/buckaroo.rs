//! Buckaroo's pushes: signed JSON, and signed forms with three digests.

use reqwest::Method;
use sandbox::buckaroo_billink::SECRET_KEY;
use serde_json::json;
use tests::{Order, eventually};

use super::{FORM, PUSHES, Push, message, path_of, settled};
use crate::support::{AMOUNT, At, Deal, Shop};

async fn key(deal: &Deal<'_>) -> String {
    deal.get().await["provider_reference"].as_str().unwrap().to_owned()
}

/// Opens, captures, refunds a part: the events that this makes.
async fn life(shop: &Shop) -> Vec<String> {
    let deal = shop.authorized().await;
    let capture = deal.post("captures", &json!({})).await.expect(201);
    let refund = deal.post("refunds", &json!({ "amount": 2_500 })).await.expect(201);
    assert!(!capture.is_replay() && !refund.is_replay());
    shop.sandbox.quiet().await;
    deal.ends("captured", [AMOUNT, 0, AMOUNT, 2_500]).await;
    deal.story().await
}

const LIFE: [&str; 5] =
    ["payment.created", "payment.authorized", "capture.succeeded", "payment.captured", "refund.succeeded"];

#[tokio::test]
async fn a_buyer_who_accepts_and_never_returns_is_told_by_every_kind_of_push() {
    let formats = [("json", "sha1"), ("form", "sha1"), ("form", "sha256"), ("form", "sha512")];
    for (format, hash) in formats {
        for (capture, status, captured) in [("manual", "authorized", 0), ("automatic", "captured", AMOUNT)] {
            let shop = Shop::with_page().await;
            shop.set(json!({ "push_format": format, "push_hash": hash })).await;
            let deal = shop.open(&Order::buckaroo_billink().with("/capture", capture)).await;
            shop.sandbox.buyer(&key(&deal).await, "accept").await;
            settled(&deal, status).await;
            deal.ends(status, [AMOUNT, 0, captured, 0]).await;
            let timeline = deal.timeline().await;
            let authorized = timeline.iter().find(|entry| entry["type"] == "paylater.payment.authorized.v1").unwrap();
            assert_eq!(authorized["cause"]["kind"], "webhook", "{format} {hash}");
        }
    }
}

#[tokio::test]
async fn a_buyer_who_is_refused_and_never_returns_is_told_by_every_kind_of_push() {
    for (format, hash) in [("json", "sha1"), ("form", "sha1"), ("form", "sha256"), ("form", "sha512")] {
        let shop = Shop::with_page().await;
        shop.set(json!({ "push_format": format, "push_hash": hash })).await;
        let deal = shop.open(&Order::buckaroo_billink()).await;
        shop.sandbox.buyer(&key(&deal).await, "decline").await;
        settled(&deal, "declined").await;
        assert_eq!(deal.ends("declined", [0, 0, 0, 0]).await["decline"]["reason"], "credit_refused");
    }
}

#[tokio::test]
async fn pushes_of_what_is_known_change_nothing() {
    for format in ["json", "form"] {
        let shop = Shop::at(At::Buckaroo).await;
        shop.set(json!({ "push_format": format })).await;
        assert_eq!(life(&shop).await, LIFE);
        assert_eq!(shop.sandbox.deliveries().await.len(), 3);
    }
}

#[tokio::test]
async fn pushes_that_come_twice_are_one_push() {
    for format in ["json", "form"] {
        let shop = Shop::at(At::Buckaroo).await;
        shop.set(json!({ "push_format": format })).await;
        shop.sandbox.webhooks(json!({ "mode": "duplicate" })).await;
        assert_eq!(life(&shop).await, LIFE);
    }
}

#[tokio::test]
async fn a_push_that_was_applied_is_taken_again_and_not_applied_again() {
    let shop = Shop::at(At::Buckaroo).await;
    shop.set(json!({ "push_format": "form" })).await;
    let deal = shop.captured().await;
    shop.sandbox.quiet().await;
    let before = deal.get().await;
    for push in shop.sandbox.deliveries().await {
        let path = path_of(push["url"].as_str().unwrap());
        let again = shop.api.request(Method::POST, &path).without_key().authorization(None);
        let answer = again.raw(push["body"].as_str().unwrap(), Some(FORM)).send().await;
        assert!(answer.status < 300, "{:#}", answer.body);
    }
    assert_eq!(deal.get().await, before);
}

#[tokio::test]
async fn pushes_that_overtake_the_answer_are_counted_once() {
    for format in ["json", "form"] {
        let shop = Shop::at(At::Buckaroo).await;
        shop.set(json!({ "push_format": format })).await;
        shop.sandbox.webhooks(json!({ "before_answer": true })).await;
        assert_eq!(life(&shop).await, LIFE);
        let deal = shop.open(&At::Buckaroo.order().with("/capture", "automatic")).await;
        deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
        let deal = shop.authorized().await;
        let _ = deal.post("cancel", &json!({})).await.expect(200);
        deal.ends("canceled", [AMOUNT, AMOUNT, 0, 0]).await;
        assert_eq!(deal.story().await, ["payment.created", "payment.authorized", "payment.canceled"]);
    }
}

#[tokio::test]
async fn pushes_that_come_late_and_in_the_opposite_order_change_nothing() {
    let shop = Shop::at(At::Buckaroo).await;
    shop.sandbox.webhooks(json!({ "mode": "held" })).await;
    let deal = shop.captured().await;
    let _ = deal.post("refunds", &json!({ "amount": 600 })).await.expect(201);
    let before = deal.get().await;
    let released = shop.sandbox.release("reversed").await;
    assert_eq!((&released["released"], &released["delivered"]), (&json!(3), &json!(3)));
    let after = deal.ends("captured", [AMOUNT, 0, AMOUNT, 600]).await;
    assert_eq!((&after["operations"], &after["captures"]), (&before["operations"], &before["captures"]));
    assert_eq!(deal.story().await, LIFE);
}

#[tokio::test]
async fn a_push_settles_what_was_in_doubt() {
    for (action, call) in [("captures", "capture"), ("refunds", "refund"), ("cancel", "cancel")] {
        let shop = Shop::at(At::Buckaroo).await;
        shop.sandbox.webhooks(json!({ "mode": "held" })).await;
        let deal = if action == "refunds" { shop.captured().await } else { shop.authorized().await };
        shop.sandbox.fault(json!({ "call": call, "kind": "drop_after" })).await;
        let _ = deal.post_as("k", action, &json!({})).await.expect(202);
        assert_eq!(deal.newest().await["status"], "in_doubt");
        shop.sandbox.release("normal").await;
        assert_eq!(deal.newest().await["status"], "succeeded", "{action}");
        deal.agreed().await;
        let _ = deal.post_as("k", action, &json!({})).await;
        assert_eq!(shop.count(call).await, 1);
    }
}

#[tokio::test]
async fn a_push_about_another_payment_at_this_payments_address_leaves_this_one_alone() {
    let shop = Shop::with_page().await;
    shop.set(json!({ "push_format": "form" })).await;
    shop.sandbox.webhooks(json!({ "mode": "held" })).await;
    let (mine, other) = (shop.open(&Order::buckaroo_billink()).await, shop.open(&Order::buckaroo_billink()).await);
    shop.sandbox.buyer(&key(&mine).await, "cancel").await;
    shop.sandbox.buyer(&key(&other).await, "accept").await;
    let deliveries = shop.sandbox.deliveries().await;
    let about = |key: &str| deliveries.iter().find(|delivery| delivery["about"] == key).unwrap().clone();
    let (my_push, other_push) = (about(&key(&mine).await), about(&key(&other).await));
    let before = mine.get().await;
    // The signature of a form does not cover the address, so this one is genuine.
    let address = path_of(my_push["url"].as_str().unwrap());
    let _ = message(&shop, &address, FORM, other_push["body"].as_str().unwrap()).send().await.expect(200);
    assert_eq!(mine.get().await, before, "nothing is known of this payment yet");
    shop.sandbox.release("normal").await;
    mine.ends("canceled", [0, 0, 0, 0]).await;
    other.ends("authorized", [AMOUNT, 0, 0, 0]).await;
}

#[tokio::test]
async fn a_genuine_push_with_another_amount_moves_nothing() {
    let shop = Shop::with_page().await;
    let deal = shop.open(&Order::buckaroo_billink()).await;
    let (key, reference) = (key(&deal).await, deal.get().await["order_reference"].clone());
    let push = Push {
        key: &key,
        invoice: reference.as_str().unwrap(),
        transaction_type: "I069",
        status: "190",
        amount: "1.26",
    };
    let _ = message(&shop, PUSHES, FORM, &push.body(SECRET_KEY)).send().await.expect(200);
    deal.ends("requires_action", [0, 0, 0, 0]).await;
    // The truth is looked up, and it is that the buyer has not come yet.
    assert!(shop.count("status").await >= 1);
}

#[tokio::test]
async fn a_genuine_push_about_an_unknown_kind_of_transaction_is_written_down_as_such() {
    let shop = Shop::at(At::Buckaroo).await;
    let deal = shop.authorized().await;
    let payment = deal.get().await;
    let push = Push {
        key: payment["provider_reference"].as_str().unwrap(),
        invoice: payment["order_reference"].as_str().unwrap(),
        transaction_type: "Z999",
        status: "190",
        amount: "126.00",
    };
    let _ = message(&shop, PUSHES, FORM, &push.body(SECRET_KEY)).send().await.expect(200);
    let timeline = deal.timeline().await;
    let last = timeline.last().unwrap();
    assert_eq!(
        (&last["type"], &last["provider_event"]),
        (&json!("paylater.provider_event.unrecognized.v1"), &json!("Z999"))
    );
    deal.ends("authorized", [AMOUNT, 0, 0, 0]).await;
}

#[tokio::test]
async fn a_genuine_push_about_nobody_is_kept_and_changes_nobody() {
    let shop = Shop::at(At::Buckaroo).await;
    let deal = shop.authorized().await;
    shop.sandbox.quiet().await;
    let before = deal.get().await;
    let push = Push {
        key: "0".repeat(32).leak(),
        invoice: "ORD-1-ABCDEF",
        transaction_type: "C073",
        status: "190",
        amount: "126.00",
    };
    let body = push.body(SECRET_KEY);
    for _ in 0..2 {
        let _ = message(&shop, PUSHES, FORM, &body).send().await.expect(200);
    }
    assert_eq!(deal.get().await, before);
    let kept = shop.site.table().versions().await;
    assert_eq!(kept.keys().filter(|(key, _)| key.starts_with("HOOK#") && key.contains(&"0".repeat(32))).count(), 1);
}

/// Even a definite status can change, and the look that follows is at what opened the order.
#[tokio::test]
async fn a_push_that_a_refund_ended_otherwise_is_told_and_moves_nothing() {
    for (ended, then, refunded) in [("failed", "success", 0), ("success", "failed", 2_500)] {
        let shop = Shop::at(At::Buckaroo).await;
        let deal = shop.captured().await;
        shop.set(json!({ "pending": ["refund"] })).await;
        let _ = deal.post("refunds", &json!({ "amount": 2_500 })).await.expect(202);
        let transactions = shop.sandbox.books().await["transactions"].clone();
        let key = transactions.as_array().unwrap().last().unwrap()["key"].as_str().unwrap().to_owned();
        shop.sandbox.control(Method::POST, &format!("transactions/{key}"), &json!({ "outcome": ended })).await;
        let words = if ended == "failed" { ["rejected", "succeeded"] } else { ["succeeded", "rejected"] };
        eventually("the first word", async || (deal.newest().await["status"] == words[0]).then_some(())).await;
        for _ in 0..2 {
            shop.sandbox.control(Method::POST, &format!("push/{key}"), &json!({ "outcome": then })).await;
        }
        let drift = eventually("the drift", async || {
            let timeline = deal.timeline().await;
            timeline.iter().rfind(|line| !line["drift"].is_null()).map(|line| line["drift"].clone())
        })
        .await;
        let field = format!("refund.{}", deal.newest().await["id"].as_str().unwrap());
        assert_eq!(drift, json!({ "field": field, "ours": words[0], "theirs": words[1] }));
        shop.sandbox.quiet().await;
        deal.ends("captured", [AMOUNT, 0, AMOUNT, refunded]).await;
        let story = deal.story().await;
        assert_eq!(story.iter().filter(|kind| *kind == "payment.drift_detected").count(), 1, "{story:?}");
    }
}
