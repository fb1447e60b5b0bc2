//! Answers and refusals as XML; an element that no page knows is refused.

use crate::message::Answer;
use crate::xml::Element;

/// A refusal with its code.
pub(crate) struct Refusal {
    code: String,
    description: String,
}

/// A refusal with its code.
pub(crate) fn refuse(code: &str, description: &str) -> Refusal {
    Refusal { code: code.to_owned(), description: description.to_owned() }
}

/// The first broken rule of a table, if any is broken.
pub(crate) fn first(rules: &[(bool, &str, &str)]) -> Result<(), Refusal> {
    let broken = rules.iter().find(|(broken, ..)| *broken);
    broken.map_or(Ok(()), |(_, code, description)| Err(refuse(code, description)))
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let error = Element::of(
            "ERROR",
            vec![Element::text("CODE", &refusal.code), Element::text("DESCRIPTION", &refusal.description)],
        );
        let document = Element::of("API", vec![Element::text("RESULT", "ERROR"), error]);
        let mut answer = Self::xml(200, document.document());
        answer.outcome = format!("error {}", refusal.code);
        answer
    }
}

/// A success: what lies in `MSG`, and what lies beside it.
pub(crate) fn message(outcome: &str, inner: Vec<Element>, beside: Vec<Element>) -> Answer {
    let mut children = vec![Element::text("RESULT", "MSG"), Element::of("MSG", inner)];
    children.extend(beside);
    let mut answer = Answer::xml(200, Element::of("API", children).document());
    answer.outcome = outcome.to_owned();
    answer
}

/// A success that is a code and a description.
pub(crate) fn simple(code: &str, description: &str) -> Answer {
    message(code, vec![Element::text("CODE", code), Element::text("DESCRIPTION", description)], Vec::new())
}

/// Every child is known, and there once.
pub(crate) fn only(element: &Element, known: &[&str], common: &[&str]) -> Result<(), Refusal> {
    for (place, child) in element.children.iter().enumerate() {
        if !known.contains(&child.name.as_str()) && !common.contains(&child.name.as_str()) {
            return Err(refuse("601", &format!("Unknown element {}", child.name)));
        }
        if element.children.iter().take(place).any(|before| before.name == child.name) {
            return Err(refuse("601", &format!("Element {} is given twice", child.name)));
        }
    }
    Ok(())
}

/// What every request begins with.
pub(crate) const ENVELOPE: &[&str] = &["VERSION", "CLIENTUSERNAME", "CLIENTID", "ACTION"];
