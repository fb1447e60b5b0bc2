//! Stands between a process and the world: passes every exchange on and writes it down, but for one at which it stops and
//! says so.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Response, header};
use tests::PATIENCE;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

/// With whom an exchange is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum With {
    Table,
    Provider,
}

/// One request, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exchange {
    pub(crate) with: With,
    /// The table's operation, or the method.
    pub(crate) what: String,
}

/// How far the exchange gets at which the process is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// It never arrives.
    Lost,
    /// It arrives when the process is long dead.
    Late,
    /// It is done, and the answer does not arrive.
    Answered,
}

/// Where a process is killed: at this exchange, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) exchange: usize,
    pub(crate) reach: Reach,
}

/// A gate with an address for each side of the world.
pub(crate) struct Gate {
    pub(crate) table: String,
    pub(crate) provider: String,
    shared: Arc<Shared>,
    tasks: [AbortHandle; 2],
}

struct Shared {
    http: reqwest::Client,
    point: Option<Point>,
    seen: Mutex<Vec<Exchange>>,
    kept: Mutex<Option<Kept>>,
    reached: Notify,
}

#[derive(Clone)]
struct Side {
    shared: Arc<Shared>,
    with: With,
    behind: String,
}

/// A request that is under way for as long as one likes.
pub(crate) struct Kept {
    side: Side,
    parts: Parts,
    body: Bytes,
}

impl Gate {
    /// Before the table and the provider at these addresses, which it calls by this client, closed at this point.
    pub(crate) async fn before(http: &reqwest::Client, table: &str, provider: &str, point: Option<Point>) -> Self {
        let http = http.clone();
        let (seen, kept, reached) = (Mutex::default(), Mutex::default(), Notify::new());
        let shared = Arc::new(Shared { http, point, seen, kept, reached });
        let (table, first) = open(&shared, With::Table, table).await;
        let (provider, second) = open(&shared, With::Provider, provider).await;
        Self { table, provider, shared, tasks: [first, second] }
    }

    /// Returns when the process is where it is to be killed, and whether it ever got there.
    pub(crate) async fn reached(&self) -> bool {
        tokio::time::timeout(PATIENCE, self.shared.reached.notified()).await.is_ok()
    }

    /// The exchanges so far.
    pub(crate) fn seen(&self) -> Vec<Exchange> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// The request that was to arrive late.
    pub(crate) fn kept(&self) -> Option<Kept> {
        self.shared.kept.lock().unwrap().take()
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

impl Kept {
    /// Arrives; nobody waits for the answer.
    pub(crate) async fn arrive(self) {
        let _ = self.side.pass(self.parts, self.body).await;
    }
}

async fn open(shared: &Arc<Shared>, with: With, behind: &str) -> (String, AbortHandle) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let side = Side { shared: Arc::clone(shared), with, behind: behind.trim_end_matches('/').to_owned() };
    let router = Router::new().fallback(through).with_state(side);
    let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }).abort_handle();
    (url, task)
}

async fn through(State(side): State<Side>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let shared = Arc::clone(&side.shared);
    let number = {
        let mut seen = shared.seen.lock().unwrap();
        seen.push(side.exchange(&parts));
        seen.len() - 1
    };
    let reach = shared.point.filter(|point| point.exchange == number).map(|point| point.reach);
    match reach {
        None => return side.pass(parts, body).await,
        Some(Reach::Lost) => {}
        Some(Reach::Late) => *shared.kept.lock().unwrap() = Some(Kept { side, parts, body }),
        Some(Reach::Answered) => _ = side.pass(parts, body).await,
    }
    shared.reached.notify_one();
    std::future::pending().await
}

impl Side {
    fn exchange(&self, parts: &Parts) -> Exchange {
        let target = parts.headers.get("x-amz-target").and_then(|value| value.to_str().ok());
        let what = target.and_then(|target| target.rsplit('.').next()).unwrap_or(parts.method.as_str());
        Exchange { with: self.with, what: what.to_owned() }
    }

    async fn pass(&self, parts: Parts, body: Bytes) -> Response<Body> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        // The name that it was called by stays: a signature can cover it.
        let request = self.shared.http.request(parts.method, format!("{}{path}", self.behind)).headers(parts.headers);
        let answer = request.body(body).send().await.unwrap();
        let mut response = Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            if ![header::TRANSFER_ENCODING, header::CONNECTION].contains(name) {
                response = response.header(name, value);
            }
        }
        response.body(Body::from(answer.bytes().await.unwrap())).unwrap()
    }
}
