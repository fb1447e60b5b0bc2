//! What a whole payment asks of AWS, in the units that AWS counts.

use lambda_http::http::{HeaderMap, HeaderValue};
use providers::{Deadline, Inbound};
use serde_json::{Value, json};
use tests::cost::{EVENTS, STEPS, Step};
use tests::{Order, orders};

use crate::support::{At, Backstage, Consumed, Shop, Spy};

/// The use cases with a meter between them and the table.
struct Metered {
    shop: Shop,
    backstage: Backstage,
    spy: Spy,
    found: Vec<Step>,
}

impl Metered {
    async fn start() -> Self {
        let shop = Shop::without_messages(At::Billie).await;
        let spy = Spy::before(&shop.site.stack().expect("a stack of its own").aws.dynamodb_url).await;
        let backstage = Backstage::through(&shop, &spy.url);
        Self { shop, backstage, spy, found: Vec::new() }
    }

    /// Writes down what was asked since the last step.
    async fn step(&mut self) {
        let calls = self.shop.sandbox.calls().await;
        self.shop.sandbox.forget_calls().await;
        let calls = calls.iter().filter(|call| call["call"] != "token").count() as u32;
        let Consumed { reads, writes, changes } = self.spy.take_consumed();
        let Step { name, requests, .. } = STEPS[self.found.len()];
        self.found.push(Step {
            name,
            requests,
            calls,
            reads: reads.div_ceil(10),
            writes: writes.div_ceil(10),
            changes,
        });
    }

    async fn message(&self, message: &Value) {
        let body = message["body"].as_str().map_or_else(|| message["body"].to_string(), str::to_owned);
        let mut headers = HeaderMap::new();
        headers.insert("x-api-key", HeaderValue::from_static(sandbox::billie_pad::WEBHOOK_KEY));
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        let url = message["url"].as_str().unwrap();
        let inbound = Inbound { url, headers: &headers, body: body.as_bytes() };
        let deadline = Deadline::within(std::time::Duration::from_secs(20));
        self.backstage.service.webhook("billie-pad", local::DEMO_MERCHANT, inbound, "m", deadline).await.unwrap();
    }
}

#[tokio::test]
async fn a_payment_asks_for_what_the_readme_counts() {
    let mut metered = Metered::start().await;
    let call = metered.backstage.call();
    let service = metered.backstage.service.clone();
    let order = Order::billie_pad().json().to_string();
    let opened = service.create_session(&call, Some("k"), order.as_bytes()).await.unwrap();
    metered.step().await;
    let id = opened.body["id"].as_str().unwrap().to_owned();
    let page = opened.body["action"]["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let back = metered.shop.sandbox.buyer(&page, "accept").await["location"].as_str().unwrap().to_owned();
    let back: url::Url = back.parse().unwrap();
    let query: Vec<(String, String)> = back.query_pairs().into_owned().collect();
    service.return_buyer(&id, &query, "r", call.deadline).await.unwrap();
    metered.step().await;
    service.get(&call, &id, &[]).await.unwrap();
    metered.step().await;
    service.confirm(&call, &id, Some("c"), b"{}").await.unwrap();
    metered.step().await;
    service.capture(&call, &id, Some("s"), orders::capture().to_string().as_bytes()).await.unwrap();
    metered.step().await;
    for message in metered.shop.sandbox.deliveries().await {
        metered.message(&message).await;
    }
    metered.step().await;
    metered.backstage.advance(10);
    metered.backstage.sweep().await;
    metered.step().await;
    service.get(&call, &id, &[]).await.unwrap();
    metered.step().await;
    let refund = json!({ "amount": 2_500 }).to_string();
    service.refund(&call, &id, Some("b"), refund.as_bytes()).await.unwrap();
    metered.step().await;
    let timeline = metered.shop.api.get(&format!("/v1/payments/{id}/timeline")).await.expect(200);
    let events = timeline.at("/data").as_array().unwrap().len() as u32;
    let told: Vec<String> = metered.found.iter().map(|step| format!("{step:?}")).collect();
    let what = "write these into tests/src/cost.rs, then write the README anew";
    assert_eq!(metered.found, STEPS, "{what}:\n{}", told.join("\n"));
    assert_eq!(events, EVENTS, "{what}");
}
