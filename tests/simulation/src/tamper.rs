//! How a defect shows in the table: conditions that are left out, and items that are not what sound code writes.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::defect::{Defect, Defects};
use crate::table::Key;

/// An item as DynamoDB writes it in JSON.
type Item = serde_json::Map<String, Value>;

/// Longer than any provider's quiet period.
const QUIET: SignedDuration = SignedDuration::from_mins(30);

impl Defects {
    /// Whether a condition of a write is left out.
    pub(crate) fn drops_condition(self, key: &Key, expression: &str) -> bool {
        match self.one() {
            Some(Defect::NoVersionCondition | Defect::ReservationAfterCall) => {
                key.1 == "STATE" && expression.starts_with("version")
            }
            Some(Defect::NoDeduplication) => key.1 == "RAW",
            _ => false,
        }
    }

    /// What is really written; `None` for nothing.
    pub(crate) fn written(self, key: &Key, old: Option<&str>, new: String) -> Option<String> {
        let Some(defect) = self.one() else { return Some(new) };
        let read = |text: &str| serde_json::from_str::<Item>(text).unwrap_or_default();
        let item = tampered(defect, key, old.map(read).as_ref(), read(&new))?;
        serde_json::to_string(&item).ok()
    }
}

fn tampered(defect: Defect, key: &Key, old: Option<&Item>, mut new: Item) -> Option<Item> {
    match defect {
        Defect::ReservationAfterCall if old.is_some_and(|old| reserves(old, &new)) => return None,
        Defect::DoubtReleases if key.1 == "STATE" => reject(&mut new, "in_doubt", "not_sent"),
        Defect::AgeMeansFailed if key.1 == "STATE" => reject(&mut new, "needs_operator", "not_sent"),
        Defect::OneNotFoundCounts if key.1 == "STATE" => {
            reject_if(&mut new, |o| o["M"]["not_found_at"]["S"].is_string(), "in_doubt", "not_processed");
        }
        Defect::NoQuietPeriod if key.1 == "STATE" => look_again_at_once(&mut new),
        Defect::LeaseIgnored if key.1 == "STATE" => {
            for operation in list_mut(&mut new, "operations") {
                operation["M"]["lease_until"] = operation["M"]["accepted_at"].clone();
            }
        }
        Defect::HintMovesMoney if old.is_some_and(|old| is_hint(old, &new)) => authorize(&mut new),
        Defect::HintDeclines if old.is_some_and(|old| is_hint(old, &new)) => {
            become_status(&mut new, "declined", json!({ "type": { "S": "declined" }, "reason": { "S": "other" } }));
        }
        Defect::ParkedForgotten if key.1 == "RAW" && new.get("state").is_some_and(|state| state["S"] == "parked") => {
            new.remove("due_shard");
        }
        Defect::UnseenExpires if old.is_some_and(|old| saw_nothing(old, &new)) => {
            become_status(&mut new, "expired", json!({ "type": { "S": "expired" }, "released": { "N": "0" } }));
        }
        Defect::SettledForgotten if key.1 == "STATE" => forget_looks(&mut new),
        Defect::NoDeduplication if key.1 == "STATE" => forget_messages(&mut new),
        Defect::AcknowledgedNotKept if key.1 == "RAW" => return None,
        Defect::LagForgotten if key.1 == "LAG" => return None,
        _ => {}
    }
    Some(new)
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

fn reject(item: &mut Item, status: &str, reason: &str) {
    reject_if(item, |_| true, status, reason);
}

fn reject_if(item: &mut Item, wanted: impl Fn(&Value) -> bool, status: &str, reason: &str) {
    for operation in list_mut(item, "operations") {
        if operation["M"]["status"]["S"] == status && wanted(operation) {
            operation["M"]["status"] = json!({ "S": "rejected" });
            operation["M"]["reason"] = json!({ "M": { "code": { "S": reason } } });
        }
    }
}

/// What was not found was not found long ago, and is due now.
fn look_again_at_once(item: &mut Item) {
    let mut due = None;
    for operation in list_mut(item, "operations") {
        let missed = operation["M"]["not_found_at"]["S"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
        if let Some(at) = missed.filter(|_| operation["M"]["status"]["S"] == "in_doubt") {
            operation["M"]["due_at"] = operation["M"]["not_found_at"].clone();
            operation["M"]["not_found_at"] = json!({ "S": (at - QUIET).to_string() });
            due = Some(at);
        }
    }
    if let Some(due) = due {
        item.insert("due_at".to_owned(), json!({ "S": due.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string() }));
    }
}

/// Whether both wait for the buyer, and nothing became true in between.
fn still_waits(old: &Item, new: &Item) -> bool {
    let waits = |item: &Item| item.get("status").is_some_and(|status| status["S"] == "requires_action");
    waits(old) && waits(new) && list(old, "history").count() == list(new, "history").count()
}

/// Whether a write only makes somebody look earlier.
fn is_hint(old: &Item, new: &Item) -> bool {
    let look = |item: &Item| item.get("observe_at").and_then(|at| at["S"].as_str()?.parse::<Timestamp>().ok());
    still_waits(old, new) && look(old).zip(look(new)).is_some_and(|(old, new)| new < old)
}

/// Whether a write only notes that a look saw nothing new.
fn saw_nothing(old: &Item, new: &Item) -> bool {
    still_waits(old, new) && old.get("observe_step") != new.get("observe_step")
}

fn authorize(item: &mut Item) {
    let amount = item.get("amount").cloned().unwrap_or_default();
    item.insert("authorized".to_owned(), amount.clone());
    become_status(item, "authorized", json!({ "type": { "S": "authorized" }, "amount": amount }));
    if let Some(last) = item.get_mut("history").and_then(|history| history["L"].as_array_mut()?.last_mut()) {
        last["M"]["amounts"]["M"]["authorized"] = item_amount(&last["M"]["fact"]);
    }
}

fn item_amount(fact: &Value) -> Value {
    fact["M"]["amount"].clone()
}

/// Moves the status, with a line of history about it.
fn become_status(item: &mut Item, status: &str, fact: Value) {
    item.insert("status".to_owned(), json!({ "S": status }));
    item.remove("due_shard");
    if let Some(history) = item.get_mut("history").and_then(|history| history["L"].as_array_mut())
        && let Some(mut entry) = history.last().cloned()
    {
        let sequence = history.len() + 1;
        entry["M"]["sequence"] = json!({ "N": sequence.to_string() });
        entry["M"]["previous_status"] = entry["M"]["status"].clone();
        entry["M"]["status"] = json!({ "S": status });
        entry["M"]["fact"] = json!({ "M": fact });
        history.push(entry);
    }
}

/// Nobody looks at what is promised or captured, unless for an operation.
fn forget_looks(item: &mut Item) {
    let settled = ["authorized", "partially_captured", "captured"];
    let stands = item.get("status").and_then(|status| status["S"].as_str()).is_some_and(|s| settled.contains(&s));
    let operates = list(item, "operations").any(|operation| operation["M"]["due_at"]["S"].is_string());
    if stands && !operates {
        for name in ["observe_at", "due_at", "due_shard"] {
            item.remove(name);
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
