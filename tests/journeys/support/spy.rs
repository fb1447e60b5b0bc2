//! Stands in front of DynamoDB, passes everything on, writes down what was asked and what it consumes, and goes wrong
//! where it is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// The operations that say what they consume, and whether they read.
const METERED: [(&str, bool); 7] = [
    ("GetItem", true),
    ("BatchGetItem", true),
    ("Query", true),
    ("PutItem", false),
    ("UpdateItem", false),
    ("DeleteItem", false),
    ("TransactWriteItems", false),
];

/// What a request consumed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Consumed {
    /// Tenths of read request units.
    pub(crate) reads: u32,
    /// Tenths of write request units.
    pub(crate) writes: u32,
    /// Changes of a payment.
    pub(crate) changes: u32,
}

/// A proxy on loopback.
pub(crate) struct Spy {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<(String, Consumed)>>>,
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
    /// It is not done: a transaction of somebody else has the item.
    Conflicts,
}

/// For the next requests of an operation, oldest first; `None` lets one pass.
type Faults = Arc<Mutex<VecDeque<(&'static str, Option<Fault>)>>>;

#[derive(Clone)]
struct Post {
    http: reqwest::Client,
    behind: String,
    seen: Arc<Mutex<Vec<(String, Consumed)>>>,
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
        self.take_all().into_iter().map(|(operation, _)| operation).collect()
    }

    /// What was consumed since the last time.
    pub(crate) fn take_consumed(&self) -> Consumed {
        let add = |sum: Consumed, (_, one): (String, Consumed)| Consumed {
            reads: sum.reads + one.reads,
            writes: sum.writes + one.writes,
            changes: sum.changes + one.changes,
        };
        self.take_all().into_iter().fold(Consumed::default(), add)
    }

    fn take_all(&self) -> Vec<(String, Consumed)> {
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
    if fault == Some(Fault::Fails) {
        post.seen.lock().unwrap_or_else(PoisonError::into_inner).push((operation, Consumed::default()));
        return failure(400, "ValidationException");
    }
    if fault == Some(Fault::Conflicts) {
        post.seen.lock().unwrap_or_else(PoisonError::into_inner).push((operation.clone(), Consumed::default()));
        return conflict(&operation);
    }
    let reads = METERED.iter().find(|(name, _)| *name == operation).map(|(_, reads)| *reads);
    let (mut asked, metered) = (serde_json::from_slice::<Value>(&body).unwrap_or_default(), reads.is_some());
    let body = if metered {
        asked["ReturnConsumedCapacity"] = json!("INDEXES");
        headers.remove("content-length");
        Bytes::from(asked.to_string())
    } else {
        body
    };
    headers.remove("host");
    let answer = post.http.request(method, &post.behind).headers(headers).body(body).send().await.unwrap();
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        if name != "transfer-encoding" && name != "connection" {
            response = response.header(name, value);
        }
    }
    let said = answer.bytes().await.unwrap();
    let tenths = consumed(&serde_json::from_slice(&said).unwrap_or_default());
    let consumed = match reads {
        Some(true) => Consumed { reads: tenths, ..Consumed::default() },
        Some(false) => Consumed { writes: tenths, changes: changes(&asked), ..Consumed::default() },
        None => Consumed::default(),
    };
    post.seen.lock().unwrap_or_else(PoisonError::into_inner).push((operation, consumed));
    if fault == Some(Fault::LosesAnswer) {
        return failure(500, "InternalServerError");
    }
    response.body(Body::from(said)).unwrap()
}

/// The units that an answer names, in tenths.
fn consumed(answer: &Value) -> u32 {
    let tables = match &answer["ConsumedCapacity"] {
        Value::Array(tables) => tables.iter().collect(),
        table => vec![table],
    };
    let tenths = |table: &Value| {
        let text = table["CapacityUnits"].to_string();
        let (whole, part) = text.split_once('.').unwrap_or((&text, "0"));
        whole.parse::<u32>().ok().zip(part.get(..1)?.parse::<u32>().ok()).map(|(whole, part)| whole * 10 + part)
    };
    tables.into_iter().filter_map(tenths).sum()
}

/// How many payments a request writes.
fn changes(asked: &Value) -> u32 {
    let puts = asked["TransactItems"].as_array().map(|items| items.iter().map(|item| &item["Put"]["Item"]).collect());
    let puts: Vec<&Value> = puts.unwrap_or_else(|| vec![&asked["Item"]]);
    puts.into_iter().filter(|item| item["SK"]["S"] == "STATE").count() as u32
}

/// What DynamoDB says of a conflict: a transaction lists why, a single write is refused by name.
fn conflict(operation: &str) -> Response<Body> {
    match operation {
        "TransactWriteItems" => {
            let reasons = json!([{ "Code": "TransactionConflict" }, { "Code": "None" }]);
            said(400, "TransactionCanceledException", json!({ "CancellationReasons": reasons }))
        }
        _ => failure(400, "TransactionConflictException"),
    }
}

fn failure(status: u16, name: &str) -> Response<Body> {
    said(status, name, json!({}))
}

fn said(status: u16, name: &str, mut body: Value) -> Response<Body> {
    body["__type"] = format!("com.amazonaws.dynamodb.v20120810#{name}").into();
    body["message"] = "on order".into();
    Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.0")
        .body(body.to_string().into())
        .unwrap()
}
