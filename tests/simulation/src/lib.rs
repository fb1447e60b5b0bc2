//! Deterministic simulation: the real service, store, adapters and relay on simulated time, table, providers and queues.
//!
//! A seed decides a [`Plan`]: who asks what when, and what goes wrong at which exchange (connections break before or after
//! the work is done, answers are late, garbled or wrong, functions die, indexes lag, messages come late and twice). After
//! every write the ledger's invariants are checked, and at rest the provider's books, the queues, and everything that a
//! checkout was told. The same seed is the same history. [`shrink`] finds the shortest one that still fails.

#![expect(clippy::indexing_slicing, reason = "a member that a JSON value has not is null")]

mod books;
mod checkout;
mod checks;
mod clock;
mod condition;
mod defect;
mod draw;
mod network;
mod others;
mod panics;
mod plan;
mod play;
mod queue;
mod request;
mod shrink;
mod table;
mod tamper;
mod world;

pub use defect::{Defect, Defects};
pub use plan::Plan;
pub use shrink::shrink;

/// A history is mostly documents that are read, held side by side and dropped.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How a history went.
#[derive(Debug, Default)]
pub struct Report {
    /// What must not be and was; empty when all is well.
    pub violations: Vec<String>,
    /// What happened, where it was asked for.
    pub trace: Vec<String>,
}

/// Plays a history.
#[must_use]
pub fn run(plan: &Plan, defects: Defects) -> Report {
    play(plan, defects, false)
}

/// Plays a history and writes down what happens.
#[must_use]
pub fn trace(plan: &Plan, defects: Defects) -> Report {
    play(plan, defects, true)
}

fn play(plan: &Plan, defects: Defects, traced: bool) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let Ok(runtime) = runtime else {
        return Report { violations: vec!["no runtime".to_owned()], trace: Vec::new() };
    };
    panics::watch();
    runtime.block_on(async {
        let world = world::World::begin(plan.clone(), defects, traced);
        world.play().await;
        world.check_rest();
        panics::since_watched().into_iter().for_each(|panic| world.fail(panic));
        let violations = std::mem::take(&mut world.seen().violations);
        Report { violations, trace: world.trace() }
    })
}
