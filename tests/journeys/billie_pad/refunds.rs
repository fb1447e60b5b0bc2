//! Money back: credit notes for parts, and a cancelled invoice for a capture that nobody touched.

use serde_json::{Value, json};
use service::ProblemCode;

use crate::support::{AMOUNT, At, Shop};

/// The provider's invoices.
async fn invoices(shop: &Shop) -> Vec<Value> {
    shop.sandbox.books().await["invoices"].as_array().unwrap().clone()
}

#[tokio::test]
async fn credit_notes_give_back_parts_until_nothing_is_left() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.captured().await;
    let body = json!({ "amount": 1_000, "reason": "Damaged", "reference": "CN-1" });
    let first = deal.post("refunds", &body).await.expect(201);
    assert_eq!((first.at("/reason"), first.at("/reference")), (&json!("Damaged"), &json!("CN-1")));
    let _ = deal.post("refunds", &json!({ "lines": [{ "reference": "CHAIR", "quantity": 1 }] })).await.expect(201);
    deal.ends("captured", [AMOUNT, 0, AMOUNT, 7_050]).await;
    let rest = deal.post("refunds", &json!({})).await.expect(201);
    assert_eq!(rest.at("/amount"), 5_550);
    deal.ends("captured", [AMOUNT, 0, AMOUNT, AMOUNT]).await;
    assert_eq!((shop.count("refund").await, shop.count("cancel_invoice").await), (3, 0));
    let notes = invoices(&shop).await[0]["credit_notes"].clone();
    let amounts: Vec<_> = notes.as_array().unwrap().iter().map(|note| note["amount"].as_i64().unwrap()).collect();
    assert_eq!((amounts, &notes[0]["reference"]), (vec![1_000, 6_050, 5_550], &json!("CN-1")));
}

#[tokio::test]
async fn a_whole_capture_goes_back_as_a_cancelled_invoice() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.captured().await;
    let _ = deal.post("refunds", &json!({})).await.expect(201);
    deal.ends("captured", [AMOUNT, 0, AMOUNT, AMOUNT]).await;
    assert_eq!((shop.count("refund").await, shop.count("cancel_invoice").await), (0, 1));
    assert_eq!(invoices(&shop).await[0]["state"], "canceled");
}

#[tokio::test]
async fn a_whole_capture_with_a_number_of_its_own_goes_back_as_a_credit_note() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.captured().await;
    let _ = deal.post("refunds", &json!({ "reference": "CN-7" })).await.expect(201);
    deal.ends("captured", [AMOUNT, 0, AMOUNT, AMOUNT]).await;
    assert_eq!(invoices(&shop).await[0]["credit_notes"][0]["reference"], "CN-7");
}

#[tokio::test]
async fn each_refund_takes_from_one_capture() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    let small = deal.post("captures", &shop.capture(Some(3_000))).await.expect(201);
    let large = deal.post("captures", &shop.capture(Some(5_000))).await.expect(201);

    // The oldest one that holds it all.
    let refund = deal.post("refunds", &json!({ "amount": 4_000 })).await.expect(201);
    assert_eq!(refund.at("/capture_id"), large.at("/id"));
    let refund = deal.post("refunds", &json!({ "amount": 1_000 })).await.expect(201);
    assert_eq!(refund.at("/capture_id"), small.at("/id"));
    // 20.00 are left of the small one, 10.00 of the large one.
    let nobody = deal.post("refunds", &json!({ "amount": 2_500 })).await.expect_problem(ProblemCode::ValidationFailed);
    assert_eq!(nobody.pointers(), ["/capture_id"]);
    let too_much = json!({ "amount": 1_001, "capture_id": large.at("/id") });
    let _ = deal.post("refunds", &too_much).await.expect_problem(ProblemCode::AmountExceedsCaptured);
    let unknown = json!({ "capture_id": format!("cap_{}", "0".repeat(26)) });
    let refused = deal.post("refunds", &unknown).await.expect_problem(ProblemCode::ValidationFailed);
    assert_eq!(refused.pointers(), ["/capture_id"]);
    let rest = deal.post("refunds", &json!({ "capture_id": large.at("/id") })).await.expect(201);
    assert_eq!(rest.at("/amount"), 1_000);
    deal.ends("partially_captured", [AMOUNT, 0, 8_000, 6_000]).await;

    let refunded: Vec<_> = invoices(&shop).await.iter().map(|invoice| invoice["refunded"].as_i64().unwrap()).collect();
    assert_eq!(refunded, [1_000, 5_000]);
}

#[tokio::test]
async fn units_are_refunded_once() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    let mut body = shop.capture(None);
    body["lines"] = json!([{ "reference": "CHAIR", "quantity": 1 }, { "reference": "SHIP", "quantity": 1 }]);
    let capture = deal.post("captures", &body).await.expect(201);
    let lines = json!({ "capture_id": capture.at("/id"), "lines": [{ "reference": "CHAIR", "quantity": 1 }] });
    let _ = deal.post("refunds", &lines).await.expect(201);
    let again = deal.post("refunds", &lines).await.expect(422);
    assert!(["validation_failed", "amount_exceeds_captured"].contains(&again.code()), "{:#}", again.body);
    deal.ends("partially_captured", [AMOUNT, 0, 6_550, 6_050]).await;
}
