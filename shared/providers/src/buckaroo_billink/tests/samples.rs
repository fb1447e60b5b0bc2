//! Every sample of the guide, field by field.

use super::super::map::ServiceAction;
use super::super::wire::{Push, Transaction};
use super::told;
use crate::JsonDecimal;
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
    assert_eq!(transaction.explanation(), sub_code.map(|_| "The request was successful."), "{key}");
    assert_eq!(transaction.status.at(), Some(at.parse().unwrap()), "{key}");
    assert_eq!(transaction.invoice.as_deref(), Some("TestInvoice 123"), "{key}");
    assert_eq!(transaction.currency.as_deref(), Some("EUR"), "{key}");
    assert_eq!(transaction.transaction_type.as_deref(), Some(kind), "{key}");
    assert_eq!(transaction.amount_debit, decimal(debit), "{key}");
    assert_eq!(transaction.amount_credit, decimal(credit), "{key}");
    assert_eq!(transaction.amount().unwrap().unwrap().minor(), 1000, "{key}");
    assert_eq!(transaction.redirect(), None, "{key}");
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

/// Fields that an adapter has no use for, with what every sample has in them; the rest is read above. Which movement a
/// refund or a payment belongs to is known from its own key, and where the money is does not depend on who collects it.
const UNUSED: [(&str, &[&str]); 16] = [
    ("Services", &["null"]),
    ("CustomParameters", &["null"]),
    ("AdditionalParameters", &["null"]),
    ("ConsumerMessage", &["null"]),
    ("Order", &["null"]),
    ("IssuingCountry", &["null"]),
    ("StartRecurrent", &["false"]),
    ("Recurring", &["false"]),
    ("CustomerName", &["null"]),
    ("PayerHash", &["null"]),
    ("IsCancelable", &["false"]),
    ("ServiceCode", &["\"Billink\""]),
    ("MutationType", &["1", "3"]),
    (
        "PaymentKey",
        &[
            "null",
            "\"D9C2713E532B49D99DC27D76XXXXXXXX\"",
            "\"F15DB96A90014011899DCE52XXXXXXXX\"",
            "\"95BF1FCA8EC2477798EEF7ABXXXXXXXX\"",
        ],
    ),
    (
        "RelatedTransactions",
        &["null", r#"[{"RelatedTransactionKey":"F8EB2B42AB0A49ED83CFE14DXXXXXXXX","RelationType":"refund"}]"#],
    ),
    // Only the number of a status counts, which is read above.
    ("Status", &[]),
];

#[test]
fn every_field_of_every_sample_is_read_or_known_to_be_of_no_use() {
    let read = [
        "Key",
        "Invoice",
        "IsTest",
        "Currency",
        "AmountDebit",
        "AmountCredit",
        "TransactionType",
        "RequiredAction",
        "RequestErrors",
    ];
    let answers = ANSWERS.iter().map(|(text, _)| serde_json::from_str::<Value>(text).unwrap());
    let pushes = PUSHES.iter().map(|(text, _)| serde_json::from_str::<Value>(text).unwrap()["Transaction"].take());
    for sample in answers.chain(pushes) {
        for (name, value) in sample.as_object().unwrap() {
            let unused = UNUSED.iter().find(|(unused, _)| unused == name);
            match unused {
                Some(("Status", _)) => {
                    let names: Vec<_> = value.as_object().unwrap().keys().collect();
                    assert_eq!(names, ["Code", "DateTime", "SubCode"]);
                    assert_eq!(value["Code"], json!({ "Code": 190, "Description": "Success" }));
                }
                Some((_, known)) => assert!(known.contains(&value.to_string().as_str()), "{name}: {value}"),
                None => assert!(read.contains(&name.as_str()), "{name}"),
            }
        }
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
