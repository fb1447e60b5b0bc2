//! What is on the operator's desk: the operations that need a person or are in doubt.

use payment::{Operation, OperationStatus, Payment, Reason};
use serde_json::{Value, json};
use store::StoreError;

use crate::Service;
use crate::answer::{Answer, Call, Cursor, LeftOut};
use crate::parse;
use crate::problem::Problem;
use crate::read::{bad_query, each_once, limit_of};

/// Payments are listed under the worst of their operations, in one of these lists.
const LISTS: [OperationStatus; 2] = [OperationStatus::NeedsOperator, OperationStatus::InDoubt];

/// So many payments are asked for at once.
const AT_ONCE: i32 = 50;

/// No page looks at many more payments than this.
const MOST_LOOKED_AT: usize = 200;

const STATUS: &str = "is required once and must be needs_operator or in_doubt";

/// How far the desk was told.
#[derive(Clone, Default)]
struct Place {
    /// Which list.
    list: usize,
    /// The last payment of it, by its key there; empty before the first.
    payment: String,
    /// How many of that payment's operations were looked at.
    seen: usize,
}

impl Place {
    fn read(cursor: &str) -> Option<Self> {
        let text = Cursor::read(cursor)?;
        let (list, rest) = text.split_once('|')?;
        let (payment, seen) = rest.split_once('|')?;
        let place = Self { list: list.parse().ok()?, payment: payment.to_owned(), seen: seen.parse().ok()? };
        let known = payment.is_empty() || (payment.len() > 30 && payment.contains("#pay_"));
        Some(place).filter(|place| known && place.list < LISTS.len())
    }

    fn cursor(&self) -> String {
        Cursor::new(&format!("{}|{}|{}", self.list, self.payment, self.seen)).into_string()
    }
}

impl Service {
    /// The operations that need a person or are in doubt, those of the oldest payments first: `GET /v1/operations?status=…`.
    ///
    /// # Errors
    /// Names the parameter that breaks a rule.
    pub async fn operations(&self, call: &Call, query: &[(String, String)]) -> Result<Answer, Problem> {
        let Asked { status, limit, mut behind } = asked(query)?;
        // What is in doubt may be in either list.
        let lists = LISTS.iter().take_while(|list| status == OperationStatus::InDoubt || **list == status).count();
        let (mut data, mut left_out, mut looked_at) = (Vec::new(), Vec::new(), 0);
        while let Some(list) = LISTS.iter().take(lists).nth(behind.list) {
            let places = self.store.needing_attention(&call.merchant, *list, (&behind.payment, AT_ONCE)).await?;
            let before = behind.payment.clone();
            for place in places {
                let id = parse::payment_id(place.rsplit('#').next().unwrap_or_default())?;
                let seen = if place == behind.payment { behind.seen } else { 0 };
                behind = Place { list: behind.list, payment: place, seen };
                let payment = match self.store.load(&id).await {
                    Ok(Some(payment)) => payment,
                    Ok(None) => continue,
                    // It is one payment's trouble and must not be everybody's.
                    Err(StoreError::Unreadable(payment)) => {
                        leave_out(&mut left_out, LeftOut::of(&payment));
                        looked_at += 1;
                        continue;
                    }
                    Err(error) => return Err(error.into()),
                };
                for (n, operation) in payment.operations.iter().enumerate().skip(seen) {
                    if operation.status == status && data.len() == limit {
                        return Ok(page(&data, Some(&behind), left_out));
                    }
                    if operation.status == status {
                        data.push(line(&payment, operation));
                    }
                    behind.seen = n + 1;
                }
                looked_at += 1;
            }
            if behind.payment == before {
                behind = Place { list: behind.list + 1, ..Place::default() };
            } else if looked_at >= MOST_LOOKED_AT {
                return Ok(page(&data, Some(&behind), left_out));
            }
        }
        Ok(page(&data, None, left_out))
    }
}

/// The last place of a page is the first that is looked at for the next one.
fn leave_out(left_out: &mut Vec<LeftOut>, payment: LeftOut) {
    if left_out.last() != Some(&payment) {
        left_out.push(payment);
    }
}

fn page(data: &[Value], behind: Option<&Place>, left_out: Vec<LeftOut>) -> Answer {
    Answer::leaving_out(left_out, json!({ "data": data, "next_cursor": behind.map(Place::cursor) }))
}

/// What is asked for.
struct Asked {
    status: OperationStatus,
    limit: usize,
    behind: Place,
}

fn asked(query: &[(String, String)]) -> Result<Asked, Problem> {
    each_once(query)?;
    let (mut status, mut limit, mut behind) = (None, 20, Place::default());
    for (name, value) in query {
        match name.as_str() {
            "status" => {
                status = match value.as_str() {
                    "needs_operator" => Some(OperationStatus::NeedsOperator),
                    "in_doubt" => Some(OperationStatus::InDoubt),
                    _ => return Err(bad_query(name, STATUS)),
                };
            }
            "limit" => limit = limit_of(value)?,
            "cursor" => {
                let place = Place::read(value);
                behind = place.ok_or_else(|| bad_query(name, "must be the next_cursor of an earlier page"))?;
            }
            _ => return Err(bad_query(name, "is not a parameter of this list")),
        }
    }
    let status = status.ok_or_else(|| bad_query("status", STATUS))?;
    Ok(Asked { status, limit, behind })
}

fn line(payment: &Payment, operation: &Operation) -> Value {
    json!({
        "id": operation.id,
        "payment_id": payment.id,
        "provider": payment.provider,
        "reference": payment.reference,
        "kind": operation.kind(),
        "status": operation.status,
        "amount": operation.amount,
        "currency": payment.currency,
        "reason": operation.reason.as_ref().map(Reason::as_str),
        "provider_reference": operation.provider_reference,
        "order_reference": payment.order_reference,
        "since": operation.doubt_since.unwrap_or(operation.accepted_at),
        "probes": operation.probes,
        "next_probe_at": operation.due_at,
    })
}
