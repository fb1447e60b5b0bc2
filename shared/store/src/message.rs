//! Providers' messages as they arrived: kept before anything is done about them.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use payment::{MerchantId, ProviderId};

use crate::Store;
use crate::error::StoreError;
use crate::item::{Item, sortable, text};
use crate::lane::Lane;

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
    /// Whether it is more than a hint: it proves something, or says what no look at the provider can tell.
    pub proves: bool,
    /// Whether something of it was believed when it arrived, be it only who pays whom.
    pub authentic: bool,
    /// How often it was tried to match it.
    pub tries: u32,
    /// Whether it was applied to its payment.
    pub applied: bool,
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

/// A hint that fits nothing is kept for a day.
const HINT_KEPT_SECONDS: i64 = 86_400;

/// What fits nothing is tried again for this long.
const TRIED_SECONDS: i64 = 30 * 86_400;

/// What was received and never applied is looked at again after this long; the pause doubles up to six hours.
const RETRY_SECONDS: i64 = 60;
const LONGEST_RETRY_SECONDS: i64 = 6 * 3_600;

/// The partition of a merchant's messages of one day, in the index of what was created when.
fn day_key(merchant: &MerchantId, time: Timestamp) -> String {
    format!("{merchant}#messages#{}", time.strftime("%Y-%m-%d"))
}

/// The place of a message among those of its merchant, by time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagePlace(String);

impl MessagePlace {
    /// Reads a place; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (time, key) = text.split_once('#')?;
        let valid = time.parse::<Timestamp>().is_ok() && key.starts_with("HOOK#");
        valid.then(|| Self(text.to_owned()))
    }

    /// The place as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of the message's item.
    #[must_use]
    pub fn key(&self) -> &str {
        self.0.split_once('#').map_or("", |(_, key)| key)
    }
}

impl StoredMessage {
    /// The key of its item.
    #[must_use]
    pub fn key(&self) -> String {
        format!("HOOK#{}#{}#{}", self.provider, self.merchant, self.identity)
    }

    fn to_item(&self, state: MessageState, now: Timestamp) -> Item {
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
            ("proves", AttributeValue::Bool(self.proves)),
            ("authentic", AttributeValue::Bool(self.authentic)),
            ("tries", AttributeValue::N(self.tries.to_string())),
            ("created_month", text(day_key(&self.merchant, self.received_at))),
            ("created_key", text(format!("{}#{}", sortable(self.received_at), self.key()))),
            ("expires_at", AttributeValue::N((self.received_at.as_second() + self.kept_seconds(state)).to_string())),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let old = now.duration_since(self.received_at).as_secs() >= self.tried_for_seconds();
        if state != MessageState::Applied && !old {
            let pause = (RETRY_SECONDS << self.tries.min(10)).min(LONGEST_RETRY_SECONDS);
            let due = now.checked_add(SignedDuration::from_secs(pause)).unwrap_or(Timestamp::MAX);
            item.insert("due_shard".to_owned(), text(Lane::of_message(self.proves).partition()));
            item.insert("due_at".to_owned(), text(sortable(due)));
        }
        item
    }

    /// What nobody signed and nothing fits is not kept for long.
    const fn kept_seconds(&self, state: MessageState) -> i64 {
        if self.proves || matches!(state, MessageState::Applied) { KEPT_SECONDS } else { HINT_KEPT_SECONDS }
    }

    const fn tried_for_seconds(&self) -> i64 {
        if self.proves { TRIED_SECONDS } else { HINT_KEPT_SECONDS }
    }

    fn from_item(item: &Item) -> Option<Self> {
        let get = |name: &str| item.get(name)?.as_s().ok().cloned();
        let proves = *item.get("proves")?.as_bool().ok()?;
        Some(Self {
            provider: get("provider")?.parse().ok()?,
            merchant: get("merchant")?.parse().ok()?,
            identity: get("identity")?,
            url: get("url")?,
            content_type: get("content_type")?,
            body: item.get("body")?.as_b().ok()?.as_ref().to_vec(),
            received_at: get("received_at")?.parse().ok()?,
            proves,
            // What was kept before this was written down is believed where it proved something.
            authentic: item.get("authentic").and_then(|told| told.as_bool().ok()).copied().unwrap_or(proves),
            tries: item.get("tries")?.as_n().ok()?.parse().ok()?,
            applied: get("state")? == MessageState::Applied.as_str(),
        })
    }
}

fn next_day(time: Timestamp) -> Timestamp {
    time.checked_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX)
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
            .set_item(Some(message.to_item(MessageState::Received, message.received_at)))
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
    pub async fn mark(&self, message: &StoredMessage, state: MessageState, now: Timestamp) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(message.to_item(state, now)));
        // Whoever applied it has the last word.
        let put = match state {
            MessageState::Applied => put,
            MessageState::Received | MessageState::Parked => put
                .condition_expression("attribute_not_exists(PK) OR #state <> :applied")
                .expression_attribute_names("#state", "state")
                .expression_attribute_values(":applied", text("applied")),
        };
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(()),
            Err(error) => Err(StoreError::from_sdk(error)),
        }
    }

    /// Where a merchant's messages of a period are, oldest first, behind a place; at most `most`. What is older
    /// than 90 days is gone.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn messages(
        &self,
        merchant: &MerchantId,
        period: (Timestamp, Timestamp),
        behind: Option<&MessagePlace>,
        most: usize,
    ) -> Result<Vec<MessagePlace>, StoreError> {
        let (from, to) = period;
        let upper = sortable(to);
        // Whoever names a place from before the period is not led through all the days between.
        let lower = behind.map_or_else(String::new, |place| place.0.clone()).max(sortable(from));
        let mut day = behind.and_then(|place| place.0.split_once('#')?.0.parse().ok()).unwrap_or(from).max(from);
        let mut found = Vec::new();
        // A day too many does no harm: what is not of the period is not between the bounds.
        while found.len() < most && day < next_day(to) && lower < upper {
            let query = self
                .client
                .query()
                .table_name(&self.table)
                .index_name("by_created")
                .key_condition_expression("created_month = :day AND created_key BETWEEN :lower AND :upper")
                .expression_attribute_values(":day", text(day_key(merchant, day)))
                .expression_attribute_values(":lower", text(&lower))
                .expression_attribute_values(":upper", text(&upper))
                .limit(i32::try_from(most - found.len()).unwrap_or(100).saturating_add(1));
            let items = query.send().await.map_err(StoreError::from_sdk)?.items.unwrap_or_default();
            let places = items.iter().filter_map(|item| item.get("created_key")?.as_s().ok());
            let places = places.filter_map(|place| MessagePlace::parse(place));
            found.extend(places.filter(|place| Some(place) != behind));
            day = next_day(day);
        }
        found.truncate(most);
        Ok(found)
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
