//! The shapes of errors, of which this API has four, and amounts that become wrong on order.

use super::{Errors, FormErrors};
use crate::billink_shared::one_euro_more;
use crate::json::{Json, map};
use crate::message::Answer;
use crate::reader::Flaw;

/// An error of order management: HTTP 200, flat or nested.
pub(crate) fn failed(shape: Errors, code: &str, description: &str) -> Answer {
    let body = match shape {
        Errors::Flat => map! { "code": code, "description": description, "result": "error" },
        Errors::Nested => {
            map! { "result": "ERROR", "error": map! { "code": code, "description": description } }
        }
    };
    let mut answer = Answer::json(200, body);
    answer.outcome = format!("error {code}");
    answer
}

/// An error of sessions and webhooks: a real HTTP status.
pub(crate) fn service(status: u16, message: &str) -> Answer {
    Answer::json(status, map! { "status": "error", "message": message })
}

/// Errors in the fields of a session, as the proxy in front of the service passes them on.
pub(crate) fn form(shape: FormErrors, flaws: &[Flaw]) -> Answer {
    let lines = flaws.iter().enumerate().map(|(n, flaw)| format!(" {}) {}: {}", n + 1, flaw.source, flaw.title));
    let message = format!("The form contains the following errors:{}", lines.collect::<String>());
    let inner = map! { "status": "error", "message": message };
    let status: u16 = if shape == FormErrors::Bare { 416 } else { 400 };
    let body = if shape == FormErrors::WrappedObject { inner } else { Json::Text(inner.to_string()) };
    let told = map! { "http_status_code": status, "http_body": body, "http_body_encoding": "text" };
    Answer::json(
        status,
        if shape == FormErrors::Bare {
            told
        } else {
            map! { "error_backend": told }
        },
    )
}

/// Adds one euro to every amount in the messages of an answer; there are no other amounts.
pub(crate) fn distort(body: &mut Json) {
    for list in ["statuses", "invoices"] {
        let Some(Json::List(items)) = body.get_mut(list) else { continue };
        for item in items {
            if let Some(Json::Text(message)) = item.get_mut("message") {
                *message = one_euro_more(message);
            }
        }
    }
}
