//! Who acts in a history: checkouts, buyers, the providers' messages, the relay and the sweep.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use jiff::SignedDuration;
use payment::{IdempotencyKey, OperationStatus, PaymentId, WakeUp};
use providers::Deadline;
use tests::Order;
use tokio::task::{JoinHandle, JoinSet};

use crate::checkout::{Request, ask, checkout, decide, replay};
use crate::clock;
use crate::defect::Defect;
use crate::others::{buyer, desk, provider_tells};
use crate::plan::Deal;
use crate::table::{Change, Shard, Stored};
use crate::world::{MERCHANT, World};

/// A history is over after so many days, whatever is still due.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 8);

/// Whoever is woken for something is awake so long after it was due.
const WAKES_WITHIN: Duration = Duration::from_secs(3);

/// Buyers who stay away are waited for as long as this: in every sixteenth history, and in the others.
const WAITS: [SignedDuration; 2] = [SignedDuration::from_hours(26), SignedDuration::from_mins(30)];

impl World {
    /// Plays the whole history.
    pub(crate) async fn play(self: &Arc<Self>) {
        let relays = Shard::ALL.map(|shard| tokio::spawn(relay(self.clone(), shard)));
        let sweep = tokio::spawn(sweep_every_minute(self.clone()));
        let mut deals = JoinSet::new();
        for (number, deal) in self.plan.deals.iter().cloned().enumerate() {
            deals.spawn(play_deal(self.clone(), number, deal));
        }
        while deals.join_next().await.is_some() {}
        self.calm_down();
        self.note(|| "nothing goes wrong any more".to_owned());
        sweep.abort();
        self.settle_down().await;
        if self.plan.operator {
            self.a_person_decides().await;
            self.settle_down().await;
        }
        relays.iter().for_each(JoinHandle::abort);
    }

    /// Decides what is left to a person, and has everything told and read once more.
    async fn a_person_decides(self: &Arc<Self>) {
        for payment in self.payments() {
            decide(self, payment.id.as_str(), "desk").await;
        }
        for what in ["events", "messages"] {
            checkout(self, replay(what), "", what, false).await;
        }
    }

    /// Lets time pass until nothing is due.
    async fn settle_down(self: &Arc<Self>) {
        let end = clock::now().checked_add(LONGEST).unwrap_or_default();
        let waited = clock::now().checked_add(waits(self.plan.seed)).unwrap_or_default();
        for _ in 0..2_000 {
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            if !self.all_told() || self.messages() > 0 {
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
            let wait = due.duration_since(clock::now());
            match Duration::try_from(wait).ok().filter(|wait| !wait.is_zero()) {
                Some(wait) => tokio::time::sleep(wait + WAKES_WITHIN).await,
                None => self.sweep().await,
            }
        }
        self.fail("the history does not come to rest".to_owned());
    }

    /// Whether everybody waits for a buyer or a person, and nothing else is due.
    fn only_waits(&self) -> bool {
        let asides = self.table().items().any(|((_, sort), item)| sort != "STATE" && item.contains_key("due_shard"));
        let waits = |o: &payment::Operation| o.next_look().is_none() || o.status == OperationStatus::NeedsOperator;
        // Without any message the looks after the end are all that finds a late buyer.
        let over = |payment: &payment::Payment| !payment.status.is_open() && payment.due_at().is_some();
        let settled = |payment: &Arc<payment::Payment>| {
            payment.operations.iter().all(waits) && !(self.plan.mute && over(payment))
        };
        !asides && self.payments().iter().all(settled)
    }

    /// The sweep is woken for some payments.
    pub(crate) async fn wakes(self: &Arc<Self>, wake_up: WakeUp) {
        let Some(service) = self.service().filter(|_| !self.defects.has(Defect::NoSweep)) else { return };
        let deadline = Deadline::within(FUNCTION);
        let woken =
            self.in_function(async { service.settle_payments(wake_up.payments, "woken", deadline).await }).await;
        self.note(|| format!("woken: {woken:?}"));
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

/// How long a function has for what it does.
pub(crate) const FUNCTION: Duration = Duration::from_secs(26);

async fn sweep_every_minute(world: Arc<World>) {
    loop {
        tokio::time::sleep(Duration::from_secs(60)).await;
        if world.next_due().is_some_and(|due| due <= clock::now()) {
            world.sweep().await;
        }
    }
}

/// The stream's mapping, which goes through each shard by itself: batches in order, and again from the first record that
/// failed.
async fn relay(world: Arc<World>, shard: Shard) {
    loop {
        world.changed[shard as usize].notified().await;
        loop {
            tokio::time::sleep(Duration::from_millis(world.plan.stream_lag)).await;
            let changes = world.untold(shard);
            let (Some(last), Some(relay)) = (changes.last(), world.relay()) else { break };
            let mut event = Event::default();
            event.records = changes.iter().map(record).collect();
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
            world.table().told_before(shard, done);
        }
    }
}

fn record(change: &Change) -> EventRecord {
    let image = |stored: &Option<Arc<Stored>>| stored.as_ref().map(|stored| stored.image()).unwrap_or_default();
    let key = |name: &str, value: &String| (name.to_owned(), serde_dynamo::AttributeValue::S(value.clone()));
    let what = match (&change.old, &change.new) {
        (None, _) => "INSERT",
        (_, None) => "REMOVE",
        _ => "MODIFY",
    };
    let mut record = EventRecord::default();
    record.event_id = change.number.to_string();
    record.event_name = what.to_owned();
    record.change.sequence_number = Some(record.event_id.clone());
    record.change.keys = HashMap::from([key("PK", &change.key.0), key("SK", &change.key.1)]).into();
    record.change.old_image = image(&change.old);
    record.change.new_image = image(&change.new);
    record
}

const fn waits(seed: u64) -> SignedDuration {
    let [long, short] = WAITS;
    if seed.is_multiple_of(16) { long } else { short }
}

/// One payment from its order to the last request about it.
async fn play_deal(world: Arc<World>, number: usize, deal: Deal) {
    let key = format!("deal-{number}");
    let (Ok(merchant), Ok(idempotency)) = (MERCHANT.parse(), key.parse::<IdempotencyKey>()) else { return };
    let id = PaymentId::of(&merchant, &idempotency).to_string();
    let order = Order::at(deal.provider)
        .with("/flow", deal.flow)
        .with("/capture", deal.mode)
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
    {
        let (world, id, deal) = (world.clone(), id.clone(), deal.clone());
        tasks.spawn(async move { desk(&world, &id, &deal).await });
    }
    for (n, step) in deal.steps.iter().enumerate() {
        for _ in 0..step.copies {
            let (world, id, step, deal) = (world.clone(), id.clone(), *step, deal.clone());
            tasks.spawn(async move { ask(&world, &id, n, step, &deal).await });
        }
    }
    while tasks.join_next().await.is_some() {}
}
