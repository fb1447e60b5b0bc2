//! One payment of the suite.

use std::ops::Deref;

use payment::{CaptureMode, Flow, OperationKind};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Order, eventually, orders};
use url::Url;

use crate::bench::Bench;
use crate::table::{Asked, NamedBy};

/// One payment, with what the suite knows of it.
#[derive(Clone)]
pub(crate) struct Deal<'a> {
    pub(crate) bench: &'a Bench,
    pub(crate) way: (Flow, CaptureMode),
    /// The body of its confirmation.
    pub(crate) confirmation: Value,
    deal: tests::Deal,
}

impl Deref for Deal<'_> {
    type Target = tests::Deal;

    fn deref(&self) -> &tests::Deal {
        &self.deal
    }
}

impl<'a> Deal<'a> {
    pub(crate) fn of(bench: &'a Bench, way: (Flow, CaptureMode), order: &Order, id: &str) -> Self {
        let mut deal = tests::Deal::of(&bench.api, &bench.sandbox, id);
        if bench.table.books == NamedBy::Description {
            deal = deal.called(order.json()["description"].as_str().unwrap());
        }
        Self { bench, way, confirmation: json!({}), deal }
    }

    /// The payment after a look at the provider.
    pub(crate) async fn refreshed(&self) -> Value {
        self.bench.api.get(&format!("/v1/payments/{}?refresh=true", self.id)).await.expect(200).body
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
        let mut data = orders::in_widget(self.bench.table.provider);
        for (pointer, json) in changes {
            orders::set(&mut data, pointer, serde_json::from_str(json).unwrap());
        }
        let path = format!("widget/{}", self.session().await);
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
}
