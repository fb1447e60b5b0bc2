//! What must be true in the end.

use payment::{DoubtPolicy, OperationKind};
use serde_json::{Value, json};

use crate::gate::{Point, Reach, With};
use crate::kill::{Seen, Way};
use crate::scene::{Act, Scene};
use crate::step::Step;
use crate::world::World;
use tests::{Movement, no_more_than_reserved, nothing_twice};

/// How far the operation was, by what is written, when its process was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing is written of it.
    Nothing,
    /// It is reserved, and its outcome is not written.
    Reserved,
    /// Its outcome is written.
    Settled,
}

impl Progress {
    /// What stands around the first call that changes something: the write before it reserves, the one after it settles.
    pub(crate) fn of(seen: &[Seen], point: Point) -> Self {
        let writes = |seen: &Seen| seen.changes && seen.exchange.with == With::Table;
        let Some(call) = seen.iter().position(|there| there.changes && there.exchange.with == With::Provider) else {
            // Where no provider is asked, the last write is the outcome.
            let last = seen.iter().rposition(writes);
            let is_written =
                |write| point.exchange > write || (point.exchange == write && point.reach == Reach::Answered);
            return if last.is_some_and(is_written) { Self::Settled } else { Self::Nothing };
        };
        let reserve = seen[..call].iter().rposition(writes);
        let settle = seen[call..].iter().position(writes).map(|after| call + after);
        let is_past =
            |write: usize| point.exchange > write || (point.exchange == write && point.reach == Reach::Answered);
        match (reserve.is_some_and(is_past), settle.is_some_and(is_past)) {
            (_, true) => Self::Settled,
            (true, false) => Self::Reserved,
            (false, false) => Self::Nothing,
        }
    }
}

/// Holds the books against the API's answers, and the operation that was asked for against this status.
pub(crate) async fn check(world: &World, scene: &Scene<'_>, wanted: Option<&str>) {
    let operations = scene.operations().await;
    match scene.act {
        Act::Look(_) | Act::Return(_) | Act::Message(_) => {
            let payment = scene.payment().await.unwrap();
            let done = ["authorized", "captured", "canceled"].iter().any(|status| payment["status"] == *status);
            assert!(done, "nobody learned of it: {payment:#}");
        }
        _ => {
            let first = operations.first().map(|operation| operation["status"].as_str().unwrap());
            assert_eq!(first, wanted, "{operations:#?}");
            let follows = |operation: &Value| operation["status"] == wanted.unwrap_or_default();
            assert!(wanted != Some("succeeded") || operations.iter().all(follows), "{operations:#?}");
        }
    }
    once(world, scene).await;
    books(scene, &operations).await;
}

/// Holds that nothing is made up about a payment that nobody can look at yet.
pub(crate) async fn waits(scene: &Scene<'_>) {
    let payment = scene.payment().await.unwrap();
    assert_eq!(payment["status"], "requires_action", "who told? {payment:#}");
    assert!(payment["amounts"].as_object().unwrap().values().all(|amount| *amount == 0), "{payment:#}");
}

/// How the operation that was asked for must end.
pub(crate) async fn wanted(world: &World, scene: &Scene<'_>, way: Way, progress: Progress) -> Option<&'static str> {
    match scene.act {
        Act::Step(step) | Act::Final(step) => expected(world, step, way, progress).await,
        Act::Found(step) | Act::Follower(step) if !is_known(step) => Some("needs_operator"),
        Act::Found(_) | Act::Follower(_) => Some("succeeded"),
        Act::Resolve(_) if way == Way::Asked || progress == Progress::Settled => Some("succeeded"),
        Act::Resolve(_) => Some("needs_operator"),
        Act::Look(_) | Act::Return(_) | Act::Message(_) => None,
    }
}

/// Where the schedule or a question under the same key leads.
async fn expected(world: &World, step: Step, way: Way, progress: Progress) -> Option<&'static str> {
    let happened = worked(world, step.call.name).await > 0;
    match (progress, step.capability.doubt, way) {
        (Progress::Settled, ..) | (Progress::Nothing, _, Way::Asked) => Some("succeeded"),
        (Progress::Nothing, _, Way::Swept) => None,
        (Progress::Reserved, DoubtPolicy::None, _) if happened && step.call.is_found => Some("succeeded"),
        (Progress::Reserved, DoubtPolicy::None, _) => Some("needs_operator"),
        (Progress::Reserved, DoubtPolicy::Repeat, _) | (Progress::Reserved, _, Way::Asked) => Some("succeeded"),
        (Progress::Reserved, DoubtPolicy::Lookup, Way::Swept) if happened => Some("succeeded"),
        (Progress::Reserved, DoubtPolicy::Lookup | DoubtPolicy::Harmless, Way::Swept) => Some("rejected"),
    }
}

/// Whether a look finds what a call did, or the call itself can be repeated.
fn is_known(step: Step) -> bool {
    matches!(step.capability.doubt, DoubtPolicy::Lookup | DoubtPolicy::Repeat) || step.call.is_found
}

/// How often the provider worked on a call of this name.
async fn worked(world: &World, call: &str) -> usize {
    let calls = world.bench.sandbox.calls().await;
    calls.iter().filter(|seen| seen["call"] == call && seen["processed"] == true).count()
}

/// Nothing that counts was done twice.
async fn once(world: &World, scene: &Scene<'_>) {
    nothing_twice(&world.bench.sandbox.books().await);
    no_more_than_reserved(&world.bench.sandbox.calls().await, &scene.reserved().await, &movements(world, scene));
    let Some(step) = scene.act.step() else { return };
    let may_repeat = matches!(step.capability.doubt, DoubtPolicy::Repeat | DoubtPolicy::Harmless);
    if !may_repeat {
        assert!(worked(world, step.call.name).await <= 1, "{} was done twice", step.call.name);
    }
    if matches!(scene.act, Act::Final(_) | Act::Follower(_)) {
        assert!(worked(world, "cancel").await <= 1, "the rest was released twice");
    }
}

/// Every call of the provider that moves something.
fn movements(world: &World, scene: &Scene<'_>) -> Vec<Movement> {
    let capabilities = world.bench.capabilities;
    let harmless = |kind| capabilities.doubt(kind, scene.deal.way.0) == DoubtPolicy::Harmless;
    let rows = world.bench.table.calls.iter();
    rows.map(|row| Movement { call: row.name, kind: row.kind, harmless: harmless(row.kind) }).collect()
}

/// The provider's books are ours to the cent, but for the whole amount of what a person has to decide.
async fn books(scene: &Scene<'_>, operations: &[Value]) {
    let Some(asked) = operations.iter().find(|operation| operation["status"] == "needs_operator") else {
        if scene.payment().await.is_some() {
            scene.deal.agreed().await;
        }
        return;
    };
    let (payment, theirs) = (scene.payment().await.unwrap(), scene.deal.books().await);
    let mut ours = payment["amounts"].clone();
    let amount = asked["amount"].as_i64().unwrap();
    let step = scene.act.step().unwrap();
    let (reserved, moved) = match step.kind() {
        OperationKind::CreateSession | OperationKind::Confirm => (None, "authorized"),
        OperationKind::Capture => (Some("capturing"), "captured"),
        OperationKind::Refund => (Some("refunding"), "refunded"),
        OperationKind::Cancel | OperationKind::Amend => (None, "released"),
        OperationKind::Tell(_) => return assert_eq!(ours, theirs, "it moves no money"),
    };
    if let Some(reserved) = reserved {
        assert_eq!(ours[reserved], amount, "its money is not kept: {payment:#}");
        ours[reserved] = json!(0);
    }
    let moves = if step.kind() == OperationKind::Amend { promised(&ours) - amount } else { amount };
    if theirs[moved] != ours[moved] {
        ours[moved] = json!(ours[moved].as_i64().unwrap() + moves);
    }
    assert_eq!(ours, theirs, "more than {moves} differ");
}

/// What is promised and not given back.
fn promised(amounts: &Value) -> i64 {
    amounts["authorized"].as_i64().unwrap() - amounts["released"].as_i64().unwrap()
}
