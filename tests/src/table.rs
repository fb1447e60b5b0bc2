//! The table, looked at from outside.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use payment::Payment;
use store::Store;

/// An item's two keys.
type Key = (String, String);

/// An item.
pub type Item = HashMap<String, AttributeValue>;

/// How an index has a moment, which sorts as text.
const IN_INDEX: &str = "%Y-%m-%dT%H:%M:%S.%3fZ";

/// How an item has a moment.
const EXACT: &str = "%Y-%m-%dT%H:%M:%S%.fZ";

/// The table.
#[derive(Clone)]
pub struct Table {
    client: Client,
    name: String,
}

impl Table {
    /// The table at this endpoint.
    #[must_use]
    pub fn new(endpoint: &str, name: &str) -> Self {
        Self { client: Client::new(&local::aws::sdk(endpoint)), name: name.to_owned() }
    }

    /// Every item with its keys.
    pub async fn items(&self) -> BTreeMap<Key, HashMap<String, AttributeValue>> {
        let mut items = BTreeMap::new();
        let mut from = None;
        loop {
            let scan = self.client.scan().table_name(&self.name).consistent_read(true).set_exclusive_start_key(from);
            let page = scan.send().await.unwrap_or_else(|error| panic!("scan: {error:?}"));
            for item in page.items.unwrap_or_default() {
                let text = |name: &str| item[name].as_s().unwrap().clone();
                items.insert((text("PK"), text("SK")), item);
            }
            from = page.last_evaluated_key;
            if from.is_none() {
                return items;
            }
        }
    }

    /// Lets time pass for every item whose partition begins with one of these: all moments in it move into the past.
    pub async fn pass(&self, partitions: &[&str], seconds: i64) {
        let time = SignedDuration::from_secs(seconds);
        for ((partition, _), item) in self.items().await {
            if partitions.iter().any(|beginning| partition.starts_with(beginning)) {
                let earlier = |(name, value)| {
                    let value = earlier(value, time, if name == "due_at" { IN_INDEX } else { EXACT });
                    (name, value)
                };
                self.put(item.into_iter().map(earlier).collect()).await;
            }
        }
    }

    /// Writes one attribute of every item of this kind whose partition begins so.
    pub async fn set(&self, (partition, sort): (&str, &str), name: &str, value: AttributeValue) {
        for ((key, kind), mut item) in self.items().await {
            if key.starts_with(partition) && kind == sort {
                item.insert(name.to_owned(), value.clone());
                self.put(item).await;
            }
        }
    }

    /// Puts an item.
    pub async fn put(&self, item: Item) {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.send().await.unwrap_or_else(|error| panic!("put: {error:?}"));
    }

    /// The state of a payment as it is stored, to be changed by hand.
    pub async fn state(&self, id: &str) -> Item {
        let key = (format!("PAY#{id}"), "STATE".to_owned());
        self.items().await.remove(&key).unwrap_or_else(|| panic!("there is no {id}"))
    }

    /// Takes everything out of it.
    pub async fn clear(&self) {
        for (partition, sort) in self.items().await.into_keys() {
            let delete = self.client.delete_item().table_name(&self.name);
            let delete = delete.key("PK", AttributeValue::S(partition)).key("SK", AttributeValue::S(sort));
            delete.send().await.unwrap_or_else(|error| panic!("delete: {error:?}"));
        }
    }

    /// The payment with this id, with what the API does not show of its operations.
    pub async fn payment(&self, id: &str) -> Option<Payment> {
        let id = id.parse().unwrap_or_else(|_| panic!("{id} is no payment's"));
        let store = Store::new(self.client.clone(), &self.name);
        store.load(&id).await.unwrap_or_else(|error| panic!("load {id}: {error:?}"))
    }

    /// Every item's keys. Two equal answers: nothing new was written, whoever looked at an old payment meanwhile.
    pub async fn keys(&self) -> BTreeSet<Key> {
        self.items().await.into_keys().collect()
    }

    /// Every item's keys with its version; 0 for items that have none. Two equal answers: nothing was written.
    pub async fn versions(&self) -> BTreeMap<Key, u64> {
        let version = |item: &HashMap<String, AttributeValue>| match item.get("version") {
            Some(AttributeValue::N(number)) => number.parse().unwrap(),
            _ => 0,
        };
        self.items().await.into_iter().map(|(key, item)| (key, version(&item))).collect()
    }
}

/// The same with every moment in it moved into the past.
fn earlier(value: AttributeValue, time: SignedDuration, format: &str) -> AttributeValue {
    match value {
        AttributeValue::S(text) => AttributeValue::S(match text.parse::<Timestamp>() {
            Ok(moment) => (moment - time).strftime(format).to_string(),
            Err(_) => text,
        }),
        AttributeValue::L(values) => {
            AttributeValue::L(values.into_iter().map(|value| earlier(value, time, EXACT)).collect())
        }
        AttributeValue::M(fields) => {
            let earlier = |(name, value)| (name, earlier(value, time, EXACT));
            AttributeValue::M(fields.into_iter().map(earlier).collect())
        }
        other => other,
    }
}
