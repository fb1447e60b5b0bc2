//! Cases of a provider; what fails is told by name in the end, all of it.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use futures::future::join_all;

use crate::bench::Bench;
use crate::table::Table;

/// Stacks that a group of cases is spread over: most of the time is spent waiting.
const LANES: usize = 3;

/// Runs something of every item, on several stacks at the same time, and tells what failed.
pub(crate) async fn spread<T>(table: &'static Table, items: Vec<T>, run: impl AsyncFn(&Bench, &mut Cases, T)) {
    spread_over(table, async || Bench::of(table).await, items, run).await;
}

/// The same on what is started for every lane.
pub(crate) async fn spread_over<B, T>(
    table: &'static Table,
    start: impl AsyncFn() -> B,
    items: Vec<T>,
    run: impl AsyncFn(&B, &mut Cases, T),
) {
    let mut lanes: Vec<Vec<T>> = (0..LANES).map(|_| Vec::new()).collect();
    items.into_iter().enumerate().for_each(|(n, item)| lanes[n % LANES].push(item));
    let lane = async |items: Vec<T>| {
        let mut cases = Cases::of(table);
        if !items.is_empty() {
            let bench = start().await;
            for item in items {
                run(&bench, &mut cases, item).await;
            }
        }
        cases
    };
    let mut all = Cases::of(table);
    for cases in join_all(lanes.into_iter().map(lane)).await {
        all.run += cases.run;
        all.failed.extend(cases.failed);
    }
    all.end();
}

/// The cases of one group.
pub(crate) struct Cases {
    table: &'static Table,
    failed: Vec<String>,
    run: usize,
}

impl Cases {
    pub(crate) fn of(table: &'static Table) -> Self {
        Self { table, failed: Vec::new(), run: 0 }
    }

    /// Runs a case.
    pub(crate) async fn case(&mut self, name: &str, case: impl Future<Output = ()>) {
        self.run += 1;
        let name = format!("{} {name}", self.table.provider);
        if let Err(panic) = AssertUnwindSafe(case).catch_unwind().await {
            self.failed.push(format!("{name}: {:.1500}", told(&*panic)));
        }
    }

    /// Tells what failed.
    pub(crate) fn end(self) {
        let Self { failed, run, .. } = self;
        assert!(failed.is_empty(), "{} of {run} cases failed:\n{}", failed.len(), failed.join("\n"));
    }
}

fn told(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panicked")
}
