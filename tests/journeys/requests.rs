//! What an operation costs: requests to DynamoDB and calls of the provider.

use serde_json::{Value, json};
use service::Answer;
use tests::Order;

use crate::support::{At, Backstage, Shop, Spy};

/// The use cases with a spy between them and the table.
struct Counted {
    shop: Shop,
    backstage: Backstage,
    spy: Spy,
}

impl Counted {
    async fn at(at: At) -> Self {
        let shop = Shop::without_messages(at).await;
        let spy = Spy::before(&shop.site.stack().expect("a stack of its own").aws.dynamodb_url).await;
        let backstage = Backstage::through(&shop, &spy.url);
        Self { shop, backstage, spy }
    }

    /// What was asked of the table and of the provider since the last time.
    async fn cost(&self) -> (Vec<String>, Vec<String>) {
        let name = |call: Value| call["call"].as_str().unwrap().to_owned();
        let calls = self.shop.sandbox.calls().await.into_iter().map(name).collect();
        self.shop.sandbox.forget_calls().await;
        (self.spy.take(), calls)
    }

    #[track_caller]
    fn costs(&self, found: (Vec<String>, Vec<String>), table: &[&str], provider: &[&str]) {
        assert_eq!(found.0, table, "requests to the table, with calls {:?}", found.1);
        assert_eq!(found.1, provider, "calls of the provider");
    }

    async fn create(&self, key: &str, order: &Order) -> Answer {
        let body = order.json().to_string();
        self.backstage.service.create_session(&self.backstage.call(), Some(key), body.as_bytes()).await.unwrap()
    }

    async fn capture(&self, id: &str, key: &str, body: &Value) -> Answer {
        let body = body.to_string();
        self.backstage.service.capture(&self.backstage.call(), id, Some(key), body.as_bytes()).await.unwrap()
    }

    async fn refund(&self, id: &str, amount: i64) -> Answer {
        let body = json!({ "amount": amount }).to_string();
        self.backstage.service.refund(&self.backstage.call(), id, Some("r"), body.as_bytes()).await.unwrap()
    }

    async fn cancel(&self, id: &str) -> Answer {
        self.backstage.service.cancel(&self.backstage.call(), id, Some("x"), b"").await.unwrap()
    }
}

fn id(answer: &Answer) -> String {
    answer.body["id"].as_str().unwrap().to_owned()
}

const WRITES_TWICE: [&str; 3] = ["GetItem", "PutItem", "PutItem"];

#[tokio::test]
async fn a_payment_is_one_transaction_and_one_write() {
    for (at, calls) in [(At::Buckaroo, &["authorize"][..]), (At::Billie, &["token", "create_order"][..])] {
        let counted = Counted::at(at).await;
        let answer = counted.create("k", &at.order()).await;
        assert_eq!(answer.status, 201);
        counted.costs(counted.cost().await, &["TransactWriteItems", "PutItem"], calls);
    }
}

#[tokio::test]
async fn a_capture_is_one_read_and_two_writes_and_one_call() {
    for at in At::BOTH {
        let counted = Counted::at(at).await;
        let payment = id(&counted.create("k", &at.order()).await);
        counted.cost().await;
        let answer = counted.capture(&payment, "c", &counted.shop.capture(None)).await;
        assert_eq!(answer.status, 201);
        counted.costs(counted.cost().await, &WRITES_TWICE, &["capture"]);
    }
}

#[tokio::test]
async fn a_refund_is_one_read_and_two_writes_and_one_call() {
    for at in At::BOTH {
        let counted = Counted::at(at).await;
        let payment = id(&counted.create("k", &at.order()).await);
        counted.capture(&payment, "c", &counted.shop.capture(None)).await;
        counted.cost().await;
        assert_eq!(counted.refund(&payment, 2_500).await.status, 201);
        counted.costs(counted.cost().await, &WRITES_TWICE, &["refund"]);
    }
}

#[tokio::test]
async fn a_cancel_is_one_read_and_two_writes_and_one_call() {
    for at in At::BOTH {
        let counted = Counted::at(at).await;
        let payment = id(&counted.create("k", &at.order()).await);
        counted.cost().await;
        assert_eq!(counted.cancel(&payment).await.status, 200);
        counted.costs(counted.cost().await, &WRITES_TWICE, &["cancel"]);
    }
}

#[tokio::test]
async fn a_final_capture_costs_two_more_writes_a_look_and_one_more_call() {
    let counted = Counted::at(At::Billie).await;
    let payment = id(&counted.create("k", &At::Billie.order()).await);
    counted.cost().await;
    let mut body = counted.shop.capture(Some(5_000));
    body["final"] = json!(true);
    assert_eq!(counted.capture(&payment, "c", &body).await.status, 201);
    let table = ["GetItem", "PutItem", "PutItem", "PutItem", "PutItem"];
    counted.costs(counted.cost().await, &table, &["capture", "get_order", "cancel"]);
}

#[tokio::test]
async fn a_replay_is_one_read_and_nothing_else() {
    for at in At::BOTH {
        let counted = Counted::at(at).await;
        let payment = id(&counted.create("k", &at.order()).await);
        let body = counted.shop.capture(None);
        counted.capture(&payment, "c", &body).await;
        counted.cost().await;
        assert!(counted.capture(&payment, "c", &body).await.replayed);
        counted.costs(counted.cost().await, &["GetItem"], &[]);
        assert!(counted.create("k", &at.order()).await.replayed);
        counted.costs(counted.cost().await, &["TransactWriteItems", "GetItem"], &[]);
    }
}

#[tokio::test]
async fn a_refusal_is_one_read_and_no_call() {
    for at in At::BOTH {
        let counted = Counted::at(at).await;
        let payment = id(&counted.create("k", &at.order()).await);
        counted.cost().await;
        let body = json!({ "amount": 1 }).to_string();
        let call = counted.backstage.call();
        assert!(counted.backstage.service.refund(&call, &payment, Some("r"), body.as_bytes()).await.is_err());
        counted.costs(counted.cost().await, &["GetItem"], &[]);
    }
}

/// Whether the key was accepted before, under other rules, is all that is looked at.
#[tokio::test]
async fn an_order_that_breaks_a_rule_costs_one_read() {
    for at in At::BOTH {
        let counted = Counted::at(at).await;
        let body = at.order().with("/amount", 1).json().to_string();
        let call = counted.backstage.call();
        assert!(counted.backstage.service.create_session(&call, Some("k"), body.as_bytes()).await.is_err());
        counted.costs(counted.cost().await, &["GetItem"], &[]);
    }
}

/// Billie's confirmation needs the order, to repeat its address, and one read, to repeat the debtor.
#[tokio::test]
async fn a_confirmation_after_the_buyer_was_seen_is_two_reads_and_two_writes() {
    let counted = Counted::at(At::Billie).await;
    let answer = counted.create("k", &Order::billie_pad()).await;
    let payment = id(&answer);
    let page = answer.body["action"]["url"].as_str().unwrap();
    counted.shop.sandbox.buyer(page.rsplit('/').next().unwrap(), "accept").await;
    let seen = counted.shop.api.get(&format!("/v1/payments/{payment}?refresh=true")).await.expect(200);
    assert_eq!(seen.at("/status"), "requires_confirmation");
    counted.cost().await;
    let call = counted.backstage.call();
    let confirmed = counted.backstage.service.confirm(&call, &payment, Some("c"), b"{}").await.unwrap();
    assert_eq!(confirmed.body["status"], "authorized");
    let table = ["GetItem", "PutItem", "GetItem", "PutItem"];
    counted.costs(counted.cost().await, &table, &["authorization", "confirm"]);
}

#[tokio::test]
async fn reading_a_payment_is_one_read() {
    let counted = Counted::at(At::Buckaroo).await;
    let payment = id(&counted.create("k", &At::Buckaroo.order()).await);
    counted.cost().await;
    let call = counted.backstage.call();
    counted.backstage.service.get(&call, &payment, &[]).await.unwrap();
    counted.costs(counted.cost().await, &["GetItem"], &[]);
}
