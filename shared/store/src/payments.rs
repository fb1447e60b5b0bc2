//! Creating, loading and saving payments.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use payment::{MerchantId, Order, Payment, PaymentId, ProviderId};
use serde_json::value::RawValue;

use crate::Store;
use crate::error::StoreError;
use crate::item::{Item, LONGEST_REFERENCE, from_item, pay_key, text, to_item};

/// How a creation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// The payment and its order are in the table.
    New,
    /// A payment with this id was there before. Nothing was written.
    Existed,
}

impl Store {
    /// Writes a new payment and its order, both or neither.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody creates it at this moment, which may still come to nothing; otherwise the
    /// payment may be there or not.
    pub async fn create(&self, payment: &mut Payment, order: &Order) -> Result<Created, StoreError> {
        payment.version = 1;
        let body = serde_json::to_string(order).map_err(StoreError::malformed)?;
        let transaction = self
            .client
            .transact_write_items()
            .transact_items(self.put_once(to_item(payment)?)?)
            .transact_items(self.put_once(side_item(&payment.id, "ORDER", body))?);
        match transaction.send().await {
            Ok(_) => Ok(Created::New),
            Err(error) if canceled_for(CONDITION, &error) => Ok(Created::Existed),
            Err(error) => Err(not_done(error)),
        }
    }

    fn put_once(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(PK)")
            .build()
            .map_err(StoreError::malformed)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// The payment with this id.
    ///
    /// # Errors
    /// When the table fails or the item is newer than this code.
    pub async fn load(&self, id: &PaymentId) -> Result<Option<Payment>, StoreError> {
        self.get(id, "STATE").await?.map(from_item).transpose()
    }

    /// The order of this payment; gone once the buyer's data was erased.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn load_order(&self, id: &PaymentId) -> Result<Option<Order>, StoreError> {
        self.load_side(id, "ORDER").await
    }

    /// What the provider's script handed over for this payment, to the letter.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn load_widget_result(&self, id: &PaymentId) -> Result<Option<Box<RawValue>>, StoreError> {
        self.load_side(id, "WIDGET").await
    }

    async fn load_side<T: serde::de::DeserializeOwned>(
        &self,
        id: &PaymentId,
        sort: &str,
    ) -> Result<Option<T>, StoreError> {
        let Some(item) = self.get(id, sort).await? else { return Ok(None) };
        let Some(AttributeValue::S(body)) = item.get("body") else { return Ok(None) };
        serde_json::from_str(body).map(Some).map_err(StoreError::malformed)
    }

    async fn get(&self, id: &PaymentId, sort: &str) -> Result<Option<Item>, StoreError> {
        let request = self.client.get_item().table_name(&self.table).consistent_read(true);
        let answer = request.key("PK", text(pay_key(id))).key("SK", text(sort)).send().await;
        Ok(answer.map_err(StoreError::from_sdk)?.item)
    }

    /// Writes a payment that was loaded and changed.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else wrote in between; otherwise the write may have happened or not.
    pub async fn save(&self, payment: &mut Payment) -> Result<(), StoreError> {
        let read = payment.version;
        payment.version += 1;
        self.put_version(to_item(payment)?, read).await
    }

    /// Writes a payment together with ids of the provider's that a message may carry alone, all or nothing.
    ///
    /// # Errors
    /// As [`Store::save`], and [`StoreError::Taken`] when one of the ids is another payment's.
    pub async fn save_with_references(&self, payment: &mut Payment, references: &[String]) -> Result<(), StoreError> {
        let read = payment.version;
        payment.version += 1;
        let mut transaction = self.client.transact_write_items().transact_items(self.put_state(payment, read)?);
        for reference in references {
            let key = reference_key(&payment.provider, &payment.merchant, reference);
            let item = [("PK", text(key)), ("SK", text("REF")), ("payment", text(payment.id.as_str()))];
            let put = Put::builder()
                .table_name(&self.table)
                .set_item(Some(item.map(|(name, value)| (name.to_owned(), value)).into()))
                .condition_expression("attribute_not_exists(PK) OR payment = :payment")
                .expression_attribute_values(":payment", text(payment.id.as_str()))
                .build()
                .map_err(StoreError::malformed)?;
            transaction = transaction.transact_items(TransactWriteItem::builder().put(put).build());
        }
        match transaction.send().await {
            Ok(_) => Ok(()),
            // The payment stands first. Where somebody wrote it meanwhile, whose the ids are is for the next try.
            Err(error) if reasons(&error).next() == Some(CONDITION) => Err(StoreError::Conflict),
            Err(error) if canceled_for(CONDITION, &error) => Err(StoreError::Taken),
            Err(error) => Err(not_done(error)),
        }
    }

    /// The payment that a message means which carries nothing but this id of the provider's.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn find_by_reference_item(
        &self,
        provider: &ProviderId,
        merchant: &MerchantId,
        reference: &str,
    ) -> Result<Option<PaymentId>, StoreError> {
        if reference.is_empty() || reference.len() > LONGEST_REFERENCE {
            return Ok(None);
        }
        let request = self.client.get_item().table_name(&self.table).consistent_read(true);
        let key = reference_key(provider, merchant, reference);
        let answer = request.key("PK", text(key)).key("SK", text("REF")).send().await.map_err(StoreError::from_sdk)?;
        let item = answer.item.unwrap_or_default();
        Ok(item.get("payment").and_then(|payment| payment.as_s().ok()).and_then(|id| id.parse().ok()))
    }

    fn put_state(&self, payment: &Payment, read: u64) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(to_item(payment)?))
            .condition_expression("version = :read")
            .expression_attribute_values(":read", AttributeValue::N(read.to_string()))
            .build()
            .map_err(StoreError::malformed)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Writes a payment together with what the provider's script handed over, both or neither.
    ///
    /// # Errors
    /// As [`Store::save`].
    pub async fn save_with_widget_result(&self, payment: &mut Payment, result: &RawValue) -> Result<(), StoreError> {
        let read = payment.version;
        payment.version += 1;
        let widget = Put::builder()
            .table_name(&self.table)
            .set_item(Some(side_item(&payment.id, "WIDGET", result.get().to_owned())))
            .build()
            .map_err(StoreError::malformed)?;
        let transaction = self
            .client
            .transact_write_items()
            .transact_items(self.put_state(payment, read)?)
            .transact_items(TransactWriteItem::builder().put(widget).build());
        match transaction.send().await {
            Ok(_) => Ok(()),
            Err(error) if canceled_for(CONDITION, &error) => Err(StoreError::Conflict),
            Err(error) => Err(not_done(error)),
        }
    }
}

fn reference_key(provider: &ProviderId, merchant: &MerchantId, reference: &str) -> String {
    format!("REF#{provider}#{merchant}#{reference}")
}

fn side_item(id: &PaymentId, sort: &str, body: String) -> Item {
    [("PK", text(pay_key(id))), ("SK", text(sort)), ("body", text(body))].map(|(k, v)| (k.to_owned(), v)).into()
}

/// A condition of the transaction did not hold.
const CONDITION: &str = "ConditionalCheckFailed";

/// Somebody's write of one of its items was under way.
const CONFLICT: &str = "TransactionConflict";

/// Whether a transaction was canceled for this reason (and not because of throttling or anything else).
fn canceled_for<R>(reason: &str, error: &SdkError<TransactWriteItemsError, R>) -> bool {
    reasons(error).any(|one| one == reason)
}

/// Why a transaction was canceled: a word for each of its items, in their order.
fn reasons<R>(error: &SdkError<TransactWriteItemsError, R>) -> impl Iterator<Item = &str> {
    let canceled = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => canceled.cancellation_reasons(),
        _ => &[],
    };
    canceled.iter().map(|one| one.code().unwrap_or_default())
}

/// Why a transaction did not happen that no condition of its own stood against.
fn not_done<R>(error: SdkError<TransactWriteItemsError, R>) -> StoreError
where
    R: std::fmt::Debug + Send + Sync + 'static,
{
    if canceled_for(CONFLICT, &error) { StoreError::Conflict } else { StoreError::from_sdk(error) }
}
