//! Order management: calls about invoices, and calls about one order.

use jiff::Timestamp;

use super::State;
use super::answers::{failed, service};
use crate::billink_shared::ledger::{Done, Ledger};
use crate::json::{Json, map};
use crate::message::{Answer, Incoming};
use crate::reader::{Flaws, Reader};

/// Answers a call of order management.
pub(crate) fn act(state: &mut State, name: &str, request: &Incoming, now: Timestamp) -> Result<Answer, Answer> {
    let body = Json::parse(&request.body).filter(|body| matches!(body, Json::Map(_)));
    let body = body.ok_or_else(|| state.failed("601", "Request is empty or can not be parsed"))?;
    admit(state, &body)?;
    match name {
        "start_workflow" => start(state, &body, now),
        "credit" => credit(state, &body, now),
        "payment" => payment(state, &body, now),
        "order_info" => info(state, &body),
        "on_hold" => hold(state, &body, now),
        "resume" => resume(state, &body),
        _ => message(state, &body),
    }
}

impl State {
    pub(crate) fn failed(&self, code: &str, description: &str) -> Answer {
        failed(self.settings.errors, code, description)
    }

    /// Fields that are wrong have no code in the tables.
    fn flawed(&self, flaws: Flaws) -> Result<(), Answer> {
        let text = |flaw: &crate::reader::Flaw| format!("{}: {}", flaw.source, flaw.title);
        flaws.verdict(|flaws| self.failed("000", &flaws.iter().map(text).collect::<Vec<_>>().join("; ")))
    }
}

fn admit(state: &State, body: &Json) -> Result<(), Answer> {
    if body.text_of("billinkUsername") != Some(state.settings.username.as_str()) {
        return Err(state.failed("101", "Unknown client username or client id"));
    }
    if body.text_of("billinkID") != Some(state.settings.id.as_str()) {
        return Err(state.failed("102", "Unknown client username or client id"));
    }
    Ok(())
}

fn credentials(reader: &Reader<'_>) {
    reader.text("billinkUsername");
    reader.text("billinkID");
}

/// The list of invoices, which has a code of its own when it is missing and a limit.
fn invoices<'a>(
    state: &State,
    reader: &Reader<'a>,
    missing: (&str, &str),
    limit: Option<(usize, &str)>,
) -> Result<Vec<Reader<'a>>, Answer> {
    let items = reader.list("invoices");
    if items.is_empty() {
        return Err(state.failed(missing.0, missing.1));
    }
    if let Some((most, code)) = limit.filter(|(most, _)| items.len() > *most) {
        return Err(state.failed(code, &format!("Maximum {most} invoices per request")));
    }
    Ok(items)
}

/// Does the same to every invoice; an answer has a line for each.
fn each<T>(
    state: &mut State,
    asked: Vec<(String, T)>,
    now: Timestamp,
    act: impl Fn(&mut Ledger, &str, T) -> Done,
) -> (Vec<Json>, Answer) {
    let (mut lines, mut hooks, mut codes) = (Vec::new(), Vec::new(), Vec::new());
    for (number, wanted) in asked {
        let done = act(&mut state.ledger, &number, wanted);
        lines.push(map! { "code": done.code, "invoiceNumber": &number, "message": &done.message });
        codes.push(done.code.to_string());
        hooks.extend(state.tell(&number, &done.events, now));
    }
    let mut answer = Answer::empty(200).with_hooks(hooks);
    answer.outcome = codes.join(" ");
    (lines, answer)
}

fn start(state: &mut State, body: &Json, now: Timestamp) -> Result<Answer, Answer> {
    let flaws = Flaws::default();
    let reader = Reader::new(body, &flaws);
    credentials(&reader);
    let items = invoices(state, &reader, ("705", "No invoices provided"), Some((10, "708")))?;
    let read = |item: Reader<'_>| {
        let asked = (item.text("number"), item.optional("workflowNumber"));
        item.optional("trackAndTrace");
        item.end();
        asked
    };
    let asked: Vec<_> = items.into_iter().map(read).collect();
    reader.end();
    state.flawed(flaws)?;
    let act =
        |ledger: &mut Ledger, number: &str, workflow: Option<String>| ledger.start(number, workflow.as_deref(), now);
    let (lines, answer) = each(state, asked, now, act);
    Ok(answer.saying(map! { "code": "500", "result": "MSG", "statuses": lines }))
}

fn credit(state: &mut State, body: &Json, now: Timestamp) -> Result<Answer, Answer> {
    let flaws = Flaws::default();
    let reader = Reader::new(body, &flaws);
    credentials(&reader);
    if reader.maybe("returnCosts") {
        reader.whole("returnCosts", 0..=1);
    }
    if reader.maybe("returnCostsAmount") {
        reader.decimal("returnCostsAmount");
    }
    let items = invoices(state, &reader, ("705", "No invoices provided"), None)?;
    let read = |item: Reader<'_>| {
        let asked = (item.text("number"), (item.decimal("creditAmount"), item.optional("workflowNumber")));
        if asked.1.0 <= 0 {
            item.flaw("creditAmount", "This value should be positive.");
        }
        item.limited("description", 254);
        item.end();
        asked
    };
    let asked: Vec<_> = items.into_iter().map(read).collect();
    reader.end();
    state.flawed(flaws)?;
    let act = |ledger: &mut Ledger, number: &str, (minor, workflow): (i64, Option<String>)| {
        ledger.credit(number, workflow.as_deref(), minor)
    };
    let (lines, answer) = each(state, asked, now, act);
    Ok(answer.saying(map! { "result": "MSG", "statuses": lines }))
}

fn payment(state: &mut State, body: &Json, now: Timestamp) -> Result<Answer, Answer> {
    let flaws = Flaws::default();
    let reader = Reader::new(body, &flaws);
    credentials(&reader);
    let items = invoices(state, &reader, ("420", "Invoice numbers are missing"), None)?;
    let read = |item: Reader<'_>| {
        let (number, minor) = (item.text("number"), item.decimal("amount"));
        let workflow = item.optional("workflowNumber");
        if minor <= 0 {
            item.flaw("amount", "This value should be positive.");
        }
        let long = item.optional("description").is_some_and(|text| text.chars().count() > 30);
        item.end();
        (number, (minor, workflow, long))
    };
    let asked: Vec<_> = items.into_iter().map(read).collect();
    reader.end();
    state.flawed(flaws)?;
    let act = |ledger: &mut Ledger, number: &str, (minor, workflow, long): (i64, Option<String>, bool)| {
        if long { Done::too_long() } else { ledger.pay(number, workflow.as_deref(), minor) }
    };
    let (lines, answer) = each(state, asked, now, act);
    Ok(answer.saying(map! { "result": "MSG", "invoices": lines }))
}

fn info(state: &State, body: &Json) -> Result<Answer, Answer> {
    let flaws = Flaws::default();
    let reader = Reader::new(body, &flaws);
    credentials(&reader);
    let items = invoices(state, &reader, ("705", "No invoices provided"), Some((100, "110")))?;
    let read = |item: Reader<'_>| {
        let number = item.text("number");
        item.optional("workflowNumber");
        item.end();
        number
    };
    let numbers: Vec<_> = items.into_iter().map(read).collect();
    reader.end();
    state.flawed(flaws)?;
    let line = |number: &String| {
        let (status, description, paid_out) = state.ledger.status(number);
        let line = map! { "invoiceNumber": number, "status": status, "description": description };
        paid_out.map_or(line.clone(), |paid_out| line.with("paidOut", i64::from(paid_out)))
    };
    let lines: Vec<Json> = numbers.iter().map(line).collect();
    Ok(Answer::json(200, map! { "code": "200", "result": "MSG", "invoices": lines }))
}

fn told(state: &State, number: &str, done: &Done, now: Option<Timestamp>) -> Answer {
    let body = map! { "code": done.code.to_string(), "description": &done.message, "result": "MSG" };
    let hooks = now.map(|now| state.tell(number, &done.events, now)).unwrap_or_default();
    Answer::json(200, body).with_hooks(hooks)
}

fn hold(state: &mut State, body: &Json, now: Timestamp) -> Result<Answer, Answer> {
    let flaws = Flaws::default();
    let reader = Reader::new(body, &flaws);
    credentials(&reader);
    let number = reader.optional("invoiceNumber").unwrap_or_default();
    let workflow = reader.optional("workflowNumber").unwrap_or_default();
    let days = reader.maybe("days").then(|| reader.whole("days", 1..=i64::from(u16::MAX)));
    reader.end();
    state.flawed(flaws)?;
    let done = state.ledger.hold(&number, &workflow, days, now);
    if done.code != 200 {
        return Err(state.failed(&done.code.to_string(), &done.message));
    }
    Ok(told(state, &number, &done, Some(now)))
}

/// Refusals of this call have a real HTTP status.
fn resume(state: &mut State, body: &Json) -> Result<Answer, Answer> {
    let flaws = Flaws::default();
    let reader = Reader::new(body, &flaws);
    credentials(&reader);
    let number = reader.optional("invoiceNumber").unwrap_or_default();
    let workflow = reader.optional("workflowNumber").unwrap_or_default();
    reader.end();
    state.flawed(flaws)?;
    let done = state.ledger.resume(&number, &workflow);
    if done.code != 200 {
        return Err(service(400, &done.message));
    }
    Ok(told(state, &number, &done, None))
}

fn message(state: &mut State, body: &Json) -> Result<Answer, Answer> {
    let flaws = Flaws::default();
    let reader = Reader::new(body, &flaws);
    credentials(&reader);
    let (number, text) = (reader.text("invoiceNumber"), reader.limited("message", 10_000).unwrap_or_default());
    if text.trim().is_empty() {
        reader.flaw("message", "This value should not be blank.");
    }
    let workflow = reader.maybe("workflowNumber").then(|| reader.whole("workflowNumber", 1..=99).to_string());
    reader.end();
    state.flawed(flaws)?;
    let done = state.ledger.message(&number, workflow.as_deref(), &text);
    if done.code != 200 {
        return Err(state.failed(&done.code.to_string(), &done.message));
    }
    Ok(told(state, &number, &done, None))
}
