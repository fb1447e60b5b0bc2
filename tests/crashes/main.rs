//! Real crashes: the functions as processes under the Lambda Runtime API, killed (SIGKILL) around every call and every
//! write that changes something. What they leave behind is taken up by the schedule or by the same request, and in the
//! end the provider's books are the API's answers to the cent, or a person is asked about exactly the difference; never
//! is anything done twice.
#![cfg(test)]

mod binaries;
mod gate;
mod kill;
mod process;
mod relay;
mod scene;
mod verdict;
mod world;

// Payments, steps and tables are those of the conformance suite.
#[path = "../conformance/bench.rs"]
#[allow(dead_code, reason = "the conformance suite uses the rest")]
mod bench;
#[path = "../conformance/cases.rs"]
#[allow(dead_code, reason = "the conformance suite uses the rest")]
mod cases;
#[path = "../conformance/deal.rs"]
#[allow(dead_code, reason = "the conformance suite uses the rest")]
mod deal;
#[path = "../conformance/step.rs"]
#[allow(dead_code, reason = "the conformance suite uses the rest")]
mod step;
#[path = "../conformance/table.rs"]
#[allow(dead_code, reason = "the conformance suite uses the rest")]
mod table;
#[path = "../conformance/tables/mod.rs"]
#[allow(dead_code, unused, reason = "the conformance suite uses the rest")]
mod tables;

use cases::{Cases, spread_over};
use scene::Act;
use table::Table;

async fn check(table: &'static Table) {
    let run = async |table: &&'static Table, cases: &mut Cases, act| kill::act(table, cases, act).await;
    spread_over(table, async || table, Act::all(table), run).await;
}

macro_rules! killed {
    ($($provider:ident),+ $(,)?) => {
        $(mod $provider {
            #[tokio::test]
            async fn killed_at_every_call_and_write_it_ends_as_its_books_say() {
                crate::check(&crate::tables::$provider::TABLE).await;
            }
        })+
    };
}

providers::every_provider!(killed);
