//! The merchant's account document.

use std::collections::BTreeMap;

use serde::Deserialize;

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
    /// Our name of a field of a payment or of order info to Billink's: `number`, `amount`, `description`, `status`, `paidOut`.
    /// [inferred] They are v1's in the spelling of v2.
    names: BTreeMap<String, String>,
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
            names: BTreeMap::new(),
            signature_header: SIGNATURE_HEADER.into(),
            timestamp_header: TIMESTAMP_HEADER.into(),
            decode_webhook_secrets: false,
        }
    }
}

impl Wire {
    /// Billink's name of a field that no page prints.
    pub(super) fn name<'a>(&'a self, ours: &'a str) -> &'a str {
        self.names.get(ours).map_or(ours, String::as_str)
    }
}

impl account::Wire for Wire {
    fn signatures(&self) -> (&str, &str, bool) {
        (&self.signature_header, &self.timestamp_header, self.decode_webhook_secrets)
    }
}
