//! Every row of the tables.

use std::collections::BTreeSet;

use payment::{DeclineReason, ReceivableNews};

use super::super::map::{
    DECLINES, Debt, EVENTS, INVOICES, LEGAL_FORMS, LOOKS, Number, STATES, Stage, debt, decline, events, news,
    number_of, stage,
};

#[test]
fn every_state_has_its_stage() {
    let rows = [
        (Stage::Review, &["waiting", "pre_waiting"][..]),
        (Stage::Confirm, &["authorized", "pre_approved"]),
        (Stage::Created, &["created"]),
        (Stage::PartlyShipped, &["partially_shipped"]),
        (Stage::Shipped, &["shipped", "paid_out", "late", "complete", "completed"]),
        (Stage::Declined, &["declined"]),
        (Stage::Canceled, &["canceled", "cancelled"]),
    ];
    for (wanted, states) in rows {
        for state in states {
            assert_eq!(stage(state), Some(wanted), "{state}");
        }
    }
    assert_eq!(rows.iter().map(|(_, states)| states.len()).sum::<usize>(), STATES.len());
    assert_eq!((stage("new"), stage(""), stage("CREATED")), (None, None, None));
}

#[test]
fn every_state_of_an_invoice_has_its_debt() {
    let rows = [
        (Debt::Open, &["new", "created"][..]),
        (Debt::PaidOut, &["paid_out"]),
        (Debt::Late, &["late"]),
        (Debt::Paid, &["complete", "completed"]),
        (Debt::Canceled, &["canceled", "cancelled"]),
    ];
    for (wanted, states) in rows {
        for state in states {
            assert_eq!(debt(state), Some(wanted), "{state}");
        }
    }
    assert_eq!(rows.iter().map(|(_, states)| states.len()).sum::<usize>(), INVOICES.len());
    assert_eq!(debt("LATE"), None);
}

#[test]
fn every_decline_reason_has_its_word() {
    let rows = [
        ("debtor_address", DeclineReason::AddressInvalid),
        ("debtor_not_identified", DeclineReason::BuyerUnknown),
        ("risk_policy", DeclineReason::RiskPolicy),
        ("debtor_limit_exceeded", DeclineReason::LimitExceeded),
        ("risk_scoring_failed", DeclineReason::CreditRefused),
    ];
    for (code, wanted) in rows {
        let got = decline(Some(code));
        assert_eq!((got.reason, got.provider_code.as_deref()), (wanted, Some(code)));
        assert!(got.message.is_some());
    }
    assert_eq!(rows.len(), DECLINES.len());
    let unknown = decline(Some("brand_new"));
    assert_eq!(
        (unknown.reason, unknown.provider_code.as_deref(), unknown.message),
        (DeclineReason::Other, Some("brand_new"), None)
    );
    assert_eq!(decline(Some("Uno Eins is broke")).provider_code, None);
    assert_eq!(decline(None).reason, DeclineReason::Other);
}

#[test]
fn every_event_says_what_it_says() {
    let dunning = ReceivableNews::dunning;
    let rows = [
        ("dunning_paused", ReceivableNews::Dunning { level: 0, paused: true }),
        ("promise_to_pay", ReceivableNews::Updated),
        ("instalment_plan", ReceivableNews::Updated),
        ("rebooking", ReceivableNews::Updated),
        ("order_paid_out", ReceivableNews::PaidOut),
        ("invoice_paid_out", ReceivableNews::PaidOut),
        ("invoice_late", ReceivableNews::Overdue),
        ("payment", ReceivableNews::BuyerPaid),
        ("clawback", ReceivableNews::ClawedBack),
        ("dispute", ReceivableNews::Disputed),
        ("archived", ReceivableNews::Closed),
        ("closed", ReceivableNews::Closed),
        ("reminder", dunning(1)),
        ("reminder_email_1", dunning(1)),
        ("reminder_email_2", dunning(2)),
        ("reminder_email_3", dunning(3)),
        ("dunning", dunning(4)),
        ("dunning1", dunning(4)),
        ("dunning_letter_1", dunning(4)),
        ("dunning_email_1", dunning(4)),
        ("dunning2", dunning(5)),
        ("dunning_letter_2", dunning(5)),
        ("dunning_email_2", dunning(5)),
        ("dunning3", dunning(6)),
        ("dca", dunning(7)),
        ("dca_letter", dunning(7)),
        ("dca_email", dunning(7)),
    ];
    for (event, wanted) in &rows {
        assert_eq!(news(event).as_ref(), Some(wanted), "{event}");
    }
    assert_eq!(rows.len(), EVENTS.len());
    let looks = [
        "order_waiting",
        "order_created",
        "order_approved",
        "order_declined",
        "order_shipped",
        "order_canceled",
        "order_cancelled",
        "invoice_created",
    ];
    assert_eq!(LOOKS, looks);
    for event in looks.into_iter().chain(["order_sung"]) {
        assert_eq!(news(event), None, "{event}");
    }
    assert_eq!(events().len(), LOOKS.len() + EVENTS.len());
}

#[test]
fn no_table_has_a_row_twice() {
    fn names<'a>(rows: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
        rows.collect()
    }
    assert_eq!(names(STATES.iter().map(|row| row.0)).len(), STATES.len());
    assert_eq!(names(DECLINES.iter().map(|row| row.0)).len(), DECLINES.len());
    assert_eq!(names(events().iter().map(String::as_str)).len(), events().len());
    assert_eq!(names(LEGAL_FORMS.iter().map(|row| row.0)).len(), LEGAL_FORMS.len());
}

#[test]
fn a_legal_form_asks_for_its_number() {
    for vat in ["6022", "3001", "18001"] {
        assert_eq!(number_of(vat), Some(Number::Vat), "{vat}");
    }
    for register in ["10001", "90001", "6001", "10201", "11001", "90101", "8001", "7001", "12001", "10101"] {
        assert_eq!(number_of(register), Some(Number::Register), "{register}");
    }
    for free in ["4001", "13001", "99999", "12345"] {
        assert_eq!(number_of(free), None, "{free}");
    }
}
