//! One suite for every provider of the registry: whatever its capabilities declare must work at its strict stand-in, go
//! wrong as they say, and what they do not declare must be refused by name with nothing sent. A table per provider gives
//! only what cannot be derived: a valid order, the buyer's part, the names of the calls, the codes of the answers and
//! the events. What is declared and has no row fails by name.
#![cfg(test)]

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
mod step;
mod table;
mod tables;
mod undeclared;

use providers::REGISTRY;
use table::Table;

/// The suite of each provider, under its own name: `cargo test -p tests --test conformance billink::`.
macro_rules! conformance {
    ($($provider:ident),+ $(,)?) => {
        /// The tables.
        static TABLES: &[&Table] = &[$(&tables::$provider::TABLE),+];

        $(mod $provider {
            use crate::tables::$provider::TABLE;
            use crate::{declines, doubts, events, lives, looking, messages, refusals, undeclared};

            #[tokio::test]
            async fn what_it_declares_has_a_row_in_its_table() {
                crate::step::every_declaration_has_its_row(&TABLE);
            }

            #[tokio::test]
            async fn every_flow_is_lived_to_its_end_and_the_books_agree() {
                lives::check(&TABLE).await;
            }

            #[tokio::test]
            async fn a_refused_buyer_is_an_answer_with_a_reason() {
                declines::check(&TABLE).await;
            }

            #[tokio::test]
            async fn a_definite_refusal_gives_the_reservation_back() {
                refusals::check(&TABLE).await;
            }

            #[tokio::test]
            async fn an_unknown_outcome_is_kept_in_doubt_and_ends_as_declared() {
                doubts::check(&TABLE).await;
            }

            #[tokio::test]
            async fn messages_may_come_twice_late_reordered_wrong_and_forged() {
                messages::check(&TABLE).await;
            }

            #[tokio::test]
            async fn every_event_has_its_meaning() {
                events::check(&TABLE).await;
            }

            #[tokio::test]
            async fn what_it_does_not_declare_is_refused_and_nothing_is_sent() {
                undeclared::check(&TABLE).await;
            }

            #[tokio::test]
            async fn a_confirmation_that_is_no_call_only_looks() {
                looking::check(&TABLE).await;
            }
        })+
    };
}

conformance! {
    buckaroo_billink,
    billie_pad,
    billie_psp,
    billagain,
    billink,
    billink_v1,
}

#[test]
fn every_provider_of_the_registry_has_a_table() {
    let missing: Vec<&str> = REGISTRY
        .iter()
        .map(|registered| registered.capabilities.provider)
        .filter(|provider| !TABLES.iter().any(|table| table.provider == *provider))
        .collect();
    assert!(missing.is_empty(), "in the registry, and without a conformance table: {}", missing.join(", "));
}
