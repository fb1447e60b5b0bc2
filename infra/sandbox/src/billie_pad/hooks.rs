//! Webhooks: a POST with the agreed key in the agreed header, nothing signed.
//!
//! Source: docs.billie.io/docs/webhooks.

use jiff::Timestamp;

use super::books::{Invoice, Order};
use super::{Settings, State, wire};
use crate::json::{Json, map};
use crate::webhooks::Hook;

/// The webhook of an event of an order. `order_created` carries the order's beginning, the others its names.
pub(crate) fn about_order(state: &State, event: &str, order: &Order, now: Timestamp) -> Option<Hook> {
    let body = if event == "order_created" {
        map! {
            "event": event,
            "external_code": order.external_code.clone(),
            "amount": order.amount.strings(),
            "debtor": wire::short_debtor(&order.company),
        }
    } else {
        names(event, order, now)
    };
    hook(&state.settings, event, &order.uuid, &body)
}

/// The webhook of an event of an invoice.
pub(crate) fn about_invoice(state: &State, event: &str, invoice: &Invoice, now: Timestamp) -> Option<Hook> {
    let order = state.books.order(&invoice.order)?;
    let body = names(event, order, now).with("invoice_uuid", &invoice.uuid);
    hook(&state.settings, event, &order.uuid, &body)
}

/// Event, names and time.
pub(crate) fn names(event: &str, order: &Order, now: Timestamp) -> Json {
    map! {
        "event": event,
        "order_id": order.external_code.clone(),
        "created_at": wire::time(now),
        "order_uuid": &order.uuid,
    }
}

/// A webhook with any body, if a URL is registered.
pub(crate) fn hook(settings: &Settings, event: &str, order: &str, body: &Json) -> Option<Hook> {
    let url = settings.webhook_url.clone()?;
    let key = match settings.webhook_header.to_ascii_lowercase().as_str() {
        "authorization" => format!("Basic {}", settings.webhook_key),
        _ => settings.webhook_key.clone(),
    };
    let headers =
        vec![("content-type".to_owned(), "application/json".to_owned()), (settings.webhook_header.clone(), key)];
    Some(Hook { event: event.to_owned(), about: order.to_owned(), url, headers, body: body.to_string(), sign: None })
}
