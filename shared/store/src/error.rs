//! Why the table did not do what was asked.

use std::borrow::Cow;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_smithy_runtime_api::client::result::SdkError;
use payment::PaymentId;

/// Why the table did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else wrote first. Nothing was written: read again and decide again.
    #[error("the payment changed in the meantime")]
    Conflict,
    /// An id of the provider's is known as another payment's. Nothing was written.
    #[error("an id of the provider's is known as another payment's")]
    Taken,
    /// The item was written by newer code; nothing may be rewritten.
    #[error("the item has schema {found}, newer than this code")]
    NewerSchema {
        /// The item's.
        found: u32,
    },
    /// An item does not have the shape that this code writes.
    #[error("an item cannot be read or written ({0})")]
    Malformed(Cow<'static, str>),
    /// A payment cannot be read; nothing of it may be rewritten.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The table could not be reached, throttled, or failed. A write may have happened.
    #[error("the table is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A payment that this code cannot read: newer code wrote it, or its item is broken.
#[derive(Debug, thiserror::Error)]
#[error("{payment} cannot be read: {why}")]
pub struct Unreadable {
    /// Which.
    pub payment: PaymentId,
    why: Box<StoreError>,
}

impl Unreadable {
    pub(crate) fn new(payment: PaymentId, why: StoreError) -> Self {
        Self { payment, why: Box::new(why) }
    }

    /// Why.
    #[must_use]
    pub const fn why(&self) -> &StoreError {
        &self.why
    }
}

impl StoreError {
    /// Only the kind of error is kept: its text may quote a value.
    pub(crate) fn malformed<E: std::error::Error>(_error: E) -> Self {
        Self::Malformed(std::any::type_name::<E>().into())
    }

    /// Only the field is kept, one of those that every payment has: what is deeper may be named by a shop.
    pub(crate) fn malformed_payment(error: &serde_path_to_error::Error<serde_dynamo::Error>) -> Self {
        let text = error.inner().to_string();
        let missing = text.strip_prefix("missing field `").and_then(|rest| Some(rest.split_once('`')?.0.to_owned()));
        let first = error.path().iter().next().map(ToString::to_string);
        Self::Malformed(first.or(missing).map_or(Cow::Borrowed("of a payment"), Cow::Owned))
    }

    pub(crate) fn from_sdk<E, R>(error: SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        // A single write beside somebody's transaction: DynamoDB refuses it and writes nothing.
        let beside = |error: &E| error.code() == Some("TransactionConflictException");
        if error.as_service_error().is_some_and(beside) {
            return Self::Conflict;
        }
        Self::Unavailable(Box::new(error))
    }
}
