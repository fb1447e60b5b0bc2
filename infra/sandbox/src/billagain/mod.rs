//! BillAgain's secure payments: initiate, page, notification, transaction; payments and gateways to read.
//!
//! Written from docs.billagain.com/developer (payment-processing, payments, gateways, authentication, errors,
//! pagination). Calls: `initiate`, `transaction`, `payment`, `payments`, `gateway`, `gateways`, `unknown`.

mod books;
mod control;
mod demo;
mod initiate;
mod page;
mod wire;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;

use crate::host::{self, Opened, Provider, Running};
use crate::json::{Json, map};
use crate::message::{Answer, Content, Incoming};
use crate::route;
use crate::webhooks::{Attempt, Delivery};
use books::Books;

pub(crate) use demo::STAND_IN;
pub use demo::account;

/// The demo account.
pub const USERNAME: &str = "5";
/// The demo API key.
pub const API_KEY: &str = "sandbox-billagain-api-key";
/// Where the API lies below the root.
pub const BASE_PATH: &str = "/v1";
/// A customer that exists from the start.
pub const CUSTOMER_ID: i64 = 200;
/// A gateway for cards and hosted pages.
pub const CARD_GATEWAY_ID: i64 = 99;
/// A gateway for bank accounts.
pub const BANK_GATEWAY_ID: i64 = 98;

/// A stored way to pay.
#[derive(Clone, Debug)]
pub struct PaymentMethod {
    /// Its id.
    pub id: i64,
    /// Whose it is.
    pub customer: i64,
    /// `credit_card` or `bank_account`.
    pub kind: &'static str,
}

/// What the fields say about a payment that the bank or the card's issuer refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decline {
    /// `threwError`, and no payment.
    Error,
    /// `isComplete`, and a payment that has failed.
    FailedPayment,
}

/// One account at BillAgain.
#[derive(Clone, Debug)]
pub struct Settings {
    /// User of HTTP Basic authentication: the number of the account.
    pub username: String,
    /// Password of HTTP Basic authentication.
    pub api_key: String,
    /// The customers that exist.
    pub customers: Vec<i64>,
    /// The subscriptions that exist, with their customer.
    pub subscriptions: Vec<(i64, i64)>,
    /// The stored payment methods.
    pub payment_methods: Vec<PaymentMethod>,
    /// HTTP status of `"isSuccess": false`.
    pub refusal_status: u16,
    /// Seven digits after the seconds, as .NET writes them; none otherwise.
    pub ticks: bool,
    /// Whether the text result is a second `Description`, as the documentation lists it.
    pub duplicate_description: bool,
    /// The name of the text result otherwise.
    pub result_name: String,
    /// Query parameters of the way back: the transaction, and the outcome.
    pub return_parameters: (String, String),
    /// How a refused payment looks.
    pub decline: Decline,
    /// How notifications are sent.
    pub delivery: Delivery,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            username: USERNAME.to_owned(),
            api_key: API_KEY.to_owned(),
            customers: vec![CUSTOMER_ID, 303],
            subscriptions: vec![(501, CUSTOMER_ID)],
            payment_methods: vec![
                PaymentMethod { id: 10_112, customer: CUSTOMER_ID, kind: "credit_card" },
                PaymentMethod { id: 10_111, customer: CUSTOMER_ID, kind: "bank_account" },
            ],
            refusal_status: 200,
            ticks: true,
            duplicate_description: false,
            result_name: "ResultText".to_owned(),
            return_parameters: ("transactionID".to_owned(), "outcome".to_owned()),
            decline: Decline::Error,
            delivery: Delivery {
                retries: 5,
                spacing: Duration::from_millis(200),
                factor: 1,
                delay: Duration::from_millis(30),
                success: (200..300).collect(),
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
    let state = State { settings, books: Books::default() };
    Opened { provider: Arc::new(BillAgain { root, state: Mutex::new(state) }), delivery }
}

struct BillAgain {
    root: String,
    state: Mutex<State>,
}

pub(crate) struct State {
    settings: Settings,
    books: Books,
}

const ROUTES: &[route::Route] = &[
    ("POST", "/secure/initiate", "initiate"),
    ("GET", "/secure/transactions/{transactionID}", "transaction"),
    ("GET", "/payments/{paymentID}", "payment"),
    ("GET", "/payments", "payments"),
    ("GET", "/gateways/{gatewayID}", "gateway"),
    ("GET", "/gateways", "gateways"),
];

const CALLS: &[&str] = &["initiate", "transaction", "payment", "payments", "gateway", "gateways", "unknown"];

fn route(request: &Incoming) -> Option<(&'static str, &str)> {
    route::find(ROUTES, request.method.as_str(), request.path().strip_prefix(BASE_PATH)?)
}

impl Provider for BillAgain {
    fn calls(&self) -> &'static [&'static str] {
        CALLS
    }

    fn name(&self, request: &Incoming) -> &'static str {
        route(request).map_or("unknown", |(name, _)| name)
    }

    fn answer(&self, request: &Incoming, now: Timestamp) -> Answer {
        let mut state = self.lock();
        let known = request
            .basic()
            .is_some_and(|(name, password)| name == state.settings.username && password == state.settings.api_key);
        if !known {
            return unauthorized();
        }
        let Some((name, id)) = route(request) else { return errors(404, &["The resource cannot be found"]) };
        match name {
            "initiate" => initiate::answer(&mut state, request, &self.root, now),
            "transaction" => match state.books.transaction(id) {
                Some(one) => Answer::json(200, wire::transaction(one, &state.settings)),
                None => gone("Transaction"),
            },
            "payment" => match state.books.payment(id) {
                Some(one) => Answer::json(200, wire::payment(one, &state.settings)),
                None => gone("Payment"),
            },
            "payments" => paged(request, &state.books.payments, |one| wire::payment(one, &state.settings)),
            "gateway" => match wire::GATEWAYS.iter().find(|gateway| gateway.id.to_string() == id) {
                Some(gateway) => Answer::json(200, gateway.json()),
                None => gone("Gateway"),
            },
            _ => paged(request, &wire::GATEWAYS, wire::Gateway::json),
        }
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

    fn control(&self, path: &[&str], body: &Json, _now: Timestamp) -> Option<Answer> {
        control::call(&mut self.lock(), path, body)
    }

    fn tried(&self, attempt: &Attempt<'_>) {
        self.lock().books.notified(attempt);
    }
}

impl BillAgain {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The web server's own page, which is no JSON.
fn unauthorized() -> Answer {
    let page = "<html><head><title>401 - Unauthorized: Access is denied</title></head><body></body></html>";
    let mut answer = Answer::html(401, page.to_owned());
    answer.headers.push(("www-authenticate", "Basic realm=\"api\"".to_owned()));
    answer
}

/// Errors have a message each, and nothing else.
fn errors(status: u16, messages: &[&str]) -> Answer {
    let rows: Vec<Json> = messages.iter().map(|message| map! { "Message": *message }).collect();
    Answer::json(status, map! { "Errors": rows })
}

/// What the account does not have is gone, not missing.
fn gone(what: &str) -> Answer {
    errors(410, &[&format!("Cannot find {what} for this Account")])
}

/// A bare array, a page of it.
fn paged<T>(request: &Incoming, all: &[T], show: impl Fn(&T) -> Json) -> Answer {
    let number = |name: &str, default: usize| request.query(name).map_or(Some(default), |text| text.parse().ok());
    let (Some(page @ 1..), Some(size @ 1..=200)) = (number("page", 1), number("page_size", 100)) else {
        return errors(400, &["page and page_size must be numbers, page_size at most 200"]);
    };
    let rows: Vec<Json> = all.iter().skip((page - 1).saturating_mul(size)).take(size).map(show).collect();
    Answer::json(200, Json::from(rows))
}
