//! The real time-outs: 20 seconds for Billie, 25 for Buckaroo, and 29 for the gateway in front of us.

use futures::future::join_all;
use serde_json::json;
use tests::eventually;

use crate::support::{Shop, Step};

/// All at the same time, since each takes as long as the provider may.
#[tokio::test]
async fn a_provider_that_does_not_answer_in_time_is_a_202_and_not_a_503() {
    let steps = [
        Step::AUTHORIZE,
        Step::CAPTURE_ALL,
        Step::REFUND,
        Step::CANCEL_AUTHORIZE,
        Step::CONFIRM,
        Step::INVOICE,
        Step::CANCEL,
        Step::AMEND,
    ];
    let mut shops = Vec::new();
    for step in steps {
        shops.push((step, Shop::without_messages(step.at).await));
    }
    let mut asked = Vec::new();
    for (step, shop) in &shops {
        let ready = step.ready(shop).await;
        shop.sandbox.fault(json!({ "call": step.call, "kind": "delay", "millis": 60_000 })).await;
        asked.push(ready);
    }
    let answers = join_all(asked.iter().map(|ready| ready.ask())).await;
    for (ready, answer) in asked.iter().zip(answers) {
        let answer = answer.expect(202);
        assert!(answer.body.to_string().contains("\"timed_out\""), "{:?}: {:#}", ready.step, answer.body);
        // The sweep may be at it by now: Billie's five seconds are over when Buckaroo's time is.
        eventually("the outcome", async || (ready.ask().await.status == ready.step.done()).then_some(())).await;
        ready.deal(&answer).agreed().await;
    }
}
