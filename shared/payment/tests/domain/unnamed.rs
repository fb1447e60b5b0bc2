//! Captures and cancellations that the provider keeps under the name of the order: ours by their amount, or nobody's.

use payment::{
    CaptureMode, Doubt, Flow, News, OperationKind, OperationNews, OperationStatus, OrderState, Outcome, Payment,
    Receipt, Status, Ticket, Whom,
};
use serde_json::{Value, json};

use crate::fixture::*;

const BOTH: [OperationKind; 2] = [OperationKind::Capture, OperationKind::Cancel];

fn receipt(movement: &str, minor: i64) -> Receipt {
    let (provider_reference, amount) = (Some(movement.to_owned()), Some(amount(minor)));
    Receipt { provider_reference, amount, ..Receipt::default() }
}

/// A message about what follows the order under the order's name.
fn follows(payment: &mut Payment, kind: OperationKind, movement: &str, outcome: Outcome) {
    let reference = payment.order_reference.clone();
    let whom = vec![Whom::ProviderReference(movement.to_owned()), Whom::Follows { reference, kind }];
    claim(payment, News { operations: vec![OperationNews { whom, outcome }], ..News::default() }, 10);
}

fn happened(payment: &mut Payment, kind: OperationKind, movement: &str, minor: i64) {
    follows(payment, kind, movement, Outcome::Done(receipt(movement, minor)));
}

fn asked(payment: &mut Payment, kind: OperationKind) -> Ticket {
    match kind {
        OperationKind::Capture => capture(payment, "k", AMOUNT),
        _ => act(payment, cancel_command("k")),
    }
}

const fn ended(kind: OperationKind) -> Status {
    if matches!(kind, OperationKind::Capture) { Status::Captured } else { Status::Canceled }
}

/// What the last drift says: field, ours, theirs.
fn drift(payment: &Payment) -> Value {
    let mut told = payment.history.iter().filter_map(|entry| match &entry.fact {
        payment::Fact::DriftDetected { field, ours, theirs } => Some(json!([field, ours, theirs])),
        _ => None,
    });
    told.next_back().unwrap_or_default()
}

#[test]
fn the_only_operation_that_it_can_be_has_happened_before_during_and_after_doubt() {
    let answers = [
        |_: &str| Outcome::InDoubt(Doubt::TimedOut),
        |movement: &str| Outcome::Done(receipt(movement, AMOUNT)),
        |movement: &str| Outcome::Pending(receipt(movement, AMOUNT)),
        |_: &str| Outcome::NotSent,
    ];
    for (kind, answer) in BOTH.into_iter().flat_map(|kind| answers.map(|answer| (kind, answer))) {
        for answered_first in [false, true] {
            let mut payment = authorized();
            let ticket = asked(&mut payment, kind);
            if answered_first {
                settle(&mut payment, &ticket, answer("m1"));
            }
            happened(&mut payment, kind, "m1", AMOUNT);
            if !answered_first {
                settle(&mut payment, &ticket, answer("m1"));
            }
            happened(&mut payment, kind, "m1", AMOUNT);
            let operation = operation(&payment, &ticket.operation);
            assert_eq!(
                (operation.status, operation.provider_reference.as_deref()),
                (OperationStatus::Succeeded, Some("m1"))
            );
            assert_eq!((payment.status, drifts(&payment)), (ended(kind), 0), "{kind:?} {answered_first}");
        }
    }
}

/// It may be somebody else's, and come to nothing.
#[test]
fn what_waits_at_the_provider_is_not_ours_until_it_is_done() {
    for kind in BOTH {
        let mut payment = authorized();
        let ticket = asked(&mut payment, kind);
        settle(&mut payment, &ticket, Outcome::InDoubt(Doubt::TimedOut));
        follows(&mut payment, kind, "m1", Outcome::Pending(receipt("m1", AMOUNT)));
        follows(&mut payment, kind, "m1", refused());
        assert_eq!((status_of(&payment, &ticket), drifts(&payment)), (OperationStatus::InDoubt, 0));
        happened(&mut payment, kind, "m2", AMOUNT);
        assert_eq!((status_of(&payment, &ticket), payment.status), (OperationStatus::Succeeded, ended(kind)));
    }
}

#[test]
fn one_that_is_open_goes_before_one_that_was_not_sent() {
    let mut payment = authorized();
    let unsent = capture(&mut payment, "a", AMOUNT);
    settle(&mut payment, &unsent, Outcome::NotSent);
    let doubtful = capture(&mut payment, "b", AMOUNT);
    settle(&mut payment, &doubtful, Outcome::InDoubt(Doubt::TimedOut));
    happened(&mut payment, OperationKind::Capture, "m1", AMOUNT);
    assert_eq!(status_of(&payment, &doubtful), OperationStatus::Succeeded);
    assert_eq!((status_of(&payment, &unsent), drifts(&payment)), (OperationStatus::Rejected, 0));
}

/// By its amount alone, so that the name of another refund outweighs it.
#[test]
fn a_refund_is_found_by_what_was_given_back() {
    let (mut payment, capture) = captured(AMOUNT);
    let ticket = refund(&mut payment, "r1", &capture, 2_000);
    settle(&mut payment, &ticket, Outcome::InDoubt(Doubt::TimedOut));
    for _ in 0..2 {
        happened(&mut payment, OperationKind::Refund, "m1", 2_000);
        let refund = operation(&payment, &ticket.operation);
        assert_eq!((refund.status, refund.inferred), (OperationStatus::Succeeded, Some(payment::Inferred::Success)));
        assert_eq!((payment.amounts().refunded.minor(), drifts(&payment)), (2_000, 0));
    }
}

#[test]
fn a_capture_that_nobody_asked_for_is_told_at_once_and_once() {
    let mut payment = authorized();
    for _ in 0..2 {
        happened(&mut payment, OperationKind::Capture, "m1", AMOUNT);
        assert_eq!((payment.status, drifts(&payment)), (Status::Authorized, 1));
    }
    assert_eq!(drift(&payment), json!(["captured", "0", "12600"]));
}

#[test]
fn a_capture_of_another_amount_or_that_can_be_several_is_none_of_ours() {
    for (captures, minor) in [(&[AMOUNT][..], 6_000), (&[6_000, 6_000], 6_000)] {
        let mut payment = authorized();
        let ask = |(n, minor): (usize, &i64)| capture(&mut payment, &format!("c{n}"), *minor);
        let tickets: Vec<Ticket> = captures.iter().enumerate().map(ask).collect();
        happened(&mut payment, OperationKind::Capture, "m1", minor);
        assert!(tickets.iter().all(|ticket| status_of(&payment, ticket) == OperationStatus::Accepted));
        assert_eq!(drift(&payment), json!(["captured", "0", "6000"]));
    }
}

#[test]
fn an_order_that_somebody_else_called_off_is_canceled() {
    let mut payment = authorized();
    for _ in 0..2 {
        happened(&mut payment, OperationKind::Cancel, "m1", AMOUNT);
        assert_eq!((payment.status, payment.amounts().released.minor()), (Status::Canceled, AMOUNT));
    }
    assert_eq!(drifts(&payment), 0);
}

#[test]
fn calling_off_what_is_captured_or_another_amount_cannot_be_and_is_told_at_once() {
    let (mut payment, _) = captured(AMOUNT);
    happened(&mut payment, OperationKind::Cancel, "m1", AMOUNT);
    assert_eq!(drift(&payment), json!(["status", "captured", "canceled"]));
    let mut payment = authorized();
    happened(&mut payment, OperationKind::Cancel, "m1", 6_000);
    assert_eq!((payment.status, drift(&payment)), (Status::Authorized, json!(["amount", "12600", "6000"])));
}

#[test]
fn what_follows_an_order_proves_that_it_was_promised() {
    for kind in BOTH {
        let (mut payment, ticket) = opened_with(Flow::Redirect, CaptureMode::Manual);
        settle(&mut payment, &ticket, done_with(OrderState::AwaitingBuyer(None)));
        happened(&mut payment, kind, "m1", AMOUNT);
        assert_eq!(payment.amounts().authorized.minor(), AMOUNT);
        claim(&mut payment, order_news(OrderState::Authorized), 11);
        assert!(!payment.is_given_up(), "{kind:?}");
        assert_eq!(payment.status == Status::Canceled, kind == OperationKind::Cancel);
    }
}

#[test]
fn what_follows_another_payments_order_is_not_about_this_one() {
    for kind in BOTH {
        let mut payment = authorized();
        asked(&mut payment, kind);
        let before = payment.clone();
        let whom = vec![Whom::Follows { reference: "ORD-9999-AAAAAA".to_owned(), kind }];
        let news = OperationNews { whom, outcome: Outcome::Done(receipt("m1", AMOUNT)) };
        claim(&mut payment, News { operations: vec![news], ..News::default() }, 10);
        assert!(payment == before);
    }
}
