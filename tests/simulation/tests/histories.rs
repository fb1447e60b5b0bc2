//! Ten thousand histories, and proof that they would notice.
#![cfg(test)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use simulation::{Defect, Defects, Plan, run, shrink, trace};

/// Histories of one run; `SIMULATION_HISTORIES` asks for another number, `SIMULATION_FROM` for other seeds.
const HISTORIES: u64 = 10_000;

/// A defect is caught within so many histories.
const ENOUGH: u64 = 4_000;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Each test takes every core, so they take turns.
static TURN: Mutex<()> = Mutex::new(());

/// The first of these seeds, in no particular order, whose history fails.
fn first_failure(seeds: std::ops::Range<u64>, defects: Defects) -> Option<u64> {
    let next = AtomicU64::new(seeds.start);
    let failed: Mutex<Option<u64>> = Mutex::new(None);
    let found = || failed.lock().unwrap_or_else(PoisonError::into_inner);
    let play = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end || found().is_some() {
                return;
            }
            if !run(&Plan::of(seed), defects).violations.is_empty() {
                *found() = Some(seed);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, std::num::NonZero::get) {
            scope.spawn(play);
        }
    });
    *found()
}

#[test]
fn in_no_history_is_money_lost_or_moved_twice() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let from = number("SIMULATION_FROM", 0);
    let Some(seed) = first_failure(from..from + number("SIMULATION_HISTORIES", HISTORIES), Defects::NONE) else {
        return;
    };
    let plan = shrink(&Plan::of(seed), Defects::NONE);
    let report = trace(&plan, Defects::NONE);
    panic!(
        "the history of seed {seed} fails, and so does\n{plan}\n{}\n{:#?}",
        report.trace.join("\n"),
        report.violations
    );
}

#[test]
fn every_defect_is_caught() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let unnoticed: Vec<Defect> =
        Defect::ALL.into_iter().filter(|defect| first_failure(0..ENOUGH, Defects::only(*defect)).is_none()).collect();
    assert!(unnoticed.is_empty(), "nobody notices {unnoticed:?}");
}

#[test]
fn a_seed_is_a_history() {
    let hide_ids = |line: &String| line.split(" -> ").next().unwrap_or_default().to_owned();
    for seed in [3, 7, 11, 23, 42] {
        let [first, second] = [0, 1].map(|_| trace(&Plan::of(seed), Defects::NONE).trace);
        assert_eq!(first.iter().map(hide_ids).collect::<Vec<_>>(), second.iter().map(hide_ids).collect::<Vec<_>>());
    }
}
