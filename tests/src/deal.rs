//! One payment, at the API and in its provider's books.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Answer, Api, Request, Sandbox};

/// The parts of a ledger.
const PARTS: [&str; 6] = ["authorized", "released", "capturing", "captured", "refunding", "refunded"];

/// One payment.
#[derive(Clone)]
pub struct Deal {
    api: Api,
    sandbox: Sandbox,
    /// Its id.
    pub id: String,
    /// What the provider calls it; our reference when it is told that.
    name: Option<String>,
}

impl Deal {
    /// The payment with this id, whose provider has this stand-in.
    #[must_use]
    pub fn of(api: &Api, sandbox: &Sandbox, id: &str) -> Self {
        Self { api: api.clone(), sandbox: sandbox.clone(), id: id.to_owned(), name: None }
    }

    /// The same where the provider is never told our reference and calls it this.
    #[must_use]
    pub fn called(self, name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..self }
    }

    /// An address below the payment's.
    #[must_use]
    pub fn path(&self, tail: &str) -> String {
        format!("/v1/payments/{}/{tail}", self.id)
    }

    /// The payment as the API has it.
    pub async fn get(&self) -> Value {
        self.api.payment(&self.id).await
    }

    /// Posts to `captures`, `refunds`, `confirm` or `cancel` under a new key.
    pub async fn post(&self, action: &str, body: &Value) -> Answer {
        self.api.post(&self.path(action), body).await
    }

    /// The same under this key.
    pub async fn post_as(&self, key: &str, action: &str, body: &Value) -> Answer {
        self.api.post_as(key, &self.path(action), body).await
    }

    /// The same as a request that was not sent yet.
    pub fn request(&self, key: &str, action: &str, body: &Value) -> Request {
        self.api.request(Method::POST, &self.path(action)).key(key).json(body)
    }

    /// Its events as the API shows them.
    pub async fn timeline(&self) -> Vec<Value> {
        let answer = self.api.get(&self.path("timeline")).await.expect(200);
        answer.at("/data").as_array().unwrap().clone()
    }

    /// The types of its events, without prefix and version.
    pub async fn story(&self) -> Vec<String> {
        let bare = |kind: &str| kind.trim_start_matches("paylater.").trim_end_matches(".v1").to_owned();
        self.timeline().await.iter().map(|entry| bare(entry["type"].as_str().unwrap())).collect()
    }

    /// What the provider has in its books about this payment: the sum over every order that names it, so that an order
    /// that was made twice shows.
    pub async fn books(&self) -> Value {
        let name = match &self.name {
            Some(name) => json!(name),
            None => self.get().await["order_reference"].clone(),
        };
        let books = self.sandbox.books().await;
        let orders: Vec<&Value> =
            books["orders"].as_array().unwrap().iter().filter(|order| order["reference"] == name).collect();
        let sum = |part: &str| orders.iter().map(|order| order[part].as_i64().unwrap()).sum::<i64>();
        PARTS.iter().map(|part| ((*part).to_owned(), json!(sum(part)))).collect()
    }

    /// The payment, whose ledger must be the provider's to the cent.
    pub async fn agreed(&self) -> Value {
        let payment = self.get().await;
        let books = self.books().await;
        for part in PARTS {
            assert_eq!(payment["amounts"][part], books[part], "{part}: ours {}, theirs {books}", payment["amounts"]);
        }
        payment
    }

    /// The payment, whose ledger must be the provider's, in this status and with these amounts: authorized, released,
    /// captured, refunded.
    pub async fn ends(&self, status: &str, amounts: [i64; 4]) -> Value {
        let payment = self.agreed().await;
        assert_eq!(payment["status"], status, "{payment:#}");
        let [authorized, released, captured, refunded] = amounts;
        let expected = json!({ "authorized": authorized, "released": released, "capturing": 0, "captured": captured,
                               "refunding": 0, "refunded": refunded });
        assert_eq!(payment["amounts"], expected);
        payment
    }

    /// The operation with this id.
    pub async fn operation(&self, id: &str) -> Value {
        let payment = self.get().await;
        let found = payment["operations"].as_array().unwrap().iter().find(|operation| operation["id"] == id).cloned();
        found.unwrap_or_else(|| panic!("no operation {id} in {payment:#}"))
    }

    /// The newest operation.
    pub async fn newest(&self) -> Value {
        self.get().await["operations"].as_array().unwrap().last().unwrap().clone()
    }
}
