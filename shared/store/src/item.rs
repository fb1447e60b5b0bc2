//! Between a payment and its item.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use payment::{OperationStatus, Payment, PaymentId, SCHEMA};
use serde::Deserialize;

use crate::error::{StoreError, Unreadable};
use crate::lane::Lane;
use crate::lookup::payment_id;

pub(crate) type Item = HashMap<String, AttributeValue>;

/// No reference of ours or a provider's is longer; a longer one in a message cannot be one, and would be no valid key.
pub(crate) const LONGEST_REFERENCE: usize = 200;

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn pay_key(id: &PaymentId) -> String {
    format!("PAY#{id}")
}

/// A time that sorts as text: milliseconds, always the same length.
pub(crate) fn sortable(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

pub(crate) fn month(time: Timestamp) -> String {
    time.strftime("%Y-%m").to_string()
}

pub(crate) fn created_key(payment: &Payment) -> String {
    format!("{}#{}", sortable(payment.created_at), payment.id)
}

/// The item of a payment as it should stand after the write, index keys included.
pub(crate) fn to_item(payment: &Payment) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(payment).map_err(StoreError::malformed)?;
    let merchant = &payment.merchant;
    let mut put = |name: &str, value: String| item.insert(name.to_owned(), AttributeValue::S(value));
    put("PK", pay_key(&payment.id));
    put("SK", "STATE".to_owned());
    put("created_month", format!("{merchant}#{}", month(payment.created_at)));
    put("created_key", created_key(payment));
    put("merchant_ref", format!("{merchant}#{}", payment.reference));
    if let Some(reference) = &payment.provider_reference {
        put("provider_ref", provider_ref(&payment.provider, merchant, reference));
    }
    if let Some(status) = attention(payment) {
        put("attention", attention_key(merchant, status));
    }
    // Whatever is written now has a layout of today, also where it was read with an older one.
    item.insert("schema".to_owned(), AttributeValue::N(payment.layout().to_string()));
    let mut put = |name: &str, value: String| item.insert(name.to_owned(), AttributeValue::S(value));
    if let Some(due) = payment.due_at() {
        put("due_shard", Lane::of(payment).partition());
        put("due_at", sortable(due));
    }
    Ok(item)
}

/// The worst that is the matter with a payment's operations, for the operator's desk.
fn attention(payment: &Payment) -> Option<OperationStatus> {
    let worst = [OperationStatus::NeedsOperator, OperationStatus::InDoubt];
    worst.into_iter().find(|status| payment.operations.iter().any(|o| o.status == *status))
}

pub(crate) fn attention_key(merchant: &payment::MerchantId, status: OperationStatus) -> String {
    let word = if status == OperationStatus::NeedsOperator { "needs_operator" } else { "in_doubt" };
    format!("{merchant}#{word}")
}

pub(crate) fn provider_ref(provider: &payment::ProviderId, merchant: &payment::MerchantId, reference: &str) -> String {
    format!("{provider}#{merchant}#{reference}")
}

#[derive(Deserialize)]
struct Layout {
    schema: u32,
}

/// Makes sure that this code knows an item's layout, whose number is looked at alone: an item can be large.
fn known_layout(number: Option<AttributeValue>) -> Result<(), StoreError> {
    let number = number.map(|number| ("schema".to_owned(), number)).into_iter().collect::<Item>();
    let layout: Layout = serde_dynamo::from_item(number).map_err(StoreError::malformed)?;
    if layout.schema > SCHEMA { Err(StoreError::NewerSchema { found: layout.schema }) } else { Ok(()) }
}

/// Reads a payment, after making sure that this code knows the item's layout.
pub(crate) fn from_item(item: Item) -> Result<Payment, StoreError> {
    let id = payment_id(&item);
    let read = known_layout(item.get("schema").cloned()).and_then(|()| parsed(item.into()));
    match (read, id) {
        (Err(why), Some(id)) => Err(Unreadable::new(id, why).into()),
        (read, _) => read,
    }
}

/// A payment as its item has it; the error names the field that is wrong.
fn parsed(item: serde_dynamo::Item) -> Result<Payment, StoreError> {
    let item = serde_dynamo::Deserializer::from_attribute_value(serde_dynamo::AttributeValue::M(item.into()));
    serde_path_to_error::deserialize(item).map_err(|error| StoreError::malformed_payment(&error))
}

/// The payment that a stream image or its keys are of, also where the rest cannot be read; `None` for any other kind of
/// item.
#[must_use]
pub fn payment_of_image(image: &serde_dynamo::Item) -> Option<PaymentId> {
    let Some(serde_dynamo::AttributeValue::S(key)) = image.get("PK") else { return None };
    key.strip_prefix("PAY#")?.parse().ok()
}

/// The number of the newest event that a payment's stream image has, also where the rest cannot be read.
#[must_use]
pub fn newest_event_of_image(image: &serde_dynamo::Item) -> Option<u64> {
    use serde_dynamo::AttributeValue::{L, M, N};
    let Some(L(history)) = image.get("history") else { return None };
    let Some(M(entry)) = history.last() else { return None };
    let Some(N(sequence)) = entry.get("sequence") else { return None };
    sequence.parse().ok()
}

/// The version of the payment that a stream image has, also where the rest cannot be read.
#[must_use]
pub fn version_of_image(image: &serde_dynamo::Item) -> Option<u64> {
    let Some(serde_dynamo::AttributeValue::N(version)) = image.get("version") else { return None };
    version.parse().ok()
}

/// Reads a payment from a stream image; `None` for the image of any other kind of item.
///
/// # Errors
/// When the image is a payment's and cannot be read.
pub fn from_image(image: serde_dynamo::Item) -> Result<Option<Payment>, StoreError> {
    let is = |name: &str, wanted: &str| matches!(image.get(name), Some(serde_dynamo::AttributeValue::S(value)) if value.starts_with(wanted));
    if !is("PK", "PAY#") || !is("SK", "STATE") {
        return Ok(None);
    }
    known_layout(image.get("schema").cloned().map(AttributeValue::from))?;
    parsed(image).map(Some)
}
