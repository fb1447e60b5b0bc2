//! What both versions of Billink's API stand on: the orders, and the webhooks about them.

pub(crate) mod hooks;
pub(crate) mod ledger;

use std::time::Duration;

use crate::money;
use crate::webhooks::Delivery;

/// The demo user name.
pub(crate) const USERNAME: &str = "usertest";
/// The demo client id, 40 hexadecimal digits.
pub(crate) const ID: &str = "d38a3439590889df026367bf01ddae621e687b8d";
/// The demo webhook secret: 32 bytes in base64.
pub(crate) const WEBHOOK_SECRET: &str = "c2FuZGJveC1iaWxsaW5rLXdlYmhvb2stc2VjcmV0ISE=";

/// Three retries, each wait twice the one before.
pub(crate) fn delivery() -> Delivery {
    Delivery {
        retries: 3,
        spacing: Duration::from_millis(200),
        factor: 2,
        delay: Duration::from_millis(30),
        success: (200..300).collect(),
        before_answer: false,
    }
}

/// An e-mail address as far as a shop can tell.
pub(crate) fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        let dotted = domain.split('.').count() > 1 && domain.split('.').all(|part| !part.is_empty());
        !local.is_empty() && dotted && !domain.contains('@') && !text.contains(char::is_whitespace)
    })
}

/// A merchant's order number: up to 50 letters, digits, underscores, dashes.
pub(crate) fn is_number(text: &str) -> bool {
    text.len() <= 50 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Test data: who has `+decline@` in the e-mail address is refused.
pub(crate) fn is_refused(email: &str) -> bool {
    email.contains("+decline@")
}

/// A text whose amounts are one euro higher.
pub(crate) fn one_euro_more(text: &str) -> String {
    let word = |word: &str| money::minor(word).map_or_else(|| word.to_owned(), |minor| money::two_places(minor + 100));
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}
