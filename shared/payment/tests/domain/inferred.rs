//! Movements that are refunds of ours by their amount alone, until a name says otherwise.

use payment::{
    CaptureId, Doubt, GivenBack, News, OperationNews, OperationStatus, Outcome, Payment, Receipt, Ticket, Whom,
};

use crate::fixture::*;

/// So much every refund and every movement here gives back.
const PART: i64 = 2_000;

/// A message about a movement that has no name of ours.
fn moved(payment: &mut Payment, movement: &str) {
    let made = last_of(payment, payment::OperationKind::Capture).reference.clone();
    let given_back = Some(GivenBack::Part { movement: movement.to_owned(), amount: amount(PART) });
    claim(payment, operation_news(&made, Outcome::Done(Receipt { given_back, ..Receipt::default() })), 10);
}

fn refund_in_doubt(payment: &mut Payment, key: &str, capture: &CaptureId) -> Ticket {
    let ticket = refund(payment, key, capture, PART);
    settle(payment, &ticket, Outcome::InDoubt(Doubt::TimedOut));
    ticket
}

fn refund_pending_as(payment: &mut Payment, key: &str, capture: &CaptureId, name: &str) -> Ticket {
    let ticket = refund(payment, key, capture, PART);
    let receipt = Receipt { provider_reference: Some(name.to_owned()), ..Receipt::default() };
    settle(payment, &ticket, Outcome::Pending(receipt));
    ticket
}

/// What of the whole capture is refunded, being refunded and reversed.
fn books(payment: &Payment) -> (i64, i64, i64) {
    let a = payment.amounts();
    (a.refunded.minor(), a.refunding.minor(), AMOUNT - a.captured.minor())
}

fn name_of<'a>(payment: &'a Payment, ticket: &Ticket) -> Option<&'a str> {
    operation(payment, &ticket.operation).provider_reference.as_deref()
}

#[test]
fn a_movement_that_can_be_several_refunds_is_none_of_them() {
    let (mut payment, capture) = captured(AMOUNT);
    let tickets = ["r1", "r2"].map(|key| refund_in_doubt(&mut payment, key, &capture));
    moved(&mut payment, "m1");
    assert_eq!(books(&payment), (0, 2 * PART, 0));
    assert!(tickets.iter().all(|ticket| status_of(&payment, ticket) == OperationStatus::InDoubt));
    assert_eq!(payment.observe_at, Some(at(10)), "it only makes us look");
}

#[test]
fn a_refund_that_succeeded_without_a_name_is_the_movement_of_its_amount() {
    let (mut payment, capture) = captured(AMOUNT);
    let ticket = refund(&mut payment, "r1", &capture, PART);
    settle(&mut payment, &ticket, done());
    moved(&mut payment, "m1");
    assert_eq!((books(&payment), name_of(&payment, &ticket)), ((PART, 0, 0), Some("m1")));
    moved(&mut payment, "m2");
    assert_eq!(books(&payment), (PART, 0, PART));
}

#[test]
fn a_refund_whose_movement_turns_out_to_be_another_one_is_in_doubt_again() {
    for key_first in [false, true] {
        let (mut payment, capture) = captured(AMOUNT);
        let other = refund_pending_as(&mut payment, "r1", &capture, "p1");
        let ticket = refund_in_doubt(&mut payment, "r2", &capture);
        moved(&mut payment, "m1");
        assert_eq!(status_of(&payment, &ticket), OperationStatus::Succeeded);

        let ours = Whom::Reference(operation(&payment, &other.operation).reference.clone());
        let key = key_first.then(|| Whom::ProviderReference("m1".to_owned()));
        let whom = key.into_iter().chain([ours]).collect();
        let news = OperationNews { whom, outcome: done_as("m1") };
        claim(&mut payment, News { operations: vec![news], ..News::default() }, 11);

        assert_eq!((status_of(&payment, &other), name_of(&payment, &other)), (OperationStatus::Succeeded, Some("m1")));
        let again = operation(&payment, &ticket.operation);
        assert_eq!((again.status, again.provider_reference.as_ref()), (OperationStatus::InDoubt, None));
        assert_eq!(again.next_look(), Some(at(16)));
        assert_eq!(books(&payment), (PART, PART, 0));
        settle(&mut payment, &ticket, refused());
        assert_eq!(books(&payment), (PART, 0, 0));
    }
}

#[test]
fn a_refund_that_is_known_to_have_succeeded_loses_a_name_and_nothing_else() {
    for answer_first in [false, true] {
        let (mut payment, capture) = captured(AMOUNT);
        let other = refund_pending_as(&mut payment, "r1", &capture, "p1");
        let ticket = refund(&mut payment, "r2", &capture, PART);
        if answer_first {
            settle(&mut payment, &ticket, done());
            moved(&mut payment, "m1");
        } else {
            moved(&mut payment, "m1");
            settle(&mut payment, &ticket, done());
        }
        settle(&mut payment, &other, done_as("m1"));
        assert_eq!((status_of(&payment, &ticket), name_of(&payment, &ticket)), (OperationStatus::Succeeded, None));
        assert_eq!(books(&payment), (2 * PART, 0, 0));
    }
}

#[test]
fn the_movement_that_a_refund_was_taken_for_is_a_reversal_once_the_refund_is_named() {
    let (mut payment, capture) = captured(AMOUNT);
    let ticket = refund(&mut payment, "r1", &capture, PART);
    moved(&mut payment, "m1");
    assert_eq!(books(&payment), (PART, 0, 0));
    settle(&mut payment, &ticket, done_as("m2"));
    for movement in ["m1", "m2"] {
        assert_eq!((books(&payment), name_of(&payment, &ticket)), ((PART, 0, PART), Some("m2")));
        moved(&mut payment, movement);
    }
    for _ in 0..2 {
        settle(&mut payment, &ticket, done_as("m3"));
        assert_eq!((books(&payment), name_of(&payment, &ticket)), ((PART, 0, 2 * PART), Some("m2")));
        assert_eq!(drifts(&payment), 1, "a third movement");
    }
}

#[test]
fn a_movement_that_is_counted_as_a_reversal_is_no_refund_as_well() {
    let (mut payment, capture) = captured(AMOUNT);
    let ticket = refund_pending_as(&mut payment, "r1", &capture, "p1");
    moved(&mut payment, "m1");
    assert_eq!(books(&payment), (0, PART, PART));
    settle(&mut payment, &ticket, done_as("m1"));
    assert_eq!((status_of(&payment, &ticket), books(&payment)), (OperationStatus::InDoubt, (0, PART, PART)));
}

#[test]
fn an_inferred_refund_reads_back() {
    let (mut payment, capture) = captured(AMOUNT);
    refund_in_doubt(&mut payment, "r1", &capture);
    moved(&mut payment, "m1");
    crate::storage::reads_back(&payment);
}

#[test]
fn what_a_refund_is_no_longer_taken_for_is_a_reversal_of_the_same_capture() {
    let (mut payment, other) = captured(5_000);
    let ticket = capture(&mut payment, "c1", 5_000);
    settle(&mut payment, &ticket, done());
    let capture = CaptureId::of(&ticket.operation);
    let ticket = refund_in_doubt(&mut payment, "r1", &capture);
    moved(&mut payment, "m1");
    settle(&mut payment, &ticket, done_as("m2"));
    let left = [&other, &capture].map(|capture| payment.refundable_of(capture).minor());
    assert_eq!(left, [5_000, 5_000 - 2 * PART]);
}
