//! The provider's own part of an order, and the guide's rules for it.

use payment::{Order, OrderError};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::order::told;

/// How the buyer pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Method {
    #[default]
    CreditCard,
    BankAccount,
    /// A page of the gateway's.
    Hpp,
}

/// What is stored of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StorageMode {
    Cc,
    /// "The most flexible option" of the guide.
    CcToken,
    Token,
    /// Only where no card is.
    NoCc,
}

/// An order's `options`.
#[derive(Deserialize)]
pub(super) struct Options {
    pub(super) customer_id: u64,
    #[serde(default)]
    pub(super) method: Method,
    #[serde(default = "yes")]
    pub(super) is_payment: bool,
    storage_mode: Option<StorageMode>,
    #[serde(default)]
    pub(super) retain: bool,
    #[serde(default)]
    pub(super) is_primary: bool,
    #[serde(default)]
    pub(super) is_enrol: bool,
    #[serde(default, deserialize_with = "number_or_text")]
    pub(super) payment_method_id: Option<u64>,
    pub(super) subscription_id: Option<u64>,
    gateway_id: Option<u64>,
}

/// A number as the guide has it, or the text that a payment shows as its `payment_method`.
fn number_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    number(&value).map(Some).ok_or_else(|| D::Error::custom(ID))
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).filter(|id| *id > 0)
}

const fn yes() -> bool {
    true
}

impl Options {
    /// The options of an order that broke no rule.
    pub(super) fn of(order: &Order) -> Option<Self> {
        serde_json::from_value(Value::Object(given(order))).ok()
    }

    pub(super) fn storage_mode(&self) -> StorageMode {
        let usual = if self.method == Method::BankAccount { StorageMode::NoCc } else { StorageMode::CcToken };
        self.storage_mode.unwrap_or(usual)
    }

    /// The gateway, where one has something to do.
    pub(super) fn gateway_id(&self, usual: Option<u64>) -> Option<u64> {
        self.gateway_id.or(usual).filter(|_| self.uses_gateway())
    }

    fn uses_gateway(&self) -> bool {
        let tokenises = matches!(self.storage_mode(), StorageMode::CcToken | StorageMode::Token);
        self.is_payment || (self.method != Method::BankAccount && (self.is_enrol || tokenises))
    }
}

/// The options that there are.
pub(super) const NAMES: [&str; 10] = [
    "customer_id",
    "method",
    "is_payment",
    "storage_mode",
    "retain",
    "is_primary",
    "is_enrol",
    "payment_method_id",
    "subscription_id",
    "gateway_id",
];

/// An option: whether a value fits, and the rule where it does not.
type Shape = (&'static str, fn(&Value) -> bool, &'static str);

const ID: &str = "must be a whole number from 1";
const FLAG: &str = "must be true or false";

const SHAPES: [Shape; NAMES.len()] = [
    ("customer_id", is_id, ID),
    ("method", is_word::<Method>, "must be one of credit_card, bank_account, hpp"),
    ("is_payment", Value::is_boolean, FLAG),
    ("storage_mode", is_word::<StorageMode>, "must be one of cc, cc_token, token, no_cc"),
    ("retain", Value::is_boolean, FLAG),
    ("is_primary", Value::is_boolean, FLAG),
    ("is_enrol", Value::is_boolean, FLAG),
    ("payment_method_id", |value| number(value).is_some(), ID),
    ("subscription_id", is_id, ID),
    ("gateway_id", is_id, ID),
];

fn is_id(value: &Value) -> bool {
    value.as_u64().is_some_and(|id| id > 0)
}

fn is_word<T: DeserializeOwned>(value: &Value) -> bool {
    value.is_string() && T::deserialize(value).is_ok()
}

/// Options that are null are not given.
fn given(order: &Order) -> Map<String, Value> {
    let options = order.options.as_object().cloned().unwrap_or_default();
    options.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

/// Every rule that the order breaks. That there is a `customer_id` is in the capabilities.
pub(super) fn broken(order: &Order, usual_gateway: Option<u64>) -> Vec<OrderError> {
    let misshapen: Vec<_> = given(order).iter().filter_map(|(name, value)| misshapen(name, value)).collect();
    match Options::of(order) {
        Some(options) if misshapen.is_empty() => broken_together(order, &options, usual_gateway),
        _ => misshapen,
    }
}

fn misshapen(name: &str, value: &Value) -> Option<OrderError> {
    let (_, fits, rule) = SHAPES.iter().find(|(known, ..)| *known == name)?;
    (!fits(value)).then(|| OrderError::at(format!("/options/{name}"), *rule))
}

/// The field rules of the guide's "INPUT PARAMETERS".
fn broken_together(order: &Order, options: &Options, usual_gateway: Option<u64>) -> Vec<OrderError> {
    let Options { is_payment, is_enrol, retain, payment_method_id, subscription_id, gateway_id, .. } = options;
    let bank = options.method == Method::BankAccount;
    let must_retain = payment_method_id.is_some() || options.is_primary || *is_enrol;
    let no_gateway = options.uses_gateway() && options.gateway_id(usual_gateway).is_none();
    let idle_gateway = gateway_id.is_some() && !options.uses_gateway();
    let rules = [
        (!is_payment && !order.amount.is_zero(), "/amount", "must be 0 when is_payment is false"),
        (*is_payment && order.amount.is_zero(), "/amount", "must be at least 1 minor unit unless is_payment is false"),
        // Their amounts have at most two decimals.
        (order.currency.exponent().is_some_and(|places| places > 2), "/currency", "must have at most 2 decimal places"),
        (must_retain && !retain, "/options/retain", "must be true with payment_method_id, is_primary or is_enrol"),
        (no_gateway, "/options/gateway_id", "is required for a payment, and to tokenise or enrol a card"),
        (idle_gateway, "/options/gateway_id", "is only for a payment, and to tokenise or enrol a card"),
        (
            payment_method_id.is_some() && !is_payment && !is_enrol,
            "/options/payment_method_id",
            "is only for a payment or an enrolment",
        ),
        (
            subscription_id.is_some() && !(bank && *is_enrol),
            "/options/subscription_id",
            "is only for a bank account that is enrolled",
        ),
        (
            options.storage_mode() == StorageMode::NoCc && !bank,
            "/options/storage_mode",
            "must not be no_cc unless the method is bank_account",
        ),
    ];
    told(rules).collect()
}
