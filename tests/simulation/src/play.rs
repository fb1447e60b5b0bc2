//! Who acts in a history: checkouts, buyers, the providers' messages, the relay and the sweep.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use payment::{IdempotencyKey, OperationId, OperationStatus, PaymentId, Status};
use providers::{Deadline, Inbound};
use sandbox::Unsent;
use serde_json::{Value, json};
use service::{Answer, Call, Problem, ProblemCode};
use tests::Order;
use tokio::task::JoinSet;
use url::Url;

use crate::checks::Told;
use crate::clock;
use crate::defect::Defect;
use crate::network::Fate;
use crate::plan::{Ask, Deal, Step};
use crate::world::{MERCHANT, World};

/// A checkout gives up after so many tries.
const TRIES: u32 = 12;

/// A provider gives up after so many attempts to tell something.
const ATTEMPTS: u64 = 10;

/// A history is over after so many days, whatever is still due.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 8);

/// Buyers who stay away are waited for as long as this: in every fourth history, and in the others.
const WAITS: [SignedDuration; 2] = [SignedDuration::from_hours(26), SignedDuration::from_mins(90)];

impl World {
    /// Plays the whole history.
    pub(crate) async fn play(self: &Arc<Self>) {
        let background = [tokio::spawn(relay(self.clone())), tokio::spawn(sweep_every_minute(self.clone()))];
        let mut deals = JoinSet::new();
        for (number, deal) in self.plan.deals.iter().cloned().enumerate() {
            deals.spawn(play_deal(self.clone(), number, deal));
        }
        while deals.join_next().await.is_some() {}
        self.calm_down();
        self.note(|| "nothing goes wrong any more".to_owned());
        let [relay, sweep] = background;
        sweep.abort();
        self.settle_down().await;
        relay.abort();
    }

    /// Lets time pass until nothing is due.
    async fn settle_down(self: &Arc<Self>) {
        let end = clock::now().checked_add(LONGEST).unwrap_or_default();
        let waited = clock::now().checked_add(waits(self.plan.seed)).unwrap_or_default();
        for _ in 0..2_000 {
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            if !self.untold().is_empty() || self.messages() > 0 {
                tokio::time::sleep(Duration::from_secs(20)).await;
                continue;
            }
            let Some(due) = self.next_due().filter(|due| *due < end) else { return };
            // A buyer who stays away is asked about every hour; a day of it tells what a month does.
            if due > waited && self.only_waits() {
                return;
            }
            if self.defects.has(Defect::NoSweep) {
                return;
            }
            if let Ok(wait) = Duration::try_from(due.duration_since(clock::now())) {
                tokio::time::sleep(wait).await;
            }
            self.sweep().await;
        }
        self.fail("the history does not come to rest".to_owned());
    }

    /// Whether everybody waits for a buyer, and nothing else is due.
    fn only_waits(&self) -> bool {
        let asides = self.table().items().any(|((_, sort), item)| sort != "STATE" && item.contains_key("due_shard"));
        let settled = |payment: &Arc<payment::Payment>| payment.operations.iter().all(|o| o.next_look().is_none());
        !asides && self.payments().iter().all(settled)
    }

    /// One run of the sweep.
    pub(crate) async fn sweep(self: &Arc<Self>) {
        let Some(service) = self.service().filter(|_| !self.defects.has(Defect::NoSweep)) else { return };
        let swept = self.in_function(async { service.settle_due("sweep", Deadline::within(FUNCTION)).await }).await;
        self.note(|| match swept {
            None => "sweep died".to_owned(),
            Some(Err(problem)) => format!("sweep failed: {}", problem.code().as_str()),
            Some(Ok(report)) => format!("swept {report:?}"),
        });
    }
}

const FUNCTION: Duration = Duration::from_secs(26);

fn call() -> Option<Call> {
    Some(Call { merchant: MERCHANT.parse().ok()?, request_id: "r".to_owned(), deadline: Deadline::within(FUNCTION) })
}

async fn sweep_every_minute(world: Arc<World>) {
    loop {
        tokio::time::sleep(Duration::from_secs(60)).await;
        if world.next_due().is_some_and(|due| due <= clock::now()) {
            world.sweep().await;
        }
    }
}

/// The stream's mapping: batches in order, and again from the first record that failed.
async fn relay(world: Arc<World>) {
    loop {
        world.changed.notified().await;
        loop {
            tokio::time::sleep(Duration::from_millis(250)).await;
            let changes = world.untold();
            let (Some(last), Some(relay)) = (changes.last(), world.relay()) else { break };
            let records: Vec<String> = changes.iter().map(record).collect();
            let Ok(event) = serde_json::from_str(&format!("{{\"Records\":[{}]}}", records.join(","))) else { break };
            let handled = world
                .in_function(Box::pin(relay_events::handle(
                    relay,
                    event,
                    Deadline::within(FUNCTION),
                    "relay".to_owned(),
                )))
                .await;
            let done = match handled {
                Some(Ok(answer)) => {
                    let failed = answer.batch_item_failures.iter().filter_map(|one| one.item_identifier.parse().ok());
                    failed.min().filter(|_| !world.defects.has(Defect::RelaySwallowsErrors)).unwrap_or(last.number + 1)
                }
                _ if world.defects.has(Defect::BatchForgotten) => last.number + 1,
                _ => {
                    world.note(|| "the relay failed; the batch comes again".to_owned());
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    continue;
                }
            };
            world.table().told_before(done);
        }
    }
}

fn record(change: &crate::table::Change) -> String {
    let mut images = String::new();
    for (name, image) in [("OldImage", &change.old), ("NewImage", &change.new)] {
        if let Some(image) = image {
            images = format!("{images},\"{name}\":{}", image.text);
        }
    }
    let what = match (&change.old, &change.new) {
        (None, _) => "INSERT",
        (_, None) => "REMOVE",
        _ => "MODIFY",
    };
    let number = change.number;
    let keys = json!({ "PK": { "S": change.key.0 }, "SK": { "S": change.key.1 } });
    let told = format!("{{\"SequenceNumber\":\"{number}\",\"SizeBytes\":1,\"Keys\":{keys}{images}}}");
    format!("{{\"eventID\":\"{number}\",\"eventName\":\"{what}\",\"awsRegion\":\"eu-central-1\",\"dynamodb\":{told}}}")
}

const fn waits(seed: u64) -> SignedDuration {
    let [long, short] = WAITS;
    if seed.is_multiple_of(4) { long } else { short }
}

/// One payment from its order to the last request about it.
async fn play_deal(world: Arc<World>, number: usize, deal: Deal) {
    let key = format!("deal-{number}");
    let (Ok(merchant), Ok(idempotency)) = (MERCHANT.parse(), key.parse::<IdempotencyKey>()) else { return };
    let id = PaymentId::of(&merchant, &idempotency).to_string();
    let order = Order::at(deal.provider)
        .with("/flow", deal.flow)
        .with("/reference", format!("ORD-{number}"))
        .with("/description", format!("Deal {number}"));
    let body = order.json().to_string();
    let mut tasks = JoinSet::new();
    {
        let (world, id, key) = (world.clone(), id.clone(), key.clone());
        tasks.spawn(async move { checkout(&world, Request::Create(body), &id, &key, false).await });
    }
    {
        let (world, id, deal) = (world.clone(), id.clone(), deal.clone());
        tasks.spawn(async move { buyer(&world, &id, &deal).await });
    }
    {
        let (world, id, deal) = (world.clone(), id.clone(), deal.clone());
        tasks.spawn(async move { provider_tells(&world, &id, &deal).await });
    }
    for (n, step) in deal.steps.iter().enumerate() {
        for _ in 0..step.copies {
            let (world, id, step) = (world.clone(), id.clone(), *step);
            tasks.spawn(async move { ask(&world, &id, n, step).await });
        }
    }
    while tasks.join_next().await.is_some() {}
}

/// What the provider tells of a capture that nobody asked about.
async fn provider_tells(world: &Arc<World>, id: &str, deal: &Deal) {
    let Some(provider) = world.providers.values().find(|provider| provider.name == deal.provider) else { return };
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

async fn ask(world: &Arc<World>, id: &str, n: usize, step: Step) {
    tokio::time::sleep(Duration::from_millis(step.at)).await;
    if step.waits {
        let ready = |status: Status| match step.asks {
            Ask::Confirm => status != Status::Created && status != Status::RequiresAction,
            Ask::Refund(_) => matches!(status, Status::PartiallyCaptured | Status::Captured),
            _ => !status.is_open(),
        };
        for _ in 0..60 {
            if world.payment(id).is_some_and(|payment| ready(payment.status)) {
                break;
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    }
    let amount = |minor: i64| if minor == 0 { json!({}) } else { json!({ "amount": minor }) };
    let request = match step.asks {
        Ask::Confirm => Request::Confirm,
        Ask::Capture(minor) => {
            let mut body = amount(minor);
            body["invoice"] = json!({ "number": format!("INV-{n}"), "url": format!("https://shop.example/{n}.pdf") });
            body["shipment"] = json!({ "carrier": "DHL", "tracking_number": format!("0034-{n}") });
            Request::Capture(body.to_string())
        }
        Ask::Refund(minor) => Request::Refund(amount(minor).to_string()),
        Ask::Cancel => Request::Cancel,
        Ask::Amend(minor) => Request::Amend(amount(minor).to_string()),
        Ask::Refresh => Request::Refresh,
    };
    checkout(world, request, id, &format!("step-{n}"), step.deaf).await;
}

/// What a checkout sends.
enum Request {
    Create(String),
    Confirm,
    Capture(String),
    Refund(String),
    Cancel,
    Amend(String),
    Refresh,
}

impl Request {
    fn kind(&self) -> &'static str {
        match self {
            Self::Create(_) => "create_session",
            Self::Confirm => "confirm",
            Self::Capture(_) => "capture",
            Self::Refund(_) => "refund",
            Self::Cancel => "cancel",
            Self::Amend(_) => "amend",
            Self::Refresh => "refresh",
        }
    }
}

/// Sends a request until its answer is one to rely on.
async fn checkout(world: &Arc<World>, request: Request, id: &str, key: &str, mut deaf: bool) {
    for _ in 0..TRIES {
        let (Some(service), Some(call)) = (world.service(), call()) else { return };
        let answered = world.in_function(send(&service, &call, &request, id, key)).await;
        world.note(|| match &answered {
            None => format!("{} {key}: no answer", request.kind()),
            Some(Ok(answer)) => format!("{} {key}: {} {}", request.kind(), answer.status, answer.body["status"]),
            Some(Err(problem)) => format!("{} {key}: {}", request.kind(), problem.code().as_str()),
        });
        let lost = std::mem::take(&mut deaf);
        match answered.filter(|_| !lost) {
            Some(Ok(answer)) => {
                remember(world, &request, id, key, &answer);
                return;
            }
            Some(Err(problem)) if !comes_again(&problem) => {
                refused(world, &request, id, key, &problem);
                return;
            }
            _ => tokio::time::sleep(Duration::from_secs(1) + world.pause(30_000)).await,
        }
    }
}

async fn send(
    service: &service::Service,
    call: &Call,
    request: &Request,
    id: &str,
    key: &str,
) -> Result<Answer, Problem> {
    match request {
        Request::Create(body) => Box::pin(service.create_session(call, Some(key), body.as_bytes())).await,
        Request::Confirm => Box::pin(service.confirm(call, id, Some(key), b"{}")).await,
        Request::Capture(body) => Box::pin(service.capture(call, id, Some(key), body.as_bytes())).await,
        Request::Refund(body) => Box::pin(service.refund(call, id, Some(key), body.as_bytes())).await,
        Request::Cancel => Box::pin(service.cancel(call, id, Some(key), b"{}")).await,
        Request::Amend(body) => Box::pin(service.manage_order(call, (id, "amend"), Some(key), body.as_bytes())).await,
        Request::Refresh => {
            let refresh = [("refresh".to_owned(), "true".to_owned())];
            Box::pin(service.get(call, id, &refresh)).await
        }
    }
}

fn comes_again(problem: &Problem) -> bool {
    matches!(
        problem.code(),
        ProblemCode::ProviderUnavailable
            | ProblemCode::Unavailable
            | ProblemCode::Conflict
            | ProblemCode::OperationInProgress
            | ProblemCode::OperationInDoubt
            | ProblemCode::PaymentNotFound
    )
}

fn operation_of(request: &Request, id: &str, key: &str) -> Option<OperationId> {
    let payment: PaymentId = id.parse().ok()?;
    (request.kind() != "refresh").then(|| OperationId::of(&payment, request.kind(), key))
}

/// What a checkout was told must stay true.
fn remember(world: &Arc<World>, request: &Request, id: &str, key: &str, answer: &Answer) {
    let Some(operation) = operation_of(request, id, key) else { return };
    let promised = (answer.status != 202).then_some(OperationStatus::Succeeded);
    world.seen().told.push(Told { payment: id.to_owned(), operation, promised });
}

fn refused(world: &Arc<World>, request: &Request, id: &str, key: &str, problem: &Problem) {
    let Some(operation) = operation_of(request, id, key) else { return };
    if problem.code() == ProblemCode::ProviderRefused {
        let promised = Some(OperationStatus::Rejected);
        world.seen().told.push(Told { payment: id.to_owned(), operation, promised });
    }
}

/// The buyer on the provider's page.
async fn buyer(world: &Arc<World>, id: &str, deal: &Deal) {
    let mut session = None;
    for _ in 0..90 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        session = world.payment(id).and_then(|payment| page_of(&json!(payment.action)));
        if session.is_some() {
            break;
        }
    }
    let Some(session) = session.filter(|_| !deal.buyer.choice.is_empty()) else { return };
    tokio::time::sleep(Duration::from_secs(deal.buyer.after)).await;
    let Some(provider) = world.providers.values().find(|provider| provider.name == deal.provider) else { return };
    let called = provider.direct.buyer(&session, deal.buyer.choice, clock::now());
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

fn page_of(action: &Value) -> Option<String> {
    let url: Url = action["url"].as_str()?.parse().ok()?;
    let token = url.query_pairs().find(|(name, _)| name == "r").map(|(_, value)| value.into_owned());
    token.or_else(|| Some(url.path_segments()?.next_back()?.to_owned()))
}

impl World {
    /// Delivers a provider's message as the provider does: late, again until it is taken, and sometimes twice.
    pub(crate) async fn deliver(self: &Arc<Self>, message: &Unsent) {
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
            Some(Ok(())) => format!("message {word}: taken"),
        });
        if matches!(received, Some(Ok(()))) {
            self.check_kept(request.body());
        }
        matches!(received, Some(Ok(())))
    }
}
