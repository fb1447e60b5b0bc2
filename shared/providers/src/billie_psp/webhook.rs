//! Messages. Billie cannot be read here, so one that carries the agreed key is the best evidence that there is.

use data_encoding::HEXLOWER;
use http::{HeaderMap, HeaderName};
use payment::{Attestation, News, OrderNews, ReceivableNews};
use secrecy::ExposeSecret;
use serde_json::Value;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::account::{Account, Wire, WebhookKey};
use super::map::{Verdict, dispute_result, verdict};
use super::wire::{Event, Id};
use crate::{Addressee, Evidence, Inbound, Message, NotAuthentic, ReceivableMessage};

pub(super) fn receive(account: &Account, inbound: Inbound<'_>) -> Result<Message, NotAuthentic> {
    let authentic = is_authentic(&account.webhook_keys, inbound.headers);
    if authentic { read(&account.wire, inbound) } else { Err(NotAuthentic::Forged) }
}

/// What a message says, whoever sent it.
pub(super) fn read(wire: &Wire, inbound: Inbound<'_>) -> Result<Message, NotAuthentic> {
    let body: Value = serde_json::from_slice(inbound.body).map_err(|_| NotAuthentic::Unreadable)?;
    let event: Event = serde_json::from_value(wire.inward(&body)).map_err(|_| NotAuthentic::Unreadable)?;
    let says = says(&event);
    let ids = [event.order_id, event.capture_id, event.dispute_id].into_iter().flatten();
    let mut message = Message {
        addressees: ids.map(|Id(id)| Addressee::ProviderReference(id)).collect(),
        evidence: Evidence::Hint,
        receivable: None,
        unrecognized: None,
        identity: HEXLOWER.encode(&Sha256::digest(inbound.body)),
    };
    match says {
        Some(Says::Order(news)) => {
            let news = News { order: Some(news), operations: Vec::new() };
            message.evidence = Evidence::Attested(Attestation::attested(news));
        }
        Some(Says::Receivable(news)) => message.receivable = Some(ReceivableMessage { news, outstanding: None }),
        None => message.unrecognized = Some("billie_psp".to_owned()),
    }
    Ok(message)
}

#[expect(clippy::large_enum_variant, reason = "one at a time, never in a collection")]
enum Says {
    Order(OrderNews),
    Receivable(ReceivableNews),
}

/// What an event says, told by its fields, since none has a name; none for what nobody knows.
fn says(event: &Event) -> Option<Says> {
    if event.dispute_id.is_some() {
        let opened = event.reason_code.is_some() && event.capture_id.is_some();
        let news = match &event.dispute_result {
            Some(result) => dispute_result(result)?,
            None => Some(ReceivableNews::Disputed).filter(|_| opened)?,
        };
        return Some(Says::Receivable(news));
    }
    let Id(order) = event.order_id.clone()?;
    let success = event.success.as_ref().map(of_success);
    let status = event.status.as_deref().map(verdict);
    // Two fields that do not agree, or one that nobody knows, prove nothing.
    let verdict = match (success, status) {
        (Some(success), None) => success?,
        (None, Some(status)) => status?,
        (Some(success), Some(status)) if success == status => success?,
        _ => return None,
    };
    Some(Says::Order(OrderNews { provider_reference: Some(order), ..OrderNews::of(verdict.state()) }))
}

fn of_success(success: &Value) -> Option<Verdict> {
    match (success.as_bool(), success.as_str()) {
        (Some(true), _) | (_, Some("true")) => Some(Verdict::Authorized),
        (Some(false), _) | (_, Some("false")) => Some(Verdict::Declined),
        _ => None,
    }
}

/// Whether any of the account's keys is there. All are compared, and hashes of equal length, so that time tells nothing.
fn is_authentic(keys: &[WebhookKey], headers: &HeaderMap) -> bool {
    let mut found = Choice::from(0);
    for WebhookKey { header, value } in keys {
        let Ok(name) = header.parse::<HeaderName>() else { continue };
        let wanted = Sha256::digest(value.expose_secret().as_bytes());
        for given in headers.get_all(&name) {
            found |= Sha256::digest(given.as_bytes()).ct_eq(&wanted);
        }
    }
    found.into()
}
