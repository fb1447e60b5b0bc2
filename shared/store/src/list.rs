//! A merchant's payments, newest first.

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use payment::{MerchantId, Payment, PaymentId, ProviderId, Status};

use crate::Store;
use crate::error::{StoreError, Unreadable};
use crate::item::{Item, LONGEST_REFERENCE, created_key, from_item, month, sortable, text};
use crate::lookup::payment_id;

/// No payment is older than this month.
const FIRST_MONTH: &str = "2026-01";

/// At most this many payments are looked at for one page.
const MOST_LOOKED_AT: usize = 200;

/// What payments are asked for by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// The shop's order number, which several payments can have.
    Reference(String),
    /// What a provider was told: of the order, or of something that was done with it.
    OrderReference(String),
    /// A provider's own id, as its messages carry it: of the order, or of a capture that they name alone.
    ProviderReference(ProviderId, String),
}

/// Which payments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// In this status.
    pub status: Option<Status>,
    /// At this provider.
    pub provider: Option<ProviderId>,
    /// With this name.
    pub named: Option<Named>,
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
    /// Those of them that cannot be read.
    pub unreadable: Vec<Unreadable>,
    /// What to give as `after` for the next page.
    pub next: Option<String>,
}

impl Store {
    /// One page of a merchant's payments.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn list(&self, merchant: &MerchantId, filter: &Filter, now: Timestamp) -> Result<Page, StoreError> {
        let mut page = Page { payments: Vec::new(), unreadable: Vec::new(), next: None };
        if filter.created_after.zip(filter.created_before).is_some_and(|(after, before)| after >= before) {
            return Ok(page);
        }
        match &filter.named {
            Some(Named::OrderReference(told)) => {
                let found = self.find_by_order_reference(merchant, told).await?;
                return self.one(found, filter).await;
            }
            Some(Named::ProviderReference(provider, id)) => {
                let found = self.find_by_id_of_provider(provider, merchant, id).await?;
                return self.one(found, filter).await;
            }
            Some(Named::Reference(_)) | None => {}
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
                for read in self.load_all(&found).await? {
                    if page.payments.len() == filter.limit {
                        page.next = page.payments.last().map(created_key);
                        return Ok(page);
                    }
                    page.take(read, filter)?;
                }
                if looked_at >= MOST_LOOKED_AT {
                    page.next = Some(upper);
                    return Ok(page);
                }
            }
        }
        Ok(page)
    }

    /// The page of the one payment that a name led to, if it is one of those that are asked for.
    async fn one(&self, found: Option<PaymentId>, filter: &Filter) -> Result<Page, StoreError> {
        let mut page = Page { payments: Vec::new(), unreadable: Vec::new(), next: None };
        let Some(id) = found else { return Ok(page) };
        if let Some(read) = self.load(&id).await.transpose() {
            page.take(read, filter)?;
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
        let lower = filter.created_after.map_or_else(|| " ".to_owned(), sortable);
        // A cursor can be of a list that went further back. The table takes no such bounds.
        if upper < lower.as_str() {
            return Ok(Vec::new());
        }
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
            .expression_attribute_values(":lower", text(lower))
            .expression_attribute_values(":upper", text(upper))
            .scan_index_forward(false)
            .limit(i32::try_from(limit + 1).unwrap_or(100))
            .send()
            .await;
        let items = answer.map_err(StoreError::from_sdk)?.items.unwrap_or_default();
        let keys = items.iter().filter_map(|item| item.get("created_key")?.as_s().ok().cloned());
        Ok(keys.filter(|key| key != upper).take(limit).collect())
    }

    /// The payments of these sort keys, in their order, or why one cannot be read.
    async fn load_all(&self, keys: &[String]) -> Result<Vec<Result<Payment, StoreError>>, StoreError> {
        let ids: Vec<PaymentId> = keys.iter().filter_map(|key| key.rsplit_once('#')?.1.parse().ok()).collect();
        let mut loaded = self.load_items(&ids).await?;
        loaded.sort_by_cached_key(|item| payment_id(item).and_then(|id| ids.iter().position(|known| *known == id)));
        Ok(loaded.into_iter().map(from_item).collect())
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

impl Page {
    /// Takes a payment in, if it is one of those that are asked for. One that cannot be read keeps no other from being
    /// told.
    fn take(&mut self, read: Result<Payment, StoreError>, filter: &Filter) -> Result<(), StoreError> {
        match read {
            Ok(payment) if matches(&payment, filter) => self.payments.push(payment),
            Ok(_) => {}
            Err(StoreError::Unreadable(payment)) => self.unreadable.push(payment),
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

struct Partition {
    index: &'static str,
    attribute: &'static str,
    value: String,
}

/// The partitions to walk: the one of a reference, or the months from the newest to the oldest.
fn partitions(merchant: &MerchantId, filter: &Filter, now: Timestamp) -> Vec<Partition> {
    if let Some(Named::Reference(reference)) = &filter.named {
        if reference.len() > LONGEST_REFERENCE {
            return Vec::new();
        }
        return vec![Partition {
            index: "by_reference",
            attribute: "merchant_ref",
            value: format!("{merchant}#{reference}"),
        }];
    }
    let from_cursor = filter.after.as_deref().and_then(|key| key.get(..7)).map(str::to_owned);
    let newest = from_cursor.unwrap_or_else(|| month(filter.created_before.unwrap_or(now))).min(month(now));
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

/// Whether a payment is one of those that are asked for, as far as the keys of its index do not say so.
fn matches(payment: &Payment, filter: &Filter) -> bool {
    filter.status.is_none_or(|status| payment.status == status)
        && filter.provider.as_ref().is_none_or(|provider| payment.provider == *provider)
        && filter.created_after.is_none_or(|after| payment.created_at >= after)
        && filter.created_before.is_none_or(|before| payment.created_at < before)
        && filter.after.as_ref().is_none_or(|after| created_key(payment) < *after)
        && filter.named.as_ref().is_none_or(|named| has_name(payment, named))
}

/// Whether a payment has a name to the letter. What a message may carry alone is in no payment.
fn has_name(payment: &Payment, named: &Named) -> bool {
    match named {
        Named::Reference(reference) => payment.reference.as_str() == reference,
        Named::OrderReference(told) => {
            payment.order_reference == *told || payment.operations.iter().any(|o| o.reference == *told)
        }
        Named::ProviderReference(..) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_month_that_is_to_come_is_walked_whatever_a_cursor_says() {
        let months = |after: Option<&str>| {
            let filter = Filter { after: after.map(str::to_owned), ..Filter::default() };
            let walked = partitions(&"demo".parse().unwrap(), &filter, "2026-03-05T00:00:00Z".parse().unwrap());
            walked.into_iter().map(|partition| partition.value).collect::<Vec<_>>()
        };
        let all = ["demo#2026-03", "demo#2026-02", "demo#2026-01"];
        assert_eq!(months(None), all);
        assert_eq!(months(Some("9999-12-01T00:00:00.000Z#pay_x")), all);
        assert_eq!(months(Some("2026-02-01T00:00:00.000Z#pay_x")), all[1..]);
        assert_eq!(months(Some("2025-12-01T00:00:00.000Z#pay_x")), [""; 0]);
    }
}
