//! What Billie's two APIs have in common: the parts of their bodies, the test data, the shape of errors.

pub(crate) mod parts;
pub(crate) mod rules;
pub(crate) mod shop;

use crate::json::{Json, map};
use crate::message::Answer;
use crate::reader::{Flaw, Flaws};

/// A refusal that no field explains.
pub(crate) fn refusal(status: u16, code: &str, title: &str) -> Answer {
    Answer::json(status, map! { "errors": vec![map! { "title": title, "code": code }] })
}

/// Refuses a body that has flaws.
pub(crate) fn verdict(status: u16, flaws: Flaws) -> Result<(), Answer> {
    let row = |flaw: &Flaw| {
        map! { "title": &flaw.title, "code": "request_validation_error", "source": &flaw.source }
    };
    flaws.verdict(|flaws| Answer::json(status, map! { "errors": flaws.iter().map(row).collect::<Vec<Json>>() }))
}

/// A refusal of one field.
pub(crate) fn invalid(status: u16, source: &str, title: &str) -> Answer {
    let flaws = Flaws::default();
    flaws.add(source, title);
    verdict(status, flaws).err().unwrap_or_else(|| Answer::empty(status))
}
