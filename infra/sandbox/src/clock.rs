//! A clock that runs with real time and can be pushed forward.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// The sandbox's time: real time plus whatever was added by the control plane.
pub(crate) struct Clock {
    ahead: watch::Sender<i64>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self { ahead: watch::Sender::new(0) }
    }

    /// The sandbox's present.
    pub(crate) fn now(&self) -> Timestamp {
        after(Timestamp::now(), *self.ahead.borrow())
    }

    /// Pushes the clock forward; sleepers whose time has come wake up.
    pub(crate) fn advance(&self, seconds: i64) {
        self.ahead.send_modify(|ahead| *ahead = ahead.saturating_add(seconds.max(0)));
    }

    /// Sleeps for a time on this clock.
    pub(crate) async fn sleep(&self, time: Duration) {
        let mut changes = self.ahead.subscribe();
        let until = self.now().checked_add(time).unwrap_or(Timestamp::MAX);
        loop {
            let left = Duration::try_from(until.duration_since(self.now())).unwrap_or_default();
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                changed = changes.changed() => if changed.is_err() { return },
            }
        }
    }
}

/// A moment some seconds later.
pub(crate) fn after(moment: Timestamp, seconds: i64) -> Timestamp {
    moment.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}
