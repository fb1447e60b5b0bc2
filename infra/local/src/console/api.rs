//! The console's way to the API and to the stand-ins: ordinary HTTP.

use axum::http::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::CONTENT_TYPE;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use url::Url;

use super::Failed;

/// An answer.
pub(super) struct Told {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Told {
    async fn read(answer: Response) -> Result<Self, reqwest::Error> {
        let status = answer.status().as_u16();
        let text = answer.text().await?;
        Ok(Self { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) })
    }

    pub(super) fn nothing_there() -> Self {
        Self { status: 404, body: json!({ "title": "There is nothing at this address." }) }
    }

    /// A status that cannot be passed on is somebody's failure, too.
    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_GATEWAY)
    }

    pub(super) const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// The document that was asked for.
    pub(super) fn success(self) -> Result<Value, Failed> {
        if self.is_success() { Ok(self.body) } else { Err(Failed::Told(self)) }
    }
}

/// A path below `/v1`; what is between two slashes stays there.
pub(super) fn path(segments: &[&str]) -> String {
    let encoded = segments.iter().map(|segment| format!("/{}", encoded(segment)));
    std::iter::once("/v1".to_owned()).chain(encoded).collect()
}

/// What stands for itself in an address: ids and actions are of these.
const PLAIN: AsciiSet = NON_ALPHANUMERIC.remove(b'_').remove(b'-');

/// A text as one segment or value of an address.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, &PLAIN).to_string()
}

/// The public API.
pub(super) struct Api {
    http: reqwest::Client,
    base: Url,
}

impl Api {
    pub(super) const fn new(http: reqwest::Client, base: Url) -> Self {
        Self { http, base }
    }

    pub(super) async fn get(&self, key: &str, path: &str, cursor: Option<&str>) -> Result<Told, reqwest::Error> {
        let cursor = cursor.map(|cursor| format!("&cursor={}", encoded(cursor))).unwrap_or_default();
        self.send(self.http.get(self.url(&format!("{path}{cursor}"))), key).await
    }

    pub(super) async fn post(
        &self,
        key: &str,
        path: &str,
        idempotency_key: &str,
        body: String,
    ) -> Result<Told, reqwest::Error> {
        let request = self.http.post(self.url(path)).header(CONTENT_TYPE, "application/json").body(body);
        self.send(request.header("idempotency-key", idempotency_key), key).await
    }

    async fn send(&self, request: RequestBuilder, key: &str) -> Result<Told, reqwest::Error> {
        Told::read(request.bearer_auth(key).send().await?).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base.as_str().trim_end_matches('/'))
    }
}

/// The control planes of the stand-ins.
pub(super) struct StandIns {
    http: reqwest::Client,
    all: Vec<(&'static str, String)>,
}

impl StandIns {
    pub(super) const fn new(http: reqwest::Client, all: Vec<(&'static str, String)>) -> Self {
        Self { http, all }
    }

    pub(super) fn names(&self) -> Vec<&'static str> {
        self.all.iter().map(|(name, _)| *name).collect()
    }

    /// The root of the stand-in of this provider.
    pub(super) fn url(&self, provider: &str) -> Option<String> {
        self.all.iter().find(|(name, _)| *name == provider).map(|(_, url)| url.clone())
    }

    pub(super) async fn show(&self, root: &str, what: &str) -> Result<Told, reqwest::Error> {
        Told::read(self.http.get(format!("{root}/_sandbox/{what}")).send().await?).await
    }

    pub(super) async fn order(&self, root: &str, what: &str, body: &Value) -> Result<Told, reqwest::Error> {
        let request = self.http.post(format!("{root}/_sandbox/{what}")).body(body.to_string());
        Told::read(request.header(CONTENT_TYPE, "application/json").send().await?).await
    }

    /// Calls all faults off.
    pub(super) async fn calm(&self, root: &str) -> Result<Told, reqwest::Error> {
        Told::read(self.http.delete(format!("{root}/_sandbox/faults")).send().await?).await
    }
}
