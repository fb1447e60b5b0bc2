//! The provider never got it: that counts when it was looked for twice, the second time after the quiet period.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use tests::eventually;

use super::{BEFORE, in_doubt, is_reserved, makes_doubt, money_is_kept};
use crate::support::{At, Backstage, Deal, Shop, Step, Told};

/// Longer than the quiet period of both providers, in seconds.
const QUIET: i64 = 61;

/// Sweeps until an operation has this status; a sweep can lose against the stack's own.
async fn swept_until(backstage: &Backstage, deal: &Deal<'_>, operation: &str, status: &str) {
    eventually(&format!("{operation} to be {status}"), async || {
        backstage.sweep().await;
        (deal.operation(operation).await["status"] == status).then_some(())
    })
    .await;
}

async fn resolve_by_looking_twice(at: At, fault: &str) {
    let steps = Step::ALL.into_iter().filter(|step| step.at == at && step.told == Told::Both);
    for step in steps.filter(|step| makes_doubt(*step, fault)) {
        let shop = Shop::without_messages(at).await;
        let backstage = Backstage::of(&shop);
        let ready = step.ready(&shop).await;
        let before = shop.count(step.call).await;
        let (deal, operation) = in_doubt(&ready, fault).await;

        // Looked for and not found, as often as one likes: within the quiet period it is still on its way.
        for _ in 0..2 {
            assert!(ready.ask().await.expect(202).is_replay(), "{step:?} {fault}");
            assert_eq!(deal.operation(&operation).await["status"], "in_doubt", "{step:?} {fault}");
        }
        is_reserved(&deal.get().await, step);
        money_is_kept(&deal, &shop, step, &operation).await;
        assert_eq!(shop.count(step.call).await, before + 1, "{step:?} {fault}");

        backstage.advance(QUIET);
        swept_until(&backstage, &deal, &operation, "rejected").await;
        assert_eq!(deal.operation(&operation).await["reason"], "not_processed");
        deal.agreed().await;

        let done = ready.ask().await.expect(step.done());
        assert!(done.is_replay(), "{step:?}");
        assert_eq!(shop.count(step.call).await, before + 2, "{step:?} {fault}");
        assert_eq!(deal.operation(&operation).await["status"], "succeeded");
        deal.agreed().await;
    }
}

#[tokio::test]
async fn what_never_reached_buckaroo_is_done_by_the_same_key_after_the_quiet_period() {
    resolve_by_looking_twice(At::Buckaroo, BEFORE[0]).await;
}

#[tokio::test]
async fn what_buckaroo_failed_at_is_done_by_the_same_key_after_the_quiet_period() {
    resolve_by_looking_twice(At::Buckaroo, BEFORE[1]).await;
}

#[tokio::test]
async fn what_somebody_before_buckaroo_swallowed_is_done_by_the_same_key_after_the_quiet_period() {
    resolve_by_looking_twice(At::Buckaroo, BEFORE[2]).await;
}

#[tokio::test]
async fn what_never_reached_billie_is_done_by_the_same_key_after_the_quiet_period() {
    resolve_by_looking_twice(At::Billie, BEFORE[0]).await;
}

#[tokio::test]
async fn what_billie_failed_at_is_done_by_the_same_key_after_the_quiet_period() {
    resolve_by_looking_twice(At::Billie, BEFORE[1]).await;
}

#[tokio::test]
async fn what_somebody_before_billie_swallowed_is_done_by_the_same_key_after_the_quiet_period() {
    resolve_by_looking_twice(At::Billie, BEFORE[2]).await;
}

#[tokio::test]
async fn a_confirmation_that_never_reached_billie_is_sent_again_at_once() {
    for fault in BEFORE {
        let shop = Shop::without_messages(At::Billie).await;
        let ready = Step::CONFIRM.ready(&shop).await;
        let (deal, operation) = in_doubt(&ready, fault).await;
        money_is_kept(&deal, &shop, Step::CONFIRM, &operation).await;
        assert!(ready.ask().await.expect(200).is_replay(), "{fault}");
        assert_eq!(shop.count("confirm").await, 2, "{fault}");
        deal.ends("authorized", [12_600, 0, 0, 0]).await;
    }
}

#[tokio::test]
async fn what_another_account_does_not_have_may_be_in_the_one_that_it_was_opened_for() {
    let shop = Shop::without_messages(At::Buckaroo).await;
    let backstage = Backstage::of(&shop);
    let ready = Step::CAPTURE_ALL.ready(&shop).await;
    let (deal, operation) = in_doubt(&ready, "drop_before").await;
    let opened_for = AttributeValue::S("another website's mark".to_owned());
    shop.site.table().set(("PAY#", "STATE"), "provider_account", opened_for).await;
    for _ in 0..3 {
        backstage.advance(3_600);
        backstage.sweep().await;
        assert_eq!(deal.operation(&operation).await["status"], "in_doubt");
    }
    money_is_kept(&deal, &shop, Step::CAPTURE_ALL, &operation).await;
}

#[tokio::test]
async fn a_look_up_that_fails_proves_nothing() {
    for (step, look) in [(Step::CAPTURE_ALL, "statuses"), (Step::INVOICE, "get_order")] {
        let shop = Shop::without_messages(step.at).await;
        let backstage = Backstage::of(&shop);
        let ready = step.ready(&shop).await;
        let (deal, operation) = in_doubt(&ready, "drop_before").await;
        // A read is tried three times.
        shop.sandbox.fault(json!({ "call": look, "kind": "http_5xx", "times": 1_000 })).await;
        let _ = ready.ask().await.expect(202);
        backstage.advance(QUIET);
        backstage.sweep().await;
        backstage.advance(QUIET);
        backstage.sweep().await;
        assert_eq!(deal.operation(&operation).await["status"], "in_doubt", "{step:?}");
        shop.sandbox.no_faults().await;
        // Seen once as not there, and only now does the quiet period begin.
        let _ = ready.ask().await.expect(202);
        assert_eq!(deal.operation(&operation).await["status"], "in_doubt", "{step:?}");
    }
}
