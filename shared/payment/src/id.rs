//! Typed ids. Payment and operation ids are derived from the idempotency key, so a replay finds the same thing.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE32_DNSSEC;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be {expected}")]
pub struct ParseId {
    expected: &'static str,
}

/// 26 characters of base32hex over the first 128 bits of SHA-256; every part is length-prefixed, so no two
/// different lists of parts hash the same text.
fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut text = BASE32_DNSSEC.encode(&hash.finalize());
    text.truncate(26);
    text
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as it stands in the API.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            #[allow(dead_code)]
            fn derive(parts: &[&str]) -> Self {
                Self(format!(concat!($prefix, "{}"), digest(parts)))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseId;

            fn from_str(text: &str) -> Result<Self, ParseId> {
                let valid = text.strip_prefix($prefix).is_some_and(|rest| {
                    rest.len() == 26 && rest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'v'))
                });
                if valid { Ok(Self(text.to_owned())) } else { Err(ParseId { expected: concat!("an id that begins with ", $prefix) }) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseId;

            fn try_from(text: String) -> Result<Self, ParseId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

id!(
    /// A payment: `pay_…`, a hash of merchant and Idempotency-Key.
    PaymentId,
    "pay_"
);
id!(
    /// An operation on a payment: `op_…`, a hash of payment, kind and Idempotency-Key.
    OperationId,
    "op_"
);
id!(
    /// A capture: `cap_…`.
    CaptureId,
    "cap_"
);
id!(
    /// A refund: `ref_…`.
    RefundId,
    "ref_"
);
id!(
    /// An event: `evt_…`, a hash of payment and sequence, so that a re-emitted event keeps its id.
    EventId,
    "evt_"
);

impl PaymentId {
    /// The id that this merchant's key always leads to.
    #[must_use]
    pub fn of(merchant: &MerchantId, key: &IdempotencyKey) -> Self {
        Self::derive(&["payment", merchant.as_str(), key.as_str()])
    }

    /// Six upper-case characters that tell this payment's references at a provider from every other's.
    #[must_use]
    pub fn suffix(&self) -> String {
        self.0.chars().skip(4).take(6).collect::<String>().to_ascii_uppercase()
    }
}

impl OperationId {
    /// The id that this key always leads to, for this kind of operation on this payment.
    #[must_use]
    pub fn of(payment: &PaymentId, kind: &str, key: &str) -> Self {
        Self::derive(&["operation", payment.as_str(), kind, key])
    }

    /// Six upper-case characters for the references of captures and refunds.
    #[must_use]
    pub fn suffix(&self) -> String {
        self.0.chars().skip(3).take(6).collect::<String>().to_ascii_uppercase()
    }
}

impl CaptureId {
    /// The capture that an operation makes.
    #[must_use]
    pub fn of(operation: &OperationId) -> Self {
        Self::derive(&["capture", operation.as_str()])
    }
}

impl RefundId {
    /// The refund that an operation makes.
    #[must_use]
    pub fn of(operation: &OperationId) -> Self {
        Self::derive(&["refund", operation.as_str()])
    }
}

impl EventId {
    /// The event with this number in the payment's history.
    #[must_use]
    pub fn of(payment: &PaymentId, sequence: u64) -> Self {
        Self::derive(&["event", payment.as_str(), &sequence.to_string()])
    }
}

macro_rules! word {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseId;

            fn from_str(text: &str) -> Result<Self, ParseId> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) { Ok(Self(text.to_owned())) } else { Err(ParseId { expected: $expected }) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseId;

            fn try_from(text: String) -> Result<Self, ParseId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> String {
                word.0
            }
        }
    };
}

word!(
    /// A merchant: `[a-z0-9-]+`, at most 64 characters.
    MerchantId,
    "1 to 64 characters of a-z, 0-9 and -",
    |text| (1..=64).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
);
word!(
    /// The name of a provider API: `[a-z0-9_]+`.
    ProviderId,
    "1 to 32 characters of a-z, 0-9 and _",
    |text| (1..=32).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
);
word!(
    /// The caller's Idempotency-Key: 1 to 255 visible ASCII characters.
    IdempotencyKey,
    "1 to 255 visible ASCII characters",
    |text| (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
);

/// SHA-256 over the meaning of a request (its parsed form), so that white space and key order do not matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a parsed request.
    ///
    /// # Errors
    /// When the value cannot be written as JSON.
    pub fn of<T: Serialize>(request: &T) -> Result<Self, serde_json::Error> {
        let mut canonical = serde_json::to_value(request)?;
        // Another crate may have switched on serde_json's `preserve_order`.
        canonical.sort_all_objects();
        Ok(Self(digest(&["request", &canonical.to_string()])))
    }
}

/// A random word in every public address of a payment, since its id can be computed by who knows the key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(String);

impl Token {
    /// A token from 16 random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(BASE32_DNSSEC.encode(&bytes))
    }

    /// The token, to be put into an address.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether a candidate is this token, without telling by time how much of it is right.
    #[must_use]
    pub fn matches(&self, candidate: &str) -> bool {
        let same_length = self.0.len() == candidate.len();
        let difference = self.0.bytes().zip(candidate.bytes()).fold(0u8, |d, (a, b)| d | (a ^ b));
        same_length && difference == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_merchant_and_key_always_lead_to_the_same_payment() {
        let merchant: MerchantId = "demo".parse().unwrap();
        let key: IdempotencyKey = "k-1".parse().unwrap();
        let id = PaymentId::of(&merchant, &key);
        assert_eq!(id, PaymentId::of(&merchant, &key));
        assert_eq!(id.as_str().parse::<PaymentId>().unwrap(), id);
        assert_eq!(id.suffix().len(), 6);
    }

    #[test]
    fn parts_cannot_be_shifted_into_each_other() {
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
    }

    #[test]
    fn a_foreign_prefix_or_a_short_text_is_no_id() {
        assert!("cap_00000000000000000000000000".parse::<PaymentId>().is_err());
        assert!("pay_000".parse::<PaymentId>().is_err());
        assert!("pay_0000000000000000000000000Z".parse::<PaymentId>().is_err());
    }

    #[test]
    fn a_fingerprint_ignores_the_order_of_keys() {
        let a: serde_json::Value = serde_json::from_str(r#"{"a":1,"b":2}"#).unwrap();
        let b: serde_json::Value = serde_json::from_str(r#"{ "b":2, "a":1 }"#).unwrap();
        assert_eq!(Fingerprint::of(&a).unwrap(), Fingerprint::of(&b).unwrap());
    }
}
