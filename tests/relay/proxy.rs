//! Stands in front of an AWS service, writes down what is asked, and does to some requests what it is told.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// What becomes of a request.
pub(crate) enum Then {
    /// It is passed on.
    Pass,
    /// Nobody ever answers.
    Silence,
    /// The entries of a batch with these ids are refused, the others passed on.
    Refuse(Vec<String>),
    /// It is answered with this failure.
    Fail(Value),
}

type Rule = dyn Fn(&str, &Value) -> Then + Send + Sync;

/// A proxy on loopback.
pub(crate) struct Proxy {
    pub(crate) url: String,
    shared: Arc<Shared>,
    task: AbortHandle,
}

struct Shared {
    http: reqwest::Client,
    behind: String,
    rule: Box<Rule>,
    seen: Mutex<Vec<(String, Value)>>,
}

impl Proxy {
    /// In front of the service at this address.
    pub(crate) async fn before(behind: &str, rule: impl Fn(&str, &Value) -> Then + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let http = providers::client_builder().unwrap().no_proxy().build().unwrap();
        let shared = Arc::new(Shared { http, behind: behind.to_owned(), rule: Box::new(rule), seen: Mutex::default() });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }).abort_handle();
        Self { url, shared, task }
    }

    /// What was asked for with this operation so far.
    pub(crate) fn seen(&self, operation: &str) -> Vec<Value> {
        let seen = self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().filter(|(name, _)| name == operation).map(|(_, request)| request.clone()).collect()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let target = headers["x-amz-target"].to_str().unwrap();
    let operation = target.rsplit('.').next().unwrap().to_owned();
    let request: Value = serde_json::from_slice(&body).unwrap();
    shared.seen.lock().unwrap_or_else(PoisonError::into_inner).push((operation.clone(), request.clone()));
    match (shared.rule)(&operation, &request) {
        Then::Pass => pass(&shared, headers, &request).await,
        Then::Silence => std::future::pending().await,
        Then::Refuse(ids) => refuse(&shared, headers, request, &ids).await,
        Then::Fail(failure) => json_answer(400, &failure),
    }
}

async fn pass(shared: &Shared, mut headers: HeaderMap, request: &Value) -> Response<Body> {
    headers.remove("host");
    headers.remove("content-length");
    let answer = shared.http.post(&shared.behind).headers(headers).body(request.to_string()).send().await.unwrap();
    let (status, body) = (answer.status().as_u16(), answer.bytes().await.unwrap());
    json_answer(status, &serde_json::from_slice(&body).unwrap_or_default())
}

async fn refuse(shared: &Shared, headers: HeaderMap, mut request: Value, ids: &[String]) -> Response<Body> {
    let refused = |entry: &Value| ids.iter().any(|id| entry["Id"] == id.as_str());
    let entries = request["Entries"].as_array_mut().unwrap();
    let failed: Vec<Value> = entries.iter().filter(|entry| refused(entry)).map(failed_entry).collect();
    entries.retain(|entry| !refused(entry));
    if entries.is_empty() {
        return json_answer(200, &json!({ "Successful": [], "Failed": failed }));
    }
    let answer = pass(shared, headers, &request).await;
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    let mut told: Value = serde_json::from_slice(&body).unwrap();
    told["Failed"] = failed.into();
    json_answer(200, &told)
}

fn failed_entry(entry: &Value) -> Value {
    json!({ "Id": entry["Id"], "Code": "InternalError", "Message": "on order", "SenderFault": false })
}

fn json_answer(status: u16, body: &Value) -> Response<Body> {
    let response = Response::builder().status(status).header("content-type", "application/x-amz-json-1.0");
    response.body(body.to_string().into()).unwrap()
}
