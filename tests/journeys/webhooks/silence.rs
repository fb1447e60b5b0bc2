//! No message ever comes: the schedule looks by itself.

use serde_json::json;
use tests::{Order, eventually};

use crate::support::{AMOUNT, At, Backstage, Deal, Shop};

/// The first look at a payment that waits for its buyer is due after a minute.
const MINUTE: i64 = 61;

async fn swept_until(backstage: &Backstage, deal: &Deal<'_>, status: &str) {
    let what = format!("the sweep to see {status}");
    eventually(&what, async || {
        backstage.sweep().await;
        (deal.get().await["status"] == status).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_buyer_who_accepts_and_never_returns_is_found_by_the_schedule() {
    let shop = Shop::with_page().await;
    shop.sandbox.webhooks(json!({ "mode": "held" })).await;
    for (choice, status, amounts) in
        [("accept", "authorized", [AMOUNT, 0, 0, 0]), ("decline", "declined", [0; 4]), ("cancel", "canceled", [0; 4])]
    {
        let backstage = Backstage::of(&shop);
        let deal = shop.open(&Order::buckaroo_billink()).await;
        let key = deal.get().await["provider_reference"].as_str().unwrap().to_owned();
        shop.sandbox.buyer(&key, choice).await;
        backstage.sweep().await;
        deal_is(&deal, "requires_action").await;
        backstage.advance(MINUTE);
        swept_until(&backstage, &deal, status).await;
        deal.ends(status, amounts).await;
    }
}

async fn deal_is(deal: &Deal<'_>, status: &str) {
    assert_eq!(deal.get().await["status"], status);
}

/// Billie sends no message about a session, so the schedule is the only way without a return.
#[tokio::test]
async fn a_buyer_who_accepts_at_billie_and_never_returns_is_found_by_the_schedule() {
    let shop = Shop::at(At::Billie).await;
    let backstage = Backstage::of(&shop);
    let deal = shop.open(&Order::billie_pad()).await;
    let url = deal.get().await["action"]["url"].as_str().unwrap().to_owned();
    shop.sandbox.buyer(url.rsplit('/').next().unwrap(), "accept").await;
    backstage.sweep().await;
    deal_is(&deal, "requires_action").await;
    backstage.advance(MINUTE);
    swept_until(&backstage, &deal, "requires_confirmation").await;
    let _ = deal.post("confirm", &json!({})).await.expect(200);
    deal.ends("authorized", [AMOUNT, 0, 0, 0]).await;
}

#[tokio::test]
async fn a_session_that_nobody_used_expires_and_takes_no_money() {
    let shop = Shop::at(At::Billie).await;
    let backstage = Backstage::of(&shop);
    for flow in ["redirect", "widget"] {
        let deal = shop.open(&Order::billie_pad().with("/flow", flow)).await;
        backstage.advance(49 * 3_600);
        swept_until(&backstage, &deal, "expired").await;
        deal.ends("expired", [0, 0, 0, 0]).await;
        let refused = deal.post("confirm", &json!({})).await.expect(422);
        assert_eq!(refused.code(), "status_does_not_allow");
    }
}

#[tokio::test]
async fn a_movement_that_stays_pending_is_found_by_the_schedule() {
    let shop = Shop::at(At::Buckaroo).await;
    let backstage = Backstage::of(&shop);
    shop.set(json!({ "pending": ["capture"] })).await;
    shop.sandbox.webhooks(json!({ "mode": "held" })).await;
    let deal = shop.authorized().await;
    let _ = deal.post("captures", &json!({})).await.expect(202);
    let transactions = shop.sandbox.books().await["transactions"].clone();
    let key = transactions.as_array().unwrap().last().unwrap()["key"].as_str().unwrap().to_owned();
    shop.sandbox.control(reqwest::Method::POST, &format!("transactions/{key}"), &json!({ "outcome": "success" })).await;
    backstage.advance(MINUTE);
    swept_until(&backstage, &deal, "captured").await;
    deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
}

#[tokio::test]
async fn asking_with_refresh_looks_at_once() {
    let shop = Shop::with_page().await;
    shop.sandbox.webhooks(json!({ "mode": "held" })).await;
    let deal = shop.open(&Order::buckaroo_billink()).await;
    let key = deal.get().await["provider_reference"].as_str().unwrap().to_owned();
    shop.sandbox.buyer(&key, "accept").await;
    deal_is(&deal, "requires_action").await;
    let seen = shop.api.get(&format!("/v1/payments/{}?refresh=true", deal.id)).await.expect(200);
    assert_eq!((seen.at("/status"), seen.at("/refreshed")), (&json!("authorized"), &json!(true)));
    deal.ends("authorized", [AMOUNT, 0, 0, 0]).await;
    shop.sandbox.fault(json!({ "call": "status", "kind": "http_5xx", "times": 1_000 })).await;
    let unseen = shop.api.get(&format!("/v1/payments/{}?refresh=true", deal.id)).await.expect(200);
    assert_eq!(unseen.at("/refreshed"), false, "nobody takes what is stored for what was seen");
    assert!(deal.get().await.get("refreshed").is_none(), "it was not asked for");
}
