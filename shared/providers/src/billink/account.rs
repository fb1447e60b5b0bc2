//! The merchant's account document.

use jiff::civil::Date;
use jiff::fmt::strtime;
use serde::Deserialize;
use serde_json::Value;

use super::wire::{NUMBER, PRINTED};
use crate::AccountError;
use crate::account::{check, own_names};
use crate::billink_common::account;
use crate::billink_common::webhook::{SIGNATURE_HEADER, TIMESTAMP_HEADER};

/// One client of Billink.
pub(super) type Account = account::Account<Wire>;

/// The paths, and everything on the wire that no page of the provider says for sure.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wire {
    pub(super) create_session: String,
    pub(super) session_status: String,
    pub(super) start_workflow: String,
    pub(super) credit: String,
    /// [inferred] The page is stored, its path is not.
    pub(super) order_info: String,
    /// [inferred] These four like it.
    pub(super) payment: String,
    pub(super) on_hold: String,
    pub(super) resume: String,
    pub(super) message: String,
    /// The carrier's number when a workflow starts: v1's `TRACKANDTRACE` in the spelling of v2; not sent when empty.
    pub(super) track_and_trace: String,
    /// v1's form of a date.
    pub(super) birth_date: String,
    pub(super) names: Names,
    signature_header: String,
    timestamp_header: String,
    /// Whether a secret's Base64 has to be decoded; "use this value as the secret" says no.
    decode_webhook_secrets: bool,
}

impl Default for Wire {
    fn default() -> Self {
        Self {
            create_session: "v2/session/create".into(),
            session_status: "v2/session/status".into(),
            start_workflow: "v2/client/workflow/start".into(),
            credit: "v2/client/invoice/credit".into(),
            order_info: "v2/client/order/info".into(),
            payment: "v2/client/invoice/payment".into(),
            on_hold: "v2/client/order/on-hold".into(),
            resume: "v2/client/order/resume".into(),
            message: "v2/client/order/message".into(),
            track_and_trace: "trackAndTrace".into(),
            birth_date: "%d-%m-%Y".into(),
            names: Names::default(),
            signature_header: SIGNATURE_HEADER.into(),
            timestamp_header: TIMESTAMP_HEADER.into(),
            decode_webhook_secrets: false,
        }
    }
}

/// Billink's names of the fields of a payment and of order info, by ours. [inferred] They are v1's in the spelling of v2.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Names {
    /// Of the order, where it is paid and where it is asked about.
    pub(super) number: String,
    pub(super) amount: String,
    pub(super) description: String,
    /// Of order info.
    pub(super) status: String,
    pub(super) paid_out: String,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            number: "number".into(),
            amount: "amount".into(),
            description: "description".into(),
            status: "status".into(),
            paid_out: "paidOut".into(),
        }
    }
}

/// Reads the document and checks what its types cannot say.
pub(super) fn parse(document: &Value) -> Result<Account, AccountError> {
    let account = Account::parse(document)?;
    let tracks = account.wire.track_and_trace != NUMBER;
    let dates = strtime::format(&account.wire.birth_date, Date::MIN).is_ok();
    check([
        (tracks, "wire/track_and_trace", "must not be the name of another field"),
        (dates, "wire/birth_date", "must be a pattern of a date, as %d-%m-%Y"),
    ])?;
    let Names { number, amount, description, status, paid_out } = &account.wire.names;
    let of_payment = [("number", number), ("amount", amount), ("description", description)];
    let of_order_info = [("status", status), ("paidOut", paid_out)];
    own_names(of_payment.map(|(ours, theirs)| (ours, theirs.clone())))?;
    let printed = PRINTED.map(|name| (name, name.to_owned()));
    own_names(printed.into_iter().chain(of_order_info.map(|(ours, theirs)| (ours, theirs.clone()))))?;
    Ok(account)
}

impl account::Wire for Wire {
    fn signatures(&self) -> (&str, &str, bool) {
        (&self.signature_header, &self.timestamp_header, self.decode_webhook_secrets)
    }
}
