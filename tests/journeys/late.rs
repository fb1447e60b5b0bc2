//! A buyer who finishes after the payment was given up: called off at the provider by default, taken where the
//! merchant says so.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Order, Site, eventually};

use crate::support::{AMOUNT, At, Backstage, Deal, Shop};

/// Longer than any session lives, with the three days that silence must last where there is nothing to read.
const PAST_EVERY_SESSION: i64 = (72 + 72 + 1) * 3_600;

/// Billink's no to whoever may not manage an order.
const REFUSED: &str = r#"{"result":"ERROR","code":"706","description":"not allowed"}"#;

async fn shop_at(at: At) -> Shop {
    Shop::on(Site::start().await, at)
}

/// The provider's name of the session: the last part of the page's address.
async fn session(deal: &Deal<'_>) -> String {
    deal.get().await["action"]["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

/// Opens a payment under this policy, waits until it expired, and lets its buyer accept after all.
/// Returns where the provider sends the buyer, too.
async fn accepted_too_late<'a>(shop: &'a Shop, backstage: &Backstage, order: &Order) -> (Deal<'a>, String) {
    let (call, body) = (backstage.call(), order.json().to_string());
    let key = tests::orders::new_word("k");
    let opened = backstage.service.create_session(&call, Some(&key), body.as_bytes()).await.unwrap();
    let deal = Deal::of(shop, opened.body["id"].as_str().unwrap());
    let session = session(&deal).await;
    backstage.advance(PAST_EVERY_SESSION);
    swept_until(backstage, "the payment to expire", async || deal.get().await["status"] == "expired").await;
    let told = shop.sandbox.buyer(&session, "accept").await;
    shop.sandbox.quiet().await;
    backstage.advance(3_600);
    (deal, told["location"].as_str().unwrap().to_owned())
}

async fn swept_until(backstage: &Backstage, what: &str, mut seen: impl AsyncFnMut() -> bool) {
    eventually(what, async || {
        backstage.sweep().await;
        seen().await.then_some(())
    })
    .await;
}

/// The cancellation that the payment reserved by itself, if it did.
async fn call_off(deal: &Deal<'_>) -> Option<Value> {
    let payment = deal.get().await;
    payment["operations"].as_array().unwrap().iter().find(|operation| operation["kind"] == "cancel").cloned()
}

async fn call_off_is(deal: &Deal<'_>, status: &str) -> bool {
    call_off(deal).await.is_some_and(|operation| operation["status"] == status)
}

/// The provider holds nothing of the buyer's, the payment is as final as it was, and nothing is sent again.
async fn is_called_off(deal: &Deal<'_>, backstage: &Backstage, call: &str, status: &str) {
    swept_until(backstage, "the order to be called off", async || call_off_is(deal, "succeeded").await).await;
    for _ in 0..2 {
        backstage.advance(24 * 3_600);
        backstage.sweep().await;
    }
    assert_eq!(deal.shop.count(call).await, 1);
    let payment = deal.get().await;
    assert_eq!((&payment["status"], &payment["amounts"]["authorized"]), (&json!(status), &json!(0)));
    let story = deal.story().await;
    assert_eq!(story[story.len() - 2..], ["payment.drift_detected", "operation.resolved"], "{story:?}");
    let entry = deal.timeline().await.into_iter().find(|entry| !entry["drift"].is_null()).unwrap();
    assert_eq!(entry["drift"], json!({ "field": "status", "ours": status, "theirs": "authorized" }));
}

#[tokio::test]
async fn a_buyer_who_is_too_late_at_billinks_page_is_credited_in_full() {
    let shop = shop_at(At::Billink).await;
    let backstage = Backstage::with_policy(&shop, "cancel");
    let (deal, _) = accepted_too_late(&shop, &backstage, &Order::at("billink")).await;
    is_called_off(&deal, &backstage, "credit", "expired").await;
    let books = deal.books().await;
    assert_eq!((&books["authorized"], &books["released"]), (&json!(AMOUNT), &json!(AMOUNT)));
}

#[tokio::test]
async fn a_message_of_the_psp_api_after_the_expiry_has_its_order_called_off() {
    let shop = shop_at(At::BilliePsp).await;
    let backstage = Backstage::with_policy(&shop, "cancel");
    let (deal, _) = accepted_too_late(&shop, &backstage, &Order::at("billie_psp")).await;
    is_called_off(&deal, &backstage, "cancel", "expired").await;
    let books = shop.sandbox.books().await;
    assert_eq!(books["orders"][0]["state"], "canceled", "{books:#}");
}

/// A push that says that the buyer walked away, and then the buyer accepts.
async fn canceled_too_early<'a>(shop: &'a Shop, backstage: &Backstage) -> Deal<'a> {
    let (deal, key) = canceled(shop, backstage).await;
    shop.sandbox.buyer(&key, "accept").await;
    shop.sandbox.quiet().await;
    deal
}

/// A push that says that the buyer walked away. The page still works.
async fn canceled<'a>(shop: &'a Shop, backstage: &Backstage) -> (Deal<'a>, String) {
    let (call, body) = (backstage.call(), Order::buckaroo_billink().json().to_string());
    let opened = backstage.service.create_session(&call, Some("k"), body.as_bytes()).await.unwrap();
    let deal = Deal::of(shop, opened.body["id"].as_str().unwrap());
    let key = deal.get().await["provider_reference"].as_str().unwrap().to_owned();
    shop.sandbox.control(Method::POST, &format!("push/{key}"), &json!({ "outcome": "cancelled" })).await;
    eventually("the payment to be canceled", async || (deal.get().await["status"] == "canceled").then_some(())).await;
    (deal, key)
}

#[tokio::test]
async fn a_buyer_who_is_too_late_at_buckaroos_page_is_released() {
    let shop = Shop::with_page().await;
    let backstage = Backstage::with_policy(&shop, "cancel");
    let deal = canceled_too_early(&shop, &backstage).await;
    is_called_off(&deal, &backstage, "cancel", "canceled").await;
    assert_eq!(deal.books().await["released"], AMOUNT);
}

#[tokio::test]
async fn a_call_off_whose_answer_is_lost_is_found_like_any_other() {
    let shop = Shop::with_page().await;
    let backstage = Backstage::with_policy(&shop, "cancel");
    shop.sandbox.fault(json!({ "call": "cancel", "kind": "drop_after" })).await;
    let deal = canceled_too_early(&shop, &backstage).await;
    swept_until(&backstage, "the order to be called off", async || {
        backstage.advance(60);
        call_off_is(&deal, "succeeded").await
    })
    .await;
    let story = deal.story().await;
    let end = ["payment.drift_detected", "operation.in_doubt", "operation.resolved"];
    assert_eq!(story[story.len() - 3..], end, "{story:?}");
    assert_eq!((shop.count("cancel").await, &deal.books().await["released"]), (1, &json!(AMOUNT)));
}

#[tokio::test]
async fn a_call_off_that_the_provider_refuses_is_left_to_a_person() {
    let shop = shop_at(At::Billink).await;
    let backstage = Backstage::with_policy(&shop, "cancel");
    shop.sandbox.fault(json!({ "call": "credit", "kind": "answer", "status": 200, "body": REFUSED })).await;
    let (deal, _) = accepted_too_late(&shop, &backstage, &Order::at("billink")).await;
    swept_until(&backstage, "a person to be asked", async || call_off_is(&deal, "needs_operator").await).await;
    let desk = shop.site.operator();
    let listed = desk.get("/v1/operations?status=needs_operator").await.expect(200);
    let operation = call_off(&deal).await.unwrap()["id"].clone();
    assert_eq!((listed.at("/data/0/id"), listed.at("/data/0/amount")), (&operation, &json!(AMOUNT)));
    let path = deal.path(&format!("operations/{}/resolve", operation.as_str().unwrap()));
    let decided = json!({ "outcome": "succeeded", "reason": "credited in the portal" });
    let _ = desk.post(&path, &decided).await.expect(200);
    assert!(call_off_is(&deal, "succeeded").await);
    assert_eq!(deal.get().await["status"], "expired");
}

#[tokio::test]
async fn a_late_buyer_who_comes_back_is_noticed_without_a_message() {
    let shop = shop_at(At::Billink).await;
    let backstage = Backstage::with_policy(&shop, "accept");
    shop.sandbox.webhooks(json!({ "mode": "held" })).await;
    let (deal, location) = accepted_too_late(&shop, &backstage, &Order::at("billink")).await;
    let url: url::Url = location.parse().unwrap();
    let path = format!("{}?{}", url.path(), url.query().unwrap());
    let back = shop.api.request(Method::GET, &path).authorization(None).send().await.expect(303);
    assert!(back.header("location").unwrap().ends_with("status=authorized"), "{:?}", back.headers);
    deal.ends("authorized", [AMOUNT, 0, 0, 0]).await;
}

#[tokio::test]
async fn a_buyer_who_accepts_after_a_cancellation_and_of_whom_nobody_tells_is_found_by_the_schedule() {
    let shop = Shop::with_page().await;
    let backstage = Backstage::with_policy(&shop, "accept");
    let (deal, key) = canceled(&shop, &backstage).await;
    shop.sandbox.webhooks(json!({ "mode": "held" })).await;
    shop.sandbox.buyer(&key, "accept").await;
    assert_eq!(deal.get().await["status"], "canceled");
    backstage.advance(3_600);
    swept_until(&backstage, "the payment to be authorized", async || deal.get().await["status"] == "authorized").await;
    deal.ends("authorized", [AMOUNT, 0, 0, 0]).await;
}

#[tokio::test]
async fn a_late_buyer_who_comes_back_while_nobody_can_look_is_found_by_the_schedule() {
    let shop = shop_at(At::Billink).await;
    let backstage = Backstage::with_policy(&shop, "accept");
    shop.sandbox.webhooks(json!({ "mode": "held" })).await;
    let (deal, location) = accepted_too_late(&shop, &backstage, &Order::at("billink")).await;
    // Longer than any look that is planned.
    backstage.advance(2 * 24 * 3_600);
    shop.sandbox.fault(json!({ "call": "session_status", "kind": "http_5xx", "times": 1_000 })).await;
    backstage.sweep().await;
    let url: url::Url = location.parse().unwrap();
    let query: Vec<_> = url.query_pairs().into_owned().collect();
    let deadline = providers::Deadline::within(std::time::Duration::from_secs(26));
    let back = backstage.service.return_buyer(&deal.id, &query, "return", deadline).await.unwrap();
    assert!(back.as_str().ends_with("status=expired"), "{back}");
    shop.sandbox.no_faults().await;
    backstage.advance(3_600);
    swept_until(&backstage, "the payment to be authorized", async || deal.get().await["status"] == "authorized").await;
}

/// The page has no id, so nothing can be read until somebody comes back.
#[tokio::test]
async fn a_page_of_billagain_that_nobody_came_back_from_expires_and_its_buyer_is_noticed_all_the_same() {
    let shop = shop_at(At::BillAgain).await;
    let backstage = Backstage::with_policy(&shop, "accept");
    let (deal, location) = accepted_too_late(&shop, &backstage, &At::BillAgain.order()).await;
    assert_eq!(shop.count("transaction").await, 0, "{:?}", shop.sandbox.calls().await);
    let url: url::Url = location.parse().unwrap();
    let query: Vec<_> = url.query_pairs().into_owned().collect();
    let deadline = providers::Deadline::within(std::time::Duration::from_secs(26));
    let back = backstage.service.return_buyer(&deal.id, &query, "return", deadline).await.unwrap();
    assert!(back.as_str().ends_with("status=captured"), "{back}");
}

/// At Billie nothing is promised before the shop confirms, so a late buyer leaves nothing to call off.
#[tokio::test]
async fn a_buyer_who_is_too_late_at_billies_page_has_promised_nothing() {
    for policy in ["cancel", "accept"] {
        let shop = shop_at(At::Billie).await;
        let backstage = Backstage::with_policy(&shop, policy);
        let (deal, _) = accepted_too_late(&shop, &backstage, &Order::billie_pad()).await;
        shop.sandbox.forget_calls().await;
        swept_until(&backstage, "a look", async || shop.count("authorization").await > 0).await;
        deal.ends("expired", [0, 0, 0, 0]).await;
        assert_eq!(deal.post("confirm", &json!({})).await.expect(422).code(), "status_does_not_allow");
        assert_eq!((call_off(&deal).await, shop.effects().await), (None, 0));
    }
}

#[tokio::test]
async fn a_merchant_who_takes_late_buyers_captures_their_money() {
    for at in [At::Billink, At::BilliePsp] {
        let shop = shop_at(at).await;
        let backstage = Backstage::with_policy(&shop, "accept");
        let (deal, _) = accepted_too_late(&shop, &backstage, &at.order()).await;
        swept_until(&backstage, "the payment to be authorized", async || deal.get().await["status"] == "authorized")
            .await;
        assert_eq!(call_off(&deal).await, None);
        let _ = deal.post("captures", &shop.capture(None)).await.expect(201);
        deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
        let story = deal.story().await;
        let events = shop.site.queues().of_payment(&deal.id, story.len() as u64).await;
        let authorized = events.iter().find(|event| event["type"] == "paylater.payment.authorized.v1").unwrap();
        assert_eq!(authorized["data"]["previous_status"], "expired");
    }
}

#[tokio::test]
async fn a_merchant_who_takes_late_buyers_takes_those_of_buckaroos_page() {
    let shop = Shop::with_page().await;
    let backstage = Backstage::with_policy(&shop, "accept");
    let deal = canceled_too_early(&shop, &backstage).await;
    swept_until(&backstage, "the payment to be authorized", async || deal.get().await["status"] == "authorized").await;
    deal.ends("authorized", [AMOUNT, 0, 0, 0]).await;
}
