//! DynamoDB stream to SQS queues: every committed change becomes its events, sent to every queue at least once and in
//! order per payment.

mod batch;
mod catch_up;
mod queues;
mod rest;

use std::collections::BTreeSet;
use std::time::Duration;

use aws_lambda_events::event::dynamodb::Event;
use jiff::Timestamp;
use lambda_runtime::Error;
use providers::Deadline;
use runtime::{Config, ConfigError};
use serde::Serialize;
use store::Store;

use batch::{Batch, Outgoing};
pub use queues::Queues;
use rest::Rest;

/// What the relay works with.
#[derive(Clone)]
pub struct Relay {
    queues: Queues,
    store: Store,
    clock: fn() -> Timestamp,
    rest: Rest,
}

impl Relay {
    /// The relay from this table to these queues, by the machine's clock.
    #[must_use]
    pub fn new(queues: Queues, store: Store) -> Self {
        Self { queues, store, clock: Timestamp::now, rest: Rest::default() }
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

/// How long a queue may take for the events of a batch; what it did not take by then is left behind.
const SENDING: Duration = Duration::from_secs(10);

/// Handles one batch of the stream.
///
/// # Errors
/// When a record has no number: the whole batch comes again.
pub async fn handle(relay: Relay, event: Event, deadline: Deadline, request_id: String) -> Result<BatchAnswer, Error> {
    let mut batch = Batch::default();
    for record in event.records {
        batch.take(record)?;
    }
    let sent = relay.send(&batch, deadline.at_most(SENDING)).await;
    relay.wake(&batch).await;
    let silent = relay.queues.urls().zip(&sent).filter(|(_, sent)| sent.silent).map(|(queue, _)| queue).collect();
    relay.catch_up(&batch, &silent, deadline).await;
    let failed: BTreeSet<String> = sent.into_iter().flat_map(|sent| sent.failed).collect();
    let (events, lags) = (batch.outgoing.len(), batch.lags.len());
    tracing::info!(request_id, events, lags, failed = failed.len(), "relayed");
    let batch_item_failures = failed.into_iter().map(|item_identifier| Failure { item_identifier }).collect();
    Ok(BatchAnswer { batch_item_failures })
}

impl Relay {
    /// Wakes the sweep when operations in doubt are to be looked at; the sweep's own schedule is the safety net.
    async fn wake(&self, batch: &Batch) {
        let now = (self.clock)();
        let doubts = batch.doubts().map(|(payment, due)| (payment, due.duration_since(now)));
        if let Err(error) = self.queues.wake(doubts).await {
            tracing::warn!(%error, "the sweep is not woken early");
        }
    }
}
