//! Payments as DynamoDB items: one item per payment, one conditional write per transition.
//!
//! | item | key | holds |
//! |---|---|---|
//! | state | `PAY#id` / `STATE` | the payment with ledger, operations and history |
//! | order | `PAY#id` / `ORDER` | the order as given, personal data included, written once |
//! | widget | `PAY#id` / `WIDGET` | what a provider's script handed over, written with the confirmation's reservation |
//! | message | `HOOK#provider#merchant#identity` / `RAW` | a provider's message as it arrived |
//! | account | `MERCHANT#id` / `ACCOUNT#provider` | the account that a provider issued to a merchant |
//! | reference | `REF#provider#merchant#id` / `REF` | the payment of an id that a message may carry alone |
//! | lag | `LAG#queue#payment` / `LAG` | the events of a payment that a queue still has to get, or all of them again |

mod error;
mod gauge;
mod issued;
mod item;
mod lag;
mod lane;
mod list;
mod lookup;
mod message;
mod payments;
mod write;

pub use error::{StoreError, Unreadable};
pub use gauge::{Attention, Waiting};
pub use issued::{ActivationState, Issued};
pub use item::{from_image, newest_event_of_image, payment_of_image, version_of_image};
pub use lag::{EVERY_QUEUE, Lag};
pub use lane::Lane;
pub use list::{Filter, Named, Page};
pub use lookup::{Due, DuePage, DuePlace};
pub use message::{Kept, MessagePlace, MessageState, StoredMessage};
pub use payments::Created;

use aws_sdk_dynamodb::Client;

/// The table.
#[derive(Clone)]
pub struct Store {
    client: Client,
    table: String,
}

impl Store {
    /// The store in this table.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }
}
