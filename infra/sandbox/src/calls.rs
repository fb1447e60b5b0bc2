//! What was asked of the provider: one entry for every API call, in order of arrival.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::json::{Json, map};
use crate::message::Incoming;

/// The list of calls received.
#[derive(Default)]
pub(crate) struct Calls(Mutex<List>);

#[derive(Default)]
struct List {
    /// How many were forgotten: what is still under way then must not be taken for a later one.
    forgotten: usize,
    calls: Vec<Call>,
}

struct Call {
    name: &'static str,
    method: String,
    path: String,
    answered: Option<u16>,
    outcome: Option<String>,
    said: String,
    processed: bool,
    changed: bool,
    distorted: bool,
    fault: Option<&'static str>,
    finished: bool,
}

impl Calls {
    /// Writes down that a call came in; the number is its place in the list.
    pub(crate) fn arrive(&self, name: &'static str, request: &Incoming) -> usize {
        let call = Call {
            name,
            method: request.method.to_string(),
            path: request.path().to_owned(),
            answered: None,
            outcome: None,
            said: String::from_utf8_lossy(&request.body).into_owned(),
            processed: false,
            changed: false,
            distorted: false,
            fault: None,
            finished: false,
        };
        let mut list = self.lock();
        list.calls.push(call);
        list.forgotten + list.calls.len() - 1
    }

    /// The provider worked on it, with this outcome, and the orders in its books are others since or the same.
    pub(crate) fn processed(&self, number: usize, outcome: &str, changed: bool) {
        self.change(number, |call| {
            call.processed = true;
            call.changed = changed;
            call.outcome = Some(outcome.to_owned());
        });
    }

    /// There was an amount in its answer, and it was made wrong.
    pub(crate) fn distorted(&self, number: usize) {
        self.change(number, |call| call.distorted = true);
    }

    /// What went back, `None` when the connection was closed without an answer.
    pub(crate) fn answered(&self, number: usize, status: Option<u16>, fault: Option<&'static str>) {
        self.change(number, |call| {
            call.answered = status;
            call.fault = fault;
            call.finished = true;
        });
    }

    /// Forgets them all.
    pub(crate) fn clear(&self) {
        let mut list = self.lock();
        list.forgotten += list.calls.len();
        list.calls.clear();
    }

    fn change(&self, number: usize, change: impl FnOnce(&mut Call)) {
        let mut list = self.lock();
        let place = number.checked_sub(list.forgotten);
        if let Some(call) = place.and_then(|place| list.calls.get_mut(place)) {
            change(call);
        }
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn show(&self) -> Json {
        let show = |call: &Call| {
            map! {
                "call": call.name,
                "method": &call.method,
                "path": &call.path,
                "status": call.answered,
                "said": &call.said,
                "processed": call.processed,
                "changed": call.changed,
                "outcome": call.outcome.clone(),
                "distorted": call.distorted,
                "fault": call.fault,
                "finished": call.finished,
            }
        };
        map! { "calls": self.lock().calls.iter().map(show).collect::<Vec<_>>() }
    }
}
