//! Observations and probes.

use std::time::Duration;

use payment::{Cause, CauseKind, Fact, Flow, OrderState};
use serde_json::{Value, json};

use super::desk::{Billie, Case, INVOICE, ORDER, Reply, SESSION, says, tell_news};
use crate::{Context, ReadError};

async fn observed(case: &Case, call: &str, reply: Reply) -> String {
    let billie = Billie::start().await;
    billie.on(call, [reply]);
    match case.observe(&*billie.adapter()).await {
        Ok(news) => tell_news(&news),
        Err(error) => format!("{error:?}"),
    }
}

#[tokio::test]
async fn an_order_is_observed_by_its_state() {
    let case = Case::authorized();
    let rows = [
        ("created", json!({}), format!("Authorized of 12600 {ORDER}")),
        ("authorized", json!({}), format!("AwaitingConfirmation of 12600 {ORDER}")),
        ("waiting", json!({}), format!("UnderReview of 12600 {ORDER}")),
        ("created", json!({ "amount": { "net": 10, "tax": 2, "gross": 12 } }), format!("Authorized of 1200 {ORDER}")),
        ("created", json!({ "amount": null }), "Unreadable".into()),
        ("created", json!({ "amount": { "net": 10, "tax": 2.005, "gross": 12.005 } }), "Unreadable".into()),
        ("shipped", json!({ "amount": { "net": 10, "tax": 2, "gross": 12 } }), format!("Authorized {ORDER}")),
        ("shipped", json!({ "amount": null, "invoices": null }), format!("Authorized {ORDER}")),
        ("cancelled", json!({}), format!("Canceled {ORDER}")),
        ("declined", json!({ "decline_reason": "new_reason" }), format!("Declined Other Some(\"new_reason\") {ORDER}")),
        ("declined", json!({ "decline_reason": null }), format!("Declined Other None {ORDER}")),
        ("elsewhere", json!({}), "Unreadable".into()),
        ("created", json!({ "uuid": INVOICE }), "Unreadable".into()),
        ("created", json!({ "external_code": "another" }), "Unreadable".into()),
        ("created", json!({ "external_code": null }), format!("Authorized of 12600 {ORDER}")),
    ];
    for (state, changes, wanted) in rows {
        let reply = says(200, &case.at_billie(state, &changes));
        assert_eq!(observed(&case, &format!("GET /orders/{ORDER}"), reply).await, wanted, "{state}");
    }
}

#[tokio::test]
async fn a_session_is_observed_by_its_last_authorization() {
    let case = Case::with_session(Flow::Redirect);
    let rows = [
        (says(200, include_str!("../fixtures/authorization.json")), "AwaitingConfirmation"),
        (
            says(200, r#"{"state":"declined","decline_reason":"debtor_address"}"#),
            "Declined AddressInvalid Some(\"debtor_address\")",
        ),
        (says(200, r#"{"state":"pre_waiting"}"#), "UnderReview"),
        (says(404, ""), "AwaitingBuyer(None)"),
        (says(200, r#"{"state":null}"#), "AwaitingBuyer(None)"),
        (says(200, "{}"), "AwaitingBuyer(None)"),
        (says(200, r#"{"state":"created"}"#), "Unreadable"),
        (says(200, r#"{"state":"elsewhere"}"#), "Unreadable"),
        (says(400, ""), "Unreadable"),
    ];
    for (reply, wanted) in rows {
        assert_eq!(observed(&case, &format!("GET /checkout-sessions/{SESSION}/authorization"), reply).await, wanted);
    }
}

#[tokio::test]
async fn a_payment_that_has_been_nowhere_cannot_be_observed() {
    let billie = Billie::start().await;
    let case = Case::new(Flow::Direct);
    assert!(case.observe(&*billie.adapter()).await.err() == Some(ReadError::Nothing));
    assert!(billie.calls().is_empty());
}

#[tokio::test]
async fn a_read_that_fails_tells_nothing() {
    let mut case = Case::authorized();
    let call = format!("GET /orders/{ORDER}");
    assert_eq!(observed(&case, &call, says(503, "")).await, "Unreachable");
    assert_eq!(observed(&case, &call, Reply::Resets).await, "Unreachable");
    assert_eq!(observed(&case, &call, says(200, "garbage")).await, "Unreadable");
    assert_eq!(observed(&case, &call, says(302, "")).await, "Unreadable");
    assert_eq!(observed(&case, &call, says(404, "")).await, "Nothing");
    case.patience = Duration::from_millis(300);
    assert_eq!(observed(&case, &call, Reply::Hangs).await, "Unreachable");
}

fn invoice(uuid: &str, number: &str, gross: u32) -> Value {
    json!({ "uuid": uuid, "invoice_number": number, "state": "created", "amount": { "net": gross, "tax": 0, "gross": gross } })
}

#[tokio::test]
async fn a_capture_in_doubt_is_found_by_its_invoice_number() {
    let other = "11111111-1111-4111-8111-111111111111";
    let mut case = Case::captured(1_000);
    let capture =
        case.capture(json!({ "amount": 5000, "invoice": { "number": "INV-2", "url": "https://shop.example/2" } }));
    let capture = case.doubt(&capture);
    let mut nameless = invoice(other, "", 50);
    nameless["invoice_number"] = Value::Null;
    let rows = [
        (json!([]), "NotFound".to_owned()),
        (json!([invoice(INVOICE, "INV-1", 10)]), "NotFound".into()),
        // It may be this one: nobody else is known to have made it.
        (json!([nameless]), "Unclear".into()),
        (json!([invoice(INVOICE, "INV-1", 10), invoice(other, "INV-3", 50)]), "Unclear".into()),
        (json!([invoice(other, "INV-3", 50)]), "Unclear".into()),
        (json!([invoice(INVOICE, "INV-1", 10), invoice(other, "INV-2", 50)]), format!("Found Done {other} of 5000")),
        (json!([invoice(other, "INV-2", 49)]), format!("Found Done {other} of 4900")),
        // The invoice of another capture with the same number is not this one.
        (json!([invoice(INVOICE, "INV-2", 50)]), "NotFound".into()),
        (
            json!([{ "uuid": other, "invoice_number": "INV-2", "amount": null, "state": null }]),
            "Found InDoubt Unreadable".into(),
        ),
        (Value::Null, "Unclear".into()),
        (json!([{ "invoice_number": "INV-2" }]), "Unclear".into()),
    ];
    for (invoices, wanted) in rows {
        let billie = Billie::start().await;
        let changes = json!({ "invoices": invoices, "unshipped_amount": euros(116) });
        billie.on(&format!("GET /orders/{ORDER}"), [says(200, &case.at_billie("partially_shipped", &changes))]);
        assert_eq!(case.probe(&*billie.adapter(), &capture).await, wanted, "{changes}");
    }
    // Something is shipped that does not show, or nobody says what is left.
    for left in [euros(66), Value::Null] {
        let billie = Billie::start().await;
        let changes = json!({ "invoices": [invoice(INVOICE, "INV-1", 10)], "unshipped_amount": left });
        billie.on(&format!("GET /orders/{ORDER}"), [says(200, &case.at_billie("partially_shipped", &changes))]);
        assert_eq!(case.probe(&*billie.adapter(), &capture).await, "Unclear", "{changes}");
    }
}

#[tokio::test]
async fn an_invoice_that_the_order_does_not_have_is_not_found_by_its_name() {
    let (told, other) = ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222");
    let mut case = Case::captured(1_000);
    let capture =
        case.capture(json!({ "amount": 5000, "invoice": { "number": "INV-2", "url": "https://shop.example/2" } }));
    let mut capture = case.doubt(&capture);
    capture.provider_reference = Some(told.to_owned());
    for (uuid, wanted) in [(told, format!("Found Done {told} of 5000")), (other, "NotFound".to_owned())] {
        let billie = Billie::start().await;
        let changes = json!({ "invoices": [invoice(uuid, "INV-3", 50)], "unshipped_amount": euros(66) });
        billie.on(&format!("GET /orders/{ORDER}"), [says(200, &case.at_billie("partially_shipped", &changes))]);
        assert_eq!(case.probe(&*billie.adapter(), &capture).await, wanted);
    }
    // The one that was named counts, also beside one with the number.
    let billie = Billie::start().await;
    let both = json!({ "invoices": [invoice(other, "INV-2", 40), invoice(told, "INV-3", 50)] });
    billie.on(&format!("GET /orders/{ORDER}"), [says(200, &case.at_billie("partially_shipped", &both))]);
    assert_eq!(case.probe(&*billie.adapter(), &capture).await, format!("Found Done {told} of 5000"));
}

fn euros(gross: u32) -> Value {
    json!({ "net": gross, "tax": 0, "gross": gross })
}

#[tokio::test]
async fn an_invoice_that_no_capture_of_ours_made_is_drift() {
    let other = "11111111-1111-4111-8111-111111111111";
    let mut nameless = invoice(other, "", 50);
    nameless["invoice_number"] = Value::Null;
    let mut canceled = nameless.clone();
    canceled["state"] = json!("canceled");
    let ours = || invoice(INVOICE, "INV-1", 10);
    for (invoices, told) in [
        (json!([]), None),
        (json!([ours()]), None),
        // A credit note may have lowered it.
        (json!([invoice(INVOICE, "INV-1", 9)]), None),
        (json!([ours(), canceled]), None),
        (json!([ours(), nameless]), Some("6000")),
        (json!([nameless]), Some("6000")),
    ] {
        let (billie, mut case) = (Billie::start().await, Case::captured(1_000));
        let order = case.at_billie("partially_shipped", &json!({ "invoices": invoices }));
        billie.on(&format!("GET /orders/{ORDER}"), [says(200, &order)]);
        let seen = billie.adapter().observe(&case.context()).await.unwrap();
        case.payment.learn(seen, &Cause::new(CauseKind::Probe, "req"), case.now);
        let drift = case.payment.history.last().and_then(|entry| match &entry.fact {
            Fact::DriftDetected { field, ours, theirs } => Some((field.as_str(), ours.as_str(), theirs.as_str())),
            _ => None,
        });
        assert_eq!(drift, told.map(|theirs| ("captured", "1000", theirs)), "{invoices}");
    }
}

#[tokio::test]
async fn a_cancel_in_doubt_is_found_by_the_orders_state() {
    let mut case = Case::captured(5_000);
    let cancel = case.cancel();
    let cancel = case.doubt(&cancel);
    let ours = json!([invoice(INVOICE, "INV-1", 50)]);
    let nothing = json!({ "unshipped_amount": { "net": 0.0, "tax": 0, "gross": 0.00 }, "invoices": ours });
    let rows = [
        ("canceled", json!({}), "Found Done"),
        ("cancelled", json!({}), "Found Done"),
        ("shipped", nothing.clone(), "Found Done"),
        ("complete", nothing, "Found Done"),
        ("shipped", json!({}), "Unclear"),
        ("shipped", json!({ "unshipped_amount": null }), "Unclear"),
        ("created", json!({}), "NotFound"),
        ("partially_shipped", json!({}), "NotFound"),
        ("waiting", json!({}), "NotFound"),
        ("declined", json!({}), "Unclear"),
        ("elsewhere", json!({}), "Unclear"),
    ];
    for (state, changes, wanted) in rows {
        let billie = Billie::start().await;
        billie.on(&format!("GET /orders/{ORDER}"), [says(200, &case.at_billie(state, &changes))]);
        assert_eq!(case.probe(&*billie.adapter(), &cancel).await, wanted, "{state}");
    }
}

#[tokio::test]
async fn what_somebody_shipped_at_billie_was_not_freed_by_a_cancel_in_doubt() {
    let mut case = Case::captured(5_000);
    let cancel = case.cancel();
    let cancel = case.doubt(&cancel);
    let ours = || invoice(INVOICE, "INV-1", 50);
    let others = invoice("11111111-1111-4111-8111-111111111111", "", 76);
    for (invoices, wanted) in [
        (json!([ours()]), "Found Done"),
        (json!([ours(), others]), "Unclear"),
        (json!([others]), "Unclear"),
        (json!([]), "Unclear"),
        (Value::Null, "Unclear"),
        (json!([{ "uuid": "?" }]), "Unclear"),
    ] {
        let nothing = json!({ "unshipped_amount": euros(0), "invoices": invoices });
        let billie = Billie::start().await;
        billie.on(&format!("GET /orders/{ORDER}"), [says(200, &case.at_billie("shipped", &nothing))]);
        assert_eq!(case.probe(&*billie.adapter(), &cancel).await, wanted, "{invoices}");
    }
}

#[tokio::test]
async fn an_amendment_in_doubt_is_found_by_the_orders_amount_and_what_is_left_to_ship() {
    let mut case = Case::captured(5_000);
    let amend = case.amend(10_000);
    let amend = case.doubt(&amend);
    let money = |gross: u32| json!({ "net": gross, "tax": 0, "gross": gross });
    let of = |whole: u32, rest: u32| json!({ "amount": money(whole), "unshipped_amount": money(rest) });
    let rows = [
        ("partially_shipped", of(100, 50), "Found Done of 10000"),
        ("partially_shipped", of(126, 76), "NotFound"),
        // The invoice does not show yet: neither is sure.
        ("created", of(100, 100), "Unclear"),
        ("created", of(126, 126), "Unclear"),
        // A credit note may have lowered the amount.
        ("partially_shipped", of(100, 76), "Unclear"),
        ("partially_shipped", of(96, 76), "Unclear"),
        ("partially_shipped", json!({ "amount": null, "unshipped_amount": money(50) }), "Unclear"),
        ("partially_shipped", json!({ "amount": money(100), "unshipped_amount": null }), "Unclear"),
        ("canceled", of(126, 76), "Unclear"),
        ("elsewhere", of(100, 50), "Unclear"),
    ];
    for (state, changes, wanted) in rows {
        let billie = Billie::start().await;
        billie.on(&format!("GET /orders/{ORDER}"), [says(200, &case.at_billie(state, &changes))]);
        assert_eq!(case.probe(&*billie.adapter(), &amend).await, wanted, "{state} {changes}");
    }
}

#[tokio::test]
async fn an_order_that_was_lowered_to_what_was_shipped_is_found_shipped() {
    let mut case = Case::captured(5_000);
    let amend = case.amend(5_000);
    let amend = case.doubt(&amend);
    let nothing = json!({ "net": 0, "tax": 0, "gross": 0 });
    let changes = json!({ "amount": { "net": 50, "tax": 0, "gross": 50 }, "unshipped_amount": nothing });
    let billie = Billie::start().await;
    billie.on(&format!("GET /orders/{ORDER}"), [says(200, &case.at_billie("shipped", &changes))]);
    assert_eq!(case.probe(&*billie.adapter(), &amend).await, "Found Done of 5000");
}

#[tokio::test]
async fn a_cancel_in_doubt_before_the_confirmation_is_done() {
    let (billie, mut case) = (Billie::start().await, Case::with_session(Flow::Widget));
    let cancel = case.cancel();
    assert_eq!(case.probe(&*billie.adapter(), &cancel).await, "Found Done");
    assert!(billie.calls().is_empty());
}

#[tokio::test]
async fn a_cancelled_invoice_proves_its_refund_and_nothing_proves_a_credit_note() {
    let mut case = Case::captured(5_000);
    let refund = case.refund(json!({}));
    let refund = case.doubt(&refund);
    for (state, wanted) in
        [("canceled", "Found Done"), ("cancelled", "Found Done"), ("created", "Unclear"), ("paid_out", "Unclear")]
    {
        let billie = Billie::start().await;
        let answer = json!({ "uuid": INVOICE, "invoice_number": "INV-1", "state": state });
        billie.on(&format!("GET /invoices/{INVOICE}"), [says(200, &answer.to_string())]);
        assert_eq!(case.probe(&*billie.adapter(), &refund).await, wanted, "{state}");
    }
    // A word that an account has for it proves as much, and one that takes the usual meaning away nothing.
    for (states, wanted) in [(json!({ "voided": "canceled" }), "Found Done"), (json!({ "voided": "open" }), "Unclear")]
    {
        let billie = Billie::start().await;
        let answer = json!({ "uuid": INVOICE, "invoice_number": "INV-1", "state": "voided" });
        billie.on(&format!("GET /invoices/{INVOICE}"), [says(200, &answer.to_string())]);
        let mut account = billie.account();
        account["wire"] = json!({ "invoice_states": states });
        let adapter = super::super::open(&account, crate::Transport::default()).unwrap();
        assert_eq!(case.probe(&*adapter, &refund).await, wanted);
    }
    let (billie, mut case) = (Billie::start().await, Case::captured(5_000));
    let part = case.refund(json!({ "amount": 1 }));
    assert_eq!(case.probe(&*billie.adapter(), &part).await, "Unclear");
    assert!(billie.calls().is_empty());
}

#[tokio::test]
async fn a_confirmation_in_doubt_is_settled_by_a_decline_only_unless_the_order_is_known() {
    let mut case = Case::with_session(Flow::Redirect);
    let confirm = case.confirm();
    let rows = [
        (says(200, include_str!("../fixtures/authorization.json")), "Unclear"),
        (
            says(200, r#"{"state":"declined","decline_reason":"risk_policy"}"#),
            "Found Done Declined RiskPolicy Some(\"risk_policy\")",
        ),
        (says(404, ""), "Unclear"),
    ];
    for (reply, wanted) in rows {
        let billie = Billie::start().await;
        billie.on(&format!("GET /checkout-sessions/{SESSION}/authorization"), [reply]);
        assert_eq!(case.probe(&*billie.adapter(), &confirm).await, wanted);
    }
    case.payment.provider_reference = Some(ORDER.to_owned());
    for (state, wanted) in
        [("created", format!("Found Done Authorized of 12600 {ORDER}")), ("authorized", "Unclear".into())]
    {
        let billie = Billie::start().await;
        billie.on(&format!("GET /orders/{ORDER}"), [says(200, &case.at_billie(state, &json!({})))]);
        assert_eq!(case.probe(&*billie.adapter(), &confirm).await, wanted);
    }
}

#[tokio::test]
async fn an_order_that_was_being_created_cannot_be_looked_for() {
    let (billie, case) = (Billie::start().await, Case::new(Flow::Direct));
    assert_eq!(case.probe(&*billie.adapter(), &case.first()).await, "Unclear");
    assert!(billie.calls().is_empty());
}

#[tokio::test]
async fn an_order_is_observed_with_what_is_owed_for_each_invoice() {
    let case = Case::captured(5_000);
    let owed = |state: &str, outstanding: Value, due_date: Value| {
        let mut invoice = invoice(INVOICE, "INV-1", 50);
        invoice["state"] = json!(state);
        invoice["outstanding_amount"] = outstanding;
        invoice["due_date"] = due_date;
        invoice
    };
    // Outstanding, due, overdue, paid, paid out.
    let rows = [
        (owed("created", json!(50), json!("2026-12-20")), "Some(5000) Some(2026-12-20) Some(false) false false"),
        (owed("paid_out", json!(12.5), json!("2026-12-20")), "Some(1250) Some(2026-12-20) Some(false) false true"),
        (owed("late", json!(50), Value::Null), "Some(5000) None Some(true) false false"),
        (owed("complete", json!(0), json!("soon")), "Some(0) None Some(false) true false"),
        (owed("canceled", json!("much"), json!(7)), "None None Some(false) false false"),
        (owed("archived_somehow", json!(1.005), Value::Null), "None None None false false"),
    ];
    for (invoice, wanted) in rows {
        let billie = Billie::start().await;
        let order = case.at_billie("shipped", &json!({ "invoices": [invoice] }));
        billie.on(&format!("GET /orders/{ORDER}"), [says(200, &order)]);
        let told = case.owed(&*billie.adapter()).await;
        let [facts] = &*told else { panic!("{told:?}") };
        let due = facts.due_date.map(|day| day.to_string());
        let seen = format!(
            "{:?} {} {:?} {} {}",
            facts.outstanding.map(payment::Amount::minor),
            due.map_or_else(|| "None".to_owned(), |day| format!("Some({day})")),
            facts.overdue,
            facts.paid,
            facts.paid_out
        );
        assert_eq!((facts.capture_reference.as_deref(), &*seen), (Some(INVOICE), wanted));
    }
}

#[tokio::test]
async fn a_confirmation_whose_answer_was_lost_is_seen_in_the_order_that_a_message_names() {
    for (state, code, seen) in [
        ("created", None, Some(OrderState::Authorized)),
        ("canceled", None, Some(OrderState::Canceled)),
        // Not confirmed yet: the session tells.
        ("authorized", None, Some(OrderState::AwaitingConfirmation)),
        ("created", Some("somebody-elses"), Some(OrderState::AwaitingConfirmation)),
    ] {
        let (billie, mut case) = (Billie::start().await, Case::with_session(Flow::Redirect));
        let confirm = case.confirm();
        case.doubt(&confirm);
        let changes = code.map_or(json!({}), |code| json!({ "external_code": code }));
        billie.on(&format!("GET /orders/{ORDER}"), [says(200, &case.at_billie(state, &changes))]);
        let session = format!("GET /checkout-sessions/{SESSION}/authorization");
        billie.on(&session, [says(200, include_str!("../fixtures/authorization.json"))]);
        let context = Context { candidate: Some(ORDER), ..case.context() };
        let news = billie.adapter().observe(&context).await.ok().and_then(|seen| seen.content().order.clone());
        assert_eq!(news.as_ref().map(|news| news.state.clone()), seen, "{state}");
        let is_bound = news.and_then(|news| news.provider_reference).as_deref() == Some(ORDER);
        assert_eq!(is_bound, seen != Some(OrderState::AwaitingConfirmation), "{state}");
    }
}
