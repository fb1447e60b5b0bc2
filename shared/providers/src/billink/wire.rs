//! Billink's answers and messages. Unknown fields are ignored.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, from_value};

use super::account::Names;
use crate::billink_common::Code;

/// Any answer: what a success holds, and the four shapes of a failure.
#[derive(Deserialize)]
pub(super) struct Answer {
    /// `MSG`, or `ERROR` in any case.
    pub(super) result: Option<String>,
    /// `success`, `error`, or how a session stands.
    pub(super) status: Option<String>,
    pub(super) code: Option<Code>,
    pub(super) error: Option<Nested>,
    pub(super) message: Option<String>,
    error_backend: Option<Backend>,
    /// The same without its envelope, as the page shows it for 416.
    http_status_code: Option<Code>,
    http_body: Option<Value>,
    pub(super) statuses: Option<Vec<Item>>,
    /// Of order info and of a payment.
    pub(super) invoices: Option<Vec<Item>>,
    #[serde(rename = "sessionID")]
    pub(super) session_id: Option<String>,
    #[serde(rename = "sessionURL")]
    pub(super) session_url: Option<String>,
    /// Billink's public number of the order to be.
    pub(super) invoice: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Nested {
    pub(super) code: Option<Code>,
}

/// What a proxy of Billink's says about the service behind it. The body is a text or an object.
#[derive(Deserialize)]
struct Backend {
    http_status_code: Option<Code>,
    http_body: Option<Value>,
}

impl Answer {
    /// The HTTP status of the service behind a proxy, 0 when it is not given, and what the service said.
    pub(super) fn proxied(&self) -> Option<(u16, &str)> {
        let enveloped = self.error_backend.as_ref().map(|backend| (&backend.http_status_code, &backend.http_body));
        let bare = || self.http_status_code.is_some().then_some((&self.http_status_code, &self.http_body));
        let (code, body) = enveloped.or_else(bare)?;
        let status = code.as_ref().and_then(|code| code.number()?.try_into().ok());
        let text = body.as_ref().and_then(|body| body.get("message").unwrap_or(body).as_str());
        Some((status.unwrap_or_default(), text.unwrap_or_default()))
    }
}

/// The name of an order's number where it is captured or credited.
pub(super) const NUMBER: &str = "number";

/// The fields of an order in an answer whose names a page prints.
pub(super) const PRINTED: [&str; 3] = ["code", "invoiceNumber", "message"];

/// How one order of a call fared, or stands.
#[derive(Deserialize)]
#[serde(try_from = "BTreeMap<String, Value>")]
pub(super) struct Item {
    /// In order info only of an order that cannot be told about.
    pub(super) code: Option<Code>,
    pub(super) invoice_number: Option<String>,
    pub(super) message: Option<String>,
    /// Of order info, under names that no page prints.
    more: BTreeMap<String, Value>,
}

impl TryFrom<BTreeMap<String, Value>> for Item {
    type Error = serde_json::Error;

    fn try_from(mut more: BTreeMap<String, Value>) -> Result<Self, Self::Error> {
        let [code, invoice_number, message] = PRINTED.map(|name| more.remove(name).unwrap_or_default());
        Ok(Self {
            code: from_value(code)?,
            invoice_number: from_value(invoice_number)?,
            message: from_value(message)?,
            more,
        })
    }
}

impl Item {
    pub(super) fn status(&self, names: &Names) -> Option<i64> {
        Code::deserialize(self.more.get(&names.status)?).ok()?.number()
    }

    /// Whether the merchant was paid: 1, as a number, a text or a truth.
    pub(super) fn is_paid_out(&self, names: &Names) -> bool {
        self.more.get(&names.paid_out).is_some_and(|value| *value == 1 || *value == "1" || *value == true)
    }
}
