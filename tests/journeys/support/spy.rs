//! Stands in front of DynamoDB, passes everything on and writes down what was asked.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// A proxy on loopback.
pub(crate) struct Spy {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<String>>>,
    task: AbortHandle,
}

#[derive(Clone)]
struct Post {
    http: reqwest::Client,
    behind: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Spy {
    /// In front of the service at this address.
    pub(crate) async fn before(behind: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let seen = Arc::default();
        let post = Post { http, behind: behind.to_owned(), seen: Arc::clone(&seen) };
        let router = Router::new().fallback(pass).with_state(post);
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }).abort_handle();
        Self { url, seen, task }
    }

    /// The operations that were asked for since the last time, in order: `GetItem`, `PutItem`, …
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Spy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(State(post): State<Post>, method: Method, mut headers: HeaderMap, body: Bytes) -> Response<Body> {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    post.seen.lock().unwrap_or_else(PoisonError::into_inner).push(operation);
    headers.remove("host");
    let answer = post.http.request(method, &post.behind).headers(headers).body(body).send().await.unwrap();
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        if name != "transfer-encoding" && name != "connection" {
            response = response.header(name, value);
        }
    }
    response.body(Body::from(answer.bytes().await.unwrap())).unwrap()
}
