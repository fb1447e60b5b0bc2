//! Captured money that the provider gave back at its own desk: the ledger follows, once, and a refund of ours is not
//! taken for it.

use reqwest::Method;
use sandbox::buckaroo_billink::SECRET_KEY;
use serde_json::{Value, json};
use tests::eventually;

use super::{FORM, PUSHES, Push, about, event, message};
use crate::support::{AMOUNT, At, Backstage, Deal, Shop};

/// The ledger follows the provider, and the event says so in every queue.
async fn is_reversed(deal: &Deal<'_>, minor: i64) {
    let what = "the capture to be reversed";
    eventually(what, async || (deal.get().await["captures"][0]["reversed"] == minor).then_some(())).await;
    let payment = deal.get().await;
    let amounts = json!({ "authorized": AMOUNT, "released": minor, "capturing": 0, "captured": AMOUNT - minor,
                          "refunding": 0, "refunded": 0 });
    assert_eq!((&payment["status"], &payment["amounts"]), (&json!("captured"), &amounts));
    let story = deal.story().await;
    assert_eq!(story.iter().filter(|kind| *kind == "capture.reversed").count(), 1, "{story:?}");
    let events = deal.shop.site.queues().of_payment(&deal.id, story.len() as u64).await;
    let event = events.iter().find(|event| event["type"] == "paylater.capture.reversed.v1").unwrap();
    assert_eq!(event["data"]["capture"], json!({ "id": payment["captures"][0]["id"], "amount": minor }));
    let refused = deal.post("refunds", &json!({ "amount": AMOUNT - minor + 1 })).await.expect(422);
    assert_eq!(refused.code(), "amount_exceeds_captured");
}

async fn looked_at(deal: &Deal<'_>) -> Value {
    deal.shop.api.get(&format!("/v1/payments/{}?refresh=true", deal.id)).await.expect(200).body
}

#[tokio::test]
async fn an_invoice_that_is_cancelled_at_billies_desk_is_seen_by_a_look() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.captured().await;
    let invoice = deal.get().await["captures"][0]["provider_reference"].as_str().unwrap().to_owned();
    shop.sandbox.control(Method::POST, &format!("invoices/{invoice}/cancel"), &json!({})).await;
    for _ in 0..2 {
        looked_at(&deal).await;
    }
    is_reversed(&deal, AMOUNT).await;
}

#[tokio::test]
async fn what_an_event_made_us_look_at_is_seen_in_the_end_though_the_first_look_fails() {
    let shop = Shop::at(At::Billie).await;
    let backstage = Backstage::of(&shop);
    let deal = shop.captured().await;
    shop.sandbox.quiet().await;
    let invoice = deal.get().await["captures"][0]["provider_reference"].as_str().unwrap().to_owned();
    shop.sandbox.control(Method::POST, &format!("invoices/{invoice}/cancel"), &json!({})).await;
    // A read is tried three times.
    shop.sandbox.fault(json!({ "call": "get_order", "kind": "http_5xx", "times": 3 })).await;
    let told = about(&deal, "reminder_email_1", json!({})).await;
    let _ = event(&shop, &told).await.expect(200);
    assert_eq!(deal.get().await["captures"][0]["reversed"], 0, "nobody could look");
    shop.sandbox.no_faults().await;
    eventually("another look", async || {
        backstage.advance(61);
        backstage.sweep().await;
        (deal.get().await["captures"][0]["reversed"] == AMOUNT).then_some(())
    })
    .await;
    is_reversed(&deal, AMOUNT).await;
}

#[tokio::test]
async fn an_invoice_that_our_refund_cancelled_is_that_refund_even_while_it_is_in_doubt() {
    for fault in [None, Some("drop_after")] {
        let shop = Shop::without_messages(At::Billie).await;
        let deal = shop.captured().await;
        if let Some(kind) = fault {
            shop.sandbox.fault(json!({ "call": "cancel_invoice", "kind": kind })).await;
        }
        let _ = deal.post("refunds", &json!({})).await.expect(if fault.is_some() { 202 } else { 201 });
        looked_at(&deal).await;
        let payment = deal.ends("captured", [AMOUNT, 0, AMOUNT, AMOUNT]).await;
        assert_eq!(payment["captures"][0]["reversed"], 0);
        assert_eq!(deal.newest().await["status"], "succeeded");
    }
}

#[tokio::test]
async fn an_order_that_is_credited_in_full_at_billinks_desk_is_told_by_its_signed_message() {
    let shop = Shop::on(tests::Site::start().await, At::Billink);
    let deal = shop.open(&At::Billink.order()).await;
    let reference = deal.get().await["order_reference"].clone();
    shop.sandbox.buyer(reference.as_str().unwrap(), "accept").await;
    super::settled(&deal, "authorized").await;
    let _ = deal.post("captures", &json!({})).await.expect(201);
    shop.sandbox.quiet().await;
    let credited = json!({ "event": "order_fully_accredited", "order": reference });
    shop.sandbox.control(Method::POST, "events", &credited).await;
    is_reversed(&deal, AMOUNT).await;
}

#[tokio::test]
async fn an_order_that_our_refunds_credited_in_full_is_not_reversed() {
    let shop = Shop::on(tests::Site::start().await, At::Billink);
    let deal = shop.open(&At::Billink.order()).await;
    let reference = deal.get().await["order_reference"].clone();
    shop.sandbox.buyer(reference.as_str().unwrap(), "accept").await;
    super::settled(&deal, "authorized").await;
    let _ = deal.post("captures", &json!({})).await.expect(201);
    shop.sandbox.webhooks(json!({ "before_answer": true })).await;
    for amount in [2_600, 10_000] {
        let _ = deal.post("refunds", &json!({ "amount": amount })).await.expect(201);
    }
    shop.sandbox.quiet().await;
    deal.ends("captured", [AMOUNT, 0, AMOUNT, AMOUNT]).await;
    assert!(!deal.story().await.contains(&"capture.reversed".to_owned()));
}

/// A refund at Buckaroo's desk of a part, under a name that we never gave.
async fn refunded_at_the_desk(deal: &Deal<'_>, key: &str, invoice: &Value) {
    let push =
        Push { key, invoice: invoice.as_str().unwrap(), transaction_type: "C070", status: "190", amount: "25.00" };
    let _ = message(deal.shop, PUSHES, FORM, &push.body(SECRET_KEY)).send().await.expect(200);
}

#[tokio::test]
async fn a_refund_at_buckaroos_desk_is_told_by_its_signed_push_and_counted_once() {
    let shop = Shop::at(At::Buckaroo).await;
    let deal = shop.captured().await;
    shop.sandbox.quiet().await;
    let order = deal.get().await["order_reference"].clone();
    for _ in 0..2 {
        refunded_at_the_desk(&deal, "DE5C0000000000000000000000000001", &order).await;
    }
    is_reversed(&deal, 2_500).await;
}

#[tokio::test]
async fn a_push_that_names_only_the_order_is_our_refund_in_doubt_of_that_amount() {
    let shop = Shop::without_messages(At::Buckaroo).await;
    let deal = shop.captured().await;
    let order = deal.get().await["order_reference"].clone();
    shop.sandbox.fault(json!({ "call": "refund", "kind": "drop_after" })).await;
    let _ = deal.post("refunds", &json!({ "amount": 2_500 })).await.expect(202);
    let transactions = shop.sandbox.books().await["transactions"].clone();
    let key = transactions.as_array().unwrap().last().unwrap()["key"].as_str().unwrap().to_owned();
    refunded_at_the_desk(&deal, &key, &order).await;
    let payment = deal.ends("captured", [AMOUNT, 0, AMOUNT, 2_500]).await;
    assert_eq!(
        (&payment["captures"][0]["reversed"], &payment["refunds"][0]["status"]),
        (&json!(0), &json!("succeeded"))
    );
}
