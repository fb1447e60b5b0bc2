//! No read tells: a person is asked after a quarter of an hour, and nothing is ever run again by itself.

use tests::eventually;

use super::{AFTER, BEFORE, in_doubt, is_reserved, makes_doubt, money_is_kept};
use crate::support::{Backstage, Shop, Step, Told};

/// Longer than an operation without a read stays in doubt, in seconds.
const QUARTER: i64 = 901;

#[tokio::test]
async fn what_no_read_can_tell_is_left_to_a_person_and_keeps_its_money() {
    for step in Step::ALL.into_iter().filter(|step| step.told == Told::Nothing) {
        for fault in AFTER.into_iter().chain(BEFORE).filter(|fault| makes_doubt(step, fault)) {
            let shop = Shop::without_messages(step.at).await;
            let backstage = Backstage::of(&shop);
            let ready = step.ready(&shop).await;
            let before = shop.count(step.call).await;
            let (deal, operation) = in_doubt(&ready, fault).await;
            assert!(ready.ask().await.expect(202).is_replay());
            money_is_kept(&deal, &shop, step, &operation).await;
            backstage.advance(QUARTER);
            eventually("a person to be asked", async || {
                backstage.sweep().await;
                (deal.operation(&operation).await["status"] == "needs_operator").then_some(())
            })
            .await;
            assert_eq!(deal.story().await.last().unwrap(), "operation.needs_operator");
            assert!(ready.ask().await.expect(202).is_replay());
            is_reserved(&deal.get().await, step);
            money_is_kept(&deal, &shop, step, &operation).await;
            assert_eq!(shop.count(step.call).await, before + 1, "{step:?} {fault}");
        }
    }
}

#[tokio::test]
async fn a_cancelled_invoice_that_is_not_seen_to_be_cancelled_is_not_called_off() {
    for fault in ["drop_before", "http_5xx"] {
        let shop = Shop::without_messages(Step::CANCEL_INVOICE.at).await;
        let ready = Step::CANCEL_INVOICE.ready(&shop).await;
        let (deal, operation) = in_doubt(&ready, fault).await;
        for _ in 0..2 {
            assert!(ready.ask().await.expect(202).is_replay());
        }
        assert_eq!(deal.operation(&operation).await["status"], "in_doubt");
        is_reserved(&deal.get().await, Step::CANCEL_INVOICE);
        assert_eq!(shop.count("cancel_invoice").await, 1, "{fault}");
    }
}
