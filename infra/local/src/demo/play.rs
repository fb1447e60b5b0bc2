//! One payment from end to end.

use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use sandbox::stand_in;
use serde_json::{Value, json};
use url::Url;

use super::client::Client;
use super::scenarios::Scenario;
use super::{DemoError, buyer};
use crate::stack::Stack;

/// How long a provider's message may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A payment being played.
pub(super) struct Play<'a> {
    scenario: &'a Scenario,
    bar: &'a ProgressBar,
    client: Client,
}

/// A payment that was played.
pub(super) struct Played {
    pub(super) payment: Value,
    pub(super) timeline: Vec<Value>,
}

impl<'a> Play<'a> {
    pub(super) fn new(stack: &Stack, scenario: &'a Scenario, bar: &'a ProgressBar) -> Result<Self, DemoError> {
        Ok(Self { scenario, bar, client: Client::new(&stack.url)? })
    }

    pub(super) async fn play(mut self) -> Result<Played, DemoError> {
        self.step("create");
        let order = stand_in(self.scenario.provider).map(|stand_in| (stand_in.order)()).unwrap_or_default();
        let payment = self.client.post("create", "/v1/payments", &order, 201).await?;
        let path = format!("/v1/payments/{}", text("create", "/id", &payment)?);
        if self.scenario.has_page {
            self.step("the buyer accepts");
            expect("create", "/status", &json!("requires_action"), &payment)?;
            let page = url("create", "/action/url", &payment)?;
            buyer::accept(self.client.http(), &page, &url("buyer", "/return_url", &order)?).await?;
        }
        self.promise(&path).await?;
        for body in &self.scenario.captures {
            self.step("capture");
            let capture = self.client.post("capture", &format!("{path}/captures"), body, 201).await?;
            expect("capture", "/status", &json!("succeeded"), &capture)?;
        }
        if let Some(amount) = self.scenario.refund {
            self.step("refund in part");
            let body = json!({ "amount": amount, "reason": "one chair was damaged" });
            let refund = self.client.post("refund", &format!("{path}/refunds"), &body, 201).await?;
            expect("refund", "/status", &json!("succeeded"), &refund)?;
        }
        if self.scenario.cancels_rest {
            self.step("release the rest");
            self.client.post("cancel", &format!("{path}/cancel"), &json!({}), 200).await?;
        }
        self.read(&path).await
    }

    /// Until the money is promised: the shop confirms, or the provider tells by itself.
    async fn promise(&mut self, path: &str) -> Result<(), DemoError> {
        if self.scenario.confirms {
            self.step("confirm");
            let payment = self.client.post("confirm", &format!("{path}/confirm"), &json!({}), 200).await?;
            return expect("confirm", "/status", &json!("authorized"), &payment);
        }
        self.step("the provider tells");
        let started = Instant::now();
        loop {
            let payment = self.client.get("wait", path).await?;
            let status = text("wait", "/status", &payment)?;
            if status == "authorized" || status == "captured" {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                return Err(DemoError::deviation("wait", "authorized or captured", status));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn read(&self, path: &str) -> Result<Played, DemoError> {
        self.step("read the timeline");
        let payment = self.client.get("get", path).await?;
        expect("get", "/amounts", &self.scenario.amounts, &payment)?;
        expect("get", "/status", &json!(self.scenario.status), &payment)?;
        let timeline = self.client.get("timeline", &format!("{path}/timeline")).await?;
        let timeline = timeline.pointer("/data").and_then(Value::as_array).cloned().unwrap_or_default();
        Ok(Played { payment, timeline })
    }

    fn step(&self, what: &'static str) {
        self.bar.set_message(what);
        self.bar.inc(1);
    }
}

fn expect(step: &str, pointer: &str, expected: &Value, document: &Value) -> Result<(), DemoError> {
    let got = document.pointer(pointer).unwrap_or(&Value::Null);
    if got == expected { Ok(()) } else { Err(DemoError::deviation(&format!("{step} {pointer}"), expected, got)) }
}

fn text<'a>(step: &str, pointer: &str, document: &'a Value) -> Result<&'a str, DemoError> {
    let got = document.pointer(pointer).and_then(Value::as_str);
    got.ok_or_else(|| DemoError::deviation(&format!("{step} {pointer}"), "a text", document))
}

fn url(step: &str, pointer: &str, document: &Value) -> Result<Url, DemoError> {
    let text = text(step, pointer, document)?;
    text.parse().map_err(|_| DemoError::deviation(&format!("{step} {pointer}"), "an address", text))
}
