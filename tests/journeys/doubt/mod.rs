//! Calls whose outcome nobody knows: never called failed, never run again blindly, their money kept reserved, and in
//! the end what the provider's books say.

mod early;
mod found;
mod harmless;
mod missing;
mod patience;
mod prevented;
mod unknowable;

use serde_json::{Value, json};
use tests::Answer;

use crate::support::{AMOUNT, Deal, Ready, Shop, Step};

/// The provider did its work and its answer was lost or useless.
const AFTER: [&str; 4] = ["drop_after", "http_5xx_after", "garbage_after", "wrong_amount"];

/// The call never got to the provider's work, and the answer does not tell.
const BEFORE: [&str; 3] = ["drop_before", "http_5xx", "garbage"];

/// Asks for a step while this fault is ordered: it must be in doubt afterwards.
async fn in_doubt<'a>(ready: &Ready<'a>, fault: &str) -> (Deal<'a>, String) {
    ready.shop.sandbox.fault(json!({ "call": ready.step.call, "kind": fault })).await;
    let answer = ready.ask().await.expect(202);
    let (deal, operation) = (ready.deal(&answer), ready.step.operation_of(&answer));
    assert_eq!(deal.operation(&operation).await["status"], "in_doubt", "{:?} {fault}", ready.step);
    (deal, operation)
}

/// Whether this fault makes doubt at this call: an answer without an amount has none that could be wrong.
fn makes_doubt(step: Step, fault: &str) -> bool {
    let empty = [Step::CANCEL_INVOICE, Step::CANCEL, Step::AMEND, Step::CONFIRM_PAYMENT];
    match fault {
        "wrong_amount" => !empty.contains(&step) && ![Step::INVOICE, Step::CREDIT_NOTE].contains(&step),
        // Any 2xx is a yes where the answer has no body.
        "garbage_after" | "garbage" => !empty.contains(&step),
        _ => true,
    }
}

/// The money of an operation in doubt is not there for anybody else.
async fn money_is_kept(deal: &Deal<'_>, shop: &Shop, step: Step, operation: &str) {
    let before = shop.effects().await;
    let refusals: Vec<(Answer, &str)> = match step.action {
        "captures" => vec![
            (deal.post("captures", &shop.capture(Some(AMOUNT))).await, "amount_exceeds_authorized"),
            (deal.post("cancel", &json!({})).await, "operation_in_doubt"),
        ],
        "refunds" => vec![(deal.post("refunds", &json!({ "amount": AMOUNT })).await, "amount_exceeds_captured")],
        // It is kept out of what may be reported, and in the way of nothing else.
        "orders/direct-payment" => {
            vec![(deal.post(step.action, &json!({ "amount": AMOUNT })).await, "validation_failed")]
        }
        "confirm" => vec![(deal.post("cancel", &json!({})).await, "operation_in_doubt")],
        _ => vec![
            (deal.post("captures", &shop.capture(None)).await, "operation_in_doubt"),
            (deal.post("cancel", &json!({})).await, "operation_in_doubt"),
        ],
    };
    for (refused, code) in refusals {
        assert_eq!(refused.code(), code, "{step:?}: {:#}", refused.body);
        if code == "operation_in_doubt" {
            assert_eq!((refused.status, refused.text("/operation_id")), (409, operation));
            assert_eq!(refused.at("/retry"), "in_doubt");
        }
    }
    assert_eq!(shop.effects().await, before, "{step:?}: something was sent");
}

/// What the payment says of itself while an operation is in doubt.
fn is_reserved(payment: &Value, step: Step) {
    let reserved = match step.action {
        "captures" => ("capturing", AMOUNT),
        "refunds" if step == Step::CANCEL_INVOICE => ("refunding", AMOUNT),
        "refunds" => ("refunding", 2_500),
        _ => ("capturing", 0),
    };
    assert_eq!(payment["amounts"][reserved.0], reserved.1, "{step:?}: {:#}", payment["amounts"]);
    assert_ne!(payment["status"], "declined");
}
