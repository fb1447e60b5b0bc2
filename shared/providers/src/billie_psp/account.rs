//! A payment service provider's account at Billie, and one of its merchants, as the document gives it.

use std::collections::BTreeMap;

use payment::{Operation, OperationKind, Payment};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::map::{STATES, Verdict, verdict};
use crate::account::{
    BaseUrl, BasicCredentials, SessionSeconds, WebhookKeys, before_colon, check, filled, read, segments,
};
use crate::{AccountError, Request, billie};

/// Where a path takes the id of what it is about.
const ID: &str = "{id}";

/// What is done with an order. A confirmation goes back as the widget gave it.
const OF_ORDERS: [OperationKind; 4] =
    [OperationKind::Capture, OperationKind::Refund, OperationKind::Cancel, OperationKind::Amend];

/// The account. Nothing in it can be printed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    /// No page names a host.
    base_url: BaseUrl,
    username: String,
    password: SecretString,
    /// Billie's id of the merchant, where the activation was not made here.
    #[serde(default)]
    pub(super) merchant_id: Option<String>,
    /// Named only when a merchant is activated.
    #[serde(default)]
    pub(super) psp_id: Option<String>,
    #[serde(default)]
    pub(super) webhook_keys: WebhookKeys,
    #[serde(default)]
    pub(super) wire: Wire,
}

/// What no public page gives: half the paths, every field name, and where the widget's script is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wire {
    /// docs.billie.io gives this path.
    pub(super) activate_path: String,
    pub(super) payment_page_path: String,
    pub(super) widget_path: String,
    pub(super) refund_path: String,
    pub(super) update_path: String,
    /// docs.billie.io gives this path and the next two.
    pub(super) confirm_path: String,
    pub(super) capture_path: String,
    pub(super) cancel_path: String,
    /// By default the script of Billie's other API, in the environment that `base_url` seems to name.
    pub(super) widget_script_url: Option<Url>,
    /// What of an order names its merchant again. The guide says so of "capture, refunds etc." and prints no body.
    pub(super) merchant_id_in: Vec<OperationKind>,
    /// How long a session lives that names no end.
    pub(super) session_seconds: SessionSeconds,
    /// Our name of a field to Billie's, in requests, answers and messages alike. By its bare word, wherever it stands: no word
    /// of ours means two things, since the number in an amount's object is `minor` to us, so no name needs a path.
    pub(super) names: BTreeMap<String, String>,
    /// What more words mean as the state of an order or the status of an authorization, in whatever case.
    states: BTreeMap<String, Verdict>,
}

impl Default for Wire {
    fn default() -> Self {
        Self {
            activate_path: "merchants/enable-merchant".into(),
            payment_page_path: "checkout/sessions/payment-page".into(),
            widget_path: "checkout/sessions/widget".into(),
            confirm_path: "checkout/sessions/{id}/confirm-authorization".into(),
            capture_path: "orders/{id}/capture".into(),
            cancel_path: "orders/{id}/cancel".into(),
            refund_path: "orders/{id}/refund".into(),
            update_path: "orders/{id}/update".into(),
            widget_script_url: None,
            merchant_id_in: OF_ORDERS.into(),
            session_seconds: SessionSeconds::default(),
            names: BTreeMap::new(),
            states: BTreeMap::new(),
        }
    }
}

impl Wire {
    /// What a state means: by the account, else by our table.
    pub(super) fn verdict(&self, state: &str) -> Option<Verdict> {
        let own = self.states.iter().find(|(name, _)| name.eq_ignore_ascii_case(state));
        own.map(|(_, verdict)| *verdict).or_else(|| verdict(&STATES, state))
    }
}

impl Account {
    pub(super) fn read(document: &Value) -> Result<Self, AccountError> {
        let account: Self = read(document)?;
        let Self { username, password, merchant_id, wire, .. } = &account;
        let with_id = [&wire.confirm_path, &wire.capture_path, &wire.cancel_path, &wire.refund_path, &wire.update_path];
        let takes_id = |path: &String| segments(path).filter(|part| *part == ID).count() == 1;
        check([
            before_colon("username", username),
            filled("password", password.expose_secret()),
            (merchant_id.as_ref().is_none_or(|id| !id.is_empty()), "merchant_id", "must not be empty"),
            (
                with_id.into_iter().all(takes_id),
                "wire",
                "must have {id} as one part of each path of an order or a confirmation",
            ),
            (
                wire.merchant_id_in.iter().all(|kind| OF_ORDERS.contains(kind)),
                "wire/merchant_id_in",
                "must be of capture, refund, cancel, amend",
            ),
        ])?;
        wire.check_names()?;
        Ok(account)
    }

    /// An address below the base; an id is one segment of it.
    pub(super) fn url(&self, path: &str, id: &str) -> Url {
        self.base_url.join(segments(path).map(|part| if part == ID { id } else { part }))
    }

    /// The merchant that a payment is for: whom its session named, and before there is one, whom Billie enabled last.
    pub(super) fn merchant_of<'a>(&'a self, payment: &'a Payment) -> Option<&'a str> {
        payment.provider_account.as_deref().or(self.merchant_id.as_deref())
    }

    /// The merchant, where this operation names it.
    pub(super) fn named_in<'a>(&'a self, operation: &Operation, payment: &'a Payment) -> Option<&'a str> {
        self.merchant_of(payment).filter(|_| self.wire.merchant_id_in.contains(&operation.kind()))
    }

    pub(super) fn sign(&self, request: Request) -> Request {
        BasicCredentials { user: &self.username, password: &self.password }.sign(request)
    }

    pub(super) fn widget_script(&self) -> Option<Url> {
        let sandbox = || self.base_url.host().is_some_and(|host| host.contains("sandbox"));
        self.wire.widget_script_url.clone().or_else(|| billie::widget_script(!sandbox()))
    }
}
