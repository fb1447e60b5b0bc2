//! Calls about one invoice: hold, resume, message, file.

use jiff::Timestamp;

use super::State;
use super::answers::{ENVELOPE, Refusal, only, refuse, simple};
use crate::billink_shared::ledger::Done;
use crate::message::Answer;
use crate::xml::Element;

fn named<'a>(document: &'a Element, more: &[&str]) -> Result<(&'a str, &'a str), Refusal> {
    let known = [&["WORKFLOWNUMBER", "INVOICENUMBER"], more].concat();
    only(document, &known, ENVELOPE)?;
    Ok((document.get("INVOICENUMBER"), document.get("WORKFLOWNUMBER")))
}

fn told(done: &Done) -> Result<Answer, Refusal> {
    let code = done.code.to_string();
    if done.code == 200 { Ok(simple(&code, &done.message)) } else { Err(refuse(&code, &done.message)) }
}

pub(crate) fn hold(state: &mut State, document: &Element, now: Timestamp) -> Result<Answer, Refusal> {
    let (number, workflow) = named(document, &["DAYS"])?;
    let days = match document.get("DAYS") {
        "" => None,
        days => Some(days.parse().ok().filter(|days| *days > 0).ok_or_else(|| refuse("601", "Wrong DAYS"))?),
    };
    let done = state.ledger.hold(number, workflow, days, now);
    let answer = told(&done)?;
    Ok(answer.with_hooks(state.tell(number, &done.events, now)))
}

pub(crate) fn resume(state: &mut State, document: &Element) -> Result<Answer, Refusal> {
    let (number, workflow) = named(document, &["RESUME"])?;
    if document.get("RESUME") != "y" {
        return Err(refuse("104", "Unsupported param for resume"));
    }
    told(&state.ledger.resume(number, workflow))
}

pub(crate) fn message(state: &mut State, document: &Element) -> Result<Answer, Refusal> {
    let (number, workflow) = named(document, &["MESSAGE"])?;
    let text = document.get("MESSAGE");
    if text.is_empty() {
        return Err(refuse("601", "Missing MESSAGE"));
    }
    told(&state.ledger.message(number, Some(workflow), text))
}

/// The description is where the file lies.
pub(crate) fn file(state: &State, document: &Element, root: &str) -> Result<Answer, Refusal> {
    let (number, _) = named(document, &[])?;
    match state.ledger.find(number) {
        Some(order) => Ok(simple("200", &format!("{root}/files/{}.pdf", order.public))),
        None => Err(refuse("402", "Unknown invoice or workflow number")),
    }
}
