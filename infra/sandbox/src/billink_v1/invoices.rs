//! Calls about several invoices at once: start of workflows, credits, payments, status.

use jiff::Timestamp;

use super::State;
use super::answers::{ENVELOPE, Refusal, first, message, only, refuse};
use crate::billink_shared::ledger::Done;
use crate::message::Answer;
use crate::money;
use crate::webhooks::Hook;
use crate::xml::Element;

/// The items of a request, each with known elements only.
fn items<'a>(
    document: &'a Element,
    known: &[&str],
    missing: (&str, &str),
    limit: (usize, &str),
) -> Result<Vec<&'a Element>, Refusal> {
    only(document, &["INVOICES"], ENVELOPE)?;
    let items: Vec<&Element> =
        document.child("INVOICES").map(|list| list.children.iter().collect()).unwrap_or_default();
    if items.is_empty() {
        return Err(refuse(missing.0, missing.1));
    }
    if items.len() > limit.0 {
        return Err(refuse(limit.1, &format!("Maximum {} invoices per request", limit.0)));
    }
    for item in &items {
        if item.name != "ITEM" {
            return Err(refuse("601", &format!("Unknown element {}", item.name)));
        }
        only(item, known, &["INVOICENUMBER", "WORKFLOWNUMBER"])?;
        if item.get("INVOICENUMBER").is_empty() {
            return Err(refuse(missing.0, missing.1));
        }
    }
    Ok(items)
}

/// What an item asks for: number and workflow.
fn named(item: &Element) -> (&str, Option<&str>) {
    (item.get("INVOICENUMBER"), item.child("WORKFLOWNUMBER").map(|workflow| workflow.text.as_str()))
}

/// A positive amount; the tables have no code for a wrong one.
fn amount(item: &Element, name: &str) -> Result<i64, Refusal> {
    let minor = money::minor(item.get(name)).filter(|minor| *minor > 0);
    minor.ok_or_else(|| refuse("601", &format!("Wrong {name}")))
}

/// The lines of an answer, with what they cause.
#[derive(Default)]
struct Lines {
    lines: Vec<Element>,
    codes: Vec<String>,
    hooks: Vec<Hook>,
}

impl Lines {
    fn add(&mut self, state: &State, number: &str, done: &Done, now: Timestamp) {
        let code = done.code.to_string();
        self.lines.push(Element::of(
            "ITEM",
            vec![
                Element::text("INVOICENUMBER", number),
                Element::text("CODE", &code),
                Element::text("MESSAGE", &done.message),
            ],
        ));
        self.codes.push(code);
        self.hooks.extend(state.tell(number, &done.events, now));
    }

    fn answer(self, code: Option<&str>, list: &str) -> Answer {
        let mut inner: Vec<Element> = code.map(|code| Element::text("CODE", code)).into_iter().collect();
        inner.push(Element::of(list, self.lines));
        message(&self.codes.join(" "), inner, Vec::new()).with_hooks(self.hooks)
    }
}

pub(crate) fn start(state: &mut State, document: &Element, now: Timestamp) -> Result<Answer, Refusal> {
    let items = items(document, &["TRACKANDTRACE"], ("705", "No invoices provided"), (10, "708"))?;
    if state.settings.unknown_fails {
        let unknown = items.iter().map(|item| item.get("INVOICENUMBER")).find(|one| state.ledger.find(one).is_none());
        if let Some(number) = unknown {
            return Err(refuse("704", &format!("Unknown invoice number: {number}")));
        }
    }
    let mut lines = Lines::default();
    for item in items {
        let (number, workflow) = named(item);
        let done = state.ledger.start(number, workflow, now);
        lines.add(state, number, &done, now);
    }
    Ok(lines.answer(Some("500"), "STATUSES"))
}

pub(crate) fn credit(state: &mut State, document: &Element, now: Timestamp) -> Result<Answer, Refusal> {
    let items =
        items(document, &["CREDITAMOUNT", "DESCRIPTION"], ("705", "No invoices provided"), (usize::MAX, "705"))?;
    let mut wanted = Vec::new();
    for item in items {
        let long = item.get("DESCRIPTION").chars().count() > 254;
        first(&[(long, "601", "DESCRIPTION should have at most 254 characters")])?;
        wanted.push((named(item), amount(item, "CREDITAMOUNT")?));
    }
    let mut lines = Lines::default();
    for ((number, workflow), minor) in wanted {
        let done = state.ledger.credit(number, workflow, minor);
        lines.add(state, number, &done, now);
    }
    Ok(lines.answer(None, "STATUSES"))
}

pub(crate) fn pay(state: &mut State, document: &Element, now: Timestamp) -> Result<Answer, Refusal> {
    let items =
        items(document, &["AMOUNT", "DESCRIPTION"], ("420", "Invoice numbers are missing"), (usize::MAX, "420"))?;
    let mut wanted = Vec::new();
    for item in items {
        let long = item.get("DESCRIPTION").chars().count() > 30;
        wanted.push((named(item), amount(item, "AMOUNT")?, long));
    }
    let mut lines = Lines::default();
    for ((number, workflow), minor, long) in wanted {
        let done = if long { Done::too_long() } else { state.ledger.pay(number, workflow, minor) };
        lines.add(state, number, &done, now);
    }
    Ok(lines.answer(None, "INVOICES"))
}

/// The list of this answer has elements called `INVOICE`.
pub(crate) fn status(state: &State, document: &Element) -> Result<Answer, Refusal> {
    let items = items(document, &[], ("705", "No invoices provided"), (100, "110"))?;
    let line = |item: &&Element| {
        let number = item.get("INVOICENUMBER");
        let (status, description, paid_out) = state.ledger.status(number);
        let blank = status == -1 && state.settings.blank_unknown;
        let mut children = vec![
            Element::text("INVOICENUMBER", if blank { "" } else { number }),
            Element::text("STATUS", status.to_string()),
            Element::text("DESCRIPTION", description),
        ];
        children.extend(paid_out.map(|paid_out| Element::text("PAIDOUT", if paid_out { "1" } else { "0" })));
        Element::of("INVOICE", children)
    };
    let lines = items.iter().map(line).collect();
    Ok(message("200", vec![Element::text("CODE", "200"), Element::of("INVOICES", lines)], Vec::new()))
}
