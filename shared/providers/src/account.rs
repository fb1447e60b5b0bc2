//! What merchants' account documents have in common, whatever the provider: an address to call, secrets, keys of
//! webhooks, and errors that name a field and never a value. An adapter's own `account.rs` has the rest: its fields, its
//! wire's defaults, and its rules.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use data_encoding::{BASE64, HEXLOWER};
use http::{HeaderMap, HeaderName, header};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};
use url::Url;

use crate::met::Met;
use crate::transport::is_https_or_loopback;
use crate::{AccountError, Request};

const ADDRESS: &str = "must be https, or http on loopback, without user, query or fragment";
const DISABLED: &str = "disabled";
const KEYS: &str = "must each have the name of a header and a value";

/// The rules that types of this module check while they are read.
const OF_TYPES: [&str; 2] = [ADDRESS, KEYS];

/// The document as an adapter's account. `disabled`, which every document may have, is for whoever opens accounts.
pub(crate) fn read<T: DeserializeOwned>(document: &Value) -> Result<T, AccountError> {
    // serde would read a list's elements as the fields in their order.
    for (field, pointer) in [("", ""), ("wire", "/wire"), ("wire/names", "/wire/names")] {
        if document.pointer(pointer).is_some_and(|part| !part.is_object()) {
            return Err(broken(field, "must be an object"));
        }
    }
    let mut own = document.clone();
    let disabled = own.as_object_mut().and_then(|fields| fields.remove(DISABLED));
    if disabled.is_some_and(|disabled| !disabled.is_boolean()) {
        return Err(broken(DISABLED, "must be true or false"));
    }
    serde_path_to_error::deserialize(own).map_err(|error| without_values(error.path(), &error.inner().to_string()))
}

/// What is wrong with a document, and where. The parser's messages may quote a secret: only names of fields are passed on,
/// and what stands after the last ", expected".
fn without_values(path: &Path, message: &str) -> AccountError {
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    let rule = match (OF_TYPES.into_iter().find(|rule| *rule == message), message.rsplit_once(", expected ")) {
        (Some(rule), _) => rule.to_owned(),
        _ if missing.is_some() => "is required".to_owned(),
        _ if message.starts_with("unknown field") => "is not a field of this account".to_owned(),
        (_, Some((_, wanted))) if wanted.starts_with("struct ") => "must be an object".to_owned(),
        (_, Some((_, wanted))) => format!("must be {wanted}"),
        _ => "is not valid".to_owned(),
    };
    let name = |segment: &Segment| match segment {
        Segment::Seq { index } => index.to_string(),
        segment => segment.to_string(),
    };
    let segments = path.iter().map(name).chain(missing.map(str::to_owned));
    AccountError { field: segments.collect::<Vec<_>>().join("/"), rule }
}

fn broken(field: &str, rule: &str) -> AccountError {
    AccountError { field: field.to_owned(), rule: rule.to_owned() }
}

/// How long a session is believed to live where the provider does not say when it ends, so that nobody waits for its
/// buyer for good.
#[derive(Clone, Copy, Deserialize)]
pub(crate) struct SessionSeconds(NonZeroU32);

impl SessionSeconds {
    /// Unless the account says otherwise: three days, which is no provider's word.
    pub(crate) const BELIEVED: u32 = 72 * 3_600;

    /// When a session that is opened now is believed to end.
    pub(crate) fn end(self, now: Timestamp) -> Option<Timestamp> {
        after(now, self.0.get())
    }
}

/// So many seconds later.
pub(crate) fn after(now: Timestamp, seconds: u32) -> Option<Timestamp> {
    now.checked_add(SignedDuration::from_secs(i64::from(seconds))).ok()
}

impl Default for SessionSeconds {
    fn default() -> Self {
        Self(NonZeroU32::MIN.saturating_add(Self::BELIEVED - 1))
    }
}

/// What an account is known again by, without its name.
pub(crate) fn mark_of(name: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(name.as_bytes()))
}

/// What must hold of an account beyond the types of its fields: whether it does, for which field, in words.
pub(crate) type Rule = (bool, &'static str, &'static str);

/// The first rule that is broken, if one is.
pub(crate) fn check<const N: usize>(rules: [Rule; N]) -> Result<(), AccountError> {
    let first = rules.into_iter().find(|(kept, ..)| !kept);
    first.map_or(Ok(()), |(_, field, rule)| Err(broken(field, rule)))
}

/// Refuses two fields that have the same name on the wire where only one can have it. Told is the one that the account
/// names: those come last.
pub(crate) fn own_names<'a>(fields: impl IntoIterator<Item = (&'a str, String)>) -> Result<(), AccountError> {
    let mut fields: Vec<_> = fields.into_iter().collect();
    fields.sort_by_key(|(ours, theirs)| ours != theirs);
    let mut taken = BTreeSet::new();
    match fields.into_iter().find(|(_, theirs)| !taken.insert(theirs.clone())) {
        Some((ours, _)) => Err(broken(&format!("wire/names/{ours}"), "must not be the name of another field")),
        None => Ok(()),
    }
}

/// The rule for what must be there.
pub(crate) fn filled(field: &'static str, text: &str) -> Rule {
    (!text.is_empty(), field, "must not be empty")
}

/// The rule for what a colon ends in a header.
pub(crate) fn before_colon(field: &'static str, text: &str) -> Rule {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && b != b':');
    (plain, field, "must be visible ASCII without a colon")
}

/// Where a provider's API begins: https, or http on loopback, and nothing behind the path.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct BaseUrl(Url);

impl TryFrom<String> for BaseUrl {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bare = |url: &Url| !url.authority().contains('@') && url.query().or(url.fragment()).is_none();
        text.parse().ok().filter(|url| is_https_or_loopback(url) && bare(url)).map(Self).ok_or(ADDRESS)
    }
}

impl BaseUrl {
    /// The address of these segments below the base. Each stays one segment, whatever is in it: dots alone, which no address
    /// can have as a segment and which are no name of anything, become hyphens.
    pub(crate) fn join<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let segments = segments.into_iter().map(|segment| match segment {
            "." => "-",
            ".." => "--",
            segment => segment,
        });
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    pub(crate) fn host(&self) -> Option<&str> {
        self.0.host_str()
    }
}

/// The segments of a path as an account's wire writes it, with or without slashes around it.
pub(crate) fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// A user, which is [`before_colon`], and a password that go with every request.
pub(crate) struct BasicCredentials<'a> {
    pub(crate) user: &'a str,
    pub(crate) password: &'a SecretString,
}

impl BasicCredentials<'_> {
    /// The request with the credentials, for an answer in JSON.
    pub(crate) fn sign(&self, request: Request) -> Request {
        let credentials = format!("{}:{}", self.user, self.password.expose_secret());
        let basic = format!("Basic {}", BASE64.encode(credentials.as_bytes()));
        request.with_header(header::ACCEPT, "application/json", false).with_header(header::AUTHORIZATION, &basic, true)
    }
}

/// Every agreed key that a webhook may carry now, with its header: the current one, and the previous one while it is
/// being changed.
#[derive(Deserialize, Default)]
#[serde(try_from = "Vec<WebhookKey>")]
pub(crate) struct WebhookKeys(Vec<(HeaderName, SecretString)>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WebhookKey {
    header: String,
    value: SecretString,
}

impl TryFrom<Vec<WebhookKey>> for WebhookKeys {
    type Error = &'static str;

    fn try_from(keys: Vec<WebhookKey>) -> Result<Self, Self::Error> {
        let filled = |value: &SecretString| !value.expose_secret().is_empty();
        let read = |key: WebhookKey| Some((key.header.parse().ok()?, Some(key.value).filter(filled)?));
        keys.into_iter().map(read).collect::<Option<_>>().map(Self).ok_or(KEYS)
    }
}

impl WebhookKeys {
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether any of the keys is in its header, where `bare` takes off what stands around one. All are compared, and
    /// hashes of equal length, so that time tells nothing.
    pub(crate) fn is_in(&self, headers: &HeaderMap, bare: for<'v> fn(&HeaderName, &'v [u8]) -> &'v [u8]) -> bool {
        let named = self.0.iter().any(|(name, _)| headers.contains_key(name));
        Met::obstacle(if named { "wrong_key" } else { "no_key" }).note();
        let mut found = Choice::from(0);
        let hash = |name, text| Sha256::digest(bare(name, text));
        for (name, value) in &self.0 {
            let wanted = hash(name, value.expose_secret().as_bytes());
            headers.get_all(name).iter().for_each(|given| found |= hash(name, given.as_bytes()).ct_eq(&wanted));
        }
        found.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_segment_of_an_address_stays_one() {
        let base = BaseUrl::try_from("https://a.example/v1/".to_owned()).unwrap();
        for (id, wanted) in [
            ("i-1", "i-1"),
            ("a/../b?c#d", "a%2F..%2Fb%3Fc%23d"),
            (".", "-"),
            ("..", "--"),
            ("...", "..."),
            ("%2e%2e", "%252e%252e"),
            ("", ""),
        ] {
            let url = base.join(["orders", id, "cancel"]);
            assert_eq!(url.as_str(), format!("https://a.example/v1/orders/{wanted}/cancel"), "{id:?}");
        }
    }
}
