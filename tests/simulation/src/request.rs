//! What the store asks of the table, as the SDK writes it. What an item holds is left unread until it matters.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::condition::{Item, Terms};
use crate::table::Key;

/// Any request, with the fields of all that there are.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Request {
    pub(crate) item: Option<Box<RawValue>>,
    #[serde(rename = "Key")]
    asked: Option<Primary>,
    pub(crate) condition_expression: String,
    pub(crate) update_expression: String,
    pub(crate) key_condition_expression: String,
    expression_attribute_names: BTreeMap<String, String>,
    expression_attribute_values: Item,
    pub(crate) return_values_on_condition_check_failure: String,
    pub(crate) index_name: String,
    pub(crate) scan_index_forward: Option<bool>,
    pub(crate) limit: Option<usize>,
    pub(crate) client_request_token: String,
    pub(crate) transact_items: Vec<Transacted>,
    pub(crate) request_items: BTreeMap<String, Wanted>,
    #[serde(skip)]
    read: OnceLock<Key>,
}

/// One part of a transaction; the store puts only.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Transacted {
    pub(crate) put: Request,
}

/// What a batch reads of one table.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Wanted {
    pub(crate) keys: Vec<Primary>,
}

/// Partition and sort key.
#[derive(Default, Deserialize)]
#[serde(rename_all = "UPPERCASE", default)]
pub(crate) struct Primary {
    pk: Text,
    sk: Text,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "UPPERCASE", default)]
struct Text {
    s: String,
}

impl Primary {
    pub(crate) fn key(&self) -> Key {
        (self.pk.s.clone(), self.sk.s.clone())
    }
}

impl Request {
    /// The key of the item that it is about.
    pub(crate) fn key(&self) -> Key {
        let of_item = || self.item.as_ref().and_then(|item| serde_json::from_str::<Primary>(item.get()).ok());
        let read = || self.asked.as_ref().map_or_else(|| of_item().unwrap_or_default().key(), Primary::key);
        self.read.get_or_init(read).clone()
    }

    pub(crate) fn terms(&self) -> Terms<'_> {
        Terms { names: &self.expression_attribute_names, values: &self.expression_attribute_values }
    }

    /// What it is about, for the trace.
    pub(crate) fn about(&self) -> String {
        if !self.index_name.is_empty() {
            return self.index_name.clone();
        }
        let (partition, sort) = self.transact_items.first().map_or(self, |first| &first.put).key();
        let short = |text: String| text.chars().take(14).collect::<String>();
        format!("{} {}", short(partition), short(sort))
    }
}
