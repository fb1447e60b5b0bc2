//! The table, looked at from outside.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

/// An item's two keys.
type Key = (String, String);

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

    /// Every item's keys with its version; 0 for items that have none. Two equal answers: nothing was written.
    pub async fn versions(&self) -> BTreeMap<Key, u64> {
        let version = |item: &HashMap<String, AttributeValue>| match item.get("version") {
            Some(AttributeValue::N(number)) => number.parse().unwrap(),
            _ => 0,
        };
        self.items().await.into_iter().map(|(key, item)| (key, version(&item))).collect()
    }
}
