//! How much waits for somebody, over all merchants: counted in sparse indexes that hold little else.

use aws_sdk_dynamodb::types::Select;
use jiff::{SignedDuration, Timestamp};
use payment::{OperationStatus, PaymentId};

use crate::Store;
use crate::error::StoreError;
use crate::item::{Item, from_item, sortable, text};
use crate::lane::Lane;
use crate::lookup::payment_id;

/// Nothing is counted further than this: the number says enough by then.
const MOST_COUNTED: usize = 10_000;

/// So many payments at most are loaded to see since when they are in doubt.
const MOST_LOADED: usize = 1_000;

/// A message is first tried again so long after it arrived; what waits longer was tried and found no payment.
const FIRST_TRY: SignedDuration = SignedDuration::from_secs(60);

/// The payments that want attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attention {
    /// With an operation that only a person can settle.
    pub needs_operator: usize,
    /// With an operation in doubt, and none that only a person can settle.
    pub in_doubt: usize,
    /// Since when the oldest operation in doubt is so.
    pub oldest_doubt: Option<Timestamp>,
}

/// What is kept until it can be passed on, whether it is due or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    /// Queues that are behind, each counted once for each payment.
    pub lags: usize,
    /// Messages that prove something, were tried again and found no payment.
    pub claims: usize,
    /// The same of messages that prove nothing.
    pub hints: usize,
}

impl Store {
    /// The payments that want attention.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn attention(&self) -> Result<Attention, StoreError> {
        let scan = self.client.scan().table_name(&self.table).index_name("by_attention");
        let mut items = scan.into_paginator().items().send();
        let (mut found, mut payments) = (Attention::default(), Vec::new());
        while let Some(item) = items.next().await {
            let item = item.map_err(StoreError::from_sdk)?;
            let word = item.get("attention").and_then(|value| value.as_s().ok()?.rsplit_once('#'));
            match word {
                Some((_, "needs_operator")) => found.needs_operator += 1,
                Some((_, "in_doubt")) => found.in_doubt += 1,
                _ => {}
            }
            payments.extend(payment_id(&item));
            if payments.len() >= MOST_COUNTED {
                break;
            }
        }
        payments.truncate(MOST_LOADED);
        found.oldest_doubt = self.oldest_doubt(&payments).await?;
        Ok(found)
    }

    /// A payment is listed under the worst of its operations, so any of them may have one in doubt.
    async fn oldest_doubt(&self, payments: &[PaymentId]) -> Result<Option<Timestamp>, StoreError> {
        let mut oldest: Option<Timestamp> = None;
        // A few at a time: all of them may be more than a function has room for.
        for some in payments.chunks(100) {
            // What newer code wrote is counted, and only its age is not known.
            let doubts = self.load_items(some).await?.into_iter().filter_map(doubt_since);
            oldest = doubts.chain(oldest).min();
        }
        Ok(oldest)
    }

    /// What is kept until it can be passed on.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn waiting(&self, now: Timestamp) -> Result<Waiting, StoreError> {
        let tried = now.checked_add(FIRST_TRY).unwrap_or(now);
        Ok(Waiting {
            lags: self.count(Lane::Lags, Timestamp::UNIX_EPOCH).await?,
            claims: self.count(Lane::Claims, tried).await?,
            hints: self.count(Lane::Hints, tried).await?,
        })
    }

    /// How many in a lane are due later than this.
    async fn count(&self, lane: Lane, after: Timestamp) -> Result<usize, StoreError> {
        let query = self.client.query().table_name(&self.table).index_name("by_due").select(Select::Count);
        let query = query
            .key_condition_expression("due_shard = :shard AND due_at > :after")
            .expression_attribute_values(":shard", text(lane.partition()))
            .expression_attribute_values(":after", text(sortable(after)));
        let mut pages = query.into_paginator().send();
        let mut counted = 0;
        while let Some(page) = pages.next().await {
            counted += usize::try_from(page.map_err(StoreError::from_sdk)?.count).unwrap_or(0);
            if counted >= MOST_COUNTED {
                break;
            }
        }
        Ok(counted)
    }
}

fn doubt_since(item: Item) -> Option<Timestamp> {
    let payment = from_item(item).ok()?;
    let doubts = payment.operations.iter().filter(|operation| operation.status == OperationStatus::InDoubt);
    doubts.filter_map(|operation| operation.doubt_since).min()
}
