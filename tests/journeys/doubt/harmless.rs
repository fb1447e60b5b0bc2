//! Opening a session moves nothing: its doubt is told as a failure that is safe to repeat.

use serde_json::json;
use service::ProblemCode;
use tests::Order;

use super::{AFTER, BEFORE};
use crate::support::{At, Deal, Shop};

#[tokio::test]
async fn a_session_that_may_have_been_opened_is_opened_anew_by_the_same_key() {
    for (flow, call) in [("redirect", "hosted_session"), ("widget", "session")] {
        // A session's answer names no amount.
        for fault in AFTER.into_iter().chain(BEFORE).filter(|fault| *fault != "wrong_amount") {
            let shop = Shop::without_messages(At::Billie).await;
            shop.sandbox.fault(json!({ "call": call, "kind": fault })).await;
            let order = Order::billie_pad().with("/flow", flow);
            let refused = shop.opening("k", &order).send().await.expect_problem(ProblemCode::ProviderUnavailable);
            assert_eq!(refused.at("/retry"), "safe", "{flow} {fault}");
            assert!(refused.text("/operation_id").starts_with("op_"));
            let opened = shop.opening("k", &order).send().await.expect(201);
            assert_eq!(opened.at("/status"), "requires_action", "{flow} {fault}");
            assert_eq!(shop.count(call).await, 2, "{flow} {fault}");
            Deal::of(&shop, opened.id()).ends("requires_action", [0, 0, 0, 0]).await;
            let other = order.with("/reference", "ORD-9999");
            let _ = shop.opening("k", &other).send().await.expect_problem(ProblemCode::IdempotencyKeyReused);
        }
    }
}
