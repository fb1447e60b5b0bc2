//! The gateway's two signatures: HMAC over requests, answers and JSON pushes, and the digest over form fields.
//!
//! Sources: docs.buckaroo.io/docs/integration-hmac, docs.buckaroo.io/docs/json-authenticator, docs.buckaroo.io/docs/security.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use std::cmp::Ordering;

use super::PushHash;

/// What the signature of one HTTP message covers.
pub(crate) struct Signed<'a> {
    pub(crate) website_key: &'a str,
    pub(crate) method: &'a str,
    /// Host, port when it is not the default one, path and query: the URL without its scheme.
    pub(crate) url: &'a str,
    pub(crate) timestamp: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) body: &'a [u8],
}

impl Signed<'_> {
    /// The base64 signature.
    pub(crate) fn signature(&self, secret: &str) -> String {
        let content = if self.body.is_empty() { String::new() } else { STANDARD.encode(Md5::digest(self.body)) };
        let url = url_encode(self.url).to_lowercase();
        let raw = [self.website_key, self.method, &url, self.timestamp, self.nonce, &content].concat();
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
        mac.update(raw.as_bytes());
        STANDARD.encode(mac.finalize().into_bytes())
    }

    /// The whole header value.
    pub(crate) fn header(&self, secret: &str) -> String {
        format!("hmac {}:{}:{}:{}", self.website_key, self.signature(secret), self.nonce, self.timestamp)
    }
}

/// Percent-encodes as the gateway's platform does: `-_.!*()` stay, a space becomes a plus.
fn url_encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => encoded.push(char::from(byte)),
            b'-' | b'_' | b'.' | b'!' | b'*' | b'(' | b')' => encoded.push(char::from(byte)),
            b' ' => encoded.push('+'),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// The four fields of an `Authorization: hmac …` header.
pub(crate) struct Header<'a> {
    pub(crate) website_key: &'a str,
    pub(crate) signature: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) timestamp: &'a str,
}

impl<'a> Header<'a> {
    /// Reads the header; the scheme is literally `hmac`, the timestamp whole Unix seconds.
    pub(crate) fn read(value: &'a str) -> Option<Self> {
        let mut fields = value.strip_prefix("hmac ")?.split(':');
        let header = Self {
            website_key: fields.next()?,
            signature: fields.next()?,
            nonce: fields.next()?,
            timestamp: fields.next()?,
        };
        let seconds = header.timestamp.len() == 10 && header.timestamp.bytes().all(|byte| byte.is_ascii_digit());
        (fields.next().is_none() && seconds && !header.nonce.is_empty()).then_some(header)
    }
}

/// A fresh nonce: 32 hexadecimal digits.
pub(crate) fn nonce() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// Unix seconds as text.
pub(crate) fn seconds(now: Timestamp) -> String {
    now.as_second().to_string()
}

/// The `brq_signature` of decoded form fields.
pub(crate) fn form_signature(fields: &[(String, String)], secret: &str, hash: PushHash) -> String {
    let covered = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["brq_", "add_", "cust_"].iter().any(|prefix| name.starts_with(prefix)) && name != "brq_signature"
    };
    let mut fields: Vec<_> = fields.iter().filter(|(name, _)| covered(name)).collect();
    fields.sort_by(|one, other| order(&one.0, &other.0));
    let mut text: String = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    text.push_str(secret);
    let hex = |digest: &[u8]| data_encoding::HEXLOWER.encode(digest);
    match hash {
        PushHash::Sha1 => hex(&Sha1::digest(text)),
        PushHash::Sha256 => hex(&Sha256::digest(text)),
        PushHash::Sha512 => hex(&Sha512::digest(text)),
    }
}

/// Symbols before digits before letters, whatever their case; a shorter prefix first.
fn order(one: &str, other: &str) -> Ordering {
    let rank = |letter: char| {
        let class = if letter.is_alphabetic() { 2 } else { u8::from(letter.is_ascii_digit()) };
        (class, letter.to_ascii_lowercase())
    };
    one.chars().map(rank).cmp(other.chars().map(rank))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(signed: &Signed<'_>, secret: &str) -> String {
        signed.header(secret)
    }

    const OURS: &str = "0123456789ABCDEF0123456789ABCDEF";

    #[test]
    fn a_get_with_a_query_signs_as_published() {
        let signed = Signed {
            website_key: "foo",
            method: "GET",
            url: "example.com/json/someEndpoint?someParam=someValue",
            timestamp: "1447619979",
            nonce: "7bdb2ecc631c584b0ce10fd1b505df84",
            body: b"",
        };
        let expected =
            "hmac foo:g/mqa1gXAfqxvKvBDE5UCDXxJY8saQmoaeo1mwh/eIk=:7bdb2ecc631c584b0ce10fd1b505df84:1447619979";
        assert_eq!(header(&signed, "bar"), expected);
    }

    #[test]
    fn a_post_signs_as_published() {
        let signed = Signed {
            website_key: "test-store",
            method: "POST",
            url: "testcheckout.buckaroo.nl/json/Transaction",
            timestamp: "1767268800",
            nonce: "test-nonce",
            body: br#"{"AmountDebit":10,"Currency":"EUR"}"#,
        };
        let expected = "hmac test-store:U6hJjO60YbXetTom7+okFkAwY9sIbPitYqUk5cjFIOw=:test-nonce:1767268800";
        assert_eq!(header(&signed, "test-secret"), expected);
    }

    #[test]
    fn a_capture_signs_over_its_raw_bytes() {
        let body = br#"{"Currency":"EUR","AmountDebit":10.00,"Invoice":"TestInvoice 123","OriginalTransactionKey":"DC268356E5E943C689D3A034AABBCCDD","Services":{"ServiceList":[{"Name":"Billink","Action":"Capture"}]}}"#;
        let signed = Signed {
            website_key: "WEBKEY1234",
            method: "POST",
            url: "testcheckout.buckaroo.nl/json/Transaction",
            timestamp: "1605622335",
            nonce: "5f2b1c0e9d8a47b6a1c3e5f708192a3b",
            body,
        };
        assert_eq!(body.len(), 193);
        assert_eq!(signed.signature(OURS), "qNZgY2yNBdlCYcJwrrQ1S5Zq77KAZQkXZ63hKfQwLFw=");
    }

    #[test]
    fn a_specification_request_signs_its_query() {
        let signed = Signed {
            website_key: "WEBKEY1234",
            method: "GET",
            url: "testcheckout.buckaroo.nl/json/Transaction/Specification/billink?serviceVersion=0",
            timestamp: "1605622500",
            nonce: "00000000000000000000000000000001",
            body: b"",
        };
        assert_eq!(signed.signature(OURS), "t5wErWgdXhuJrFQoPtsLTTtJWupZK+jS6vROV/fj3i0=");
    }

    fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn form_fields_sign_as_published() {
        let common = [
            ("brq_statuscode", "190"),
            ("brq_statusmessage", "Transaction successfully processed"),
            ("brq_invoicenumber", "Test Transaction"),
            ("brq_amount", "1111.11"),
            ("brq_currency", "USD"),
            ("brq_timestamp", "2022-01-01 12:00:00"),
            ("brq_transactions", "0123456789ABCDEF0123456789ABCDEF"),
        ];
        let returned = [("brq_payment", "ABCDEF0123456789ABCDEF0123456789"), ("brq_payment_method", "paypal")];
        let pushed = [("brq_transaction_method", "paypal"), ("brq_transaction_type", "V010")];
        let digest = |extra: &[(&str, &str)]| {
            form_signature(&fields(&[&common[..], extra].concat()), "test_key_123", PushHash::Sha1)
        };
        assert_eq!(digest(&returned), "5d389aa4f563cd99666a2e6bef79da3d4a32eb50");
        assert_eq!(digest(&pushed), "9ba976c3a6a3d2d1b5b58d3aa8c2c6fe269a9c27");
    }

    #[test]
    fn a_billink_capture_form_signs_with_each_hash() {
        let body = "brq_amount=10.00&brq_currency=EUR&brq_invoicenumber=TestInvoice+123&brq_mutationtype=Collecting&brq_statuscode=190&brq_statuscode_detail=S990&brq_test=true&brq_timestamp=2020-11-17+14%3A32%3A16&brq_transaction_method=Billink&brq_transaction_type=C073&brq_transactions=F8EB2B42AB0A49ED83CFE14DAABBCCDD&brq_websitekey=WEBKEY1234&ADD_orderId=42";
        let fields: Vec<_> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        assert_eq!(form_signature(&fields, OURS, PushHash::Sha1), "ddf4d0a725acc11f7f41eb437610af02d6fcdab8");
        let sha256 = "3dac85c790494306c74b52850c4fc35ab6a80ce1ce8c5fdab9038e2504b20f40";
        assert_eq!(form_signature(&fields, OURS, PushHash::Sha256), sha256);
        let sha512 = "2d0712bc239ba0e53b02b91077d75649c7fa29e85ee5081434b005f8c841d9e634160b609ef7b984f175c44769f5de5164215b6c6448cd4d960698f3de6b74be";
        assert_eq!(form_signature(&fields, OURS, PushHash::Sha512), sha512);
    }

    #[test]
    fn a_header_needs_exactly_four_fields() {
        assert!(Header::read("hmac a:b:c:1605622500").is_some());
        for bad in [
            "a:b:c:1605622500",
            "HMAC a:b:c:1605622500",
            "hmac a:b:c",
            "hmac a:b:c:d:1605622500",
            "hmac a:b:c:1605622500000",
        ] {
            assert!(Header::read(bad).is_none(), "{bad}");
        }
    }
}
