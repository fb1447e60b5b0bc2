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

use payment::{DoubtPolicy, OperationKind};
use providers::{OperationCapability, REGISTRY, Transport};
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

/// The answer that is lost when a payment is opened is the one with the provider's id: whoever looks for it then has our
/// reference alone.
#[test]
fn what_is_found_by_our_reference_ends_doubt_about_opening_by_a_look() {
    let opens = |o: &&OperationCapability| matches!(o.kind, OperationKind::CreateSession | OperationKind::Confirm);
    for capabilities in REGISTRY.iter().map(|registered| registered.capabilities) {
        let mut calls = capabilities.operations.iter().filter(opens).filter(|o| o.calls);
        let looked_up = calls.any(|o| o.doubt == DoubtPolicy::Lookup);
        assert_eq!(capabilities.finds_by_reference, looked_up, "{}: finds_by_reference", capabilities.provider);
    }
}

/// Another account does not have what this one has, and that it finds nothing proves nothing.
#[test]
fn an_account_in_which_our_reference_is_looked_for_has_a_mark() {
    for registered in REGISTRY {
        let provider = registered.capabilities.provider;
        let stand_in = sandbox::stand_in(provider).unwrap_or_else(|| panic!("{provider} has no stand-in"));
        let account = (stand_in.account)("http://127.0.0.1:1");
        let adapter = (registered.open)(&account, Transport::default()).unwrap();
        let marked = adapter.mark().is_some();
        assert!(marked || !registered.capabilities.finds_by_reference, "{provider} finds by reference and has no mark");
    }
}
