//! BillAgain: a way to pay that is stored first and used later, and a transaction that becomes another one.

use reqwest::Method;
use serde_json::{Value, json};
use service::ProblemCode;
use tests::{Order, eventually};
use url::Url;

use crate::support::{AMOUNT, At, Backstage, Deal, Shop};

/// Longer than a page works, with the three days that silence must last.
const PAST_EVERY_SESSION: i64 = (72 + 72 + 1) * 3_600;

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

/// The token of the page: the last part of its address.
async fn token_of(deal: &Deal<'_>) -> String {
    let page: Url = deal.get().await["action"]["url"].as_str().unwrap().parse().unwrap();
    page.path_segments().unwrap().next_back().unwrap().to_owned()
}

/// The buyer chooses on the page with this token. Returns the transaction and where they are sent back to.
async fn chooses(deal: &Deal<'_>, token: &str, choice: &str) -> (String, Url) {
    let told = deal.shop.sandbox.buyer(token, choice).await;
    let text = |field: &str| told[field].as_str().unwrap().to_owned();
    (text("transactionID"), text("location").parse().unwrap())
}

/// The buyer's browser goes to the address that they are sent back to.
async fn returns(deal: &Deal<'_>, url: &Url) {
    let path = format!("{}?{}", url.path(), url.query().unwrap());
    let _ = deal.shop.api.request(Method::GET, &path).authorization(None).send().await.expect(303);
}

/// The same, where the address names this transaction.
async fn returns_naming(deal: &Deal<'_>, back: &Url, transaction: &str) {
    let mut url = back.clone();
    let kept = back.query_pairs().filter(|(name, _)| name != "transactionID");
    url.query_pairs_mut().clear().extend_pairs(kept).append_pair("transactionID", transaction);
    returns(deal, &url).await;
}

/// The buyer chooses on the page and is sent back. Returns the token of the page.
async fn comes_back(deal: &Deal<'_>, choice: &str) -> String {
    let token = token_of(deal).await;
    let (_, back) = chooses(deal, &token, choice).await;
    returns(deal, &back).await;
    token
}

/// A transaction, by its id or token, becomes another one.
async fn becomes(shop: &Shop, transaction: &str, change: &Value) {
    shop.sandbox.control(Method::POST, &format!("transactions/{transaction}/becomes"), change).await;
}

async fn looked_at_twice(deal: &Deal<'_>) {
    for _ in 0..2 {
        let _ = deal.shop.api.get(&format!("/v1/payments/{}?refresh=true", deal.id)).await.expect(200);
    }
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
        becomes(&shop, &id, &change).await;
        looked_at_twice(&deal).await;
        stands(&deal, "under_review", 0).await;
        let story = deal.story().await;
        assert_eq!(story[story.len() - 2..], ["payment.drift_detected", "operation.needs_operator"], "{change}");
        let timeline = deal.timeline().await;
        assert_eq!(timeline.iter().rfind(|line| !line["drift"].is_null()).unwrap()["drift"], drift);
        let opened = &deal.get().await["operations"][0];
        assert_eq!((&opened["kind"], &opened["status"]), (&json!("create_session"), &json!("needs_operator")));

        // Once it is as it was opened again, that is the answer.
        let back = json!({ "customer": 200, "amount": AMOUNT, "currency": "ZAR", "token": token });
        becomes(&shop, &id, &back).await;
        looked_at_twice(&deal).await;
        eventually("the question to be answered", async || {
            (deal.get().await["operations"][0]["status"] == "succeeded").then_some(())
        })
        .await;
        assert_eq!(deal.story().await.last().unwrap(), "operation.resolved");
    }
}

/// The events that make a question of a look.
const QUESTION: [&str; 2] = ["payment.drift_detected", "operation.needs_operator"];

#[tokio::test]
async fn who_paid_otherwise_than_was_asked_for_is_a_question_for_a_person_until_it_is_answered() {
    for (change, drift) in [
        (json!({ "token": "another" }), json!({ "field": "token", "ours": "as opened", "theirs": "another" })),
        (json!({ "amount": 1 }), json!({ "field": "amount", "ours": "12600", "theirs": "1" })),
        (json!({ "currency": "USD" }), json!({ "field": "currency", "ours": "ZAR", "theirs": "USD" })),
    ] {
        let shop = Shop::at(At::BillAgain).await;
        let backstage = Backstage::with_policy(&shop, "cancel");
        let deal = shop.open(&At::BillAgain.order()).await;
        let mut story = deal.story().await;
        becomes(&shop, &token_of(&deal).await, &change).await;
        let transaction = shop.sandbox.books().await["orders"][0]["id"].as_str().unwrap().to_owned();
        let (_, back) = chooses(&deal, &transaction, "accept").await;
        returns(&deal, &back).await;
        looked_at_twice(&deal).await;
        let payment = stands(&deal, "requires_action", 0).await;
        let opened = &payment["operations"][0];
        assert_eq!((&payment["provider_reference"], &opened["status"]), (&Value::Null, &json!("needs_operator")));
        story.extend(QUESTION.map(str::to_owned));
        assert_eq!(deal.story().await, story, "{change}");
        assert_eq!(deal.timeline().await.iter().rfind(|line| !line["drift"].is_null()).unwrap()["drift"], drift);

        // Neither age nor what else somebody names makes it forgotten.
        for other in ["none1", "none2", "none3", "none4"] {
            returns_naming(&deal, &back, other).await;
        }
        backstage.advance(PAST_EVERY_SESSION);
        let looks = shop.count("transaction").await;
        eventually("a look", async || {
            backstage.sweep().await;
            (shop.count("transaction").await > looks).then_some(())
        })
        .await;
        stands(&deal, "requires_action", 0).await;
        assert_eq!(deal.story().await, story);

        let word = json!({ "outcome": "rejected", "reason": "it was given back by hand" });
        let path = deal.path(&format!("operations/{}/resolve", opened["id"].as_str().unwrap()));
        let _ = shop.site.operator().post(&path, &word).await.expect(200);
        eventually("the payment to end", async || {
            backstage.sweep().await;
            (deal.get().await["status"] == "expired").then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn an_earlier_transaction_of_the_same_customer_is_neither_believed_nor_told() {
    let shop = Shop::without_messages(At::BillAgain).await;
    let earlier = shop.open(&At::BillAgain.order()).await;
    comes_back(&earlier, "accept").await;
    let paid = stands(&earlier, "captured", AMOUNT).await["provider_reference"].as_str().unwrap().to_owned();
    for order in [At::BillAgain.order(), At::BillAgain.order().of_amount(2 * AMOUNT)] {
        let deal = shop.open(&order).await;
        let story = deal.story().await;
        let (_, back) = chooses(&deal, &token_of(&deal).await, "cancel").await;
        returns_naming(&deal, &back, &paid).await;
        looked_at_twice(&deal).await;
        stands(&deal, "requires_action", 0).await;
        assert_eq!(deal.story().await, story);
    }
}

#[tokio::test]
async fn of_two_pages_of_one_payment_the_one_that_the_buyer_was_sent_to_counts() {
    let shop = Shop::without_messages(At::BillAgain).await;
    shop.sandbox.fault(json!({ "call": "initiate", "kind": "drop_after" })).await;
    let (key, order) = (tests::orders::new_word("k"), At::BillAgain.order());
    let lost = shop.opening(&key, &order).send().await;
    assert_eq!(lost.status, 502, "{:#}", lost.body);
    let deal = Deal::of(&shop, shop.opening(&key, &order).send().await.expect(201).id());
    let first = shop.sandbox.books().await["orders"][0]["id"].as_str().unwrap().to_owned();
    let (_, back) = chooses(&deal, &token_of(&deal).await, "accept").await;
    shop.sandbox.fault(json!({ "call": "transaction", "kind": "http_5xx", "times": 1_000 })).await;
    returns(&deal, &back).await;
    shop.sandbox.no_faults().await;
    chooses(&deal, &first, "accept").await;
    returns_naming(&deal, &back, &first).await;
    let payment = stands(&deal, "captured", AMOUNT).await;
    assert_ne!(payment["provider_reference"], json!(first));
    assert!(!deal.story().await.contains(&QUESTION[0].to_owned()));
}
