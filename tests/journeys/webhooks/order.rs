//! In whatever order a payment's messages come, it ends the same.

use serde_json::{Value, json};
use tests::Order;

use super::{FORM, about, event, message, path_of, permutations, settled};
use crate::support::{AMOUNT, At, Deal, Shop};

/// What must be the same in the end: everything but ids, times and the count of writes.
async fn end(deal: &Deal<'_>) -> (Value, Vec<String>) {
    let payment = deal.agreed().await;
    let mut story = deal.story().await;
    story.sort();
    let statuses = |list: &str| {
        payment[list].as_array().unwrap().iter().map(|o| json!([o["status"], o["amount"]])).collect::<Value>()
    };
    let end = json!({
        "status": payment["status"], "amounts": payment["amounts"], "captures": statuses("captures"),
        "refunds": statuses("refunds"), "operations": statuses("operations"), "receivable": payment["receivable"],
        "decline": payment["decline"],
    });
    (end, story)
}

/// The held pushes of a payment, oldest first.
async fn held(shop: &Shop, since: usize) -> Vec<Value> {
    shop.sandbox.deliveries().await.split_off(since)
}

async fn deliver(shop: &Shop, push: &Value) {
    let path = path_of(push["url"].as_str().unwrap());
    let _ = message(shop, &path, FORM, push["body"].as_str().unwrap()).send().await.expect(200);
}

/// The pushes of a capture and two refunds that were pending at first: six, of which one says no.
async fn with_pending_movements(shop: &Shop) -> (Deal<'_>, Vec<Value>) {
    let deal = shop.captured().await;
    let since = shop.sandbox.deliveries().await.len();
    for (amount, outcome) in [(2_500, "success"), (1_000, "failed")] {
        let _ = deal.post("refunds", &json!({ "amount": amount })).await.expect(202);
        let transactions = shop.sandbox.books().await["transactions"].clone();
        let key = transactions.as_array().unwrap().last().unwrap()["key"].as_str().unwrap().to_owned();
        let path = format!("transactions/{key}");
        shop.sandbox.control(reqwest::Method::POST, &path, &json!({ "outcome": outcome })).await;
    }
    let pushes = held(shop, since).await;
    assert_eq!(pushes.len(), 4, "{pushes:#?}");
    (deal, pushes)
}

#[tokio::test]
async fn every_order_of_the_pushes_of_two_pending_refunds_ends_the_same() {
    let shop = Shop::at(At::Buckaroo).await;
    shop.set(json!({ "push_format": "form", "pending": ["refund"] })).await;
    shop.sandbox.webhooks(json!({ "mode": "held" })).await;
    let mut first: Option<(Value, Vec<String>)> = None;
    for order in permutations(&[0, 1, 2, 3]) {
        let (deal, pushes) = with_pending_movements(&shop).await;
        for n in &order {
            deliver(&shop, &pushes[*n]).await;
        }
        // And once more, all of them.
        for push in &pushes {
            deliver(&shop, push).await;
        }
        deal.ends("captured", [AMOUNT, 0, AMOUNT, 2_500]).await;
        let end = end(&deal).await;
        assert_eq!(first.get_or_insert_with(|| end.clone()), &end, "{order:?}");
    }
}

#[tokio::test]
async fn every_order_of_the_pushes_of_an_authorization_and_its_capture_ends_the_same() {
    let shop = Shop::with_page().await;
    shop.set(json!({ "push_format": "form", "pending": ["capture"] })).await;
    shop.sandbox.webhooks(json!({ "mode": "held" })).await;
    let mut first: Option<(Value, Vec<String>)> = None;
    for order in permutations(&[0, 1, 2]) {
        let since = shop.sandbox.deliveries().await.len();
        let deal = shop.open(&Order::buckaroo_billink()).await;
        let key = deal.get().await["provider_reference"].as_str().unwrap().to_owned();
        shop.sandbox.buyer(&key, "accept").await;
        let _ = deal.post("confirm", &json!({})).await.expect(200);
        let _ = deal.post("captures", &json!({})).await.expect(202);
        let transactions = shop.sandbox.books().await["transactions"].clone();
        let capture = transactions.as_array().unwrap().last().unwrap()["key"].as_str().unwrap().to_owned();
        let path = format!("transactions/{capture}");
        shop.sandbox.control(reqwest::Method::POST, &path, &json!({ "outcome": "success" })).await;
        let pushes = held(&shop, since).await;
        assert_eq!(pushes.len(), 3);
        for n in &order {
            deliver(&shop, &pushes[*n]).await;
        }
        deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
        let end = end(&deal).await;
        assert_eq!(first.get_or_insert_with(|| end.clone()), &end, "{order:?}");
    }
}

#[tokio::test]
async fn every_order_of_billies_events_ends_the_same() {
    let shop = Shop::at(At::Billie).await;
    shop.sandbox.webhooks(json!({ "mode": "held" })).await;
    let told = [
        ("reminder_email_2", json!({})),
        ("dunning_letter_1", json!({})),
        ("invoice_late", json!({})),
        ("payment", json!({ "amount": "26.00", "open_amount": "100.00" })),
    ];
    let mut first: Option<(Value, Vec<String>)> = None;
    for order in permutations(&[0, 1, 2, 3]) {
        let deal = shop.captured().await;
        for n in &order {
            let (name, more) = &told[*n];
            let body = about(&deal, name, more.clone()).await;
            let _ = event(&shop, &body).await.expect(200);
        }
        let end = end(&deal).await;
        assert_eq!(first.get_or_insert_with(|| end.clone()), &end, "{order:?}");
    }
}

#[tokio::test]
async fn every_order_of_an_orders_own_events_ends_the_same() {
    let shop = Shop::at(At::Billie).await;
    shop.sandbox.webhooks(json!({ "mode": "held" })).await;
    let mut first: Option<(Value, Vec<String>)> = None;
    for order in permutations(&["order_created", "invoice_created", "order_shipped"]) {
        let deal = shop.authorized().await;
        let _ = deal.post("captures", &shop.capture(Some(4_000))).await.expect(201);
        let _ = deal.post("captures", &shop.capture(None)).await.expect(201);
        for name in &order {
            let body = about(&deal, name, json!({})).await;
            let _ = event(&shop, &body).await.expect(200);
        }
        settled(&deal, "captured").await;
        let end = end(&deal).await;
        assert_eq!(first.get_or_insert_with(|| end.clone()), &end, "{order:?}");
    }
}
