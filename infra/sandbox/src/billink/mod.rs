//! Billink's current API, version 2: sessions with a page, order management, webhooks.
//!
//! Written from developers.billink.nl (authorize-payment, order-management, webhooks, webhooks-v3, errors,
//! partners-exclusive) and the API explorer's front page. Calls: `session`, `session_status`, `start_workflow`,
//! `credit`, `payment`, `on_hold`, `resume`, `order_info`, `message`, `dispute`, `reconciliation`, `webshop_settings`,
//! `create_merchant`, `generate_secret`, `set_webhook`, `disable_webhook`, `unknown`.

mod answers;
mod control;
mod demo;
mod input;
mod orders;
mod page;
mod partners;
mod registration;
mod sessions;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::net::TcpListener;

use crate::billink_shared as shared;
use crate::billink_shared::hooks::{self, Target};
use crate::billink_shared::ledger::Ledger;
use crate::host::{self, Opened, Provider, Running};
use crate::json::{Json, map};
use crate::message::{Answer, Content, Incoming};
use crate::route;
use crate::webhooks::{Delivery, Hook};
use answers::service;
use sessions::Session;

pub(crate) use demo::STAND_IN;
pub use demo::account;

/// The demo user name.
pub const USERNAME: &str = shared::USERNAME;
/// The demo client id.
pub const ID: &str = shared::ID;
/// A demo webhook secret, for settings that sign from the start.
pub const WEBHOOK_SECRET: &str = shared::WEBHOOK_SECRET;

/// The shape of errors of order management, which come with HTTP 200.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errors {
    /// `{ code, description, result }`, as the front page prints it.
    Flat,
    /// `{ result, error: { code, description } }`, as the pages of the calls have it.
    Nested,
}

/// The shape of errors in the fields of a new session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormErrors {
    /// HTTP 400, `error_backend` with a body that is JSON inside a string.
    Wrapped,
    /// The same with an object.
    WrappedObject,
    /// HTTP 416 without `error_backend` around it.
    Bare,
}

/// One client of Billink.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `billinkUsername`.
    pub username: String,
    /// `billinkID`.
    pub id: String,
    /// The workflow numbers that exist.
    pub workflows: Vec<String>,
    /// Where webhooks about sessions go.
    pub session_webhook: Option<String>,
    /// Where webhooks about orders go.
    pub order_webhook: Option<String>,
    /// Whether the two above are signed (version 3), with the secret below.
    pub signed: bool,
    /// The webhook secret, as base64 text; the call that makes a new one replaces it.
    pub webhook_secret: Option<String>,
    /// Shape of order management's errors.
    pub errors: Errors,
    /// Shape of a session's field errors.
    pub form_errors: FormErrors,
    /// Answers 403 to session calls.
    pub denied: bool,
    /// How webhooks are sent.
    pub delivery: Delivery,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            username: USERNAME.to_owned(),
            id: ID.to_owned(),
            workflows: ["1", "2", "3"].map(str::to_owned).into(),
            session_webhook: None,
            order_webhook: None,
            signed: false,
            webhook_secret: None,
            errors: Errors::Flat,
            form_errors: FormErrors::Wrapped,
            denied: false,
            delivery: shared::delivery(),
        }
    }
}

/// Starts the API.
pub async fn start(listener: TcpListener, settings: Settings) -> std::io::Result<Running> {
    host::start(listener, |root| open(root, settings))
}

fn open(root: String, settings: Settings) -> Opened {
    let delivery = settings.delivery.clone();
    let secret = settings.webhook_secret.clone().filter(|_| settings.signed);
    let target = |url: &Option<String>| url.clone().map(|url| Target { url, secret: secret.clone() });
    let state = State {
        session_target: target(&settings.session_webhook),
        order_target: target(&settings.order_webhook),
        settings,
        sessions: Vec::new(),
        ledger: Ledger::default(),
    };
    Opened { provider: Arc::new(Billink { root, state: Mutex::new(state) }), delivery }
}

struct Billink {
    root: String,
    state: Mutex<State>,
}

pub(crate) struct State {
    settings: Settings,
    session_target: Option<Target>,
    order_target: Option<Target>,
    sessions: Vec<Session>,
    ledger: Ledger,
}

/// Everything is a POST.
const ROUTES: &[route::Route] = &[
    ("POST", "/v2/session/create", "session"),
    ("POST", "/v2/session/status", "session_status"),
    ("POST", "/v2/client/workflow/start", "start_workflow"),
    ("POST", "/v2/client/invoice/credit", "credit"),
    ("POST", "/v2/client/invoice/payment", "payment"),
    ("POST", "/v2/client/order/on-hold", "on_hold"),
    ("POST", "/v2/client/order/resume", "resume"),
    ("POST", "/v2/client/order/info", "order_info"),
    ("POST", "/v2/client/order/message", "message"),
    ("POST", "/v2/client/dispute", "dispute"),
    ("POST", "/v2/client/reconciliation/invoices", "reconciliation"),
    ("POST", "/v2/client/webshop-settings", "webshop_settings"),
    ("POST", "/v2/client/create", "create_merchant"),
    ("POST", "/v2/client/webhook-v3/secret/generate", "generate_secret"),
    ("POST", "/v2/client/webhook-v3/set", "set_webhook"),
    ("POST", "/v2/session/webhook-v3/set", "set_webhook"),
    ("POST", "/v2/client/webhook/set", "set_webhook"),
    ("POST", "/v2/session/webhook/set", "set_webhook"),
    ("POST", "/v2/client/webhook-v3/disable", "disable_webhook"),
    ("POST", "/v2/session/webhook-v3/disable", "disable_webhook"),
    ("POST", "/v2/client/webhook/disable", "disable_webhook"),
    ("POST", "/v2/session/webhook/disable", "disable_webhook"),
];

const CALLS: &[&str] = &[
    "session",
    "session_status",
    "start_workflow",
    "credit",
    "payment",
    "on_hold",
    "resume",
    "order_info",
    "message",
    "dispute",
    "reconciliation",
    "webshop_settings",
    "create_merchant",
    "generate_secret",
    "set_webhook",
    "disable_webhook",
    "unknown",
];

fn route(request: &Incoming) -> Option<&'static str> {
    route::find(ROUTES, request.method.as_str(), request.path()).map(|(name, _)| name)
}

impl Provider for Billink {
    fn calls(&self) -> &'static [&'static str] {
        CALLS
    }

    fn name(&self, request: &Incoming) -> &'static str {
        route(request).unwrap_or("unknown")
    }

    fn answer(&self, request: &Incoming, now: Timestamp) -> Answer {
        let mut state = self.lock();
        let Some(name) = route(request) else { return service(404, "Not found") };
        state.act(name, request, &self.root, now).unwrap_or_else(|refused| refused)
    }

    fn distort(&self, content: &mut Content) {
        if let Content::Json(body) = content {
            answers::distort(body);
        }
    }

    fn books(&self) -> Json {
        let state = self.lock();
        map! {
            "orders": state.ledger.lines(),
            "sessions": state.sessions.iter().map(Session::line).collect::<Vec<_>>(),
        }
    }

    fn buyer(&self, id: &str, choice: &str, now: Timestamp) -> Answer {
        page::buyer(&mut self.lock(), id, choice, now)
    }

    fn page(&self, request: &Incoming, now: Timestamp) -> Option<Answer> {
        page::answer(&mut self.lock(), request, now)
    }

    fn control(&self, path: &[&str], body: &Json, now: Timestamp) -> Option<Answer> {
        control::call(&mut self.lock(), path, body, now)
    }

    fn passed(&self, now: Timestamp) -> Vec<Hook> {
        let mut state = self.lock();
        state.ledger.pass(now);
        state.expire(now)
    }
}

impl Billink {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn act(&mut self, name: &str, request: &Incoming, root: &str, now: Timestamp) -> Result<Answer, Answer> {
        match name {
            "session" => sessions::create(self, &object(request)?, root, now),
            "session_status" => sessions::status(self, &object(request)?),
            "generate_secret" => registration::generate(self, &object(request)?),
            "set_webhook" => registration::set(self, request.path(), &object(request)?),
            "disable_webhook" => registration::disable(self, request.path(), &object(request)?),
            "dispute" => partners::dispute(self, &object(request)?, now),
            "reconciliation" => partners::reconciliation(self, request, &object(request)?),
            "webshop_settings" => partners::webshop_settings(self, &object(request)?),
            "create_merchant" => partners::create(self, &object(request)?),
            _ => orders::act(self, name, request, now),
        }
    }

    /// The webhooks of events of an order.
    fn tell(&self, number: &str, events: &[&'static str], now: Timestamp) -> Vec<Hook> {
        let (Some(order), Some(target)) = (self.ledger.find(number), &self.order_target) else { return Vec::new() };
        events.iter().map(|event| hooks::order(target, order, event, now, 0)).collect()
    }

    /// Both credentials must be the client's.
    fn knows(&self, username: Option<&str>, id: Option<&str>) -> bool {
        username == Some(self.settings.username.as_str()) && id == Some(self.settings.id.as_str())
    }
}

/// The body of a call that answers with real HTTP statuses.
fn object(request: &Incoming) -> Result<Json, Answer> {
    let body = Json::parse(&request.body).filter(|body| matches!(body, Json::Map(_)));
    body.ok_or_else(|| service(400, "Invalid JSON"))
}
