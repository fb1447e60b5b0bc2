//! Billink's legacy API, version 1: XML in and out, always with HTTP 200.
//!
//! Written from developers.billink.nl (docs, legacy-api/errors) and the API explorer's front page. Calls: `check`,
//! `order`, `start_workflow`, `credit`, `status`, `payment`, `on_hold`, `resume`, `message`, `file`, `unknown`.

mod answers;
mod checks;
mod control;
mod demo;
mod invoices;
mod items;
mod orders;
mod single;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::net::TcpListener;

use crate::billink_shared::hooks::{self, Target};
use crate::billink_shared::ledger::Ledger;
use crate::billink_shared::{self as shared, one_euro_more};
use crate::host::{self, Opened, Provider, Running};
use crate::json::{Json, map};
use crate::message::{Answer, Content, Incoming};
use crate::route;
use crate::webhooks::{Delivery, Hook};
use crate::xml::Element;
use answers::{Refusal, refuse};
use checks::Check;

pub(crate) use demo::STAND_IN;
pub use demo::account;

/// The demo user name.
pub const USERNAME: &str = shared::USERNAME;
/// The demo client id.
pub const ID: &str = shared::ID;
/// A demo webhook secret.
pub const WEBHOOK_SECRET: &str = shared::WEBHOOK_SECRET;

/// One client of Billink.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `CLIENTUSERNAME`.
    pub username: String,
    /// `CLIENTID`.
    pub id: String,
    /// The workflow numbers that exist.
    pub workflows: Vec<String>,
    /// The workflow without guarantee: its checks do for no other.
    pub unguaranteed: String,
    /// The highest order, in cents.
    pub max_amount: i64,
    /// How long a check's UUID can be used.
    pub check_seconds: i64,
    /// Whether `BACKDOOR` decides checks, as it does in test environments.
    pub backdoor: bool,
    /// Whether a status of an unknown invoice comes without its number, as it was once recorded.
    pub blank_unknown: bool,
    /// Whether an unknown invoice fails a whole start of workflows (704) instead of its line (-1).
    pub unknown_fails: bool,
    /// Where webhooks about orders go.
    pub order_webhook: Option<String>,
    /// Signs them (version 3): the secret as base64 text.
    pub webhook_secret: Option<String>,
    /// How webhooks are sent.
    pub delivery: Delivery,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            username: USERNAME.to_owned(),
            id: ID.to_owned(),
            workflows: ["1", "2", "3"].map(str::to_owned).into(),
            unguaranteed: "3".to_owned(),
            max_amount: 1_000_000,
            check_seconds: 3_600,
            backdoor: true,
            blank_unknown: true,
            unknown_fails: false,
            order_webhook: None,
            webhook_secret: None,
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
    let state = State { settings, checks: Vec::new(), ledger: Ledger::default() };
    Opened { provider: Arc::new(Billink { root, state: Mutex::new(state) }), delivery }
}

struct Billink {
    root: String,
    state: Mutex<State>,
}

pub(crate) struct State {
    settings: Settings,
    checks: Vec<Check>,
    ledger: Ledger,
}

const ROUTES: &[route::Route] = &[
    ("POST", "/v1/client/check", "check"),
    ("POST", "/v1/client/order", "order"),
    ("POST", "/v1/client/start-workflow", "start_workflow"),
    ("POST", "/v1/client/credit", "credit"),
    ("POST", "/v1/client/status", "status"),
    ("POST", "/v1/client/payment", "payment"),
    ("POST", "/v1/client/on-hold", "on_hold"),
    ("POST", "/v1/client/message", "message"),
    ("POST", "/v1/client/file", "file"),
];

/// What `ACTION` says in each call, in any case.
const ACTIONS: &[(&str, &[&str])] = &[
    ("check", &["check"]),
    ("order", &["order"]),
    ("start_workflow", &["activate order"]),
    ("credit", &["credit", "refund"]),
    ("status", &["status"]),
    ("payment", &["payment"]),
    ("on_hold", &["onhold"]),
    ("resume", &["resume"]),
    ("message", &["message"]),
    ("file", &["pdf"]),
];

const CALLS: &[&str] = &[
    "check",
    "order",
    "start_workflow",
    "credit",
    "status",
    "payment",
    "on_hold",
    "resume",
    "message",
    "file",
    "unknown",
];

/// The call of a request; a hold and its end share a path.
fn call(request: &Incoming, document: Option<&Element>) -> Option<&'static str> {
    let (name, _) = route::find(ROUTES, request.method.as_str(), request.path())?;
    let resumes = document.is_some_and(|document| {
        document.get("ACTION").eq_ignore_ascii_case("resume") || document.child("RESUME").is_some()
    });
    Some(if name == "on_hold" && resumes { "resume" } else { name })
}

impl Provider for Billink {
    fn calls(&self) -> &'static [&'static str] {
        CALLS
    }

    fn name(&self, request: &Incoming) -> &'static str {
        call(request, Element::parse(&request.body).as_ref()).unwrap_or("unknown")
    }

    fn answer(&self, request: &Incoming, now: Timestamp) -> Answer {
        let document = Element::parse(&request.body).filter(|document| document.name == "API");
        let Some(name) = call(request, document.as_ref()) else {
            return Answer::html(404, "<h1>Not Found</h1>".to_owned());
        };
        let mut state = self.lock();
        let Some(document) = document else { return refuse("601", "XML is empty or can not be parsed").into() };
        let admitted = state.admit(name, &document);
        let answered = admitted.and_then(|()| state.act(name, &document, &self.root, now));
        answered.unwrap_or_else(Answer::from)
    }

    fn distort(&self, content: &mut Content) {
        if let Content::Xml(document) = content {
            *document = one_euro_more(document);
        }
    }

    fn books(&self) -> Json {
        let state = self.lock();
        let checks: Vec<Json> = state.checks.iter().map(Check::line).collect();
        map! { "orders": state.ledger.lines(), "checks": checks }
    }

    fn buyer(&self, _id: &str, _choice: &str, _now: Timestamp) -> Answer {
        Answer::refused(404, "this API has no pages")
    }

    fn page(&self, request: &Incoming, _now: Timestamp) -> Option<Answer> {
        let name = request.path().strip_prefix("/files/")?;
        let known = self.lock().ledger.orders.iter().any(|order| format!("{}.pdf", order.public) == name);
        Some(if known { Answer::html(200, "<p>An invoice</p>".to_owned()) } else { Answer::empty(404) })
    }

    fn control(&self, path: &[&str], body: &Json, now: Timestamp) -> Option<Answer> {
        control::call(&mut self.lock(), path, body, now)
    }

    fn passed(&self, now: Timestamp) -> Vec<Hook> {
        self.lock().ledger.pass(now);
        Vec::new()
    }
}

impl Billink {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Version, credentials, action, in this order.
    fn admit(&self, name: &str, document: &Element) -> Result<(), Refusal> {
        let action = document.get("ACTION").to_lowercase();
        let fits = ACTIONS.iter().any(|(call, actions)| *call == name && actions.contains(&action.as_str()));
        answers::first(&[
            (document.get("VERSION") != "BILLINK2.0", "001", "Unknown API version"),
            (document.get("CLIENTUSERNAME") != self.settings.username, "101", "Unknown client username or client id"),
            (document.get("CLIENTID") != self.settings.id, "102", "Unknown client username or client id"),
            (!fits, "103", "Unknown action"),
        ])
    }

    fn act(&mut self, name: &str, document: &Element, root: &str, now: Timestamp) -> Result<Answer, Refusal> {
        match name {
            "check" => checks::check(self, document, now),
            "order" => orders::order(self, document, now),
            "start_workflow" => invoices::start(self, document, now),
            "credit" => invoices::credit(self, document, now),
            "payment" => invoices::pay(self, document, now),
            "status" => invoices::status(self, document),
            "on_hold" => single::hold(self, document, now),
            "resume" => single::resume(self, document),
            "message" => single::message(self, document),
            _ => single::file(self, document, root),
        }
    }

    fn target(&self) -> Option<Target> {
        let url = self.settings.order_webhook.clone()?;
        Some(Target { url, secret: self.settings.webhook_secret.clone() })
    }

    /// The webhooks of events of an order.
    fn tell(&self, number: &str, events: &[&'static str], now: Timestamp) -> Vec<Hook> {
        let (Some(order), Some(target)) = (self.ledger.find(number), self.target()) else { return Vec::new() };
        events.iter().map(|event| hooks::order(&target, order, event, now, 0)).collect()
    }
}
