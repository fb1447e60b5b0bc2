//! Where merchants come from: a secret each in AWS, given documents on one machine.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use payment::MerchantId;
use providers::Transport;
use serde_json::Value;
use service::{Faults, Merchant, MerchantError, Merchants};

/// How long a secret is believed. API Gateway believes the authorizer as long again (`ReauthorizeEvery`): together a minute,
/// within which a disabled merchant is refused.
pub const BELIEVED_FOR: Duration = Duration::from_secs(30);

/// At most this many merchants are remembered.
const MOST_REMEMBERED: usize = 1_000;

/// Merchants that are given at start.
pub struct FixedMerchants(BTreeMap<MerchantId, Arc<Merchant>>);

impl FixedMerchants {
    /// Reads a JSON array of merchant documents, or one of them.
    ///
    /// # Errors
    /// Names every document and field that is wrong, by its JSON pointer.
    pub fn from_json(text: &str, transport: &Transport) -> Result<Self, Faults> {
        let (documents, only) = match read_json(text)? {
            Value::Array(documents) => (documents, false),
            document => (vec![document], true),
        };
        let (mut merchants, mut faults) = (BTreeMap::new(), Vec::new());
        for (n, document) in documents.iter().enumerate() {
            let place = if only { String::new() } else { format!("/{n}") };
            match Merchant::from_document(document, transport) {
                Ok(merchant) if merchants.contains_key(&merchant.id) => {
                    faults.extend(Faults::at("/merchant", "is an earlier document's too").below(&place));
                }
                Ok(merchant) => drop(merchants.insert(merchant.id.clone(), Arc::new(merchant))),
                Err(found) => faults.extend(found.below(&place)),
            }
        }
        if faults.is_empty() { Ok(Self(merchants)) } else { Err(faults.into_iter().collect()) }
    }

    /// They, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Merchant> {
        self.0.values().map(Arc::as_ref)
    }
}

fn read_json(text: &str) -> Result<Value, Faults> {
    serde_json::from_str(text).map_err(|error| {
        Faults::at("", format!("is not valid JSON (line {}, column {})", error.line(), error.column()))
    })
}

#[async_trait]
impl Merchants for FixedMerchants {
    async fn get(&self, id: &MerchantId) -> Result<Option<Arc<Merchant>>, MerchantError> {
        Ok(self.0.get(id).cloned())
    }
}

#[derive(Clone)]
struct Remembered {
    since: Instant,
    document: Option<String>,
    merchant: Option<Arc<Merchant>>,
}

/// Merchants in Secrets Manager, one secret each, remembered for a while.
pub struct SecretMerchants {
    client: Client,
    prefix: String,
    transport: Transport,
    clock: fn() -> Instant,
    remembered: Mutex<HashMap<MerchantId, Remembered>>,
}

impl SecretMerchants {
    /// The merchants whose secrets are named by this prefix and their id.
    #[must_use]
    pub fn new(client: Client, prefix: impl Into<String>, transport: Transport) -> Self {
        Self { client, prefix: prefix.into(), transport, clock: Instant::now, remembered: Mutex::default() }
    }

    /// The same by another clock.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> Instant) -> Self {
        Self { clock, ..self }
    }

    fn recall(&self, id: &MerchantId) -> Option<Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn remember(&self, id: &MerchantId, entry: Remembered) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= MOST_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(id.clone(), entry);
    }

    /// The merchant of a document; one that cannot be used is told by the name of its secret.
    fn open(&self, id: &MerchantId, document: &str) -> Result<Merchant, MerchantError> {
        let read = |value: Value| Merchant::from_document(&value, &self.transport);
        let own = |merchant: Merchant| match merchant.id == *id {
            true => Ok(merchant),
            false => Err(Faults::at("/merchant", "must be the end of the secret's name")),
        };
        let opened = read_json(document).and_then(read).and_then(own);
        opened.map_err(|faults| MerchantError::Document { secret: format!("{}{id}", self.prefix), faults })
    }

    async fn fetch(&self, id: &MerchantId) -> Result<Option<String>, MerchantError> {
        let answer = self.client.get_secret_value().secret_id(format!("{}{id}", self.prefix)).send().await;
        match answer {
            Ok(secret) => Ok(secret.secret_string),
            Err(error) if error.as_service_error().is_some_and(is_gone) => Ok(None),
            Err(error) => Err(MerchantError::Unavailable(Box::new(error))),
        }
    }
}

/// Whether there is no such secret, or none any more: for at least a week after `delete-secret` it is only marked, and an
/// invalid request like others, told by its message alone.
fn is_gone(error: &GetSecretValueError) -> bool {
    let marked = || error.meta().message().is_some_and(|message| message.contains("marked for deletion"));
    error.is_resource_not_found_exception() || (error.is_invalid_request_exception() && marked())
}

#[async_trait]
impl Merchants for SecretMerchants {
    async fn get(&self, id: &MerchantId) -> Result<Option<Arc<Merchant>>, MerchantError> {
        let known = self.recall(id);
        if let Some(known) = known.as_ref().filter(|known| (self.clock)().duration_since(known.since) < BELIEVED_FOR) {
            return Ok(known.merchant.clone());
        }
        let document = self.fetch(id).await?;
        // An unchanged document keeps its merchant, and with it the tokens that its adapters hold.
        let unchanged = known.filter(|known| known.document == document).and_then(|known| known.merchant);
        let merchant = match (&document, unchanged) {
            (_, Some(merchant)) => Some(merchant),
            (Some(document), None) => Some(Arc::new(self.open(id, document)?)),
            (None, None) => None,
        };
        self.remember(id, Remembered { since: (self.clock)(), document, merchant: merchant.clone() });
        Ok(merchant)
    }
}
