//! Queues that were silent are left alone for a moment: each question to them would take the others' time again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// How long a silent queue is left alone. What it misses meanwhile is written down at once.
const REST: SignedDuration = SignedDuration::from_secs(20);

/// Which queues are left alone until when. A function remembers it for as long as it stays warm.
#[derive(Clone, Default)]
pub(crate) struct Rest(Arc<Mutex<BTreeMap<String, Timestamp>>>);

impl Rest {
    fn queues(&self) -> MutexGuard<'_, BTreeMap<String, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this queue is left alone now.
    pub(crate) fn includes(&self, queue: &str, now: Timestamp) -> bool {
        self.queues().get(queue).is_some_and(|until| now < *until)
    }

    /// Leaves this queue alone from now on.
    pub(crate) fn begin(&self, queue: &str, now: Timestamp) {
        self.queues().insert(queue.to_owned(), now.checked_add(REST).unwrap_or(now));
    }
}
