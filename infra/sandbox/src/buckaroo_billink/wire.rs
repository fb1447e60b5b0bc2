//! The gateway's JSON: transaction answers, status objects, pushes, lists.
//!
//! Sources: docs.buckaroo.io/docs/transaction-post, docs.buckaroo.io/v1/docs/transaction-status-get.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::books::{Action, Side, Status, Transaction};
use super::request::{Flaw, Place};
use crate::json::{Json, map};
use crate::money;

/// The gateway's clock on the wall is Dutch.
fn local(at: Timestamp, format: &str) -> String {
    at.to_zoned(dutch()).strftime(format).to_string()
}

fn dutch() -> TimeZone {
    TimeZone::get("Europe/Amsterdam").unwrap_or(TimeZone::UTC)
}

/// The Dutch day.
pub(crate) fn day(at: Timestamp) -> Date {
    at.to_zoned(dutch()).date()
}

/// `2020-11-17 14:32:16`, as form fields have it.
pub(crate) fn form_time(at: Timestamp) -> String {
    local(at, "%Y-%m-%d %H:%M:%S")
}

/// The answer to a transaction request.
pub(crate) fn answer(one: &Transaction, root: &str) -> Json {
    // Informational transactions answer with an offset, collecting ones without.
    let collects = one.action.is_none_or(Action::collects);
    let at = local(one.at, if collects { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%dT%H:%M:%S%:z" });
    let head = map! {
        "Key": &one.key,
        "Status": status(one, &at, true),
        "RequiredAction": one.redirect.as_ref().map(|token| required_action(token, root)),
        "Services": Json::Null,
        "CustomParameters": pairs("List", &one.custom),
        "AdditionalParameters": pairs("AdditionalParameter", &one.additional),
        "RequestErrors": (!one.flaws.is_empty()).then(|| request_errors(one)),
        "Invoice": one.invoice.clone(),
        "ServiceCode": "Billink",
        "IsTest": true,
        "Currency": "EUR",
    };
    with_amount(head, one)
        .with("TransactionType", kind(one))
        .with("MutationType", mutation(one))
        .with("RelatedTransactions", related(one))
        .with("ConsumerMessage", consumer_message(one))
        .with("Order", one.order.clone())
        .with("IssuingCountry", Json::Null)
        .with("StartRecurrent", false)
        .with("Recurring", false)
        .with("CustomerName", Json::Null)
        .with("PayerHash", Json::Null)
        .with("PaymentKey", one.payment_key.clone())
}

/// What a JSON push carries. A refund's push leaves out what its answer has.
pub(crate) fn push(one: &Transaction, kind: Option<&str>) -> Json {
    let refund = one.action == Some(Action::Refund);
    let head = map! {
        "Key": &one.key,
        "Invoice": one.invoice.clone(),
        "ServiceCode": "Billink",
        "Status": status(one, &local(one.at, "%Y-%m-%dT%H:%M:%S"), !refund || one.status != Status::Success),
        "IsTest": true,
        "Order": one.order.clone(),
        "Currency": "EUR",
    };
    let body = with_amount(head, one)
        .with("TransactionType", kind)
        .with("Services", Json::Null)
        .with("CustomParameters", list(&one.custom));
    let body = if refund {
        body
    } else {
        body.with("AdditionalParameters", pairs("List", &one.additional))
            .with("MutationType", mutation(one))
            .with("RelatedTransactions", Json::Null)
    };
    let body = tail(body, one).with("PaymentKey", one.payment_key.clone().filter(|_| !refund));
    map! { "Transaction": body }
}

/// One transaction as the status calls tell it.
pub(crate) fn state(one: &Transaction) -> Json {
    let head = map! {
        "Key": &one.key,
        "Invoice": one.invoice.clone(),
        "ServiceCode": "Billink",
        "Status": status(one, &local(one.at, "%Y-%m-%dT%H:%M:%S%.7f%:z"), true),
        "IsTest": true,
        "Order": one.order.clone(),
        "Currency": "EUR",
    };
    let body = with_amount(head, one)
        .with("TransactionType", kind(one))
        .with("Services", Json::Null)
        .with("CustomParameters", list(&one.custom))
        .with("AdditionalParameters", pairs("List", &one.additional))
        .with("MutationType", mutation(one))
        .with("RelatedTransactions", related(one));
    tail(body, one).with("PaymentKey", one.payment_key.clone()).with("Description", one.description.clone())
}

fn tail(body: Json, one: &Transaction) -> Json {
    body.with("IsCancelable", one.cancelable())
        .with("IssuingCountry", Json::Null)
        .with("StartRecurrent", false)
        .with("Recurring", false)
        .with("CustomerName", Json::Null)
        .with("PayerHash", Json::Null)
}

fn status(one: &Transaction, at: &str, detailed: bool) -> Json {
    let (code, text) = one.status.code();
    map! {
        "Code": map! { "Code": code, "Description": text },
        "SubCode": sub_code(one).filter(|_| detailed).map(|(code, text)| map! { "Code": code, "Description": text }),
        "DateTime": at,
    }
}

/// Informational; refusals carry their reason here.
pub(crate) fn sub_code(one: &Transaction) -> Option<(&'static str, String)> {
    match one.status {
        Status::Success if one.action.is_some_and(Action::collects) => {
            Some(("S990", "The request was successful.".to_owned()))
        }
        Status::PendingInput => Some(("S002", "An additional action is required: RedirectToHTML".to_owned())),
        status if status.pending() => Some(("P190", "The transaction is being processed.".to_owned())),
        _ => one.reason.clone().map(|reason| ("S999", reason)),
    }
}

fn with_amount(body: Json, one: &Transaction) -> Json {
    if one.minor == 0 { body } else { body.with(one.side.field(), Json::Number(money::one_place(one.minor))) }
}

/// The type, unknown as long as nothing was processed.
pub(crate) fn kind(one: &Transaction) -> Option<&'static str> {
    let processed = !matches!(one.status, Status::Invalid | Status::PendingInput);
    one.action.filter(|_| processed).map(Action::transaction_type)
}

fn mutation(one: &Transaction) -> u16 {
    kind(one).and(one.action).map_or(0, Action::mutation)
}

fn related(one: &Transaction) -> Option<Vec<Json>> {
    let parent = one.parent.as_ref().filter(|_| one.action == Some(Action::Refund) && kind(one).is_some())?;
    Some(vec![map! { "RelationType": "refund", "RelatedTransactionKey": parent }])
}

fn required_action(token: &str, root: &str) -> Json {
    map! {
        "RedirectURL": super::page::address(root, token),
        "RequestedInformation": Json::Null,
        "PayRemainderDetails": Json::Null,
        "Name": "Redirect",
        "TypeDeprecated": 0_i64,
    }
}

fn consumer_message(one: &Transaction) -> Option<Json> {
    let reason = one.reason.as_ref().filter(|_| one.status == Status::Rejected)?;
    Some(map! {
        "MustRead": false,
        "CultureName": "en-GB",
        "Title": "Payment refused",
        "PlainText": reason,
        "HtmlText": format!("<p>{reason}</p>"),
    })
}

fn request_errors(one: &Transaction) -> Json {
    let action = one.action.map(Action::wire);
    let of = |place: Place| one.flaws.iter().filter(move |flaw| flaw.place == place);
    let tail = |row: Json, flaw: &Flaw| {
        row.with("Name", &flaw.name).with("Error", flaw.error).with("ErrorMessage", &flaw.message)
    };
    let service = |flaw: &Flaw| tail(Json::Map(Vec::new()), flaw);
    let by_action = |flaw: &Flaw| tail(map! { "Service": "Billink" }, flaw);
    let parameter = |flaw: &Flaw| tail(map! { "Service": "Billink", "Action": action }, flaw);
    map! {
        "ChannelErrors": Json::List(Vec::new()),
        "ServiceErrors": of(Place::Service).map(service).collect::<Vec<_>>(),
        "ActionErrors": of(Place::Action).map(by_action).collect::<Vec<_>>(),
        "ParameterErrors": of(Place::Parameter).map(parameter).collect::<Vec<_>>(),
        "CustomParameterErrors": Json::List(Vec::new()),
    }
}

fn pairs(name: &str, values: &[(String, String)]) -> Json {
    if values.is_empty() { Json::Null } else { Json::Map(vec![(name.to_owned(), list(values))]) }
}

fn list(values: &[(String, String)]) -> Json {
    if values.is_empty() {
        return Json::Null;
    }
    Json::List(values.iter().map(|(name, value)| map! { "Name": name, "Value": value }).collect())
}

/// What can still be refunded of a transaction.
pub(crate) fn refund_info(one: &Transaction, (settled, pending): (i64, i64)) -> Json {
    let collects = matches!(one.action, Some(Action::Pay | Action::Capture)) && one.status == Status::Success;
    let left = if collects { one.minor - settled - pending } else { 0 };
    let number = |minor: i64| Json::Number(money::one_place(minor));
    map! {
        "IsRefundable": left > 0,
        "NotRefundableExplanation": (left <= 0).then_some("Nothing is left to refund"),
        "AllowPartialRefund": true,
        "MaximumRefundAmount": number(left),
        "PendingRefundAmount": number(pending),
        "RefundedAmount": number(settled),
        "RefundCurrency": "EUR",
        "Invoice": one.invoice.clone(),
        "ServiceCode": "Billink",
    }
}

/// The answer to a question about several transactions.
pub(crate) fn statuses(found: &[&Transaction], unknown: Vec<Json>) -> Json {
    map! {
        "Transactions": found.iter().map(|one| state(one)).collect::<Vec<_>>(),
        "ErrorTransactions": unknown,
    }
}

/// An entry of a status question that found nothing.
pub(crate) fn not_found(asked: &Json) -> Json {
    map! {
        "Key": asked.find("Key").cloned(),
        "Invoice": asked.find("Invoice").cloned(),
        "CustomParameter": asked.find("CustomParameter").cloned(),
        "AdditionParameter": asked.find("AdditionalParameter").cloned(),
        "ErrorMessage": "Transaction not found",
    }
}

/// The service's actions, as the specification call lists them.
pub(crate) fn specification() -> Json {
    let actions = [Action::Pay, Action::Authorize, Action::Capture, Action::Refund, Action::CancelAuthorize];
    let action = |action: &Action| map! { "Name": action.wire(), "Default": *action == Action::Pay };
    map! {
        "Name": "Billink",
        "Version": 0_i64,
        "Description": "Billink",
        "SupportedCurrencies": vec![map! { "Code": "EUR" }],
        "Actions": actions.iter().map(action).collect::<Vec<_>>(),
    }
}

/// Adds one euro to the amounts of an answer.
pub(crate) fn distort(body: &mut Json) {
    for field in [Side::Debit.field(), Side::Credit.field()] {
        if let Some(Json::Number(literal)) = body.get_mut(field)
            && let Some(minor) = money::minor(literal)
        {
            *literal = money::one_place(minor + 100);
        }
    }
    if let Some(Json::List(items)) = body.get_mut("Transactions") {
        items.iter_mut().for_each(distort);
    }
}
