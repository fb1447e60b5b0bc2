//! Replays: events sent once more, and kept messages run through today's code.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use payment::{CauseKind, Payment, PaymentId};
use providers::{Evidence, Message};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Filter, Lag, MessagePlace, MessageState, StoredMessage};

use crate::Service;
use crate::answer::{Answer, Call, Cursor, LeftOut};
use crate::hooks::{reread, tell};
use crate::merchant::Merchant;
use crate::parse;
use crate::problem::{Problem, ProblemCode};

/// Nothing is begun with less time than this: it covers a look at a provider after a message.
const LEAST_TIME: Duration = Duration::from_secs(6);

/// At most this many payments or messages are told of in one answer.
const MOST_TOLD: usize = 100;

/// Payments that were created longer before the period are not looked at: none lives that long.
const LONGEST_LIFE: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Messages are kept for 90 days; a day more does no harm.
const MESSAGES_KEPT: SignedDuration = SignedDuration::from_hours(91 * 24);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplayBody {
    from: Timestamp,
    to: Timestamp,
    what: What,
    #[serde(default = "rehearsed")]
    dry_run: bool,
    #[serde(default)]
    cursor: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    Events,
    Messages,
}

const fn rehearsed() -> bool {
    true
}

impl Service {
    /// Sends the events of a period once more, or runs its messages through today's code: `POST /v1/replays`.
    ///
    /// The same request again does the same again, which changes nothing: an event that is sent again has the same id,
    /// and a message that was applied is not applied twice. So nothing is kept under the key.
    ///
    /// # Errors
    /// Names the field that breaks a rule.
    pub async fn replay(&self, call: &Call, key: Option<&str>, body: &[u8]) -> Result<Answer, Problem> {
        parse::key(key)?;
        let asked: ReplayBody = parse::body(body)?;
        if asked.from >= asked.to {
            return Err(Problem::at(ProblemCode::ValidationFailed, "/to", "must be after from"));
        }
        match asked.what {
            What::Events => self.replay_events(call, &asked).await,
            What::Messages => self.replay_messages(call, &asked).await,
        }
    }

    /// Every payment with an event in the period gets its events since then once more, so that they stay in order. Only
    /// the relay talks to the queues: it is left a note for each payment.
    async fn replay_events(&self, call: &Call, asked: &ReplayBody) -> Result<Answer, Problem> {
        let after = match &asked.cursor {
            Some(cursor) => Some(Cursor::position(cursor).ok_or_else(bad_cursor)?),
            None => None,
        };
        let created_after = asked.from.checked_sub(LONGEST_LIFE).unwrap_or(Timestamp::MIN);
        let (created_after, created_before) = (Some(created_after), Some(asked.to));
        let mut filter = Filter { created_after, created_before, after, ..Filter::default() };
        let (mut told, mut events, mut left_out) = (Vec::new(), 0, Vec::new());
        loop {
            filter.limit = MOST_TOLD - told.len();
            let page = self.store.list(&call.merchant, &filter, self.now()).await?;
            for payment in &page.payments {
                let Some((after, last)) = wanted_of(payment, asked) else { continue };
                if !asked.dry_run {
                    self.store.fall_back(&Lag::again(payment.id.clone(), after, last), self.now()).await?;
                }
                events += last - after;
                told.push(json!({ "payment_id": payment.id, "after": after, "events": last - after }));
            }
            left_out.extend(page.unreadable.iter().map(LeftOut::of));
            filter.after = page.next;
            let full = told.len().max(left_out.len()) >= MOST_TOLD;
            if filter.after.is_none() || full || !call.deadline.leaves(LEAST_TIME) {
                break;
            }
        }
        let next = filter.after.map(|position| Cursor::new(&position).into_string());
        let document = json!({
            "what": asked.what,
            "dry_run": asked.dry_run,
            "payments": told.len(),
            "events": events,
            "unreadable": ids_of(&left_out),
            "data": told,
            "next_cursor": next,
        });
        Ok(Answer::leaving_out(left_out, document))
    }

    async fn replay_messages(&self, call: &Call, asked: &ReplayBody) -> Result<Answer, Problem> {
        let place = |cursor: &String| Cursor::read(cursor).as_deref().and_then(MessagePlace::parse);
        let mut behind = match &asked.cursor {
            Some(cursor) => Some(place(cursor).ok_or_else(bad_cursor)?),
            None => None,
        };
        let now = self.now();
        let oldest = now.checked_sub(MESSAGES_KEPT).unwrap_or(Timestamp::MIN);
        let period = (asked.from.max(oldest), asked.to.min(now));
        let merchant = self.merchants.get(&call.merchant).await.map_err(Problem::unavailable)?;
        let merchant = merchant.ok_or_else(|| Problem::unavailable("the merchant is no longer configured"))?;
        let places = self.store.messages(&call.merchant, period, behind.as_ref(), MOST_TOLD).await?;
        let (mut told, mut rehearsal, mut left_out) = (Vec::new(), BTreeMap::new(), Vec::new());
        let mut more = places.len() == MOST_TOLD;
        for place in places {
            if !told.is_empty() && !call.deadline.leaves(LEAST_TIME) {
                more = true;
                break;
            }
            if let Some(stored) = self.store.load_message(place.key()).await? {
                let done = self.replay_message(call, &merchant, &stored, asked.dry_run, &mut rehearsal).await;
                told.push(done.or_else(|problem| of_unreadable(problem, &stored, &mut left_out))?);
            }
            behind = Some(place);
        }
        let next = behind.filter(|_| more).map(|place| Cursor::new(place.as_str()).into_string());
        let document = json!({
            "what": asked.what,
            "dry_run": asked.dry_run,
            "messages": told.len(),
            "unreadable": ids_of(&left_out),
            "data": told,
            "next_cursor": next,
        });
        Ok(Answer::leaving_out(left_out, document))
    }

    /// One message: what it would change is rehearsed on a copy of its payment, then done unless that was all.
    async fn replay_message(
        &self,
        call: &Call,
        merchant: &Merchant,
        stored: &StoredMessage,
        dry_run: bool,
        rehearsal: &mut BTreeMap<PaymentId, Payment>,
    ) -> Result<Value, Problem> {
        let Some(mut message) = reread(merchant, stored) else { return Ok(line(stored, "unreadable")) };
        let Some(payment) = self.addressed(stored, &message).await? else { return Ok(line(stored, "unmatched")) };
        if is_old_news(&payment, stored, &message) {
            message.evidence = Evidence::Hint;
        }
        let id = payment.id.clone();
        let copy = rehearsal.entry(id.clone()).or_insert(payment);
        let (known, look, before) = (copy.history.len(), copy.observe_at, standing(copy));
        tell(copy, stored, &message, &call.cause(CauseKind::Operator), self.now());
        let outcome = match (copy.history.len() > known, copy.observe_at != look) {
            (true, _) => "changes",
            (false, true) => "look",
            (false, false) => "nothing",
        };
        if !dry_run {
            let (state, _) = self.apply(call, stored, &message, CauseKind::Operator).await?;
            self.store.mark(stored, state, self.now()).await?;
            if let Some(now) = self.store.load(&id).await?.filter(|_| state == MessageState::Applied) {
                *copy = now;
            }
        }
        let facts = copy.history.get(known..).unwrap_or_default().iter();
        let facts: Vec<Value> = facts
            .map(|e| json!({ "type": format!("paylater.{}.v1", e.fact.event_type()), "sequence": e.sequence }))
            .collect();
        let about = json!({ "payment_id": id, "facts": facts, "before": before, "after": standing(copy) });
        Ok(with(line(stored, outcome), about))
    }
}

/// What is told of a message about a payment that cannot be read; whatever else is wrong stays so.
fn of_unreadable(problem: Problem, stored: &StoredMessage, left_out: &mut Vec<LeftOut>) -> Result<Value, Problem> {
    let Some(payment) = problem.unreadable().map(LeftOut::of) else { return Err(problem) };
    let told = with(line(stored, "unreadable"), json!({ "payment_id": payment.payment }));
    if !left_out.contains(&payment) {
        left_out.push(payment);
    }
    Ok(told)
}

/// The payments that an answer leaves out.
fn ids_of(left_out: &[LeftOut]) -> Vec<&PaymentId> {
    left_out.iter().map(|payment| &payment.payment).collect()
}

/// What is told of a message that no payment is known for.
fn line(stored: &StoredMessage, outcome: &str) -> Value {
    json!({
        "message": stored.identity,
        "provider": stored.provider,
        "received_at": stored.received_at,
        "payment_id": null,
        "outcome": outcome,
        "facts": [],
        "before": null,
        "after": null,
    })
}

/// A document with more fields, or other values in them.
fn with(mut line: Value, more: Value) -> Value {
    if let (Value::Object(line), Value::Object(more)) = (&mut line, more) {
        line.extend(more);
    }
    line
}

/// How a payment stands.
fn standing(payment: &Payment) -> Value {
    json!({ "status": payment.status, "amounts": payment.amounts() })
}

/// The events of a payment that a replay sends: behind which, and up to which. `None` without any in the period.
fn wanted_of(payment: &Payment, asked: &ReplayBody) -> Option<(u64, u64)> {
    let first = payment.history.iter().find(|entry| (asked.from..asked.to).contains(&entry.at))?;
    let last = payment.history.last()?;
    Some((first.sequence.saturating_sub(1), last.sequence))
}

/// What a message claimed when it was applied may be over since, so it only makes us look; unless nobody knew then what
/// it said, and nothing became known since.
fn is_old_news(payment: &Payment, stored: &StoredMessage, message: &Message) -> bool {
    stored.applied && !(message.unrecognized.is_none() && payment.is_unread_news(&stored.identity))
}

fn bad_cursor() -> Problem {
    Problem::at(ProblemCode::ValidationFailed, "/cursor", "must be the next_cursor of an earlier answer")
}
