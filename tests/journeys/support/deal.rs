//! One payment of a shop.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Request};

use super::Shop;

/// The parts of a ledger.
const PARTS: [&str; 6] = ["authorized", "released", "capturing", "captured", "refunding", "refunded"];

/// One payment.
#[derive(Clone)]
pub(crate) struct Deal<'a> {
    pub(crate) shop: &'a Shop,
    pub(crate) id: String,
}

impl<'a> Deal<'a> {
    pub(crate) fn of(shop: &'a Shop, id: &str) -> Self {
        Self { shop, id: id.to_owned() }
    }

    pub(crate) fn path(&self, tail: &str) -> String {
        format!("/v1/payments/{}/{tail}", self.id)
    }

    /// The payment as the API has it.
    pub(crate) async fn get(&self) -> Value {
        self.shop.api.payment(&self.id).await
    }

    /// Posts to `captures`, `refunds`, `confirm` or `cancel` under a new key.
    pub(crate) async fn post(&self, action: &str, body: &Value) -> Answer {
        self.shop.api.post(&self.path(action), body).await
    }

    /// The same under this key.
    pub(crate) async fn post_as(&self, key: &str, action: &str, body: &Value) -> Answer {
        self.shop.api.post_as(key, &self.path(action), body).await
    }

    /// The same as a request that was not sent yet.
    pub(crate) fn request(&self, key: &str, action: &str, body: &Value) -> Request {
        self.shop.api.request(Method::POST, &self.path(action)).key(key).json(body)
    }

    pub(crate) async fn timeline(&self) -> Vec<Value> {
        let answer = self.shop.api.get(&self.path("timeline")).await.expect(200);
        answer.at("/data").as_array().unwrap().clone()
    }

    /// The types of its events, without prefix and version.
    pub(crate) async fn story(&self) -> Vec<String> {
        let bare = |kind: &str| kind.trim_start_matches("paylater.").trim_end_matches(".v1").to_owned();
        self.timeline().await.iter().map(|entry| bare(entry["type"].as_str().unwrap())).collect()
    }

    /// What the provider has in its books about this payment: the sum over every order that names it, so that an order
    /// that was made twice shows.
    pub(crate) async fn books(&self) -> Value {
        let reference = self.get().await["order_reference"].clone();
        let books = self.shop.sandbox.books().await;
        let orders: Vec<&Value> =
            books["orders"].as_array().unwrap().iter().filter(|order| order["reference"] == reference).collect();
        let sum = |part: &str| orders.iter().map(|order| order[part].as_i64().unwrap()).sum::<i64>();
        PARTS.iter().map(|part| ((*part).to_owned(), json!(sum(part)))).collect()
    }

    /// The payment, whose ledger must be the provider's to the cent.
    pub(crate) async fn agreed(&self) -> Value {
        let payment = self.get().await;
        let books = self.books().await;
        for part in PARTS {
            assert_eq!(payment["amounts"][part], books[part], "{part}: ours {}, theirs {books}", payment["amounts"]);
        }
        payment
    }

    /// The payment, whose ledger must be the provider's, in this status and with these amounts.
    pub(crate) async fn ends(&self, status: &str, amounts: [i64; 4]) -> Value {
        let payment = self.agreed().await;
        assert_eq!(payment["status"], status, "{payment:#}");
        let [authorized, released, captured, refunded] = amounts;
        let expected = json!({ "authorized": authorized, "released": released, "capturing": 0, "captured": captured,
                               "refunding": 0, "refunded": refunded });
        assert_eq!(payment["amounts"], expected);
        payment
    }

    /// The operation with this id.
    pub(crate) async fn operation(&self, id: &str) -> Value {
        let payment = self.get().await;
        let operations = payment["operations"].as_array().unwrap();
        let found = operations.iter().find(|operation| operation["id"] == id);
        found.unwrap_or_else(|| panic!("no operation {id} in {payment:#}")).clone()
    }

    /// The newest operation.
    pub(crate) async fn newest(&self) -> Value {
        self.get().await["operations"].as_array().unwrap().last().unwrap().clone()
    }
}
