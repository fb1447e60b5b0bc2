//! What a provider issued to a merchant: its account there.

use jiff::Timestamp;
use payment::{Fingerprint, MerchantId, ProviderId};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::StoreError;
use crate::item::{Item, text};

/// How far an activation got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivationState {
    /// Asked; a worker is at it, or died.
    Running,
    /// The provider issued an account.
    Active,
    /// The provider said no.
    Rejected,
    /// It may have happened.
    InDoubt,
}

/// A merchant's account at a provider that issues accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// Whose.
    pub merchant: MerchantId,
    /// Where.
    pub provider: ProviderId,
    /// How far the last activation got.
    pub state: ActivationState,
    /// The account; the one of an earlier activation stays until another one succeeds.
    pub account: Option<String>,
    /// The key of the last activation.
    pub key: String,
    /// What it asked.
    pub fingerprint: Fingerprint,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// Until when its worker may be believed alive.
    pub lease_until: Timestamp,
    /// When something last changed.
    pub updated_at: Timestamp,
    /// Counts writes; the condition of the next one.
    pub version: u64,
}

impl Store {
    /// What this provider issued to this merchant.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn load_issued(
        &self,
        merchant: &MerchantId,
        provider: &ProviderId,
    ) -> Result<Option<Issued>, StoreError> {
        let request = self.client.get_item().table_name(&self.table).consistent_read(true);
        let (pk, sk) = keys(merchant, provider);
        let answer = request.key("PK", text(pk)).key("SK", text(sk)).send().await.map_err(StoreError::from_sdk)?;
        answer.item.map(|item| serde_dynamo::from_item(item).map_err(StoreError::malformed)).transpose()
    }

    /// Writes it, unless somebody else wrote since it was loaded.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else did.
    pub async fn save_issued(&self, issued: &mut Issued) -> Result<(), StoreError> {
        let read = issued.version;
        issued.version += 1;
        let mut item: Item = serde_dynamo::to_item(&*issued).map_err(StoreError::malformed)?;
        let (pk, sk) = keys(&issued.merchant, &issued.provider);
        item.insert("PK".to_owned(), text(pk));
        item.insert("SK".to_owned(), text(sk));
        self.put_version(item, read).await
    }
}

fn keys(merchant: &MerchantId, provider: &ProviderId) -> (String, String) {
    (format!("MERCHANT#{merchant}"), format!("ACCOUNT#{provider}"))
}
