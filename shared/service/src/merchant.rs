//! Merchants: whose payments these are, who may call, and the accounts at the providers.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use payment::{LateAuthorization, MerchantId, ProviderId};
use providers::{AccountError, Adapter, Registered, Transport};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everything a checkout needs.
    #[default]
    Checkout,
    /// That, and the operator's desk.
    Operator,
}

/// A caller that proved who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Whose key it has.
    pub merchant: MerchantId,
    /// What the key may do.
    pub scope: Scope,
}

/// One API key, as a hash.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// What people call it.
    pub label: String,
    /// What it may do.
    #[serde(default)]
    pub scope: Scope,
    /// Lower-case hex SHA-256 of the whole key text.
    pub sha256: String,
}

/// An account at one provider, ready to be used.
pub struct Account {
    /// The provider API.
    pub registered: &'static Registered,
    /// The merchant's way to it.
    pub adapter: Box<dyn Adapter>,
    /// Whether new payments are refused.
    pub disabled: bool,
    /// What becomes of a promise that comes after its payment was given up.
    pub late_authorization: LateAuthorization,
}

/// A merchant.
pub struct Merchant {
    /// Its id.
    pub id: MerchantId,
    /// Whether its payments move real money.
    pub livemode: bool,
    /// Whether its keys are refused.
    pub disabled: bool,
    api_keys: Vec<ApiKey>,
    accounts: BTreeMap<ProviderId, Account>,
}

/// Why a merchant document cannot be used. Holds no value of it.
#[derive(Debug, thiserror::Error)]
pub enum MerchantError {
    /// It is not of the required form.
    #[error("merchant document: {path}: {rule}")]
    Document {
        /// Which field.
        path: String,
        /// What is wrong.
        rule: String,
    },
    /// It names a provider that this build does not know.
    #[error("merchant document: no provider is called {0}")]
    UnknownProvider(ProviderId),
    /// An account in it cannot be used.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// It cannot be fetched now.
    #[error("the merchant documents are unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Where merchants come from: a file on one machine, a secret each in AWS.
#[async_trait]
pub trait Merchants: Send + Sync {
    /// The merchant with this id.
    async fn get(&self, id: &MerchantId) -> Result<Option<Arc<Merchant>>, MerchantError>;
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    merchant: MerchantId,
    #[serde(default)]
    livemode: bool,
    #[serde(default)]
    disabled: bool,
    #[serde(default)]
    api_keys: Vec<ApiKey>,
    #[serde(default)]
    accounts: BTreeMap<ProviderId, serde_json::Value>,
}

impl Merchant {
    /// Reads a merchant document and opens its accounts.
    ///
    /// # Errors
    /// Names the field that is wrong, never its value.
    pub fn from_document(json: &str, transport: &Transport) -> Result<Self, MerchantError> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let document: Document = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            MerchantError::Document { path: error.path().to_string(), rule: crate::parse::rule(error.inner()) }
        })?;
        let open = |(id, account): (ProviderId, serde_json::Value)| open_account(id, &account, transport);
        let accounts = document.accounts.into_iter().map(open).collect::<Result<_, _>>()?;
        let Document { merchant, livemode, disabled, api_keys, .. } = document;
        Ok(Self { id: merchant, livemode, disabled, api_keys, accounts })
    }

    /// The account at this provider.
    #[must_use]
    pub fn account(&self, provider: &ProviderId) -> Option<&Account> {
        self.accounts.get(provider)
    }

    /// The accounts whose webhooks arrive under this word of the path.
    pub(crate) fn accounts_at(&self, webhook_path: &str) -> impl Iterator<Item = (&ProviderId, &Account)> {
        self.accounts.iter().filter(move |(_, account)| account.registered.capabilities.webhook_path == webhook_path)
    }

    /// What the key with this text may do; every key is compared, each in constant time.
    #[must_use]
    pub fn scope_of(&self, key: &str) -> Option<Scope> {
        let hash = HEXLOWER.encode(&Sha256::digest(key.as_bytes()));
        let mut found = None;
        for known in &self.api_keys {
            let same: Choice = known.sha256.as_bytes().ct_eq(hash.as_bytes());
            if bool::from(same) {
                found = Some(known.scope);
            }
        }
        found.filter(|_| !self.disabled)
    }
}

fn open_account(
    id: ProviderId,
    document: &serde_json::Value,
    transport: &Transport,
) -> Result<(ProviderId, Account), MerchantError> {
    let registered = providers::find(&id).ok_or_else(|| MerchantError::UnknownProvider(id.clone()))?;
    let (late_authorization, document) = take_late_authorization(document.clone())?;
    let adapter = (registered.open)(&document, transport.clone())?;
    let disabled = document.get("disabled").and_then(serde_json::Value::as_bool).unwrap_or(false);
    Ok((id, Account { registered, adapter, disabled, late_authorization }))
}

/// What the account says of late authorizations, which is ours alone and nothing that its adapter knows.
fn take_late_authorization(
    mut document: serde_json::Value,
) -> Result<(LateAuthorization, serde_json::Value), AccountError> {
    let said = document.as_object_mut().and_then(|account| account.remove("late_authorization"));
    let read = said.map(serde_json::from_value).transpose();
    let wrong = |_| AccountError { field: "late_authorization".into(), rule: "must be cancel or accept".into() };
    Ok((read.map_err(wrong)?.unwrap_or_default(), document))
}

/// The merchant that a key text names: `sk_<merchant>_<secret>`.
#[must_use]
pub(crate) fn merchant_of_key(key: &str) -> Option<MerchantId> {
    key.strip_prefix("sk_")?.split_once('_')?.0.parse().ok()
}
