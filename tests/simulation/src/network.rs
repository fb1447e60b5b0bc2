//! Every exchange of a history: with the table, the queues, the providers and the receivers of messages. Each takes its
//! time, and each may go wrong in the ways of the plan.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http::{HeaderValue, StatusCode};
use payment::Doubt;
use providers::{Broken, Network, Request, Response, Verb};
use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot};

use crate::clock;
use crate::defect::Defect;
use crate::plan::Fault;
use crate::world::World;

/// How long the SDK's connector waits for an answer.
const SDK_PATIENCE: Duration = Duration::from_secs(10);

tokio::task_local! {
    /// Kills the function that the current code runs in.
    pub(crate) static KILL: Arc<Notify>;
}

/// How an exchange went.
pub(crate) enum Fate<T> {
    Answered(T),
    Garbled,
    Refused,
    Lost,
    Busy,
    Failed,
}

impl World {
    /// One exchange: what is asked is done by `process`, in a world of its own that goes on when the caller is gone.
    pub(crate) async fn exchange<T: Send + 'static>(
        self: &Arc<Self>,
        what: &str,
        process: impl FnOnce(&Arc<World>, Option<Fault>) -> T + Send + 'static,
    ) -> Fate<T> {
        let (fault, there, back) = self.next_exchange(what);
        let late = if let Some(Fault::Late(late)) = fault { Duration::from_millis(late) } else { Duration::ZERO };
        match fault {
            Some(Fault::Refused | Fault::LostRequest | Fault::Busy | Fault::Silence | Fault::Crash) => {
                tokio::time::sleep(there).await;
            }
            _ => {
                let (tell, told) = oneshot::channel();
                let world = self.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(there + late).await;
                    let _ = tell.send(process(&world, fault));
                });
                let Ok(answer) = told.await else { return Fate::Lost };
                if matches!(fault, None | Some(Fault::Late(_) | Fault::WrongAmounts)) {
                    tokio::time::sleep(back).await;
                    return Fate::Answered(answer);
                }
            }
        }
        match fault {
            Some(Fault::Refused) => Fate::Refused,
            Some(Fault::Busy) => Fate::Busy,
            Some(Fault::FailedAfter) => Fate::Failed,
            Some(Fault::Garbled) => Fate::Garbled,
            Some(Fault::Silence | Fault::SilenceAfter) => std::future::pending().await,
            Some(Fault::Crash | Fault::CrashAfter) => {
                if KILL.try_with(|kill| kill.notify_one()).is_ok() {
                    std::future::pending().await
                } else {
                    Fate::Lost
                }
            }
            _ => Fate::Lost,
        }
    }
}

/// An AWS service of the history, as the SDK's clients reach it.
#[derive(Clone)]
pub(crate) struct Aws(pub(crate) Weak<World>);

impl std::fmt::Debug for Aws {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Aws")
    }
}

impl Aws {
    /// The HTTP client for an SDK client.
    pub(crate) fn client(self) -> SharedHttpClient {
        http_client_fn(move |_, _| SharedHttpConnector::new(self.clone()))
    }
}

#[derive(Debug)]
struct Gone(&'static str);

impl std::fmt::Display for Gone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Gone {}

impl HttpConnector for Aws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let world = self.0.upgrade();
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let body = request.body().bytes().unwrap_or_default().to_vec();
        HttpConnectorFuture::new(async move {
            let world = world.ok_or_else(|| ConnectorError::io(Gone("the history is over").into()))?;
            let asked = ask(&world, &target, body);
            let fate = tokio::time::timeout(SDK_PATIENCE, asked).await;
            match fate.map_err(|_| ConnectorError::timeout(Gone("no answer in time").into()))? {
                Fate::Answered((status, body)) => answer(status, &body),
                Fate::Garbled => answer(200, "{\"Item\": {"),
                Fate::Refused | Fate::Lost => Err(ConnectorError::io(Gone("the connection broke").into())),
                Fate::Busy => answer(400, "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ThrottlingException\"}"),
                Fate::Failed => answer(500, "{\"__type\":\"com.amazonaws.dynamodb.v20120810#InternalServerError\"}"),
            }
        })
    }
}

async fn ask(world: &Arc<World>, target: &str, body: Vec<u8>) -> Fate<(u16, String)> {
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    let queued = || serde_json::from_slice::<Value>(&body).unwrap_or_default();
    match operation.as_str() {
        "SendMessageBatch" => {
            // A queue that is busy takes a part of a batch and refuses the others.
            let request = queued();
            let fate = world.exchange("queue", move |world, _| world.enqueue(&request, false)).await;
            let Fate::Busy = fate else { return fate };
            Fate::Answered(world.enqueue(&queued(), true))
        }
        "SendMessage" => {
            let request = queued();
            world
                .exchange("wake", move |world, _| {
                    let wake_up = request["MessageBody"].as_str().and_then(|body| serde_json::from_str(body).ok());
                    match wake_up {
                        Some(wake_up) => world.wake(request["DelaySeconds"].as_u64().unwrap_or_default(), wake_up),
                        None => world.fail("a wake-up cannot be read".to_owned()),
                    }
                    (200, json!({ "MessageId": "m", "MD5OfMessageBody": "0" }).to_string())
                })
                .await
        }
        _ => {
            let request: crate::request::Request = match serde_json::from_slice(&body) {
                Ok(request) => request,
                Err(error) => {
                    world.fail(format!("the simulated table cannot read a {operation}: {error}"));
                    return Fate::Lost;
                }
            };
            let what = format!("table {operation} {}", request.about());
            world.exchange(&what, move |world, _| world.table_answers(&operation, &request)).await
        }
    }
}

fn answer(status: u16, body: &str) -> Result<HttpResponse, ConnectorError> {
    let mut answer = http::Response::new(SdkBody::from(body));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    answer.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0"));
    answer.try_into().map_err(|_| ConnectorError::user(Gone("no HTTP answer").into()))
}

impl World {
    /// A queue takes a batch; a busy one any part of it.
    pub(crate) fn enqueue(self: &Arc<Self>, request: &Value, busy: bool) -> (u16, String) {
        let entries = request["Entries"].as_array().into_iter().flatten();
        let ids: BTreeSet<String> = entries.filter_map(|entry| entry["Id"].as_str()).map(str::to_owned).collect();
        let refused = ids.into_iter().filter(|_| busy && self.coin()).collect();
        let mut answer = self.queues().take(request, &refused, clock::now());
        if self.defects.has(Defect::RelayGoesOn) && !refused.is_empty() {
            self.send_later(request.clone());
        }
        if self.defects.has(Defect::RelaySwallowsErrors) || self.defects.has(Defect::RelayGoesOn) {
            let swallowed = answer["Failed"].as_array_mut().map(std::mem::take).unwrap_or_default();
            if let Some(successful) = answer["Successful"].as_array_mut() {
                successful.extend(
                    swallowed.iter().map(|one| json!({ "Id": one["Id"], "MessageId": "m", "MD5OfMessageBody": "0" })),
                );
            }
        }
        (200, answer.to_string())
    }

    fn send_later(self: &Arc<Self>, request: Value) {
        let world = self.clone();
        self.on_its_way(1);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(20)).await;
            world.queues().take(&request, &BTreeSet::new(), clock::now());
            world.on_its_way(-1);
        });
    }
}

/// The providers of the history, as the adapters reach them.
pub(crate) struct Providers(pub(crate) Weak<World>);

#[async_trait]
impl Network for Providers {
    async fn send(&self, verb: Verb, request: Request) -> Result<Response, Broken> {
        let world = self.0.upgrade().ok_or(Broken::NotConnected)?;
        let sent = world.ask_provider(verb, &request).await;
        if verb == Verb::Read && world.defects.has(Defect::OlderNews) {
            return world.seen_before(&request, sent);
        }
        let lost = matches!(sent, Err(Broken::Lost | Broken::TimedOut));
        if verb == Verb::Act && lost && world.defects.has(Defect::TimeoutMeansFailed) {
            return Err(Broken::NotConnected);
        }
        if verb == Verb::Act && lost && world.defects.has(Defect::ActTwice) {
            return world.ask_provider(verb, &request).await;
        }
        sent
    }
}

impl World {
    /// What the same read was answered first.
    fn seen_before(&self, request: &Request, sent: Result<Response, Broken>) -> Result<Response, Broken> {
        let sent = sent?;
        let mut seen = self.seen();
        let first = seen.reads.entry(request.url.to_string()).or_insert(sent);
        Ok(Response { status: first.status, headers: first.headers.clone(), body: first.body.clone() })
    }

    async fn ask_provider(self: &Arc<Self>, verb: Verb, request: &Request) -> Result<Response, Broken> {
        let Some(mut asked) = as_http(request) else { return Err(Broken::NotConnected) };
        let host = asked.uri().authority().map(ToString::to_string).unwrap_or_default();
        let Some(provider) = self.providers.get(&host) else { return Err(Broken::NotConnected) };
        let name = provider.direct.name(&asked);
        if let Ok(value) = HeaderValue::from_str(&host) {
            asked.headers_mut().insert(http::header::HOST, value);
        }
        let what = format!("{} {name}", provider.name);
        if self.nobody_is_there() {
            self.note(|| format!("{what}: nobody is there"));
            tokio::time::sleep(Duration::from_millis(20)).await;
            return Err(Broken::NotConnected);
        }
        let asking = self.exchange(&what, move |world, fault| world.provider_answers(&host, verb, name, &asked, fault));
        let patient = !self.defects.has(Defect::TimeoutMeansFailed) && !self.defects.has(Defect::ActTwice);
        let fate = match patient {
            true => asking.await,
            false => tokio::time::timeout(Duration::from_secs(8), asking).await.unwrap_or(Fate::Lost),
        };
        match fate {
            Fate::Answered(response) => Ok(response),
            Fate::Garbled => Ok(response(200, "{\"Key\": <!-- truncated")),
            Fate::Refused => Err(Broken::NotConnected),
            Fate::Lost if self.coin() => Err(Broken::Cut { status: 200, doubt: Doubt::ConnectionLost }),
            Fate::Lost => Err(Broken::Lost),
            Fate::Busy if self.coin() => Ok(response(429, "")),
            Fate::Busy => Ok(response(503, "<html>busy</html>")),
            Fate::Failed => Ok(response(500, "<html>sorry</html>")),
        }
    }
}

fn response(status: u16, body: &'static str) -> Response {
    Response { status, headers: http::HeaderMap::new(), body: bytes::Bytes::from_static(body.as_bytes()) }
}

fn as_http(request: &Request) -> Option<http::Request<Vec<u8>>> {
    let mut out = http::Request::builder().method(request.method.clone()).uri(request.url.as_str());
    *out.headers_mut()? = request.headers.clone();
    out.body(request.body.to_vec()).ok()
}
