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

#[tokio::test]
async fn a_provider_that_can_be_asked_about_everything() {
    check(&tables::buckaroo_billink::TABLE).await;
}

#[tokio::test]
async fn a_provider_that_can_be_asked_about_most() {
    check(&tables::billie_pad::TABLE).await;
}

#[tokio::test]
async fn a_provider_that_cannot_be_asked() {
    check(&tables::billie_psp::TABLE).await;
}

#[tokio::test]
async fn a_provider_whose_capture_can_be_repeated() {
    check(&tables::billink::TABLE).await;
}

#[tokio::test]
async fn a_provider_whose_order_is_a_call_of_its_own() {
    check(&tables::billink_v1::TABLE).await;
}

#[tokio::test]
async fn a_provider_that_only_opens() {
    check(&tables::billagain::TABLE).await;
}
