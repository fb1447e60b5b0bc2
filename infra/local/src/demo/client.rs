//! The demo's way to the API: ordinary HTTP with the demo merchant's key.

use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use url::Url;

use super::DemoError;
use crate::demo_merchant::DEMO_KEY;

/// Talks to the API and counts its keys.
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    run: uuid::Uuid,
    keys: u32,
}

impl Client {
    pub(super) fn new(base: &Url) -> Result<Self, DemoError> {
        let http = crate::loopback::client()?;
        Ok(Self { http, base: base.clone(), run: uuid::Uuid::new_v4(), keys: 0 })
    }

    pub(super) const fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Posts and expects a status.
    pub(super) async fn post(
        &mut self,
        step: &str,
        path: &str,
        body: &Value,
        expected: u16,
    ) -> Result<Value, DemoError> {
        self.keys += 1;
        let request = self
            .http
            .post(self.url(path))
            .bearer_auth(DEMO_KEY)
            .header("idempotency-key", format!("demo-{}-{}", self.run, self.keys))
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string());
        read(step, request.send().await?, expected).await
    }

    /// Gets and expects 200.
    pub(super) async fn get(&self, step: &str, path: &str) -> Result<Value, DemoError> {
        read(step, self.http.get(self.url(path)).bearer_auth(DEMO_KEY).send().await?, 200).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base.as_str().trim_end_matches('/'))
    }
}

async fn read(step: &str, response: reqwest::Response, expected: u16) -> Result<Value, DemoError> {
    let status = response.status().as_u16();
    let text = response.text().await?;
    if status != expected {
        return Err(DemoError::deviation(step, format!("HTTP {expected}"), format!("HTTP {status} {text}")));
    }
    serde_json::from_str(&text).map_err(|_| DemoError::deviation(step, "a JSON document", text))
}
