//! Bad input on every endpoint: the right problem, the right field, no value repeated, nothing written, nobody called.

mod addresses;
mod bodies;
mod callers;
mod generated;
mod keys;
mod movement_rules;
mod order_rules;
mod public;
mod reused;

use std::collections::BTreeMap;

use local::StackOptions;
use serde_json::{Value, json};
use tests::{Answer, Api, Order, Sandbox, Site, Table, orders};

/// A value that no problem may repeat.
const SECRET: &str = "Zyzzyva";

/// A number that no problem may repeat.
const SECRET_NUMBER: u64 = 918_273_645;

/// An address that takes a document, and a document that it would take.
#[derive(Clone)]
struct Endpoint {
    path: String,
    valid: Value,
    /// Whether it is the operator's.
    operator: bool,
}

impl Endpoint {
    fn new(path: impl Into<String>, valid: Value) -> Self {
        Self { path: path.into(), valid, operator: false }
    }
}

/// An operation that no payment has.
const NO_OPERATION: &str = "op_00000000000000000000000000";

/// A site with payments in the statuses that the endpoints want.
struct Bench {
    site: Site,
    /// At `billie_pad`, authorized.
    authorized: String,
    /// At `billie_pad`, partially captured.
    captured: String,
    /// At `billie_pad`, the buyer is on the provider's page.
    waiting: String,
    /// At `buckaroo_billink`, authorized.
    whole_only: String,
}

impl Bench {
    /// Nothing is swept there: what a message made due must not look like a write of the request that is watched.
    async fn new() -> Self {
        Self::at(Site::start_like(StackOptions { without_sweep: true, ..StackOptions::default() }).await).await
    }

    async fn at(site: Site) -> Self {
        let api = &site.api;
        let authorized = open(&site, &Order::billie_pad_at_once()).await;
        let captured = open(&site, &Order::billie_pad_at_once()).await;
        let mut part = orders::capture();
        part["amount"] = json!(6_050);
        let _ = api.post(&format!("/v1/payments/{captured}/captures"), &part).await.expect(201);
        let waiting = open(&site, &Order::billie_pad()).await;
        site.buckaroo_billink().control(reqwest::Method::POST, "settings", &json!({ "flow": "sync" })).await;
        let whole_only = open(&site, &Order::buckaroo_billink()).await;
        for (id, status) in
            [(&authorized, "authorized"), (&captured, "partially_captured"), (&waiting, "requires_action")]
        {
            assert_eq!(api.payment(id).await["status"], status);
        }
        assert_eq!(api.payment(&whole_only).await["status"], "authorized");
        Self { site, authorized, captured, waiting, whole_only }
    }

    /// The API as somebody calls it who may call this endpoint.
    fn api(&self, endpoint: &Endpoint) -> Api {
        if endpoint.operator { self.site.operator() } else { self.site.api.clone() }
    }

    /// A documented path with its parameters filled in.
    fn filled(&self, path: &str) -> String {
        let path = path.replace("{id}", &self.authorized).replace("{operation}", NO_OPERATION);
        path.replace("{merchant}", "demo")
    }

    /// Every address that takes a document.
    fn endpoints(&self) -> Vec<Endpoint> {
        let of = |id: &str, what: &str, valid: Value| Endpoint::new(format!("/v1/payments/{id}/{what}"), valid);
        let word = json!({ "outcome": "rejected", "reason": "Seen", "provider_reference": "R-1" });
        let period = json!({ "from": "2026-11-01T00:00:00Z", "to": "2026-11-02T00:00:00Z", "what": "events",
                             "dry_run": true, "cursor": null });
        let widget = json!({ "widget_result": { "state": "authorized", "duration": 30 } });
        vec![
            Endpoint::new("/v1/payments", Order::billie_pad().json().clone()),
            of(&self.waiting, "confirm", widget),
            of(&self.authorized, "captures", capture()),
            of(&self.captured, "refunds", refund()),
            of(&self.authorized, "cancel", json!({})),
            of(&self.authorized, "orders/amend", json!({ "amount": 10_000 })),
            of(&self.authorized, "orders/hold", json!({ "days": 7 })),
            of(&self.authorized, "orders/message", json!({ "text": "One chair follows" })),
            of(&self.captured, "orders/direct-payment", paid()),
            Endpoint { operator: true, ..of(&self.authorized, &format!("operations/{NO_OPERATION}/resolve"), word) },
            Endpoint { operator: true, ..Endpoint::new("/v1/replays", period) },
        ]
    }

    /// What is written and who was called so far, once nothing moves any more.
    async fn watch(&self) -> Watch {
        let sandboxes = [self.site.billie_pad(), self.site.buckaroo_billink()];
        for sandbox in &sandboxes {
            sandbox.quiet().await;
        }
        let own = [&self.authorized, &self.captured, &self.waiting, &self.whole_only].map(|id| format!("PAY#{id}"));
        let alone = self.site.stack().is_some();
        let mut watch = Watch { table: self.site.table(), sandboxes, alone, own, versions: BTreeMap::new(), calls: 0 };
        (watch.versions, watch.calls) = (watch.versions().await, watch.calls().await);
        watch
    }
}

/// A capture with every field.
fn capture() -> Value {
    json!({
        "amount": 6_050,
        "lines": [{ "reference": "CHAIR", "quantity": 1 }],
        "final": false,
        "invoice": { "number": orders::new_word("INV"), "url": "https://shop.example/invoices/9.pdf" },
        "shipment": { "carrier": "DHL", "tracking_number": "0034", "tracking_url": "https://carrier.example/0034" },
    })
}

/// A direct payment with every field.
fn paid() -> Value {
    json!({ "amount": 2_500, "capture_id": "cap_00000000000000000000000000", "reference": "BANK-118" })
}

/// A refund with every field.
fn refund() -> Value {
    json!({
        "amount": 6_050,
        "capture_id": "cap_00000000000000000000000000",
        "lines": [{ "reference": "CHAIR", "quantity": 1 }],
        "reason": "Broken",
        "reference": "CN-1",
    })
}

async fn open(site: &Site, order: &Order) -> String {
    site.api.post("/v1/payments", order.json()).await.expect(201).id().to_owned()
}

/// What was written and who was called before. At a site that others use too their payments are looked at meanwhile, so
/// there it is new items, the bench's own payments and calls that may have an effect.
struct Watch {
    table: Table,
    sandboxes: [Sandbox; 2],
    alone: bool,
    own: [String; 4],
    versions: BTreeMap<(String, String), u64>,
    calls: usize,
}

impl Watch {
    /// What happened since the last look, in words; nothing when nothing did.
    async fn difference(&mut self) -> Option<String> {
        let (versions, calls) = (self.versions().await, self.calls().await);
        let (old, called) =
            (std::mem::replace(&mut self.versions, versions), std::mem::replace(&mut self.calls, calls));
        let changed: Vec<_> = self.versions.iter().filter(|(key, version)| old.get(key) != Some(version)).collect();
        if !changed.is_empty() {
            return Some(format!("something was written: {changed:?}"));
        }
        (called != calls).then(|| format!("a provider was called {} times", calls - called))
    }

    async fn versions(&self) -> BTreeMap<(String, String), u64> {
        let mut versions = self.table.versions().await;
        let others = versions.iter_mut().filter(|((item, _), _)| !self.alone && !self.own.contains(item));
        others.for_each(|(_, version)| *version = 0);
        versions
    }

    async fn calls(&self) -> usize {
        let counts = |call: &&Value| self.alone || (call["method"] != "GET" && call["call"] != "token");
        let mut calls = 0;
        for sandbox in &self.sandboxes {
            calls += sandbox.calls().await.iter().filter(counts).count();
        }
        calls
    }

    /// Ends the test when anything happened.
    async fn nothing_happened(&mut self, after: &str) {
        let difference = self.difference().await;
        assert_eq!(difference, None, "after {after}");
    }
}

/// What is wrong with a refusal that should name this field, in words.
fn not_refused_at(answer: &Answer, code: &str, pointer: &str) -> Option<String> {
    // What is inside the field tells which field it is; the whole document's own place is the empty one.
    let inside = |found: &&str| *found == pointer || (!pointer.is_empty() && found.starts_with(&format!("{pointer}/")));
    let wrong = if (answer.status, answer.code()) != (422, code) {
        format!("is answered with {} {:?}, not with 422 {code:?}", answer.status, answer.code())
    } else if !answer.pointers().iter().any(inside) {
        format!("points at {:?}: {}", answer.pointers(), answer.text("/detail"))
    } else {
        return repeats_a_value(answer).or_else(|| speaks_otherwise(answer));
    };
    Some(wrong)
}

/// Words of the language that this is written in. Callers know JSON and the documentation.
const FOREIGN: &str =
    "i64 u64 u32 u16 f64 nonzero struct enum variant sequence tuple newtype boolean map duplicate valid";

/// What is wrong with the words of a problem, in words: they are not the API's, or go on and on.
fn speaks_otherwise(answer: &Answer) -> Option<String> {
    let detail = answer.text("/detail");
    let foreign = |word: &str| FOREIGN.split(' ').any(|known| known == word);
    let bad = detail.len() > 400 || detail.split(|c: char| !c.is_ascii_alphanumeric()).any(foreign);
    bad.then(|| format!("says: {detail}"))
}

fn repeats_a_value(answer: &Answer) -> Option<String> {
    let text = answer.body.to_string();
    let repeats = text.contains(SECRET) || text.contains(&SECRET_NUMBER.to_string());
    repeats.then(|| format!("repeats what was sent: {}", answer.text("/detail")))
}

/// Ends the test with everything that was found.
#[track_caller]
fn nothing_found(found: &[String]) {
    assert!(found.is_empty(), "{} of the cases:\n  {}", found.len(), found.join("\n  "));
}
