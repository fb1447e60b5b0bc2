//! DynamoDB stream to SQS queues: every committed change becomes its events, sent to every queue at least once and in
//! order per payment.

mod catch_up;
mod queues;

use std::collections::{BTreeMap, BTreeSet};

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use jiff::Timestamp;
use lambda_runtime::Error;
use payment::{OperationStatus, Payment, PaymentId};
use providers::Deadline;
use runtime::{Config, ConfigError};
use serde::Serialize;
use store::{Lag, Store};

pub use queues::Queues;

/// What the relay works with.
#[derive(Clone)]
pub struct Relay {
    queues: Queues,
    store: Store,
    clock: fn() -> Timestamp,
}

impl Relay {
    /// The relay from this table to these queues, by the machine's clock.
    #[must_use]
    pub fn new(queues: Queues, store: Store) -> Self {
        Self { queues, store, clock: Timestamp::now }
    }

    /// The same by another clock.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> Timestamp) -> Self {
        Self { clock, ..self }
    }

    /// The relay as the environment describes it.
    ///
    /// # Errors
    /// Names the variable that is missing or wrong.
    pub fn from_env() -> Result<Self, ConfigError> {
        let queues = Config::list("EVENT_QUEUES")?;
        let client = aws_sdk_sqs::Client::new(&runtime::sdk_config("SQS")?);
        let dynamodb = aws_sdk_dynamodb::Client::new(&runtime::sdk_config("DYNAMODB")?);
        let store = Store::new(dynamodb, Config::from_env()?.table_name);
        Ok(Self::new(Queues::new(client, queues, Config::given("WAKE_QUEUE_URL")?), store))
    }
}

/// Which records must come again, as Lambda wants it told.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchAnswer {
    /// The records that failed.
    pub batch_item_failures: Vec<Failure>,
}

/// A record that failed.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// Its sequence number in the stream; Lambda starts again at the lowest.
    pub item_identifier: String,
}

/// An event on its way, and the stream record that it came from.
pub(crate) struct Outgoing {
    pub(crate) payment: PaymentId,
    pub(crate) event_id: String,
    pub(crate) sequence: u64,
    pub(crate) body: String,
    pub(crate) record: String,
}

impl Outgoing {
    pub(crate) fn of(event: &payment::Event, record: &str) -> Result<Self, Error> {
        Ok(Self {
            payment: event.subject.clone(),
            event_id: event.id.to_string(),
            sequence: event.sequence.parse()?,
            body: serde_json::to_string(event)?,
            record: record.to_owned(),
        })
    }
}

/// Handles one batch of the stream.
///
/// # Errors
/// When a record cannot be read at all: the whole batch comes again.
pub async fn handle(relay: Relay, event: Event, _deadline: Deadline, request_id: String) -> Result<BatchAnswer, Error> {
    let (mut outgoing, mut lags) = (Vec::new(), BTreeMap::new());
    for record in event.records {
        collect(record, &relay, &mut outgoing, &mut lags).await?;
    }
    let mut failed = BTreeSet::new();
    for queue in relay.queues.urls() {
        failed.extend(relay.send_to(queue, &outgoing).await);
    }
    for lag in lags.values() {
        if let Err(error) = relay.catch_up(lag).await {
            tracing::warn!(request_id, payment_id = %lag.payment, %error, "a queue stays behind until the next try");
        }
    }
    tracing::info!(request_id, events = outgoing.len(), lags = lags.len(), failed = failed.len(), "relayed");
    let batch_item_failures = failed.into_iter().map(|item_identifier| Failure { item_identifier }).collect();
    Ok(BatchAnswer { batch_item_failures })
}

/// The events of one record: what the new image's history has more than the old one's. Or a queue that is behind.
async fn collect(
    record: EventRecord,
    relay: &Relay,
    outgoing: &mut Vec<Outgoing>,
    lags: &mut BTreeMap<String, Lag>,
) -> Result<(), Error> {
    let change = record.change;
    if let Some(lag) = Lag::from_image(&change.new_image) {
        lags.insert(lag.key(), lag);
        return Ok(());
    }
    let Some(payment) = store::from_image(change.new_image)? else { return Ok(()) };
    let known = store::from_image(change.old_image)?.and_then(|old| old.history.last().map(|entry| entry.sequence));
    let number = change.sequence_number.ok_or("a stream record without a sequence number")?;
    for event in payment.events_after(known.unwrap_or(0)) {
        tell(&event);
        outgoing.push(Outgoing::of(&event, &number)?);
    }
    wake(&payment, relay).await;
    Ok(())
}

/// Alarms count these lines.
fn tell(event: &payment::Event) {
    let Some(operation) = &event.data.operation else { return };
    match event.event_type.as_str() {
        "paylater.operation.in_doubt.v1" => {
            tracing::warn!(payment_id = %event.subject, operation_id = %operation.id, "an operation is in doubt");
        }
        "paylater.operation.needs_operator.v1" => {
            tracing::error!(payment_id = %event.subject, operation_id = %operation.id, "an operation needs a person");
        }
        _ => {}
    }
}

/// An operation in doubt wakes the sweep when its first probes are due; the sweep's own schedule is the safety net.
async fn wake(payment: &Payment, relay: &Relay) {
    let in_doubt = |o: &&payment::Operation| o.status == OperationStatus::InDoubt;
    let Some(due) = payment.operations.iter().filter(in_doubt).filter_map(|o| o.due_at).min() else { return };
    if let Err(error) = relay.queues.wake(due.duration_since((relay.clock)())).await {
        tracing::warn!(%error, "the sweep is not woken early");
    }
}
