//! What consumers of the queues see: every event in order, from each queue, with the ledger as it was.

use serde_json::{Value, json};
use tests::Order;

use crate::support::{AMOUNT, At, Deal, Shop};

/// The ledger that an event must carry, from the one before it.
fn next(mut amounts: Value, event: &Value) -> Value {
    let data = &event["data"];
    let mut add = |part: &str, amount: &Value| {
        amounts[part] = json!(amounts[part].as_i64().unwrap() + amount.as_i64().unwrap());
    };
    match event["type"].as_str().unwrap().trim_start_matches("paylater.").trim_end_matches(".v1") {
        "payment.authorized" => add("authorized", &json!(AMOUNT)),
        "capture.succeeded" => add("captured", &data["capture"]["amount"]),
        "refund.succeeded" => add("refunded", &data["refund"]["amount"]),
        "payment.remainder_released" | "payment.canceled" => {
            let taken = data["amounts"]["captured"].as_i64().unwrap();
            add("released", &json!(data["amounts"]["authorized"].as_i64().unwrap() - taken));
        }
        _ => {}
    }
    amounts
}

/// Checks a payment's events from both queues against each other, its timeline, its ledger and itself.
async fn are_right(deal: &Deal<'_>) -> Vec<Value> {
    let (timeline, payment) = (deal.timeline().await, deal.agreed().await);
    let events = deal.shop.site.queues().of_payment(&deal.id, timeline.len() as u64).await;
    let mut amounts = json!({ "authorized": 0, "released": 0, "captured": 0, "refunded": 0 });
    let mut status = json!("created");
    for (event, entry) in events.iter().zip(&timeline) {
        amounts = next(amounts, event);
        for part in ["authorized", "released", "captured", "refunded"] {
            assert_eq!(event["data"]["amounts"][part], amounts[part], "{part} of {event:#}");
        }
        assert_eq!(event["data"]["amounts"], entry["amounts"], "{event:#}");
        assert_eq!(event["data"]["previous_status"], status, "{event:#}");
        status = event["data"]["status"].clone();
        assert_eq!((&event["source"], &event["data"]["merchant"]), (&json!("/merchants/demo"), &json!("demo")));
        assert_eq!((&event["data"]["provider"], &event["subject"]), (&json!(deal.shop.at.name()), &json!(deal.id)));
    }
    let last = &events.last().unwrap()["data"];
    assert_eq!((&last["amounts"], &last["status"]), (&payment["amounts"], &payment["status"]));
    events
}

fn types(events: &[Value]) -> Vec<&str> {
    let bare = |event| Value::as_str(event).unwrap().trim_start_matches("paylater.").trim_end_matches(".v1");
    events.iter().map(|event| bare(&event["type"])).collect()
}

#[tokio::test]
async fn a_life_at_billie_is_told_by_both_queues_with_every_doubt_in_it() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    let first = shop.capture(Some(5_000));
    shop.sandbox.fault(json!({ "call": "capture", "kind": "drop_after" })).await;
    let _ = deal.post_as("k", "captures", &first).await.expect(202);
    let _ = deal.post_as("k", "captures", &first).await.expect(201);
    let mut refused = first.clone();
    refused["amount"] = json!(1_000);
    let _ = deal.post("captures", &refused).await.expect(422);
    let mut last = shop.capture(Some(6_000));
    last["final"] = json!(true);
    let _ = deal.post("captures", &last).await.expect(201);
    let _ = deal.post("refunds", &json!({ "amount": 700 })).await.expect(201);
    let order = deal.get().await["provider_reference"].clone();
    let reminder = json!({ "event": "reminder_email_1", "order": order });
    shop.sandbox.control(reqwest::Method::POST, "events", &reminder).await;
    shop.sandbox.quiet().await;
    let events = are_right(&deal).await;
    let expected = [
        "payment.created",
        "payment.authorized",
        "operation.in_doubt",
        "operation.resolved",
        "capture.succeeded",
        "capture.failed",
        "capture.succeeded",
        "payment.remainder_released",
        "payment.captured",
        "refund.succeeded",
        "receivable.dunning",
    ];
    assert_eq!(types(&events), expected);
    assert_eq!(events[2]["data"]["amounts"]["capturing"], 5_000);
    assert_eq!(events[4]["data"]["capture"]["invoice_number"], first["invoice"]["number"]);
    assert_eq!(events[10]["data"]["cause"]["kind"], "webhook");
}

#[tokio::test]
async fn a_life_at_buckaroo_is_told_by_both_queues() {
    let shop = Shop::with_page().await;
    let deal = shop.open(&Order::buckaroo_billink()).await;
    let key = deal.get().await["provider_reference"].as_str().unwrap().to_owned();
    shop.sandbox.buyer(&key, "accept").await;
    shop.sandbox.quiet().await;
    let _ = deal.post("captures", &json!({})).await.expect(201);
    shop.set(json!({ "pending": ["refund"] })).await;
    let _ = deal.post("refunds", &json!({ "amount": 600 })).await.expect(202);
    let transactions = shop.sandbox.books().await["transactions"].clone();
    let refund = transactions.as_array().unwrap().last().unwrap()["key"].as_str().unwrap().to_owned();
    shop.sandbox
        .control(reqwest::Method::POST, &format!("transactions/{refund}"), &json!({ "outcome": "success" }))
        .await;
    shop.sandbox.quiet().await;
    let events = are_right(&deal).await;
    let expected = [
        "payment.created",
        "payment.requires_action",
        "payment.authorized",
        "capture.succeeded",
        "payment.captured",
        "refund.pending",
        "refund.succeeded",
    ];
    assert_eq!(types(&events), expected);
    assert_eq!(events[5]["data"]["amounts"]["refunding"], 600);
}

#[tokio::test]
async fn an_end_without_money_is_told_by_both_queues() {
    for at in At::BOTH {
        let shop = Shop::at(at).await;
        let deal = shop.authorized().await;
        let _ = deal.post("cancel", &json!({})).await.expect(200);
        let events = are_right(&deal).await;
        assert_eq!(types(&events), ["payment.created", "payment.authorized", "payment.canceled"]);
    }
}

#[tokio::test]
async fn many_payments_at_once_have_no_gap_in_any_queue() {
    let shop = Shop::at(At::Billie).await;
    shop.sandbox.webhooks(json!({ "mode": "duplicate" })).await;
    let lives = (0..12).map(async |_| {
        let deal = shop.authorized().await;
        for amount in [1_000, 2_000, 3_000] {
            let _ = deal.post("captures", &shop.capture(Some(amount))).await.expect(201);
            let _ = deal.post("refunds", &json!({ "amount": amount / 2 })).await.expect(201);
        }
        let _ = deal.post("cancel", &json!({})).await.expect(200);
        deal
    });
    let mut deals = Vec::new();
    let mut lives: Vec<_> = lives.map(Box::pin).collect();
    // Three at a time, so that their writes lie between each other's.
    while let Some(first) = lives.pop() {
        let (second, third) = (lives.pop().unwrap(), lives.pop().unwrap());
        let (first, second, third) = tokio::join!(first, second, third);
        deals.extend([first, second, third]);
    }
    shop.sandbox.quiet().await;
    let mut queues = shop.site.queues();
    for deal in &deals {
        let payment = deal.ends("captured", [AMOUNT, 6_600, 6_000, 3_000]).await;
        let events = queues.of_payment(&deal.id, deal.timeline().await.len() as u64).await;
        assert_eq!(events.last().unwrap()["data"]["amounts"], payment["amounts"]);
    }
    queues.check_gaps();
}
