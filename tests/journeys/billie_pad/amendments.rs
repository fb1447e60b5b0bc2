//! Orders that become smaller.

use serde_json::json;
use service::ProblemCode::ValidationFailed;

use crate::support::{AMOUNT, At, Shop};

#[tokio::test]
async fn what_is_promised_is_lowered_and_what_is_left_is_captured() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    let amended = deal.post("orders/amend", &json!({ "amount": 10_000 })).await.expect(200);
    assert_eq!((amended.at("/status"), amended.at("/amount")), (&json!("authorized"), &json!(AMOUNT)));
    deal.ends("authorized", [AMOUNT, 2_600, 0, 0]).await;
    let refused = deal.post("captures", &shop.capture(Some(10_001))).await;
    assert_eq!(refused.code(), "amount_exceeds_authorized");
    let _ = deal.post("captures", &shop.capture(None)).await.expect(201);
    deal.ends("captured", [AMOUNT, 2_600, 10_000, 0]).await;
    let story = deal.story().await;
    assert_eq!(story[story.len() - 3..], ["payment.amended", "capture.succeeded", "payment.captured"]);
}

#[tokio::test]
async fn an_order_that_is_lowered_to_what_was_shipped_is_captured() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    let _ = deal.post("captures", &shop.capture(Some(6_050))).await.expect(201);
    let amended = deal.post("orders/amend", &json!({ "amount": 6_050 })).await.expect(200);
    assert_eq!(amended.at("/status"), "captured");
    deal.ends("captured", [AMOUNT, 6_550, 6_050, 0]).await;
    let story = deal.story().await;
    assert_eq!(story[story.len() - 2..], ["payment.amended", "payment.captured"]);
}

#[tokio::test]
async fn a_promise_is_never_raised_again() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    let _ = deal.post("orders/amend", &json!({ "amount": 10_000 })).await.expect(200);
    let sent = shop.count("update_order").await;
    for amount in [10_000, 10_001, AMOUNT] {
        let refused = deal.post("orders/amend", &json!({ "amount": amount })).await.expect_problem(ValidationFailed);
        assert_eq!(refused.pointers(), ["/amount"]);
        assert!(refused.text("/detail").contains("a promise is only lowered"), "{:#}", refused.body);
    }
    assert_eq!(shop.count("update_order").await, sent);
    deal.ends("authorized", [AMOUNT, 2_600, 0, 0]).await;
}

#[tokio::test]
async fn an_amended_order_that_is_looked_at_is_no_drift() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    let _ = deal.post("orders/amend", &json!({ "amount": 10_000 })).await.expect(200);
    let before = deal.story().await;
    let _ = shop.api.get(&format!("/v1/payments/{}?refresh=true", deal.id)).await.expect(200);
    assert_eq!(deal.story().await, before);
}

#[tokio::test]
async fn what_is_said_of_an_order_that_was_refunded_in_part_leaves_the_doubt() {
    let shop = Shop::without_messages(At::Billie).await;
    let deal = shop.authorized().await;
    let _ = deal.post("captures", &shop.capture(Some(6_050))).await.expect(201);
    shop.sandbox.fault(json!({ "call": "update_order", "kind": "drop_before" })).await;
    let key = "amend";
    let _ = deal.post_as(key, "orders/amend", &json!({ "amount": 8_000 })).await.expect(202);
    // A look that shows another amount than the old and the new one proves nothing.
    let payment = deal.get().await;
    let money = |gross: &str| json!({ "net": gross, "tax": "0.00", "gross": gross });
    let order = json!({ "uuid": payment["provider_reference"], "external_code": payment["order_reference"],
                        "state": "partially_shipped", "amount": money("70.00"), "unshipped_amount": money("19.50") });
    let look = json!({ "call": "get_order", "kind": "answer", "status": 200, "body": order.to_string() });
    shop.sandbox.fault(look).await;
    let answer = deal.post_as(key, "orders/amend", &json!({ "amount": 8_000 })).await.expect(202);
    assert_eq!(answer.at("/operations").as_array().unwrap().last().unwrap()["status"], "in_doubt");
    assert_eq!(shop.count("update_order").await, 1);
}
