//! Every sample of the guide and of the pages, member by member; those of the requests are in `requests`.

use super::super::wire::{Answer, Item};
use super::*;
use crate::billink_common::Code;

fn read(sample: &str) -> Answer {
    serde_json::from_str(sample).unwrap()
}

fn holds(sample: &str, read: &[&str], unused: &[Unused<'_>]) {
    holds_nothing_else(&serde_json::from_str(sample).unwrap(), read, unused);
}

fn number(code: Option<&Code>) -> Option<i64> {
    code.and_then(Code::number)
}

fn only_item(answer: &Answer) -> &Item {
    let [item] = answer.statuses.as_deref().unwrap() else { panic!("not one") };
    item
}

#[test]
fn the_guides_credit_is_read() {
    let sample = include_str!("../fixtures/credit.response.json");
    let answer = read(sample);
    assert_eq!(answer.result.as_deref(), Some("MSG"));
    let item = only_item(&answer);
    assert_eq!((number(item.code.as_ref()), item.invoice_number.as_deref()), (Some(200), Some("KRKND-0001")));
    assert_eq!(item.message.as_deref(), Some("Credit applied: 1.50 EURO.; step restarted."));
    holds(sample, &["/result", "/statuses/0/code", "/statuses/0/invoiceNumber", "/statuses/0/message"], &[]);
}

#[test]
fn the_guides_error_is_read() {
    let sample = include_str!("../fixtures/flat.error.json");
    let answer = read(sample);
    assert_eq!((number(answer.code.as_ref()), answer.result.as_deref()), (Some(0), Some("error")));
    let unused = [("/description", json!("Error message"), "it can repeat what was sent")];
    holds(sample, &["/code", "/result"], &unused);
}

#[test]
fn the_answers_of_the_pages_are_read() {
    let sample = include_str!("../fixtures/workflow-start.response.json");
    let answer = read(sample);
    assert_eq!((number(answer.code.as_ref()), answer.result.as_deref()), (Some(500), Some("MSG")));
    let item = only_item(&answer);
    assert_eq!((number(item.code.as_ref()), item.invoice_number.as_deref()), (Some(500), Some("KRKND-0001")));
    assert_eq!(item.message.as_deref(), Some("started"));
    let read_there = ["/code", "/result", "/statuses/0/code", "/statuses/0/invoiceNumber", "/statuses/0/message"];
    holds(sample, &read_there, &[]);

    let sample = include_str!("../fixtures/session-create.response.json");
    let answer = read(sample);
    assert_eq!((answer.status.as_deref(), answer.invoice.as_deref()), (Some("success"), Some(PUBLIC_NUMBER)));
    let page = Some("https://pay.billink.example/s-1");
    assert_eq!((answer.session_id.as_deref(), answer.session_url.as_deref()), (Some("s-1"), page));
    let unused = [
        ("/expiresAt", json!("in an hour"), "no page says how it is written, and all live for an hour"),
        ("/customerID", json!("7"), "nothing asks for it"),
        ("/customInvoiceID", json!(""), "none is sent"),
    ];
    holds(sample, &["/status", "/sessionID", "/sessionURL", "/invoice"], &unused);

    let sample = include_str!("../fixtures/order-info.response.json");
    let answer = read(sample);
    assert_eq!((number(answer.code.as_ref()), answer.result.as_deref()), (Some(200), Some("MSG")));
    let [info] = answer.invoices.as_deref().unwrap() else { panic!("not one") };
    assert_eq!((info.invoice_number.as_deref(), info.status(&account().wire.names)), (Some("KRKND-0001"), Some(1)));
    assert!(info.code.is_none() && info.is_paid_out(&account().wire.names));
    let unused = [("/invoices/0/description", json!("Paid"), "the number says it")];
    let read_there = ["/code", "/result", "/invoices/0/invoiceNumber", "/invoices/0/status", "/invoices/0/paidOut"];
    holds(sample, &read_there, &unused);
}

#[test]
fn the_errors_of_the_pages_are_read() {
    let sample = include_str!("../fixtures/nested.error.json");
    let answer = read(sample);
    let code = answer.error.as_ref().and_then(|error| error.code.as_ref());
    assert_eq!((number(code), answer.result.as_deref()), (Some(707), Some("ERROR")));
    let unused = [("/error/description", json!("Workflow already started"), "it can repeat what was sent")];
    holds(sample, &["/result", "/error/code"], &unused);

    let sample = include_str!("../fixtures/client.error.json");
    let answer = read(sample);
    let message = Some("No client found with such billinkID or billinkUsername");
    assert_eq!((answer.status.as_deref(), answer.message.as_deref()), (Some("error"), message));
    holds(sample, &["/status", "/message"], &[]);

    let sample = include_str!("../fixtures/session-create.error.json");
    let body = r#"{"status":"error","message":"The form contains the following errors: 1) client.workflowNumber is required 2) customer.email client.jan@example.nl is not valid"}"#;
    assert_eq!(read(sample).proxied(), Some((400, body)));
    let unused = [("/error_backend/http_body_encoding", json!("UTF-8"), "all JSON is")];
    holds(sample, &["/error_backend/http_status_code", "/error_backend/http_body"], &unused);

    let sample = include_str!("../fixtures/session-create.error-416.json");
    assert_eq!(read(sample).proxied(), Some((416, "transaction.orderItems is empty")));
    let unused = [
        ("/http_body/status", json!("error"), "what was proxied with this is an error"),
        ("/http_body_encoding", json!("UTF-8"), "all JSON is"),
    ];
    holds(sample, &["/http_status_code", "/http_body/message"], &unused);
}

/// What they name and say is read in `messages`.
#[test]
fn the_webhooks_of_the_pages_hold_nothing_else_of_use() {
    let unused = [("/transactionId", json!("tx_001a45"), "the order is known by two names")];
    let read = ["/status", "/invoiceNumber", "/billinkInvoiceNumber"];
    holds(include_str!("../fixtures/session.webhook.json"), &read, &unused);
    let unused = [
        ("/workflow_id", json!(1), "the order that we sent says so"),
        ("/timestamp", json!("2025-01-31 12:00:00"), "it names no zone, and the order of arrival counts"),
        ("/custom_invoice_id", json!("C-1"), "none is sent"),
    ];
    let read = ["/order_id", "/invoice_number", "/invoice_number_clean", "/event"];
    holds(include_str!("../fixtures/order.webhook.json"), &read, &unused);
}
