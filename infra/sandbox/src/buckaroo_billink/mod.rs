//! Buckaroo's JSON gateway with the Billink service.
//!
//! Written from docs.buckaroo.io (transaction-post, transaction-status-get, integration-hmac,
//! integration-push-messages, status, transaction-cancel-get, billink-requests) and dev.buckaroo.nl/PaymentMethods/Description/billink. Calls: `pay`, `authorize`,
//! `capture`, `refund`, `cancel`, `call_off`, `status`, `statuses`, `refund_info`, `specification`, `unknown`.

mod actions;
mod auth;
mod books;
mod control;
mod demo;
mod page;
mod push;
mod request;
mod rules;
mod wire;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;

use crate::host::{self, Opened, Provider, Running};
use crate::json::{Json, map};
use crate::message::{Answer, Content, Incoming};
use crate::webhooks::Delivery;
use actions::Means;
use books::{Action, Books, Doom, Status};

pub(crate) use demo::STAND_IN;
pub use demo::account;

/// The demo website key.
pub const WEBSITE_KEY: &str = "WEBKEY1234";
/// The demo secret key.
pub const SECRET_KEY: &str = "0123456789ABCDEF0123456789ABCDEF";

/// Whether the buyer is asked on a hosted page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Answers at once: 190 or 690.
    Sync,
    /// Answers 790 with a page to send the buyer to.
    Redirect,
}

/// How pushes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushFormat {
    /// JSON with an `Authorization: hmac` header.
    Json,
    /// Form fields with a `brq_signature`.
    Form,
}

/// The digest of form pushes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushHash {
    /// 40 hexadecimal digits.
    Sha1,
    /// 64 hexadecimal digits.
    Sha256,
    /// 128 hexadecimal digits.
    Sha512,
}

/// Which edition of the Billink page the parameters are held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// 2020: articles have no description, businesses need a VAT number.
    Guide2020,
    /// The newest: articles need a description, the VAT number is optional.
    Current,
}

/// One website of one merchant at the gateway.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Names the website.
    pub website_key: String,
    /// Signs everything, as plain text.
    pub secret_key: String,
    /// Hosted page or not.
    pub flow: Flow,
    /// JSON or form pushes.
    pub push_format: PushFormat,
    /// Digest of form pushes.
    pub push_hash: PushHash,
    /// Where pushes go when the request names no URL.
    pub push_url: Option<String>,
    /// Edition of the parameter rules.
    pub edition: Edition,
    /// Calls (`refund`, `capture`, …) that stay pending until they are settled by a control call.
    pub pending: Vec<String>,
    /// Whether captures, refunds and cancellations are kept under the invoice of what they follow, as in the guide's
    /// samples.
    pub under_original: bool,
    /// Whether the page sends the buyer back by a form that the browser posts, not by an address.
    pub returns_form: bool,
    /// How pushes are sent.
    pub delivery: Delivery,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            website_key: WEBSITE_KEY.to_owned(),
            secret_key: SECRET_KEY.to_owned(),
            flow: Flow::Sync,
            push_format: PushFormat::Json,
            push_hash: PushHash::Sha1,
            push_url: None,
            edition: Edition::Current,
            pending: Vec::new(),
            under_original: false,
            returns_form: false,
            delivery: Delivery {
                retries: 11,
                spacing: Duration::from_millis(200),
                factor: 1,
                delay: Duration::from_millis(30),
                success: vec![200],
                before_answer: false,
            },
        }
    }
}

/// Starts the gateway.
pub async fn start(listener: TcpListener, settings: Settings) -> std::io::Result<Running> {
    host::start(listener, |root| open(root, settings))
}

fn open(root: String, settings: Settings) -> Opened {
    let delivery = settings.delivery.clone();
    let state = State { settings, books: Books::default(), nonces: HashSet::new() };
    Opened { provider: Arc::new(Gateway { root, state: Mutex::new(state) }), delivery }
}

struct Gateway {
    root: String,
    state: Mutex<State>,
}

struct State {
    settings: Settings,
    books: Books,
    nonces: HashSet<String>,
}

const CALLS: &[&str] = &[
    "pay",
    "authorize",
    "capture",
    "refund",
    "cancel",
    "call_off",
    "status",
    "statuses",
    "refund_info",
    "specification",
    "unknown",
];

impl Provider for Gateway {
    fn calls(&self) -> &'static [&'static str] {
        CALLS
    }

    fn name(&self, request: &Incoming) -> &'static str {
        match route(request) {
            Some(Route::Transaction) => {
                let body = Json::parse(&request.body);
                body.as_ref().and_then(action_of).map_or("unknown", Action::call)
            }
            Some(Route::CallOff(_)) => "call_off",
            Some(Route::Status(_)) => "status",
            Some(Route::Statuses) => "statuses",
            Some(Route::RefundInfo(_)) => "refund_info",
            Some(Route::Specification(_)) => "specification",
            None => "unknown",
        }
    }

    fn answer(&self, request: &Incoming, now: Timestamp) -> Answer {
        let mut state = self.lock();
        if !state.admits(request) {
            return message(400, "Access denied");
        }
        let Some(route) = route(request) else { return message(404, "Not found") };
        match route {
            Route::Transaction => self.transaction(&mut state, request, now),
            Route::Statuses => posted(request).map_or_else(|refused| refused, |body| statuses(&state.books, &body)),
            Route::CallOff(key) => call_off(&mut state, key, now),
            Route::Status(key) => match state.books.find(key) {
                Some(one) => Answer::json(200, wire::state(one)),
                None => message(404, "Transaction not found"),
            },
            Route::RefundInfo(key) => match state.books.find(key) {
                Some(one) => Answer::json(200, wire::refund_info(one, state.books.refunds(&one.key))),
                None => message(404, "Transaction not found"),
            },
            Route::Specification(name) if name.eq_ignore_ascii_case("billink") => {
                Answer::json(200, wire::specification())
            }
            Route::Specification(_) => message(404, "Service not found"),
        }
    }

    fn seal(&self, request: &Incoming, answer: &mut Answer, now: Timestamp) {
        if answer.status != 200 || !matches!(answer.content, Content::Json(_)) {
            return;
        }
        let state = self.lock();
        let body = answer.body();
        let signed = auth::Signed {
            website_key: &state.settings.website_key,
            method: request.method.as_str(),
            url: &format!("{}{}", request.host, request.target),
            timestamp: &auth::seconds(now),
            nonce: &auth::nonce(),
            body: body.as_bytes(),
        };
        answer.headers.push(("authorization", signed.header(&state.settings.secret_key)));
    }

    fn distort(&self, content: &mut Content) {
        if let Content::Json(body) = content {
            wire::distort(body);
        }
    }

    fn books(&self) -> Json {
        self.lock().books.show()
    }

    fn buyer(&self, id: &str, choice: &str, now: Timestamp) -> Answer {
        control::buyer(&mut self.lock(), id, choice, now)
    }

    fn page(&self, request: &Incoming, now: Timestamp) -> Option<Answer> {
        page::is_page(request.path()).then(|| control::page(&mut self.lock(), request, now))
    }

    fn control(&self, path: &[&str], body: &Json, now: Timestamp) -> Option<Answer> {
        control::call(&mut self.lock(), path, body, now)
    }
}

impl Gateway {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn transaction(&self, state: &mut State, request: &Incoming, now: Timestamp) -> Answer {
        let body = match posted(request) {
            Ok(body) => body,
            Err(refused) => return refused,
        };
        let mut wanted = match request::bind(&body) {
            Ok(wanted) => wanted,
            Err(unknown) => return message(400, &unknown),
        };
        let opens = matches!(wanted.action, Some(Action::Pay | Action::Authorize));
        let hosted = opens && state.settings.flow == Flow::Redirect;
        let terms = rules::Terms { edition: state.settings.edition, hosted, today: wire::day(now) };
        rules::check(&mut wanted, &terms);
        if hosted && wanted.urls.back.is_none() {
            wanted.flaws.push(request::Flaw::missing("ReturnURL"));
        }
        let doom = if opens { rules::doom(&wanted, &terms) } else { None };
        let call = wanted.action.map_or("unknown", Action::call);
        let pending = doom == Some(Doom::Pending) || state.settings.pending.iter().any(|name| name == call);
        let under_original = state.settings.under_original;
        let key = actions::perform(&mut state.books, wanted, &Means { now, hosted, pending, under_original, doom });
        let Some(made) = state.books.find(&key) else { return message(500, "Lost") };
        let mut answer = Answer::json(200, wire::answer(made, &self.root));
        answer.outcome = made.status.code().0.to_string();
        // While the buyer is still on the page there is nothing to tell.
        let told = made.redirect.is_none();
        answer.with_hooks(push::about(made, &state.settings, now).filter(|_| told).into_iter().collect())
    }
}

impl State {
    /// The request must be signed with the website's key, over this URL and these bytes, with a fresh nonce.
    fn admits(&mut self, request: &Incoming) -> bool {
        let Some(header) = request.header("authorization").and_then(auth::Header::read) else { return false };
        let signed = auth::Signed {
            website_key: header.website_key,
            method: request.method.as_str(),
            url: &format!("{}{}", request.host, request.target),
            timestamp: header.timestamp,
            nonce: header.nonce,
            body: &request.body,
        };
        header.website_key == self.settings.website_key
            && signed.signature(&self.settings.secret_key) == header.signature
            && self.nonces.insert(header.nonce.to_owned())
    }
}

enum Route<'a> {
    Transaction,
    CallOff(&'a str),
    Status(&'a str),
    Statuses,
    RefundInfo(&'a str),
    Specification(&'a str),
}

/// Paths are case-insensitive and may end in a slash.
fn route(request: &Incoming) -> Option<Route<'_>> {
    let segments = request.segments();
    let is = |place: usize, name: &str| segments.get(place).is_some_and(|segment| segment.eq_ignore_ascii_case(name));
    if !is(0, "json") || !is(1, "transaction") {
        return None;
    }
    let last = segments.get(3).copied();
    match (request.method.as_str(), segments.len(), last) {
        ("POST", 2, _) => Some(Route::Transaction),
        ("POST", 3, _) if is(2, "statuses") => Some(Route::Statuses),
        ("GET", 4, Some(key)) if is(2, "cancel") => Some(Route::CallOff(key)),
        ("GET", 4, Some(key)) if is(2, "status") => Some(Route::Status(key)),
        ("GET", 4, Some(key)) if is(2, "refundinfo") => Some(Route::RefundInfo(key)),
        ("GET", 4, Some(name)) if is(2, "specification") => Some(Route::Specification(name)),
        _ => None,
    }
}

fn action_of(body: &Json) -> Option<Action> {
    let service = body.find("Services")?.find("ServiceList")?.items().first()?;
    Action::read(service.find("Action")?.text()?)
}

fn posted(request: &Incoming) -> Result<Json, Answer> {
    if request.media_type() != "application/json" {
        return Err(message(400, "The Content-Type must be application/json"));
    }
    let body = Json::parse(&request.body).filter(|body| matches!(body, Json::Map(_)));
    body.ok_or_else(|| message(400, "The request is not a JSON object"))
}

/// Calls off an order that still waits for somebody.
fn call_off(state: &mut State, key: &str, now: Timestamp) -> Answer {
    let Some(one) = state.books.find_mut(key) else { return message(404, "Transaction not found") };
    let open = one.cancelable();
    if open {
        (one.status, one.at) = (Status::CalledOff, now);
    }
    let answer = Answer::json(200, map! { "Key": &one.key, "IsCanceled": open });
    answer.with_hooks(push::about(one, &state.settings, now).filter(|_| open).into_iter().collect())
}

fn statuses(books: &Books, body: &Json) -> Answer {
    let asked = body.find("Transactions").map_or(&[][..], Json::items);
    if asked.is_empty() {
        return message(400, "Transactions must be a list with at least one entry");
    }
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for entry in asked {
        let of = |name: &str| entry.find(name).and_then(Json::text);
        let matches: Vec<_> = match (of("Key"), of("Invoice")) {
            (Some(key), _) => books.find(key).into_iter().collect(),
            (None, Some(invoice)) => {
                books.transactions.iter().filter(|one| one.invoice.as_deref() == Some(invoice.trim())).collect()
            }
            (None, None) => Vec::new(),
        };
        if matches.is_empty() {
            unknown.push(wire::not_found(entry));
        }
        found.extend(matches);
    }
    Answer::json(200, wire::statuses(&found, unknown))
}

/// Errors outside a transaction have a message and nothing else.
fn message(status: u16, text: &str) -> Answer {
    Answer::json(status, map! { "Message": text })
}
