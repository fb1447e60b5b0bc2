//! Simulated time: tokio's paused clock, read as a date.

use std::cell::Cell;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

thread_local! {
    static BEGINNING: Cell<Option<(Timestamp, Instant)>> = const { Cell::new(None) };
}

/// The history on this thread begins now, and this is its date.
pub(crate) fn begin(at: Timestamp) {
    BEGINNING.set(Some((at, Instant::now())));
}

/// The date on this thread.
pub(crate) fn now() -> Timestamp {
    let Some((date, beginning)) = BEGINNING.get() else { return Timestamp::UNIX_EPOCH };
    let passed = SignedDuration::try_from(beginning.elapsed()).unwrap_or_default();
    date.checked_add(passed).unwrap_or(Timestamp::MAX)
}
