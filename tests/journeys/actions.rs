//! What a payment says may be asked of it is what may be asked of it. Every provider in every flow is asked in
//! `tests/conformance/actions.rs`; here is what a whole shop makes of it.

use serde_json::{Value, json};
use tests::Order;

use crate::support::{AMOUNT, At, Deal, Shop};

const ACTIONS: [&str; 9] =
    ["confirm", "capture", "refund", "cancel", "amend", "hold", "resume", "message", "direct_payment"];

/// What is allowed, with its amount.
type Allowed<'a> = Vec<(&'a str, Option<i64>)>;

/// What is not, with why.
type Unavailable<'a> = Vec<(&'a str, &'a str)>;

fn lists(payment: &Value) -> (Allowed<'_>, Unavailable<'_>) {
    let list = |name: &str| payment[name].as_array().unwrap().iter();
    let allowed =
        list("allowed_actions").map(|entry| (entry["action"].as_str().unwrap(), entry["max_amount"].as_i64()));
    let unavailable = list("unavailable_actions");
    let unavailable = unavailable.map(|entry| (entry["action"].as_str().unwrap(), entry["reason"].as_str().unwrap()));
    (allowed.collect(), unavailable.collect())
}

/// Asks for every action as far as it is said to be allowed, each at a payment of its own, and for the others.
async fn what_is_said_is_so(shop: &Shop, prepared: impl AsyncFn(&Shop) -> String) {
    let said = Deal::of(shop, &prepared(shop).await).get().await;
    let (allowed, unavailable) = lists(&said);
    assert_eq!(allowed.len() + unavailable.len(), ACTIONS.len(), "{said:#}");
    for action in ACTIONS {
        let deal = Deal::of(shop, &prepared(shop).await);
        let most = allowed.iter().find(|(name, _)| *name == action).map(|(_, most)| most.unwrap_or(1));
        let refund = |amount: i64| json!({ "amount": amount });
        let amount = most.unwrap_or(1);
        let (path, body) = match action {
            "capture" => ("captures", shop.capture(Some(amount))),
            "refund" => ("refunds", refund(amount)),
            "amend" => ("orders/amend", json!({ "amount": amount })),
            "hold" => ("orders/hold", json!({})),
            "resume" => ("orders/resume", json!({})),
            "message" => ("orders/message", json!({ "text": "One chair follows" })),
            "direct_payment" => ("orders/direct-payment", refund(amount.max(2_500))),
            other => (other, json!({})),
        };
        let before = deal.get().await;
        let answer = deal.post(path, &body).await;
        match unavailable.iter().find(|(name, _)| *name == action) {
            None => assert!(answer.status < 300, "{action} was said to be allowed: {:#}", answer.body),
            Some((_, "nothing_left")) => {
                let after = deal.get().await;
                assert_eq!((&after["status"], &after["amounts"]), (&before["status"], &before["amounts"]), "{action}");
            }
            Some((_, reason)) => assert_eq!(answer.code(), *reason, "{action}: {:#}", answer.body),
        }
    }
}

#[tokio::test]
async fn what_is_said_to_be_possible_is_possible_and_the_rest_is_refused_for_the_reason_that_is_given() {
    let shop = Shop::without_messages(At::Billie).await;
    what_is_said_is_so(&shop, async |shop| shop.authorized().await.id.clone()).await;
    what_is_said_is_so(&shop, async |shop| shop.captured().await.id.clone()).await;
    what_is_said_is_so(&shop, async |shop| {
        let deal = shop.authorized().await;
        let _ = deal.post("captures", &shop.capture(Some(5_000))).await.expect(201);
        deal.id.clone()
    })
    .await;
    what_is_said_is_so(&shop, async |shop| {
        let deal = shop.authorized().await;
        let _ = deal.post("cancel", &json!({})).await.expect(200);
        deal.id.clone()
    })
    .await;
    let shop = Shop::without_messages(At::Buckaroo).await;
    what_is_said_is_so(&shop, async |shop| shop.captured().await.id.clone()).await;
}

#[tokio::test]
async fn an_action_that_the_provider_has_not_says_so_and_a_status_that_does_not_allow_it_too() {
    let shop = Shop::at(At::Buckaroo).await;
    let payment = shop.authorized().await.get().await;
    let (allowed, unavailable) = lists(&payment);
    assert_eq!(allowed, [("capture", Some(AMOUNT)), ("cancel", None)]);
    let why = [("confirm", "nothing_left"), ("refund", "status_does_not_allow")];
    let has_not = ["amend", "hold", "resume", "message", "direct_payment"];
    let has_not = has_not.map(|action| (action, "not_supported_by_provider"));
    assert_eq!(unavailable, [why.as_slice(), &has_not].concat());
    let amend = &payment["unavailable_actions"][2];
    assert_eq!(
        (amend["detail"].as_str(), &amend["operation_id"]),
        (Some("buckaroo_billink cannot amend."), &json!(null))
    );
}

#[tokio::test]
async fn a_deadline_is_told_with_the_session_and_ends_with_it() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.open(&Order::billie_pad()).await;
    let payment = deal.get().await;
    let end = payment["action"]["expires_at"].clone();
    assert!(end.is_string(), "{payment:#}");
    assert_eq!(payment["allowed_actions"], json!([{ "action": "cancel", "before": end }]));
    shop.sandbox.buyer(&session(&payment), "accept").await;
    let payment = shop.api.get(&format!("/v1/payments/{}?refresh=true", deal.id)).await.expect(200).body;
    assert_eq!(payment["status"], "requires_confirmation");
    let allowed = json!([{ "action": "confirm", "before": end }, { "action": "cancel", "before": null }]);
    assert_eq!(payment["allowed_actions"], allowed);
    let _ = deal.post("confirm", &json!({})).await.expect(200);
    let payment = deal.get().await;
    let deadlines = payment["allowed_actions"].as_array().unwrap().iter().map(|entry| &entry["before"]);
    assert!(deadlines.into_iter().all(Value::is_null), "{payment:#}");
}

/// The provider's name of the session that the buyer was sent to.
fn session(payment: &Value) -> String {
    let page: url::Url = payment["action"]["url"].as_str().unwrap().parse().unwrap();
    page.path_segments().unwrap().next_back().unwrap().to_owned()
}

#[tokio::test]
async fn what_stands_in_the_way_is_named() {
    let shop = Shop::without_messages(At::Billie).await;
    let deal = shop.authorized().await;
    shop.sandbox.fault(json!({ "call": "update_order", "kind": "drop_before" })).await;
    let answer = deal.post("orders/amend", &json!({ "amount": 10_000 })).await.expect(202);
    let operation = answer.at("/operations").as_array().unwrap().last().unwrap()["id"].clone();
    let payment = deal.get().await;
    let blocked: Vec<&Value> = payment["unavailable_actions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["operation_id"] == operation)
        .collect();
    let names: Vec<&Value> = blocked.iter().map(|entry| &entry["action"]).collect();
    assert_eq!(names, ["capture", "cancel", "amend"]);
    assert!(blocked.iter().all(|entry| entry["reason"] == "operation_in_doubt"));
}

#[tokio::test]
async fn a_refund_says_what_one_refund_can_take() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    for amount in [5_000, 3_000] {
        let _ = deal.post("captures", &shop.capture(Some(amount))).await.expect(201);
    }
    let payment = deal.get().await;
    assert!(lists(&payment).0.contains(&("refund", Some(5_000))), "{payment:#}");
    let _ = deal.post("refunds", &json!({ "amount": 5_000 })).await.expect(201);
    assert!(lists(&deal.get().await).0.contains(&("refund", Some(3_000))));
}
