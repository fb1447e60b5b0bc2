//! A DynamoDB table that lives in one history: conditional writes, transactions, lagging indexes and a stream.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::condition::{Item, Terms, holds, update};
use crate::defect::{Defect, Defects};

/// Partition and sort key.
pub(crate) type Key = (String, String);

/// An item, and its text for everybody who reads it.
pub(crate) struct Stored {
    pub(crate) item: Item,
    pub(crate) text: String,
}

impl Stored {
    fn new(item: Item) -> Arc<Self> {
        let text = serde_json::to_string(&item).unwrap_or_default();
        Arc::new(Self { item, text })
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

    /// Up to so many changes that the stream still has to tell.
    pub(crate) fn changes(&self, most: usize) -> Vec<Change> {
        self.stream.iter().take(most).cloned().collect()
    }

    /// Everything before this number was told.
    pub(crate) fn told_before(&mut self, number: u64) {
        self.stream.retain(|change| change.number >= number);
    }

    /// Does what a request asks, at this time. The changes it made come back too.
    pub(crate) fn answer(&mut self, operation: &str, request: &Value, now: Timestamp) -> (Answer, Vec<Change>) {
        let before = self.changes;
        let answer = match operation {
            "GetItem" => (200, self.read(request)),
            "BatchGetItem" => (200, self.read_many(request)),
            "Query" => (200, self.query(request, now)),
            "PutItem" => self.put(request, now),
            "UpdateItem" => self.update(request, now),
            "DeleteItem" => self.delete(request, now),
            "TransactWriteItems" => self.transact(request, now),
            _ => (400, json!({ "__type": "UnknownOperationException", "message": operation }).to_string()),
        };
        let made = self.stream.iter().filter(|change| change.number > before).cloned().collect();
        (answer, made)
    }

    fn read(&self, request: &Value) -> String {
        match self.items.get(&key_of(request.get("Key"))) {
            Some(stored) => format!("{{\"Item\":{}}}", stored.text),
            None => nothing(),
        }
    }

    fn read_many(&self, request: &Value) -> String {
        let mut responses = Vec::new();
        for (table, wanted) in request["RequestItems"].as_object().into_iter().flatten() {
            let keys = wanted["Keys"].as_array().into_iter().flatten();
            let found = keys.filter_map(|key| Some(self.items.get(&key_of(Some(key)))?.text.as_str()));
            responses.push(format!("\"{table}\":[{}]", found.collect::<Vec<_>>().join(",")));
        }
        format!("{{\"Responses\":{{{}}},\"UnprocessedKeys\":{{}}}}", responses.join(","))
    }

    fn put(&mut self, request: &Value, now: Timestamp) -> Answer {
        let Some(item) = request["Item"].as_object() else { return invalid("Item") };
        let key = key_of(request.get("Item"));
        if let Some(refused) = self.refused(&key, request) {
            return refused;
        }
        self.write(key, Some(item.clone()), now);
        (200, nothing())
    }

    fn update(&mut self, request: &Value, now: Timestamp) -> Answer {
        let key = key_of(request.get("Key"));
        if let Some(refused) = self.refused(&key, request) {
            return refused;
        }
        let mut item = self
            .items
            .get(&key)
            .map(|stored| stored.item.clone())
            .unwrap_or_else(|| request["Key"].as_object().cloned().unwrap_or_default());
        update(request["UpdateExpression"].as_str().unwrap_or_default(), &terms(request), &mut item);
        self.write(key, Some(item), now);
        (200, nothing())
    }

    fn delete(&mut self, request: &Value, now: Timestamp) -> Answer {
        let key = key_of(request.get("Key"));
        if let Some(refused) = self.refused(&key, request) {
            return refused;
        }
        self.write(key, None, now);
        (200, nothing())
    }

    /// All or nothing; one that comes again under its token was done.
    fn transact(&mut self, request: &Value, now: Timestamp) -> Answer {
        let token = request["ClientRequestToken"].as_str().unwrap_or_default().to_owned();
        if self.transactions.contains(&token) {
            return (200, nothing());
        }
        let puts: Vec<&Value> =
            request["TransactItems"].as_array().into_iter().flatten().map(|one| &one["Put"]).collect();
        let failed = |put: &&Value| self.refused(&key_of(put.get("Item")), put).is_some();
        let reasons: Vec<Value> = puts
            .iter()
            .map(|put| json!({ "Code": if failed(put) { "ConditionalCheckFailed" } else { "None" } }))
            .collect();
        if puts.iter().any(failed) {
            let name = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
            return (400, json!({ "__type": name, "message": "canceled", "CancellationReasons": reasons }).to_string());
        }
        self.transactions.insert(token);
        let puts = if self.defects.has(Defect::TornTransaction) { puts.get(..1).unwrap_or_default() } else { &puts };
        for put in puts {
            let item = put["Item"].as_object().cloned();
            self.write(key_of(put.get("Item")), item, now);
        }
        (200, nothing())
    }

    /// The refusal of a write whose condition does not hold.
    fn refused(&self, key: &Key, request: &Value) -> Option<Answer> {
        let expression = request.get("ConditionExpression").and_then(Value::as_str)?;
        if self.defects.drops_condition(key, expression) {
            return None;
        }
        let nothing = Item::new();
        let stands = self.items.get(key);
        if holds(expression, &terms(request), stands.map_or(&nothing, |stored| &stored.item)) {
            return None;
        }
        let name = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
        let mut refusal = json!({ "__type": name, "message": "The conditional request failed" });
        if request.get("ReturnValuesOnConditionCheckFailure").and_then(Value::as_str) == Some("ALL_OLD")
            && let (Some(stands), Some(refusal)) = (stands, refusal.as_object_mut())
        {
            refusal.insert("Item".to_owned(), Value::Object(stands.item.clone()));
        }
        Some((400, refusal.to_string()))
    }

    fn write(&mut self, key: Key, new: Option<Item>, now: Timestamp) {
        let new = new.map(|item| self.defects.written(&key, self.items.get(&key).map(|stored| &stored.item), item));
        let Some(new) = new.map_or(Some(None), |kept| kept.map(|item| Some(Stored::new(item)))) else { return };
        let old = match &new {
            Some(item) => self.items.insert(key.clone(), item.clone()),
            None => self.items.remove(&key),
        };
        let text = |stored: &Option<Arc<Stored>>| stored.as_ref().map(|stored| stored.text.clone());
        if text(&old) == text(&new) {
            return;
        }
        self.changes += 1;
        self.recent.push_back((now, key.clone(), old.clone()));
        self.stream.push_back(Change { number: self.changes, key, old, new });
    }

    /// Pages of an index, as it stood a moment ago.
    fn query(&mut self, request: &Value, now: Timestamp) -> String {
        let lag = jiff::SignedDuration::from_millis(self.lag);
        self.recent.retain(|(at, ..)| now.duration_since(*at) < lag);
        let mut seen: BTreeMap<&Key, Option<&Item>> = BTreeMap::new();
        for (_, key, before) in &self.recent {
            seen.entry(key).or_insert(before.as_ref().map(|stored| &stored.item));
        }
        let visible = |key: &Key, item| seen.get(key).copied().unwrap_or(Some(item));
        let expression = request["KeyConditionExpression"].as_str().unwrap_or_default();
        let terms = terms(request);
        let found = self.items.iter().filter_map(|(key, item)| visible(key, &item.item).map(|item| (key, item)));
        let mut found: Vec<(&Key, &Item)> = found.filter(|(_, item)| holds(expression, &terms, item)).collect();
        let range = match request["IndexName"].as_str().unwrap_or_default() {
            "by_due" => "due_at",
            _ => "created_key",
        };
        let text = |item: &Item| item.get(range).and_then(|v| v["S"].as_str()).unwrap_or_default().to_owned();
        found.sort_by_key(|(key, item)| (text(item), (*key).clone()));
        if request["ScanIndexForward"] == json!(false) {
            found.reverse();
        }
        let limit = request["Limit"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(1_000);
        let keys_only = |(_, item): (&Key, &Item)| {
            let kept = ["PK", "SK", range].map(|name| (name.to_owned(), item.get(name).cloned()));
            kept.into_iter().filter_map(|(name, value)| Some((name, value?))).collect::<Item>()
        };
        let items: Vec<Item> = found.into_iter().take(limit).map(keys_only).collect();
        json!({ "Count": items.len(), "ScannedCount": items.len(), "Items": items }).to_string()
    }
}

fn key_of(value: Option<&Value>) -> Key {
    let part = |name: &str| value.and_then(|v| v[name]["S"].as_str()).unwrap_or_default().to_owned();
    (part("PK"), part("SK"))
}

fn nothing() -> String {
    "{}".to_owned()
}

fn terms(request: &Value) -> Terms<'_> {
    Terms { names: request.get("ExpressionAttributeNames"), values: request.get("ExpressionAttributeValues") }
}

fn invalid(what: &str) -> Answer {
    (400, json!({ "__type": "ValidationException", "message": what }).to_string())
}
