//! `cargo run`: the whole of paylater on one machine.
fn main() {}
