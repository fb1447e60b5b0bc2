//! Answers by their code: a definite refusal gives the reservation back and changes nothing else, a call that was not
//! processed may be sent again, everything else is as its row says.

use payment::DoubtPolicy;
use serde_json::{Value, json};
use service::ProblemCode::{ProviderRefused, ProviderUnavailable};
use tests::Answer;

use crate::bench::{Bench, registered};
use crate::cases::spread;
use crate::deal::Deal;
use crate::step::{Ready, Step, all};
use crate::table::{Answers, Asked, Codes, Means, Refusal, Table, Way};

/// Too many requests: turned away unprocessed, at every provider.
const TURNED_AWAY: u16 = 429;

/// How many refusals one payment collects.
const AT_ONE_PAYMENT: usize = 10;

/// What is asked and how it is answered.
enum Case {
    TurnedAway(Step),
    Answered(Step, &'static Answers, Vec<String>),
    ByItself(&'static Refusal),
}

pub(crate) async fn check(table: &'static Table) {
    let mut cases: Vec<Case> = Vec::new();
    for call in table.calls {
        let step = all(table).0.into_iter().find(|step| std::ptr::eq(step.call, call)).unwrap();
        cases.push(Case::TurnedAway(step));
        for row in table.answers.iter().filter(|row| row.call == call.name) {
            let codes = codes(table, row, step);
            cases.extend(codes.chunks(AT_ONE_PAYMENT).map(|codes| Case::Answered(step, row, codes.to_vec())));
        }
    }
    cases.extend(table.refusals.iter().map(Case::ByItself));
    spread(table, cases, async |bench, cases, case| {
        match case {
            Case::TurnedAway(step) => {
                cases.case(&format!("{} turned away", step.name(table)), turned_away(bench, step)).await;
            }
            Case::Answered(step, row, codes) => {
                let name = format!("{} {:?} {codes:?}", step.name(table), row.means);
                cases.case(&name, answered(bench, step, row, &codes)).await;
            }
            Case::ByItself(refusal) => cases.case(refusal.what, refused_by_itself(bench, refusal)).await,
        }
        bench.sandbox.no_faults().await;
    })
    .await;
}

/// The codes of a row, each in one of its shapes, and each shape with one of its codes: how a code is read does not depend
/// on what it means.
fn codes(table: &Table, row: &Answers, step: Step) -> Vec<String> {
    let shaped = |code: &str, shape: &str| format!("{code} {shape}").trim_end().to_owned();
    match row.codes {
        Codes::These(codes) => codes.iter().map(|code| (*code).to_owned()).collect(),
        Codes::Refusals(shapes) => {
            let codes = (registered(table).refusals)(step.kind());
            let pairs = codes.len().max(shapes.len());
            codes
                .iter()
                .cycle()
                .zip(shapes.iter().cycle())
                .take(pairs)
                .map(|(code, shape)| shaped(code, shape))
                .collect()
        }
    }
}

/// The operation at a payment where it can be asked for again and again.
async fn ready(bench: &Bench, step: Step) -> (Ready<'_>, Asked) {
    let ready = step.ready(bench).await;
    let asked = match &ready.deal {
        Some(deal) => deal.asked().await,
        None => Asked { reference: String::new() },
    };
    (ready, asked)
}

/// The same, under another key; a payment that is opened is another one.
async fn anew<'a>(ready: &Ready<'a>) -> Ready<'a> {
    let mut next = ready.anew();
    if next.deal.is_none() {
        next.body = next.step.body(next.bench, None).await;
    }
    next
}

/// The payment as far as a refusal must not touch it.
async fn stands(deal: Option<&Deal<'_>>) -> Value {
    match deal {
        Some(deal) => {
            let payment = deal.agreed().await;
            // What is owed and until when is told by any look.
            let told = ["disputed", "closed", "paid_out_at"].map(|fact| payment["receivable"][fact].clone());
            let told = told.map(|fact| if fact == false { Value::Null } else { fact });
            json!([payment["status"], payment["amounts"], payment["action"], told])
        }
        None => Value::Null,
    }
}

async fn turned_away(bench: &Bench, step: Step) {
    let (ready, _) = ready(bench, step).await;
    let before = stands(ready.deal.as_ref()).await;
    bench.sandbox.forget_calls().await;
    bench.sandbox.fault(json!({ "call": step.call.name, "kind": "answer", "status": TURNED_AWAY, "body": "{}" })).await;
    let refused = ready.ask().await.expect_problem(ProviderUnavailable);
    assert_eq!(refused.at("/retry"), "safe");
    assert_eq!(stands(ready.deal.as_ref()).await, before);
    let done = ready.ask().await.expect(step.done());
    assert_eq!(ready.count().await, 2);
    ready.deal_of(&done).agreed().await;
}

async fn answered(bench: &Bench, step: Step, row: &Answers, codes: &[String]) {
    let (mut asking, mut asked) = ready(bench, step).await;
    let mut before = stands(asking.deal.as_ref()).await;
    for code in codes {
        let (status, body) = (row.answer)(code, &asked);
        bench.sandbox.forget_calls().await;
        bench.sandbox.fault(json!({ "call": row.call, "kind": "answer", "status": status, "body": body })).await;
        let answer = asking.ask().await;
        let again = means(&asking, row.means, code, answer).await;
        if again {
            assert_eq!(stands(asking.deal.as_ref()).await, before, "{code}");
            asking = anew(&asking).await;
        } else {
            (asking, asked) = ready(bench, step).await;
            before = stands(asking.deal.as_ref()).await;
        }
    }
    // The reservation is free again.
    if matches!(row.means, Means::Refused | Means::NotSent) {
        let done = asking.ask().await.expect(step.done());
        asking.deal_of(&done).agreed().await;
    }
}

/// Holds an answer against its meaning; whether the payment can be used again.
async fn means(asking: &Ready<'_>, means: Means, code: &str, answer: Answer) -> bool {
    let step = asking.step;
    match means {
        Means::Refused => {
            is_refused(answer, code);
            let replay = asking.ask().await.expect_problem(ProviderRefused);
            assert!(replay.is_replay(), "{code}");
            assert_eq!(asking.count().await, 1, "{code}: sent again");
            told_as_failed(asking, code).await;
            true
        }
        Means::NotSent => {
            let refused = answer.expect_problem(ProviderUnavailable);
            assert_eq!(refused.at("/retry"), "safe", "{code}");
            true
        }
        Means::Done => {
            let _ = answer.expect(step.done());
            false
        }
        Means::Declined(reason) => {
            let answer = answer.expect(step.done());
            assert_eq!(
                (answer.at("/status"), answer.at("/decline/reason")),
                (&json!("declined"), &json!(reason)),
                "{code}"
            );
            false
        }
        Means::Canceled => {
            assert_eq!(answer.expect(step.done()).at("/status"), "canceled", "{code}");
            false
        }
        Means::Doubt if step.capability.doubt == DoubtPolicy::Harmless => {
            let _ = answer.expect_problem(ProviderUnavailable);
            false
        }
        Means::Doubt => {
            let answer = answer.expect(202);
            let operation = asking.operation_of(&answer);
            assert_eq!(asking.deal_of(&answer).operation(&operation).await["status"], "in_doubt", "{code}");
            false
        }
    }
}

/// A refusal names the provider's code.
fn is_refused(answer: Answer, code: &str) {
    let refused = answer.expect_problem(ProviderRefused);
    assert_eq!(refused.at("/retry"), "never");
    let code = code.split(' ').next().unwrap_or_default();
    assert!(refused.text("/detail").contains(&format!("({code}")), "{code}: {:#}", refused.body);
}

/// What moves money and failed is an event.
async fn told_as_failed(asking: &Ready<'_>, code: &str) {
    let event = match asking.step.kind() {
        payment::OperationKind::Capture => "capture.failed",
        payment::OperationKind::Refund => "refund.failed",
        _ => return,
    };
    if let Some(deal) = &asking.deal {
        assert_eq!(deal.story().await.last().unwrap(), event, "{code}");
    }
}

async fn refused_by_itself(bench: &Bench, refusal: &Refusal) {
    let step = all(bench.table).0.into_iter().find(|step| step.call.name == refusal.call).unwrap();
    let (mut asking, asked) = ready(bench, step).await;
    let value = |json: &str| -> Value { serde_json::from_str(json).unwrap_or_else(|_| panic!("{json} is no JSON")) };
    match refusal.way {
        Way::Order(pointer, json) => tests::orders::set(&mut asking.body, pointer, value(json)),
        Way::Control(path, json) => {
            let path = path.replace("{reference}", &asked.reference);
            bench.sandbox.control(reqwest::Method::POST, &path, &value(json)).await;
            bench.sandbox.quiet().await;
        }
    }
    let before = stands(asking.deal.as_ref()).await;
    is_refused(asking.ask().await, refusal.code);
    assert_eq!(stands(asking.deal.as_ref()).await, before);
}
