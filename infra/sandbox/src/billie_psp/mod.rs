//! Billie's PSP API: payment page and widget, captures, refunds, disputes.
//!
//! Written from docs.billie.io/reference (psp-get-started, psp-enable-merchant, psp-confirm-authorization,
//! psp-capture-order, psp-cancel-order, request-for-information, defend-dispute, dispute-result). The pages print no
//! bodies but those of the webhooks: what is sent and answered is our reading, all of it in `bodies`. That an order's
//! calls name the merchant is the guide's: "start using it for initiating payment sessions, capture, refunds etc." Calls:
//! `enable_merchant`, `payment_page`, `widget`, `confirm`, `capture`, `cancel`, `refund`, `update`, `defend`, `unknown`.

mod bodies;
mod books;
mod control;
mod demo;
mod hooks;
mod merchants;
mod orders;
mod page;
mod sessions;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;

use crate::billie::{self, refusal};
use crate::host::{self, Opened, Provider, Running};
use crate::json::Json;
use crate::message::{Answer, Content, Incoming};
use crate::reader::Flaws;
use crate::route;
use crate::webhooks::Delivery;
use books::{Books, Merchant};

pub(crate) use demo::STAND_IN;
pub use demo::account;

/// The demo PSP.
pub const PSP_ID: &str = "PSP-SANDBOX";
/// The demo user: the PSP's id and a random part.
pub const USERNAME: &str = "PSP-SANDBOX-5f2c9a";
/// The demo password.
pub const PASSWORD: &str = "sandbox-psp-password";
/// The demo webhook key.
pub const WEBHOOK_KEY: &str = "sandbox-psp-webhook-key";
/// A merchant that is enabled from the start.
pub const MERCHANT_ID: &str = "3f1d2c4b-0a5e-4b7c-8d9e-5a0db0c00001";

/// Where the calls lie below the root; a segment in braces is an id. Only four of them are public.
#[derive(Clone, Debug)]
pub struct Paths {
    /// Enables a merchant.
    pub enable_merchant: String,
    /// Opens a session with a payment page.
    pub payment_page: String,
    /// Opens a session for the widget.
    pub widget: String,
    /// Confirms an authorization of the widget.
    pub confirm: String,
    /// Captures.
    pub capture: String,
    /// Cancels.
    pub cancel: String,
    /// Refunds.
    pub refund: String,
    /// Changes an order.
    pub update: String,
    /// Defends a dispute.
    pub defend: String,
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            enable_merchant: "/merchants/enable-merchant".to_owned(),
            payment_page: "/checkout/sessions/payment-page".to_owned(),
            widget: "/checkout/sessions/widget".to_owned(),
            confirm: "/checkout/sessions/{session_id}/confirm-authorization".to_owned(),
            capture: "/orders/{order_id}/capture".to_owned(),
            cancel: "/orders/{order_id}/cancel".to_owned(),
            refund: "/orders/{order_id}/refund".to_owned(),
            update: "/orders/{order_id}/update".to_owned(),
            defend: "/disputes/defend".to_owned(),
        }
    }
}

/// How the authorization webhook says whether it went well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Success {
    /// `"true"`, as the guide prints it.
    Text,
    /// `true`.
    Flag,
}

/// One PSP at Billie.
#[derive(Clone, Debug)]
pub struct Settings {
    /// User of HTTP Basic authentication.
    pub username: String,
    /// Password of HTTP Basic authentication.
    pub password: String,
    /// Where the calls lie.
    pub paths: Paths,
    /// Markets that Billie opened for the PSP.
    pub countries: Vec<String>,
    /// Type of `success` in the authorization webhook.
    pub success: Success,
    /// The header that carries the webhook key; `Authorization` gets `Basic ` before it.
    pub webhook_header: String,
    /// The webhook key.
    pub webhook_key: String,
    /// Where authorization webhooks go when the session names no URL.
    pub webhook_url: Option<String>,
    /// Where webhooks about disputes go; otherwise to the order's URL.
    pub dispute_webhook_url: Option<String>,
    /// How long a session, and an authorization that is not confirmed, lives.
    pub session_seconds: i64,
    /// How webhooks are sent.
    pub delivery: Delivery,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            username: USERNAME.to_owned(),
            password: PASSWORD.to_owned(),
            paths: Paths::default(),
            countries: ["AT", "BE", "CH", "DE", "DK", "ES", "FI", "FR", "GB", "NL", "NO", "SE"]
                .map(str::to_owned)
                .into(),
            success: Success::Text,
            webhook_header: "X-Api-Key".to_owned(),
            webhook_key: WEBHOOK_KEY.to_owned(),
            webhook_url: None,
            dispute_webhook_url: None,
            session_seconds: 48 * 3_600,
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
    let mut books = Books::default();
    let (id, reference) = (MERCHANT_ID.to_owned(), "sandbox-shop".to_owned());
    books.merchants.push(Merchant { id, reference, name: "Sandbox Shop GmbH".to_owned() });
    Opened { provider: Arc::new(Billie { root, state: Mutex::new(State { settings, books }) }), delivery }
}

struct Billie {
    root: String,
    state: Mutex<State>,
}

pub(crate) struct State {
    settings: Settings,
    books: Books,
}

const CALLS: &[&str] = &[
    "enable_merchant",
    "payment_page",
    "widget",
    "confirm",
    "capture",
    "cancel",
    "refund",
    "update",
    "defend",
    "unknown",
];

impl Provider for Billie {
    fn calls(&self) -> &'static [&'static str] {
        CALLS
    }

    fn name(&self, request: &Incoming) -> &'static str {
        self.lock().settings.paths.find(request).map_or("unknown", |(name, _)| name)
    }

    fn answer(&self, request: &Incoming, now: Timestamp) -> Answer {
        let mut state = self.lock();
        let known = request
            .basic()
            .is_some_and(|(name, password)| name == state.settings.username && password == state.settings.password);
        if !known {
            return refusal(401, "unauthorized", "Authentication required");
        }
        let Some((name, id)) = state.settings.paths.find(request) else {
            return refusal(404, "resource_not_found", "Not found");
        };
        state.act(name, id, request, &self.root, now).unwrap_or_else(|refused| refused)
    }

    /// No answer of this API carries an amount.
    fn distort(&self, _content: &mut Content) {}

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

impl Paths {
    /// The call and the id in its path; every call is a POST.
    fn find<'a>(&self, request: &'a Incoming) -> Option<(&'static str, &'a str)> {
        let rows = [
            (&self.enable_merchant, "enable_merchant"),
            (&self.payment_page, "payment_page"),
            (&self.widget, "widget"),
            (&self.confirm, "confirm"),
            (&self.capture, "capture"),
            (&self.cancel, "cancel"),
            (&self.refund, "refund"),
            (&self.update, "update"),
            (&self.defend, "defend"),
        ];
        let post = request.method == http::Method::POST;
        let mut fitting = rows.into_iter().filter(|_| post);
        fitting.find_map(|(pattern, name)| Some((name, route::fits(pattern, request.path())?)))
    }
}

impl State {
    fn act(&mut self, name: &str, id: &str, request: &Incoming, root: &str, now: Timestamp) -> Result<Answer, Answer> {
        match name {
            "enable_merchant" => merchants::enable(self, &body(request)?),
            "payment_page" => sessions::open_page(self, &body(request)?, root, now),
            "widget" => sessions::open_widget(self, &body(request)?, now),
            "confirm" => sessions::confirm(self, id, &body(request)?, now),
            "capture" => orders::capture(self, id, &body(request)?),
            "cancel" => orders::cancel(self, id, &optional_body(request)?),
            "refund" => orders::refund(self, id, &body(request)?),
            "update" => orders::update(self, id, &body(request)?),
            _ => orders::defend(self, &body(request)?, now),
        }
    }
}

fn body(request: &Incoming) -> Result<Json, Answer> {
    if request.media_type() != "application/json" {
        return Err(refusal(400, "bad_request", "The Content-Type must be application/json."));
    }
    let body = Json::parse(&request.body).filter(|body| matches!(body, Json::Map(_)));
    body.ok_or_else(|| refusal(400, "bad_request", "The body is not a JSON object."))
}

fn optional_body(request: &Incoming) -> Result<Json, Answer> {
    if request.body.is_empty() { Ok(Json::Map(Vec::new())) } else { body(request) }
}

/// Refuses a body that has flaws.
fn verdict(flaws: Flaws) -> Result<(), Answer> {
    billie::verdict(422, flaws)
}

/// A refusal of one field.
fn invalid(source: &str, title: &str) -> Answer {
    billie::invalid(422, source, title)
}

/// The guide's table of statuses has no 404: what is not there is not the PSP's.
fn not_yours(what: &str) -> Answer {
    refusal(403, "forbidden", &format!("No permission for this {what}"))
}

/// The order or session is not in a state for this.
fn conflict(code: &str, title: &str) -> Answer {
    refusal(409, code, title)
}
