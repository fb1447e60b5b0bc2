//! Conditional writes that recognise themselves: a write that happened and whose answer was lost is not taken for
//! somebody else's when the SDK sends it again.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use crate::Store;
use crate::error::StoreError;
use crate::item::{Item, text};

/// The attribute that names the write that made an item what it is.
const WRITE_ID: &str = "write_id";

static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().build_hasher().finish());
static WRITES: AtomicU64 = AtomicU64::new(0);

/// A name that no other write of any process has.
fn write_id() -> String {
    let here = RandomState::new().build_hasher().finish();
    format!("{:016x}{here:016x}{:x}", *PROCESS, WRITES.fetch_add(1, Ordering::Relaxed))
}

impl Store {
    /// Puts an item where the one that stands there has this version; version 0 means that none may stand there.
    pub(crate) async fn put_version(&self, mut item: Item, read: u64) -> Result<(), StoreError> {
        let id = write_id();
        item.insert(WRITE_ID.to_owned(), text(&id));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = match read {
            0 => put.condition_expression("attribute_not_exists(PK)"),
            read => put
                .condition_expression("version = :read")
                .expression_attribute_values(":read", AttributeValue::N(read.to_string())),
        };
        let put = put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else { return Ok(()) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                let stands = failed.item().and_then(|item| item.get(WRITE_ID));
                if stands == Some(&AttributeValue::S(id)) { Ok(()) } else { Err(StoreError::Conflict) }
            }
            _ => Err(StoreError::from_sdk(error)),
        }
    }
}
