//! The provider did it: a look finds it, and it is counted once.

use tests::eventually;

use super::{AFTER, in_doubt, is_reserved, makes_doubt, money_is_kept};
use crate::support::{At, Deal, Shop, Step, Told};

/// Asks for every step of a provider with a fault, and resolves it by asking again.
async fn resolve_by_asking_again(at: At, fault: &str) {
    let steps = Step::ALL.into_iter().filter(|step| step.at == at && step.told != Told::Nothing);
    for step in steps.filter(|step| makes_doubt(*step, fault)) {
        let shop = Shop::without_messages(at).await;
        let ready = step.ready(&shop).await;
        let before = shop.count(step.call).await;
        let (deal, operation) = in_doubt(&ready, fault).await;
        is_reserved(&deal.get().await, step);
        money_is_kept(&deal, &shop, step, &operation).await;

        let settled = ready.ask().await.expect(step.done());
        assert!(settled.is_replay(), "{step:?}");
        assert_eq!(deal.operation(&operation).await["status"], "succeeded", "{step:?} {fault}");
        // Where the same call is its own probe it is sent again, and does nothing the second time.
        let sent = if step.told == Told::ByRepeat { 2 } else { 1 };
        assert_eq!(shop.count(step.call).await, before + sent, "{step:?} {fault}");
        deal.agreed().await;
        let story = deal.story().await;
        let at = |kind: &str| story.iter().position(|told| told == kind);
        assert!(at("operation.in_doubt").unwrap() < at("operation.resolved").unwrap(), "{step:?}: {story:?}");
        assert!(ready.ask().await.expect(step.done()).is_replay());
        assert_eq!(shop.count(step.call).await, before + sent, "{step:?} {fault}");
    }
}

#[tokio::test]
async fn what_buckaroo_did_is_found_after_its_connection_broke() {
    resolve_by_asking_again(At::Buckaroo, AFTER[0]).await;
}

#[tokio::test]
async fn what_buckaroo_did_is_found_after_it_answered_with_its_own_failure() {
    resolve_by_asking_again(At::Buckaroo, AFTER[1]).await;
}

#[tokio::test]
async fn what_buckaroo_did_is_found_after_an_answer_that_nobody_can_read() {
    resolve_by_asking_again(At::Buckaroo, AFTER[2]).await;
}

#[tokio::test]
async fn what_buckaroo_did_is_found_after_an_answer_with_another_amount() {
    resolve_by_asking_again(At::Buckaroo, AFTER[3]).await;
}

#[tokio::test]
async fn what_billie_did_is_found_after_its_connection_broke() {
    resolve_by_asking_again(At::Billie, AFTER[0]).await;
}

#[tokio::test]
async fn what_billie_did_is_found_after_it_answered_with_its_own_failure() {
    resolve_by_asking_again(At::Billie, AFTER[1]).await;
}

#[tokio::test]
async fn what_billie_did_is_found_after_an_answer_that_nobody_can_read() {
    resolve_by_asking_again(At::Billie, AFTER[2]).await;
}

#[tokio::test]
async fn what_billie_did_is_found_after_an_answer_with_another_amount() {
    resolve_by_asking_again(At::Billie, AFTER[3]).await;
}

/// The first probe is due after 5 seconds of real time; a sweep follows within 2. All steps wait at the same time.
#[tokio::test]
async fn the_schedule_settles_what_the_provider_did_without_anybody_asking() {
    let mut shops = Vec::new();
    for step in Step::ALL.into_iter().filter(|step| step.told != Told::Nothing) {
        shops.push((step, Shop::without_messages(step.at).await));
    }
    let mut waiting: Vec<(Step, Deal<'_>, String)> = Vec::new();
    for (step, shop) in &shops {
        let (deal, operation) = in_doubt(&step.ready(shop).await, "drop_after").await;
        waiting.push((*step, deal, operation));
    }
    for (step, deal, operation) in waiting {
        let settled = async || (deal.operation(&operation).await["status"] == "succeeded").then_some(());
        eventually(&format!("the outcome of {step:?}"), settled).await;
        deal.agreed().await;
        let by = deal.timeline().await;
        let resolved = by.iter().find(|entry| entry["type"] == "paylater.operation.resolved.v1").unwrap();
        assert_eq!(resolved["cause"]["kind"], "sweep", "{step:?}");
    }
}
