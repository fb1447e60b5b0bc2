//! What the code of a function calls: every function body that can be reached from its handler, through the crates of
//! the house. Types are told by the names that the house uses for their values: a `store` is a `Store`.

mod parse;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::{file, folders};

pub(crate) use parse::Body;
use parse::Call;

/// A function body's place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Node {
    pub(crate) of_crate: String,
    /// The type that it is a method of, or nothing.
    pub(crate) owner: String,
    pub(crate) name: String,
}

fn node(of_crate: &str, owner: &str, name: &str) -> Node {
    Node { of_crate: of_crate.to_owned(), owner: owner.to_owned(), name: name.to_owned() }
}

/// The house's code.
pub(crate) struct Code(BTreeMap<Node, Body>);

/// The crates whose code calls AWS or leads there.
const SHARED: [&str; 3] = ["runtime", "service", "store"];

impl Code {
    pub(crate) fn read() -> Self {
        let mut bodies = BTreeMap::new();
        let functions = folders().into_iter().map(|folder| (format!("functions/{folder}/src"), folder));
        let shared = SHARED.into_iter().map(|name| (format!("shared/{name}/src"), name.to_owned()));
        for (source, name) in functions.chain(shared) {
            collect(&file(&source), &name, &mut bodies);
        }
        Self(bodies)
    }

    /// Every body that a function's handler reaches.
    pub(crate) fn reached_from(&self, folder: &str) -> BTreeMap<&Node, &Body> {
        let mut reached = BTreeMap::new();
        let mut open = vec![node(folder, "", "handle")];
        while let Some(next) = open.pop() {
            let Some((known, body)) = self.0.get_key_value(&next) else { continue };
            if reached.insert(known, body).is_none() {
                open.extend(body.calls.iter().flat_map(|call| leads_to(known, call)));
            }
        }
        reached
    }

    /// Whether a body calls AWS itself.
    pub(crate) fn asks_aws(&self, node: &Node) -> bool {
        self.0.get(node).is_some_and(|body| body.calls.iter().any(|call| call.on == "client"))
    }

    /// The bodies of a crate.
    pub(crate) fn of_crate(&self, name: &str) -> BTreeSet<&Node> {
        self.0.keys().filter(|node| node.of_crate == name).collect()
    }
}

/// Where a call may go, by what it is called on.
fn leads_to(from: &Node, call: &Call) -> Vec<Node> {
    let name = call.name.as_str();
    let one = |of_crate: &str, owner: &str| vec![node(of_crate, owner, name)];
    match call.on.as_str() {
        "self" | "Self" => one(&from.of_crate, &from.owner),
        "" if call.is_path => one(&from.of_crate, ""),
        on if call.is_path && SHARED.contains(&on) => one(on, ""),
        // A type of this crate or of one that it uses.
        on if call.is_path && on.starts_with(char::is_uppercase) => {
            SHARED.into_iter().chain([from.of_crate.as_str()]).map(|of_crate| node(of_crate, on, name)).collect()
        }
        _ if call.is_path => one(&from.of_crate, ""),
        "service" => one("service", "Service"),
        "store" => one("store", "Store"),
        "app" => one("runtime", "App"),
        // Behind the port of the merchants is the runtime's Secrets Manager.
        "merchants" => one("runtime", "SecretMerchants"),
        "relay" => one("relay-events", "Relay"),
        "queues" => one("relay-events", "Queues"),
        _ => Vec::new(),
    }
}

fn collect(folder: &Path, name: &str, bodies: &mut BTreeMap<Node, Body>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, name, bodies);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            for ((owner, function), body) in parse::bodies(&text) {
                bodies.entry(node(name, &owner, &function)).or_default().add(body);
            }
        }
    }
}
