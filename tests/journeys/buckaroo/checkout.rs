//! From the order to its authorization: at once, through the page, after a review, or not at all.

use reqwest::Method;
use serde_json::{Value, json};
use service::ProblemCode;
use tests::{Order, eventually};

use super::key;
use crate::support::{AMOUNT, At, Deal, Shop};

/// The buyer chooses on the page and is sent back, by a form where the page has one: where the shop sees the buyer again.
async fn comes_back(deal: &Deal<'_>, choice: &str) -> String {
    let told = deal.shop.sandbox.buyer(&key(deal).await, choice).await;
    let url: url::Url = told["location"].as_str().unwrap().parse().unwrap();
    let path = format!("{}?{}", url.path(), url.query().unwrap());
    let api = &deal.shop.api;
    let request = match told["form"].as_str() {
        Some(form) => {
            api.request(Method::POST, &path).without_key().raw(form, Some("application/x-www-form-urlencoded"))
        }
        None => api.request(Method::GET, &path),
    };
    let answer = request.authorization(None).send().await.expect(303);
    answer.header("location").unwrap().to_owned()
}

async fn settled(deal: &Deal<'_>, status: &str) {
    let what = format!("the payment to be {status}");
    eventually(&what, async || (deal.get().await["status"] == status).then_some(())).await;
}

#[tokio::test]
async fn a_buyer_who_accepts_on_the_page_comes_back_to_an_authorized_payment() {
    let shop = Shop::with_page().await;
    let deal = shop.open(&Order::buckaroo_billink()).await;
    let payment = deal.ends("requires_action", [0, 0, 0, 0]).await;
    assert_eq!(payment["action"]["kind"], "redirect");
    let refused = deal.post("captures", &json!({})).await;
    let _ = refused.expect_problem(ProblemCode::StatusDoesNotAllow);
    let back = comes_back(&deal, "accept").await;
    assert_eq!(back, format!("https://shop.example/return?payment_id={}&status=authorized", deal.id));
    let confirmed = deal.post("confirm", &json!({})).await.expect(200);
    assert_eq!((confirmed.at("/status"), confirmed.at("/action")), (&json!("authorized"), &Value::Null));
    let _ = deal.post("captures", &json!({})).await.expect(201);
    let _ = deal.post("refunds", &json!({ "amount": 600 })).await.expect(201);
    deal.ends("captured", [AMOUNT, 0, AMOUNT, 600]).await;
}

#[tokio::test]
async fn a_buyer_whom_the_page_sends_back_by_a_form_goes_on_to_the_shop_as_well() {
    let shop = Shop::with_page().await;
    shop.set(json!({ "return": "post" })).await;
    // The status is by a look, since no push says it.
    shop.sandbox.webhooks(json!({ "mode": "held" })).await;
    for (choice, status) in [("accept", "authorized"), ("decline", "declined"), ("cancel", "canceled")] {
        let deal = shop.open(&Order::buckaroo_billink()).await;
        let looks = shop.count("status").await;
        let back = comes_back(&deal, choice).await;
        assert_eq!(back, format!("https://shop.example/return?payment_id={}&status={status}", deal.id));
        assert_eq!(shop.count("status").await, looks + 1);
        deal.agreed().await;
    }
}

#[tokio::test]
async fn confirming_before_the_buyer_is_done_is_refused() {
    let shop = Shop::with_page().await;
    let deal = shop.open(&Order::buckaroo_billink()).await;
    let refused = deal.post("confirm", &json!({})).await;
    let _ = refused.expect_problem(ProblemCode::StatusDoesNotAllow);
    deal.ends("requires_action", [0, 0, 0, 0]).await;
}

#[tokio::test]
async fn pay_authorizes_and_captures_by_one_call_and_can_be_refunded() {
    let shop = Shop::at(At::Buckaroo).await;
    let deal = shop.open(&At::Buckaroo.order().with("/capture", "automatic")).await;
    let payment = deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
    assert_eq!(payment["captures"][0]["status"], "succeeded");
    let _ = deal.post("refunds", &json!({ "amount": 2_600 })).await.expect(201);
    let named = json!({ "capture_id": payment["captures"][0]["id"] });
    let _ = deal.post("refunds", &named).await.expect(201);
    deal.ends("captured", [AMOUNT, 0, AMOUNT, AMOUNT]).await;
    assert_eq!((shop.count("pay").await, shop.count("authorize").await, shop.count("capture").await), (1, 0, 0));
}

#[tokio::test]
async fn pay_through_the_page_is_captured_when_the_buyer_accepts() {
    let shop = Shop::with_page().await;
    let deal = shop.open(&Order::buckaroo_billink().with("/capture", "automatic")).await;
    deal.ends("requires_action", [0, 0, 0, 0]).await;
    assert!(comes_back(&deal, "accept").await.ends_with("status=captured"));
    deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
    let _ = deal.post("refunds", &json!({})).await.expect(201);
    deal.ends("captured", [AMOUNT, 0, AMOUNT, AMOUNT]).await;
    shop.sandbox.quiet().await;
    let story = deal.story().await;
    assert_eq!(story.iter().filter(|kind| *kind == "capture.succeeded").count(), 1, "{story:?}");
}

#[tokio::test]
async fn a_buyer_whom_billink_refuses_is_declined_with_a_reason() {
    for capture in ["manual", "automatic"] {
        let shop = Shop::at(At::Buckaroo).await;
        let order = At::Buckaroo.order().with("/buyer/person/last_name", "Declined").with("/capture", capture);
        let deal = shop.open(&order).await;
        let payment = deal.ends("declined", [0, 0, 0, 0]).await;
        assert_eq!(payment["decline"]["reason"], "credit_refused");
        assert!(payment["decline"]["provider_code"].as_str().unwrap().starts_with("690"));
        assert_eq!(payment["allowed_actions"], json!([]));
        for (action, body) in [("captures", json!({})), ("cancel", json!({})), ("refunds", json!({}))] {
            let refused = deal.post(action, &body).await;
            let _ = refused.expect_problem(ProblemCode::StatusDoesNotAllow);
        }
    }
}

#[tokio::test]
async fn a_buyer_who_is_refused_or_walks_away_on_the_page_ends_the_payment() {
    for (choice, status) in [("decline", "declined"), ("cancel", "canceled")] {
        let shop = Shop::with_page().await;
        let deal = shop.open(&Order::buckaroo_billink()).await;
        assert!(comes_back(&deal, choice).await.ends_with(&format!("status={status}")));
        let payment = deal.ends(status, [0, 0, 0, 0]).await;
        assert_eq!(payment["decline"].is_object(), status == "declined");
        shop.sandbox.quiet().await;
        let refused = deal.post("confirm", &json!({})).await.expect_problem(ProblemCode::StatusDoesNotAllow);
        assert!(refused.body.to_string().contains(status), "{:#}", refused.body);
        let ended = deal.ends(status, [0, 0, 0, 0]).await;
        assert_eq!(ended["operations"].as_array().unwrap().len(), 1, "nothing is written down as confirmed: {ended:#}");
    }
}

#[tokio::test]
async fn a_transaction_that_failed_is_a_refusal_and_not_a_decline() {
    let shop = Shop::at(At::Buckaroo).await;
    let order = At::Buckaroo.order().with("/buyer/person/last_name", "Failed");
    let refused = shop.opening("k", &order).send().await.expect_problem(ProblemCode::ProviderRefused);
    assert_eq!(refused.at("/retry"), "never");
    let again = shop.opening("k", &order).send().await.expect_problem(ProblemCode::ProviderRefused);
    assert!(again.is_replay());
    assert_eq!(shop.count("authorize").await, 1);
}

#[tokio::test]
async fn a_technical_failure_is_doubt_and_not_a_refusal() {
    let shop = Shop::at(At::Buckaroo).await;
    let order = At::Buckaroo.order().with("/buyer/person/last_name", "Technical");
    let opened = shop.opening("k", &order).send().await.expect(202);
    assert_eq!(opened.at("/operations/0/status"), "in_doubt");
    let again = shop.opening("k", &order).send().await.expect(202);
    assert!(again.is_replay());
    assert_eq!(shop.count("authorize").await, 1);
}

#[tokio::test]
async fn a_review_ends_with_an_authorization_or_a_decline_that_comes_later() {
    for (outcome, status, authorized) in [("success", "authorized", AMOUNT), ("rejected", "declined", 0)] {
        let shop = Shop::at(At::Buckaroo).await;
        let deal = shop.open(&At::Buckaroo.order().with("/buyer/person/last_name", "Pending")).await;
        deal.ends("under_review", [0, 0, 0, 0]).await;
        let path = format!("transactions/{}", key(&deal).await);
        shop.sandbox.control(Method::POST, &path, &json!({ "outcome": outcome })).await;
        settled(&deal, status).await;
        deal.ends(status, [authorized, 0, 0, 0]).await;
    }
}
