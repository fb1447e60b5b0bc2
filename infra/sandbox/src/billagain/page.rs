//! The page where the customer pays or enrols, the way back, and the notification.

use jiff::Timestamp;
use url::Url;

use super::books::{Payment, Stage, Transaction, Wanted};
use super::{Decline, PaymentMethod, Settings, State};
use crate::json::{Json, map};
use crate::message::{Answer, Incoming};
use crate::webhooks::Hook;
use crate::{money, page};

/// The page of a transaction.
pub(crate) fn address(root: &str, account: &str, customer: i64, token: &str) -> String {
    format!("{root}/secure/process/{account}/{customer}/{token}")
}

/// Shows the page, or takes the customer's click.
pub(crate) fn answer(state: &mut State, request: &Incoming, now: Timestamp) -> Option<Answer> {
    let segments = request.segments();
    let (customer, token, choice) = match segments.as_slice() {
        ["secure", "process", _, customer, token] => (*customer, *token, None),
        ["secure", "process", _, customer, token, choice @ ("accept" | "decline" | "cancel")] => {
            (*customer, *token, Some(*choice))
        }
        _ => return None,
    };
    let gone = || Answer::html(404, "<p>This transaction is not open any more.</p>".to_owned());
    let one = state.books.transaction_mut(token);
    let open = one.filter(|one| one.stage == Stage::Open && one.wanted.customer.to_string() == customer);
    let Some(open) = open else { return Some(gone()) };
    let Some(choice) = choice else { return Some(show(open, request.path())) };
    let id = open.id.clone();
    let Some((location, hook)) = choose(state, &id, choice, now) else { return Some(gone()) };
    let done = || Answer::html(200, "<p>Done. You can close this page.</p>".to_owned());
    let answer = location.map_or_else(done, |location| Answer::see_other(&location));
    Some(answer.with_hooks(hook.into_iter().collect()))
}

fn show(one: &Transaction, path: &str) -> Answer {
    let says = match &one.wanted {
        Wanted { is_payment: true, currency, amount, .. } => format!("Pay {currency} {}", money::two_places(*amount)),
        Wanted { .. } => "Keep a way to pay".to_owned(),
    };
    Answer::html(200, page::html("BillAgain", &says, |choice| format!("{path}/{choice}")))
}

/// What becomes of a transaction: stage, text, and the status of its payment.
fn outcome(wanted: &Wanted, choice: &str, settings: &Settings) -> (Stage, &'static str, Option<&'static str>) {
    let declined = wanted.description.as_ref().is_some_and(|text| text.to_lowercase().contains("decline"));
    match choice {
        "accept" if !declined && !wanted.is_payment => (Stage::Complete, "Approved", None),
        "accept" if !declined && wanted.method == "bank_account" => (Stage::Complete, "Accepted", Some("Pending")),
        "accept" if !declined => (Stage::Complete, "Approved", Some("Unallocated")),
        "cancel" => (Stage::Cancelled, "Cancelled by customer", None),
        _ if wanted.is_payment && settings.decline == Decline::FailedPayment => {
            (Stage::Complete, "Declined", Some("Failed"))
        }
        _ => (Stage::Failed, "Declined", None),
    }
}

/// The customer's choice: where the browser goes, and the notification.
fn choose(state: &mut State, id: &str, choice: &str, now: Timestamp) -> Option<(Option<String>, Option<Hook>)> {
    let next = state.books.payments.last().map_or(10_774, |payment| payment.id + 1);
    let one = state.books.transactions.iter_mut().find(|one| one.id == id && one.stage == Stage::Open)?;
    let (stage, result, status) = outcome(&one.wanted, choice, &state.settings);
    (one.stage, one.result) = (stage, result);
    if stage == Stage::Complete && one.wanted.retain && one.method.is_none() {
        one.method = keep(&mut state.settings.payment_methods, &one.wanted);
    }
    one.payment = status.map(|_| next);
    if let Some(status) = status {
        state.books.payments.push(Payment {
            id: next,
            transaction: id.to_owned(),
            customer: one.wanted.customer,
            status,
            date: now,
            currency: one.wanted.currency.clone(),
            amount: one.wanted.amount,
            method: one.wanted.method.clone(),
        });
    }
    let location = one.wanted.redirect_url.as_ref().and_then(|url| way_back(url, one, &state.settings));
    Some((location, notification(one)))
}

/// Keeps the way to pay that was used. What a hosted page took is the gateway's and not kept here.
fn keep(methods: &mut Vec<PaymentMethod>, wanted: &Wanted) -> Option<i64> {
    let kind = ["credit_card", "bank_account"].into_iter().find(|kind| *kind == wanted.method)?;
    let id = methods.iter().map(|method| method.id).max().map_or(10_001, |last| last + 1);
    methods.push(PaymentMethod { id, customer: wanted.customer, kind });
    Some(id)
}

fn way_back(url: &str, one: &Transaction, settings: &Settings) -> Option<String> {
    let mut url = Url::parse(url).ok()?;
    let (transaction, outcome) = &settings.return_parameters;
    url.query_pairs_mut().append_pair(transaction, &one.id).append_pair(outcome, one.state());
    Some(url.into())
}

/// Nothing but the id: the rest is for Get Transaction.
pub(crate) fn notification(one: &Transaction) -> Option<Hook> {
    let headers = vec![("content-type".to_owned(), "application/json; charset=utf-8".to_owned())];
    let body: Json = map! { "transactionID": &one.id };
    let (event, about, url) = (one.state().to_owned(), one.id.clone(), one.wanted.notify_url.clone()?);
    Some(Hook { event, about, url, headers, body: body.to_string(), sign: None })
}

/// Plays the customer without a browser; takes the transaction's id or its token.
pub(crate) fn buyer(state: &mut State, id: &str, choice: &str, now: Timestamp) -> Answer {
    let id = state.books.transaction_mut(id).map(|one| one.id.clone()).unwrap_or_default();
    let Some((location, hook)) = choose(state, &id, choice, now) else {
        return Answer::refused(404, "no open transaction of this id or token");
    };
    let told = state.books.transaction(&id).map(Transaction::state);
    let told = map! { "transactionID": id, "state": told, "location": location };
    Answer::json(200, told).with_hooks(hook.into_iter().collect())
}
