//! Every code of every table at its endpoint, and every recorded answer.

use super::super::map::{CHECK, CREDIT, Endpoint, MESSAGE, ON_HOLD, ORDER, PAYMENT, RESUME, START, STATUS, standing};
use super::*;
use crate::billink_common::codes::{COMMON, Class, row};
use crate::billink_common::standing::{STANDINGS, Standing};

const NUMBER: &str = "KRKND-0001";
const ACTS: [&Endpoint; 8] = [&CHECK, &ORDER, &START, &CREDIT, &PAYMENT, &ON_HOLD, &RESUME, &MESSAGE];

fn failure(code: &str) -> String {
    format!("<API><RESULT>ERROR</RESULT><ERROR><CODE>{code}</CODE><DESCRIPTION>?</DESCRIPTION></ERROR></API>")
}

/// An answer that calls itself none: the code of the call, or of its invoice.
fn message(endpoint: &Endpoint, code: &str) -> String {
    let item = format!("<ITEM><INVOICENUMBER>{NUMBER}</INVOICENUMBER><CODE>{code}</CODE></ITEM>");
    let content = match endpoint.action {
        "Check" | "Order" => format!("<CODE>{code}</CODE><INVOICE>1TST{NUMBER}</INVOICE>"),
        "Payment" => format!("<INVOICES>{item}</INVOICES>"),
        "Onhold" | "resume" | "message" => format!("<CODE>{code}</CODE><DESCRIPTION>?</DESCRIPTION>"),
        _ => format!("<CODE>500</CODE><STATUSES>{item}</STATUSES>"),
    };
    format!("<API><RESULT>MSG</RESULT><MSG>{content}</MSG><UUID>{UUID}</UUID></API>")
}

fn of(endpoint: &Endpoint, body: &str) -> String {
    told(&outcome(endpoint, body, NUMBER))
}

#[test]
fn every_code_means_one_thing_at_its_endpoint() {
    let mut table = String::new();
    for endpoint in ACTS {
        for (code, class, _) in endpoint.codes.iter().chain(COMMON) {
            let (as_error, as_message) = (of(endpoint, &failure(code)), of(endpoint, &message(endpoint, code)));
            assert_eq!(as_error == as_message, *class != Class::Done, "{} {code}", endpoint.action);
            table.push_str(&format!("{} {code}: {as_message}\n", endpoint.action));
            if *class == Class::Done {
                assert_eq!(as_error, "in doubt Unreadable", "an error is never a success");
            }
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn no_table_has_a_code_twice() {
    for endpoint in ACTS.into_iter().chain([&STATUS]) {
        let mut codes: Vec<_> = endpoint.codes.iter().chain(COMMON).map(|(code, ..)| code).collect();
        codes.sort_unstable();
        assert!(codes.windows(2).all(|pair| pair[0] != pair[1]), "{}", endpoint.action);
    }
}

#[test]
fn every_code_that_is_not_in_its_endpoints_table_is_doubt() {
    for endpoint in ACTS {
        for code in (-10..1_000).map(|code| code.to_string()).chain(["1".into(), "0200".into(), "x".into()]) {
            if row(endpoint.codes, &code).is_none() {
                for body in [failure(&code), message(endpoint, &code)] {
                    assert_eq!(of(endpoint, &body), "in doubt UnknownCode", "{} {code}", endpoint.action);
                }
            }
        }
    }
}

#[test]
fn every_recorded_answer_is_understood() {
    for (endpoint, body, expected) in [
        (&CHECK, include_str!("../fixtures/check.response.xml"), format!("done AwaitingConfirmation {UUID}")),
        (
            &CHECK,
            include_str!("../fixtures/check-rejected.response.xml"),
            r#"done Declined(Decline { reason: CreditRefused, provider_code: Some("501"), message: Some("rejected by the credit check") }) -"#.into(),
        ),
        (&ORDER, include_str!("../fixtures/order-error.response.xml"), "refused 441 mandate id must be digits".into()),
        (&START, include_str!("../fixtures/start.response.xml"), "done".into()),
        (&START, include_str!("../fixtures/start-error.response.xml"), "refused 704 unknown order".into()),
        (&CREDIT, include_str!("../fixtures/credit.response.xml"), "done".into()),
    ] {
        assert_eq!(of(endpoint, body), expected);
    }
    let ordered = |number| told(&outcome(&ORDER, include_str!("../fixtures/order.response.xml"), number));
    assert_eq!(ordered("O2014-05-28-2443"), "done Authorized 1TSTO2014-05-28-2443");
    assert_eq!(ordered(NUMBER), "in doubt Unreadable", "another's order");
    let unknown = include_str!("../fixtures/status-unknown.response.xml");
    assert_eq!(standing(&answer(unknown), NUMBER), Ok(None));
}

#[test]
fn an_answer_about_another_invoice_or_about_several_is_doubt() {
    let item = |number: &str| format!("<ITEM><INVOICENUMBER>{number}</INVOICENUMBER><CODE>200</CODE></ITEM>");
    let body =
        |items: &str| format!("<API><RESULT>MSG</RESULT><MSG><CODE>200</CODE><STATUSES>{items}</STATUSES></MSG></API>");
    let ours = item(NUMBER);
    for (items, expected) in [
        (ours.as_str(), "done"),
        (&item("1tstkrknd-0001"), "done"),
        (&item("KRKND-0002"), "in doubt Unreadable"),
        (&format!("{ours}{ours}"), "in doubt Unreadable"),
        (&format!("{ours}{}", item("KRKND-0002")), "in doubt Unreadable"),
        ("", "in doubt Unreadable"),
    ] {
        assert_eq!(of(&CREDIT, &body(items)), expected, "{items}");
    }
}

#[test]
fn what_was_done_names_its_invoice_and_what_is_refused_may_not() {
    let said = |endpoint: &Endpoint, code| of(endpoint, &message(endpoint, code).replace("INVOICENUMBER>", "OTHER>"));
    for (endpoint, code) in [(&START, "500"), (&START, "707"), (&CREDIT, "200"), (&PAYMENT, "200")] {
        assert_eq!(said(endpoint, code), "in doubt Unreadable", "{} {code}", endpoint.action);
    }
    assert_eq!(said(&CREDIT, "-1"), "refused -1 unknown order");
}

#[test]
fn a_success_without_what_it_must_bring_is_doubt() {
    let long = "x".repeat(101);
    for (endpoint, body) in [
        (&CHECK, "<API><RESULT>MSG</RESULT><MSG><CODE>500</CODE></MSG></API>".to_owned()),
        (&CHECK, message(&CHECK, "500").replace(UUID, &long)),
        (&ORDER, message(&ORDER, "200").replace("INVOICE", "OTHER")),
        (&ORDER, message(&ORDER, "200").replace("1TST", &long)),
        (&ORDER, message(&ORDER, "200").replace("<RESULT>MSG</RESULT>", "")),
        (&ORDER, message(&ORDER, "200").replace("<RESULT>MSG", "<RESULT>OK")),
        (&ORDER, message(&ORDER, "200").replace("API>", "HTML>")),
    ] {
        assert_eq!(of(endpoint, &body), "in doubt Unreadable", "{body}");
    }
}

#[test]
fn a_status_tells_whether_the_order_is_there_and_nothing_else_does() {
    let body = |number: &str, status: &str, list: &str| {
        let one = format!("<INVOICENUMBER>{number}</INVOICENUMBER><STATUS>{status}</STATUS><PAIDOUT>0</PAIDOUT>");
        let list = format!("<INVOICES><{list}>{one}</{list}></INVOICES>");
        format!("<API><RESULT>MSG</RESULT><MSG><CODE>200</CODE>{list}</MSG></API>")
    };
    let read = |body: &str| standing(&answer(body), NUMBER).map(|facts| facts.is_some());
    let unreadable = Err(crate::ReadError::Unreadable);
    for (status, means) in STANDINGS {
        let (status, there) = (&*status.to_string(), means != Standing::NotFound);
        assert_eq!(read(&body(NUMBER, status, "INVOICE")), Ok(there));
        assert_eq!(read(&body(&format!("1TST{NUMBER}"), status, "ITEM")), Ok(there));
        assert_eq!(read(&body("", status, "INVOICE")), if there { unreadable } else { Ok(false) });
        assert_eq!(read(&body("KRKND-0002", status, "INVOICE")), unreadable);
        assert_eq!(read(&body(NUMBER, status, "INVOICE").replace("MSG</RESULT>", "?</RESULT>")), unreadable);
        let twice = body(NUMBER, status, "INVOICE").replace("<INVOICES>", "<INVOICES><ITEM></ITEM>");
        assert_eq!(read(&twice), unreadable);
    }
    for body in [body(NUMBER, "3", "INVOICE"), body(NUMBER, "", "INVOICE"), message(&CHECK, "200"), String::new()] {
        assert_eq!(read(&body), unreadable);
    }
    for (code, class, _) in STATUS.codes.iter().chain(COMMON) {
        let expected = match class {
            Class::Unprocessed => crate::ReadError::Unauthorized,
            Class::Limited => crate::ReadError::Unreachable,
            _ => crate::ReadError::Unreadable,
        };
        assert_eq!(read(&failure(code)), Err(expected), "{code}");
    }
    for (status, expected) in [(401, crate::ReadError::Unauthorized), (404, crate::ReadError::Unreadable)] {
        let answer = Response { status, ..answer(&body(NUMBER, "0", "INVOICE")) };
        assert_eq!(standing(&answer, NUMBER), Err(expected));
    }
}

#[test]
fn a_status_tells_who_was_paid() {
    let read = |status: &str, paid_out: &str| {
        let one = format!("<INVOICENUMBER>{NUMBER}</INVOICENUMBER><STATUS>{status}</STATUS>{paid_out}");
        let body = format!("<API><RESULT>MSG</RESULT><MSG><INVOICES><INVOICE>{one}</INVOICE></INVOICES></MSG></API>");
        let facts = standing(&answer(&body), NUMBER).unwrap().unwrap();
        (facts.paid, facts.paid_out)
    };
    for (status, paid) in [("0", false), ("1", true), ("2", false)] {
        assert_eq!(read(status, ""), (paid, false), "{status}");
        assert_eq!(read(status, "<PAIDOUT>0</PAIDOUT>"), (paid, false), "{status}");
        assert_eq!(read(status, "<PAIDOUT>1</PAIDOUT>"), (paid, true), "{status}");
    }
}
