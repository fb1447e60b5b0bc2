//! A provider without a port: called directly, on the caller's time, and its webhooks handed back instead of sent.
//! For whoever simulates time and network.

use std::sync::Arc;

use http::{Request, Response, StatusCode};
use jiff::Timestamp;

use crate::host::Provider;
use crate::json::Json;
use crate::message::{Answer, Incoming};
use crate::webhooks::Hook;

/// A provider without a port.
pub struct Direct {
    provider: Arc<dyn Provider>,
}

/// What is made wrong in an answer after the provider did what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twist {
    /// Nothing.
    None,
    /// The amounts.
    Amounts,
}

/// What came of a call.
pub struct Called {
    /// The answer.
    pub answer: Response<Vec<u8>>,
    /// The webhooks that the call set off.
    pub webhooks: Vec<Unsent>,
}

/// A webhook that nobody has sent.
pub struct Unsent(Hook);

impl Unsent {
    /// The request of an attempt at this time. `None` for an address that is none.
    pub fn request(&self, now: Timestamp) -> Option<Request<Vec<u8>>> {
        let mut request = Request::post(&self.0.url);
        for (name, value) in self.0.headers_at(now) {
            request = request.header(name, value);
        }
        request.body(self.0.body.clone().into_bytes()).ok()
    }
}

impl Direct {
    pub(crate) const fn new(provider: Arc<dyn Provider>) -> Self {
        Self { provider }
    }

    /// The name of this API call.
    pub fn name(&self, request: &Request<Vec<u8>>) -> &'static str {
        self.provider.name(&incoming(request))
    }

    /// Makes an API call at this time.
    pub fn call(&self, request: &Request<Vec<u8>>, now: Timestamp, twist: Twist) -> Called {
        let mut webhooks = self.passed(now);
        let request = incoming(request);
        let mut answer = self.provider.answer(&request, now);
        if twist == Twist::Amounts {
            self.provider.distort(&mut answer.content);
        }
        self.provider.seal(&request, &mut answer, now);
        let mut called = of_answer(answer);
        webhooks.append(&mut called.webhooks);
        Called { webhooks, ..called }
    }

    /// Plays the buyer of this session, who chooses `accept`, `decline` or `cancel`.
    pub fn buyer(&self, session: &str, choice: &str, now: Timestamp) -> Called {
        of_answer(self.provider.buyer(session, choice, now))
    }

    /// A control call of this provider only; `None` where there is none of this path or the body is not JSON.
    pub fn control(&self, path: &[&str], body: &str, now: Timestamp) -> Option<Called> {
        self.provider.control(path, &Json::parse(body.as_bytes())?, now).map(of_answer)
    }

    /// The webhooks of what became due by itself until now.
    pub fn passed(&self, now: Timestamp) -> Vec<Unsent> {
        self.provider.passed(now).into_iter().map(Unsent).collect()
    }

    /// Everything the provider believes, as JSON, in minor units.
    pub fn books(&self) -> String {
        self.provider.books().to_string()
    }
}

fn incoming(request: &Request<Vec<u8>>) -> Incoming {
    Incoming {
        method: request.method().clone(),
        host: request.uri().authority().map(ToString::to_string).unwrap_or_default(),
        target: request.uri().path_and_query().map(ToString::to_string).unwrap_or_default(),
        headers: request.headers().clone(),
        body: request.body().clone(),
    }
}

fn of_answer(answer: Answer) -> Called {
    let mut response = Response::new(answer.body().into_bytes());
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(media_type) = answer.media_type() {
        response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(media_type));
    }
    for (name, value) in &answer.headers {
        if let Ok(value) = http::HeaderValue::from_str(value) {
            response.headers_mut().insert(*name, value);
        }
    }
    Called { answer: response, webhooks: answer.hooks.into_iter().map(Unsent).collect() }
}
