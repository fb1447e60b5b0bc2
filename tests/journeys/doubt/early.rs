//! The provider is slower than we are patient.

use std::time::Duration;

use serde_json::json;
use tests::eventually;

use super::in_doubt;
use crate::support::{AMOUNT, At, Backstage, Shop, Step};

/// Far less than a provider may take, so that nobody has to wait for it.
const IMPATIENT: Duration = Duration::from_millis(300);

/// The worst of all: we gave up, looked, found nothing, and then it arrives.
#[tokio::test]
async fn a_call_that_arrives_after_it_was_looked_for_is_counted_once() {
    for step in [Step::CAPTURE_ALL, Step::INVOICE] {
        let shop = Shop::without_messages(step.at).await;
        let backstage = Backstage::of(&shop);
        let deal = shop.authorized().await;
        let body = shop.capture(Some(AMOUNT)).to_string();
        shop.sandbox.fault(json!({ "call": "capture", "kind": "delay_before", "millis": 1_000 })).await;
        let call = backstage.call_within(IMPATIENT);
        let answer = backstage.service.capture(&call, &deal.id, Some("k"), body.as_bytes()).await.unwrap();
        assert_eq!(answer.status, 202, "{step:?}");
        let operation = deal.newest().await;
        assert_eq!((&operation["status"], &operation["reason"]), (&json!("in_doubt"), &json!("timed_out")));

        let again = backstage.service.capture(&backstage.call(), &deal.id, Some("k"), body.as_bytes()).await.unwrap();
        assert_eq!((again.status, again.replayed), (202, true), "not there yet");
        let processed = async || {
            shop.sandbox.calls().await.iter().any(|c| c["call"] == "capture" && c["processed"] == true).then_some(())
        };
        eventually("the call to arrive after all", processed).await;
        backstage.advance(61);
        let found = backstage.service.capture(&backstage.call(), &deal.id, Some("k"), body.as_bytes()).await.unwrap();
        assert_eq!((found.status, found.replayed), (201, true), "{step:?}");
        assert_eq!(shop.count("capture").await, 1, "{step:?}");
        deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
    }
}

#[tokio::test]
async fn a_worker_that_died_is_taken_over_after_its_lease_and_found_out_about() {
    for step in [Step::CAPTURE_ALL, Step::INVOICE] {
        let shop = Shop::without_messages(step.at).await;
        let backstage = Backstage::of(&shop);
        let deal = shop.authorized().await;
        let body = shop.capture(Some(AMOUNT)).to_string();
        shop.sandbox.fault(json!({ "call": "capture", "kind": "delay", "millis": 400 })).await;
        let call = backstage.call();
        let dies = backstage.service.capture(&call, &deal.id, Some("k"), body.as_bytes());
        let reached =
            eventually("the provider to be called", async || (shop.count("capture").await == 1).then_some(()));
        tokio::select! {
            _ = dies => panic!("it was to die"),
            () = reached => {}
        }
        // Nobody believes it dead yet.
        let waits = deal.post_as("k", "captures", &serde_json::from_str(&body).unwrap()).await.expect(409);
        assert_eq!(waits.code(), "operation_in_progress");
        backstage.advance(36);
        let found = backstage.service.capture(&backstage.call(), &deal.id, Some("k"), body.as_bytes()).await.unwrap();
        assert_eq!((found.status, found.replayed), (201, true), "{step:?}");
        assert_eq!(shop.count("capture").await, 1);
        deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
    }
}

#[tokio::test]
async fn a_final_capture_in_doubt_releases_nothing_until_it_is_found() {
    let shop = Shop::without_messages(At::Billie).await;
    let deal = shop.authorized().await;
    let mut body = shop.capture(Some(5_000));
    body["final"] = json!(true);
    shop.sandbox.fault(json!({ "call": "capture", "kind": "drop_after" })).await;
    let _ = deal.post_as("k", "captures", &body).await.expect(202);
    assert_eq!(shop.count("cancel").await, 0);
    assert_eq!(deal.get().await["amounts"]["released"], 0);
    let _ = deal.post_as("k", "captures", &body).await.expect(201);
    eventually("the rest to be released", async || (deal.get().await["status"] == "captured").then_some(())).await;
    deal.ends("captured", [AMOUNT, AMOUNT - 5_000, 5_000, 0]).await;
    assert_eq!((shop.count("capture").await, shop.count("cancel").await), (1, 1));
}

#[tokio::test]
async fn doubt_about_one_movement_does_not_stop_the_others() {
    let shop = Shop::without_messages(At::Billie).await;
    let deal = shop.authorized().await;
    let first = shop.capture(Some(4_000));
    shop.sandbox.fault(json!({ "call": "capture", "kind": "drop_after" })).await;
    let _ = deal.post_as("k", "captures", &first).await.expect(202);
    let second = deal.post("captures", &shop.capture(Some(5_000))).await.expect(201);
    let refund = json!({ "amount": 1_000, "capture_id": second.id() });
    let _ = deal.post("refunds", &refund).await.expect(201);
    assert_eq!(deal.get().await["amounts"]["capturing"], 4_000);
    let _ = deal.post_as("k", "captures", &first).await.expect(201);
    deal.ends("partially_captured", [AMOUNT, 0, 9_000, 1_000]).await;
    let again = Step::INVOICE.ready(&shop).await;
    let _ = in_doubt(&again, "drop_after").await;
}
