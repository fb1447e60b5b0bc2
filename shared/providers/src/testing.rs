//! What the tests of several adapters stand on: a payment on its way, and a provider on loopback.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use http::{HeaderMap, Response};
use jiff::Timestamp;
use payment::{
    Amount, CaptureMode, Cause, CauseKind, Command, Detail, DoubtPolicy, Fingerprint, Flow, IdempotencyKey,
    Instruction, NewPayment, Operation, OperationKind, Order, Outcome, Payment, RefundCommand, Ticket, Token,
};
use serde_json::Value;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use crate::{Act, Adapter, Context, CredentialCheck, Deadline, Urls};

/// When everything happens.
pub(crate) fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

pub(crate) fn cause() -> Cause {
    Cause::new(CauseKind::Api, "req_1")
}

pub(crate) fn key(text: &str) -> IdempotencyKey {
    text.parse().unwrap()
}

pub(crate) fn fingerprint() -> Fingerprint {
    Fingerprint::of(&"request").unwrap()
}

pub(crate) fn order(document: &Value) -> Order {
    serde_json::from_value(document.clone()).unwrap()
}

/// A payment's addresses, with this word in the one for messages.
pub(crate) fn urls_of(webhook_path: &str) -> Urls {
    let push = format!("https://pay.example/v1/webhooks/{webhook_path}/demo?payment=pay_1&token=t0ken");
    Urls { back: "https://pay.example/v1/return/pay_1?token=t0ken".parse().unwrap(), push: push.parse().unwrap() }
}

/// A payment whose opening call is about to be made.
pub(crate) fn created_in(flow: Flow, order: &Order) -> Payment {
    let new = NewPayment {
        merchant: "demo".parse().unwrap(),
        key: &key("order-1"),
        order,
        flow,
        capture_mode: order.capture.unwrap_or(CaptureMode::Manual),
        livemode: false,
        token: Token::from_random([7; 16]),
        provider_account: None,
        opened_under: None,
        late_authorization: payment::LateAuthorization::default(),
        fingerprint: fingerprint(),
        cause: cause(),
    };
    Payment::open(new, now()).0
}

pub(crate) fn newest(payment: &Payment) -> &Operation {
    payment.operations.last().unwrap()
}

/// Ends the newest operation.
pub(crate) fn settle(payment: &mut Payment, outcome: Outcome) {
    let newest = newest(payment);
    let ticket = Ticket { operation: newest.id.clone(), attempt: newest.attempt };
    assert!(payment.settle(&ticket, outcome, DoubtPolicy::Lookup, &cause(), now()));
}

fn with(mut payment: Payment, command: Command) -> Payment {
    payment.accept(command, now()).unwrap();
    payment
}

/// The payment with a capture that is about to be made.
pub(crate) fn with_capture(payment: Payment, body: Value) -> Payment {
    with(payment, Command::capture(serde_json::from_value(body).unwrap(), key("capture-1"), fingerprint()))
}

/// The payment with a refund of this many minor units that is about to be made.
pub(crate) fn with_refund(payment: Payment, minor: i64, reason: Option<&str>) -> Payment {
    let reason = reason.map(|reason| reason.parse().unwrap());
    let refund = RefundCommand { amount: Some(Amount::new(minor).unwrap()), reason, ..RefundCommand::default() };
    with(payment, Command::refund(refund, key("refund-1"), fingerprint()))
}

/// The payment with a cancellation that is about to be made.
pub(crate) fn with_cancel(payment: Payment) -> Payment {
    with(payment, Command::cancel(key("cancel-1"), fingerprint()))
}

/// The payment with something that the provider is about to be told.
pub(crate) fn with_told(payment: Payment, told: Instruction) -> Payment {
    with(payment, Command::tell(told, key("told-1"), fingerprint()))
}

/// The newest operation as an act.
pub(crate) fn act_of(payment: &Payment) -> Act<'_> {
    let operation = newest(payment);
    match operation.kind() {
        OperationKind::CreateSession => Act::CreateSession(operation),
        OperationKind::Confirm => Act::Confirm(operation),
        OperationKind::Capture => Act::Capture(operation),
        OperationKind::Cancel => Act::Cancel(operation),
        OperationKind::Amend => Act::Amend(operation),
        OperationKind::Tell(_) => {
            let Detail::Tell(told) = &operation.detail else { panic!("{} tells nothing", operation.reference) };
            Act::Tell(operation, told)
        }
        OperationKind::Refund => {
            let capture = payment.operations.iter().find(|o| o.makes_capture().is_some()).unwrap();
            Act::Refund { refund: operation, capture }
        }
    }
}

pub(crate) fn context<'a>(payment: &'a Payment, order: Option<&'a Order>, urls: &'a Urls) -> Context<'a> {
    let deadline = Deadline::within(Duration::from_millis(700));
    Context { payment, order, widget_result: None, candidate: None, urls, deadline, now: now() }
}

/// What is no success, in words; personal data keeps the type itself from being printed.
pub(crate) fn told_failure(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(_) | Outcome::Pending(_) => panic!("a success"),
        Outcome::Refused(refusal) => {
            let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
            format!("refused {} {}", text(&refusal.provider_code), text(&refusal.message))
        }
        Outcome::NotSent => "not sent".into(),
        Outcome::InDoubt(doubt) => format!("in doubt {doubt:?}"),
    }
}

/// A request as it arrived.
#[derive(Clone)]
pub(crate) struct Seen {
    /// Method and path, with the query.
    pub(crate) line: String,
    /// The whole address.
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Seen {
    /// All of it that counts, with these headers.
    pub(crate) fn told(&self, headers: &[&str]) -> String {
        let header = |name: &&str| Some(format!("{name}: {}\n", self.header(name)?));
        format!("{}\n{}\n{}", self.line, headers.iter().filter_map(header).collect::<String>(), self.body)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

type Answering = dyn Fn(&Seen) -> Option<Response<String>> + Send + Sync;

/// A provider on loopback.
#[derive(Clone)]
pub(crate) struct Server {
    /// Its root.
    pub(crate) base: String,
    answer: Arc<Answering>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// An answer.
pub(crate) fn says(status: u16, body: impl ToString) -> Response<String> {
    Response::builder().status(status).body(body.to_string()).unwrap()
}

impl Server {
    /// One that answers like this; a request without an answer hangs.
    pub(crate) async fn start(answer: impl Fn(&Seen) -> Option<Response<String>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { base, answer: Arc::new(answer), seen: Arc::default() };
        let app = axum::Router::new().fallback(answered).with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        server
    }

    /// Every request, oldest first.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

async fn answered(State(server): State<Server>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
    let (line, url) = (format!("{} {}", head.method, head.uri), format!("{}{}", server.base, head.uri));
    let seen = Seen { line, url, headers: head.headers, body };
    server.seen.lock().unwrap().push(seen.clone());
    match (server.answer)(&seen) {
        Some(answer) => answer.map(Body::from),
        None => std::future::pending().await,
    }
}

/// What an adapter sends to ask whether its credentials are known, with these headers.
pub(crate) async fn credentials_asked(open: impl FnOnce(&str) -> Box<dyn Adapter>, headers: &[&str]) -> String {
    let server = Server::start(|_| Some(says(404, ""))).await;
    let known = open(&server.base).check_credentials(Deadline::within(Duration::from_secs(5))).await;
    assert!(!matches!(known, CredentialCheck::Accepted), "nothing of it was answered");
    server.seen().iter().map(|seen| seen.told(headers)).collect::<Vec<_>>().join("\n")
}

/// The root of a provider that takes one connection and breaks it after a request has begun; then nobody is there.
pub(crate) async fn breaking() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let _ = connection.read(&mut [0; 64]).await;
        drop((connection, listener));
    });
    base
}

/// A member of a sample that an adapter has no use for: where it is, what is there, and why.
pub(crate) type Unused<'a> = (&'a str, Value, &'a str);

/// Asserts that a sample holds what its test reads, at these places or below them, and besides that exactly what there
/// is no use for. A member that is neither fails, and so does a place that the sample does not have.
pub(crate) fn holds_nothing_else(sample: &Value, read: &[&str], unused: &[Unused<'_>]) {
    for place in read {
        assert!(sample.pointer(place).is_some(), "{place} is not there");
    }
    for (place, value, why) in unused {
        assert_eq!(sample.pointer(place), Some(value), "{place}: {why}");
    }
    let places: Vec<&str> = read.iter().copied().chain(unused.iter().map(|(place, ..)| *place)).collect();
    for member in members(sample, "") {
        let known = places.iter().any(|place| is_in(&member, place));
        assert!(known, "{member} is neither read nor known to be of no use");
    }
}

/// Whether a member is at a place or below it.
pub(crate) fn is_in(member: &str, place: &str) -> bool {
    member.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The pointer of every value that holds no other.
pub(crate) fn members(value: &Value, at: &str) -> Vec<String> {
    let inside: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (format!("{at}/{name}"), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(i, value)| (format!("{at}/{i}"), value)).collect(),
        _ => Vec::new(),
    };
    if inside.is_empty() {
        return vec![at.to_owned()];
    }
    inside.iter().flat_map(|(at, value)| members(value, at)).collect()
}
