//! Cases of a provider, one after the other; what fails is told by name in the end, all of it.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;

use crate::table::Table;

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

    /// Runs a case. One that is known to fail must fail.
    pub(crate) async fn case(&mut self, name: &str, case: impl Future<Output = ()>) {
        self.run += 1;
        let name = format!("{} {name}", self.table.provider);
        let known = self.table.known.iter().find(|(part, _)| name.contains(part));
        match (AssertUnwindSafe(case).catch_unwind().await, known) {
            (Ok(()), None) => {}
            (Ok(()), Some((_, why))) => self.failed.push(format!("{name}: passes, though it is known that {why}")),
            (Err(_), Some((_, why))) => eprintln!("{name}: fails as known, {why}"),
            (Err(panic), None) => self.failed.push(format!("{name}: {}", told(&*panic))),
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
