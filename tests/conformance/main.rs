//! One suite for every provider of the registry: whatever its capabilities declare must work at its strict stand-in, go
//! wrong as they say, and what they do not declare must be refused by name with nothing sent. A table per provider gives
//! only what cannot be derived: a valid order, the buyer's part, the names of the calls, the codes of the answers and
//! the events. What is declared and has no row fails by name.
#![cfg(test)]

mod actions;
mod activation;
mod bench;
mod cases;
mod deal;
mod declines;
mod doubts;
mod events;
mod lives;
mod looking;
mod messages;
mod patience;
mod refusals;
mod rows;
mod step;
mod suite;
mod table;
mod tables;
mod undeclared;

use providers::REGISTRY;
use tables::TABLES;

#[test]
fn every_provider_of_the_registry_has_a_table() {
    let missing: Vec<&str> = REGISTRY
        .iter()
        .map(|registered| registered.capabilities.provider)
        .filter(|provider| !TABLES.iter().any(|table| table.provider == *provider))
        .collect();
    assert!(missing.is_empty(), "in the registry, and without a conformance table: {}", missing.join(", "));
}
