//! Where merchants come from: a secret each in AWS, given documents on one machine.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use payment::MerchantId;
use providers::Transport;
use service::{Merchant, MerchantError, Merchants};

/// How long a secret is believed: a disabled merchant is refused within this time.
const BELIEVED_FOR: Duration = Duration::from_secs(60);

/// At most this many merchants are remembered.
const MOST_REMEMBERED: usize = 1_000;

/// Merchants that are given at start.
pub struct FixedMerchants(HashMap<MerchantId, Arc<Merchant>>);

impl FixedMerchants {
    /// Reads a JSON array of merchant documents.
    ///
    /// # Errors
    /// Names the field that is wrong.
    pub fn from_json(array: &str, transport: &Transport) -> Result<Self, MerchantError> {
        let rule = |error: serde_json::Error| MerchantError::Document {
            path: "/".to_owned(),
            rule: format!("must be an array of merchant documents (line {}, column {})", error.line(), error.column()),
        };
        let documents: Vec<serde_json::Value> = serde_json::from_str(array).map_err(rule)?;
        let open = |document: &serde_json::Value| {
            let merchant = Merchant::from_document(&document.to_string(), transport)?;
            Ok((merchant.id.clone(), Arc::new(merchant)))
        };
        documents.iter().map(open).collect::<Result<_, _>>().map(Self)
    }

    /// Their ids.
    pub fn ids(&self) -> impl Iterator<Item = &MerchantId> {
        self.0.keys()
    }
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

/// Merchants in Secrets Manager, one secret each, remembered for a minute.
pub struct SecretMerchants {
    client: Client,
    prefix: String,
    transport: Transport,
    remembered: Mutex<HashMap<MerchantId, Remembered>>,
}

impl SecretMerchants {
    /// The merchants whose secrets are named by this prefix and their id.
    #[must_use]
    pub fn new(client: Client, prefix: impl Into<String>, transport: Transport) -> Self {
        Self { client, prefix: prefix.into(), transport, remembered: Mutex::default() }
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

    async fn fetch(&self, id: &MerchantId) -> Result<Option<String>, MerchantError> {
        let answer = self.client.get_secret_value().secret_id(format!("{}{id}", self.prefix)).send().await;
        match answer {
            Ok(secret) => Ok(secret.secret_string),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_resource_not_found_exception()) => Ok(None),
            Err(error) => Err(MerchantError::Unavailable(Box::new(error))),
        }
    }
}

#[async_trait]
impl Merchants for SecretMerchants {
    async fn get(&self, id: &MerchantId) -> Result<Option<Arc<Merchant>>, MerchantError> {
        let known = self.recall(id);
        if let Some(known) = known.as_ref().filter(|known| known.since.elapsed() < BELIEVED_FOR) {
            return Ok(known.merchant.clone());
        }
        let document = self.fetch(id).await?;
        // An unchanged document keeps its merchant, and with it the tokens that its adapters hold.
        let unchanged = known.filter(|known| known.document == document).and_then(|known| known.merchant);
        let merchant = match (&document, unchanged) {
            (_, Some(merchant)) => Some(merchant),
            (Some(document), None) => Some(Arc::new(Merchant::from_document(document, &self.transport)?)),
            (None, None) => None,
        };
        let merchant = merchant.filter(|merchant| merchant.id == *id);
        self.remember(id, Remembered { since: Instant::now(), document, merchant: merchant.clone() });
        Ok(merchant)
    }
}
