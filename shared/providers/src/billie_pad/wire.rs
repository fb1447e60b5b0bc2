//! Billie's types. Unknown fields are ignored; personal fields cannot be printed.

use std::collections::BTreeMap;

use jiff::civil::Date;
use payment::{Currency, DebtorAddress, Personal, TaxedAmount};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use url::Url;

use crate::JsonDecimal;
use crate::inbound::is_id;

/// Euros with two decimals, as JSON numbers; net + tax = gross.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub(super) struct Money(pub(super) TaxedAmount);

#[derive(Serialize, Deserialize)]
struct Parts {
    net: JsonDecimal,
    tax: JsonDecimal,
    gross: JsonDecimal,
}

impl TryFrom<Parts> for Money {
    type Error = &'static str;

    fn try_from(parts: Parts) -> Result<Self, Self::Error> {
        let minor = |part: JsonDecimal| part.amount(Currency::EUR).map_err(|_| "an amount is not in whole cents");
        let (net, tax, gross) = (minor(parts.net)?, minor(parts.tax)?, minor(parts.gross)?);
        if net.plus(tax) == Some(gross) {
            Ok(Self(TaxedAmount::new(gross, net)))
        } else {
            Err("net and tax are not gross")
        }
    }
}

impl From<Money> for Parts {
    fn from(Money(amount): Money) -> Self {
        let decimal = |part| JsonDecimal::of(part, Currency::EUR);
        Self { net: decimal(amount.net()), tax: decimal(amount.tax()), gross: decimal(amount.gross()) }
    }
}

/// An id of theirs: a UUID as far as we know, and in any case harmless in an address.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Id(pub(super) String);

impl TryFrom<String> for Id {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if is_id(&text) { Ok(Self(text)) } else { Err("not an id") }
    }
}

/// A part of an answer that may be missing, or unreadable without spoiling the rest: who needs it finds nothing.
pub(super) struct Part<T>(pub(super) Option<T>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Option::<Box<RawValue>>::deserialize(deserializer)?;
        Ok(Self(raw.and_then(|raw| serde_json::from_str(raw.get()).ok())))
    }
}

/// Answer of `POST /hpp-checkout-sessions`.
#[derive(Deserialize)]
pub(super) struct PageSession {
    pub(super) session_id: Id,
    pub(super) hpp_url: Url,
    pub(super) expires_at: Option<String>,
}

/// Answer of `POST /checkout-sessions`.
#[derive(Deserialize)]
pub(super) struct WidgetSession {
    pub(super) id: Id,
}

/// Answer of `POST /invoices` and `POST /invoices/{uuid}/credit-notes`.
#[derive(Deserialize)]
pub(super) struct Created {
    pub(super) uuid: Id,
}

/// Answer of `GET /checkout-sessions/{session_id}/authorization`: the session's last authorization.
#[derive(Deserialize)]
pub(super) struct Authorization {
    pub(super) state: Option<String>,
    pub(super) decline_reason: Option<String>,
    pub(super) debtor: Part<AuthorizedDebtor>,
}

/// The buyer as Billie identified it, to be sent back unchanged.
#[derive(Serialize, Deserialize)]
pub(super) struct AuthorizedDebtor {
    pub(super) name: Personal<String>,
    pub(super) company_address: Personal<Box<RawValue>>,
}

/// What the widget's promise resolves with, as far as it is sent back, to the letter.
#[derive(Deserialize)]
pub(super) struct Resolved {
    /// Flat.
    pub(super) debtor_company: BTreeMap<String, Personal<Box<RawValue>>>,
    pub(super) delivery_address: Option<Personal<Box<RawValue>>>,
}

/// An order: the answer of create, confirm and get.
#[derive(Deserialize)]
pub(super) struct Order {
    pub(super) uuid: Id,
    pub(super) state: String,
    pub(super) decline_reason: Option<String>,
    pub(super) external_code: Option<String>,
    pub(super) amount: Part<Money>,
    pub(super) unshipped_amount: Part<Gross>,
    pub(super) debtor: Part<Debtor>,
    pub(super) invoices: Part<Vec<Invoice>>,
    pub(super) payment_methods: Part<Vec<PaymentMethod>>,
}

/// The tax-included part of an amount.
#[derive(Deserialize)]
pub(super) struct Gross {
    pub(super) gross: JsonDecimal,
}

/// The buyer, with the virtual account that is the buyer's own.
#[derive(Deserialize)]
pub(super) struct Debtor {
    pub(super) name: Option<Personal<String>>,
    pub(super) company_address: Part<DebtorAddress>,
    pub(super) bank_account: Option<BankAccount>,
}

#[derive(Deserialize)]
pub(super) struct BankAccount {
    pub(super) iban: Option<Personal<String>>,
    pub(super) bic: Option<Personal<String>>,
}

#[derive(Deserialize)]
pub(super) struct PaymentMethod {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) data: Option<BankAccount>,
}

/// An invoice, in an order or by itself.
#[derive(Deserialize)]
pub(super) struct Invoice {
    pub(super) uuid: Id,
    pub(super) invoice_number: Option<String>,
    pub(super) amount: Part<Money>,
    pub(super) state: Option<String>,
    pub(super) outstanding_amount: Part<JsonDecimal>,
    pub(super) due_date: Part<Date>,
}

/// The body of a 4xx.
#[derive(Deserialize)]
pub(super) struct Errors {
    pub(super) errors: Vec<ErrorItem>,
}

#[derive(Deserialize)]
pub(super) struct ErrorItem {
    pub(super) code: String,
    /// The field, on validation errors.
    pub(super) source: Option<String>,
}

/// A webhook. `order_created` names the order `external_code` and carries `amount` as an object.
#[derive(Deserialize)]
pub(super) struct Event {
    pub(super) event: String,
    pub(super) order_uuid: Part<Id>,
    pub(super) order_id: Part<String>,
    pub(super) external_code: Part<String>,
    /// Not in the guide's examples of payments.
    pub(super) created_at: Part<String>,
    /// On events about one invoice.
    pub(super) invoice_uuid: Part<Id>,
    /// The sum of paid amounts; in `order_created` what was ordered.
    pub(super) amount: Part<Box<RawValue>>,
    pub(super) open_amount: Part<Box<RawValue>>,
    /// The guide's spelling.
    #[serde(rename = "open amount")]
    pub(super) open_amount_in_the_guide: Part<Box<RawValue>>,
}
