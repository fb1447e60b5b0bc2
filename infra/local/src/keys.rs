//! API keys: `sk_<merchant>_<secret>`, of which a merchant document holds only the hash.

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use payment::MerchantId;
use serde_json::{Value, json};
use service::Scope;
use sha2::{Digest, Sha256};

/// The random bytes of a key; as text they are 52 characters.
const SECRET_BYTES: usize = 32;

/// The operating system gives no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no random numbers")]
pub struct NoRandomness;

/// A new key of this merchant, from the operating system's randomness.
///
/// # Errors
/// When there is none.
pub fn new_key(merchant: &MerchantId) -> Result<String, NoRandomness> {
    let mut secret = [0; SECRET_BYTES];
    let random = rustls::crypto::ring::default_provider().secure_random;
    random.fill(&mut secret).map_err(|_| NoRandomness)?;
    Ok(format!("sk_{merchant}_{}", BASE32_NOPAD.encode(&secret).to_ascii_lowercase()))
}

/// What a merchant document holds of a key.
#[must_use]
pub fn key_entry(key: &str, scope: Scope, label: &str) -> Value {
    json!({ "label": label, "scope": scope, "sha256": HEXLOWER.encode(&Sha256::digest(key.as_bytes())) })
}

/// What the person who made the key is told.
#[must_use]
pub fn instructions(key: &str, entry: &Value) -> String {
    format!(
        "The key. It is shown once and kept nowhere; give it to its holder by a way that keeps secrets:

  {key}

Its entry in \"api_keys\" of the merchant's document, beside the entries that are there:

  {entry}

Write the document where it lives: the file that `cargo run -- --merchants FILE` reads, or the secret
paylater/STAGE/MERCHANT (infra/RUNBOOK.md, \"Rotate keys\"). Check it first with
`cargo run -- doctor --merchants FILE`. A deployed stack knows the key within a minute.
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use providers::Transport;
    use service::Merchant;

    #[test]
    fn the_entry_of_a_new_key_lets_the_key_in_and_no_other() {
        let merchant: MerchantId = "my-shop".parse().unwrap();
        let (key, other) = (new_key(&merchant).unwrap(), new_key(&merchant).unwrap());
        let document = json!({ "merchant": "my-shop", "api_keys": [key_entry(&key, Scope::Operator, "desk")] });
        let merchant = Merchant::from_document(&document, &Transport::default()).unwrap();
        assert_eq!(merchant.key_of(&key).map(|key| key.scope), Some(Scope::Operator));
        assert!(merchant.key_of(&other).is_none());
    }

    #[test]
    fn a_key_names_its_merchant_and_has_52_random_characters() {
        let key = new_key(&"demo".parse().unwrap()).unwrap();
        let secret = key.strip_prefix("sk_demo_").unwrap();
        assert_eq!(secret.len(), 52);
        assert!(secret.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{secret}");
    }
}
