//! A Billink account without webhook secrets: anybody may send its messages, so they only make us look.

use local::{DEMO_KEY, DEMO_MERCHANT, StackOptions, key_entry};
use reqwest::Method;
use sandbox::Running;
use serde_json::{Value, json};
use service::Scope;
use tests::{Deal, Order, Sandbox, Site, eventually};
use tokio::net::TcpListener;

const ADDRESS: &str = "/v1/webhooks/billink/demo";

/// A stack whose merchant has such an account, and the stand-in that it is at.
struct Unsigned {
    site: Site,
    sandbox: Sandbox,
    _running: Running,
}

impl Unsigned {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let running = sandbox::billink::start(listener, sandbox::billink::Settings::default()).await.unwrap();
        let mut account = sandbox::billink::account(&running.url());
        account["webhook_secrets"] = json!([]);
        let merchants = json!([{
            "merchant": DEMO_MERCHANT,
            "api_keys": [key_entry(DEMO_KEY, Scope::Checkout, "checkout")],
            "accounts": { "billink": account },
        }]);
        let options = StackOptions { merchants: Some(merchants.to_string()), ..StackOptions::default() };
        let site = Site::start_own(options).await;
        let sandbox = Sandbox::new(running.url());
        let address = site.api.base().join(ADDRESS).unwrap();
        let settings = json!({ "signed": false, "session_webhook": address, "order_webhook": address });
        sandbox.control(Method::POST, "settings", &settings).await;
        Self { site, sandbox, _running: running }
    }

    async fn opened(&self) -> Deal {
        let opened = self.site.api.post("/v1/payments", Order::at("billink").json()).await.expect(201);
        Deal::of(&self.site.api, &self.sandbox, opened.id())
    }

    /// The buyer accepts on the page and does not come back, so that only the session's message tells.
    async fn accepted(&self) -> Deal {
        let deal = self.opened().await;
        let url = deal.get().await["action"]["url"].as_str().unwrap().to_owned();
        self.sandbox.buyer(url.rsplit('/').next().unwrap(), "accept").await;
        becomes(&deal, "/status", &json!("authorized")).await;
        deal
    }

    /// Anybody's message.
    async fn say(&self, body: &Value) {
        let request = self.site.api.request(Method::POST, ADDRESS).authorization(None).without_key();
        let _ = request.raw(body.to_string(), Some("application/json")).send().await.expect(200);
    }

    /// Every word about a payment that a message can have.
    async fn say_everything(&self, deal: &Deal) {
        let reference = deal.get().await["order_reference"].clone();
        for status in ["cancelled", "failed", "session_expired", "order_created"] {
            self.say(&json!({ "status": status, "invoiceNumber": reference })).await;
        }
        for event in [
            "order_placed",
            "order_workflow_started",
            "partial_payment_added",
            "order_paid",
            "partial_credit_added",
            "order_fully_accredited",
            "customer_fully_paid",
            "order_on_hold",
            "order_teleported",
        ] {
            self.say(&json!({ "event": event, "invoice_number_clean": reference })).await;
        }
    }
}

async fn becomes(deal: &Deal, pointer: &str, value: &Value) {
    eventually(pointer, async || (deal.get().await.pointer(pointer) == Some(value)).then_some(())).await;
}

#[tokio::test]
async fn a_session_message_that_nobody_signed_makes_us_look_and_what_it_says_is_not_believed() {
    let shop = Unsigned::start().await;
    let waiting = shop.opened().await;
    shop.say_everything(&waiting).await;
    waiting.ends("requires_action", [0, 0, 0, 0]).await;
    assert!(shop.sandbox.count("session_status").await > 0, "nobody looked");

    let deal = shop.accepted().await;
    shop.say_everything(&deal).await;
    deal.ends("authorized", [12_600, 0, 0, 0]).await;
    assert_eq!(deal.story().await.last().unwrap(), "payment.authorized");
}

#[tokio::test]
async fn an_order_message_that_nobody_signed_makes_us_read_who_was_paid() {
    let shop = Unsigned::start().await;
    let deal = shop.accepted().await;
    let _ = deal.post("captures", &json!({})).await.expect(201);
    let before = deal.story().await;
    shop.say_everything(&deal).await;
    eventually("a look after the capture", async || (shop.sandbox.count("order_info").await > 0).then_some(())).await;
    deal.ends("captured", [12_600, 0, 12_600, 0]).await;
    assert_eq!(deal.story().await, before);
    assert_eq!(deal.get().await["receivable"], Value::Null);

    let path = format!("orders/{}", deal.get().await["order_reference"].as_str().unwrap());
    shop.sandbox.control(Method::POST, &path, &json!({ "paid": 12_600, "paid_out": true })).await;
    becomes(&deal, "/receivable/outstanding", &json!(0)).await;
    let told = deal.story().await.split_off(before.len());
    assert_eq!(told, ["receivable.paid_out", "receivable.buyer_paid"]);
    deal.ends("captured", [12_600, 0, 12_600, 0]).await;
}
