//! Webhooks of sessions and orders. Signed ones (v3) prove what they say; without a secret they only make us look.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use payment::{
    GivenBack, News, OperationNews, OrderNews, OrderState, Outcome, Receipt, ReceivableMessage, SignedClaim, Whom,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq as _};

use super::Code;
use super::events::{self, Says};
use crate::account::Rule;
use crate::inbound::printable;
use crate::{Addressee, Evidence, Inbound, Message, NotAuthentic};

/// [inferred] What the pages do not print.
pub(crate) const SIGNATURE_HEADER: &str = "x-billink-signature";
/// [inferred] What the pages do not print.
pub(crate) const TIMESTAMP_HEADER: &str = "x-billink-timestamp";

/// The same for every delivery of one message.
const DELIVERY_ID: &str = "x-billink-webhook-id";

/// How far a signature's time may be from ours, in seconds.
const WINDOW_SECONDS: u64 = 300;

const LONGEST_ID: usize = 128;

/// What an account knows of its webhooks.
#[derive(Clone, Copy)]
pub(crate) struct Webhooks<'a> {
    /// Every secret that signs them now; with none, they are unsigned.
    pub(crate) secrets: &'a [SecretString],
    pub(crate) signature_header: &'a str,
    pub(crate) timestamp_header: &'a str,
    /// Whether a secret's Base64 has to be decoded.
    pub(crate) decode: bool,
}

impl Webhooks<'_> {
    /// The rule for the secrets of an account.
    pub(crate) fn rule(self) -> Rule {
        let fine = self.secrets.iter().all(|secret| self.key(secret).is_some_and(|key| !key.is_empty()));
        (fine, "webhook_secrets", "must each be what Billink generated, not empty")
    }

    /// The bytes that a secret signs with.
    fn key(self, secret: &SecretString) -> Option<Vec<u8>> {
        let text = secret.expose_secret();
        if self.decode { STANDARD.decode(text).ok() } else { Some(text.as_bytes().to_vec()) }
    }
}

/// Verifies a message over its raw bytes where the account has secrets, then reads it.
pub(crate) fn receive(webhooks: Webhooks<'_>, inbound: Inbound<'_>, now: Timestamp) -> Result<Message, NotAuthentic> {
    // No page names the media type, so none will do; another one is nothing of Billink's.
    if inbound.media_type().is_some_and(|given| given != "application/json") {
        return Err(NotAuthentic::MediaType);
    }
    let signed = !webhooks.secrets.is_empty();
    if signed && !is_genuine(webhooks, inbound, now) {
        return Err(NotAuthentic::Forged);
    }
    let message = read(inbound, signed)?;
    let id = inbound.header(DELIVERY_ID).filter(|id| signed && (1..=LONGEST_ID).contains(&id.len()));
    Ok(Message { identity: id.map_or(message.identity, str::to_owned), ..message })
}

/// Reads a message that was taken in before. It may be older than the account's secrets, so it says something only where
/// it was signed then.
pub(crate) fn reread(inbound: Inbound<'_>, signed: bool) -> Result<Message, NotAuthentic> {
    read(inbound, signed)
}

/// Whether any of the account's secrets signed the time and the raw body, lately. All are tried, so that time tells
/// nothing.
fn is_genuine(webhooks: Webhooks<'_>, inbound: Inbound<'_>, now: Timestamp) -> bool {
    let Some(time) = inbound.header(webhooks.timestamp_header) else { return false };
    let fresh = |time: i64| time.abs_diff(now.as_second()) <= WINDOW_SECONDS;
    let given = inbound.header(webhooks.signature_header).and_then(|hex| HEXLOWER.decode(hex.as_bytes()).ok());
    let mut genuine = Choice::from(0);
    for key in webhooks.secrets.iter().filter_map(|secret| webhooks.key(secret)) {
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(&key) else { continue };
        let wanted = mac.chain_update(time).chain_update(inbound.body).finalize().into_bytes();
        genuine |= given.as_deref().unwrap_or_default().ct_eq(&wanted);
    }
    time.parse().is_ok_and(fresh) && genuine.into()
}

/// What a message says. One that nobody signed says only whom to look at.
fn read(inbound: Inbound<'_>, signed: bool) -> Result<Message, NotAuthentic> {
    let webhook: Webhook = serde_json::from_slice(inbound.body).map_err(|_| NotAuthentic::Unreadable)?;
    let Webhook { status, event, .. } = &webhook;
    let (name, says) = match (status, event) {
        (_, Some(event)) => (event, events::event(event)),
        (Some(status), None) => (status, events::session(status).map(Says::Order)),
        (None, None) => return Err(NotAuthentic::Unreadable),
    };
    let unrecognized = (signed && says.is_none()).then(|| printable(name));
    let claim = |state, given_back| Evidence::Claim(SignedClaim::verified(webhook.news(state, given_back)));
    let (evidence, receivable) = match says.filter(|_| signed) {
        // Where the buyer has to act is in the session's answer, which this may overtake.
        Some(Says::Order(OrderState::AwaitingBuyer(_))) | None => (Evidence::Hint, None),
        // The end of a session can be told after the order that a later try made; a look tells which of them was last.
        Some(Says::Order(OrderState::Canceled | OrderState::Expired)) => (Evidence::Hint, None),
        Some(Says::Order(state)) => (claim(state, None), None),
        Some(Says::Credited) => (claim(OrderState::Canceled, Some(GivenBack::All)), None),
        Some(Says::PartlyCredited) => {
            (claim(OrderState::Authorized, Some(GivenBack::Unnamed { message: inbound.body_hash() })), None)
        }
        Some(Says::Receivable(news)) => {
            let told = ReceivableMessage { detail: Some(name.clone()), ..ReceivableMessage::of(news) };
            (Evidence::Hint, Some(told))
        }
    };
    Ok(Message { addressees: webhook.addressees(), evidence, receivable, unrecognized, identity: inbound.body_hash() })
}

/// A session's or an order's webhook. The two have no field in common.
#[derive(Deserialize)]
struct Webhook {
    /// Of a session.
    status: Option<String>,
    #[serde(rename = "invoiceNumber")]
    order_number: Option<String>,
    #[serde(rename = "billinkInvoiceNumber")]
    public_number: Option<String>,
    /// Of an order.
    event: Option<String>,
    invoice_number_clean: Option<String>,
    invoice_number: Option<String>,
    order_id: Option<Code>,
}

impl Webhook {
    /// Our name of the order, and Billink's.
    fn names(&self) -> (impl Iterator<Item = String>, impl Iterator<Item = String>) {
        let ours = self.order_number.iter().chain(&self.invoice_number_clean).cloned();
        (ours, self.public_number.iter().chain(&self.invoice_number).cloned())
    }

    fn addressees(&self) -> Vec<Addressee> {
        let (ours, theirs) = self.names();
        let last = self.order_id.iter().map(Code::text);
        let named = ours.map(Addressee::Reference).chain(theirs.map(Addressee::ProviderReference));
        named.chain(last.map(Addressee::Reference)).collect()
    }

    /// News of the order, bound by name to the operation that opened it: the signature does not cover the address, so a
    /// message can be sent to another payment's.
    fn news(&self, state: OrderState, given_back: Option<GivenBack>) -> News {
        let (ours, theirs) = self.names();
        let whom = ours.map(Whom::Reference).chain(theirs.map(Whom::ProviderReference)).collect();
        let receipt = Receipt { order: Some(OrderNews::of(state)), given_back, ..Receipt::default() };
        News { operations: vec![OperationNews { whom, outcome: Outcome::Done(receipt) }], ..News::default() }
    }
}
