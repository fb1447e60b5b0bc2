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
