//! What an adapter met on its way and what it returns does not say. It is for the log: nothing goes by it.

use std::cell::Cell;

tokio::task_local! {
    static MET: Cell<Met>;
}

/// What was met last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Met {
    /// The HTTP status of the provider's answer, where one came.
    pub http_status: Option<u16>,
    /// What stood in the way, in our words.
    pub obstacle: Option<&'static str>,
}

impl Met {
    /// What comes of this work, and what it met.
    pub fn during<T>(work: impl Future<Output = T>) -> impl Future<Output = (T, Self)> {
        let work = Box::pin(work);
        MET.scope(Cell::default(), async { (work.await, MET.with(Cell::get)) })
    }

    /// The same of work that waits for nothing.
    pub fn within<T>(work: impl FnOnce() -> T) -> (T, Self) {
        MET.sync_scope(Cell::default(), || (work(), MET.with(Cell::get)))
    }

    /// An answer with this HTTP status.
    pub(crate) const fn answer(status: u16) -> Self {
        Self { http_status: Some(status), obstacle: None }
    }

    /// This stood in the way.
    pub(crate) const fn obstacle(word: &'static str) -> Self {
        Self { http_status: None, obstacle: Some(word) }
    }

    /// Keeps it, where somebody wants to know.
    pub(crate) fn note(self) {
        let _ = MET.try_with(|met| met.set(self));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_met_last_is_told_to_whoever_asked_for_the_work() {
        let (done, met) = Met::during(async {
            Met::answer(503).note();
            Met::obstacle("timed_out").note();
            7
        })
        .await;
        assert_eq!((done, met), (7, Met { http_status: None, obstacle: Some("timed_out") }));
        assert_eq!(Met::within(|| Met::answer(200).note()).1, Met { http_status: Some(200), obstacle: None });
    }

    #[tokio::test]
    async fn what_one_met_is_not_told_of_another() {
        Met::answer(500).note();
        let nothing = Met::during(std::future::ready(())).await;
        assert_eq!(nothing, ((), Met::default()));
        assert_eq!(Met::within(|| ()), ((), Met::default()));
    }
}
