//! A DynamoDB table that lives in one history: conditional writes, transactions, lagging indexes and a stream.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::condition::{Item, holds, text, update};
use crate::defect::{Defect, Defects};
use crate::request::Request;

/// Partition and sort key.
pub(crate) type Key = (String, String);

/// An item, and its text for everybody who reads it.
pub(crate) struct Stored {
    pub(crate) item: Item,
    pub(crate) text: String,
}

impl Stored {
    fn new(text: String) -> Arc<Self> {
        let item = serde_json::from_str(&text).unwrap_or_default();
        Arc::new(Self { item, text })
    }

    /// As the stream shows it; an item that cannot be read shows nothing.
    pub(crate) fn image(&self) -> serde_dynamo::Item {
        self.item.clone().into()
    }
}

/// The shards of the stream. The payments are in one and what queues are behind with is in the other, since nothing tells
/// the table to keep the two together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shard {
    Payments,
    Lags,
}

impl Shard {
    pub(crate) const ALL: [Self; 2] = [Self::Payments, Self::Lags];

    fn of(key: &Key) -> Self {
        if key.1 == "LAG" { Self::Lags } else { Self::Payments }
    }
}

/// One change, as the stream tells it.
#[derive(Clone)]
pub(crate) struct Change {
    pub(crate) number: u64,
    pub(crate) key: Key,
    pub(crate) old: Option<Arc<Stored>>,
    pub(crate) new: Option<Arc<Stored>>,
}

/// The table.
pub(crate) struct Table {
    items: BTreeMap<Key, Arc<Stored>>,
    /// What the indexes do not show yet: since when, and how an item stood before.
    recent: VecDeque<(Timestamp, Key, Option<Arc<Stored>>)>,
    /// How long the indexes lag behind, in milliseconds.
    lag: i64,
    stream: VecDeque<Change>,
    changes: u64,
    transactions: BTreeSet<String>,
    defects: Defects,
}

/// An answer: HTTP status and JSON.
pub(crate) type Answer = (u16, String);

impl Table {
    pub(crate) fn new(lag: i64, defects: Defects) -> Self {
        Self {
            items: BTreeMap::new(),
            recent: VecDeque::new(),
            lag,
            stream: VecDeque::new(),
            changes: 0,
            transactions: BTreeSet::new(),
            defects,
        }
    }

    /// Everything that stands there.
    pub(crate) fn items(&self) -> impl Iterator<Item = (&Key, &Item)> {
        self.items.iter().map(|(key, stored)| (key, &stored.item))
    }

    /// Up to so many changes that a shard of the stream still has to tell.
    pub(crate) fn changes(&self, shard: Shard, most: usize) -> Vec<Change> {
        self.stream.iter().filter(|change| Shard::of(&change.key) == shard).take(most).cloned().collect()
    }

    /// Everything before this number was told of a shard.
    pub(crate) fn told_before(&mut self, shard: Shard, number: u64) {
        self.stream.retain(|change| change.number >= number || Shard::of(&change.key) != shard);
    }

    /// Does what a request asks, at this time. The changes it made come back too.
    pub(crate) fn answer(&mut self, operation: &str, request: &Request, now: Timestamp) -> (Answer, Vec<Change>) {
        let before = self.changes;
        let answer = match operation {
            "GetItem" => (200, self.read(request)),
            "BatchGetItem" => (200, self.read_many(request)),
            "Query" => (200, self.query(request, now)),
            "PutItem" | "UpdateItem" | "DeleteItem" => self.change(operation, request, now),
            "TransactWriteItems" => self.transact(request, now),
            _ => (400, json!({ "__type": "UnknownOperationException", "message": operation }).to_string()),
        };
        let made = self.stream.iter().filter(|change| change.number > before).cloned().collect();
        (answer, made)
    }

    fn read(&self, request: &Request) -> String {
        match self.items.get(&request.key()) {
            Some(stored) => format!("{{\"Item\":{}}}", stored.text),
            None => nothing(),
        }
    }

    fn read_many(&self, request: &Request) -> String {
        let mut responses = Vec::new();
        for (table, wanted) in &request.request_items {
            let found = wanted.keys.iter().filter_map(|key| Some(self.items.get(&key.key())?.text.as_str()));
            responses.push(format!("\"{table}\":[{}]", found.collect::<Vec<_>>().join(",")));
        }
        format!("{{\"Responses\":{{{}}},\"UnprocessedKeys\":{{}}}}", responses.join(","))
    }

    fn change(&mut self, operation: &str, request: &Request, now: Timestamp) -> Answer {
        let key = request.key();
        if let Some(refused) = self.refused(&key, request) {
            return refused;
        }
        let new = match operation {
            "PutItem" => request.item.as_ref().map(|item| item.get().to_owned()),
            "UpdateItem" => Some(self.updated(&key, request)),
            _ => None,
        };
        self.write(key, new, now);
        (200, nothing())
    }

    /// An item after an update, in JSON.
    fn updated(&self, key: &Key, request: &Request) -> String {
        let stands = self.items.get(key);
        let nothing = Item::new();
        let item = stands.map_or(&nothing, |stored| &stored.item);
        let changed = update(&request.update_expression, &request.terms(), item);
        let mut all: Value = stands
            .and_then(|stored| serde_json::from_str(&stored.text).ok())
            .unwrap_or_else(|| json!({ "PK": { "S": key.0 }, "SK": { "S": key.1 } }));
        for (name, value) in changed {
            all[name] = json!(value);
        }
        all.to_string()
    }

    /// All or nothing; one that comes again under its token was done.
    fn transact(&mut self, request: &Request, now: Timestamp) -> Answer {
        if self.transactions.contains(&request.client_request_token) {
            return (200, nothing());
        }
        let puts: Vec<&Request> = request.transact_items.iter().map(|one| &one.put).collect();
        let failed = |put: &&Request| self.refused(&put.key(), put).is_some();
        let reasons: Vec<Value> = puts
            .iter()
            .map(|put| json!({ "Code": if failed(put) { "ConditionalCheckFailed" } else { "None" } }))
            .collect();
        if puts.iter().any(failed) {
            let name = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
            return (400, json!({ "__type": name, "message": "canceled", "CancellationReasons": reasons }).to_string());
        }
        self.transactions.insert(request.client_request_token.clone());
        let puts = if self.defects.has(Defect::TornTransaction) { puts.get(..1).unwrap_or_default() } else { &puts };
        for put in puts {
            self.write(put.key(), put.item.as_ref().map(|item| item.get().to_owned()), now);
        }
        (200, nothing())
    }

    /// The refusal of a write whose condition does not hold.
    fn refused(&self, key: &Key, request: &Request) -> Option<Answer> {
        let expression = request.condition_expression.as_str();
        if expression.is_empty() || self.defects.drops_condition(key, expression) {
            return None;
        }
        let nothing = Item::new();
        let stands = self.items.get(key);
        if holds(expression, &request.terms(), stands.map_or(&nothing, |stored| &stored.item)) {
            return None;
        }
        let name = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
        let what = format!("\"__type\":\"{name}\",\"message\":\"The conditional request failed\"");
        let wanted = request.return_values_on_condition_check_failure == "ALL_OLD";
        let stands = stands.filter(|_| wanted).map_or_else(String::new, |s| format!(",\"Item\":{}", s.text));
        Some((400, format!("{{{what}{stands}}}")))
    }

    fn write(&mut self, key: Key, new: Option<String>, now: Timestamp) {
        let stands = self.items.get(&key).map(|stored| stored.text.as_str());
        let new = match new {
            Some(new) => match self.defects.written(&key, stands, new) {
                Some(text) => Some(Stored::new(text)),
                None => return,
            },
            None => None,
        };
        if stands == new.as_ref().map(|stored| stored.text.as_str()) {
            return;
        }
        let old = match &new {
            Some(item) => self.items.insert(key.clone(), item.clone()),
            None => self.items.remove(&key),
        };
        self.changes += 1;
        self.recent.push_back((now, key.clone(), old.clone()));
        // What no filter of the relay's mapping lets through is not told.
        if matches!(key.1.as_str(), "STATE" | "LAG") {
            self.stream.push_back(Change { number: self.changes, key, old, new });
        }
    }

    /// Pages of an index, as it stood a moment ago.
    fn query(&mut self, request: &Request, now: Timestamp) -> String {
        let lag = jiff::SignedDuration::from_millis(self.lag);
        self.recent.retain(|(at, ..)| now.duration_since(*at) < lag);
        let mut seen: BTreeMap<&Key, Option<&Item>> = BTreeMap::new();
        for (_, key, before) in &self.recent {
            seen.entry(key).or_insert(before.as_ref().map(|stored| &stored.item));
        }
        let visible = |key: &Key, item| seen.get(key).copied().unwrap_or(Some(item));
        let expression = request.key_condition_expression.as_str();
        let terms = request.terms();
        let found = self.items.iter().filter_map(|(key, item)| visible(key, &item.item).map(|item| (key, item)));
        let mut found: Vec<(&Key, &Item)> = found.filter(|(_, item)| holds(expression, &terms, item)).collect();
        let range = if request.index_name == "by_due" { "due_at" } else { "created_key" };
        found.sort_by_key(|(key, item)| (text(item, range), *key));
        if request.scan_index_forward == Some(false) {
            found.reverse();
        }
        let limit = request.limit.unwrap_or(1_000);
        let keys_only = |(_, item): (&Key, &Item)| {
            let kept = ["PK", "SK", range].map(|name| (name.to_owned(), item.get(name).cloned()));
            kept.into_iter().filter_map(|(name, value)| Some((name, value?))).collect::<BTreeMap<_, _>>()
        };
        let items: Vec<_> = found.into_iter().take(limit).map(keys_only).collect();
        json!({ "Count": items.len(), "ScannedCount": items.len(), "Items": items }).to_string()
    }
}

fn nothing() -> String {
    "{}".to_owned()
}
