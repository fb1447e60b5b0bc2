//! Billink's own types. Amounts, rates and quantities of a session are texts (Billink's own plugin converts them), the
//! amount of a credit is a number (the guide). Unknown fields are ignored in answers and messages.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::JsonDecimal;

/// Credentials are in the body; there is no header for them.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Credentials<'a> {
    #[serde(rename = "billinkUsername")]
    pub(super) username: &'a str,
    #[serde(rename = "billinkID")]
    pub(super) id: &'a str,
}

/// The body of `POST /v2/session/create`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateSession<'a> {
    pub(super) client: Client<'a>,
    pub(super) customer: Customer<'a>,
    pub(super) billing_address: Address<'a>,
    pub(super) shipping_address: Address<'a>,
    pub(super) transaction: Transaction<'a>,
}

#[derive(Serialize)]
pub(super) struct Client<'a> {
    #[serde(flatten)]
    pub(super) credentials: Credentials<'a>,
    #[serde(rename = "workflowNumber")]
    pub(super) workflow_number: &'a str,
    #[serde(rename = "returnURL")]
    pub(super) return_url: ReturnUrl<'a>,
}

/// Where the buyer comes back to, whatever happened.
#[derive(Serialize)]
pub(super) struct ReturnUrl<'a> {
    #[serde(rename = "successURL")]
    pub(super) success: &'a str,
    #[serde(rename = "failURL")]
    pub(super) fail: &'a str,
    #[serde(rename = "backURL")]
    pub(super) back: &'a str,
    #[serde(rename = "cancelURL")]
    pub(super) cancel: &'a str,
}

/// The buyer. What is not known is sent empty, as the plugin does.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Customer<'a> {
    pub(super) first_name: &'a str,
    pub(super) last_name: &'a str,
    pub(super) email: &'a str,
    pub(super) mobile: &'a str,
    pub(super) r#type: &'static str,
    pub(super) initials: &'a str,
    /// Its words are not published; the plugin always leaves it empty.
    pub(super) gender: &'static str,
    pub(super) birthdate: String,
    pub(super) company: &'a str,
    pub(super) company_number: &'a str,
    pub(super) pay_trust_score: u8,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Address<'a> {
    pub(super) street: &'a str,
    pub(super) house_number: &'a str,
    pub(super) house_extension: &'a str,
    pub(super) postal_code: &'a str,
    pub(super) city: &'a str,
    pub(super) country_code: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Transaction<'a> {
    pub(super) total_amount: String,
    pub(super) total_tax_amount: String,
    pub(super) purchase_country: &'a str,
    pub(super) purchase_currency: &'static str,
    pub(super) order_number: &'a str,
    pub(super) order_items: Vec<OrderItem<'a>>,
}

/// A line. `product_amount` and `product_tax_amount` are per unit, tax included and the tax alone.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderItem<'a> {
    pub(super) code: &'a str,
    pub(super) name: &'a str,
    pub(super) description: &'static str,
    pub(super) total_product_amount: String,
    pub(super) product_amount: String,
    pub(super) product_tax_amount: String,
    pub(super) tax_rate: String,
    pub(super) quantity: String,
}

/// The body of `POST /v2/session/status`.
#[derive(Serialize)]
pub(super) struct SessionStatus<'a> {
    #[serde(flatten)]
    pub(super) credentials: Credentials<'a>,
    #[serde(rename = "sessionID")]
    pub(super) session: &'a str,
}

/// The body of a call about one order.
#[derive(Serialize)]
pub(super) struct Invoices<'a, T> {
    #[serde(flatten)]
    pub(super) credentials: Credentials<'a>,
    pub(super) invoices: [T; 1],
}

/// What `POST /v2/client/workflow/start` starts.
#[derive(Serialize)]
pub(super) struct Start<'a> {
    pub(super) number: &'a str,
    #[serde(flatten)]
    pub(super) track_and_trace: BTreeMap<&'a str, &'a str>,
}

/// What `POST /v2/client/invoice/credit` gives back.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Credit<'a> {
    pub(super) credit_amount: JsonDecimal,
    pub(super) description: String,
    pub(super) number: &'a str,
}

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
    pub(super) error_backend: Option<Backend>,
    /// The same without its envelope, as the page shows it for 416.
    #[serde(flatten)]
    pub(super) backend: Backend,
    pub(super) statuses: Option<Vec<Item>>,
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
pub(super) struct Backend {
    pub(super) http_status_code: Option<Code>,
    http_body: Option<Value>,
}

impl Backend {
    /// What it says, in which fields can be named.
    pub(super) fn text(&self) -> &str {
        let body = self.http_body.as_ref();
        body.and_then(|body| body.get("message").unwrap_or(body).as_str()).unwrap_or_default()
    }
}

/// How one order of a call fared.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    pub(super) code: Code,
    pub(super) invoice_number: Option<String>,
    pub(super) message: Option<String>,
}

/// A code: the guide shows it as text and as a number.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Code {
    Number(i64),
    Text(String),
}

impl Code {
    /// Its number, leading zeros aside; none when it is another word.
    pub(super) fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
        }
    }
}

/// A session's or an order's webhook. The two have no field in common.
#[derive(Deserialize)]
pub(super) struct Webhook {
    /// Of a session.
    pub(super) status: Option<String>,
    #[serde(rename = "invoiceNumber")]
    pub(super) order_number: Option<String>,
    #[serde(rename = "billinkInvoiceNumber")]
    pub(super) public_number: Option<String>,
    /// Of an order.
    pub(super) event: Option<String>,
    pub(super) invoice_number_clean: Option<String>,
    pub(super) invoice_number: Option<String>,
    pub(super) order_id: Option<String>,
}
