//! The exact bytes of every request, and the rules of an order.

use http::Method;

use serde_json::value::RawValue;

use super::super::{CAPABILITIES, open, request};
use super::*;
use crate::{Act, Request, Transport};

fn written(path: &str, request: Option<Request>) -> String {
    let request = request.unwrap();
    assert_eq!(request.url.as_str(), format!("https://api-staging.billink.nl/{path}"));
    assert_eq!(request.method, Method::POST);
    assert_eq!(request.headers["content-type"], "application/json");
    String::from_utf8(request.body.to_vec()).unwrap()
}

fn session(document: &Value) -> String {
    let (order, urls) = (order(document), urls());
    let payment = created(&order);
    let request = request::create_session(&account(), newest(&payment), &context(&payment, Some(&order), &urls));
    written("v2/session/create", request)
}

/// The bytes, with line breaks for the reader; there are none in the bytes.
fn readable(body: &str) -> String {
    assert!(!body.contains('\n'));
    body.replace("},", "},\n").replace(":[{", ":[\n{")
}

#[test]
fn a_session_for_a_consumer() {
    insta::assert_snapshot!(readable(&session(&consumer())));
}

#[test]
fn a_session_for_a_company_with_delivery_a_fee_and_a_discount() {
    insta::assert_snapshot!(readable(&session(&company())));
}

#[test]
fn a_session_is_the_sample_of_the_page_with_our_names() {
    let mut sample: Value = serde_json::from_str(include_str!("../fixtures/session-create.request.json")).unwrap();
    sample["client"].as_object_mut().unwrap().remove("options");
    for url in sample["client"]["returnURL"].as_object_mut().unwrap().values_mut() {
        *url = json!(urls().back);
    }
    sample["transaction"]["orderNumber"] = json!(created(&order(&consumer())).order_reference);
    assert_eq!(serde_json::from_str::<Value>(&session(&consumer())).unwrap(), sample);
}

#[test]
fn a_birth_date_is_written_as_the_account_says() {
    let mut document = account_document("https://api-staging.billink.nl");
    document["wire"] = json!({"birth_date": "%Y-%m-%d"});
    let (order, urls) = (order(&company()), urls());
    let payment = created(&order);
    let account = parse(&document).unwrap();
    let request = request::create_session(&account, newest(&payment), &context(&payment, Some(&order), &urls));
    assert!(written("v2/session/create", request).contains(r#""birthdate":"1990-01-31""#));
}

#[test]
fn a_question_about_a_session() {
    let body = written("v2/session/status", request::session_status(&account(), &opened(OrderState::Authorized)));
    insta::assert_snapshot!(body);
    assert!(request::session_status(&account(), &created(&order(&consumer()))).is_none());
}

#[test]
fn a_question_about_an_order() {
    insta::assert_snapshot!(written("v2/client/order/info", request::order_info(&account(), &captured())));
}

#[test]
fn the_start_of_a_workflow_with_and_without_a_parcel() {
    let payment = capturing();
    let start =
        |operation| written("v2/client/workflow/start", request::start_workflow(&account(), operation, &payment));
    insta::assert_snapshot!(start(newest(&payment)));
    let without = start(&payment.operations[0]);
    let mut account = account();
    account.wire.track_and_trace.clear();
    let silent = request::start_workflow(&account, newest(&payment), &payment);
    assert_eq!(written("v2/client/workflow/start", silent), without);
    assert!(without.ends_with(&format!(r#""invoices":[{{"number":"{}"}}]}}"#, payment.order_reference)), "{without}");
}

#[test]
fn a_credit_of_a_part() {
    let payment = refunding(150);
    let body = written("v2/client/invoice/credit", request::credit(&account(), newest(&payment), &payment));
    insta::assert_snapshot!(body);
    let mut sample: Value = serde_json::from_str(include_str!("../fixtures/credit.request.json")).unwrap();
    let ours: Value = serde_json::from_str(&body).unwrap();
    let differ = [
        ("number", json!(payment.order_reference), "the number of an order is ours, and no other has it"),
        ("description", json!(format!("{} came back", newest(&payment).reference)), "a person finds the refund by it"),
    ];
    for (name, value, why) in differ {
        assert_ne!(sample["invoices"][0][name], value, "{name} does not differ: {why}");
        sample["invoices"][0][name] = value;
    }
    assert_eq!(ours, sample);
}

#[test]
fn a_cancellation_is_a_credit_in_full() {
    let payment = canceling(OrderState::Authorized);
    insta::assert_snapshot!(written(
        "v2/client/invoice/credit",
        request::credit(&account(), newest(&payment), &payment)
    ));
}

#[test]
fn what_an_order_is_told() {
    let mut sent = String::new();
    for told in [
        json!({"kind": "hold", "days": 7}),
        json!({"kind": "hold"}),
        json!({"kind": "resume"}),
        json!({"kind": "message", "text": "One \"chair\" follows"}),
        json!({"kind": "direct_payment", "amount": 150, "reference": "BANK-118"}),
        json!({"kind": "direct_payment", "amount": 4840}),
    ] {
        let mut payment = with_told(captured(), serde_json::from_value(told).unwrap());
        for opened_under in [None, Some("3".to_owned())] {
            payment.opened_under = opened_under;
            let Act::Tell(operation, told) = act_of(&payment) else { panic!() };
            let request = request::tell(&account(), operation, told, &payment).unwrap();
            let path = request.url.path().trim_start_matches('/').to_owned();
            sent += &format!("{path}\n{}\n", written(&path, Some(request)));
        }
    }
    insta::assert_snapshot!(sent);
}

#[test]
fn every_name_that_no_page_prints_can_be_overridden() {
    let mut document = account_document("https://api-staging.billink.nl");
    let names = json!({"number": "n", "amount": "a", "description": "d", "status": "s", "paidOut": "p"});
    document["wire"] = json!({"names": names});
    let account = parse(&document).unwrap();
    let payment = with_told(captured(), paid(150));
    let Act::Tell(operation, told) = act_of(&payment) else { panic!() };
    let number = &payment.order_reference;
    let sent = |request: Option<Request>| String::from_utf8(request.unwrap().body.to_vec()).unwrap();
    let told = sent(request::tell(&account, operation, told, &payment));
    let item = format!(r#"{{"a":1.50,"d":"BANK-118","n":"{number}"}}"#);
    assert!(told.contains(&item), "{told}");
    assert!(sent(request::order_info(&account, &payment)).contains(&format!(r#"{{"n":"{number}"}}"#)));
    let body = format!(r#"{{"result":"MSG","invoices":[{{"invoiceNumber":"{number}","s":"1","p":true,"status":7}}]}}"#);
    let answer = crate::Response { status: 200, headers: http::HeaderMap::new(), body: body.into() };
    let facts = super::super::answer::order_info(&account.wire.names, &answer, &payment).unwrap();
    assert!(facts.paid && facts.paid_out);
}

fn paid(amount: i64) -> payment::Instruction {
    serde_json::from_value(json!({"kind": "direct_payment", "amount": amount, "reference": "BANK-118"})).unwrap()
}

#[tokio::test]
async fn the_credentials_are_asked_for_by_the_shops_settings() {
    let open = |base: &str| open(&account_document(base), Transport::default()).unwrap();
    insta::assert_snapshot!(credentials_asked(open, &["content-type"]).await);
}

#[test]
fn a_long_reason_is_cut_to_what_billink_takes() {
    let mut payment = captured();
    let reason = Some("ä".repeat(255).parse().unwrap());
    let refund = RefundCommand { reason, ..RefundCommand::default() };
    payment.accept(Command::refund(refund, key("refund-1"), fingerprint()), now()).unwrap();
    let body = written("v2/client/invoice/credit", request::credit(&account(), newest(&payment), &payment));
    let body: Value = serde_json::from_str(&body).unwrap();
    let description = body["invoices"][0]["description"].as_str().unwrap();
    assert_eq!(description.chars().count(), 254);
    assert!(description.starts_with(&newest(&payment).reference));
}

#[test]
fn each_rule_names_the_field_that_breaks_it() {
    let adapter = open(&account_document("https://a.example"), Transport::default()).unwrap();
    let broken = |document: &Value| -> Vec<String> {
        adapter.broken_rules(&order(document)).into_iter().map(|rule| rule.pointer).collect()
    };
    for good in [consumer(), company()] {
        assert_eq!(broken(&good), [""; 0]);
    }
    for (field, bad, expected) in [
        ("reference", json!("ORD 1"), "/reference"),
        ("reference", json!("O2014.05.28"), "/reference"),
        ("reference", json!("R".repeat(44)), "/reference"),
        ("options", json!({"workflow_number": 1}), "/options/workflow_number"),
        ("options", json!({"workflow_number": "one"}), "/options/workflow_number"),
    ] {
        let mut document = consumer();
        document[field] = bad;
        assert_eq!(broken(&document), [expected]);
    }
    assert_eq!(adapter.broken_widget_rules(&created(&order(&consumer())), RawValue::NULL).len(), 1);
    assert_eq!(CAPABILITIES.doubt(payment::OperationKind::Capture, Flow::Redirect), DoubtPolicy::Repeat);
}
