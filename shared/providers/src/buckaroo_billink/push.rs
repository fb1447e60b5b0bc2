//! Buckaroo's messages: a JSON push with an HMAC, or a form push with a keyed digest. The media type decides which.

use http::Method;
use payment::{News, OperationNews, Outcome, SignedClaim, Whom};

use super::account::Account;
use super::map::{self, ACTIONS, Meaning, ServiceAction};
use super::sign::{Form, Signed};
use super::wire::{Code, Push, Status, SubCode, Transaction};
use crate::inbound::{is_reference, printable};
use crate::{Addressee, Evidence, Inbound, Message, NotAuthentic};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Verifies a message over its raw bytes, then reads it.
pub(super) fn receive(account: &Account, inbound: Inbound<'_>) -> Result<Message, NotAuthentic> {
    let genuine = match inbound.media_type().as_deref() {
        Some(JSON) => {
            let signed = Signed { method: &Method::POST, url: inbound.url, body: inbound.body };
            inbound.header("authorization").is_some_and(|header| account.signed_by_provider(header, signed))
        }
        Some(FORM) => Form::parse(inbound.body).is_some_and(|form| account.signed_form(&form)),
        _ => return Err(NotAuthentic::MediaType),
    };
    if genuine { read(inbound) } else { Err(NotAuthentic::Forged) }
}

/// Reads a message that was verified before.
pub(super) fn read(inbound: Inbound<'_>) -> Result<Message, NotAuthentic> {
    let push = match inbound.media_type().as_deref() {
        Some(JSON) => serde_json::from_slice(inbound.body).ok(),
        Some(FORM) => Form::parse(inbound.body).and_then(Form::into_push),
        _ => None,
    };
    match push {
        Some(Push { transaction: Some(transaction), .. }) => Ok(message(&transaction)),
        Some(Push { data_request: Some(request), .. }) => {
            Ok(Message { unrecognized: Some("DataRequest".into()), ..hint(&request) })
        }
        _ => Err(NotAuthentic::Unreadable),
    }
}

fn message(transaction: &Transaction) -> Message {
    let named = transaction.transaction_type.as_deref();
    let by_reference = || transaction.invoice.as_deref().and_then(action_of_reference);
    let action = named.map_or_else(by_reference, ServiceAction::of_type);
    if let Some(news) = action.and_then(|action| news(action, transaction)) {
        return Message { evidence: Evidence::Claim(SignedClaim::verified(news)), ..hint(transaction) };
    }
    // A look that finds the same status cannot read it either, so it is told here or never.
    let status = || transaction.meaning().is_none().then(|| format!("status {}", transaction.status.code.code));
    let name = named.filter(|_| action.is_none()).map(printable);
    Message { unrecognized: name.or_else(status), ..hint(transaction) }
}

/// What the transaction proves of one operation of ours; `None` when it settles nothing and somebody should look. It is
/// bound to the operation by name: a form's signature does not cover the address, so it can be sent to another
/// payment's.
fn news(action: &ServiceAction, transaction: &Transaction) -> Option<News> {
    // Whether the buyer still has to act is in the answer, which this may overtake.
    let opening = action.opens() && transaction.meaning() == Some(Meaning::Pending);
    let outcome = Some(map::outcome(action, transaction))
        .filter(|outcome| !opening && !matches!(outcome, Outcome::InDoubt(_)))?;
    let by_key = transaction.key.clone().map(Whom::ProviderReference);
    // As in the guide's samples, or made at Buckaroo's own desk: the invoice of what it follows is not the name of it.
    let named = transaction.invoice.clone().map(|reference| match letter_in(&reference) == action.letter() {
        true => Whom::Reference(reference),
        false => Whom::Follows { reference, kind: action.kind },
    });
    let operations = vec![OperationNews { whom: by_key.into_iter().chain(named).collect(), outcome }];
    Some(News { operations, livemode: transaction.is_test.map(|test| !test), ..News::default() })
}

/// A message that proves nothing yet, about whom its transaction names.
fn hint(transaction: &Transaction) -> Message {
    let Transaction { key, invoice, status, .. } = transaction;
    let order =
        invoice.as_deref().filter(|invoice| letter_in(invoice).is_some()).and_then(|invoice| invoice.rsplit_once('-'));
    let references = invoice.iter().cloned().chain(order.map(|(order, _)| order.to_owned()));
    let keys = key.iter().cloned().map(Addressee::ProviderReference);
    let name = key.as_deref().or(invoice.as_deref()).unwrap_or_default();
    let sub_code = transaction.sub_code().unwrap_or_default();
    let at = status.at().map(|at| at.as_second().to_string()).unwrap_or_default();
    Message {
        addressees: references.map(Addressee::Reference).chain(keys).collect(),
        evidence: Evidence::Hint,
        receivable: None,
        unrecognized: None,
        identity: format!("{name}:{}:{sub_code}:{at}", status.code.code),
    }
}

fn action_of_reference(reference: &str) -> Option<&'static ServiceAction> {
    let letter = letter_in(reference)?;
    ACTIONS.into_iter().find(|action| action.letter() == Some(letter))
}

/// The letter that tells an operation's reference from an order's: the last part has it before six characters.
fn letter_in(reference: &str) -> Option<char> {
    let (_, last) = reference.rsplit_once('-')?;
    let letter = last.chars().next().filter(|_| last.chars().count() == 7);
    letter.filter(|letter| ACTIONS.iter().any(|action| action.letter() == Some(*letter)))
}

impl Form {
    /// The same message in the words of the JSON push.
    fn into_push(self) -> Option<Push> {
        let text = |name| self.get(name).map(str::to_owned).filter(|text| !text.is_empty());
        let data_request = text("brq_datarequest");
        let is_data_request = data_request.is_some();
        let sub_code = SubCode { code: text("brq_statuscode_detail") };
        let amount = |name| self.get(name).filter(|text| !text.is_empty()).map(str::parse).transpose().ok();
        let code = Code { code: self.get("brq_statuscode")?.parse().ok()? };
        let transaction = Transaction {
            key: data_request.or_else(|| text("brq_transactions")),
            status: Status { code, sub_code: Some(sub_code), date_time: text("brq_timestamp") },
            invoice: text("brq_invoicenumber"),
            is_test: self.get("brq_test").and_then(|test| test.to_ascii_lowercase().parse().ok()),
            currency: text("brq_currency"),
            amount_debit: amount("brq_amount")?,
            amount_credit: amount("brq_amount_credit")?,
            transaction_type: text("brq_transaction_type"),
            required_action: None,
            request_errors: None,
        };
        if ![&transaction.key, &transaction.invoice].into_iter().flatten().all(|name| is_reference(name)) {
            return None;
        }
        let (transaction, data_request) =
            if is_data_request { (None, Some(transaction)) } else { (Some(transaction), None) };
        Some(Push { transaction, data_request })
    }
}
