//! The buyer on the hosted page, and the control calls that only the gateway has.

use jiff::Timestamp;

use super::actions::{TAKEN, fate};
use super::books::{Action, Doom, Status, Transaction, key as key_of_new};
use super::{Edition, Flow, PushFormat, PushHash, Settings, State, page as hosted, push};
use crate::json::{Json, map};
use crate::message::{Answer, Incoming};

/// Shows the page, or takes the buyer's click.
pub(crate) fn page(state: &mut State, request: &Incoming, now: Timestamp) -> Answer {
    let token = request.query("r").unwrap_or_default();
    let Some(one) = by_token(state, &token) else { return Answer::html(404, "<p>Unknown page</p>".to_owned()) };
    if request.method == http::Method::GET {
        return Answer::html(200, hosted::html(one, &token));
    }
    let choice = request.query("choice").unwrap_or_default();
    let key = one.key.clone();
    decide(state, &key, &choice, now);
    let Some(one) = state.books.find(&key) else { return Answer::empty(404) };
    let back = hosted::way_back(one, &state.settings);
    let hooks = push::about(one, &state.settings, now).filter(|_| one.at == now).into_iter().collect();
    let there = back.map_or_else(|| Answer::html(200, "<p>Done</p>".to_owned()), hosted::WayBack::answer);
    there.with_hooks(hooks)
}

/// Plays the buyer without a browser; answers where a browser would have been sent, and with which form.
pub(crate) fn buyer(state: &mut State, id: &str, choice: &str, now: Timestamp) -> Answer {
    let one = state.books.find(id).or_else(|| by_token(state, id));
    let Some(key) = one.map(|one| one.key.clone()) else { return Answer::refused(404, "no such transaction") };
    if !decide(state, &key, choice, now) {
        return Answer::refused(409, "the buyer is not on a page of this transaction");
    }
    told(state, &key, now)
}

fn by_token<'a>(state: &'a State, token: &str) -> Option<&'a Transaction> {
    state.books.transactions.iter().find(|one| one.redirect.as_deref() == Some(token))
}

/// The first choice counts.
fn decide(state: &mut State, key: &str, choice: &str, now: Timestamp) -> bool {
    let invoice = state.books.find(key).and_then(|one| one.invoice.clone());
    let taken = invoice.is_some_and(|invoice| state.books.ordered(&invoice));
    let Some(one) = state.books.find_mut(key).filter(|one| one.status == Status::PendingInput) else { return false };
    let (status, reason) = match choice {
        "accept" if taken => (Status::Failed, Some(TAKEN.to_owned())),
        "accept" => fate(one.doom),
        "decline" => fate(Some(Doom::Rejected)),
        "cancel" => (Status::Cancelled, None),
        _ => return false,
    };
    (one.status, one.reason, one.at) = (status, reason, now);
    true
}

fn told(state: &State, key: &str, now: Timestamp) -> Answer {
    let Some(one) = state.books.find(key) else { return Answer::refused(404, "no such transaction") };
    let (location, form) = hosted::way_back(one, &state.settings).map(|back| (back.url, back.form)).unzip();
    let told = map! { "key": key, "status": one.status.code().0, "location": location, "form": form.flatten() };
    Answer::json(200, told).with_hooks(push::about(one, &state.settings, now).into_iter().collect())
}

/// `settings`, `transactions/{key}` (settles what is pending), `transactions/{key}/refund`, `…/capture` and `…/cancel` (made
/// at Buckaroo's own desk: `amount`, or all that is left), `push/{key}` (sends the push again, or one that claims
/// another `outcome`, `amount` or `transaction_type` than the books have).
pub(crate) fn call(state: &mut State, path: &[&str], body: &Json, now: Timestamp) -> Option<Answer> {
    match path {
        ["settings"] => Some(configure(&mut state.settings, body)),
        ["transactions", key] => Some(settle(state, key, body, now)),
        ["transactions", key, call @ ("capture" | "refund" | "cancel")] => {
            Some(at_the_desk(state, key, Action::of_call(call)?, body, now))
        }
        ["push", key] if body.pairs().is_empty() => Some(told(state, key, now)),
        ["push", key] => Some(claim(state, key, body, now)),
        _ => None,
    }
}

/// The status that an outcome means: a word, or the gateway's code.
fn outcome(body: &Json) -> Result<Status, Answer> {
    let known = match body.text_of("outcome").unwrap_or_default() {
        "success" => Some(Status::Success),
        "failed" => Some(Status::Failed),
        "rejected" => Some(Status::Rejected),
        "technical" => Some(Status::Technical),
        "cancelled" => Some(Status::Cancelled),
        code => Status::of_code(code),
    };
    let rule = "outcome must be success, failed, rejected, technical, cancelled or a status code";
    known.ok_or_else(|| Answer::refused(400, rule))
}

/// A push of something that is not so.
fn claim(state: &State, key: &str, body: &Json, now: Timestamp) -> Answer {
    let Some(mut one) = state.books.find(key).cloned() else { return Answer::refused(404, "no such transaction") };
    if body.text_of("outcome").is_some() {
        match outcome(body) {
            Ok(status) => (one.status, one.at) = (status, now),
            Err(refused) => return refused,
        }
    }
    one.minor = body.whole_of("amount").unwrap_or(one.minor);
    let own = one.action.map(Action::transaction_type);
    let hook = push::of_type(&one, body.text_of("transaction_type").or(own), &state.settings, now);
    Answer::json(200, map! { "ok": true }).with_hooks(hook.into_iter().collect())
}

fn settle(state: &mut State, key: &str, body: &Json, now: Timestamp) -> Answer {
    let status = match outcome(body) {
        Ok(status) => status,
        Err(refused) => return refused,
    };
    let Some(one) = state.books.find_mut(key) else { return Answer::refused(404, "no such transaction") };
    if !one.status.pending() {
        return Answer::refused(409, "the transaction is not pending");
    }
    (one.status, one.at) = (status, now);
    one.reason = (status != Status::Success).then(|| "Billink: settled later".to_owned());
    told(state, key, now)
}

/// It has no invoice of its own but its original's.
fn at_the_desk(state: &mut State, key: &str, action: Action, body: &Json, now: Timestamp) -> Answer {
    let Some(original) = state.books.find(key) else { return Answer::refused(404, "no such transaction") };
    let left = state.books.left(original, action);
    let minor = body.whole_of("amount").filter(|amount| *amount > 0).unwrap_or(left);
    if minor == 0 || minor > left {
        return Answer::refused(409, "there is not so much left of it");
    }
    let mut made = original.clone();
    (made.key, made.parent) = (key_of_new(), Some(original.key.clone()));
    (made.action, made.side, made.minor, made.at) = (Some(action), action.side(), minor, now);
    made.payment_key = action.collects().then(key_of_new);
    let key = made.key.clone();
    state.books.transactions.push(made);
    told(state, &key, now)
}

fn configure(settings: &mut Settings, body: &Json) -> Answer {
    for (name, value) in body.pairs() {
        if let Err(refused) = set(settings, name, value) {
            return refused;
        }
    }
    Answer::json(200, map! { "ok": true })
}

fn set(settings: &mut Settings, name: &str, value: &Json) -> Result<(), Answer> {
    match (name, value.text()) {
        ("flow", Some("sync")) => settings.flow = Flow::Sync,
        ("flow", Some("redirect")) => settings.flow = Flow::Redirect,
        ("push_format", Some("json")) => settings.push_format = PushFormat::Json,
        ("push_format", Some("form")) => settings.push_format = PushFormat::Form,
        ("push_hash", Some("sha1")) => settings.push_hash = PushHash::Sha1,
        ("push_hash", Some("sha256")) => settings.push_hash = PushHash::Sha256,
        ("push_hash", Some("sha512")) => settings.push_hash = PushHash::Sha512,
        ("edition", Some("2020")) => settings.edition = Edition::Guide2020,
        ("edition", Some("current")) => settings.edition = Edition::Current,
        ("follow_ups", Some("own")) => settings.under_original = false,
        ("follow_ups", Some("original")) => settings.under_original = true,
        ("return", Some("get")) => settings.returns_form = false,
        ("return", Some("post")) => settings.returns_form = true,
        ("push_url", url) => settings.push_url = url.map(str::to_owned),
        ("pending", None) => {
            let calls: Vec<_> = value.items().iter().filter_map(Json::text).map(str::to_owned).collect();
            if let Some(unknown) = calls.iter().find(|call| Action::of_call(call).is_none()) {
                return Err(Answer::refused(400, &format!("unknown call {unknown:?}")));
            }
            settings.pending = calls;
        }
        _ => return Err(Answer::refused(400, &format!("unknown setting {name:?} or value"))),
    }
    Ok(())
}
