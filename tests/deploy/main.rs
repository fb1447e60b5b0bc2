//! What is deployed, as far as it runs without AWS: the events of `sam local invoke`, and the stack on an emulator.
#![cfg(test)]

mod address;
#[path = "../template/document.rs"]
#[allow(dead_code, reason = "the template's own tests use all of it")]
mod document;
mod emulator;
mod events;
mod start;
mod translated;

fn read(path: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
