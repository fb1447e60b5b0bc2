//! Queues that fell behind: which payment's events a queue still has to get. One item per queue and payment, so that a
//! queue that refuses delays no other, and nothing depends on how long the stream remembers.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use jiff::{SignedDuration, Timestamp};
use payment::PaymentId;

use crate::Store;
use crate::error::StoreError;
use crate::item::{Item, sortable, text};
use crate::lane::Lane;

/// A queue that still has to get events of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// The queue's URL.
    pub queue: String,
    /// The payment.
    pub payment: PaymentId,
    /// Events up to this sequence number have arrived.
    pub after: u64,
    /// Events up to this sequence number have been left out so far.
    pub upto: u64,
    /// How often it was tried to catch up.
    pub tries: u32,
}

/// In the place of a queue's URL: the relay, which alone knows the queues, has each of them get the events.
pub const EVERY_QUEUE: &str = "*";

/// How often it is written down again that a queue is behind which catches up at the same moment.
const MOST_RACES: u32 = 3;

/// The pause before the first try to catch up, in seconds; it doubles up to an hour.
const FIRST_PAUSE_SECONDS: i64 = 5;

impl Lag {
    /// A queue that has got nothing after this event.
    #[must_use]
    pub const fn new(queue: String, payment: PaymentId, after: u64, upto: u64) -> Self {
        Self { queue, payment, after, upto, tries: 0 }
    }

    /// Every queue gets what came after this event once more, at once.
    #[must_use]
    pub fn again(payment: PaymentId, after: u64, upto: u64) -> Self {
        Self { queue: EVERY_QUEUE.to_owned(), payment, after, upto, tries: 1 }
    }

    /// The key of its item.
    #[must_use]
    pub fn key(&self) -> String {
        key(&self.queue, &self.payment)
    }

    fn due_at(&self, now: Timestamp) -> String {
        let pause = (FIRST_PAUSE_SECONDS << self.tries.min(10)).min(3_600);
        sortable(now.checked_add(SignedDuration::from_secs(pause)).unwrap_or(Timestamp::MAX))
    }

    fn to_item(&self, now: Timestamp) -> Item {
        let number = |n: u64| AttributeValue::N(n.to_string());
        [
            ("PK", text(self.key())),
            ("SK", text("LAG")),
            ("queue", text(&self.queue)),
            ("payment", text(self.payment.as_str())),
            ("after", number(self.after)),
            ("upto", number(self.upto)),
            ("tries", number(u64::from(self.tries))),
            ("due_shard", text(Lane::Lags.partition())),
            ("due_at", text(self.due_at(now))),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// Reads an item, or the image of one in the stream; `None` for any other kind of item.
    #[must_use]
    pub fn from_image(image: &serde_dynamo::Item) -> Option<Self> {
        use serde_dynamo::AttributeValue::{N, S};
        let text = |name: &str| match image.get(name) {
            Some(S(value)) => Some(value.clone()),
            _ => None,
        };
        let number = |name: &str| match image.get(name) {
            Some(N(value)) => value.parse().ok(),
            _ => None,
        };
        if text("SK")? != "LAG" {
            return None;
        }
        Some(Self {
            queue: text("queue")?,
            payment: text("payment")?.parse().ok()?,
            after: number("after")?,
            upto: number("upto")?,
            tries: u32::try_from(number("tries")?).ok()?,
        })
    }
}

/// The most items that DynamoDB reads in one batch.
const MOST_READ: usize = 100;

fn key(queue: &str, payment: &PaymentId) -> String {
    format!("LAG#{queue}#{payment}")
}

fn item_key(key: &str) -> [(String, AttributeValue); 2] {
    [("PK".to_owned(), text(key)), ("SK".to_owned(), text("LAG"))]
}

impl Store {
    /// What these queues are behind with for these payments, by queue.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn lags<'a>(
        &self,
        queues: impl Iterator<Item = &'a str>,
        payments: &[&PaymentId],
    ) -> Result<BTreeMap<String, Vec<Lag>>, StoreError> {
        let mut found: BTreeMap<String, Vec<Lag>> = BTreeMap::new();
        let keys: Vec<String> = queues.flat_map(|queue| payments.iter().map(move |of| key(queue, of))).collect();
        for chunk in keys.chunks(MOST_READ) {
            let keys = chunk.iter().map(|key| item_key(key).into()).collect();
            let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
            let mut wanted = Some([(self.table.clone(), wanted.map_err(StoreError::malformed)?)].into());
            while let Some(keys) = wanted.take() {
                let answer = self.client.batch_get_item().set_request_items(Some(keys)).send().await;
                let answer = answer.map_err(StoreError::from_sdk)?;
                for item in answer.responses.unwrap_or_default().into_values().flatten() {
                    if let Some(lag) = Lag::from_image(&item.into()) {
                        found.entry(lag.queue.clone()).or_default().push(lag);
                    }
                }
                wanted = answer.unprocessed_keys.filter(|keys| !keys.is_empty());
            }
        }
        Ok(found)
    }

    /// Writes down that a queue fell behind. Where it is further behind already, it also misses these.
    ///
    /// # Errors
    /// When the table fails: the event must come again.
    pub async fn fall_behind(&self, lag: &Lag, now: Timestamp) -> Result<(), StoreError> {
        for _ in 0..MOST_RACES {
            let put = self.client.put_item().table_name(&self.table).set_item(Some(lag.to_item(now)));
            let put = put
                .condition_expression("attribute_not_exists(PK) OR #after > :after")
                .expression_attribute_names("#after", "after")
                .expression_attribute_values(":after", AttributeValue::N(lag.after.to_string()));
            match put.send().await {
                Ok(_) => return Ok(()),
                Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                    if self.fall_further_behind(&lag.queue, &lag.payment, lag.upto).await? {
                        return Ok(());
                    }
                }
                Err(error) => return Err(StoreError::from_sdk(error)),
            }
        }
        Err(StoreError::Conflict)
    }

    /// Writes down that a queue is to get events again that it had. Where it is further behind already, it gets them
    /// anyway.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn fall_back(&self, lag: &Lag, now: Timestamp) -> Result<(), StoreError> {
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item_key(&lag.key()).into()))
            .update_expression(
                "SET #queue = :queue, #payment = :payment, #after = :after, #upto = if_not_exists(#upto, :upto), \
                 #tries = :tries, #due_shard = :due_shard, #due_at = :due_at",
            )
            .condition_expression("attribute_not_exists(PK) OR #after > :after");
        for (name, value) in lag.to_item(now).into_iter().filter(|(name, _)| name != "PK" && name != "SK") {
            update = update
                .expression_attribute_names(format!("#{name}"), &name)
                .expression_attribute_values(format!(":{name}"), value);
        }
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(()),
            Err(error) => Err(StoreError::from_sdk(error)),
        }
    }

    /// Writes down that a queue which is behind was not sent these either. `false` when it has caught up meanwhile.
    ///
    /// # Errors
    /// When the table fails: the event must come again.
    pub async fn fall_further_behind(&self, queue: &str, payment: &PaymentId, upto: u64) -> Result<bool, StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item_key(&key(queue, payment)).into()))
            .update_expression("SET upto = :upto")
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_values(":upto", AttributeValue::N(upto.to_string()));
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(false)
            }
            Err(error) => Err(StoreError::from_sdk(error)),
        }
    }

    /// Takes a lag away once everything up to `sent` has arrived. `false` when more was left out meanwhile, or earlier
    /// events are wanted again.
    ///
    /// # Errors
    /// When the table fails; the events are sent again then.
    pub async fn caught_up(&self, lag: &Lag, sent: u64) -> Result<bool, StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(item_key(&lag.key()).into()))
            .condition_expression("upto <= :sent AND #after = :after")
            .expression_attribute_names("#after", "after")
            .expression_attribute_values(":after", AttributeValue::N(lag.after.to_string()))
            .expression_attribute_values(":sent", AttributeValue::N(sent.to_string()));
        match delete.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(false)
            }
            Err(error) => Err(StoreError::from_sdk(error)),
        }
    }

    /// Takes a lag away whose queue is no longer there, or whose payment is not.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn forget(&self, lag: &Lag) -> Result<(), StoreError> {
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(item_key(&lag.key()).into()));
        delete.send().await.map(|_| ()).map_err(StoreError::from_sdk)
    }

    /// Touches a lag that is due, which brings it to the relay through the stream, and sets when it is due again.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn poke(&self, key: &str, now: Timestamp) -> Result<(), StoreError> {
        let request = self.client.get_item().table_name(&self.table).consistent_read(true);
        let answer = request.set_key(Some(item_key(key).into())).send().await.map_err(StoreError::from_sdk)?;
        let Some(mut lag) = answer.item.and_then(|item| Lag::from_image(&item.into())) else { return Ok(()) };
        lag.tries += 1;
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item_key(key).into()))
            .update_expression("SET tries = :tries, due_at = :due")
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_values(":tries", AttributeValue::N(lag.tries.to_string()))
            .expression_attribute_values(":due", text(lag.due_at(now)));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(()),
            Err(error) => Err(StoreError::from_sdk(error)),
        }
    }
}
