//! Webhooks of sessions and orders. Signed ones (v3) prove what they say; without a secret they only make us look.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use payment::{GivenBack, News, OperationNews, OrderNews, OrderState, Outcome, Receipt, SignedClaim, Whom};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq as _};

use super::account::Account;
use super::map::{self, Says};
use super::wire::{Code, Webhook};
use crate::inbound::printable;
use crate::{Addressee, Evidence, Inbound, Message, NotAuthentic, ReceivableMessage};

/// The same for every delivery of one message.
const DELIVERY_ID: &str = "x-billink-webhook-id";

/// How far a signature's time may be from ours, in seconds.
const WINDOW_SECONDS: u64 = 300;

const LONGEST_ID: usize = 128;

/// Verifies a message over its raw bytes where the account has secrets, then reads it.
pub(super) fn receive(account: &Account, inbound: Inbound<'_>, now: Timestamp) -> Result<Message, NotAuthentic> {
    // No page names the media type, so none will do; another one is nothing of Billink's.
    if inbound.media_type().is_some_and(|given| given != "application/json") {
        return Err(NotAuthentic::MediaType);
    }
    let signed = !account.webhook_secrets.is_empty();
    if signed && !is_genuine(account, inbound, now) {
        return Err(NotAuthentic::Forged);
    }
    let message = read(inbound, signed)?;
    let id = inbound.header(DELIVERY_ID).filter(|id| signed && (1..=LONGEST_ID).contains(&id.len()));
    Ok(Message { identity: id.map_or(message.identity, str::to_owned), ..message })
}

/// Reads a message that was taken in before. It may be older than the account's secrets, so it proves nothing: a look
/// at the session tells the same.
pub(super) fn reread(account: &Account, inbound: Inbound<'_>) -> Result<Message, NotAuthentic> {
    let message = read(inbound, !account.webhook_secrets.is_empty())?;
    Ok(Message { evidence: Evidence::Hint, ..message })
}

/// Whether any of the account's secrets signed the time and the raw body, lately. All are tried, so that time tells
/// nothing.
fn is_genuine(account: &Account, inbound: Inbound<'_>, now: Timestamp) -> bool {
    let Some(time) = inbound.header(&account.wire.timestamp_header) else { return false };
    let fresh = |time: i64| time.abs_diff(now.as_second()) <= WINDOW_SECONDS;
    let given = inbound.header(&account.wire.signature_header).and_then(|hex| HEXLOWER.decode(hex.as_bytes()).ok());
    let mut genuine = Choice::from(0);
    for key in account.webhook_secrets.iter().filter_map(|secret| account.key(secret)) {
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
        (_, Some(event)) => (event, map::event(event)),
        (Some(status), None) => (status, map::session(status).map(Says::Order)),
        (None, None) => return Err(NotAuthentic::Unreadable),
    };
    let unrecognized = (signed && says.is_none()).then(|| printable(name));
    let (evidence, receivable) = match says.filter(|_| signed) {
        // Where the buyer has to act is in the session's answer, which this may overtake.
        Some(Says::Order(OrderState::AwaitingBuyer(_)) | Says::Nothing) | None => (Evidence::Hint, None),
        Some(Says::Order(state)) => (Evidence::Claim(SignedClaim::verified(webhook.news(state, None))), None),
        Some(Says::Credited) => {
            let news = webhook.news(OrderState::Canceled, Some(GivenBack::All));
            (Evidence::Claim(SignedClaim::verified(news)), None)
        }
        Some(Says::Receivable(news)) => (Evidence::Hint, Some(ReceivableMessage { news, outstanding: None })),
    };
    Ok(Message { addressees: webhook.addressees(), evidence, receivable, unrecognized, identity: inbound.body_hash() })
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
        News { order: None, operations: vec![OperationNews { whom, outcome: Outcome::Done(receipt) }] }
    }
}
