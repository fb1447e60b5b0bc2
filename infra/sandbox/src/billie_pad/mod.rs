//! Billie's Direct API (Pay After Delivery), version 2, under `/api/v2`.
//!
//! Written from docs.billie.io (reference and guides of the v2 API). Calls: `token`, `validate_token`, `revoke_token`,
//! `session`, `hosted_session`, `authorization`, `confirm`, `create_order`, `get_order`, `update_order`, `cancel`,
//! `capture` (an invoice), `get_invoice`, `update_invoice`, `cancel_invoice`, `refund` (a credit note),
//! `confirm_payment`, `legal_forms`, `unknown`.

mod auth;
mod books;
mod control;
mod demo;
mod hooks;
mod invoices;
mod orders;
mod page;
mod sessions;
mod wire;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;

use crate::billie::{self, refusal};
use crate::host::{self, Opened, Provider, Running};
use crate::json::{Json, map};
use crate::message::{Answer, Content, Incoming};
use crate::reader::Flaws;
use crate::route;
use crate::webhooks::Delivery;
use auth::Tokens;
use books::Books;

pub(crate) use demo::STAND_IN;
pub use demo::account;

/// The demo client id.
pub const CLIENT_ID: &str = "7d2f4a0e-1f0b-4a57-9e0c-sandbox00001";
/// The demo client secret.
pub const CLIENT_SECRET: &str = "sandbox-client-secret";
/// The demo webhook key.
pub const WEBHOOK_KEY: &str = "sandbox-webhook-key";
/// Where the API lies below the root.
pub const BASE_PATH: &str = "/api/v2";

/// One merchant at Billie.
#[derive(Clone, Debug)]
pub struct Settings {
    /// OAuth client id.
    pub client_id: String,
    /// OAuth client secret.
    pub client_secret: String,
    /// The registered webhook URL; webhooks are off without one.
    pub webhook_url: Option<String>,
    /// The header that carries the key; `Authorization` gets `Basic ` before it.
    pub webhook_header: String,
    /// The key agreed upon.
    pub webhook_key: String,
    /// The only channel that hosted sessions may name.
    pub channel: String,
    /// How a cancelled order is spelled: `canceled` or `cancelled`.
    pub canceled: &'static str,
    /// Time on the sandbox clock until an order shows a new invoice.
    pub invoice_delay_seconds: i64,
    /// How webhooks are sent.
    pub delivery: Delivery,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            client_id: CLIENT_ID.to_owned(),
            client_secret: CLIENT_SECRET.to_owned(),
            webhook_url: None,
            webhook_header: "X-Api-Key".to_owned(),
            webhook_key: WEBHOOK_KEY.to_owned(),
            channel: "hpp_ecommerce".to_owned(),
            canceled: "canceled",
            invoice_delay_seconds: 0,
            delivery: Delivery {
                retries: 5,
                spacing: Duration::from_millis(200),
                factor: 1,
                delay: Duration::from_millis(30),
                success: vec![200, 201, 202, 204],
                before_answer: false,
            },
        }
    }
}

/// Starts the API.
pub async fn start(listener: TcpListener, settings: Settings) -> std::io::Result<Running> {
    host::start(listener, |root| open(root, settings))
}

fn open(root: String, settings: Settings) -> Opened {
    let delivery = settings.delivery.clone();
    let state = State { settings, tokens: Tokens::default(), books: Books::default() };
    Opened { provider: Arc::new(Billie { root, state: Mutex::new(state) }), delivery }
}

struct Billie {
    root: String,
    state: Mutex<State>,
}

pub(crate) struct State {
    settings: Settings,
    tokens: Tokens,
    books: Books,
}

const CALLS: &[&str] = &[
    "token",
    "validate_token",
    "revoke_token",
    "session",
    "hosted_session",
    "authorization",
    "confirm",
    "create_order",
    "get_order",
    "update_order",
    "cancel",
    "capture",
    "get_invoice",
    "update_invoice",
    "cancel_invoice",
    "refund",
    "confirm_payment",
    "legal_forms",
    "unknown",
];

impl Provider for Billie {
    fn calls(&self) -> &'static [&'static str] {
        CALLS
    }

    fn name(&self, request: &Incoming) -> &'static str {
        route(request).map_or("unknown", |(name, _)| name)
    }

    fn answer(&self, request: &Incoming, now: Timestamp) -> Answer {
        let mut state = self.lock();
        let Some((name, id)) = route(request) else {
            return refusal(404, "resource_not_found", "Not found");
        };
        let answered = if name == "token" {
            state.create_token(request, now)
        } else {
            let admitted = state.tokens.check(request, now);
            admitted.and_then(|()| state.act(name, id, request, &self.root, now))
        };
        answered.unwrap_or_else(|refused| refused)
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
        page::buyer(&mut self.lock(), id, choice, now)
    }

    fn page(&self, request: &Incoming, now: Timestamp) -> Option<Answer> {
        page::answer(&mut self.lock(), request, now)
    }

    fn control(&self, path: &[&str], body: &Json, now: Timestamp) -> Option<Answer> {
        control::call(&mut self.lock(), path, body, now)
    }
}

impl Billie {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Method, path below the base, name of the call.
const ROUTES: &[route::Route] = &[
    ("POST", "/oauth/token", "token"),
    ("GET", "/oauth/authorization", "validate_token"),
    ("POST", "/oauth/token/revoke", "revoke_token"),
    ("POST", "/checkout-sessions", "session"),
    ("POST", "/hpp-checkout-sessions", "hosted_session"),
    ("GET", "/checkout-sessions/{id}/authorization", "authorization"),
    ("PUT", "/checkout-sessions/{id}/confirm", "confirm"),
    ("POST", "/orders", "create_order"),
    ("GET", "/orders/{uuid}", "get_order"),
    ("POST", "/orders/{uuid}", "update_order"),
    ("POST", "/orders/{uuid}/cancel", "cancel"),
    ("POST", "/invoices", "capture"),
    ("GET", "/invoices/{uuid}", "get_invoice"),
    ("POST", "/invoices/{uuid}/update-details", "update_invoice"),
    ("DELETE", "/invoices/{uuid}", "cancel_invoice"),
    ("POST", "/invoices/{uuid}/credit-notes", "refund"),
    ("POST", "/invoices/{uuid}/confirm-payment", "confirm_payment"),
    ("GET", "/legal-forms", "legal_forms"),
];

/// The call and the id in its path.
fn route(request: &Incoming) -> Option<(&'static str, &str)> {
    route::find(ROUTES, request.method.as_str(), request.path().strip_prefix(BASE_PATH)?)
}

/// Refuses a body that has flaws.
fn verdict(flaws: Flaws) -> Result<(), Answer> {
    billie::verdict(400, flaws)
}

/// A refusal of one field.
fn invalid(source: &str, title: &str) -> Answer {
    billie::invalid(400, source, title)
}

impl State {
    fn create_token(&mut self, request: &Incoming, now: Timestamp) -> Result<Answer, Answer> {
        self.tokens.create(request, &self.settings, now)
    }

    fn act(&mut self, name: &str, id: &str, request: &Incoming, root: &str, now: Timestamp) -> Result<Answer, Answer> {
        match name {
            "validate_token" => {
                Ok(Answer::json(200, map! { "client_id": &self.settings.client_id, "scopes": vec!["merchant"] }))
            }
            "revoke_token" => Ok(self.tokens.revoke(request)),
            "session" => sessions::open(self, &body(request)?, now),
            "hosted_session" => sessions::open_hosted(self, &body(request)?, root, now),
            "authorization" => sessions::authorization(self, id),
            "confirm" => sessions::confirm(self, id, &body(request)?, now),
            "create_order" => orders::create(self, &body(request)?, now),
            "get_order" => orders::read(self, uuid(id)?, now),
            "update_order" => orders::update(self, uuid(id)?, &body(request)?, now),
            "cancel" => nothing(request).and_then(|()| orders::cancel(self, uuid(id)?, now)),
            "capture" => invoices::create(self, &body(request)?, now),
            "get_invoice" => invoices::read(self, uuid(id)?),
            "update_invoice" => invoices::update(self, uuid(id)?, &body(request)?),
            "cancel_invoice" => nothing(request).and_then(|()| invoices::cancel(self, uuid(id)?)),
            "refund" => invoices::credit(self, uuid(id)?, &body(request)?),
            "confirm_payment" => invoices::confirm_payment(self, uuid(id)?, &body(request)?),
            "legal_forms" => Ok(Answer::json(200, billie::rules::legal_forms())),
            _ => Err(refusal(404, "resource_not_found", "Not found")),
        }
    }
}

/// A body in JSON.
fn body(request: &Incoming) -> Result<Json, Answer> {
    if request.media_type() != "application/json" {
        return Err(invalid("", "The Content-Type must be application/json."));
    }
    Json::parse(&request.body).ok_or_else(|| invalid("", "The body is not valid JSON."))
}

/// No body, or one that says nothing.
fn nothing(request: &Incoming) -> Result<(), Answer> {
    let empty = request.body.is_empty()
        || Json::parse(&request.body).is_some_and(|body| {
            !matches!(body, Json::Text(_) | Json::Number(_) | Json::Bool(_))
                && body.pairs().is_empty()
                && body.items().is_empty()
        });
    if empty { Ok(()) } else { Err(invalid("", "This call has no fields.")) }
}

/// Identifiers of orders and invoices have exactly 36 characters.
fn uuid(id: &str) -> Result<&str, Answer> {
    if id.len() == 36 { Ok(id) } else { Err(invalid("uuid", "This value should have exactly 36 characters.")) }
}
