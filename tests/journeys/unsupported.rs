//! What a provider cannot do is refused by name, and nothing is sent.

use serde_json::{Value, json};
use service::ProblemCode::{self, NotSupportedByProvider, StatusDoesNotAllow, ValidationFailed};
use tests::Order;

use crate::support::{AMOUNT, At, Deal, Shop};

#[tokio::test]
async fn an_order_that_asks_for_what_the_provider_has_not_is_refused_and_nothing_is_sent() {
    let cases: [(At, Order, &str); 4] = [
        (At::Billie, Order::billie_pad().with("/capture", "automatic"), "/capture"),
        (At::Billie, At::Billie.order().with("/capture", "automatic"), "/capture"),
        (At::Buckaroo, Order::buckaroo_billink().with("/flow", "widget"), "/flow"),
        (At::Buckaroo, At::Buckaroo.order().with("/flow", "widget").with("/capture", "automatic"), "/flow"),
    ];
    for (at, order, pointer) in cases {
        let shop = Shop::at(at).await;
        let before = shop.site.written().await;
        let refused = shop.api.post("/v1/payments", order.json()).await.expect_problem(NotSupportedByProvider);
        assert_eq!((refused.pointers(), refused.at("/retry")), (vec![pointer], &json!("never")));
        assert_eq!(shop.sandbox.calls().await, Vec::<Value>::new());
        assert_eq!(shop.site.written().await, before);
    }
}

#[tokio::test]
async fn a_flow_or_a_provider_that_nobody_has_is_refused_and_nothing_is_sent() {
    for at in At::BOTH {
        let shop = Shop::at(at).await;
        for (pointer, value) in [("/flow", "popup"), ("/provider", "nobody"), ("/capture", "sometimes")] {
            let order = at.order().with(pointer, value);
            let refused = shop.api.post("/v1/payments", order.json()).await.expect_problem(ValidationFailed);
            assert_eq!(refused.pointers(), [pointer]);
        }
        assert_eq!(shop.sandbox.calls().await, Vec::<Value>::new());
    }
}

/// Asks, and checks that the answer is this refusal, that the provider was not asked to do anything, and that the
/// payment stands as before.
async fn refused(deal: &Deal<'_>, action: &str, body: &Value, code: ProblemCode, pointer: Option<&str>) {
    let (before, effects) = (deal.agreed().await, deal.shop.effects().await);
    let refused = deal.post(action, body).await.expect_problem(code);
    assert_eq!(refused.pointers(), pointer.into_iter().collect::<Vec<_>>(), "{action} {body}");
    assert_eq!(deal.shop.effects().await, effects, "{action} {body}: something was sent");
    let after = deal.agreed().await;
    assert_eq!((&after["amounts"], &after["operations"]), (&before["amounts"], &before["operations"]));
}

#[tokio::test]
async fn buckaroo_captures_all_or_nothing() {
    let shop = Shop::at(At::Buckaroo).await;
    let deal = shop.authorized().await;
    refused(&deal, "captures", &json!({ "amount": AMOUNT - 1 }), NotSupportedByProvider, Some("/amount")).await;
    let lines = json!({ "lines": [{ "reference": "CHAIR", "quantity": 1 }] });
    refused(&deal, "captures", &lines, NotSupportedByProvider, Some("/lines")).await;
    refused(&deal, "captures", &json!({ "amount": 1, "final": true }), NotSupportedByProvider, Some("/amount")).await;
    let _ = deal.post("captures", &json!({ "amount": AMOUNT, "final": true })).await.expect(201);
    deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
}

#[tokio::test]
async fn a_capture_at_billie_needs_an_invoice() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    let before = shop.effects().await;
    let none = deal.post("captures", &json!({})).await.expect_problem(ValidationFailed);
    assert_eq!(none.pointers(), ["/invoice/number", "/invoice/url"]);
    let no_url = deal.post("captures", &json!({ "invoice": { "number": "INV" } })).await;
    assert_eq!(no_url.expect_problem(ValidationFailed).pointers(), ["/invoice/url"]);
    assert_eq!(shop.effects().await, before);
}

#[tokio::test]
async fn money_that_is_not_captured_cannot_be_refunded_and_captured_money_cannot_be_cancelled() {
    for at in At::BOTH {
        let shop = Shop::at(at).await;
        let deal = shop.authorized().await;
        refused(&deal, "refunds", &json!({}), StatusDoesNotAllow, None).await;
        let _ = deal.post("captures", &shop.capture(None)).await.expect(201);
        refused(&deal, "cancel", &json!({}), StatusDoesNotAllow, None).await;
        refused(&deal, "captures", &shop.capture(Some(1)), StatusDoesNotAllow, None).await;
        let too_much = json!({ "amount": AMOUNT + 1 });
        refused(&deal, "refunds", &too_much, ProblemCode::AmountExceedsCaptured, Some("/amount")).await;
    }
}

#[tokio::test]
async fn a_widget_result_is_nothing_that_buckaroo_or_billies_page_has() {
    let shop = Shop::at(At::Buckaroo).await;
    let deal = shop.authorized().await;
    let effects = shop.effects().await;
    let answer = deal.post("confirm", &json!({ "widget_result": { "state": "authorized" } })).await;
    assert!((400..500).contains(&answer.status), "{:#}", answer.body);
    assert_eq!(shop.effects().await, effects);
}

#[tokio::test]
async fn a_direct_order_needs_no_confirmation() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    refused(&deal, "confirm", &json!({}), NotSupportedByProvider, None).await;
}

#[tokio::test]
async fn an_amount_with_lines_that_say_otherwise_is_refused() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    let mut body = shop.capture(Some(6_000));
    body["lines"] = json!([{ "reference": "CHAIR", "quantity": 1 }]);
    refused(&deal, "captures", &body, ProblemCode::LinesDoNotAddUp, Some("/amount")).await;
    body["amount"] = Value::Null;
    body["lines"] = json!([{ "reference": "TABLE", "quantity": 1 }]);
    refused(&deal, "captures", &body, ValidationFailed, Some("/lines/0/reference")).await;
    body["lines"] = json!([{ "reference": "CHAIR", "quantity": 3 }]);
    refused(&deal, "captures", &body, ValidationFailed, Some("/lines/0/quantity")).await;
}
