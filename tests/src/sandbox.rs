//! The control plane of the providers' stand-ins, `/_sandbox/*`.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::api::client;
use crate::eventually;

/// One provider's stand-in.
#[derive(Clone)]
pub struct Sandbox {
    http: Client,
    root: String,
}

impl Sandbox {
    /// The stand-in at this address.
    #[must_use]
    pub fn new(root: impl Into<String>) -> Self {
        Self { http: client(), root: root.into().trim_end_matches('/').to_owned() }
    }

    /// Its address.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.root
    }

    /// What the provider believes; `orders` have the same shape everywhere, minor units.
    pub async fn books(&self) -> Value {
        self.show("books").await
    }

    /// What the provider believes of the order that it knows by this reference of ours.
    pub async fn order(&self, order_reference: &str) -> Option<Value> {
        let books = self.books().await;
        books["orders"].as_array()?.iter().find(|order| order["reference"] == order_reference).cloned()
    }

    /// The API calls that it received, oldest first.
    pub async fn calls(&self) -> Vec<Value> {
        self.show("calls").await["calls"].as_array().cloned().unwrap_or_default()
    }

    /// How many API calls of this name it received.
    pub async fn count(&self, call: &str) -> usize {
        self.calls().await.iter().filter(|seen| seen["call"] == call).count()
    }

    /// Forgets the calls.
    pub async fn forget_calls(&self) {
        self.control(Method::DELETE, "calls", &json!({})).await;
    }

    /// Orders something to go wrong: `{ call, kind, millis?, status?, times?, skip? }`.
    pub async fn fault(&self, fault: Value) {
        self.control(Method::POST, "faults", &fault).await;
    }

    /// Calls all faults off.
    pub async fn no_faults(&self) {
        self.control(Method::DELETE, "faults", &json!({})).await;
    }

    /// Pushes its clock forward.
    pub async fn advance(&self, seconds: u32) {
        self.control(Method::POST, "clock", &json!({ "advance_seconds": seconds })).await;
    }

    /// Changes how webhooks are sent: `{ mode?: normal/held/duplicate/reversed, before_answer? }`.
    pub async fn webhooks(&self, wanted: Value) {
        self.control(Method::POST, "webhooks", &wanted).await;
    }

    /// Sends what is held, in this order, and returns after the first attempts.
    pub async fn release(&self, order: &str) -> Value {
        self.control(Method::POST, "webhooks/release", &json!({ "order": order })).await
    }

    /// The webhooks so far, oldest first.
    pub async fn deliveries(&self) -> Vec<Value> {
        self.show("webhooks").await["webhooks"].as_array().cloned().unwrap_or_default()
    }

    /// Waits until every webhook that is not held was delivered.
    pub async fn quiet(&self) {
        let done = |webhook: &Value| matches!(webhook["state"].as_str(), Some("delivered" | "held"));
        eventually("the delivery of all webhooks", async || self.deliveries().await.iter().all(done).then_some(()))
            .await;
    }

    /// Waits until nothing is being worked on.
    pub async fn idle(&self) {
        let all = async || self.calls().await.iter().all(|call| call["finished"] == true).then_some(());
        eventually("an end of all calls", all).await;
    }

    /// Plays the buyer on a hosted page: `accept`, `decline` or `cancel`. The id is the session's or transaction's, or
    /// the token in the page's address.
    pub async fn buyer(&self, id: &str, choice: &str) -> Value {
        self.control(Method::POST, &format!("buyer/{id}"), &json!({ "choice": choice })).await
    }

    /// Any control call; it must be answered with 200.
    pub async fn control(&self, method: Method, path: &str, body: &Value) -> Value {
        let request = self.http.request(method, format!("{}/_sandbox/{path}", self.root)).body(body.to_string());
        let response = request.send().await.unwrap_or_else(|error| panic!("sandbox {path}: {error:?}"));
        let status = response.status().as_u16();
        let text = response.text().await.unwrap_or_else(|error| panic!("sandbox {path}: {error:?}"));
        assert_eq!(status, 200, "sandbox {path}: {text}");
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("sandbox {path}: {text}"))
    }

    async fn show(&self, path: &str) -> Value {
        let response = self.http.get(format!("{}/_sandbox/{path}", self.root)).send().await;
        let text = response.unwrap_or_else(|error| panic!("sandbox {path}: {error:?}")).text().await.unwrap();
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("sandbox {path}: {text}"))
    }
}
