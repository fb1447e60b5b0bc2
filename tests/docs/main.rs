//! What is made from the code: of README.md the capability table, the state diagram, and what a payment costs; of the
//! contract, the deployment and the merchants' documents whatever there is one of for each provider. What CONTRIBUTING.md
//! names is there. And two rules of the whole code: where the providers' names may stand, and where effects are made.
//!
//! `PAYLATER_WRITE_DOCS=1 cargo test -p tests --test docs` writes them anew.
#![cfg(test)]

mod contributing;
mod cost;
mod effects;
mod names;
mod registry;

use std::path::PathBuf;

use payment::{DoubtPolicy, Flow, InstructionKind, OperationKind};
use providers::{BestEvidence, Capabilities, REGISTRY};

/// The root of the repository.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A file of the repository.
fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Holds the part of the README between two markers against what it must be, or writes it.
fn check(name: &str, expected: &str) {
    hold("README.md", &format!("<!-- {name}: begin -->\n"), &format!("<!-- {name}: end -->"), |_| expected.to_owned());
}

/// Holds what stands in a file between two texts against what must be made of it, or writes that.
fn hold(path: &str, begin: &str, end: &str, made: impl FnOnce(&str) -> String) {
    let text = read(path);
    let (before, rest) = text.split_once(begin).unwrap_or_else(|| panic!("{path} has no {begin:?}"));
    let (found, after) = rest.split_once(end).unwrap_or_else(|| panic!("{path} has no {end:?}"));
    let expected = made(found);
    if std::env::var_os("PAYLATER_WRITE_DOCS").is_some() {
        std::fs::write(root().join(path), format!("{before}{begin}{expected}{end}{after}")).unwrap();
        return;
    }
    assert_eq!(
        found, expected,
        "{path} is stale; run PAYLATER_WRITE_DOCS=1 cargo test -p tests --test docs -- --test-threads 1"
    );
}

#[test]
fn the_state_diagram_in_the_readme_is_the_transition_table() {
    check("state diagram", &format!("```mermaid\n{}```\n", payment::diagram()));
}

#[test]
fn the_capability_table_in_the_readme_is_what_the_adapters_declare() {
    let all: Vec<&Capabilities> = REGISTRY.iter().map(|registered| registered.capabilities).collect();
    let mut table = row("", all.iter().map(|c| format!("`{}`", c.provider)));
    table += &row("---", all.iter().map(|_| "---".to_owned()));
    table += &row("flows", all.iter().map(|c| words(c.flows)));
    table += &row("capture", all.iter().map(|c| words(c.capture_modes)));
    for kind in [OperationKind::CreateSession].into_iter().chain(OperationKind::ACTIONS) {
        table += &row(&format!("`{}`", kind.as_str()), all.iter().map(|c| operation(c, kind)));
    }
    table += &row("buyers", all.iter().map(|c| words(c.buyers)));
    table += &row("countries", all.iter().map(|c| list(c.countries, "any")));
    table += &row("currencies", all.iter().map(|c| list(c.currencies, "any")));
    table += &row("expiry", all.iter().map(|c| expiry(c.expires_unobserved_seconds)));
    table += &row("best evidence", all.iter().map(|c| evidence(c.evidence).to_owned()));
    table += &row("word of its webhook", all.iter().map(|c| format!("`{}`", c.webhook_path)));
    table += &row("offers besides", all.iter().map(|c| list(c.omits, "—")));
    check("capability table", &table);
}

fn row(name: &str, cells: impl Iterator<Item = String>) -> String {
    format!("| {name} | {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

fn words<T: serde::Serialize>(values: &[T]) -> String {
    let word = |value: &T| serde_json::to_value(value).unwrap().as_str().unwrap().to_owned();
    values.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn list(values: &[&str], none: &str) -> String {
    if values.is_empty() { none.to_owned() } else { values.join(", ") }
}

/// What an operation is at a provider; where the flows differ, each kind of it.
fn operation(capabilities: &Capabilities, kind: OperationKind) -> String {
    let mut found: Vec<(String, Vec<Flow>)> = Vec::new();
    for flow in capabilities.flows {
        let Some(operation) = capabilities.operation(kind, *flow) else { continue };
        let partial = match kind {
            OperationKind::Capture | OperationKind::Refund if operation.partial => "partial, ",
            OperationKind::Capture | OperationKind::Refund => "in full, ",
            OperationKind::Cancel if operation.partial => "all or the rest, ",
            OperationKind::Cancel => "before capture, ",
            OperationKind::Amend if operation.partial => "lower, ",
            OperationKind::Amend => "lower before capture, ",
            OperationKind::Tell(InstructionKind::DirectPayment) if operation.partial => "partial, ",
            OperationKind::Tell(InstructionKind::DirectPayment) => "in full, ",
            OperationKind::CreateSession | OperationKind::Confirm | OperationKind::Tell(_) => "",
        };
        let text =
            if operation.calls { format!("{partial}doubt: {}", doubt(operation.doubt)) } else { "observes".to_owned() };
        match found.iter_mut().find(|(known, _)| *known == text) {
            Some((_, flows)) => flows.push(*flow),
            None => found.push((text, vec![*flow])),
        }
    }
    match found.as_slice() {
        [] => "—".to_owned(),
        [(text, flows)] if flows.len() == capabilities.flows.len() => text.clone(),
        several => {
            several.iter().map(|(text, flows)| format!("{}: {text}", words(flows))).collect::<Vec<_>>().join("; ")
        }
    }
}

const fn doubt(policy: DoubtPolicy) -> &'static str {
    match policy {
        DoubtPolicy::Lookup => "looked up",
        DoubtPolicy::Repeat => "repeated",
        DoubtPolicy::Harmless => "harmless",
        DoubtPolicy::None => "operator",
    }
}

/// How it is known that a buyer never finished.
fn expiry(unobserved: Option<i64>) -> String {
    let silence = |seconds: i64| format!("expires unobserved after {} h", seconds / 3_600);
    unobserved.map_or_else(|| "seen".to_owned(), silence)
}

const fn evidence(best: BestEvidence) -> &'static str {
    match best {
        BestEvidence::Observation => "own read",
        BestEvidence::Webhook => "webhook",
    }
}
