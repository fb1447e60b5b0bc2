//! Misfortune on order: what shall go wrong with the next calls of a name.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::json::{Json, map};

/// What goes wrong. `Drop` closes the connection without an answer; `…After` lets the provider do its work first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Delay,
    DelayBefore,
    DropBefore,
    DropAfter,
    Http5xx,
    Http5xxAfter,
    Garbage,
    GarbageAfter,
    WrongAmount,
    /// An answer of somebody's choice, signed like any other, to a call that is not worked on.
    Answer,
}

const KINDS: [(Kind, &str); 10] = [
    (Kind::Delay, "delay"),
    (Kind::DelayBefore, "delay_before"),
    (Kind::DropBefore, "drop_before"),
    (Kind::DropAfter, "drop_after"),
    (Kind::Http5xx, "http_5xx"),
    (Kind::Http5xxAfter, "http_5xx_after"),
    (Kind::Garbage, "garbage"),
    (Kind::GarbageAfter, "garbage_after"),
    (Kind::WrongAmount, "wrong_amount"),
    (Kind::Answer, "answer"),
];

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or("unknown", |(_, name)| name)
    }
}

/// One order of misfortune.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) call: String,
    pub(crate) kind: Kind,
    pub(crate) millis: u64,
    pub(crate) status: u16,
    /// The body of the answer that was chosen.
    pub(crate) body: String,
    times: i64,
    skip: i64,
    /// How often faults had been called off when it happened.
    era: u64,
}

/// The faults still to happen, first come first served.
#[derive(Default)]
pub(crate) struct Faults {
    orders: Mutex<Vec<Fault>>,
    /// How often all of them were called off.
    called_off: watch::Sender<u64>,
}

impl Faults {
    /// Takes the fault that is due for this call, if any.
    pub(crate) fn take(&self, call: &str) -> Option<Fault> {
        let mut faults = self.lock();
        let fault = faults.iter_mut().find(|fault| fault.call == call || fault.call == "any")?;
        if fault.skip > 0 {
            fault.skip -= 1;
            return None;
        }
        fault.times -= 1;
        let taken = Fault { era: *self.called_off.borrow(), ..fault.clone() };
        faults.retain(|fault| fault.times > 0);
        Some(taken)
    }

    /// Adds the fault that the control call describes.
    pub(crate) fn add(&self, wanted: &Json, calls: &[&str]) -> Result<(), String> {
        let call = wanted.text_of("call").unwrap_or_default().to_owned();
        if call != "any" && !calls.contains(&call.as_str()) {
            return Err(format!("unknown call {call:?}; one of: any {}", calls.join(" ")));
        }
        let name = wanted.text_of("kind").unwrap_or_default();
        let Some((kind, _)) = KINDS.iter().find(|(_, known)| *known == name) else {
            return Err(format!("unknown kind {name:?}; one of: {}", KINDS.map(|(_, known)| known).join(" ")));
        };
        let number = |name: &str, default: i64| wanted.whole_of(name).unwrap_or(default).max(0);
        let statuses = if *kind == Kind::Answer { 200..=599 } else { 500..=599 };
        let fault = Fault {
            call,
            kind: *kind,
            millis: number("millis", 1_000).unsigned_abs(),
            status: u16::try_from(number("status", 500)).unwrap_or(500).clamp(*statuses.start(), *statuses.end()),
            body: wanted.text_of("body").unwrap_or_default().to_owned(),
            times: number("times", 1).max(1),
            skip: number("skip", 0),
            era: 0,
        };
        self.lock().push(fault);
        Ok(())
    }

    /// Waits as long as a delay says, or until faults are called off.
    pub(crate) async fn wait(&self, fault: &Fault) {
        let mut called_off = self.called_off.subscribe();
        let delay = Duration::from_millis(fault.millis);
        let _ = tokio::time::timeout(delay, called_off.wait_for(|era| *era != fault.era)).await;
    }

    /// Calls everything off; what waits goes on.
    pub(crate) fn clear(&self) {
        let mut faults = self.lock();
        faults.clear();
        self.called_off.send_modify(|era| *era += 1);
    }

    pub(crate) fn show(&self, calls: &[&str]) -> Json {
        let show = |fault: &Fault| map! { "call": &fault.call, "kind": fault.kind.name(), "times": fault.times };
        let calls = calls.iter().map(|call| Json::from(*call)).collect::<Vec<_>>();
        map! { "faults": self.lock().iter().map(show).collect::<Vec<_>>(), "calls": calls }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
