//! The deployment against the rest of the house: routes, queues, permissions, alarms.
#![cfg(test)]

mod alarms;
mod artifacts;
mod code;
#[allow(dead_code, reason = "shared with the deployment's tests")]
mod document;
mod journeys;
mod metrics;
mod names;
mod parameters;
mod permissions;
mod queues;
mod routes;
mod runbook;

use std::path::PathBuf;

/// A file of the repository.
fn file(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(file(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The functions' folders.
fn folders() -> Vec<String> {
    let entries = std::fs::read_dir(file("functions")).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The code that ships, without its comments.
fn sources() -> String {
    let mut text = String::new();
    let mut open = vec![file("shared"), file("functions")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let file = std::fs::read_to_string(path).unwrap();
                text.extend(file.lines().filter(|l| !l.trim_start().starts_with("//")).map(|line| format!("{line}\n")));
            }
        }
    }
    text
}
