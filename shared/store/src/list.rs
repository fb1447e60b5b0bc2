//! A merchant's payments, newest first.

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use payment::{MerchantId, Payment, PaymentId, ProviderId, Status};

use crate::Store;
use crate::error::StoreError;
use crate::item::{Item, created_key, from_item, month, sortable, text};
use crate::lookup::payment_id;

/// No payment is older than this month.
const FIRST_MONTH: &str = "2026-01";

/// At most this many payments are looked at for one page.
const MOST_LOOKED_AT: usize = 200;

/// Which payments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// In this status.
    pub status: Option<Status>,
    /// At this provider.
    pub provider: Option<ProviderId>,
    /// With this order number.
    pub reference: Option<String>,
    /// Created at or after.
    pub created_after: Option<Timestamp>,
    /// Created before.
    pub created_before: Option<Timestamp>,
    /// At most this many.
    pub limit: usize,
    /// Only payments behind this one, in the order of the list.
    pub after: Option<String>,
}

/// A page of payments. It may be short and still have a next one: at most 200 payments are looked at.
pub struct Page {
    /// The payments, newest first.
    pub payments: Vec<Payment>,
    /// What to give as `after` for the next page.
    pub next: Option<String>,
}

impl Store {
    /// One page of a merchant's payments.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn list(&self, merchant: &MerchantId, filter: &Filter, now: Timestamp) -> Result<Page, StoreError> {
        let mut page = Page { payments: Vec::new(), next: None };
        if filter.created_after.zip(filter.created_before).is_some_and(|(after, before)| after >= before) {
            return Ok(page);
        }
        let mut looked_at = 0;
        let mut upper =
            filter.after.clone().unwrap_or_else(|| sortable(filter.created_before.unwrap_or(Timestamp::MAX)));
        for partition in partitions(merchant, filter, now) {
            loop {
                let room = MOST_LOOKED_AT - looked_at;
                let found = self.newest_below(&partition, &upper, filter, room.min(filter.limit + 1)).await?;
                let Some(last) = found.last() else { break };
                upper.clone_from(last);
                looked_at += found.len();
                for payment in self.load_all(&found).await? {
                    if page.payments.len() == filter.limit {
                        page.next = page.payments.last().map(created_key);
                        return Ok(page);
                    }
                    if matches(&payment, filter) {
                        page.payments.push(payment);
                    }
                }
                if looked_at >= MOST_LOOKED_AT {
                    page.next = Some(upper);
                    return Ok(page);
                }
            }
        }
        Ok(page)
    }

    /// The sort keys of the newest payments of a partition below a sort key.
    async fn newest_below(
        &self,
        partition: &Partition,
        upper: &str,
        filter: &Filter,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let lower = filter.created_after.map_or_else(String::new, sortable);
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(partition.index)
            .key_condition_expression(format!(
                "{} = :partition AND created_key BETWEEN :lower AND :upper",
                partition.attribute
            ))
            .expression_attribute_values(":partition", text(&partition.value))
            .expression_attribute_values(":lower", text(if lower.is_empty() { " ".to_owned() } else { lower }))
            .expression_attribute_values(":upper", text(upper))
            .scan_index_forward(false)
            .limit(i32::try_from(limit + 1).unwrap_or(100))
            .send()
            .await;
        let items = answer.map_err(StoreError::from_sdk)?.items.unwrap_or_default();
        let keys = items.iter().filter_map(|item| item.get("created_key")?.as_s().ok().cloned());
        Ok(keys.filter(|key| key != upper).take(limit).collect())
    }

    /// The payments of these sort keys, in their order.
    async fn load_all(&self, keys: &[String]) -> Result<Vec<Payment>, StoreError> {
        let ids: Vec<PaymentId> = keys.iter().filter_map(|key| key.rsplit_once('#')?.1.parse().ok()).collect();
        let items = self.load_items(&ids).await?.into_iter();
        let mut loaded: Vec<Payment> = items.map(from_item).collect::<Result<_, _>>()?;
        loaded.sort_by_key(|payment| std::cmp::Reverse(created_key(payment)));
        Ok(loaded)
    }

    /// The items of these payments, in any order. Eventually consistent.
    pub(crate) async fn load_items(&self, ids: &[PaymentId]) -> Result<Vec<Item>, StoreError> {
        let mut loaded = Vec::new();
        for chunk in ids.chunks(100) {
            let key = |id: &PaymentId| {
                [("PK".to_owned(), text(format!("PAY#{id}"))), ("SK".to_owned(), AttributeValue::S("STATE".into()))]
                    .into()
            };
            let wanted = KeysAndAttributes::builder().set_keys(Some(chunk.iter().map(key).collect())).build();
            let mut wanted = Some([(self.table.clone(), wanted.map_err(StoreError::malformed)?)].into());
            while let Some(keys) = wanted.take() {
                let answer = self.client.batch_get_item().set_request_items(Some(keys)).send().await;
                let answer = answer.map_err(StoreError::from_sdk)?;
                let items = answer.responses.unwrap_or_default().into_values().flatten();
                loaded.extend(items.filter(|item| payment_id(item).is_some()));
                wanted = answer.unprocessed_keys.filter(|keys| !keys.is_empty());
            }
        }
        Ok(loaded)
    }
}

struct Partition {
    index: &'static str,
    attribute: &'static str,
    value: String,
}

/// The partitions to walk: the one of a reference, or the months from the newest to the oldest.
fn partitions(merchant: &MerchantId, filter: &Filter, now: Timestamp) -> Vec<Partition> {
    if let Some(reference) = &filter.reference {
        return vec![Partition {
            index: "by_reference",
            attribute: "merchant_ref",
            value: format!("{merchant}#{reference}"),
        }];
    }
    let from_cursor = filter.after.as_deref().and_then(|key| key.get(..7)).map(str::to_owned);
    let newest = from_cursor.unwrap_or_else(|| month(filter.created_before.map_or(now, |before| before.min(now))));
    let oldest = filter.created_after.map_or_else(|| FIRST_MONTH.to_owned(), month).max(FIRST_MONTH.to_owned());
    let mut partitions = Vec::new();
    let mut day: Option<Date> = format!("{newest}-01").parse().ok();
    while let Some(current) = day {
        let name = month(current.to_zoned(TimeZone::UTC).map(|z| z.timestamp()).unwrap_or(Timestamp::MIN));
        if name < oldest || partitions.len() > 1200 {
            break;
        }
        partitions.push(Partition {
            index: "by_created",
            attribute: "created_month",
            value: format!("{merchant}#{name}"),
        });
        day = current.checked_sub(1.month()).ok();
    }
    partitions
}

fn matches(payment: &Payment, filter: &Filter) -> bool {
    filter.status.is_none_or(|status| payment.status == status)
        && filter.provider.as_ref().is_none_or(|provider| payment.provider == *provider)
}
