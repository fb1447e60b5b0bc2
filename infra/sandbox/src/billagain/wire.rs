//! BillAgain's JSON: transactions, payments, gateways.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Settings;
use super::books::{Payment, Stage, Transaction};
use crate::json::{Json, map};
use crate::money;

/// A gateway of the account.
pub(crate) struct Gateway {
    pub(crate) id: i64,
    name: &'static str,
    token: &'static str,
    pub(crate) card: bool,
    pub(crate) bank: bool,
}

/// One for cards, which is the primary one, and one for bank accounts.
pub(crate) const GATEWAYS: [Gateway; 2] = [
    Gateway {
        id: super::CARD_GATEWAY_ID,
        name: "SandboxCards",
        token: "7a5cf2c8-0f0e-4a3c-9a51-5a0db0c00099",
        card: true,
        bank: false,
    },
    Gateway {
        id: super::BANK_GATEWAY_ID,
        name: "SandboxDebits",
        token: "7a5cf2c8-0f0e-4a3c-9a51-5a0db0c00098",
        card: false,
        bank: true,
    },
];

impl Gateway {
    pub(crate) fn json(&self) -> Json {
        map! {
            "gatewayID": self.id,
            "GatewayToken": self.token,
            "GatewayName": self.name,
            "FriendlyName": self.name,
            "GatewayType": if self.card { "credit_card" } else { "bank_account" },
            "isActive": true,
            "isTestMode": true,
            "isAcceptCC": self.card,
            "isAcceptBankDD": self.bank,
            "isEnabled": true,
            "isPrimary": self.card,
            "isManualRecon": false,
        }
    }
}

/// `2016-04-03T15:26:05.7987439Z`
pub(crate) fn time(at: Timestamp, settings: &Settings) -> String {
    let format = if settings.ticks { "%Y-%m-%dT%H:%M:%S%.7fZ" } else { "%Y-%m-%dT%H:%M:%SZ" };
    at.to_zoned(TimeZone::UTC).strftime(format).to_string()
}

fn number(minor: i64) -> Json {
    Json::Number(if minor == 0 { "0".to_owned() } else { money::two_places(minor) })
}

/// The 29 fields, two of which are called `Description` in the documentation.
pub(crate) fn transaction(one: &Transaction, settings: &Settings) -> Json {
    let (wanted, notified) = (&one.wanted, &one.notified);
    let at = |moment: Option<Timestamp>| moment.map(|moment| time(moment, settings));
    let result = if settings.duplicate_description { "Description" } else { &settings.result_name };
    let told = map! {
        "transactionID": &one.id,
        "customerID": wanted.customer,
        "Token": &one.token,
        "Mode": "redirect",
        "Method": &wanted.method,
        "isPayment": wanted.is_payment,
        "StorageMode": &wanted.storage,
        "paymentMethod_retainOnSuccess": wanted.retain,
        "paymentMethod_isPrimary": wanted.primary,
        "paymentMethod_isEnrol": wanted.enrol,
        "subscriptionID": wanted.subscription,
        "gatewayID": wanted.gateway,
        "paymentMethodID": one.method,
        // Null stands for an id that is not there, and so does 0: the page of payments has it for `invoiceID`.
        "paymentID": one.payment.unwrap_or_default(),
        "CurrencyCode": &wanted.currency,
        "Amount": number(wanted.amount),
        "Description": wanted.description.clone(),
        "isCancelled": one.stage == Stage::Cancelled,
        "isSubmitted": matches!(one.stage, Stage::Submitted | Stage::Complete | Stage::Failed),
        "isComplete": one.stage == Stage::Complete,
        "threwError": one.stage == Stage::Failed,
    };
    let told = told.with(result, one.result).with("RedirectUrl", wanted.redirect_url.clone());
    told.with("NotifyUrl", wanted.notify_url.clone())
        .with("notify_Date", at(notified.first))
        .with("notify_NumTries", notified.tries)
        .with("notify_LastTryDate", at(notified.last))
        .with("notify_FailedMessage", notified.failure.clone())
        .with("DateCreated", time(one.created, settings))
}

/// A payment that is not allocated to any invoice.
pub(crate) fn payment(one: &Payment, settings: &Settings) -> Json {
    map! {
        "paymentID": one.id,
        "customerID": one.customer,
        "Status": one.status,
        "Date": time(one.date, settings),
        "CurrencyCode": &one.currency,
        "Amount": number(one.amount),
        "Method": &one.method,
        "Ref": &one.transaction,
        "Memo": "",
        "Allocations": Vec::<Json>::new(),
    }
}

/// Adds one unit of the currency to the amount of an answer.
pub(crate) fn distort(body: &mut Json) {
    if let Some(Json::Number(literal)) = body.get_mut("Amount")
        && let Some(minor) = money::minor(literal)
    {
        *literal = money::two_places(minor + 100);
    }
}
