//! A page on this machine to look at payments, to ask for things by hand, and to play misfortune at the stand-ins. It is
//! one more client of the API, with a merchant's key, and knows nothing that a checkout could not know.

mod api;
mod bodies;
mod guard;
mod pages;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Form, Path, Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, serve};
use maud::Markup;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;
use uuid::Uuid;

use self::api::{Api, StandIns, Told};
use crate::loopback;

/// The cookie that stands for a key. Every port of this machine is sent it, so it is not the key itself.
const COOKIE: &str = "paylater_console";

/// What the pages are made from.
pub(crate) struct Console {
    api: Api,
    stand_ins: StandIns,
    /// Where it is reached, for orders that send their buyers back here.
    url: Url,
    /// The keys that were given, by the cookie that stands for each.
    keys: Mutex<HashMap<String, String>>,
    /// The key of whoever has given none.
    usual_key: Option<&'static str>,
}

impl Console {
    /// Of the API and the stand-ins at these addresses, to be served at its own.
    pub(crate) fn new(
        api: &Url,
        stand_ins: Vec<(&'static str, String)>,
        (url, usual_key): (Url, Option<&'static str>),
    ) -> Result<Self, reqwest::Error> {
        let http = loopback::client()?;
        let (api, stand_ins) = (Api::new(http.clone(), api.clone()), StandIns::new(http, stand_ins));
        Ok(Self { api, stand_ins, url, keys: Mutex::default(), usual_key })
    }

    /// Serves the pages until the task is dropped.
    pub(crate) async fn serve(self, listener: TcpListener) -> std::io::Result<()> {
        let pages = Router::new()
            .route("/", get(home))
            .route("/key", post(take_key))
            .route("/returned", get(returned))
            .route("/new/{provider}", get(new_payment))
            .route("/payments", post(open_payment))
            .route("/payments/{id}", get(payment))
            .route("/payments/{id}/{*action}", post(act))
            .route("/stand-ins/{provider}", get(stand_in))
            .route("/stand-ins/{provider}/{control}", post(control))
            .layer(middleware::from_fn(guard::check));
        serve(listener, pages.with_state(Arc::new(self))).await
    }

    fn keys(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key of this visitor.
    fn key(&self, headers: &HeaderMap) -> String {
        let cookies = headers.get_all("cookie").iter().filter_map(|cookie| cookie.to_str().ok());
        let mut cookies = cookies.flat_map(|cookies| cookies.split("; ")).filter_map(|cookie| cookie.split_once('='));
        let given = cookies.find(|(name, _)| *name == COOKIE).and_then(|(_, cookie)| self.keys().get(cookie).cloned());
        given.or_else(|| self.usual_key.map(str::to_owned)).unwrap_or_default()
    }
}

type Pages = State<Arc<Console>>;

/// A page, or why there is none.
type Page = Result<Html<String>, Failed>;

/// Something in the way of a page: what the API or a stand-in answered instead, or that nothing did.
enum Failed {
    Told(Told),
    Unreachable(reqwest::Error),
}

impl From<reqwest::Error> for Failed {
    fn from(error: reqwest::Error) -> Self {
        Self::Unreachable(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let (status, page) = match self {
            Self::Told(told) => (told.status(), pages::problem(&told)),
            Self::Unreachable(error) => (StatusCode::BAD_GATEWAY, pages::unreachable(&error)),
        };
        (status, Html(page.into_string())).into_response()
    }
}

fn page(markup: Markup) -> Page {
    Ok(Html(markup.into_string()))
}

#[derive(Deserialize)]
struct Listed {
    cursor: Option<String>,
}

async fn home(State(console): Pages, headers: HeaderMap, Query(listed): Query<Listed>) -> Page {
    let key = console.key(&headers);
    let payments = console.api.get(&key, "/v1/payments?limit=30", listed.cursor.as_deref()).await?;
    let mut waiting = Vec::new();
    for status in ["needs_operator", "in_doubt"] {
        let told = console.api.get(&key, &format!("/v1/operations?status={status}"), None).await?;
        waiting.push((status, told));
    }
    page(pages::home(&payments, &waiting, &console.stand_ins.names()))
}

#[derive(Deserialize)]
struct Key {
    key: String,
}

/// Keeps the key for whoever has the cookie, which no script reads and no other site sends. None is the usual one again.
async fn take_key(State(console): Pages, Form(Key { key }): Form<Key>) -> Response {
    let name = Uuid::new_v4().simple().to_string();
    let cookie = format!("{COOKIE}={name}; HttpOnly; SameSite=Strict; Path=/");
    let key: String = key.chars().filter(char::is_ascii_graphic).collect();
    if !key.is_empty() {
        console.keys().insert(name, key);
    }
    ([(SET_COOKIE, cookie)], Redirect::to("/")).into_response()
}

#[derive(Deserialize)]
struct Returned {
    payment_id: String,
}

/// The shop's page: buyers of orders that were made here come back to it.
async fn returned(Query(Returned { payment_id }): Query<Returned>) -> Redirect {
    Redirect::to(&pages::payment_path(&payment_id))
}

async fn new_payment(State(console): Pages, Path(provider): Path<String>) -> Page {
    let back = console.url.join("returned").map_or_else(|_| String::new(), String::from);
    match bodies::order(&provider, &back) {
        Some(order) => page(pages::new_payment(&provider, &order)),
        None => Err(Failed::Told(Told::nothing_there())),
    }
}

/// What is sent, to the letter.
#[derive(Deserialize)]
struct Sent {
    body: String,
    idempotency_key: String,
}

async fn open_payment(State(console): Pages, headers: HeaderMap, Form(sent): Form<Sent>) -> Result<Redirect, Failed> {
    let told = console.api.post(&console.key(&headers), "/v1/payments", &sent.idempotency_key, sent.body).await?;
    match told.body.get("id").and_then(Value::as_str).filter(|_| told.is_success()) {
        Some(id) => Ok(Redirect::to(&pages::payment_path(id))),
        None => Err(Failed::Told(told)),
    }
}

async fn payment(State(console): Pages, headers: HeaderMap, Path(id): Path<String>) -> Page {
    let key = console.key(&headers);
    let payment = console.api.get(&key, &api::path(&["payments", &id]), None).await?.success()?;
    let timeline = console.api.get(&key, &api::path(&["payments", &id, "timeline"]), None).await?.success()?;
    let capabilities = console.api.get(&key, "/v1/capabilities", None).await?.success()?;
    page(pages::payment(&payment, &timeline, &bodies::asks(&payment, &capabilities)))
}

async fn act(
    State(console): Pages,
    headers: HeaderMap,
    Path((id, action)): Path<(String, String)>,
    Form(sent): Form<Sent>,
) -> Result<Redirect, Failed> {
    let segments: Vec<&str> = ["payments", &id].into_iter().chain(action.split('/')).collect();
    let key = console.key(&headers);
    let told = console.api.post(&key, &api::path(&segments), &sent.idempotency_key, sent.body).await?;
    if told.is_success() { Ok(Redirect::to(&pages::payment_path(&id))) } else { Err(Failed::Told(told)) }
}

async fn stand_in(State(console): Pages, Path(provider): Path<String>) -> Page {
    let url = console.stand_ins.url(&provider).ok_or_else(|| Failed::Told(Told::nothing_there()))?;
    let calls = console.stand_ins.show(&url, "calls").await?.success()?;
    let faults = console.stand_ins.show(&url, "faults").await?.success()?;
    let clock = console.stand_ins.show(&url, "clock").await?.success()?;
    page(pages::stand_in(&provider, &url, &[("calls", &calls), ("faults", &faults), ("clock", &clock)]))
}

/// What the forms of a stand-in's page order: a fault, time that passes, or the end of all faults.
async fn control(
    State(console): Pages,
    Path((provider, control)): Path<(String, String)>,
    Form(fields): Form<HashMap<String, String>>,
) -> Result<Redirect, Failed> {
    let url = console.stand_ins.url(&provider).ok_or_else(|| Failed::Told(Told::nothing_there()))?;
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let told = match control.as_str() {
        "faults" => {
            let fault = json!({ "call": field("call"), "kind": field("kind") });
            console.stand_ins.order(&url, "faults", &fault).await?
        }
        "clock" => {
            let seconds = field("hours").parse::<i64>().ok().and_then(|hours| hours.checked_mul(3_600));
            console.stand_ins.order(&url, "clock", &json!({ "advance_seconds": seconds })).await?
        }
        "calm" => console.stand_ins.calm(&url).await?,
        _ => Told::nothing_there(),
    };
    told.success()?;
    Ok(Redirect::to(&pages::stand_in_path(&provider)))
}
