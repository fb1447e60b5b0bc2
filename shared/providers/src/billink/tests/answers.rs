//! What every answer means, by the tables and by the pages' samples.

use bytes::Bytes;
use http::HeaderMap;
use payment::{Action, InstructionKind, OperationKind};

use super::super::answer::{self, Asked};
use super::*;
use crate::billink_common::codes;
use crate::{ReadError, Response};

const CREATE_SESSION: OperationKind = OperationKind::CreateSession;
const START_WORKFLOW: OperationKind = OperationKind::Capture;
const CREDIT: OperationKind = OperationKind::Refund;
const PAYMENT: OperationKind = OperationKind::Tell(InstructionKind::DirectPayment);
const ON_HOLD: OperationKind = OperationKind::Tell(InstructionKind::Hold);
const RESUME: OperationKind = OperationKind::Tell(InstructionKind::Resume);
const MESSAGE: OperationKind = OperationKind::Tell(InstructionKind::Message);

const CALLS: [(OperationKind, &str); 7] = [
    (CREATE_SESSION, "CreateSession"),
    (START_WORKFLOW, "StartWorkflow"),
    (CREDIT, "Credit"),
    (PAYMENT, "Payment"),
    (ON_HOLD, "OnHold"),
    (RESUME, "Resume"),
    (MESSAGE, "Message"),
];

fn is_known(kind: OperationKind, code: i64) -> bool {
    let spelled = if code < 0 { code.to_string() } else { format!("{code:03}") };
    codes::row(codes::of(kind), &spelled).is_some()
}

fn response(status: u16, body: &str) -> Response {
    Response { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body.as_bytes()) }
}

fn outcome(kind: OperationKind, payment: &Payment, status: u16, body: &str) -> Outcome {
    Asked { kind, payment }.outcome(&response(status, body), now())
}

fn means(kind: OperationKind, status: u16, body: &str) -> String {
    let payment = capturing();
    told(&outcome(kind, &payment, status, &of(&payment, body)))
}

#[test]
fn a_session_sends_the_buyer_to_its_page_for_an_hour() {
    let payment = created(&order(&consumer()));
    let body = include_str!("../fixtures/session-create.response.json");
    let Outcome::Done(receipt) = outcome(CREATE_SESSION, &payment, 200, body) else { panic!() };
    assert_eq!(receipt.provider_reference.as_deref(), Some(PUBLIC_NUMBER));
    assert_eq!(receipt.amount, None);
    let order = receipt.order.unwrap();
    assert_eq!(order.session_reference.as_deref(), Some("s-1"));
    assert_eq!(order.provider_reference.as_deref(), Some(PUBLIC_NUMBER));
    let url = "https://pay.billink.example/s-1".parse().unwrap();
    let expires_at = "2026-11-20T13:00:00Z".parse().ok();
    assert_eq!(order.state, OrderState::AwaitingBuyer(Some(Action::Redirect { url, expires_at })));
}

#[test]
fn a_session_that_is_not_whole_is_none() {
    let sample = include_str!("../fixtures/session-create.response.json");
    for (from, to, expected) in [
        ("\"success\"", "\"pending\"", "in doubt UnknownCode"),
        ("\"status\": \"success\",", "", "in doubt UnknownCode"),
        ("\"s-1\"", "\"\"", "in doubt Unreadable"),
        ("https://pay", "http://pay", "in doubt Unreadable"),
        ("https://pay", "javascript:pay", "in doubt Unreadable"),
        ("sessionURL", "url", "in doubt Unreadable"),
        ("\"s-1\"", &format!("\"{}\"", "s".repeat(201)), "in doubt Unreadable"),
        ("https://pay", &format!("https://{}", "pay/".repeat(2_001)), "in doubt Unreadable"),
    ] {
        assert!(sample.contains(from));
        assert_eq!(means(CREATE_SESSION, 200, &sample.replace(from, to)), expected, "{from} -> {to}");
    }
    let without_number = sample.replace("\"invoice\"", "\"other\"");
    assert!(means(CREATE_SESSION, 200, &without_number).starts_with("done"));
}

#[test]
fn the_guides_credit_and_a_started_workflow_are_done() {
    let credit = include_str!("../fixtures/credit.response.json");
    let start = include_str!("../fixtures/workflow-start.response.json");
    assert_eq!(means(CREDIT, 200, credit), "done 150");
    assert_eq!(means(START_WORKFLOW, 200, start), "done -");
    // The plugins' codes of success are each other's unknown ones.
    assert_eq!(means(CREDIT, 200, start), "in doubt UnknownCode");
    assert_eq!(means(START_WORKFLOW, 200, credit), "in doubt UnknownCode");
}

#[test]
fn an_amount_is_read_only_from_the_guides_sentence() {
    let sample = include_str!("../fixtures/credit.response.json");
    for (message, expected) in [
        ("Credit applied: 48.4 EURO.", "done 4840"),
        ("Credit applied: 1.505 EURO.", "done -"),
        ("Credit applied: much EURO.", "done -"),
        ("Credited 1.50 EURO.", "done -"),
    ] {
        let body = sample.replace("Credit applied: 1.50 EURO.; step restarted.", message);
        assert_eq!(means(CREDIT, 200, &body), expected);
    }
}

#[test]
fn a_credit_of_another_amount_becomes_doubt_in_the_ledger() {
    let mut payment = refunding(250);
    let body = of(&payment, include_str!("../fixtures/credit.response.json"));
    let outcome = outcome(CREDIT, &payment, 200, &body);
    settle(&mut payment, outcome);
    assert_eq!(newest(&payment).status, payment::OperationStatus::InDoubt);
    let mut payment = refunding(150);
    let outcome = self::outcome(CREDIT, &payment, 200, &body);
    settle(&mut payment, outcome);
    assert_eq!(newest(&payment).status, payment::OperationStatus::Succeeded);
}

/// An order's code inside a success, or the only one there, and the four places of a code in a failure.
fn shapes(kind: OperationKind, code: i64) -> [String; 4] {
    let item = |code: &str| {
        let list = if kind == PAYMENT { "invoices" } else { "statuses" };
        match kind {
            ON_HOLD | RESUME | MESSAGE => {
                format!(r#"{{"result":"msg","code":{code},"description":"?"}}"#)
            }
            _ => {
                format!(r#"{{"result":"msg","{list}":[{{"code":{code},"invoiceNumber":"KRKND-0001","message":"?"}}]}}"#)
            }
        }
    };
    [
        item(&code.to_string()),
        item(&format!("\"{code:03}\"")),
        format!(r#"{{"code":"{code:03}","description":"?","result":"error"}}"#),
        format!(r#"{{"result":"ERROR","error":{{"code":{code},"message":"?"}}}}"#),
    ]
}

#[test]
fn every_row_of_every_code_table_means_one_thing_in_every_shape() {
    let mut table = String::new();
    for (kind, name) in CALLS {
        for code in (-5..1000).filter(|code| is_known(kind, *code)) {
            let [number, text, flat, nested] = shapes(kind, code).map(|body| means(kind, 200, &body));
            assert_eq!(flat, nested);
            assert_eq!(number, text);
            let inside = if kind == CREATE_SESSION { "(never there)".into() } else { number };
            table.push_str(&format!("{name} {code:03}: order {inside}; failure {flat}\n"));
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_code_that_is_not_in_the_table_of_its_call_is_doubt() {
    for (kind, _) in CALLS.into_iter().filter(|(kind, _)| *kind != CREATE_SESSION) {
        for code in (-5..1000).filter(|code| !is_known(kind, *code)) {
            for body in shapes(kind, code) {
                assert_eq!(means(kind, 200, &body), "in doubt UnknownCode", "{code}");
            }
        }
    }
    assert_eq!(means(CREDIT, 200, include_str!("../fixtures/flat.error.json")), "in doubt UnknownCode");
    assert_eq!(means(CREDIT, 200, r#"{"result":"ERROR","error":{}}"#), "in doubt UnknownCode");
    assert_eq!(means(CREDIT, 200, r#"{"result":"error","code":"seven"}"#), "in doubt UnknownCode");
}

#[test]
fn an_order_that_cannot_be_resumed_has_a_status_of_its_own() {
    let body = r#"{"status":"error","message":"Order is not on hold"}"#;
    assert_eq!(means(RESUME, 400, body), "refused 400 the order cannot be resumed");
    assert_eq!(means(ON_HOLD, 400, body), "in doubt Unreadable");
    assert_eq!(means(RESUME, 500, body), "in doubt ServerError");
}

#[test]
fn a_payment_of_another_amount_or_order_is_doubt() {
    let payment =
        with_told(captured(), serde_json::from_value(json!({"kind": "direct_payment", "amount": 150})).unwrap());
    let body = |number: &str, list: &str| {
        format!(
            r#"{{"result":"MSG","{list}":[{{"code":200,"invoiceNumber":"{number}","message":"Payment applied: 2.50 EURO."}}]}}"#
        )
    };
    let told_of = |number: &str, list: &str| told(&outcome(PAYMENT, &payment, 200, &body(number, list)));
    // That the amount is another is for the payment to see.
    assert_eq!(told_of(&payment.order_reference, "invoices"), "done 250");
    assert_eq!(told_of("ANOTHER", "invoices"), "in doubt Unreadable");
    assert_eq!(told_of(&payment.order_reference, "statuses"), "in doubt Unreadable");
}

#[test]
fn one_code_means_different_things_at_different_calls() {
    let body = include_str!("../fixtures/nested.error.json");
    assert_eq!(means(START_WORKFLOW, 200, body), "done -");
    assert_eq!(means(CREDIT, 200, body), "refused 707 a credit is not possible at this stage");
    assert_eq!(means(CREATE_SESSION, 200, body), "in doubt UnknownCode");
}

#[test]
fn a_services_refusal_counts_at_a_session_only_and_tells_fields_but_no_values() {
    let form = include_str!("../fixtures/session-create.error.json");
    let form_416 = include_str!("../fixtures/session-create.error-416.json");
    let client = include_str!("../fixtures/client.error.json");
    let session = CREATE_SESSION;
    let told = "refused 400 the order is not accepted: client.workflowNumber, customer.email";
    assert_eq!(means(session, 400, form), told);
    assert_eq!(means(session, 200, form), told);
    let told = "refused 416 the order is not accepted: transaction.orderItems";
    assert_eq!(means(session, 416, form_416), told);
    assert_eq!(means(session, 404, client), "not sent");
    assert_eq!(means(session, 403, client), "not sent");
    assert_eq!(means(session, 200, client), "refused 200 the order is not accepted");
    assert_eq!(means(session, 500, client), "in doubt ServerError");
    assert_eq!(means(session, 400, &form.replace("400", "\"502\"")), "in doubt ServerError");
    assert_eq!(means(session, 400, r#"{"error_backend":{}}"#), "in doubt Unreadable");
    for endpoint in [START_WORKFLOW, CREDIT] {
        for (status, body) in [(400, form), (416, form_416), (404, client), (403, client), (200, client)] {
            assert_eq!(means(endpoint, status, body), "in doubt Unreadable");
        }
    }
}

#[test]
fn a_success_that_is_not_about_our_one_order_is_doubt() {
    let sample = include_str!("../fixtures/credit.response.json");
    let item = r#"{ "code": 200, "invoiceNumber": "KRKND-0001", "message": "" }"#;
    for (body, expected) in [
        (sample.replace("KRKND-0001", "KRKND-0002"), "in doubt Unreadable"),
        (sample.replace("KRKND-0001", ""), "in doubt Unreadable"),
        (sample.replace("invoiceNumber", "number"), "in doubt Unreadable"),
        (sample.replace("KRKND-0001", PUBLIC_NUMBER), "done 150"),
        (sample.replace("MSG", "OK"), "in doubt Unreadable"),
        (sample.replace("\"result\": \"MSG\",", ""), "in doubt Unreadable"),
        (format!(r#"{{"result":"MSG","statuses":[{item},{item}]}}"#), "in doubt Unreadable"),
        (r#"{"result":"MSG","statuses":[]}"#.into(), "in doubt Unreadable"),
        (r#"{"result":"MSG"}"#.into(), "in doubt Unreadable"),
        (r#"{"result":"MSG","statuses":[{"code":-1,"invoiceNumber":""}]}"#.into(), "refused -1 unknown order"),
        (r#"{"result":"MSG","statuses":[{"code":706,"invoiceNumber":"X"}]}"#.into(), "in doubt Unreadable"),
        ("{}".into(), "in doubt Unreadable"),
        ("[]".into(), "in doubt Unreadable"),
        ("garbage".into(), "in doubt Unreadable"),
    ] {
        assert_eq!(means(CREDIT, 200, &body), expected, "{body}");
    }
    assert_eq!(means(CREDIT, 500, sample), "in doubt ServerError");
    assert_eq!(means(CREDIT, 404, sample), "in doubt Unreadable");
}

#[test]
fn every_status_of_a_session_says_how_the_order_stands_and_no_other_word_does() {
    let read = |status, body: &str| answer::session(&response(status, body));
    let word = |word: &str| read(200, &format!(r#"{{"status":"{word}"}}"#));
    for (name, state) in &crate::billink_common::events::SESSION {
        assert_eq!(word(name).unwrap(), *state);
    }
    for unknown in ["", "success", "order_placed", "Cancelled", "paid"] {
        assert_eq!(word(unknown), Err(ReadError::Unreadable), "{unknown}");
    }
    let client = include_str!("../fixtures/client.error.json");
    for (status, body, expected) in [
        (403, client, ReadError::Unauthorized),
        (403, "Access denied", ReadError::Unauthorized),
        (401, "", ReadError::Unauthorized),
        (200, r#"{"code":"101","result":"error"}"#, ReadError::Unauthorized),
        (404, client, ReadError::Unreadable),
        (400, client, ReadError::Unreadable),
        (200, client, ReadError::Unreadable),
        (404, r#"{"status":"order_created"}"#, ReadError::Unreadable),
        (200, "garbage", ReadError::Unreadable),
        (200, "{}", ReadError::Unreadable),
    ] {
        assert_eq!(read(status, body), Err(expected), "{status} {body}");
    }
}

#[test]
fn order_info_tells_who_was_paid_in_every_spelling_and_what_fails_in_every_shape() {
    let payment = capturing();
    let read = |status, body: &str| {
        answer::order_info(&account().wire.names, &response(status, &of(&payment, body)), &payment)
            .map(|facts| (facts.paid, facts.paid_out))
    };
    let sample = include_str!("../fixtures/order-info.response.json");
    assert_eq!(read(200, sample), Ok((true, true)));
    let unreadable = Err(ReadError::Unreadable);
    for (from, to, expected) in [
        ("\"status\": 1", "\"status\": \"1\"", Ok((true, true))),
        ("\"status\": 1", "\"status\": 0", Ok((false, true))),
        ("\"status\": 1", "\"status\": 2", Ok((false, true))),
        ("\"status\": 1", "\"status\": -1", Err(ReadError::Nothing)),
        ("\"status\": 1", "\"status\": 3", unreadable),
        ("\"paidOut\": 1", "\"paidOut\": \"1\"", Ok((true, true))),
        ("\"paidOut\": 1", "\"paidOut\": true", Ok((true, true))),
        ("\"paidOut\": 1", "\"paidOut\": 0", Ok((true, false))),
        (", \"paidOut\": 1", "", Ok((true, false))),
        ("\"KRKND-0001\"", "\"1ABKRKND-0001\"", Ok((true, true))),
        ("\"KRKND-0001\"", "\"KRKND-0002\"", unreadable),
        ("\"invoiceNumber\"", "\"code\": 706, \"invoiceNumber\"", unreadable),
        ("\"invoiceNumber\"", "\"code\": 200, \"invoiceNumber\"", Ok((true, true))),
        ("\"invoices\"", "\"statuses\"", unreadable),
    ] {
        assert!(sample.contains(from));
        assert_eq!(read(200, &sample.replace(from, to)), expected, "{from} -> {to}");
    }
    for (code, expected) in [
        ("101", ReadError::Unauthorized),
        ("102", ReadError::Unauthorized),
        ("110", ReadError::Unreadable),
        ("111", ReadError::Unreachable),
        ("705", ReadError::Unreadable),
        ("603", ReadError::Unreadable),
    ] {
        let flat = format!(r#"{{"code":"{code}","description":"?","result":"error"}}"#);
        let nested = format!(r#"{{"result":"ERROR","error":{{"code":{code},"message":"?"}}}}"#);
        assert_eq!((read(200, &flat), read(200, &nested)), (Err(expected), Err(expected)), "{code}");
    }
    let client = include_str!("../fixtures/client.error.json");
    let form = include_str!("../fixtures/session-create.error.json");
    assert_eq!((read(403, client), read(404, client)), (Err(ReadError::Unauthorized), unreadable));
    assert_eq!((read(400, form), read(200, "[]"), read(200, "garbage")), (unreadable, unreadable, unreadable));
}
