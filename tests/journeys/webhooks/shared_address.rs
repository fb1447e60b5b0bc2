//! Two APIs of one company send to one address, signed with one secret.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Deal, Order, Site, eventually};

/// The APIs that the messages about this order were kept for.
async fn kept_for(site: &Site, order: &str) -> Vec<String> {
    let items = site.table().items().await;
    let messages = items.iter().filter_map(|((key, _), item)| {
        let body = item.get("body")?.as_b().ok()?;
        let told = String::from_utf8_lossy(body.as_ref()).contains(order);
        Some(key.strip_prefix("HOOK#")?.split('#').next()?.to_owned()).filter(|_| told)
    });
    messages.collect()
}

/// An order of the older API, and its name there.
async fn ordered(site: &Site) -> (Deal, String) {
    let opened = site.api.post("/v1/payments", Order::at("billink_v1").json()).await.expect(201);
    let deal = Deal::of(&site.api, &site.sandbox("billink_v1"), opened.id());
    let _ = deal.post("confirm", &json!({})).await.expect(200);
    let name = deal.get().await["order_reference"].as_str().unwrap().to_owned();
    (deal, name)
}

async fn tell(site: &Site, path: &str, body: &Value) {
    let sandbox = site.sandbox("billink_v1");
    sandbox.control(Method::POST, path, body).await;
    sandbox.quiet().await;
}

#[tokio::test]
async fn a_message_is_that_apis_whose_payment_it_is_about_and_waits_for_every_api_while_there_is_none() {
    let (ours, elsewhere) = (Site::start().await, Site::start().await);
    let (deal, name) = ordered(&ours).await;
    tell(&ours, "events", &json!({ "event": "order_paid", "order": name })).await;
    eventually("the payment to be told as paid", async || {
        (deal.story().await.last().unwrap() == "receivable.buyer_paid").then_some(())
    })
    .await;
    let mut kept = kept_for(&ours, &name).await;
    kept.dedup();
    assert_eq!(kept, ["billink_v1"]);

    // The same, sent to where nobody has this payment.
    let stack = elsewhere.stack().expect("this journey needs stacks of its own");
    let address = stack.url.join("v1/webhooks/billink/demo").unwrap();
    tell(&ours, "settings", &json!({ "order_webhook": address })).await;
    tell(&ours, "events", &json!({ "event": "order_on_hold", "order": name })).await;
    assert_eq!(kept_for(&elsewhere, &name).await, ["billink", "billink_v1"]);
}

/// How far the messages about this order got.
async fn states(site: &Site, order: &str) -> Vec<String> {
    let items = site.table().items().await;
    let about = items.values().filter(|item| {
        let body = item.get("body").and_then(|body| body.as_b().ok());
        body.is_some_and(|body| String::from_utf8_lossy(body.as_ref()).contains(order))
    });
    about.filter_map(|item| item.get("state")?.as_s().ok().cloned()).collect()
}

#[tokio::test]
async fn a_message_that_waited_for_every_api_waits_no_longer_once_it_was_one_apis() {
    let (first, second) = (Site::start().await, Site::start().await);
    let (key, order) = (tests::orders::new_word("k"), Order::at("billink_v1"));
    let opened = first.api.post_as(&key, "/v1/payments", order.json()).await.expect(201);
    let deal = Deal::of(&first.api, &first.sandbox("billink_v1"), opened.id());
    let _ = deal.post("confirm", &json!({})).await.expect(200);
    let name = deal.get().await["order_reference"].as_str().unwrap().to_owned();
    let address = second.stack().expect("a stack of its own").url.join("v1/webhooks/billink/demo").unwrap();
    tell(&first, "settings", &json!({ "order_webhook": address })).await;
    tell(&first, "events", &json!({ "event": "order_on_hold", "order": name })).await;
    assert_eq!(states(&second, &name).await, ["parked", "parked"]);

    // The same payment where the message came before it.
    let _ = second.api.post_as(&key, "/v1/payments", order.json()).await.expect(201);
    eventually("nobody to wait for it any more", async || {
        second.table().pass(&["HOOK#"], 400).await;
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        (states(&second, &name).await == ["applied", "applied"]).then_some(())
    })
    .await;
}
