//! HTTP with two verbs: `read` is safe and retried, `act` is sent at most once and never guessed about.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method};
use jiff::Timestamp;
use payment::{Doubt, Outcome};
use reqwest::redirect::Policy;
use serde::Serialize;
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::adapter::ReadError;
use crate::effect::Effect;
use crate::met::Met;

/// The longest answer that is read, in bytes.
const LONGEST_BODY: usize = 1 << 20;

/// How often a read is tried, and the pause before the next try in milliseconds.
const READ_PAUSES_MS: [u64; 3] = [0, 100, 300];

/// Whether an address is safe to send a secret or a buyer to.
#[must_use]
pub fn is_https_or_loopback(url: &Url) -> bool {
    let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}

/// Characters of the address of a page at most: it is kept with the payment, which has room for so much of one answer.
const LONGEST_PAGE: usize = 8_000;

/// Whether an address that a provider gives can be that of a page for the buyer.
pub(crate) fn is_page(url: &Url) -> bool {
    is_https_or_loopback(url) && url.as_str().len() <= LONGEST_PAGE
}

/// A point in time after which nobody waits for an answer.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    /// That much from now.
    #[must_use]
    pub fn within(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// Whether there is that much time left.
    #[must_use]
    pub fn leaves(self, time: Duration) -> bool {
        Instant::now() + time <= self.0
    }

    /// The earlier of this deadline and that much from now.
    #[must_use]
    pub fn at_most(self, time: Duration) -> Self {
        Self(self.0.min(Instant::now() + time))
    }
}

/// A request, complete: what is signed is what is sent.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The whole address.
    pub url: Url,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, byte for byte.
    pub body: Bytes,
}

impl Request {
    /// A request without a body.
    #[must_use]
    pub fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// The request with this body and its media type.
    #[must_use]
    pub fn with_body(mut self, media_type: &'static str, body: impl Into<Bytes>) -> Self {
        self.headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        self.body = body.into();
        self
    }

    /// The request with this body as JSON; `None` where it cannot be written.
    pub(crate) fn with_json(self, body: &impl Serialize) -> Option<Self> {
        Some(self.with_body("application/json", serde_json::to_vec(body).ok()?))
    }

    /// The request with this header; a value that is no header text is left out.
    #[must_use]
    pub fn with_header(mut self, name: http::HeaderName, value: &str, secret: bool) -> Self {
        if let Ok(mut value) = HeaderValue::from_str(value) {
            value.set_sensitive(secret);
            self.headers.insert(name, value);
        }
        self
    }
}

/// An answer, complete.
#[derive(Clone)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, byte for byte.
    pub body: Bytes,
}

impl Response {
    /// Whether the status is 2xx.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}

/// How an effectful call ended.
pub enum Answer {
    /// The provider answered.
    Got(Response),
    /// The provider does not accept our credentials and so did nothing; the effect is given back once, to try with
    /// renewed ones.
    Unauthorized(Effect),
    /// It never left us, or the provider turned it away unprocessed (429, a second 401).
    NotSent,
    /// It may have happened.
    InDoubt(Doubt),
}

impl Answer {
    /// What became of an act whose credentials cannot be renewed, or were: where they are not accepted, nothing was done.
    /// `got` says what the provider's answer means.
    pub(crate) fn outcome(self, got: impl FnOnce(Response) -> Outcome) -> Outcome {
        match self {
            Self::Got(response) => got(response),
            Self::Unauthorized(_) | Self::NotSent => Outcome::NotSent,
            Self::InDoubt(doubt) => Outcome::InDoubt(doubt),
        }
    }
}

/// What a request may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// It changes something and must not be sent twice.
    Act,
    /// It is safe.
    Read,
}

/// How a request ended that got no complete answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// No connection: it never left us.
    NotConnected,
    /// It left us, and no answer came in time.
    TimedOut,
    /// It may have left us.
    Lost,
    /// The answer began with this HTTP status and could not be read to its end.
    Cut {
        /// The HTTP status.
        status: u16,
        /// Why.
        doubt: Doubt,
    },
}

/// The way to the providers: the network, or another world for whoever simulates one.
#[async_trait]
pub trait Network: Send + Sync {
    /// Sends a request once and waits for the whole answer, for as long as the caller does.
    async fn send(&self, verb: Verb, request: Request) -> Result<Response, Broken>;
}

/// HTTP with two verbs and a clock, shared by all adapters.
#[derive(Clone)]
pub struct Transport {
    network: Arc<dyn Network>,
    clock: fn() -> Timestamp,
    /// How long an act may take at most.
    patience: Option<Duration>,
}

impl Default for Transport {
    /// The real network and the machine's clock.
    fn default() -> Self {
        Self::new(Arc::new(Http::default()), Timestamp::now)
    }
}

impl Transport {
    /// Over this network, by this clock.
    #[must_use]
    pub fn new(network: Arc<dyn Network>, clock: fn() -> Timestamp) -> Self {
        Self { network, clock, patience: None }
    }

    /// The same by another clock.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> Timestamp) -> Self {
        Self { clock, ..self }
    }

    /// The same, with nobody waiting longer than this for an act, whatever the deadline leaves: for tests of providers
    /// that do not answer in time.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience: Some(patience), ..self }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Sends an effectful request, at most once.
    pub async fn act(&self, effect: Effect, request: Request, deadline: Deadline) -> Answer {
        if !deadline.leaves(Duration::ZERO) {
            Met::obstacle("no_time_left").note();
            return Answer::NotSent;
        }
        let until = self.patience.map_or(deadline, |patience| deadline.at_most(patience));
        let sent = timeout_at(until.0, self.network.send(Verb::Act, request)).await.unwrap_or(Err(Broken::TimedOut));
        met(&sent).note();
        let status = match &sent {
            Ok(response) => response.status,
            Err(Broken::Cut { status, .. }) => *status,
            Err(_) => 0,
        };
        match (status, sent) {
            (401, _) if !effect.renewed => Answer::Unauthorized(Effect { renewed: true }),
            (401 | 429, _) | (_, Err(Broken::NotConnected)) => Answer::NotSent,
            (_, Ok(response)) => Answer::Got(response),
            (_, Err(Broken::TimedOut)) => Answer::InDoubt(Doubt::TimedOut),
            (_, Err(Broken::Lost)) => Answer::InDoubt(Doubt::ConnectionLost),
            (_, Err(Broken::Cut { doubt, .. })) => Answer::InDoubt(doubt),
        }
    }

    /// Sends a safe request, again when the connection or the provider fails.
    ///
    /// # Errors
    /// When no answer came before the deadline. Any HTTP status but 429 and 5xx is an answer.
    pub async fn read(&self, request: Request, deadline: Deadline) -> Result<Response, ReadError> {
        self.read_signed(|| request.clone(), deadline).await
    }

    /// The same for requests that must be made anew for every try, since each carries a nonce.
    ///
    /// # Errors
    /// As [`Transport::read`].
    pub async fn read_signed(&self, sign: impl Fn() -> Request, deadline: Deadline) -> Result<Response, ReadError> {
        for pause in READ_PAUSES_MS {
            if pause > 0 && timeout_at(deadline.0, tokio::time::sleep(Duration::from_millis(pause))).await.is_err() {
                break;
            }
            let sent = timeout_at(deadline.0, self.network.send(Verb::Read, sign())).await;
            met(sent.as_ref().unwrap_or(&Err(Broken::TimedOut))).note();
            match sent {
                Err(_) => break,
                Ok(Ok(response)) if response.status != 429 && response.status < 500 => return Ok(response),
                Ok(Ok(_) | Err(_)) => {}
            }
        }
        Err(ReadError::Unreachable)
    }
}

/// How an exchange ended, in the words of the log.
fn met(sent: &Result<Response, Broken>) -> Met {
    match sent {
        Ok(response) => Met::answer(response.status),
        Err(Broken::NotConnected) => Met::obstacle("not_connected"),
        Err(Broken::TimedOut) => Met::obstacle("timed_out"),
        Err(Broken::Lost) => Met::obstacle("connection_lost"),
        Err(Broken::Cut { status, .. }) => Met { http_status: Some(*status), obstacle: Some("cut_off") },
    }
}

/// The real network; each client is made when first needed.
#[derive(Default)]
struct Http {
    acts: OnceLock<Option<reqwest::Client>>,
    reads: OnceLock<Option<reqwest::Client>>,
}

#[async_trait]
impl Network for Http {
    async fn send(&self, verb: Verb, request: Request) -> Result<Response, Broken> {
        let client = match verb {
            // No idle connection: one that died while the function was frozen would be re-sent silently.
            Verb::Act => self.acts.get_or_init(|| build(|b| b.pool_max_idle_per_host(0))),
            Verb::Read => self.reads.get_or_init(|| build(|b| b)),
        };
        let client = client.as_ref().ok_or(Broken::NotConnected)?;
        let response = client.execute(to_reqwest(request)).await.map_err(|error| match error {
            error if error.is_connect() || error.is_builder() => Broken::NotConnected,
            error if error.is_timeout() => Broken::TimedOut,
            _ => Broken::Lost,
        })?;
        let status = response.status().as_u16();
        collect(response).await.map_err(|doubt| Broken::Cut { status, doubt })
    }
}

fn build(adjust: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder) -> Option<reqwest::Client> {
    let builder = client_builder()?.connect_timeout(Duration::from_secs(5));
    adjust(builder).build().ok()
}

/// An HTTP/1.1 client with the one TLS stack of this build (rustls with ring, the roots compiled in), without redirects
/// and without retries of its own. `None` when the TLS stack cannot be set up.
#[must_use]
pub fn client_builder() -> Option<reqwest::ClientBuilder> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .ok()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let builder = reqwest::Client::builder().tls_backend_preconfigured(tls).redirect(Policy::none());
    Some(builder.retry(reqwest::retry::never()).http1_only())
}

fn to_reqwest(request: Request) -> reqwest::Request {
    let mut out = reqwest::Request::new(request.method, request.url);
    *out.headers_mut() = request.headers;
    if !request.body.is_empty() {
        *out.body_mut() = Some(request.body.into());
    }
    out
}

async fn collect(mut response: reqwest::Response) -> Result<Response, Doubt> {
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| Doubt::ConnectionLost)? {
        if body.len() + chunk.len() > LONGEST_BODY {
            return Err(Doubt::Unreadable);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Response { status, headers, body: body.freeze() })
}
