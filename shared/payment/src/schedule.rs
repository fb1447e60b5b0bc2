//! When to look again.

use jiff::{SignedDuration, Timestamp};

/// Seconds after which an operation in doubt is probed for the first, second, … time; the last one repeats.
pub const PROBE_AFTER_SECONDS: [i64; 7] = [5, 30, 120, 600, 3_600, 21_600, 86_400];

/// Seconds after which a payment that waits for somebody, or that could not be looked at, is observed for the first,
/// second, … time; the last one repeats.
pub const OBSERVE_AFTER_SECONDS: [i64; 4] = [60, 300, 900, 3_600];

/// How often a payment is looked at in vain that waits for nothing: about three days on schedule.
pub(crate) const MOST_LOOKS_AFTER_THE_END: u32 = 75;

/// Seconds after its end at which a payment that was given up is looked at once more, for a buyer who finished after all.
pub(crate) const LATE_LOOK_AFTER_SECONDS: [i64; 2] = [3_600, 86_400];

/// How long a worker may be believed alive: longer than a function may run.
pub(crate) const LEASE_SECONDS: i64 = 35;

/// When who meets a running operation should come again, in seconds: nearly all are over by then.
pub(crate) const COME_AGAIN_AFTER_SECONDS: u32 = 2;

/// How long an operation without any read is left in doubt before a person is asked.
pub(crate) const ASK_OPERATOR_AFTER_SECONDS: i64 = 900;

/// How long a look-up may go without an answer, or the provider without a result, before a person is asked.
pub(crate) const LOOKUP_GIVES_UP_AFTER_SECONDS: i64 = 72 * 3_600;

/// So many attempts of an operation that nobody sends again but the sweep may come to nothing before a person is asked:
/// about three days of them.
pub(crate) const FOLLOWER_ATTEMPTS: u32 = 75;

/// How long after its session's end a payment is waited for of which nothing can be read: its message may be late or lost,
/// and no look tells that the buyer did not finish.
pub const EXPIRES_UNOBSERVED_AFTER_SECONDS: i64 = LOOKUP_GIVES_UP_AFTER_SECONDS;

/// How long a payment is waited for that only has to be confirmed, where its provider names no end of the session: three
/// days, which is no provider's word.
pub(crate) const CONFIRMED_WITHIN_SECONDS: i64 = 72 * 3_600;

/// How long a provider's books may lag behind what its messages tell of the receivable.
pub(crate) const BOOKS_LAG_SECONDS: i64 = 60;

/// Between two observations that hints ask for.
pub(crate) const HINT_SPACING_SECONDS: i64 = 5;

fn nth(table: &[i64], step: u32) -> i64 {
    let index = usize::try_from(step).unwrap_or(usize::MAX);
    table.get(index).or_else(|| table.last()).copied().unwrap_or(3_600)
}

pub(crate) fn probe_at(probes: u32, now: Timestamp) -> Timestamp {
    after(now, nth(&PROBE_AFTER_SECONDS, probes))
}

pub(crate) fn observe_at(step: u32, now: Timestamp) -> Timestamp {
    after(now, nth(&OBSERVE_AFTER_SECONDS, step))
}

pub(crate) fn after(time: Timestamp, seconds: i64) -> Timestamp {
    time.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}
