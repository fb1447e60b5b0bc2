//! Webhooks about orders and sessions, unsigned or signed.
//!
//! Sources: developers.billink.nl/webhooks/order-webhook, webhooks/session-webhook, webhooks-v3.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::Sha256;

use super::ledger::Order;
use crate::json::{Json, map};
use crate::webhooks::{Hook, Sign};

/// Where webhooks go, and the secret if they are signed.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) url: String,
    pub(crate) secret: Option<String>,
}

/// The webhook of an event of an order; a signed one claims to be sent so many seconds ago.
pub(crate) fn order(target: &Target, order: &Order, event: &str, now: Timestamp, age: i64) -> Hook {
    let mut body = map! {
        "order_id": order.id.to_string(),
        "invoice_number": &order.public,
        "invoice_number_clean": &order.number,
        "workflow_id": &order.workflow,
        "event": event,
        "timestamp": local(now),
    };
    if let Some(custom) = &order.custom {
        body = body.with("custom_invoice_id", custom);
    }
    hook(target, event, &order.number, &body, age)
}

/// Any webhook; a signed one claims to be sent so many seconds ago.
pub(crate) fn hook(target: &Target, event: &str, about: &str, body: &Json, age: i64) -> Hook {
    Hook {
        event: event.to_owned(),
        about: about.to_owned(),
        url: target.url.clone(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_string(),
        sign: target.secret.clone().map(|secret| sign(secret, age)),
    }
}

/// Every attempt is signed with the time of the receiver's world; the delivery id stays.
fn sign(secret: String, age: i64) -> Sign {
    let id = uuid::Uuid::new_v4().to_string();
    Box::new(move |body, now| {
        let time = (now.as_second() - age).to_string();
        vec![
            ("X-Billink-Signature".to_owned(), signature(&secret, &time, body)),
            ("X-Billink-Timestamp".to_owned(), time),
            ("X-Billink-Webhook-Id".to_owned(), id.clone()),
        ]
    })
}

/// HMAC-SHA256 over timestamp and body, in hexadecimal; the secret's text itself is the key.
fn signature(secret: &str, time: &str, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(time.as_bytes());
    mac.update(body.as_bytes());
    data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes())
}

/// `2025-01-31 12:00:00` in Amsterdam.
fn local(at: Timestamp) -> String {
    at.to_zoned(TimeZone::get("Europe/Amsterdam").unwrap_or(TimeZone::UTC)).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
