//! Signatures: HMAC over requests, answers and JSON pushes; a keyed digest over form pushes.

use std::cmp::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Method;
use md5::{Digest as _, Md5};
use secrecy::ExposeSecret as _;
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq as _;

use super::account::{Account, PushHash};

/// What makes each signature different.
#[derive(Clone, Copy)]
pub(super) struct Stamp<'a> {
    /// Random, without a colon.
    pub(super) nonce: &'a str,
    /// Unix seconds.
    pub(super) timestamp: &'a str,
}

/// What is signed. An answer is signed with the method and address of its request.
#[derive(Clone, Copy)]
pub(super) struct Signed<'a> {
    pub(super) method: &'a Method,
    pub(super) url: &'a str,
    pub(super) body: &'a [u8],
}

impl Account {
    /// The value of the `Authorization` header.
    pub(super) fn authorization(&self, signed: Signed<'_>, stamp: Stamp<'_>) -> Option<String> {
        let signature = STANDARD.encode(self.mac(signed, stamp)?.finalize().into_bytes());
        Some(format!("hmac {}:{signature}:{}:{}", self.website_key, stamp.nonce, stamp.timestamp))
    }

    /// Whether an `Authorization` header, with or without its scheme, is Buckaroo's signature for this website. No age
    /// is checked: pushes are repeated for three days, and nobody says whether they are signed again.
    pub(super) fn signed_by_provider(&self, header: &str, signed: Signed<'_>) -> bool {
        let (scheme, rest) = header.split_at_checked(5).unwrap_or((header, ""));
        let parts: Vec<&str> =
            if scheme.eq_ignore_ascii_case("hmac ") { rest } else { header }.trim().split(':').collect();
        let [website_key, signature, nonce, timestamp] = parts.as_slice() else { return false };
        // One secret can serve several websites of a merchant.
        let ours: bool = website_key.as_bytes().ct_eq(self.website_key.as_bytes()).into();
        let Ok(signature) = STANDARD.decode(signature) else { return false };
        let mac = self.mac(signed, Stamp { nonce, timestamp });
        ours && mac.is_some_and(|mac| mac.verify_slice(&signature).is_ok())
    }

    fn mac(&self, signed: Signed<'_>, stamp: Stamp<'_>) -> Option<Hmac<Sha256>> {
        let content = if signed.body.is_empty() { String::new() } else { STANDARD.encode(Md5::digest(signed.body)) };
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret_key.expose_secret().as_bytes()).ok()?;
        let address = address(signed.url);
        for part in [&self.website_key, signed.method.as_str(), &address, stamp.timestamp, stamp.nonce, &content] {
            mac.update(part.as_bytes());
        }
        Some(mac)
    }

    /// Whether a form push has Buckaroo's signature for this website.
    pub(super) fn signed_form(&self, form: &Form) -> bool {
        let Ok(given) = HEXLOWER_PERMISSIVE.decode(form.signature.as_bytes()) else { return false };
        let hash = match given.len() {
            20 => PushHash::Sha1,
            32 => PushHash::Sha256,
            64 => PushHash::Sha512,
            _ => return false,
        };
        let allowed = self.wire.push_hash.is_none_or(|only| only == hash);
        let genuine: bool = form.digest(hash, self.secret_key.expose_secret()).ct_eq(&given).into();
        let ours = form.get("brq_websitekey").is_some_and(|key| key == self.website_key);
        allowed && genuine && ours
    }
}

/// The address as it is signed: without scheme, escaped, all of it in lower case.
fn address(url: &str) -> String {
    let bare = url.split_once("://").map_or(url, |(_, rest)| rest);
    form_urlencoded::byte_serialize(bare.as_bytes()).collect::<String>().to_ascii_lowercase()
}

/// How the names of signed fields begin. Other fields are no part of the push.
const SIGNED: [&str; 3] = [READ, "add_", "cust_"];

/// How the names of the fields that are read begin.
const READ: &str = "brq_";

/// A form push: its signed fields in signing order, and its signature.
pub(super) struct Form {
    fields: Vec<(String, String)>,
    signature: String,
}

impl Form {
    /// `None` when a signed name occurs twice in any case, or when the form can be read in two ways: fields are signed
    /// without a separator between them, so what looks like a field that is read could be split off as one.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let mut fields = Vec::new();
        let mut signature = None;
        for (name, value) in form_urlencoded::parse(body) {
            if !name.eq_ignore_ascii_case("brq_signature") {
                fields.extend(is_signed(&name).then(|| (name.into_owned(), value.into_owned())));
            } else if signature.replace(value.into_owned()).is_some() {
                return None;
            }
        }
        fields.sort_by(|(a, _), (b, _)| in_signing_order(a, b));
        let unique = fields.is_sorted_by(|(a, _), (b, _)| !a.eq_ignore_ascii_case(b));
        let clear = fields.iter().all(|(name, value)| is_name(name) && !hides_a_field(value));
        signature.filter(|_| unique && clear).map(|signature| Self { fields, signature })
    }

    /// The value of a field, whatever the case of its name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(super) fn digest(&self, hash: PushHash, secret: &str) -> Vec<u8> {
        let joined = self.joined(secret);
        match hash {
            PushHash::Sha1 => Sha1::digest(joined).to_vec(),
            PushHash::Sha256 => Sha256::digest(joined).to_vec(),
            PushHash::Sha512 => Sha512::digest(joined).to_vec(),
        }
    }

    /// What is hashed.
    pub(super) fn joined(&self, secret: &str) -> String {
        self.fields.iter().flat_map(|(name, value)| [name, "=", value]).chain([secret]).collect()
    }
}

/// By name without case; symbols before digits before letters, a shorter name before a longer one that starts with it
/// (docs.buckaroo.io/docs/security).
fn in_signing_order(a: &str, b: &str) -> Ordering {
    let rank = |c: char| (u8::from(c.is_numeric()) + 2 * u8::from(c.is_alphabetic()), c.to_ascii_lowercase());
    a.chars().map(rank).cmp(b.chars().map(rank))
}

fn is_signed(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SIGNED.iter().any(|prefix| name.starts_with(prefix))
}

/// Whether neither of a field's ends can be another one: a name goes on to its equals sign, and what is read begins a name.
fn is_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    !name.contains('=') && name.rfind(READ).is_none_or(|at| at == 0)
}

/// Whether a value contains what could be the name of a field that is read and its equals sign.
fn hides_a_field(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    let before_equals = value.split('=').rev().skip(1);
    before_equals.filter_map(|piece| piece.rsplit(|c| !is_word(c)).next()).any(|name| name.contains(READ))
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
