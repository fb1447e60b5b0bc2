//! What both versions of Billink's API stand on: the orders, the webhooks about them, and what Billink takes for an address.

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

/// Nothing but digits, if anything.
pub(crate) fn digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Four digits and two letters in the Netherlands, four digits in Belgium, five in Germany.
pub(crate) fn is_postal(code: &str, country: &str) -> bool {
    let code = code.replace(' ', "");
    let (numbers, letters) = code.split_at_checked(4).unwrap_or((&code, ""));
    match country {
        "NL" | "" => {
            numbers.len() == 4
                && digits(numbers)
                && letters.len() == 2
                && letters.bytes().all(|byte| byte.is_ascii_alphabetic())
        }
        "BE" => code.len() == 4 && digits(&code),
        "DE" => code.len() == 5 && digits(&code),
        _ => true,
    }
}

/// Letters, and what stands between the words of a city's name.
pub(crate) fn is_city(text: &str) -> bool {
    text.chars().all(|letter| letter.is_alphabetic() || matches!(letter, ' ' | '-' | '\'' | '.' | '(' | ')' | '/'))
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
