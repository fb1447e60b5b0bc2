//! What broken code would look like from outside. Each is caught, or the simulation proves nothing.

use serde_json::{Value, json};

use crate::condition::Item;
use crate::table::Key;

/// One way to be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// Writes do not ask whether somebody else wrote in between.
    NoVersionCondition,
    /// The reservation is not in the table while the provider is asked.
    ReservationAfterCall,
    /// A call without an answer is taken for one that was not made.
    TimeoutMeansFailed,
    /// An operation in doubt is called rejected, and its reservation given back.
    DoubtReleases,
    /// An operation that nobody can find out about is called rejected by age.
    AgeMeansFailed,
    /// An effectful call without an answer is sent again.
    ActTwice,
    /// A provider's message that came before is taken for new.
    NoDeduplication,
    /// A message is acknowledged before it is kept.
    AcknowledgedNotKept,
    /// The relay takes what a queue refused for sent.
    RelaySwallowsErrors,
    /// A queue that fell behind is not written down.
    LagForgotten,
    /// Only the first write of a transaction happens.
    TornTransaction,
    /// The relay does not come back to a batch that died with its function.
    BatchForgotten,
    /// Nothing is looked at again by itself.
    NoSweep,
}

impl Defect {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::NoVersionCondition,
        Self::ReservationAfterCall,
        Self::TimeoutMeansFailed,
        Self::DoubtReleases,
        Self::AgeMeansFailed,
        Self::ActTwice,
        Self::NoDeduplication,
        Self::AcknowledgedNotKept,
        Self::RelaySwallowsErrors,
        Self::LagForgotten,
        Self::TornTransaction,
        Self::BatchForgotten,
        Self::NoSweep,
    ];
}

/// The defects of one run: none, or one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Defects(Option<Defect>);

impl Defects {
    /// Sound code.
    pub const NONE: Self = Self(None);

    /// Code with this defect.
    #[must_use]
    pub const fn only(defect: Defect) -> Self {
        Self(Some(defect))
    }

    /// Whether the code has it.
    pub(crate) fn has(self, defect: Defect) -> bool {
        self.0 == Some(defect)
    }

    /// Whether a condition of a write is left out.
    pub(crate) fn drops_condition(self, key: &Key, expression: &str) -> bool {
        match self.0 {
            Some(Defect::NoVersionCondition | Defect::ReservationAfterCall) => {
                key.1 == "STATE" && expression.starts_with("version")
            }
            Some(Defect::NoDeduplication) => key.1 == "RAW",
            _ => false,
        }
    }

    /// What is really written; `None` for nothing.
    pub(crate) fn written(self, key: &Key, old: Option<&Item>, mut new: Item) -> Option<Item> {
        match self.0 {
            Some(Defect::ReservationAfterCall) if old.is_some_and(|old| reserves(old, &new)) => return None,
            Some(Defect::DoubtReleases) if key.1 == "STATE" => reject(&mut new, "in_doubt"),
            Some(Defect::AgeMeansFailed) if key.1 == "STATE" => reject(&mut new, "needs_operator"),
            Some(Defect::NoDeduplication) if key.1 == "STATE" => forget_messages(&mut new),
            Some(Defect::AcknowledgedNotKept) if key.1 == "RAW" => return None,
            Some(Defect::LagForgotten) if key.1 == "LAG" => return None,
            _ => {}
        }
        Some(new)
    }
}

fn list<'a>(item: &'a Item, name: &str) -> impl Iterator<Item = &'a Value> {
    item.get(name).and_then(|value| value["L"].as_array()).into_iter().flatten()
}

fn list_mut<'a>(item: &'a mut Item, name: &str) -> impl Iterator<Item = &'a mut Value> {
    item.get_mut(name).and_then(|value| value.get_mut("L")?.as_array_mut()).into_iter().flatten()
}

/// Whether a write does nothing but reserve an attempt.
fn reserves(old: &Item, new: &Item) -> bool {
    let accepted = |item: &Item| list(item, "operations").filter(|o| o["M"]["status"]["S"] == "accepted").count();
    accepted(new) > accepted(old)
}

fn reject(item: &mut Item, status: &str) {
    for operation in list_mut(item, "operations") {
        if operation["M"]["status"]["S"] == status {
            operation["M"]["status"] = json!({ "S": "rejected" });
            operation["M"]["reason"] = json!({ "M": { "code": { "S": "not_sent" } } });
        }
    }
}

fn forget_messages(item: &mut Item) {
    for entry in list_mut(item, "history") {
        if let Some(entry) = entry["M"].as_object_mut() {
            entry.remove("message");
        }
    }
}
