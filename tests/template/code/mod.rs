//! What the code of a function calls: every function body that can be reached from its handler, by name, through the
//! crates of the house. A name that two bodies share counts for both, so at most too much is found, never too little.

mod parse;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::{file, folders};

pub(crate) use parse::Body;
use parse::Call;

/// A function's name and its crate's.
type Node = (String, String);

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
        let mut open = vec![(folder.to_owned(), "handle".to_owned())];
        while let Some(node) = open.pop() {
            let Some((node, body)) = self.0.get_key_value(&node) else { continue };
            if reached.insert(node, body).is_none() {
                open.extend(body.calls.iter().filter_map(|call| self.leads_to(&node.0, call)));
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
        self.0.keys().filter(|(of, _)| of == name).collect()
    }

    /// Where a call in a crate goes, by what it is called on.
    fn leads_to(&self, from: &str, call: &Call) -> Option<Node> {
        let to = match call.on.as_str() {
            "service" | "store" => call.on.as_str(),
            "app" => "runtime",
            // The port of the merchants is the runtime's Secrets Manager.
            "merchants" => "runtime",
            "queues" | "relay" => "relay-events",
            _ if SHARED.contains(&call.on.as_str()) => call.on.as_str(),
            _ if call.is_path || call.on == "self" => from,
            _ => return None,
        };
        Some((to.to_owned(), call.name.clone()))
    }
}

fn collect(folder: &Path, name: &str, bodies: &mut BTreeMap<Node, Body>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, name, bodies);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            for (function, body) in parse::bodies(&text) {
                bodies.entry((name.to_owned(), function)).or_default().add(body);
            }
        }
    }
}
