//! What was asked of the provider: one entry for every API call, in order of arrival.

use std::sync::{Mutex, PoisonError};

use crate::json::{Json, map};

/// The list of calls received.
#[derive(Default)]
pub(crate) struct Calls(Mutex<Vec<Call>>);

struct Call {
    name: &'static str,
    method: String,
    path: String,
    answered: Option<u16>,
    outcome: Option<String>,
    processed: bool,
    fault: Option<&'static str>,
    finished: bool,
}

impl Calls {
    /// Writes down that a call came in; the number is its place in the list.
    pub(crate) fn arrive(&self, name: &'static str, method: &str, path: &str) -> usize {
        let (method, path) = (method.to_owned(), path.to_owned());
        let call =
            Call { name, method, path, answered: None, outcome: None, processed: false, fault: None, finished: false };
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(call);
        calls.len() - 1
    }

    /// The provider worked on it, with this outcome.
    pub(crate) fn processed(&self, number: usize, outcome: &str) {
        self.change(number, |call| {
            call.processed = true;
            call.outcome = Some(outcome.to_owned());
        });
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
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn change(&self, number: usize, change: impl FnOnce(&mut Call)) {
        if let Some(call) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(number) {
            change(call);
        }
    }

    pub(crate) fn show(&self) -> Json {
        let show = |call: &Call| {
            map! {
                "call": call.name,
                "method": &call.method,
                "path": &call.path,
                "status": call.answered,
                "processed": call.processed,
                "outcome": call.outcome.clone(),
                "fault": call.fault,
                "finished": call.finished,
            }
        };
        let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map! { "calls": calls.iter().map(show).collect::<Vec<_>>() }
    }
}
