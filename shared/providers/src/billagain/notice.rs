//! What reaches us unasked: the notification and the returning buyer's address. Nobody vouches for either, so they
//! name a transaction to look at and nothing else.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::wire::Fields;
use crate::inbound::is_id;
use crate::{Addressee, Evidence, Inbound, Message};

/// The transaction that fields name, under any of its names in any case. By the guide ids are alphanumeric.
pub(super) fn transaction_id(names: &[String], fields: &[(String, String)]) -> Option<String> {
    let named = |(field, _): &&(String, String)| names.iter().any(|name| field.eq_ignore_ascii_case(name));
    fields.iter().filter(named).map(|(_, value)| value.clone()).find(|value| is_id(value))
}

/// A notification. Its form is not documented: JSON, a form or the address may name the transaction.
pub(super) fn hint(names: &[String], inbound: Inbound<'_>) -> Message {
    let pairs = |text: &[u8]| form_urlencoded::parse(text).into_owned().collect::<Vec<_>>();
    let body = Fields::read(inbound.body).map_or_else(|| pairs(inbound.body), |fields| fields.texts());
    let query = pairs(inbound.url.split_once('?').map_or("", |(_, query)| query).as_bytes());
    let id = transaction_id(names, &body).or_else(|| transaction_id(names, &query));
    let digest = Sha256::new().chain_update(inbound.url).chain_update([0]).chain_update(inbound.body).finalize();
    Message {
        addressees: id.into_iter().map(Addressee::ProviderReference).collect(),
        evidence: Evidence::Hint,
        receivable: None,
        unrecognized: None,
        identity: HEXLOWER.encode(&digest),
    }
}
