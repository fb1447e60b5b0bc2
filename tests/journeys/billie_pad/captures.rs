//! Shipments: an invoice each, until everything is captured or the rest is released.

use serde_json::{Value, json};
use service::ProblemCode;

use crate::support::{AMOUNT, At, Deal, Shop};

/// The provider's invoices: number and amount, oldest first.
async fn invoices(shop: &Shop) -> Vec<(Value, Value)> {
    let books = shop.sandbox.books().await;
    let invoices = books["invoices"].as_array().unwrap();
    invoices.iter().map(|invoice| (invoice["reference"].clone(), invoice["amount"].clone())).collect()
}

fn shipment(number: &str) -> Value {
    json!({ "carrier": "DHL", "tracking_number": number, "tracking_url": format!("https://dhl.example/{number}") })
}

#[tokio::test]
async fn each_shipment_captures_its_lines_until_all_is_captured() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    let shipments = [
        (json!([{ "reference": "CHAIR", "quantity": 1 }]), 6_050, "partially_captured"),
        (json!([{ "reference": "SHIP", "quantity": 1 }]), 500, "partially_captured"),
        (json!([{ "reference": "CHAIR", "quantity": 1 }]), 6_050, "captured"),
    ];
    let (mut sum, mut told) = (0, Vec::new());
    for (lines, amount, status) in shipments {
        let mut body = shop.capture(None);
        (body["lines"], body["shipment"]) = (lines.clone(), shipment("0034"));
        let capture = deal.post("captures", &body).await.expect(201);
        assert_eq!((capture.at("/amount"), capture.at("/lines")), (&json!(amount), &lines));
        assert_eq!(capture.at("/shipment/tracking_number"), "0034");
        assert_eq!(capture.at("/invoice"), &body["invoice"]);
        sum += amount;
        told.push((body["invoice"]["number"].clone(), json!(amount)));
        deal.ends(status, [AMOUNT, 0, sum, 0]).await;
    }
    assert_eq!(invoices(&shop).await, told);
}

#[tokio::test]
async fn captures_by_amount_go_on_until_nothing_is_left() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    for (amount, sum) in [(1, 1), (4_999, 5_000), (7_599, 12_599)] {
        let _ = deal.post("captures", &shop.capture(Some(amount))).await.expect(201);
        deal.ends("partially_captured", [AMOUNT, 0, sum, 0]).await;
    }
    let too_much = deal.post("captures", &shop.capture(Some(2))).await;
    let _ = too_much.expect_problem(ProblemCode::AmountExceedsAuthorized);
    let rest = deal.post("captures", &shop.capture(None)).await.expect(201);
    assert_eq!(rest.at("/amount"), 1);
    deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
}

#[tokio::test]
async fn units_that_were_captured_cannot_be_captured_again() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    let mut body = shop.capture(None);
    body["lines"] = json!([{ "reference": "SHIP", "quantity": 1 }]);
    let _ = deal.post("captures", &body).await.expect(201);
    let mut again = shop.capture(None);
    again["lines"] = json!([{ "reference": "SHIP", "quantity": 1 }]);
    let refused = deal.post("captures", &again).await.expect_problem(ProblemCode::ValidationFailed);
    assert_eq!(refused.pointers(), ["/lines/0/quantity"]);
    deal.ends("partially_captured", [AMOUNT, 0, 500, 0]).await;
}

#[tokio::test]
async fn a_final_capture_releases_the_rest_by_a_second_operation() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    let mut body = shop.capture(Some(6_050));
    body["final"] = json!(true);
    let capture = deal.post_as("k", "captures", &body).await.expect(201);
    assert_eq!(capture.at("/payment/status"), "captured");
    let payment = deal.ends("captured", [AMOUNT, 6_550, 6_050, 0]).await;
    let kinds: Vec<_> =
        payment["operations"].as_array().unwrap().iter().map(|o| (&o["kind"], &o["status"], &o["amount"])).collect();
    let expected = [
        (&json!("create_session"), &json!("succeeded"), &json!(AMOUNT)),
        (&json!("capture"), &json!("succeeded"), &json!(6_050)),
        (&json!("cancel"), &json!("succeeded"), &json!(6_550)),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(deal.story().await[2..], ["capture.succeeded", "payment.remainder_released", "payment.captured"]);
    assert!(deal.post_as("k", "captures", &body).await.expect(201).is_replay());
    assert_eq!((shop.count("capture").await, shop.count("cancel").await), (1, 1));
}

#[tokio::test]
async fn a_final_capture_of_everything_has_nothing_to_release() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    let mut body = shop.capture(None);
    body["final"] = json!(true);
    let _ = deal.post("captures", &body).await.expect(201);
    deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
    assert_eq!(shop.count("cancel").await, 0);
}

#[tokio::test]
async fn a_final_capture_that_is_refused_releases_nothing() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    let first = shop.capture(Some(1_000));
    let _ = deal.post("captures", &first).await.expect(201);
    // Billie takes an invoice number once.
    let mut body = first.clone();
    (body["amount"], body["final"]) = (json!(2_000), json!(true));
    let refused = deal.post("captures", &body).await.expect_problem(ProblemCode::ProviderRefused);
    assert_eq!(refused.at("/retry"), "never");
    let payment = deal.ends("partially_captured", [AMOUNT, 0, 1_000, 0]).await;
    assert_eq!(payment["operations"].as_array().unwrap().last().unwrap()["reason"], "prerequisite_failed");
    assert_eq!(shop.count("cancel").await, 0);
    let _ = deal.post("captures", &shop.capture(None)).await.expect(201);
    deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
}

/// A capture that the provider refuses, by the number of an invoice that it has.
async fn refused_capture(shop: &Shop, deal: &Deal<'_>) {
    let taken = shop.capture(Some(500));
    let _ = deal.post("captures", &taken).await.expect(201);
    let mut again = taken.clone();
    again["amount"] = json!(600);
    let _ = deal.post("captures", &again).await.expect_problem(ProblemCode::ProviderRefused);
}

#[tokio::test]
async fn a_capture_that_billie_refuses_gives_its_reservation_back() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    refused_capture(&shop, &deal).await;
    deal.ends("partially_captured", [AMOUNT, 0, 500, 0]).await;
    assert_eq!(deal.story().await.last().unwrap(), "capture.failed");
    let _ = deal.post("captures", &shop.capture(Some(12_100))).await.expect(201);
    deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
}

#[tokio::test]
async fn the_rest_is_cancelled_after_some_was_captured() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    let _ = deal.post("captures", &shop.capture(Some(4_000))).await.expect(201);
    let canceled = deal.post("cancel", &json!({})).await.expect(200);
    assert_eq!(canceled.at("/status"), "captured");
    deal.ends("captured", [AMOUNT, 8_600, 4_000, 0]).await;
    let refused = deal.post("captures", &shop.capture(Some(1))).await;
    let _ = refused.expect_problem(ProblemCode::StatusDoesNotAllow);
    let _ = deal.post("refunds", &json!({})).await.expect(201);
    deal.ends("captured", [AMOUNT, 8_600, 4_000, 4_000]).await;
}

#[tokio::test]
async fn all_of_it_is_cancelled_before_anything_was_captured() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    let _ = deal.post("cancel", &json!({})).await.expect(200);
    deal.ends("canceled", [AMOUNT, AMOUNT, 0, 0]).await;
    shop.sandbox.quiet().await;
    deal.ends("canceled", [AMOUNT, AMOUNT, 0, 0]).await;
}
