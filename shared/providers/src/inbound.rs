//! What a provider sends to us.

use data_encoding::HEXLOWER;
use http::HeaderMap;
use payment::{Attestation, News, ReceivableMessage, SignedClaim};
use sha2::{Digest as _, Sha256};

use crate::met::Met;

/// A message as it arrived, nothing parsed.
#[derive(Clone, Copy)]
pub struct Inbound<'a> {
    /// The public address that was called, query included, as the provider was given it.
    pub url: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body, byte for byte.
    pub body: &'a [u8],
}

impl Inbound<'_> {
    /// The media type without parameters, lower case.
    #[must_use]
    pub fn media_type(&self) -> Option<String> {
        let value = self.headers.get(http::header::CONTENT_TYPE)?.to_str().ok()?;
        Some(value.split(';').next()?.trim().to_ascii_lowercase())
    }

    /// A header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let text = self.headers.get(name).and_then(|value| value.to_str().ok());
        if text.is_none() {
            // For the log of a message that is not authentic: what is looked for first are signatures and keys.
            Met::obstacle("no_signature").note();
        }
        text
    }

    /// The hash of the body: an identity for messages that differ in their bodies unless they are repeats.
    pub(crate) fn body_hash(&self) -> String {
        HEXLOWER.encode(&Sha256::digest(self.body))
    }
}

/// The longest name of an unknown event that is passed on.
const LONGEST_NAME: usize = 100;

/// The name of an event that nobody knows, fit to be written down.
pub(crate) fn printable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect()
}

/// No name that is kept of something at a provider is longer, in bytes: the table finds payments by it.
const LONGEST_REFERENCE: usize = 200;

/// Whether a text can be such a name.
pub(crate) fn is_reference(text: &str) -> bool {
    (1..=LONGEST_REFERENCE).contains(&text.len())
}

/// Whether a text can be a provider's id: what could be in it is harmless in an address.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// The message is not from the provider, or nobody can tell. The caller learns nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAuthentic {
    /// Signature or key missing or wrong.
    #[error("not authentic")]
    Forged,
    /// Of a media type that the provider does not send; nothing was looked at.
    #[error("not of a media type that the provider sends")]
    MediaType,
    /// Authentic, but not readable.
    #[error("not readable")]
    Unreadable,
}

/// Which payment a message is about; every name that it gives, the surest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addressee {
    /// Our order reference, or the reference of one of its operations.
    Reference(String),
    /// The provider's id of the order.
    ProviderReference(String),
}

/// How far a message may be believed.
#[derive(Clone)]
pub enum Evidence {
    /// Only enough to go and look.
    Hint,
    /// Signed by the provider.
    Claim(SignedClaim<News>),
    /// Carries the agreed key, from a provider that cannot be read.
    Attested(Attestation<News>),
}

/// An authentic message, in our words.
#[derive(Clone)]
pub struct Message {
    /// Whom it is about.
    pub addressees: Vec<Addressee>,
    /// What it proves.
    pub evidence: Evidence,
    /// What it says about the receivable; only of a message that carried a key or a signature.
    pub receivable: Option<ReceivableMessage>,
    /// The event's name, when nobody knows it.
    pub unrecognized: Option<String>,
    /// Tells a repeat of this message from every other message; a repeat is stored once and applied once.
    pub identity: String,
}
