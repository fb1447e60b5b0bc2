//! The suite of each provider under its own name: `cargo test -p tests --test conformance suite::billink::`.

macro_rules! suites {
    ($($provider:ident),+ $(,)?) => {
        $(mod $provider {
            use crate::tables::$provider::TABLE;
            use crate::{
                actions, declines, doubts, events, lives, looking, messages, patience, refusals, rows, undeclared,
            };

            #[test]
            fn what_it_declares_has_a_row_in_its_table() {
                rows::check(&TABLE);
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
            async fn what_is_not_answered_in_time_was_done_or_comes_late() {
                patience::check(&TABLE).await;
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
            async fn what_is_said_to_be_possible_is_possible_and_nothing_else_is() {
                actions::check(&TABLE).await;
            }

            #[tokio::test]
            async fn a_confirmation_that_is_no_call_only_looks() {
                looking::check(&TABLE).await;
            }
        })+
    };
}

providers::every_provider!(suites);
