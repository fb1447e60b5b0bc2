//! Everybody else: the buyer on the provider's page or in its widget, what the provider does unasked, and its messages.

use std::sync::Arc;
use std::time::Duration;

use payment::{Action, Operation, OperationKind, OperationStatus};
use providers::{Deadline, Inbound};
use sandbox::{Unsent, stand_in};
use serde_json::{Value, json};
use url::Url;

use crate::clock;
use crate::network::Fate;
use crate::plan::{Deal, Desk};
use crate::play::FUNCTION;
use crate::world::{Provider, World};

/// A provider gives up after so many attempts to tell something.
const ATTEMPTS: u64 = 10;

/// The buyer on the provider's page, or in the widget.
pub(crate) async fn buyer(world: &Arc<World>, id: &str, deal: &Deal) {
    let mut action = None;
    for _ in 0..90 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        action = world.payment(id).and_then(|payment| payment.action.clone());
        if action.is_some() {
            break;
        }
    }
    let Some(action) = action.filter(|_| !deal.buyer.choice.is_empty()) else { return };
    tokio::time::sleep(Duration::from_secs(deal.buyer.after)).await;
    let Some(provider) = world.provider(deal.provider) else { return };
    match action {
        Action::Redirect { url, .. } => on_the_page(world, provider, &session_of(&url), deal).await,
        Action::Widget { provider_session_id, .. } => in_the_widget(world, provider, id, &provider_session_id, deal),
    }
}

async fn on_the_page(world: &Arc<World>, provider: &Provider, session: &str, deal: &Deal) {
    let called = provider.direct.buyer(session, deal.buyer.choice, clock::now());
    world.note(|| format!("the buyer chooses {}: {}", deal.buyer.choice, called.answer.status().as_u16()));
    let told: Value = serde_json::from_slice(called.answer.body()).unwrap_or_default();
    world.post(called.webhooks);
    let Some(location) = told["location"].as_str().and_then(|url| Url::parse(url).ok()) else { return };
    if !deal.buyer.returns {
        return;
    }
    let Some(service) = world.service() else { return };
    let id = location.path().rsplit('/').next().unwrap_or_default().to_owned();
    let query: Vec<(String, String)> =
        location.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let _ = world.in_function(Box::pin(service.return_buyer(&id, &query, "return", Deadline::within(FUNCTION)))).await;
}

/// The page's token, or the session at the end of its address.
fn session_of(page: &Url) -> String {
    let token = page.query_pairs().find(|(name, _)| name == "r").map(|(_, value)| value.into_owned());
    let last = || page.path_segments().and_then(Iterator::last).map(str::to_owned);
    token.or_else(last).unwrap_or_default()
}

/// What the widget tells stays with the browser, which hands it to the shop.
fn in_the_widget(world: &World, provider: &Provider, id: &str, session: &str, deal: &Deal) {
    let Some(widget) = stand_in(deal.provider).and_then(|stand_in| stand_in.widget) else { return };
    let data = widget(deal.buyer.choice == "accept").to_string();
    let Some(called) = provider.direct.control(&["widget", session], &data, clock::now()) else { return };
    world.note(|| format!("the buyer is done in the widget: {}", called.answer.status().as_u16()));
    if called.answer.status().is_success() {
        let result = String::from_utf8_lossy(called.answer.body()).into_owned();
        world.seen().widgets.insert(id.to_owned(), result);
    }
}

/// What the provider tells of a capture that nobody asked about.
pub(crate) async fn provider_tells(world: &Arc<World>, id: &str, deal: &Deal) {
    let Some(provider) = world.provider(deal.provider) else { return };
    for event in &deal.tells {
        for _ in 0..45 {
            tokio::time::sleep(Duration::from_secs(4)).await;
            if world.payment(id).is_some_and(|payment| !payment.amounts().captured.is_zero()) {
                break;
            }
        }
        let order = world.payment(id).and_then(|payment| payment.provider_reference.clone());
        let body = json!({ "event": event, "order": order }).to_string();
        let Some(called) = provider.direct.control(&["events"], &body, clock::now()) else { continue };
        *world.seen().receivables.entry(id.to_owned()).or_default() += called.webhooks.len();
        world.post(called.webhooks);
    }
}

/// Somebody gives a capture back at the provider's own desk.
pub(crate) async fn desk(world: &Arc<World>, id: &str, deal: &Deal) {
    let (Some(Desk { after, amount }), Some(provider)) = (deal.desk, world.provider(deal.provider)) else { return };
    let taken = |o: &&Operation| o.kind() == OperationKind::Capture && o.status == OperationStatus::Succeeded;
    let mut found = None;
    for _ in 0..45 {
        tokio::time::sleep(Duration::from_secs(4)).await;
        let payment = world.payment(id);
        found = payment.and_then(|payment| {
            let capture = payment.operations.iter().find(taken)?.provider_reference.clone();
            Some((payment.order_reference.clone(), capture.unwrap_or_default()))
        });
        if found.is_some() {
            break;
        }
    }
    let Some((order, capture)) = found else { return };
    tokio::time::sleep(Duration::from_secs(after)).await;
    let Some(gives_back) = stand_in(deal.provider).and_then(|stand_in| stand_in.gives_back) else { return };
    let (path, body) = gives_back(&order, &capture, amount);
    let path: Vec<&str> = path.split('/').collect();
    let Some(called) = provider.direct.control(&path, &body.to_string(), clock::now()) else { return };
    world.note(|| format!("{} is given back at the desk: {}", amount, called.answer.status().as_u16()));
    world.post(called.webhooks);
    if deal.provider == "billie_pad" && called.answer.status().is_success() {
        // It tells of the order and not of what became of it, so somebody has to look.
        let order = world.payment(id).and_then(|payment| payment.provider_reference.clone());
        let body = json!({ "event": "order_canceled", "order": order }).to_string();
        let told = provider.direct.control(&["events"], &body, clock::now());
        world.post(told.map(|told| told.webhooks).unwrap_or_default());
    }
}

impl World {
    /// Delivers a provider's message as the provider does: late, again until it is taken, and sometimes twice.
    pub(crate) async fn deliver(self: &Arc<Self>, message: &Unsent) {
        if self.plan.mute {
            return;
        }
        tokio::time::sleep(self.pause(8_000)).await;
        let mut twice = self.pause(100) < Duration::from_millis(20);
        for attempt in 1..=ATTEMPTS {
            let Some(request) = message.request(clock::now()) else { return };
            let world = self.clone();
            let sent = tokio::time::timeout(Duration::from_secs(10), self.exchange("message", |_, _| ())).await;
            let fate = sent.unwrap_or(Fate::Lost);
            let taken = match fate {
                Fate::Refused | Fate::Lost | Fate::Busy => false,
                Fate::Answered(()) => world.receive(&request).await,
                // It is taken in, and the provider does not hear of it.
                Fate::Garbled | Fate::Failed => {
                    world.receive(&request).await;
                    false
                }
            };
            if taken && !std::mem::take(&mut twice) {
                return;
            }
            tokio::time::sleep(Duration::from_secs(20 * attempt) + self.pause(10_000)).await;
        }
    }

    async fn receive(self: &Arc<Self>, request: &http::Request<Vec<u8>>) -> bool {
        let Some(service) = self.service() else { return false };
        let url = request.uri().to_string();
        let mut path = request.uri().path().rsplit('/');
        let (Some(merchant), Some(word)) = (path.next(), path.next()) else { return false };
        let inbound = Inbound { url: &url, headers: request.headers(), body: request.body() };
        let received = self
            .in_function(Box::pin(service.webhook(word, merchant, inbound, "hook", Deadline::within(FUNCTION))))
            .await;
        self.note(|| match &received {
            None => format!("message {word}: no answer"),
            Some(Err(problem)) => format!("message {word}: {}", problem.code().as_str()),
            Some(Ok(_)) => format!("message {word}: taken"),
        });
        if matches!(received, Some(Ok(_))) {
            self.check_kept(request.body());
        }
        matches!(received, Some(Ok(_)))
    }
}

/// Transactions that the gateway has taken in and not decided about: pending processing, pending approval.
const UNDECIDED: [i64; 2] = [791, 794];

impl World {
    /// The provider decides about what is pending, after a while.
    pub(crate) fn decide_later(self: &Arc<Self>, host: &str) {
        let (world, host) = (self.clone(), host.to_owned());
        self.on_its_way(1);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(2) + world.pause(90_000)).await;
            world.decide(&host);
            world.on_its_way(-1);
        });
    }

    fn decide(self: &Arc<Self>, host: &str) {
        let Some(provider) = self.providers.get(host) else { return };
        let books: Value = serde_json::from_str(&provider.direct.books()).unwrap_or_default();
        let all = books["transactions"].as_array().into_iter().flatten();
        let waits = all.filter(|one| one["status"].as_i64().is_some_and(|status| UNDECIDED.contains(&status)));
        for key in waits.filter_map(|one| one["key"].as_str()) {
            let outcome = if self.pause(5).is_zero() { "failed" } else { "success" };
            let body = json!({ "outcome": outcome }).to_string();
            let Some(called) = provider.direct.control(&["transactions", key], &body, clock::now()) else { continue };
            self.note(|| format!("the provider decides about {key}: {outcome}"));
            self.post(called.webhooks);
        }
    }
}
