//! Webhooks of sessions and orders. Signed ones (v3) prove what they say; without a secret they only make us look.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use payment::{News, OperationNews, OrderNews, OrderState, Outcome, Receipt, SignedClaim, Whom};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

use super::account::Account;
use super::map::{self, Says};
use super::wire::Webhook;
use crate::{Addressee, Evidence, Inbound, Message, NotAuthentic, ReceivableMessage};

/// The same for every delivery of one message.
const DELIVERY_ID: &str = "x-billink-webhook-id";

/// How far a signature's time may be from ours, in seconds.
const WINDOW_SECONDS: u64 = 300;

const LONGEST_ID: usize = 128;

/// Verifies a message over its raw bytes where the account has secrets, then reads it.
pub(super) fn receive(account: &Account, inbound: Inbound<'_>, now: Timestamp) -> Result<Message, NotAuthentic> {
    let mut message = read(account, inbound, account.webhook_secrets.is_empty() || is_genuine(account, inbound, now))?;
    let id = inbound.header(DELIVERY_ID).filter(|id| (1..=LONGEST_ID).contains(&id.len()));
    if let Some(id) = id.filter(|_| !account.webhook_secrets.is_empty()) {
        message.identity = id.to_owned();
    }
    Ok(message)
}
