//! Finding payments by what providers and the clock know of them.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use payment::{MerchantId, OperationStatus, PaymentId, ProviderId};

use crate::Store;
use crate::error::StoreError;
use crate::item::{Item, LONGEST_REFERENCE, attention_key, provider_ref, sortable, text};
use crate::lane::Lane;

/// At most this many keys are taken from an index.
const MOST_FOUND: usize = 1_000;

/// A page of what is due has so many.
const DUE_AT_ONCE: i32 = 25;

/// Some of what is due.
pub struct DuePage {
    /// Each once, the longest due first.
    pub due: Vec<Due>,
    /// Where the rest begins.
    pub next: Option<DuePlace>,
}

/// The place of something among what is due.
pub struct DuePlace(Item);

/// Something that wants to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// A payment.
    Payment(PaymentId),
    /// A parked message, by its key.
    Message(String),
    /// A queue that is behind, by the key of its item.
    Lag(String),
}

impl Store {
    /// The payment that a provider knows by this id of its own. Eventually consistent.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn find_by_provider_reference(
        &self,
        provider: &ProviderId,
        merchant: &MerchantId,
        reference: &str,
    ) -> Result<Option<PaymentId>, StoreError> {
        let keys =
            self.keys("by_provider_reference", "provider_ref", provider_ref(provider, merchant, reference)).await?;
        Ok(keys.into_iter().next())
    }

    /// The payment that a provider means by an id of its own: of the order, or one that its messages may carry alone.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn find_by_id_of_provider(
        &self,
        provider: &ProviderId,
        merchant: &MerchantId,
        id: &str,
    ) -> Result<Option<PaymentId>, StoreError> {
        if id.len() > LONGEST_REFERENCE {
            return Ok(None);
        }
        match self.find_by_provider_reference(provider, merchant, id).await? {
            None => self.find_by_reference_item(provider, merchant, id).await,
            found => Ok(found),
        }
    }

    /// The payment that a provider was told this reference for: the shop's reference with six characters of the id
    /// behind it, and possibly an operation's suffix behind that. Eventually consistent.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn find_by_order_reference(
        &self,
        merchant: &MerchantId,
        told: &str,
    ) -> Result<Option<PaymentId>, StoreError> {
        let mut rest = if told.len() > LONGEST_REFERENCE { "" } else { told };
        for _ in 0..2 {
            let Some((reference, suffix)) = rest.rsplit_once('-') else { return Ok(None) };
            if suffix.len() == 6 {
                let keys = self.keys("by_reference", "merchant_ref", format!("{merchant}#{reference}")).await?;
                if let Some(found) = keys.into_iter().find(|id| id.suffix() == suffix) {
                    return Ok(Some(found));
                }
            }
            rest = reference;
        }
        Ok(None)
    }

    /// The places of a merchant's payments with an operation that needs help or is in doubt, the oldest first: at most so
    /// many, from a place on.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn needing_attention(
        &self,
        merchant: &MerchantId,
        status: OperationStatus,
        (from, most): (&str, i32),
    ) -> Result<Vec<String>, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by_attention")
            .key_condition_expression("attention = :value AND created_key >= :from")
            .expression_attribute_values(":value", text(attention_key(merchant, status)))
            .expression_attribute_values(":from", text(if from.is_empty() { " " } else { from }))
            .limit(most);
        let items = query.send().await.map_err(StoreError::from_sdk)?.items.unwrap_or_default();
        Ok(items.iter().filter_map(|item| item.get("created_key")?.as_s().ok().cloned()).collect())
    }

    async fn keys(&self, index: &str, attribute: &str, value: String) -> Result<Vec<PaymentId>, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(index)
            .key_condition_expression(format!("{attribute} = :value"))
            .expression_attribute_values(":value", text(value));
        let mut pages = query.into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(item) = pages.next().await {
            found.extend(payment_id(&item.map_err(StoreError::from_sdk)?));
            if found.len() >= MOST_FOUND {
                break;
            }
        }
        Ok(found)
    }

    /// One page of what is due in a lane, the longest due first.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn due(&self, lane: Lane, now: Timestamp, behind: Option<DuePlace>) -> Result<DuePage, StoreError> {
        let query = self.client.query().table_name(&self.table).index_name("by_due").limit(DUE_AT_ONCE);
        let answer = query
            .key_condition_expression("due_shard = :shard AND due_at <= :now")
            .expression_attribute_values(":shard", text(lane.partition()))
            .expression_attribute_values(":now", text(sortable(now)))
            .set_exclusive_start_key(behind.map(|place| place.0))
            .send()
            .await;
        let answer = answer.map_err(StoreError::from_sdk)?;
        let next = answer.last_evaluated_key.filter(|key| !key.is_empty()).map(DuePlace);
        Ok(DuePage { due: answer.items.unwrap_or_default().iter().filter_map(as_due).collect(), next })
    }

    /// Puts off something that could not be looked at now, so that it does not stand before everything else. The next
    /// ordinary write of the item sets its time anew; one that was done, though nobody heard so, has set a later one.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn put_off(&self, due: &Due, until: Timestamp) -> Result<(), StoreError> {
        let (key, sort) = match due {
            Due::Payment(id) => (format!("PAY#{id}"), "STATE"),
            Due::Message(key) => (key.clone(), "RAW"),
            Due::Lag(key) => (key.clone(), "LAG"),
        };
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("PK", text(key))
            .key("SK", text(sort))
            .update_expression("SET due_at = :until")
            .condition_expression("attribute_exists(due_shard) AND due_at <= :until")
            .expression_attribute_values(":until", text(sortable(until)));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(()),
            Err(error) => match StoreError::from_sdk(error) {
                // Whoever writes it at this moment says when it is due.
                StoreError::Conflict => Ok(()),
                error => Err(error),
            },
        }
    }
}

fn as_due(item: &Item) -> Option<Due> {
    payment_id(item).map(Due::Payment).or_else(|| {
        let key = item.get("PK")?.as_s().ok()?;
        match key.split_once('#')?.0 {
            "HOOK" => Some(Due::Message(key.clone())),
            "LAG" => Some(Due::Lag(key.clone())),
            _ => None,
        }
    })
}

pub(crate) fn payment_id(item: &Item) -> Option<PaymentId> {
    match item.get("PK")? {
        AttributeValue::S(key) => key.strip_prefix("PAY#")?.parse().ok(),
        _ => None,
    }
}
