//! Providers' messages as they arrived: kept before anything is done about them.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use payment::{MerchantId, ProviderId};

use crate::Store;
use crate::error::StoreError;
use crate::item::{Item, due_shard, sortable, text};

/// How far a message got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageState {
    /// Kept, not applied yet.
    Received,
    /// Applied to its payment.
    Applied,
    /// Kept; no payment is known for it yet.
    Parked,
}

impl MessageState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Applied => "applied",
            Self::Parked => "parked",
        }
    }
}

/// A message to keep, or kept.
#[derive(Clone)]
pub struct StoredMessage {
    /// From which provider.
    pub provider: ProviderId,
    /// For whom.
    pub merchant: MerchantId,
    /// Tells it from every other message.
    pub identity: String,
    /// The public address that was called.
    pub url: String,
    /// The media type.
    pub content_type: String,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// When it arrived.
    pub received_at: Timestamp,
    /// How often it was tried to match it.
    pub tries: u32,
}

/// Whether a message is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It was kept now.
    New,
    /// It was here before, and applied or parked.
    Repeat,
    /// It was here before and is not applied yet.
    Unfinished,
}

/// Raw messages are kept for 90 days.
const KEPT_SECONDS: i64 = 90 * 86_400;

/// What was received and never applied is looked at again after this long.
const RETRY_SECONDS: i64 = 60;

impl StoredMessage {
    /// The key of its item.
    #[must_use]
    pub fn key(&self) -> String {
        format!("HOOK#{}#{}#{}", self.provider, self.merchant, self.identity)
    }

    fn to_item(&self, state: MessageState) -> Item {
        let mut item: Item = [
            ("PK", text(self.key())),
            ("SK", text("RAW")),
            ("state", text(state.as_str())),
            ("provider", text(self.provider.as_str())),
            ("merchant", text(self.merchant.as_str())),
            ("identity", text(&self.identity)),
            ("url", text(&self.url)),
            ("content_type", text(&self.content_type)),
            ("body", AttributeValue::B(Blob::new(self.body.clone()))),
            ("received_at", text(self.received_at.to_string())),
            ("tries", AttributeValue::N(self.tries.to_string())),
            ("expires_at", AttributeValue::N((self.received_at.as_second() + KEPT_SECONDS).to_string())),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        if state != MessageState::Applied {
            let pause = RETRY_SECONDS << self.tries.min(8);
            let due = self.received_at.checked_add(SignedDuration::from_secs(pause)).unwrap_or(Timestamp::MAX);
            item.insert("due_shard".to_owned(), text(due_shard(&self.key())));
            item.insert("due_at".to_owned(), text(sortable(due)));
        }
        item
    }

    fn from_item(item: &Item) -> Option<Self> {
        let get = |name: &str| item.get(name)?.as_s().ok().cloned();
        Some(Self {
            provider: get("provider")?.parse().ok()?,
            merchant: get("merchant")?.parse().ok()?,
            identity: get("identity")?,
            url: get("url")?,
            content_type: get("content_type")?,
            body: item.get("body")?.as_b().ok()?.as_ref().to_vec(),
            received_at: get("received_at")?.parse().ok()?,
            tries: item.get("tries")?.as_n().ok()?.parse().ok()?,
        })
    }
}

impl Store {
    /// Keeps a message before anything is done about it.
    ///
    /// # Errors
    /// When the table fails: the provider must not be told that we have it.
    pub async fn keep(&self, message: &StoredMessage) -> Result<Kept, StoreError> {
        let answer = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(message.to_item(MessageState::Received)))
            .condition_expression("attribute_not_exists(PK)")
            .return_values_on_condition_check_failure(
                aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure::AllOld,
            )
            .send()
            .await;
        let Err(error) = answer else { return Ok(Kept::New) };
        let old = match error.as_service_error() {
            Some(aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(failed)) => {
                failed.item().and_then(|item| item.get("state")).and_then(|state| state.as_s().ok()).cloned()
            }
            _ => return Err(StoreError::from_sdk(error)),
        };
        Ok(if old.as_deref() == Some("applied") { Kept::Repeat } else { Kept::Unfinished })
    }

    /// Writes down how far a message got.
    ///
    /// # Errors
    /// When the table fails; the sweep will come across the message again.
    pub async fn mark(&self, message: &StoredMessage, state: MessageState) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(message.to_item(state)));
        put.send().await.map(|_| ()).map_err(StoreError::from_sdk)
    }

    /// The message with this key.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn load_message(&self, key: &str) -> Result<Option<StoredMessage>, StoreError> {
        let request = self.client.get_item().table_name(&self.table).consistent_read(true);
        let answer = request.key("PK", text(key)).key("SK", text("RAW")).send().await.map_err(StoreError::from_sdk)?;
        Ok(answer.item.as_ref().and_then(StoredMessage::from_item))
    }
}
