//! The matrix: every act, killed around every exchange that changes something, going on in every way.

use serde_json::Value;

use crate::cases::Cases;
use crate::gate::{Exchange, Kept, Point, Reach, With};
use crate::scene::{Act, Scene};
use crate::table::Table;
use crate::verdict::{Progress, check, waits, wanted};
use crate::world::World;

/// How it goes on after the crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The schedule comes across it.
    Swept,
    /// The same is asked again, under the same key.
    Asked,
}

/// The time that passes before each look, in seconds: a lease, twice a provider's quiet period, and more than a doubt that
/// nothing can end waits for a person.
const ROUNDS: [i64; 4] = [36, 61, 61, 901];

/// The calls that change nothing, though they are posted.
const READS: [&str; 3] = ["token", "status", "statuses"];

/// So often an act is begun again that went another way than when nobody disturbed it.
const ATTEMPTS: usize = 3;

/// One exchange of an act that nobody disturbed.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) exchange: Exchange,
    /// The table's operation, or the stand-in's name of the call.
    pub(crate) name: String,
    /// Whether it changes something.
    pub(crate) changes: bool,
}

/// Kills an act wherever that makes a difference. All of that goes on in one world, which is emptied in between: to start
/// one takes longer than a scene, and the more happened in one the slower its table is.
pub(crate) async fn act(table: &'static Table, cases: &mut Cases, act: Act) {
    let (world, name) = (&World::of(table).await, act.name(table));
    let mut seen = Vec::new();
    let undisturbed = Box::pin(async {
        seen = undisturbed(world, act).await;
        // A sweep comes across whatever is due by the clock, and that may be more the longer it took to get here.
        if let Act::Found(_) | Act::Follower(_) = act {
            let again = undisturbed(world, act).await;
            seen = if again.len() < seen.len() { again } else { std::mem::take(&mut seen) };
        }
    });
    cases.case(&format!("{name}: undisturbed"), undisturbed).await;
    for (exchange, there) in seen.iter().enumerate().filter(|(_, there)| there.changes) {
        for reach in reaches(there) {
            for way in [Way::Swept, Way::Asked] {
                let point = Point { exchange, reach };
                let name = format!("{name}: killed at {exchange} {} {reach:?}, then {way:?}", there.name);
                let killed = Box::pin(async { killed(world, act, &seen, point, way).await });
                cases.case(&name, killed).await;
            }
        }
    }
}

/// A call that never arrives leaves what its reservation leaves, whose write was answered: that is killed already.
const fn reaches(there: &Seen) -> [Reach; 2] {
    match there.exchange.with {
        With::Table => [Reach::Lost, Reach::Answered],
        With::Provider => [Reach::Late, Reach::Answered],
    }
}

/// The act as a process that is left alone: its exchanges, in order.
async fn undisturbed(world: &World, act: Act) -> Vec<Seen> {
    world.renew().await;
    let scene = act.scene(world).await;
    let known = world.bench.sandbox.calls().await.len();
    let mut running = world.start(&scene.invocation, None).await;
    let answer = running.process.answer().await;
    if scene.invocation.function != "settle" {
        let status = answer["statusCode"].as_u64().unwrap();
        assert!((200..400).contains(&status), "{answer:#}");
    }
    let mut calls = world.bench.sandbox.calls().await.into_iter().skip(known);
    let seen = running.gate.seen().into_iter().map(|exchange| match exchange.with {
        With::Table => {
            let changes = !["GetItem", "BatchGetItem", "Query", "Scan"].contains(&exchange.what.as_str());
            Seen { name: exchange.what.clone(), changes, exchange }
        }
        With::Provider => {
            let name = calls.next().unwrap()["call"].as_str().unwrap().to_owned();
            let changes = exchange.what != "GET" && !READS.contains(&name.as_str());
            Seen { exchange, name, changes }
        }
    });
    let seen: Vec<Seen> = seen.collect();
    assert!(seen.iter().any(|there| there.changes), "nothing is changed by it: {seen:?}");
    seen
}

/// A process that was killed at this point, and what it was asked.
async fn dead<'a>(world: &'a World, act: Act, seen: &[Seen], point: Point) -> (Scene<'a>, Option<Kept>) {
    let before: Vec<Exchange> = seen.iter().take(point.exchange + 1).map(|there| there.exchange.clone()).collect();
    let mut taken = Vec::new();
    for _ in 0..ATTEMPTS {
        world.renew().await;
        let scene = act.scene(world).await;
        let mut running = world.start(&scene.invocation, Some(point)).await;
        let reached = running.gate.reached().await;
        running.process.kill();
        taken = running.gate.seen();
        if reached && taken == before {
            let kept = running.gate.kept();
            return (scene, kept);
        }
    }
    panic!("it goes another way than before, {before:?}: {taken:?}");
}

async fn killed(world: &World, act: Act, seen: &[Seen], point: Point, way: Way) {
    let (scene, late) = dead(world, act, seen, point).await;
    let progress = Progress::of(seen, point);
    go_on(world, &scene, way, progress, late).await;
    if scene.can_be_looked_at().await {
        check(world, &scene, wanted(world, &scene, way, progress).await).await;
    } else {
        waits(&scene).await;
    }
    // What the provider tells late changes nothing that is known, and may be what nobody else can tell.
    world.bench.sandbox.release("normal").await;
    if matches!(scene.act, Act::Return(_)) {
        // Nobody looks twice within a few seconds.
        world.pass(&scene.deal.id, 61).await;
        world.bench.site.sweep().await;
    }
    let told = scene.operations().await.first().is_some_and(|operation| operation["status"] == "succeeded");
    let wanted = wanted(world, &scene, way, progress).await.map(|status| match status {
        "needs_operator" if told => "succeeded",
        status => status,
    });
    check(world, &scene, wanted).await;
}

async fn go_on(world: &World, scene: &Scene<'_>, way: Way, progress: Progress, mut late: Option<Kept>) {
    if way == Way::Asked && !matches!(scene.act, Act::Message(_)) {
        // Nobody knows yet that it is dead.
        let answer = scene.ask().await;
        if progress == Progress::Reserved && !matches!(scene.act, Act::Follower(_)) {
            assert_eq!((answer.status, answer.code()), (409, "operation_in_progress"), "{:#}", answer.body);
        }
    }
    if way == Way::Swept && matches!(scene.act, Act::Message(_)) && !world.has_messages().await {
        // Who was not answered sends again what is not kept.
        let _ = scene.ask().await.expect(200);
    }
    for seconds in ROUNDS {
        world.pass(&scene.deal.id, seconds).await;
        if way == Way::Asked {
            let _ = scene.ask().await;
        }
        // Whoever asks leaves what follows to the schedule.
        if way == Way::Swept || matches!(scene.act, Act::Final(_) | Act::Follower(_)) {
            world.bench.site.sweep().await;
        }
        if let Some(late) = late.take() {
            late.arrive().await;
        }
    }
    let operations = scene.operations().await;
    let rests =
        |operation: &Value| !["accepted", "in_doubt", "pending"].iter().any(|open| operation["status"] == *open);
    assert!(operations.iter().all(rests), "not at rest: {operations:#?}");
}
