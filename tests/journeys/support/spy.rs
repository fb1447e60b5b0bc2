//! Stands in front of DynamoDB, passes everything on and writes down what was asked; and goes wrong where it is told to.

use std::collections::VecDeque;
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
    faults: Faults,
    task: AbortHandle,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is done, and the answer says that the table failed.
    LosesAnswer,
    /// It is not done, and nobody needs to send it again at once.
    Fails,
}

/// For the next requests of an operation, oldest first; `None` lets one pass.
type Faults = Arc<Mutex<VecDeque<(&'static str, Option<Fault>)>>>;

#[derive(Clone)]
struct Post {
    http: reqwest::Client,
    behind: String,
    seen: Arc<Mutex<Vec<String>>>,
    faults: Faults,
}

impl Spy {
    /// In front of the service at this address.
    pub(crate) async fn before(behind: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let (seen, faults) = (Arc::default(), Faults::default());
        let post = Post { http, behind: behind.to_owned(), seen: Arc::clone(&seen), faults: Arc::clone(&faults) };
        let router = Router::new().fallback(pass).with_state(post);
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }).abort_handle();
        Self { url, seen, faults, task }
    }

    /// What goes wrong with the next requests of an operation; `None` lets one pass.
    pub(crate) fn faults(&self, operation: &'static str, faults: impl IntoIterator<Item = Option<Fault>>) {
        let faults = faults.into_iter().map(|fault| (operation, fault));
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).extend(faults);
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
    let fault = {
        let mut faults = post.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let next = faults.iter().position(|(wanted, _)| *wanted == operation);
        next.and_then(|next| faults.remove(next)?.1)
    };
    post.seen.lock().unwrap_or_else(PoisonError::into_inner).push(operation);
    if fault == Some(Fault::Fails) {
        return failure(400, "ValidationException");
    }
    headers.remove("host");
    let answer = post.http.request(method, &post.behind).headers(headers).body(body).send().await.unwrap();
    if fault == Some(Fault::LosesAnswer) {
        return failure(500, "InternalServerError");
    }
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        if name != "transfer-encoding" && name != "connection" {
            response = response.header(name, value);
        }
    }
    response.body(Body::from(answer.bytes().await.unwrap())).unwrap()
}

fn failure(status: u16, name: &str) -> Response<Body> {
    let body = format!("{{\"__type\":\"com.amazonaws.dynamodb.v20120810#{name}\",\"message\":\"on order\"}}");
    Response::builder().status(status).header("content-type", "application/x-amz-json-1.0").body(body.into()).unwrap()
}
