//! Webhooks: a static key in a header proves little, so a message only makes us look and tells about the receivable.

use payment::{Amount, Currency, ReceivableMessage, ReceivableNews};
use serde_json::value::RawValue;

use super::map::{LOOKS, news};
use super::wire;
use crate::account::WebhookKeys;
use crate::billie::{bare_key, time};
use crate::inbound::printable;
use crate::{Addressee, Evidence, Inbound, JsonDecimal, Message, NotAuthentic};

pub(super) fn receive(keys: &WebhookKeys, inbound: Inbound<'_>) -> Result<Message, NotAuthentic> {
    if inbound.media_type().as_deref() != Some("application/json") {
        return Err(NotAuthentic::MediaType);
    }
    if keys.is_in(inbound.headers, bare_key) { read(inbound) } else { Err(NotAuthentic::Forged) }
}

/// What a message says, whoever sent it.
pub(super) fn read(inbound: Inbound<'_>) -> Result<Message, NotAuthentic> {
    let event: wire::Event = serde_json::from_slice(inbound.body).map_err(|_| NotAuthentic::Unreadable)?;
    let news = news(&event.event);
    let known = news.is_some() || LOOKS.contains(&event.event.as_str());
    let owed = event.open_amount.0.or(event.open_amount_in_the_guide.0);
    let outstanding = owed.as_deref().and_then(amount);
    let paid = event.amount.0.as_deref().filter(|_| news == Some(ReceivableNews::BuyerPaid)).and_then(amount);
    let order = event.order_uuid.0.map(|id| Addressee::ProviderReference(id.0));
    let names = [event.order_id.0, event.external_code.0];
    Ok(Message {
        addressees: order.into_iter().chain(names.into_iter().flatten().map(Addressee::Reference)).collect(),
        evidence: Evidence::Hint,
        receivable: news.map(|news| ReceivableMessage {
            outstanding,
            paid,
            detail: Some(event.event.clone()),
            capture_reference: event.invoice_uuid.0.map(|id| id.0),
            occurred_at: event.created_at.0.as_deref().and_then(time),
            ..ReceivableMessage::of(news)
        }),
        unrecognized: (!known).then(|| printable(&event.event)),
        // Event, order, invoice and time are all in the body, and two payments of one second differ only there.
        identity: inbound.body_hash(),
    })
}

/// Decimal euros as a text, a number, or the gross part of an object.
fn amount(raw: &RawValue) -> Option<Amount> {
    let plain = serde_json::from_str::<JsonDecimal>(raw.get());
    let decimal = plain.or_else(|_| serde_json::from_str::<wire::Gross>(raw.get()).map(|whole| whole.gross)).ok()?;
    decimal.amount(Currency::EUR).ok()
}
