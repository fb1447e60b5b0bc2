//! Merchants: whose payments these are, who may call, and the accounts at the providers.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use payment::{LateAuthorization, MerchantId, ProviderId};
use providers::{AccountError, Adapter, Registered, Transport};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::parse::broken_field;
use crate::problem::FieldError;

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
    /// What the key is called.
    pub label: String,
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

/// What is wrong with a merchant document, as far as one look can tell. Holds no value of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(Vec<FieldError>);

impl Faults {
    /// One fault.
    pub fn at(pointer: impl Into<String>, rule: impl Into<String>) -> Self {
        Self(vec![FieldError { pointer: pointer.into(), detail: rule.into() }])
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &FieldError> {
        self.0.iter()
    }

    /// Those of a document that stands at this place of a larger one.
    pub fn below(self, place: &str) -> impl Iterator<Item = FieldError> {
        self.0.into_iter().map(move |fault| FieldError { pointer: format!("{place}{}", fault.pointer), ..fault })
    }
}

impl FromIterator<FieldError> for Faults {
    fn from_iter<I: IntoIterator<Item = FieldError>>(faults: I) -> Self {
        Self(faults.into_iter().collect())
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, FieldError { pointer, detail }) in self.0.iter().enumerate() {
            let (separator, place) = (if n == 0 { "" } else { "; " }, if pointer.is_empty() { "/" } else { pointer });
            write!(f, "{separator}{place} {detail}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// Why a merchant cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum MerchantError {
    /// Its document cannot be used.
    #[error("the secret {secret} is no merchant document: {faults}")]
    Document {
        /// Where the document is.
        secret: String,
        /// What is wrong with it.
        faults: Faults,
    },
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
    accounts: BTreeMap<ProviderId, Value>,
}

impl Merchant {
    /// Reads a merchant document and opens its accounts.
    ///
    /// # Errors
    /// Names the fields that are wrong, never their values: the first of the document itself, else the first of each
    /// key and each account.
    pub fn from_document(document: &Value, transport: &Transport) -> Result<Self, Faults> {
        if !document.is_object() {
            return Err(Faults::at("", "must be an object"));
        }
        let document: Document =
            serde_path_to_error::deserialize(document).map_err(|error| Faults(vec![broken_field(&error)]))?;
        let mut faults: Vec<_> = document.api_keys.iter().enumerate().filter_map(|(n, key)| key.fault(n)).collect();
        let mut accounts = BTreeMap::new();
        for (id, account) in document.accounts {
            match open_account(&id, &account, transport) {
                Ok(account) => drop(accounts.insert(id, account)),
                Err(AccountError { field, rule }) => {
                    let pointer = ["", "accounts", id.as_str(), &field].join("/").trim_end_matches('/').to_owned();
                    faults.push(FieldError { pointer, detail: rule });
                }
            }
        }
        if !faults.is_empty() {
            return Err(Faults(faults));
        }
        let Document { merchant, livemode, disabled, api_keys, .. } = document;
        Ok(Self { id: merchant, livemode, disabled, api_keys, accounts })
    }

    /// Its accounts.
    pub fn accounts(&self) -> impl Iterator<Item = (&ProviderId, &Account)> {
        self.accounts.iter()
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

    /// The key with this text; every key is compared, each in constant time.
    #[must_use]
    pub fn key_of(&self, key: &str) -> Option<&ApiKey> {
        let hash = HEXLOWER.encode(&Sha256::digest(key.as_bytes()));
        let mut found = None;
        for known in &self.api_keys {
            let same: Choice = known.sha256.as_bytes().ct_eq(hash.as_bytes());
            if bool::from(same) {
                found = Some(known);
            }
        }
        found.filter(|_| !self.disabled)
    }
}

impl ApiKey {
    fn fault(&self, n: usize) -> Option<FieldError> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let rules = [
            (!self.label.is_empty(), "label", "must not be empty"),
            (
                self.sha256.len() == 64 && self.sha256.bytes().all(hex),
                "sha256",
                "must be the SHA-256 of the whole key, 64 lower-case hex digits",
            ),
        ];
        let (_, field, rule) = rules.into_iter().find(|(kept, ..)| !kept)?;
        Some(FieldError { pointer: format!("/api_keys/{n}/{field}"), detail: rule.to_owned() })
    }
}

fn open_account(id: &ProviderId, document: &Value, transport: &Transport) -> Result<Account, AccountError> {
    let unknown = || AccountError { field: String::new(), rule: "is no provider that this build knows".to_owned() };
    let registered = providers::find(id).ok_or_else(unknown)?;
    let (late_authorization, document) = take_late_authorization(document.clone())?;
    let adapter = (registered.open)(&document, transport.clone())?;
    let disabled = document.get("disabled").and_then(Value::as_bool).unwrap_or(false);
    Ok(Account { registered, adapter, disabled, late_authorization })
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
