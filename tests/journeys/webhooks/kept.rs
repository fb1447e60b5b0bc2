//! What is kept of messages: how much, how long, and until a payment is found for it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use local::DEMO_MERCHANT;
use payment::PaymentId;
use sandbox::billie_pad::WEBHOOK_KEY;
use sandbox::buckaroo_billink::{SECRET_KEY, WEBSITE_KEY};
use serde_json::{Value, json};
use service::ProblemCode;
use tests::{eventually, orders};

use super::{EVENTS, FORM, PUSHES, about, event, message, signed};
use crate::support::{At, Backstage, Deal, Shop};

const DAY: i64 = 86_400;

/// The largest message without a signature that is kept, in bytes.
const LARGEST: usize = 16 * 1_024;

/// State and seconds of keeping of each message.
async fn kept(shop: &Shop) -> Vec<(String, i64)> {
    let items: BTreeMap<_, _> = shop.site.table().items().await;
    let messages = items.into_iter().filter(|((key, _), _)| key.starts_with("HOOK#"));
    let of = |item: &std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue>| {
        let text = |name: &str| item[name].as_s().unwrap().clone();
        let received: Timestamp = text("received_at").parse().unwrap();
        let expires: i64 = item["expires_at"].as_n().unwrap().parse().unwrap();
        (text("state"), expires - received.as_second())
    };
    messages.map(|(_, item)| of(&item)).collect()
}

fn overdue(order_reference: &str) -> Value {
    json!({ "event": "invoice_late", "order_id": order_reference, "created_at": "2026-11-17 14:32:16" })
}

/// An authentic push about nothing that we know, of at least so many bytes.
fn push(bytes: usize) -> String {
    let padding = "x".repeat(bytes);
    let fields = [
        ("add_padding", padding.as_str()),
        ("brq_amount", "126.00"),
        ("brq_currency", "EUR"),
        ("brq_invoicenumber", "ORD-0000-ABCDEF-C123456"),
        ("brq_statuscode", "190"),
        ("brq_timestamp", "2026-11-17 14:32:16"),
        ("brq_transaction_type", "C073"),
        ("brq_transactions", "0123456789ABCDEF0123456789ABCDEF"),
        ("brq_websitekey", WEBSITE_KEY),
    ];
    signed(&fields, SECRET_KEY)
}

#[tokio::test]
async fn a_message_that_came_before_its_payment_finds_it_by_the_sweep() {
    let shop = Shop::without_messages(At::Billie).await;
    let backstage = Backstage::of(&shop);
    let key = orders::new_word("k");
    let id = PaymentId::of(&DEMO_MERCHANT.parse().unwrap(), &key.parse().unwrap());
    let early = overdue(&format!("ORD-1001-{}", id.suffix()));
    let _ = event(&shop, &early).await.expect(200);
    backstage.advance(61);
    let swept = backstage.sweep().await;
    assert_eq!((swept.messages, kept(&shop).await[0].0.as_str()), (1, "parked"), "there is nobody to tell it to");

    let opened = shop.opening(&key, &shop.at.order()).send().await.expect(201);
    let deal = Deal::of(&shop, opened.id());
    assert_eq!((deal.id.as_str(), &deal.get().await["receivable"]), (id.as_str(), &Value::Null));
    backstage.advance(121);
    eventually("the sweep to match the message", async || {
        backstage.sweep().await;
        (deal.get().await["receivable"]["overdue"] == true).then_some(())
    })
    .await;
    assert_eq!(kept(&shop).await, [("applied".to_owned(), 90 * DAY)]);
    assert_eq!(deal.story().await.iter().filter(|told| *told == "receivable.overdue").count(), 1);
}

#[tokio::test]
async fn a_hint_is_kept_for_a_day_and_for_90_once_it_has_found_its_payment() {
    let shop = Shop::without_messages(At::Billie).await;
    let _ = event(&shop, &overdue("ORD-1001-ABCDEF")).await.expect(200);
    assert_eq!(kept(&shop).await, [("parked".to_owned(), DAY)]);
    let deal = shop.authorized().await;
    let _ = event(&shop, &about(&deal, "invoice_late", json!({})).await).await.expect(200);
    let mut both = kept(&shop).await;
    both.sort();
    assert_eq!(both, [("applied".to_owned(), 90 * DAY), ("parked".to_owned(), DAY)]);
}

#[tokio::test]
async fn what_is_signed_is_kept_for_90_days_whether_it_fits_or_not() {
    let shop = Shop::without_messages(At::Buckaroo).await;
    let _ = message(&shop, PUSHES, FORM, &push(0)).send().await.expect(200);
    assert_eq!(kept(&shop).await, [("parked".to_owned(), 90 * DAY)]);
}

#[tokio::test]
async fn what_no_look_could_tell_is_kept_and_tried_like_what_is_signed() {
    let shop = Shop::without_messages(At::BilliePsp).await;
    let backstage = Backstage::with_policy(&shop, "cancel");
    let dispute = json!({ "disputeId": "d-1", "reasonCode": "return", "captureId": "nobody-knows-it-yet",
                          "amount": { "currency": "EUR", "amount": 1 }, "defenseDeadline": "2027-01-31T23:59:59Z" });
    let hook = message(&shop, "/v1/webhooks/billie-psp/demo", "application/json", &dispute.to_string());
    let _ = hook.header("x-api-key", sandbox::billie_psp::WEBHOOK_KEY).send().await.expect(200);
    assert_eq!(kept(&shop).await, [("parked".to_owned(), 90 * DAY)]);
    backstage.advance(26 * 3_600);
    assert_eq!(backstage.sweep().await.messages, 1, "it is tried for longer than a day");
    assert_eq!(backstage.service.gauges().await.unwrap().parked_messages, 1, "somebody is told");
}

#[tokio::test]
async fn what_is_not_signed_is_kept_up_to_16_kib() {
    let shop = Shop::without_messages(At::Billie).await;
    let event = overdue("ORD-1001-ABCDEF").to_string();
    let padded = |bytes: usize| {
        let body = format!("{event}{}", " ".repeat(bytes - event.len()));
        message(&shop, EVENTS, "application/json", &body).header("x-api-key", WEBHOOK_KEY).send()
    };
    let _ = padded(LARGEST + 1).await.expect_problem(ProblemCode::BodyTooLarge);
    assert_eq!(kept(&shop).await, []);
    let _ = padded(LARGEST).await.expect(200);
    assert_eq!(kept(&shop).await.len(), 1);
}

#[tokio::test]
async fn what_is_signed_may_be_larger() {
    let shop = Shop::without_messages(At::Buckaroo).await;
    let _ = message(&shop, PUSHES, FORM, &push(LARGEST)).send().await.expect(200);
    assert_eq!(kept(&shop).await.len(), 1);
}

/// A payment at the provider that cannot be read, captured in full: the provider's ids of its order and its capture.
async fn captured_at_the_psp_api(shop: &Shop) -> (String, [String; 2]) {
    let deal = shop.open(&At::BilliePsp.order()).await;
    shop.accept(&deal).await;
    let _ = deal.post("captures", &shop.capture(None)).await.expect(201);
    let payment = deal.get().await;
    let name = |of: &Value| of["provider_reference"].as_str().unwrap().to_owned();
    (deal.id.clone(), [name(&payment), name(&payment["captures"][0])])
}

#[tokio::test]
async fn a_message_that_names_what_is_another_payments_is_kept_and_told_of_as_parked() {
    let shop = Shop::at(At::BilliePsp).await;
    let backstage = Backstage::with_policy(&shop, "cancel");
    let (id, [_, capture]) = captured_at_the_psp_api(&shop).await;
    let (other, [order, _]) = captured_at_the_psp_api(&shop).await;
    let before = (shop.api.payment(&id).await, shop.api.payment(&other).await);
    let told = json!({ "order_id": order, "capture_id": capture, "success": "true" });
    let hook = message(&shop, "/v1/webhooks/billie-psp/demo", "application/json", &told.to_string());
    let _ = hook.header("x-api-key", sandbox::billie_psp::WEBHOOK_KEY).send().await.expect(200);
    assert!(kept(&shop).await.contains(&("parked".to_owned(), 90 * DAY)));
    backstage.advance(61);
    let swept = backstage.sweep().await;
    assert_eq!((swept.messages, swept.failed), (1, 0));
    assert!(kept(&shop).await.contains(&("parked".to_owned(), 90 * DAY)));
    assert_eq!(backstage.service.gauges().await.unwrap().parked_messages, 1, "somebody is told");
    assert_eq!((shop.api.payment(&id).await, shop.api.payment(&other).await), before);
}
