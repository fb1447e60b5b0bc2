//! One history: the real service, store, adapters and relay in a simulated world.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use aws_sdk_dynamodb::config::{BehaviorVersion, Region, StalledStreamProtectionConfig};
use jiff::{SignedDuration, Timestamp};
use payment::{Payment, WakeUp};
use providers::{REGISTRY, Transport, Verb};
use relay_events::{Queues as EventQueues, Relay};
use runtime::FixedMerchants;
use sandbox::{Called, Direct, STAND_INS, StandIn, Twist, Unsent};
use serde_json::{Map, Value, json};
use service::Service;
use store::Store;
use tokio::sync::Notify;
use url::Url;

use crate::checks::Seen;
use crate::clock;
use crate::condition::text;
use crate::defect::Defects;
use crate::network::{Aws, KILL, Providers};
use crate::plan::{Fault, Plan};
use crate::queue::Queues;
use crate::request::Request;
use crate::table::{Change, Shard, Stored, Table};

/// The merchant of every history.
pub(crate) const MERCHANT: &str = "demo";

/// The queues that want every event.
pub(crate) const QUEUES: [&str; 2] = ["http://127.0.0.1:9324/orders.fifo", "http://127.0.0.1:9324/books.fifo"];

const PUBLIC: &str = "http://127.0.0.1:3000";

/// A function has at most this long.
const FUNCTION_PATIENCE: Duration = Duration::from_secs(29);

/// A provider of the history.
pub(crate) struct Provider {
    pub(crate) name: &'static str,
    /// The merchant's account there.
    account: Value,
    pub(crate) direct: Direct,
}

struct Chance {
    exchanges: u32,
    rng: fastrand::Rng,
    quiet: bool,
    trace: Option<Vec<String>>,
}

/// A world with everything in it.
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) defects: Defects,
    pub(crate) providers: BTreeMap<String, Provider>,
    table: Mutex<Table>,
    queues: Mutex<Queues>,
    chance: Mutex<Chance>,
    seen: Mutex<Seen>,
    service: OnceLock<Service>,
    relay: OnceLock<Relay>,
    /// The stream has something to tell, by shard.
    pub(crate) changed: [Notify; Shard::ALL.len()],
    /// Messages that are still on their way.
    on_their_way: Mutex<i32>,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    /// The world of this plan at its beginning, and its start date on this thread's clock.
    pub(crate) fn begin(plan: Plan, defects: Defects, traced: bool) -> Arc<Self> {
        clock::begin(beginning());
        fastrand::seed(plan.seed);
        let rng = fastrand::Rng::with_seed(plan.seed ^ 0x9E37_79B9_7F4A_7C15);
        let wanted = |(stand_in, _): &(&StandIn, u16)| plan.deals.iter().any(|deal| deal.provider == stand_in.provider);
        let providers = STAND_INS.iter().zip(4_000..).filter(wanted).map(provider).collect();
        let world = Arc::new(Self {
            table: Mutex::new(Table::new(plan.index_lag, defects)),
            chance: Mutex::new(Chance { exchanges: 0, rng, quiet: false, trace: traced.then(Vec::new) }),
            plan,
            defects,
            providers,
            queues: Mutex::default(),
            seen: Mutex::default(),
            service: OnceLock::new(),
            relay: OnceLock::new(),
            changed: Default::default(),
            on_their_way: Mutex::new(0),
        });
        world.build();
        world
    }

    fn build(self: &Arc<Self>) {
        let weak = Arc::downgrade(self);
        let transport = Transport::new(Arc::new(Providers(weak.clone())), clock::now);
        for deal in self.plan.deals.iter().filter(|deal| !deal.settings().is_empty()) {
            let set = self
                .provider(deal.provider)
                .and_then(|p| p.direct.control(&["settings"], deal.settings(), beginning()));
            if !set.is_some_and(|called| called.answer.status().is_success()) {
                return self.fail(format!("{} cannot be set to {}", deal.provider, deal.settings()));
            }
        }
        let documents = json!([merchant(&self.providers, self.plan.accepts_late)]).to_string();
        let store = Store::new(dynamodb(weak.clone()), "paylater");
        let queues = EventQueues::new(sqs(weak.clone()), QUEUES.map(str::to_owned).to_vec(), Some("wake".to_owned()));
        let _ = self.relay.set(Relay::new(queues, store.clone()).with_clock(clock::now));
        let random = move || weak.upgrade().map(|world| world.random()).unwrap_or_default();
        let merchants = match FixedMerchants::from_json(&documents, &transport) {
            Ok(merchants) => Arc::new(merchants),
            Err(error) => return self.fail(format!("the merchant of the simulation cannot be used: {error}")),
        };
        let Ok(public) = PUBLIC.parse::<Url>() else { return };
        let world = service::World::new(clock::now, random);
        let _ = self.service.set(Service::new(store, merchants, public, world));
    }

    /// The provider of this name.
    pub(crate) fn provider(&self, name: &str) -> Option<&Provider> {
        self.providers.values().find(|provider| provider.name == name)
    }

    /// The use cases.
    pub(crate) fn service(&self) -> Option<Service> {
        self.service.get().cloned()
    }

    /// The relay.
    pub(crate) fn relay(&self) -> Option<Relay> {
        self.relay.get().cloned()
    }

    pub(crate) fn table(&self) -> MutexGuard<'_, Table> {
        lock(&self.table)
    }

    pub(crate) fn queues(&self) -> MutexGuard<'_, Queues> {
        lock(&self.queues)
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        lock(&self.seen)
    }

    fn chance(&self) -> MutexGuard<'_, Chance> {
        lock(&self.chance)
    }

    fn random(&self) -> [u8; 16] {
        self.chance().rng.u128(..).to_be_bytes()
    }

    /// Any of two.
    pub(crate) fn coin(&self) -> bool {
        self.chance().rng.bool()
    }

    /// A pause of up to so many milliseconds.
    pub(crate) fn pause(&self, most: u64) -> Duration {
        Duration::from_millis(self.chance().rng.u64(0..most.max(1)))
    }

    /// From now on nothing goes wrong any more.
    pub(crate) fn calm_down(&self) {
        self.chance().quiet = true;
    }

    /// Something that must not be is.
    pub(crate) fn fail(&self, what: String) {
        self.note(|| format!("VIOLATION {what}"));
        self.seen().violations.push(what);
    }

    /// Writes a line of the trace.
    pub(crate) fn note(&self, line: impl FnOnce() -> String) {
        if let Some(trace) = self.chance().trace.as_mut() {
            trace.push(format!("{} {}", clock::now().strftime("%d %H:%M:%S.%3f"), line()));
        }
    }

    /// The trace so far.
    pub(crate) fn trace(&self) -> Vec<String> {
        self.chance().trace.clone().unwrap_or_default()
    }

    /// What goes wrong at the next exchange, and how long its two ways take.
    pub(crate) fn next_exchange(&self, what: &str) -> (Option<Fault>, Duration, Duration) {
        let (number, fault, there, back) = {
            let mut chance = self.chance();
            chance.exchanges += 1;
            let number = chance.exchanges;
            let fault = self.plan.faults.get(&number).copied().filter(|_| !chance.quiet);
            let (there, back) = (chance.rng.u64(1..20), chance.rng.u64(1..20));
            (number, fault, Duration::from_millis(there), Duration::from_millis(back))
        };
        if fault.is_some() || what != "table Query by_due" {
            self.note(|| match fault {
                Some(fault) => format!("{number} {what}: {fault:?}"),
                None => format!("{number} {what}"),
            });
        }
        (fault, there, back)
    }

    /// Whether no provider can be reached now.
    pub(crate) fn nobody_is_there(&self) -> bool {
        let passed = u64::try_from(clock::now().duration_since(beginning()).as_secs()).unwrap_or_default();
        let out = self.plan.outage.is_some_and(|outage| (outage.from..outage.to).contains(&passed));
        out && !self.chance().quiet
    }

    /// Runs code as a function runs: it may be killed, and it is frozen when its time is up.
    pub(crate) async fn in_function<T>(&self, code: impl Future<Output = T>) -> Option<T> {
        let kill = Arc::new(Notify::new());
        let running = KILL.scope(kill.clone(), tokio::time::timeout(FUNCTION_PATIENCE, code));
        tokio::select! {
            biased;
            () = kill.notified() => {
                self.note(|| "a function dies".to_owned());
                None
            }
            done = running => done.ok(),
        }
    }

    /// The table does what it is asked; every change is looked at.
    pub(crate) fn table_answers(self: &Arc<Self>, operation: &str, request: &Request) -> (u16, String) {
        let (answer, changes) = self.table().answer(operation, request, clock::now());
        for change in &changes {
            self.check_change(change);
        }
        if !changes.is_empty() {
            self.changed.iter().for_each(Notify::notify_one);
        }
        answer
    }

    /// A provider does what it is asked; what it wants to tell is on its way.
    pub(crate) fn provider_answers(
        self: &Arc<Self>,
        host: &str,
        verb: Verb,
        name: &str,
        request: &http::Request<Vec<u8>>,
        fault: Option<Fault>,
    ) -> providers::Response {
        let twist = if fault == Some(Fault::WrongAmounts) { Twist::Amounts } else { Twist::None };
        let Some(provider) = self.providers.get(host) else {
            return providers::Response { status: 404, headers: http::HeaderMap::new(), body: bytes::Bytes::new() };
        };
        let before = if verb == Verb::Act { Some(provider.lines()) } else { None };
        let called = provider.direct.call(request, clock::now(), twist);
        if let Some(before) = before {
            self.check_calls();
            self.check_effects(provider, &before, request.body());
            self.check_instruction(name, request, called.answer.status().is_success());
            if self.plan.deals.iter().any(|deal| deal.provider == provider.name && deal.pends) {
                self.decide_later(host);
            }
        }
        let Called { answer, webhooks } = called;
        self.post(webhooks);
        let (head, body) = answer.into_parts();
        self.note(|| {
            format!(
                "  {name} -> {} {}",
                head.status.as_u16(),
                String::from_utf8_lossy(&body).chars().take(160).collect::<String>()
            )
        });
        providers::Response { status: head.status.as_u16(), headers: head.headers, body: body.into() }
    }

    /// Puts messages on their way.
    pub(crate) fn post(self: &Arc<Self>, messages: Vec<Unsent>) {
        for message in messages {
            self.on_its_way(1);
            let world = self.clone();
            tokio::spawn(async move {
                world.deliver(&message).await;
                world.on_its_way(-1);
            });
        }
    }

    /// One thing more, or one less, will still happen by itself.
    pub(crate) fn on_its_way(&self, more: i32) {
        *lock(&self.on_their_way) += more;
    }

    /// How many messages are still on their way.
    pub(crate) fn messages(&self) -> i32 {
        *lock(&self.on_their_way)
    }

    /// Wakes the sweep after so many seconds, and now and then twice: the queue of the wake-ups keeps no promise there.
    pub(crate) fn wake(self: &Arc<Self>, seconds: u64, wake_up: WakeUp) {
        let times = if self.pause(8).is_zero() { 2 } else { 1 };
        for _ in 0..times {
            let (world, wake_up, late) = (Arc::downgrade(self), wake_up.clone(), self.pause(500));
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(seconds) + late).await;
                if let Some(world) = world.upgrade() {
                    world.wakes(wake_up).await;
                }
            });
        }
    }

    /// The payments as they stand.
    pub(crate) fn payments(&self) -> Vec<Arc<Payment>> {
        self.seen().payments.values().cloned().collect()
    }

    /// The payment with this id.
    pub(crate) fn payment(&self, id: &str) -> Option<Arc<Payment>> {
        self.seen().payments.get(id).cloned()
    }

    /// When the next thing in the table is due.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        let table = self.table();
        let due = table.items().filter(|(_, item)| item.contains_key("due_shard"));
        due.filter_map(|(_, item)| text(item, "due_at")?.parse().ok()).min()
    }

    /// What a shard of the stream still has to tell the relay.
    pub(crate) fn untold(&self, shard: Shard) -> Vec<Change> {
        self.table().changes(shard, 10)
    }

    /// Whether the relay was told everything.
    pub(crate) fn all_told(&self) -> bool {
        Shard::ALL.into_iter().all(|shard| self.untold(shard).is_empty())
    }
}

/// When every history begins.
pub(crate) fn beginning() -> Timestamp {
    Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_hours(496_000)).unwrap_or_default()
}

/// An item as a payment.
pub(crate) fn payment_of(stored: &Stored) -> Option<Payment> {
    store::from_image(stored.image()).ok()?
}

fn dynamodb(world: Weak<World>) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("eu-central-1"))
        .allow_no_auth()
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .endpoint_url("http://127.0.0.1:8000")
        .http_client(Aws(world).client());
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

fn sqs(world: Weak<World>) -> aws_sdk_sqs::Client {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("eu-central-1"))
        .allow_no_auth()
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .endpoint_url("http://127.0.0.1:9324")
        .http_client(Aws(world).client());
    aws_sdk_sqs::Client::from_conf(config.build())
}

/// A provider's stand-in at an address of its own.
fn provider((stand_in, port): (&'static StandIn, u16)) -> (String, Provider) {
    let (name, host) = (stand_in.provider, format!("127.0.0.1:{port}"));
    let root = format!("http://{host}");
    let known = REGISTRY.iter().find(|known| known.capabilities.provider == name);
    let webhook = known.map(|known| format!("{PUBLIC}/v1/webhooks/{}/{MERCHANT}", known.capabilities.webhook_path));
    (host, Provider { name, account: (stand_in.account)(&root), direct: stand_in.direct(&root, webhook) })
}

/// A merchant with an account at each of them.
fn merchant(providers: &BTreeMap<String, Provider>, accepts_late: bool) -> Value {
    let account = |provider: &Provider| {
        let mut account = provider.account.clone();
        account["late_authorization"] = json!(if accepts_late { "accept" } else { "cancel" });
        (provider.name.to_owned(), account)
    };
    json!({ "merchant": MERCHANT, "accounts": providers.values().map(account).collect::<Map<_, _>>() })
}
