//! Calls whose outcome nobody knows: kept reserved, told by an event, and ended as the capabilities declare, never by a
//! second booking.

use payment::{DoubtPolicy, OperationKind};
use serde_json::{Value, json};
use service::ProblemCode;
use tests::Answer;

use crate::bench::{AMOUNT, Bench};
use crate::cases::{Cases, spread};
use crate::deal::Deal;
use crate::step::{Ready, Step, all};
use crate::table::{InAnswer, Table};

/// A mishap: the fault, and whether the provider did its work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mishap {
    kind: &'static str,
    worked: bool,
}

const fn mishap(kind: &'static str, worked: bool) -> Mishap {
    Mishap { kind, worked }
}

/// No answer in time from a provider that comes to it later.
pub(crate) const LATE: Mishap = mishap("delay_before", false);
/// No answer in time from a provider that did its work.
pub(crate) const UNTOLD: Mishap = mishap("delay", true);

/// An answer that no page of any provider has.
const UNHEARD_OF: Mishap = mishap("answer", false);

const WRONG_AMOUNT: &str = "wrong_amount";

const MISHAPS: [Mishap; 8] = [
    mishap("drop_before", false),
    mishap("drop_after", true),
    mishap("http_5xx", false),
    mishap("http_5xx_after", true),
    mishap("garbage", false),
    mishap("garbage_after", true),
    mishap(WRONG_AMOUNT, true),
    UNHEARD_OF,
];

/// Of a call that was tried in every way in another flow.
const USUAL: [&str; 2] = ["drop_before", "drop_after"];

pub(crate) async fn check(table: &'static Table) {
    let steps = all(table).0;
    let mut cases: Vec<(Step, Mishap)> = Vec::new();
    for (n, step) in steps.iter().enumerate() {
        let known = steps[..n].iter().any(|other| std::ptr::eq(other.call, step.call) && other.part == step.part);
        let happens = |mishap: &Mishap| !known || USUAL.contains(&mishap.kind);
        cases.extend(MISHAPS.into_iter().filter(happens).map(|mishap| (*step, mishap)));
    }
    spread(table, cases, case).await;
}

/// Runs a mishap of a step.
pub(crate) async fn case(bench: &Bench, cases: &mut Cases, (step, mishap): (Step, Mishap)) {
    let name = format!("{} {}", step.name(bench.table), mishap.kind);
    if mishap.kind == WRONG_AMOUNT && step.call.amount == InAnswer::NoAmount {
        cases.case(&format!("{name}: there is none"), names_no_amount(bench, step)).await;
    } else {
        cases.case(&name, doubt(bench, step, mishap)).await;
    }
    bench.sandbox.no_faults().await;
    bench.sandbox.webhooks(json!({ "mode": "normal" })).await;
}

/// The answer of a call has no amount that could be wrong.
async fn names_no_amount(bench: &Bench, step: Step) {
    let ready = step.ready(bench).await;
    bench.sandbox.forget_calls().await;
    bench.sandbox.fault(json!({ "call": step.call.name, "kind": WRONG_AMOUNT })).await;
    let done = ready.ask().await.expect(step.done());
    assert_eq!(ready.distorted().await, [false], "its answer names an amount, and its row says that it does not");
    ready.deal_of(&done).agreed().await;
}

/// Asks for an operation that ends like that, and settles it as declared.
async fn doubt(bench: &Bench, step: Step, mishap: Mishap) {
    let ready = step.ready(bench).await;
    bench.sandbox.quiet().await;
    // Its messages would tell sooner.
    bench.sandbox.webhooks(json!({ "mode": "held" })).await;
    bench.sandbox.forget_calls().await;
    let status = if mishap.kind == UNHEARD_OF.kind { 418 } else { 502 };
    // A delay lasts until the faults are called off.
    let (call, kind) = (step.call.name, mishap.kind);
    let fault = json!({ "call": call, "kind": kind, "status": status, "body": "{}", "millis": 600_000 });
    bench.sandbox.fault(fault).await;
    let answer = ready.ask().await;
    if kind == WRONG_AMOUNT {
        assert_eq!(ready.distorted().await, [true], "its answer names no amount, and its row says that it does");
    }
    let settled = match step.capability.doubt {
        DoubtPolicy::Harmless => Some(opens_anew(&ready, answer).await),
        policy => stays_in_doubt(&ready, answer, policy, mishap).await,
    };
    // Nobody waits for it any more, and the provider goes on.
    bench.sandbox.no_faults().await;
    bench.sandbox.idle().await;
    let settled = match settled {
        None if kind == LATE.kind => found_late(&ready).await,
        settled => settled,
    };
    // What it tells late changes nothing that is known.
    bench.sandbox.webhooks(json!({ "mode": "normal" })).await;
    bench.sandbox.release("normal").await;
    if let Some(deal) = settled {
        deal.agreed().await;
        assert!(!deal.story().await.contains(&"payment.drift_detected".to_owned()));
    }
}

/// Nothing was moved: told as a failure that is safe to repeat, and repeated by the same key.
async fn opens_anew<'a>(ready: &Ready<'a>, answer: Answer) -> Deal<'a> {
    let refused = answer.expect_problem(ProblemCode::ProviderUnavailable);
    assert_eq!(refused.at("/retry"), "safe");
    let done = ready.ask().await.expect(ready.step.done());
    assert_eq!(ready.count().await, 2);
    let deal = ready.deal_of(&done);
    deal.agreed().await;
    deal
}

async fn stays_in_doubt<'a>(
    ready: &Ready<'a>,
    answer: Answer,
    policy: DoubtPolicy,
    mishap: Mishap,
) -> Option<Deal<'a>> {
    let step = ready.step;
    let answer = answer.expect(202);
    let (deal, operation) = (ready.deal_of(&answer), ready.operation_of(&answer));
    let doubtful = deal.operation(&operation).await;
    assert_eq!(doubtful["status"], "in_doubt");
    if [LATE.kind, UNTOLD.kind].contains(&mishap.kind) {
        assert_eq!(doubtful["reason"], "timed_out");
    }
    assert_eq!(deal.story().await.last().unwrap(), "operation.in_doubt");
    money_is_kept(&deal, step, &operation).await;
    assert_eq!(ready.count().await, 1, "sent again blindly");

    let again = ready.ask().await;
    assert!(again.is_replay());
    if policy == DoubtPolicy::Repeat || (ready.is_found() && mishap.worked) {
        let _ = again.expect(step.done());
        assert_eq!(ready.count().await, if policy == DoubtPolicy::Repeat { 2 } else { 1 });
        assert_eq!(deal.operation(&operation).await["status"], "succeeded");
        deal.agreed().await;
        assert!(deal.story().await.contains(&"operation.resolved".to_owned()));
        goes_on(&deal, step).await;
        return Some(deal);
    }
    let _ = again.expect(202);
    assert_eq!(deal.operation(&operation).await["status"], "in_doubt");
    is_reserved(&deal.get().await, step);
    assert_eq!(ready.count().await, 1, "sent again blindly");
    None
}

/// It arrived after somebody had looked for it in vain: the next look finds it, and it is counted once.
async fn found_late<'a>(ready: &Ready<'a>) -> Option<Deal<'a>> {
    let answer = ready.ask().await.expect(if ready.is_found() { ready.step.done() } else { 202 });
    assert_eq!(ready.count().await, 1, "sent again blindly");
    ready.is_found().then(|| ready.deal_of(&answer))
}

fn is_reserved(payment: &Value, step: Step) {
    match step.kind() {
        OperationKind::Capture => assert_eq!(payment["amounts"]["capturing"], AMOUNT),
        OperationKind::Refund => assert_eq!(payment["amounts"]["refunding"], step.amount()),
        _ => {}
    }
}

/// The money of an operation in doubt is there for nobody else, and nothing is sent to find that out.
async fn money_is_kept(deal: &Deal<'_>, step: Step, operation: &str) {
    let bench = deal.bench;
    let before = bench.effects().await;
    if matches!(step.kind(), OperationKind::Tell(_)) {
        return stands_in_no_way(deal, operation).await;
    }
    is_reserved(&deal.get().await, step);
    let after_capture = step.kind() == OperationKind::Amend && step.part;
    let cancels = bench.operation(OperationKind::Cancel, step.way.0).is_some_and(|o| o.partial || !after_capture);
    let captures = bench.operation(OperationKind::Capture, step.way.0).is_some();
    let mut refused: Vec<(Answer, &str)> = Vec::new();
    match step.kind() {
        OperationKind::Capture => {
            let again = deal.post("captures", &bench.capture(step.way.0, Some(AMOUNT))).await;
            refused.push((again, "amount_exceeds_authorized"));
        }
        OperationKind::Refund => {
            let again = deal.post("refunds", &json!({ "amount": AMOUNT })).await;
            refused.push((again, "amount_exceeds_captured"));
        }
        OperationKind::CreateSession | OperationKind::Cancel | OperationKind::Amend if captures => {
            refused.push((deal.post("captures", &bench.capture(step.way.0, None)).await, "operation_in_doubt"));
        }
        _ => {}
    }
    if cancels && !matches!(step.kind(), OperationKind::Refund | OperationKind::Cancel) {
        refused.push((deal.post("cancel", &json!({})).await, "operation_in_doubt"));
    }
    for (answer, code) in refused {
        assert_eq!(answer.code(), code, "{:#}", answer.body);
        if code == "operation_in_doubt" {
            assert_eq!((answer.status, answer.text("/operation_id")), (409, operation));
        }
    }
    assert_eq!(bench.effects().await, before, "something was sent");
}

/// That nobody knows whether something was told keeps no money from moving.
async fn stands_in_no_way(deal: &Deal<'_>, operation: &str) {
    let payment = deal.get().await;
    let unavailable = payment["unavailable_actions"].as_array().unwrap().iter();
    let blocked = unavailable.filter(|entry| entry["operation_id"] == operation);
    let moves = |entry: &&Value| ["capture", "refund", "cancel", "amend"].contains(&entry["action"].as_str().unwrap());
    assert_eq!(blocked.filter(moves).count(), 0, "{payment:#}");
}

/// What was settled by a look can be built upon.
async fn goes_on(deal: &Deal<'_>, step: Step) {
    if step.kind() == OperationKind::Capture && deal.bench.operation(OperationKind::Refund, step.way.0).is_some() {
        let _ = deal.post("refunds", &json!({ "amount": AMOUNT })).await.expect(201);
        deal.ends("captured", [AMOUNT, 0, AMOUNT, AMOUNT]).await;
    }
    if step.kind() == OperationKind::Confirm && deal.bench.operation(OperationKind::Capture, step.way.0).is_some() {
        let _ = deal.post("captures", &deal.bench.capture(step.way.0, None)).await.expect(201);
        deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
    }
}
