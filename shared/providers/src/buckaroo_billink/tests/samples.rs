//! Every answer and every push of the guide, field by field; its two requests are in `guide`.

use super::super::map::ServiceAction;
use super::super::wire::{Push, Transaction};
use super::told;
use crate::JsonDecimal;
use crate::testing::{Unused, holds_nothing_else};
use serde_json::{Value, json};

/// Key, invoice, type, sub code, time in UTC, debit and credit of the transaction of each pair of samples.
type Expected =
    (&'static str, &'static str, Option<&'static str>, &'static str, Option<&'static str>, Option<&'static str>);

const ANSWERS: [(&str, Expected); 5] = [
    (
        include_str!("../fixtures/pay.response.json"),
        ("11A576387EA0483398F87393XXXXXXXX", "C068", Some("S990"), "2020-11-17T12:56:12Z", Some("10.0"), None),
    ),
    (
        include_str!("../fixtures/authorize.response.json"),
        ("DC268356E5E943C689D3A034XXXXXXXX", "I069", None, "2020-11-17T13:10:17Z", Some("10.0"), None),
    ),
    (
        include_str!("../fixtures/capture.response.json"),
        ("F8EB2B42AB0A49ED83CFE14DXXXXXXXX", "C073", Some("S990"), "2020-11-17T13:32:16Z", Some("10.0"), None),
    ),
    (
        include_str!("../fixtures/refund.response.json"),
        ("5949BAB045174895AF86273AXXXXXXXX", "C070", Some("S990"), "2020-11-17T13:42:52Z", None, Some("10.0")),
    ),
    (
        include_str!("../fixtures/cancel.response.json"),
        ("DB4148D5B2574CF8A7848FBEXXXXXXXX", "I072", None, "2020-11-17T14:12:00Z", None, Some("10.0")),
    ),
];

/// The push of each answer, and the sub code where the push leaves it out.
const PUSHES: [(&str, Option<&str>); 5] = [
    (include_str!("../fixtures/pay.push.json"), Some("S990")),
    (include_str!("../fixtures/authorize.push.json"), None),
    (include_str!("../fixtures/capture.push.json"), Some("S990")),
    (include_str!("../fixtures/refund.push.json"), None),
    (include_str!("../fixtures/cancel.push.json"), None),
];

fn check(transaction: &Transaction, (key, kind, sub_code, at, debit, credit): Expected) {
    let decimal = |text: Option<&str>| text.map(|text| text.parse::<JsonDecimal>().unwrap());
    assert_eq!(transaction.key.as_deref(), Some(key));
    assert_eq!(transaction.status.code.code, 190, "{key}");
    assert_eq!(transaction.sub_code(), sub_code, "{key}");
    assert_eq!(transaction.status.at(), Some(at.parse().unwrap()), "{key}");
    assert_eq!(transaction.invoice.as_deref(), Some("TestInvoice 123"), "{key}");
    assert_eq!(transaction.currency.as_deref(), Some("EUR"), "{key}");
    assert_eq!(transaction.transaction_type.as_deref(), Some(kind), "{key}");
    assert_eq!(transaction.amount_debit, decimal(debit), "{key}");
    assert_eq!(transaction.amount_credit, decimal(credit), "{key}");
    assert_eq!(transaction.amount().unwrap().unwrap().minor(), 1000, "{key}");
    assert!(transaction.required_action.is_none() && transaction.redirect().is_none(), "{key}");
    assert_eq!(transaction.is_test, Some(true), "{key}");
    assert!(transaction.request_errors.is_none(), "{key}");
}

#[test]
fn every_answer_of_the_guide_is_read() {
    for (text, expected) in ANSWERS {
        check(&serde_json::from_str(text).unwrap(), expected);
    }
}

#[test]
fn every_push_of_the_guide_is_read_and_tells_the_same_as_its_answer() {
    for ((text, sub_code), (_, expected)) in PUSHES.into_iter().zip(ANSWERS) {
        let push: Push = serde_json::from_str(text).unwrap();
        assert!(push.data_request.is_none());
        let (key, kind, _, at, debit, credit) = expected;
        check(&push.transaction.unwrap(), (key, kind, sub_code, at, debit, credit));
    }
}

#[test]
fn every_answer_of_the_guide_means_that_its_action_is_done() {
    let meant: Vec<_> = ANSWERS
        .iter()
        .map(|(text, (_, kind, ..))| {
            let action = ServiceAction::of_type(kind).unwrap();
            format!(
                "{:15} {}",
                action.word,
                told(&super::super::map::outcome(action, &serde_json::from_str(text).unwrap()))
            )
        })
        .collect();
    insta::assert_snapshot!(meant.join("\n"));
}

/// What a pair of samples has besides, in the order of the answers: the mutation type, and the key of the payment that
/// the transaction is part of.
const BESIDES: [(u8, Option<&str>); 5] = [
    (1, Some("D9C2713E532B49D99DC27D76XXXXXXXX")),
    (3, None),
    (1, Some("F15DB96A90014011899DCE52XXXXXXXX")),
    (1, Some("95BF1FCA8EC2477798EEF7ABXXXXXXXX")),
    (1, None),
];

/// Where `check` reads every sample; the amount has one of two names, and an answer has two places more.
const READ: [&str; 7] =
    ["/Key", "/Status/Code/Code", "/Status/DateTime", "/Invoice", "/IsTest", "/Currency", "/TransactionType"];

/// Where the sub code is read, and its text that is not.
fn sub_code(code: Option<&str>) -> (&'static str, Option<Unused<'static>>) {
    let text = ("/Status/SubCode/Description", json!("The request was successful."), "words about anything");
    if code.is_some() { ("/Status/SubCode/Code", Some(text)) } else { ("/Status/SubCode", None) }
}

fn amount((.., debit, _): Expected) -> &'static str {
    if debit.is_some() { "/AmountDebit" } else { "/AmountCredit" }
}

/// What an adapter has no use for, as every sample has it.
fn unused() -> Vec<Unused<'static>> {
    vec![
        ("/Status/Code/Description", json!("Success"), "the number counts"),
        ("/ServiceCode", json!("Billink"), "the type of the transaction belongs to no other service"),
        ("/Services", Value::Null, "Billink says nothing besides"),
        ("/CustomParameters", Value::Null, "none is sent"),
        ("/Order", Value::Null, "none is sent"),
        ("/IssuingCountry", Value::Null, "of cards"),
        ("/StartRecurrent", json!(false), "nothing recurs"),
        ("/Recurring", json!(false), "the same"),
        ("/CustomerName", Value::Null, "the buyer is known from the order"),
        ("/PayerHash", Value::Null, "the same"),
    ]
}

#[test]
fn every_member_of_every_answer_is_read_or_of_no_use() {
    let (_, (captured, ..)) = ANSWERS[2];
    let refunds = json!([{ "RelationType": "refund", "RelatedTransactionKey": captured }]);
    for ((text, expected), (mutation, payment)) in ANSWERS.into_iter().zip(BESIDES) {
        let related = if expected.1 == "C070" { refunds.clone() } else { Value::Null };
        let mut unused = unused();
        unused.extend([
            ("/AdditionalParameters", Value::Null, "none is sent"),
            ("/ConsumerMessage", Value::Null, "the buyer is not here"),
            ("/MutationType", json!(mutation), "where the money is does not depend on who collects it"),
            ("/PaymentKey", json!(payment), "a transaction is known by its own key"),
            ("/RelatedTransactions", related, "the refund is ours, so its capture is known"),
        ]);
        let (code, words) = sub_code(expected.2);
        unused.extend(words);
        let own = [amount(expected), code, "/RequiredAction", "/RequestErrors"];
        let read: Vec<_> = READ.into_iter().chain(own).collect();
        holds_nothing_else(&serde_json::from_str(text).unwrap(), &read, &unused);
    }
}

#[test]
fn every_member_of_every_push_is_read_or_of_no_use() {
    let pushes = PUSHES.into_iter().zip(ANSWERS).zip(BESIDES);
    for (((text, of_push), (_, expected)), (mutation, payment)) in pushes {
        // The push of a refund says less than every other: not even which payment it is part of.
        let whole = expected.1 != "C070";
        let mut unused = unused();
        unused.extend([
            ("/IsCancelable", json!(false), "what can be called off is known from its state"),
            ("/PaymentKey", json!(payment.filter(|_| whole)), "a transaction is known by its own key"),
        ]);
        if whole {
            unused.extend([
                ("/AdditionalParameters", Value::Null, "none is sent"),
                ("/MutationType", json!(mutation), "where the money is does not depend on who collects it"),
                ("/RelatedTransactions", Value::Null, "as in the answer"),
            ]);
        }
        let (code, words) = sub_code(of_push);
        unused.extend(words);
        let read: Vec<_> = READ.into_iter().chain([amount(expected), code]).collect();
        let push: Value = serde_json::from_str(text).unwrap();
        assert_eq!(push.as_object().unwrap().len(), 1);
        holds_nothing_else(&push["Transaction"], &read, &unused);
    }
}

#[test]
fn times_are_read_with_offset_with_seven_digits_and_as_dutch_time_without() {
    for (text, expected) in [
        ("2020-11-17T14:10:17+01:00", Some("2020-11-17T13:10:17Z")),
        ("2020-11-17T14:10:17", Some("2020-11-17T13:10:17Z")),
        ("2020-07-17T14:10:17", Some("2020-07-17T12:10:17Z")),
        ("2016-09-06 16:06:54", Some("2016-09-06T14:06:54Z")),
        ("2016-09-06T16:06:07.2969684+02:00", Some("2016-09-06T14:06:07.2969684Z")),
        ("yesterday", None),
    ] {
        let status = format!(r#"{{"Code":{{"Code":190}},"DateTime":"{text}"}}"#);
        let status: super::super::wire::Status = serde_json::from_str(&status).unwrap();
        assert_eq!(status.at(), expected.map(|at| at.parse().unwrap()), "{text}");
    }
}
