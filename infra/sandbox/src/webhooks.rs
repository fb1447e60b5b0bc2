//! Webhooks on their way: sent by a worker, tried again on the sandbox clock, held, doubled or turned round on request.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use url::{Host, Url};

use crate::clock::Clock;
use crate::json::{Json, map};

/// How webhooks are sent.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Attempts after the first one.
    pub retries: u32,
    /// Time on the sandbox clock between two attempts.
    pub spacing: Duration,
    /// How many times longer each wait is than the one before; 1 for even spacing.
    pub factor: u32,
    /// Real time between an event and the first attempt.
    pub delay: Duration,
    /// HTTP statuses that count as delivered.
    pub success: Vec<u16>,
    /// Sends the webhook of a call and waits for its first attempt before the call is answered.
    pub before_answer: bool,
}

/// One webhook to send.
pub(crate) struct Hook {
    pub(crate) event: String,
    pub(crate) about: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// Signs every attempt anew; gets the body and the time outside, where the receiver lives.
    pub(crate) sign: Option<Sign>,
}

impl Hook {
    /// The headers of an attempt at this time.
    pub(crate) fn headers_at(&self, now: Timestamp) -> Vec<(String, String)> {
        let signed = self.sign.as_ref().map(|sign| sign(&self.body, now)).unwrap_or_default();
        self.headers.iter().cloned().chain(signed).collect()
    }
}

/// Makes the headers of one attempt.
pub(crate) type Sign = Box<dyn Fn(&str, Timestamp) -> Vec<(String, String)> + Send + Sync>;

/// One attempt to send a webhook, for the provider's own records.
pub(crate) struct Attempt<'a> {
    pub(crate) about: &'a str,
    pub(crate) at: Timestamp,
    /// Why it failed, if it did.
    pub(crate) failure: Option<String>,
}

/// Hears of every attempt.
pub(crate) type Observer = Box<dyn Fn(&Attempt<'_>) + Send + Sync>;

/// What happens to new webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Normal,
    Held,
    Duplicate,
    Reversed,
}

const MODES: [(Mode, &str); 4] =
    [(Mode::Normal, "normal"), (Mode::Held, "held"), (Mode::Duplicate, "duplicate"), (Mode::Reversed, "reversed")];

impl Mode {
    fn read(name: &str) -> Result<Self, String> {
        let known = MODES.iter().find(|(_, known)| *known == name).map(|(mode, _)| *mode);
        known.ok_or_else(|| format!("unknown mode {name:?}; one of: {}", MODES.map(|(_, known)| known).join(" ")))
    }
}

struct Entry {
    hook: Hook,
    state: &'static str,
    attempts: Vec<Json>,
}

struct Inner {
    mode: Mode,
    before_answer: bool,
    held: Vec<usize>,
    log: Vec<Entry>,
}

enum Errand {
    First(usize),
    Again(usize),
}

/// The outbox of one sandbox.
pub(crate) struct Webhooks {
    inner: Mutex<Inner>,
    errands: mpsc::UnboundedSender<Errand>,
    client: reqwest::Client,
    delivery: Delivery,
    clock: Arc<Clock>,
    observer: Observer,
}

impl Webhooks {
    /// An outbox and the worker that empties it.
    pub(crate) fn new(
        delivery: Delivery,
        clock: Arc<Clock>,
        observer: Observer,
    ) -> (Arc<Self>, impl Future<Output = ()> + Send) {
        let (errands, todo) = mpsc::unbounded_channel();
        let inner =
            Inner { mode: Mode::Normal, before_answer: delivery.before_answer, held: Vec::new(), log: Vec::new() };
        let webhooks =
            Arc::new(Self { inner: Mutex::new(inner), errands, client: client(), delivery, clock, observer });
        (webhooks.clone(), webhooks.work(todo))
    }

    async fn work(self: Arc<Self>, mut todo: mpsc::UnboundedReceiver<Errand>) {
        let mut retries = JoinSet::new();
        while let Some(errand) = todo.recv().await {
            let (number, done) = match errand {
                Errand::First(number) => {
                    tokio::time::sleep(self.delivery.delay).await;
                    (number, self.attempt(number).await)
                }
                Errand::Again(number) => (number, false),
            };
            if !done {
                retries.spawn(self.clone().try_again(number));
            }
            while retries.try_join_next().is_some() {}
        }
    }

    async fn try_again(self: Arc<Self>, number: usize) {
        let mut wait = self.delivery.spacing;
        for _ in 0..self.delivery.retries {
            self.set(number, "retrying");
            self.clock.sleep(wait).await;
            wait = wait.saturating_mul(self.delivery.factor.max(1));
            if self.attempt(number).await {
                return;
            }
        }
        self.set(number, "given up");
    }

    /// Takes webhooks in; with "before the answer" it returns when each was tried once.
    pub(crate) async fn send(&self, hooks: Vec<Hook>) {
        let (numbers, now) = self.take_in(hooks);
        for number in numbers {
            if !now {
                let _ = self.errands.send(Errand::First(number));
            } else if !self.attempt(number).await {
                let _ = self.errands.send(Errand::Again(number));
            }
        }
    }

    fn take_in(&self, hooks: Vec<Hook>) -> (Vec<usize>, bool) {
        let mut inner = self.lock();
        let mut numbers = Vec::new();
        for hook in hooks {
            let number = inner.log.len();
            let ours = is_loopback(&hook.url);
            let held = matches!(inner.mode, Mode::Held | Mode::Reversed);
            let state = if !ours { "refused: not a loopback address" } else { "queued" };
            inner.log.push(Entry { hook, state, attempts: Vec::new() });
            if !ours {
                continue;
            } else if held {
                inner.held.push(number);
                inner.log.iter_mut().skip(number).for_each(|entry| entry.state = "held");
                continue;
            }
            numbers.push(number);
            if inner.mode == Mode::Duplicate {
                numbers.push(number);
            }
        }
        (numbers, inner.before_answer)
    }

    /// Sends what is held, in the order of the mode (or of the one named), and waits for the first attempts.
    pub(crate) async fn release(&self, order: Option<&str>) -> Result<Json, String> {
        let order = order.map(Mode::read).transpose()?;
        let numbers = {
            let mut inner = self.lock();
            let mut numbers = std::mem::take(&mut inner.held);
            match order.unwrap_or(inner.mode) {
                Mode::Reversed => numbers.reverse(),
                Mode::Duplicate => numbers = numbers.iter().flat_map(|number| [*number, *number]).collect(),
                Mode::Normal | Mode::Held => {}
            }
            numbers
        };
        let mut delivered = 0_usize;
        for number in &numbers {
            if self.attempt(*number).await {
                delivered += 1;
            } else {
                let _ = self.errands.send(Errand::Again(*number));
            }
        }
        Ok(map! { "released": numbers.len(), "delivered": delivered })
    }

    /// Changes the mode, and whether webhooks go out before the answer.
    pub(crate) fn configure(&self, wanted: &Json) -> Result<(), String> {
        let mode = wanted.text_of("mode").map(Mode::read).transpose()?;
        let mut inner = self.lock();
        inner.mode = mode.unwrap_or(inner.mode);
        if let Some(Json::Bool(before)) = wanted.get("before_answer") {
            inner.before_answer = *before;
        }
        Ok(())
    }

    async fn attempt(&self, number: usize) -> bool {
        let Some(request) = self.request(number) else { return true };
        let sent = request.send().await;
        let at = self.clock.now();
        let (status, error) = match &sent {
            Ok(response) => (Some(response.status().as_u16()), None),
            Err(error) => (None, Some(error.to_string())),
        };
        let done = status.is_some_and(|status| self.delivery.success.contains(&status));
        let failure = (!done).then(|| error.clone().unwrap_or_else(|| format!("HTTP {}", status.unwrap_or_default())));
        let mut inner = self.lock();
        let Some(entry) = inner.log.get_mut(number) else { return done };
        entry.attempts.push(map! { "at": at.to_string(), "status": status, "error": error });
        entry.state = if done { "delivered" } else { "failed" };
        let about = entry.hook.about.clone();
        drop(inner);
        (self.observer)(&Attempt { about: &about, at, failure });
        done
    }

    fn request(&self, number: usize) -> Option<reqwest::RequestBuilder> {
        let inner = self.lock();
        let hook = &inner.log.get(number)?.hook;
        let request = self.client.post(&hook.url).body(hook.body.clone());
        let headers = hook.headers_at(Timestamp::now());
        Some(headers.into_iter().fold(request, |request, (name, value)| request.header(name, value)))
    }

    fn set(&self, number: usize, state: &'static str) {
        if let Some(entry) = self.lock().log.get_mut(number) {
            entry.state = state;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn show(&self) -> Json {
        let inner = self.lock();
        let mode = MODES.iter().find(|(mode, _)| *mode == inner.mode).map(|(_, name)| *name);
        let show = |entry: &Entry| {
            map! {
                "event": &entry.hook.event,
                "about": &entry.hook.about,
                "url": &entry.hook.url,
                "state": entry.state,
                "body": &entry.hook.body,
                "attempts": entry.attempts.clone(),
            }
        };
        map! {
            "mode": mode,
            "before_answer": inner.before_answer,
            "held": inner.held.len(),
            "webhooks": inner.log.iter().map(show).collect::<Vec<_>>(),
        }
    }
}

/// Sandboxes talk to this machine only.
pub(crate) fn is_loopback(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The TLS provider is installed because the client cannot be built without one; the calls themselves are plain HTTP, and
/// this machine's certificates are left unread.
fn client() -> reqwest::Client {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    let builder = reqwest::Client::builder().tls_certs_only([]).no_proxy().redirect(reqwest::redirect::Policy::none());
    builder.timeout(Duration::from_secs(10)).build().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_called() {
        for ours in ["http://127.0.0.1:8080/x", "http://localhost/x", "http://[::1]:1/", "http://127.9.9.9/"] {
            assert!(is_loopback(ours), "{ours}");
        }
        for foreign in ["http://example.com/", "http://10.0.0.1/", "http://127.0.0.1.example.com/", "nonsense"] {
            assert!(!is_loopback(foreign), "{foreign}");
        }
    }
}
