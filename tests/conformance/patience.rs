//! Calls that are not answered in time: by a provider that did its work, and by one that comes to it after everybody gave
//! up. One call of each provider waits for the real deadline, all of them at the same time.

use futures::future::join_all;
use payment::{DoubtPolicy, OperationKind};
use serde_json::json;
use service::ProblemCode;

use crate::TABLES;
use crate::bench::Bench;
use crate::cases::spread_over;
use crate::doubts::{self, LATE, UNTOLD};
use crate::step::{Step, all};
use crate::table::Table;

/// Every call that is declared.
pub(crate) async fn check(table: &'static Table) {
    let cases = all(table).0.into_iter().flat_map(|step| [LATE, UNTOLD].map(|mishap| (step, mishap))).collect();
    spread_over(table, async || Bench::impatient(table).await, cases, doubts::case).await;
}

/// The last call of a payment's life that doubt ends differently for: the capture, else what there is.
fn step(table: &'static Table) -> Step {
    let steps = all(table).0;
    let capture = steps.iter().find(|step| step.kind() == OperationKind::Capture);
    *capture.or(steps.first()).unwrap()
}

#[tokio::test]
async fn a_provider_that_does_not_answer_in_time_did_its_work_or_not() {
    join_all(TABLES.iter().map(|table| times_out(table))).await;
}

async fn times_out(table: &'static Table) {
    let (bench, step) = (Bench::of(table).await, step(table));
    let ready = step.ready(&bench).await;
    bench.sandbox.quiet().await;
    bench.sandbox.webhooks(json!({ "mode": "held" })).await;
    bench.sandbox.fault(json!({ "call": step.call.name, "kind": "delay", "millis": 60_000 })).await;
    let answer = ready.ask().await;
    if step.capability.doubt == DoubtPolicy::Harmless {
        let _ = answer.expect_problem(ProblemCode::ProviderUnavailable);
        let _ = ready.ask().await.expect(step.done());
        return;
    }
    let answer = answer.expect(202);
    let (deal, operation) = (ready.deal_of(&answer), ready.operation_of(&answer));
    assert_eq!(deal.operation(&operation).await["reason"], "timed_out", "{}", step.name(table));
    let ends = matches!(step.capability.doubt, DoubtPolicy::Lookup | DoubtPolicy::Repeat);
    let _ = ready.ask().await.expect(if ends { step.done() } else { 202 });
    if ends {
        deal.agreed().await;
    }
}
