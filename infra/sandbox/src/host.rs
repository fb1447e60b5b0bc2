//! Around every provider: takes requests in, lets the ordered faults happen, writes the call down and answers.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use http::Method;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use crate::calls::Calls;
use crate::clock::Clock;
use crate::control;
use crate::faults::{Fault, Faults, Kind};
use crate::json::Json;
use crate::line::{Line, Lines};
use crate::message::{Answer, Content, Incoming};
use crate::webhooks::{Attempt, Delivery, Hook, Webhooks};

const MAX_BODY: usize = 4 * 1024 * 1024;

/// What a provider's sandbox must know; the host does the rest. Decisions are synchronous and take the sandbox's time.
pub(crate) trait Provider: Send + Sync + 'static {
    /// The names of its API calls.
    fn calls(&self) -> &'static [&'static str];
    /// The name of this call.
    fn name(&self, request: &Incoming) -> &'static str;
    /// Does what the provider would do.
    fn answer(&self, request: &Incoming, now: Timestamp) -> Answer;
    /// Signs the answer where the provider signs answers.
    fn seal(&self, _request: &Incoming, _answer: &mut Answer, _now: Timestamp) {}
    /// Makes the amounts in the answer wrong.
    fn distort(&self, content: &mut Content);
    /// Everything the provider believes, in minor units.
    fn books(&self) -> Json;
    /// Plays the buyer on a hosted page.
    fn buyer(&self, id: &str, choice: &str, now: Timestamp) -> Answer;
    /// Hosted pages, which are no API calls.
    fn page(&self, request: &Incoming, now: Timestamp) -> Option<Answer>;
    /// Control calls of this provider only.
    fn control(&self, path: &[&str], body: &Json, now: Timestamp) -> Option<Answer>;
    /// Time has passed: what became due by itself, such as a session that ran out.
    fn passed(&self, _now: Timestamp) -> Vec<Hook> {
        Vec::new()
    }
    /// A webhook was tried, for providers that write that down.
    fn tried(&self, _attempt: &Attempt<'_>) {}
}

/// A provider that is nowhere yet, and how its webhooks are sent.
pub(crate) struct Opened {
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) delivery: Delivery,
}

/// A provider on its port with everything around it.
pub(crate) struct Stand {
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) faults: Faults,
    pub(crate) calls: Calls,
    pub(crate) webhooks: Arc<Webhooks>,
    turn: Mutex<()>,
}

/// A sandbox that listens; dropping it stops it.
pub struct Running {
    address: SocketAddr,
    worker: AbortHandle,
    _stop: oneshot::Sender<()>,
}

impl Running {
    /// The root of the sandbox, without a slash at the end.
    pub fn url(&self) -> String {
        root(self.address)
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.worker.abort();
    }
}

/// Puts a provider on a port; it is opened with its root URL there.
pub(crate) fn start(listener: TcpListener, open: impl FnOnce(String) -> Opened) -> std::io::Result<Running> {
    let address = listener.local_addr()?;
    let Opened { provider, delivery } = open(root(address));
    let clock = Arc::new(Clock::new());
    let told = provider.clone();
    let (webhooks, work) = Webhooks::new(delivery, clock.clone(), Box::new(move |attempt| told.tried(attempt)));
    let stand =
        Stand { provider, clock, faults: Faults::default(), calls: Calls::default(), webhooks, turn: Mutex::default() };
    let router = Router::new().fallback(receive).with_state(Arc::new(stand));
    let (stop, stopped) = oneshot::channel::<()>();
    let serve = axum::serve(Lines(listener), router.into_make_service_with_connect_info::<Line>());
    tokio::spawn(async move {
        let _ = serve.with_graceful_shutdown(async move { drop(stopped.await) }).await;
    });
    Ok(Running { address, worker: tokio::spawn(work).abort_handle(), _stop: stop })
}

fn root(address: SocketAddr) -> String {
    format!("http://{address}")
}

async fn receive(State(stand): State<Arc<Stand>>, ConnectInfo(line): ConnectInfo<Line>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return Answer::empty(413).into_response() };
    let host = head.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
    let target = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let request = Incoming { method: head.method, host, target, headers: head.headers, body: body.to_vec() };
    // A task of its own: what the provider has begun goes on when the caller hangs up.
    let answer = tokio::spawn(async move { stand.dispatch(request, line).await }).await;
    answer.unwrap_or_else(|_| Answer::empty(500)).into_response()
}

impl Stand {
    /// Sends what became due by itself.
    pub(crate) async fn pass(&self) {
        self.webhooks.send(self.provider.passed(self.clock.now())).await;
    }

    async fn dispatch(&self, request: Incoming, line: Line) -> Answer {
        self.pass().await;
        if request.path().starts_with("/_sandbox") {
            return control::answer(self, &request).await;
        }
        if let Some(mut page) = self.provider.page(&request, self.clock.now()) {
            self.webhooks.send(std::mem::take(&mut page.hooks)).await;
            return page;
        }
        self.call(&request, &line).await
    }

    async fn call(&self, request: &Incoming, line: &Line) -> Answer {
        let name = self.provider.name(request);
        let number = self.calls.arrive(name, request);
        let fault = self.faults.take(name);
        let kind = fault.as_ref().map(|fault| fault.kind);
        let answer = match fault.as_ref().and_then(before) {
            Some(mut broken) => {
                self.provider.seal(request, &mut broken, self.clock.now());
                broken
            }
            None => self.process(request, number, fault.as_ref()).await,
        };
        let cut = matches!(kind, Some(Kind::DropBefore | Kind::DropAfter));
        if cut {
            line.cut();
        }
        self.calls.answered(number, (!cut).then_some(answer.status), kind.map(Kind::name));
        answer
    }

    async fn process(&self, request: &Incoming, number: usize, fault: Option<&Fault>) -> Answer {
        if let Some(fault) = fault.filter(|fault| fault.kind == Kind::DelayBefore) {
            self.faults.wait(fault).await;
        }
        let (mut answer, changed) = self.work(request);
        self.calls.processed(number, &answer.outcome, changed);
        self.webhooks.send(std::mem::take(&mut answer.hooks)).await;
        match fault.map(|fault| (fault.kind, fault)) {
            Some((Kind::Delay, fault)) => self.faults.wait(fault).await,
            Some((Kind::WrongAmount, _)) => self.distort(number, &mut answer),
            Some((Kind::GarbageAfter, _)) => return garbage(),
            Some((Kind::Http5xxAfter, fault)) => return Answer::html(fault.status, sorry()),
            _ => {}
        }
        self.provider.seal(request, &mut answer, self.clock.now());
        answer
    }

    /// One call after the other, so that what one does to the orders is told from what another one does.
    fn work(&self, request: &Incoming) -> (Answer, bool) {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let orders = || (request.method != Method::GET).then(|| self.provider.books().get("orders").cloned());
        let before = orders();
        let answer = self.provider.answer(request, self.clock.now());
        (answer, orders() != before)
    }

    /// Makes the amounts of an answer wrong, and writes down whether there were any.
    fn distort(&self, number: usize, answer: &mut Answer) {
        let before = answer.body();
        self.provider.distort(&mut answer.content);
        if answer.body() != before {
            self.calls.distorted(number);
        }
    }
}

/// The answer of a fault that keeps the call away from the provider.
fn before(fault: &Fault) -> Option<Answer> {
    match fault.kind {
        Kind::DropBefore => Some(Answer::empty(503)),
        Kind::Http5xx => Some(Answer::html(fault.status, sorry())),
        Kind::Garbage => Some(garbage()),
        Kind::Answer => Some(chosen(fault)),
        _ => None,
    }
}

fn chosen(fault: &Fault) -> Answer {
    match Json::parse(fault.body.as_bytes()) {
        _ if fault.body.is_empty() => Answer::empty(fault.status),
        Some(body) => Answer::json(fault.status, body),
        None if fault.body.starts_with("<?xml") => Answer::xml(fault.status, fault.body.clone()),
        None => Answer::html(fault.status, fault.body.clone()),
    }
}

fn sorry() -> String {
    "<html><body><h1>Service temporarily unavailable</h1></body></html>".to_owned()
}

fn garbage() -> Answer {
    let mut answer = Answer::html(200, "{\"Key\": <!-- truncated".to_owned());
    answer.headers.push(("x-cache", "MISS".to_owned()));
    answer
}
