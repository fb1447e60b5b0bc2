//! The deployment against the rest of the house: routes, queues, permissions, alarms.
#![cfg(test)]

mod alarms;
mod code;
#[allow(dead_code, reason = "shared with the deployment's tests")]
mod document;
mod permissions;
mod queues;
mod routes;

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
