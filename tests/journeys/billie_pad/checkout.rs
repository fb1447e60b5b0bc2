//! From the order to its authorization: page, widget, backend order, reviews, refusals.

use reqwest::Method;
use serde_json::{Value, json};
use service::ProblemCode;
use tests::{Order, eventually, orders};

use crate::support::{AMOUNT, At, Deal, Shop};

/// The session that a payment's page or widget is about.
async fn session(deal: &Deal<'_>) -> String {
    let action = deal.get().await["action"].clone();
    let page = || action["url"].as_str()?.rsplit('/').next();
    action["provider_session_id"].as_str().or_else(page).unwrap().to_owned()
}

/// The buyer chooses on the page and is sent back: the status that the shop is told.
async fn comes_back(deal: &Deal<'_>, choice: &str) -> String {
    let told = deal.shop.sandbox.buyer(&session(deal).await, choice).await;
    let url: url::Url = told["location"].as_str().unwrap().parse().unwrap();
    let path = format!("{}?{}", url.path(), url.query().unwrap());
    let answer = deal.shop.api.request(Method::GET, &path).authorization(None).send().await.expect(303);
    let shop: url::Url = answer.header("location").unwrap().parse().unwrap();
    let get = |name: &str| shop.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned());
    assert_eq!((shop.path(), get("payment_id")), ("/return", Some(deal.id.clone())));
    get("status").unwrap()
}

/// A payment whose buyer was approved in the widget, and what the widget handed to the page.
async fn in_widget(shop: &Shop) -> (Deal<'_>, Value) {
    let deal = shop.open(&Order::billie_pad().with("/flow", "widget")).await;
    let payment = deal.ends("requires_action", [0, 0, 0, 0]).await;
    assert_eq!(payment["action"]["kind"], "widget");
    let path = format!("widget/{}", session(&deal).await);
    let result = shop.sandbox.control(Method::POST, &path, &orders::in_widget("billie_pad")).await;
    assert_eq!(result["state"], "authorized");
    (deal, result)
}

/// The company as Billie identified it: what must stand on the invoice.
fn identified() -> Value {
    json!({
        "name": "Zeta Electronics Gold GmbH",
        "address": { "street": "Tannenweg", "house_number": "4", "postal_code": "77716",
                     "city": "Haslach im Kinzigtal", "country": "DE" },
    })
}

#[tokio::test]
async fn the_page_leads_to_a_confirmation_and_the_confirmation_to_the_money() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.open(&Order::billie_pad()).await;
    let payment = deal.ends("requires_action", [0, 0, 0, 0]).await;
    assert_eq!(payment["action"]["kind"], "redirect");
    let refused = deal.post("confirm", &json!({})).await;
    let _ = refused.expect_problem(ProblemCode::StatusDoesNotAllow);
    assert_eq!(comes_back(&deal, "accept").await, "requires_confirmation");
    let payment = deal.ends("requires_confirmation", [0, 0, 0, 0]).await;
    assert_eq!(payment["allowed_actions"][0]["action"], "confirm");
    let confirmed = deal.post("confirm", &json!({})).await.expect(200);
    assert_eq!(confirmed.at("/debtor"), &identified());
    assert!(confirmed.text("/bank_transfer/iban").starts_with("DE"));
    deal.ends("authorized", [AMOUNT, 0, 0, 0]).await;
    assert_eq!(
        deal.story().await[..4],
        ["payment.created", "payment.requires_action", "payment.requires_confirmation", "payment.authorized"]
    );
}

#[tokio::test]
async fn the_widget_leads_to_a_confirmation_with_what_it_handed_over() {
    let shop = Shop::at(At::Billie).await;
    let (deal, result) = in_widget(&shop).await;
    let body = json!({ "widget_result": result });
    let confirmed = deal.post_as("k", "confirm", &body).await.expect(200);
    assert_eq!(confirmed.at("/status"), "authorized");
    assert!(deal.post_as("k", "confirm", &body).await.expect(200).is_replay());
    assert_eq!(shop.count("confirm").await, 1);
    deal.ends("authorized", [AMOUNT, 0, 0, 0]).await;
}

#[tokio::test]
async fn a_widget_result_that_is_not_ours_is_refused_and_nothing_is_sent() {
    let shop = Shop::at(At::Billie).await;
    let (deal, result) = in_widget(&shop).await;
    let wrong = [
        ("/amount/gross", json!(1.26)),
        ("/amount/gross", json!("126.01")),
        ("/amount/net", json!(104.14)),
        ("/amount/tax", json!(0)),
        ("/duration", json!(60)),
        ("/duration", Value::Null),
        ("/state", json!("declined")),
        ("/debtor_company/name", Value::Null),
    ];
    for (pointer, value) in wrong {
        let mut tampered = result.clone();
        orders::set(&mut tampered, pointer, value);
        let before = shop.sandbox.calls().await.len();
        let refused = deal.post("confirm", &json!({ "widget_result": tampered })).await;
        let refused = refused.expect_problem(ProblemCode::ValidationFailed);
        assert_eq!(refused.pointers(), [format!("/widget_result{pointer}")]);
        assert_eq!(shop.sandbox.calls().await.len(), before, "{pointer}: something was sent");
        deal.ends("requires_action", [0, 0, 0, 0]).await;
    }
    let _ = deal.post("confirm", &json!({ "widget_result": result })).await.expect(200);
    deal.ends("authorized", [AMOUNT, 0, 0, 0]).await;
}

#[tokio::test]
async fn a_confirmation_before_the_buyer_is_done_asks_for_what_the_widget_hands_over() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.open(&Order::billie_pad().with("/flow", "widget")).await;
    let refused = deal.post("confirm", &json!({})).await.expect_problem(ProblemCode::ValidationFailed);
    assert_eq!(refused.pointers(), ["/widget_result"]);
}

#[tokio::test]
async fn a_widget_result_of_another_session_gets_no_money() {
    let shop = Shop::at(At::Billie).await;
    let (_, result) = in_widget(&shop).await;
    let other = shop.open(&Order::billie_pad().with("/flow", "widget")).await;
    let refused = other.post("confirm", &json!({ "widget_result": result })).await;
    let _ = refused.expect_problem(ProblemCode::ProviderRefused);
    other.ends("requires_action", [0, 0, 0, 0]).await;
}

#[tokio::test]
async fn a_backend_order_is_authorized_by_the_first_call() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.open(&At::Billie.order()).await;
    let payment = deal.ends("authorized", [AMOUNT, 0, 0, 0]).await;
    assert_eq!((&payment["action"], &payment["debtor"]), (&Value::Null, &identified()));
    assert_eq!(shop.count("create_order").await, 1);
}

#[tokio::test]
async fn an_order_that_waits_for_billie_is_approved_or_declined_later() {
    for (decision, status, authorized) in [("approve", "authorized", AMOUNT), ("decline", "declined", 0)] {
        let shop = Shop::at(At::Billie).await;
        let deal = shop.open(&At::Billie.order().with("/buyer/company/name", "Waiting Gold GmbH")).await;
        let payment = deal.ends("under_review", [0, 0, 0, 0]).await;
        let refused = deal.post("captures", &shop.capture(None)).await;
        let _ = refused.expect_problem(ProblemCode::StatusDoesNotAllow);
        let path = format!("orders/{}", payment["provider_reference"].as_str().unwrap());
        let body = json!({ "decision": decision, "reason": "debtor_limit_exceeded" });
        shop.sandbox.control(Method::POST, &path, &body).await;
        // A look is made once in five seconds at most, and the order's first message had one.
        eventually(status, async || (deal.get().await["status"] == status).then_some(())).await;
        let payment = deal.ends(status, [authorized, 0, 0, 0]).await;
        if status == "declined" {
            assert_eq!(payment["decline"]["reason"], "limit_exceeded");
        }
    }
}

#[tokio::test]
async fn an_order_that_waits_for_billie_can_be_cancelled() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.open(&At::Billie.order().with("/buyer/company/name", "Waiting Gold GmbH")).await;
    let canceled = deal.post("cancel", &json!({})).await.expect(200);
    assert_eq!(canceled.at("/status"), "canceled");
    let books = deal.books().await;
    assert_eq!((&books["authorized"], &books["released"]), (&json!(AMOUNT), &json!(AMOUNT)), "nothing is held");
    assert_eq!(deal.get().await["amounts"]["authorized"], 0);
}

#[tokio::test]
async fn before_the_confirmation_there_is_nothing_to_cancel_at_billie() {
    let shop = Shop::at(At::Billie).await;
    for accepted in [false, true] {
        let deal = shop.open(&Order::billie_pad()).await;
        if accepted {
            assert_eq!(comes_back(&deal, "accept").await, "requires_confirmation");
        }
        let effects = shop.effects().await;
        let canceled = deal.post("cancel", &json!({})).await.expect(200);
        assert_eq!(canceled.at("/status"), "canceled");
        assert_eq!(shop.effects().await, effects, "a session lapses by itself");
        let refused = deal.post("confirm", &json!({})).await;
        let _ = refused.expect_problem(ProblemCode::StatusDoesNotAllow);
        deal.ends("canceled", [0, 0, 0, 0]).await;
    }
}

#[tokio::test]
async fn a_decline_is_an_answer_with_a_reason_in_our_words() {
    let reasons = [
        ("limit", "limit_exceeded", "debtor_limit_exceeded"),
        ("risk", "risk_policy", "risk_policy"),
        ("address", "address_invalid", "debtor_address"),
        ("scoring", "credit_refused", "risk_scoring_failed"),
        ("unknown", "buyer_unknown", "debtor_not_identified"),
    ];
    let shop = Shop::at(At::Billie).await;
    for (word, reason, code) in reasons {
        let order = At::Billie.order().with("/buyer/person/email", format!("uno+decline+{word}@example.com"));
        let deal = shop.open(&order).await;
        let payment = deal.ends("declined", [0, 0, 0, 0]).await;
        assert_eq!(
            (&payment["decline"]["reason"], &payment["decline"]["provider_code"]),
            (&json!(reason), &json!(code))
        );
        assert_eq!((&payment["allowed_actions"], &payment["debtor"]), (&json!([]), &Value::Null));
    }
}

#[tokio::test]
async fn a_buyer_whom_billie_refuses_on_its_page_is_declined() {
    let shop = Shop::at(At::Billie).await;
    let order = Order::billie_pad().with("/buyer/person/email", "uno+decline+limit@example.com");
    let deal = shop.open(&order).await;
    assert_eq!(comes_back(&deal, "accept").await, "declined");
    assert_eq!(deal.ends("declined", [0, 0, 0, 0]).await["decline"]["reason"], "limit_exceeded");
}

#[tokio::test]
async fn a_buyer_who_walks_away_from_the_page_can_come_again() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.open(&Order::billie_pad()).await;
    assert_eq!(comes_back(&deal, "cancel").await, "requires_action");
    deal.ends("requires_action", [0, 0, 0, 0]).await;
    assert_eq!(comes_back(&deal, "accept").await, "requires_confirmation");
    let _ = deal.post("confirm", &json!({})).await.expect(200);
    deal.ends("authorized", [AMOUNT, 0, 0, 0]).await;
}
