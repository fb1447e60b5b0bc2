//! Providers' messages: late, early, twice, in any order, forged, about somebody else, or not at all.

mod billie_pad;
mod buckaroo;
mod forged;
mod kept;
mod order;
mod reversals;
mod shared_address;
mod silence;
mod unsigned;

use data_encoding::HEXLOWER;
use reqwest::Method;
use sandbox::{billie_pad as pad, buckaroo_billink as gateway};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::{Answer, Request, eventually};

use crate::support::{Deal, Shop};

/// Waits for this status.
async fn settled(deal: &Deal<'_>, status: &str) {
    let what = format!("the payment to be {status}");
    eventually(&what, async || (deal.get().await["status"] == status).then_some(())).await;
}

/// A message to this address of ours.
fn message(shop: &Shop, path: &str, media_type: &str, body: &str) -> Request {
    let request = shop.api.request(Method::POST, path).authorization(None).without_key();
    request.raw(body, Some(media_type))
}

/// Path and query of an address.
fn path_of(url: &str) -> String {
    let url: url::Url = url.parse().unwrap();
    url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
}

/// A form push as the gateway signs it: every field in order of its name, then the secret.
fn signed(fields: &[(&str, &str)], secret: &str) -> String {
    let mut fields = fields.to_vec();
    fields.sort_unstable();
    let text: String = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let signature = HEXLOWER.encode(&Sha256::digest(format!("{text}{secret}")));
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields).append_pair("brq_signature", &signature).finish()
}

/// The gateway's word on a transaction.
struct Push<'a> {
    key: &'a str,
    invoice: &'a str,
    transaction_type: &'a str,
    status: &'a str,
    amount: &'a str,
}

impl Push<'_> {
    fn body(&self, secret: &str) -> String {
        let fields = [
            (if self.transaction_type == "C070" { "brq_amount_credit" } else { "brq_amount" }, self.amount),
            ("brq_currency", "EUR"),
            ("brq_invoicenumber", self.invoice),
            ("brq_statuscode", self.status),
            ("brq_timestamp", "2026-11-17 14:32:16"),
            ("brq_transaction_type", self.transaction_type),
            ("brq_transactions", self.key),
            ("brq_websitekey", gateway::WEBSITE_KEY),
        ];
        signed(&fields, secret)
    }
}

const FORM: &str = "application/x-www-form-urlencoded";
const PUSHES: &str = "/v1/webhooks/buckaroo/demo";
const EVENTS: &str = "/v1/webhooks/billie-pad/demo";

/// An event of Billie's under the agreed key.
async fn event(shop: &Shop, body: &Value) -> Answer {
    message(shop, EVENTS, "application/json", &body.to_string()).header("x-api-key", pad::WEBHOOK_KEY).send().await
}

/// An event of Billie's about a payment.
async fn about(deal: &Deal<'_>, name: &str, more: Value) -> Value {
    let payment = deal.get().await;
    let mut body = json!({
        "event": name,
        "order_id": payment["order_reference"],
        "order_uuid": payment["provider_reference"],
        "created_at": "2026-11-17 14:32:16",
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// Every order of these things.
fn permutations<T: Clone>(things: &[T]) -> Vec<Vec<T>> {
    if things.is_empty() {
        return vec![Vec::new()];
    }
    let with = |n: usize| {
        let mut rest = things.to_vec();
        let first = rest.remove(n);
        permutations(&rest).into_iter().map(move |rest| [vec![first.clone()], rest].concat())
    };
    (0..things.len()).flat_map(with).collect()
}
