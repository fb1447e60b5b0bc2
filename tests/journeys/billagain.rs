//! BillAgain: a way to pay that is stored first and used later, and a transaction that becomes another one.

use reqwest::Method;
use serde_json::{Value, json};
use service::ProblemCode;
use tests::{Order, eventually};
use url::Url;

use crate::support::{AMOUNT, At, Deal, Shop};

/// An order of amount 0 that stores a card.
fn enrolment() -> Order {
    let options = json!({ "customer_id": 200, "is_payment": false, "is_enrol": true, "retain": true });
    At::BillAgain.order().of_amount(0).with("/options", options)
}

/// A sale to the same customer, by what is stored.
fn sale_by(method: &Value) -> Order {
    At::BillAgain
        .order()
        .with("/options", json!({ "customer_id": 200, "payment_method_id": method["id"], "retain": true }))
}

/// The payment, which has this status and captured so much.
async fn stands(deal: &Deal<'_>, status: &str, captured: i64) -> Value {
    let payment = deal.get().await;
    let amounts = [&payment["amounts"]["authorized"], &payment["amounts"]["captured"]];
    assert_eq!((&payment["status"], amounts), (&json!(status), [&json!(captured); 2]), "{payment:#}");
    payment
}

/// The buyer chooses on the page and is sent back. Returns the token of the page.
async fn comes_back(deal: &Deal<'_>, choice: &str) -> String {
    let page: Url = deal.get().await["action"]["url"].as_str().unwrap().parse().unwrap();
    let token = page.path_segments().unwrap().next_back().unwrap().to_owned();
    let told = deal.shop.sandbox.buyer(&token, choice).await;
    let url: Url = told["location"].as_str().unwrap().parse().unwrap();
    let path = format!("{}?{}", url.path(), url.query().unwrap());
    let _ = deal.shop.api.request(Method::GET, &path).authorization(None).send().await.expect(303);
    token
}

#[tokio::test]
async fn a_card_is_stored_by_an_order_of_nothing_and_named_by_the_next_one() {
    let shop = Shop::at(At::BillAgain).await;
    let deal = shop.open(&enrolment()).await;
    let opened = stands(&deal, "requires_action", 0).await;
    assert_eq!((&opened["amount"], &opened["payment_method"]), (&json!(0), &Value::Null));
    comes_back(&deal, "accept").await;
    let stored = stands(&deal, "authorized", 0).await;
    assert_eq!((&stored["payment_method"]["kind"], &stored["captures"]), (&json!("credit_card"), &json!([])));
    assert!(stored["payment_method"]["id"].is_string());

    let sale = shop.open(&sale_by(&stored["payment_method"])).await;
    comes_back(&sale, "accept").await;
    let paid = stands(&sale, "captured", AMOUNT).await;
    assert_eq!(paid["payment_method"], stored["payment_method"]);
    let unknown = sale_by(&json!({ "id": "424242" }));
    let refused = shop.api.post("/v1/payments", unknown.json()).await;
    let _ = refused.expect_problem(ProblemCode::ProviderRefused);
}

#[tokio::test]
async fn a_buyer_who_goes_away_stores_nothing() {
    let shop = Shop::at(At::BillAgain).await;
    let deal = shop.open(&enrolment()).await;
    comes_back(&deal, "cancel").await;
    let payment = stands(&deal, "canceled", 0).await;
    assert_eq!(payment["payment_method"], Value::Null);
}

#[tokio::test]
async fn only_an_order_that_stores_something_can_be_about_nothing() {
    let shop = Shop::at(At::BillAgain).await;
    for (order, pointer) in [
        (At::BillAgain.order().of_amount(0), "/amount"),
        (enrolment().of_amount(AMOUNT), "/amount"),
        (Order::billie_pad().of_amount(0), "/amount"),
    ] {
        let refused = shop.api.post("/v1/payments", order.json()).await;
        assert_eq!(refused.expect_problem(ProblemCode::ValidationFailed).pointers(), [pointer]);
    }
    assert_eq!(shop.effects().await, 0);
}

#[tokio::test]
async fn a_transaction_that_becomes_another_one_is_drift_and_a_question_for_a_person() {
    for (change, drift) in [
        (json!({ "customer": 303 }), json!({ "field": "customer", "ours": "as opened", "theirs": "another" })),
        (json!({ "token": "another" }), json!({ "field": "token", "ours": "as opened", "theirs": "another" })),
        (json!({ "amount": 1 }), json!({ "field": "amount", "ours": "12600", "theirs": "1" })),
        (json!({ "currency": "USD" }), json!({ "field": "currency", "ours": "ZAR", "theirs": "USD" })),
    ] {
        let shop = Shop::at(At::BillAgain).await;
        let deal = shop
            .open(&At::BillAgain.order().with("/options/method", "bank_account").with("/options/gateway_id", 98))
            .await;
        let token = comes_back(&deal, "accept").await;
        let bound = stands(&deal, "under_review", 0).await;
        let id = bound["provider_reference"].as_str().unwrap().to_owned();
        let becomes = async |change: &Value| {
            shop.sandbox.control(Method::POST, &format!("transactions/{id}/becomes"), change).await;
            for _ in 0..2 {
                let _ = shop.api.get(&format!("/v1/payments/{}?refresh=true", deal.id)).await.expect(200);
            }
        };
        becomes(&change).await;
        stands(&deal, "under_review", 0).await;
        let story = deal.story().await;
        assert_eq!(story[story.len() - 2..], ["payment.drift_detected", "operation.needs_operator"], "{change}");
        let timeline = deal.timeline().await;
        assert_eq!(timeline.iter().rfind(|line| !line["drift"].is_null()).unwrap()["drift"], drift);
        let opened = &deal.get().await["operations"][0];
        assert_eq!((&opened["kind"], &opened["status"]), (&json!("create_session"), &json!("needs_operator")));

        // Once it is as it was opened again, that is the answer.
        let back = json!({ "customer": 200, "amount": AMOUNT, "currency": "ZAR", "token": token });
        becomes(&back).await;
        eventually("the question to be answered", async || {
            (deal.get().await["operations"][0]["status"] == "succeeded").then_some(())
        })
        .await;
        assert_eq!(deal.story().await.last().unwrap(), "operation.resolved");
    }
}
