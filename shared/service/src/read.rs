//! Reading: one payment, its timeline, a merchant's list, and what providers can do.

use std::collections::BTreeSet;

use payment::{CauseKind, Entry, Payment};
use providers::{BestEvidence, REGISTRY};
use serde_json::json;

use crate::Service;
use crate::answer::{Answer, Call, Cursor, LeftOut};
use crate::filter::filter;
use crate::parse;
use crate::problem::{Problem, ProblemCode};
use crate::view::PaymentView;

impl Service {
    /// One payment: `GET /v1/payments/{id}`, observed first when asked to.
    ///
    /// # Errors
    /// When there is none.
    pub async fn get(&self, call: &Call, id: &str, query: &[(String, String)]) -> Result<Answer, Problem> {
        let refresh = match query {
            [] => false,
            [(name, value)] if name == "refresh" && (value == "true" || value == "false") => value == "true",
            [(name, _)] if name == "refresh" => return Err(bad_query(name, "must be true or false")),
            _ => return Err(unknown_of(query, Some("refresh"))),
        };
        let mut work = self.load(call, &parse::payment_id(id)?).await?;
        let mut refreshed = None;
        if refresh {
            let cause = call.cause(CauseKind::Api);
            let unseen = self.observe(&mut work, call.deadline, &cause).await?;
            refreshed = Some(unseen.is_none() && work.capabilities()?.evidence == BestEvidence::Observation);
        }
        let mut body = json!(PaymentView::of(&work.payment, work.capabilities()?, self.now()));
        if let (Some(refreshed), Some(body)) = (refreshed, body.as_object_mut()) {
            body.insert("refreshed".to_owned(), json!(refreshed));
        }
        Ok(Answer::ok(body))
    }

    /// Every transition of a payment, oldest first: `GET /v1/payments/{id}/timeline`. No personal data.
    ///
    /// # Errors
    /// When there is no such payment.
    pub async fn timeline(&self, call: &Call, id: &str, query: &[(String, String)]) -> Result<Answer, Problem> {
        if !query.is_empty() {
            return Err(unknown_of(query, None));
        }
        let work = self.load(call, &parse::payment_id(id)?).await?;
        Ok(Answer::ok(json!({ "data": timeline(&work.payment), "next_cursor": null })))
    }

    /// A merchant's payments, newest first: `GET /v1/payments`.
    ///
    /// # Errors
    /// Names the parameter that breaks a rule.
    pub async fn list(&self, call: &Call, query: &[(String, String)]) -> Result<Answer, Problem> {
        let filter = filter(query)?;
        let page = self.store.list(&call.merchant, &filter, self.now()).await?;
        let mut data = Vec::with_capacity(page.payments.len());
        for payment in page.payments {
            if let Some(registered) = providers::find(&payment.provider) {
                data.push(json!(PaymentView::of(&payment, registered.capabilities, self.now())));
            }
        }
        let next = page.next.map(|position| Cursor::new(&position).into_string());
        let left_out = page.unreadable.iter().map(LeftOut::of).collect();
        Ok(Answer::leaving_out(left_out, json!({ "data": data, "next_cursor": next })))
    }

    /// What every provider can do: `GET /v1/capabilities`.
    ///
    /// # Errors
    /// When there is a parameter.
    pub fn capabilities(&self, query: &[(String, String)]) -> Result<Answer, Problem> {
        if !query.is_empty() {
            return Err(unknown_of(query, None));
        }
        let all: Vec<_> = REGISTRY.iter().map(|registered| registered.capabilities).collect();
        Ok(Answer::ok(json!({ "data": all, "next_cursor": null })))
    }
}

fn timeline(payment: &Payment) -> Vec<serde_json::Value> {
    let line = |entry: &Entry| {
        let event = payment.event(entry);
        json!({
            "sequence": event.sequence.parse::<u64>().unwrap_or(0),
            "type": event.event_type,
            "time": event.time,
            "status": event.data.status,
            "previous_status": event.data.previous_status,
            "amounts": event.data.amounts,
            "cause": event.data.cause,
            "capture": event.data.capture,
            "refund": event.data.refund,
            "operation": event.data.operation,
            "decline": event.data.decline,
            "drift": event.data.drift,
            "receivable": event.data.receivable,
            "provider_event": event.data.provider_event,
            "resolution": entry.word,
        })
    };
    payment.history.iter().map(line).map(without_nulls).collect()
}

fn without_nulls(mut value: serde_json::Value) -> serde_json::Value {
    if let Some(object) = value.as_object_mut() {
        object.retain(|_, part| !part.is_null());
    }
    value
}

/// How many are asked for in one page of a list.
pub(crate) fn limit_of(value: &str) -> Result<usize, Problem> {
    let limit = value.parse().ok().filter(|limit| (1..=100).contains(limit));
    limit.ok_or_else(|| bad_query("limit", "must be from 1 to 100"))
}

/// A parameter that is given twice would mean two things.
pub(crate) fn each_once(query: &[(String, String)]) -> Result<(), Problem> {
    let mut seen = BTreeSet::new();
    let again = query.iter().find(|(name, _)| !seen.insert(name));
    again.map_or(Ok(()), |(name, _)| Err(bad_query(name, "must be given once")))
}

/// The first parameter that is not the one that is known, if one is, or that one given twice.
fn unknown_of(query: &[(String, String)], known: Option<&str>) -> Problem {
    let unknown = query.iter().map(|(name, _)| name.as_str()).find(|name| Some(*name) != known);
    match unknown {
        Some(unknown) => bad_query(unknown, "is not a parameter here"),
        None => bad_query(known.unwrap_or_default(), "must be given once"),
    }
}

pub(crate) fn bad_query(name: &str, rule: &str) -> Problem {
    Problem::at(ProblemCode::ValidationFailed, format!("?{name}"), rule)
}
