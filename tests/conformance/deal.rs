//! One payment of the suite.

use payment::{CaptureMode, Flow, OperationKind};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Order, eventually};
use url::Url;

use crate::bench::Bench;
use crate::table::{Asked, NamedBy};

/// The parts of a ledger.
const PARTS: [&str; 6] = ["authorized", "released", "capturing", "captured", "refunding", "refunded"];

/// One payment.
#[derive(Clone)]
pub(crate) struct Deal<'a> {
    pub(crate) bench: &'a Bench,
    pub(crate) way: (Flow, CaptureMode),
    pub(crate) order: Order,
    pub(crate) id: String,
    /// The body of its confirmation.
    pub(crate) confirmation: Value,
}

impl<'a> Deal<'a> {
    pub(crate) fn of(bench: &'a Bench, way: (Flow, CaptureMode), order: Order, id: &str) -> Self {
        Self { bench, way, order, id: id.to_owned(), confirmation: json!({}) }
    }

    pub(crate) fn path(&self, tail: &str) -> String {
        format!("/v1/payments/{}/{tail}", self.id)
    }

    pub(crate) async fn get(&self) -> Value {
        self.bench.api.payment(&self.id).await
    }

    /// The payment after a look at the provider.
    pub(crate) async fn refreshed(&self) -> Value {
        self.bench.api.get(&format!("/v1/payments/{}?refresh=true", self.id)).await.expect(200).body
    }

    pub(crate) async fn post(&self, action: &str, body: &Value) -> Answer {
        self.bench.api.post(&self.path(action), body).await
    }

    /// The types of its events, without prefix and version.
    pub(crate) async fn story(&self) -> Vec<String> {
        let answer = self.bench.api.get(&self.path("timeline")).await.expect(200);
        let bare = |kind: &str| kind.trim_start_matches("paylater.").trim_end_matches(".v1").to_owned();
        answer.at("/data").as_array().unwrap().iter().map(|entry| bare(entry["type"].as_str().unwrap())).collect()
    }

    /// What the provider must be told of it.
    pub(crate) async fn asked(&self) -> Asked {
        let payment = self.get().await;
        Asked { reference: payment["order_reference"].as_str().unwrap_or_default().to_owned() }
    }

    /// The provider's name of its session: what its page's address or its widget is about.
    pub(crate) async fn session(&self) -> String {
        let action = self.get().await["action"].clone();
        let page = || {
            let url: Url = action["url"].as_str()?.parse().ok()?;
            let token = url.query_pairs().find(|(name, _)| name == "r").map(|(_, value)| value.into_owned());
            token.or_else(|| Some(url.path_segments()?.next_back()?.to_owned()))
        };
        action["provider_session_id"].as_str().map(str::to_owned).or_else(page).expect("the buyer has nowhere to go")
    }

    /// The buyer's part: on the page and back to the shop, or in the widget. Nothing where no buyer is present.
    pub(crate) async fn buyer(&mut self, choice: &str) {
        match self.way.0 {
            Flow::Direct => {}
            Flow::Redirect => {
                let told = self.bench.sandbox.buyer(&self.session().await, choice).await;
                self.comes_back(told["location"].as_str().unwrap()).await;
            }
            Flow::Widget => self.in_widget(&[]).await,
        }
    }

    /// The buyer in the widget, with what is different in what the shop's page hands to it: pointer and JSON.
    pub(crate) async fn in_widget(&mut self, changes: &[(&str, &str)]) {
        let mut data = self.bench.table.widget.expect("no row says what the shop's page hands to the widget")();
        for (pointer, json) in changes {
            tests::orders::set(&mut data, pointer, serde_json::from_str(json).unwrap());
        }
        let path = format!("widget/{}", self.session().await);
        let data = json!({ "billie_order_data": data });
        let result = self.bench.sandbox.control(Method::POST, &path, &data).await;
        self.confirmation = json!({ "widget_result": result });
    }

    async fn comes_back(&self, location: &str) {
        let url: Url = location.parse().unwrap();
        let path = format!("{}?{}", url.path(), url.query().unwrap());
        let answer = self.bench.api.request(Method::GET, &path).authorization(None).send().await.expect(303);
        assert!(answer.header("location").unwrap().contains(&self.id), "{:?}", answer.headers);
    }

    /// Until the money is promised: by our confirmation where that is a call, else by what the provider tells.
    pub(crate) async fn promised(&self) {
        let confirm = self.bench.operation(OperationKind::Confirm, self.way.0);
        if confirm.is_some_and(|confirm| confirm.calls) {
            let _ = self.post("confirm", &self.confirmation).await.expect(200);
        }
        self.becomes(&["authorized", "captured"]).await;
    }

    /// Waits until it has one of these statuses.
    pub(crate) async fn becomes(&self, statuses: &[&str]) -> Value {
        let what = format!("{} to be {}", self.id, statuses.join(" or "));
        eventually(&what, async || {
            let payment = self.get().await;
            statuses.iter().any(|status| payment["status"] == *status).then_some(payment)
        })
        .await
    }

    /// What the provider has in its books about this payment: the sum over every order that names it, so that an order
    /// that was made twice shows.
    async fn books(&self, payment: &Value) -> Value {
        let name = match self.bench.table.books {
            NamedBy::OrderReference => payment["order_reference"].clone(),
            NamedBy::Description => self.order.json()["description"].clone(),
        };
        let books = self.bench.sandbox.books().await;
        let orders: Vec<&Value> =
            books["orders"].as_array().unwrap().iter().filter(|order| order["reference"] == name).collect();
        let sum = |part: &str| orders.iter().map(|order| order[part].as_i64().unwrap()).sum::<i64>();
        PARTS.iter().map(|part| ((*part).to_owned(), json!(sum(part)))).collect()
    }

    /// The payment, whose ledger must be the provider's to the cent.
    pub(crate) async fn agreed(&self) -> Value {
        let payment = self.get().await;
        let books = self.books(&payment).await;
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
        let found = payment["operations"].as_array().unwrap().iter().find(|operation| operation["id"] == id).cloned();
        found.unwrap_or_else(|| panic!("no operation {id} in {payment:#}"))
    }
}
