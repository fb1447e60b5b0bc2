//! Plays many histories: `cargo run -p simulation -- --histories 1000000`, or one of them with `--seed N`.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use clap::Parser;
use simulation::{Defect, Defects, Plan, run, shrink, trace};

/// Plays histories until one fails.
#[derive(Parser)]
struct Options {
    /// How many.
    #[arg(long, default_value_t = 10_000)]
    histories: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Plays only the history of this seed, and tells what happens in it.
    #[arg(long)]
    seed: Option<u64>,
    /// Plays with the defect of this name, such as `NoQuietPeriod`.
    #[arg(long, value_parser = defect)]
    defect: Option<Defect>,
}

fn defect(name: &str) -> Result<Defect, String> {
    let names = || Defect::ALL.map(|defect| format!("{defect:?}")).join(", ");
    Defect::ALL.into_iter().find(|defect| format!("{defect:?}") == name).ok_or_else(|| format!("there are {}", names()))
}

fn main() -> ExitCode {
    let options = Options::parse();
    let defects = options.defect.map_or(Defects::NONE, Defects::only);
    if let Some(seed) = options.seed {
        let report = trace(&Plan::of(seed), defects);
        return tell(&Plan::of(seed), &report.trace, &report.violations);
    }
    let next = AtomicU64::new(options.from);
    let end = options.from.saturating_add(options.histories);
    let failed: Mutex<Option<u64>> = Mutex::new(None);
    let bar = indicatif::ProgressBar::new(options.histories);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end || failed.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
                        return;
                    }
                    if !run(&Plan::of(seed), defects).violations.is_empty() {
                        *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(seed);
                    }
                    bar.inc(1);
                }
            });
        }
    });
    bar.finish_and_clear();
    let Some(seed) = *failed.lock().unwrap_or_else(PoisonError::into_inner) else {
        println!("{} histories, seeds {} to {}: all is well", options.histories, options.from, end.saturating_sub(1));
        return ExitCode::SUCCESS;
    };
    println!("the history of seed {seed} fails; looking for a shorter one");
    let plan = shrink(&Plan::of(seed), defects);
    let report = trace(&plan, defects);
    tell(&plan, &report.trace, &report.violations)
}

fn tell(plan: &Plan, trace: &[String], violations: &[String]) -> ExitCode {
    println!("{plan}");
    let first = trace.iter().position(|line| line.contains("VIOLATION")).map_or(trace.len(), |at| at + 1);
    for line in trace.iter().take(first) {
        println!("{line}");
    }
    for violation in violations {
        println!("VIOLATION {violation}");
    }
    if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
