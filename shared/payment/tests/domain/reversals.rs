//! What the provider gave back of captured money without being asked by us.

use payment::{
    CaptureId, Decision, Doubt, DoubtPolicy, GivenBack, OperationId, OperationStatus, Outcome, Payment, Receipt,
    Status, Ticket,
};

use crate::fixture::*;

fn given_back(payment: &mut Payment, of: &OperationId, what: GivenBack) {
    let receipt = Receipt { given_back: Some(what), ..Receipt::default() };
    let reference = operation(payment, of).reference.clone();
    claim(payment, operation_news(&reference, Outcome::Done(receipt)), 10);
}

fn part(movement: &str, minor: i64) -> GivenBack {
    GivenBack::Part { movement: movement.to_owned(), amount: amount(minor) }
}

/// A payment that was captured in full, the operation that did it, and the capture.
fn captured_in_full() -> (Payment, OperationId, CaptureId) {
    let (payment, capture) = captured(AMOUNT);
    let operation = last_of(&payment, payment::OperationKind::Capture).id.clone();
    (payment, operation, capture)
}

fn in_doubt(payment: &mut Payment, ticket: &Ticket) {
    settle(payment, ticket, Outcome::InDoubt(Doubt::TimedOut));
}

#[test]
fn a_capture_that_is_given_back_is_reversed_once_and_cannot_be_captured_again() {
    let (mut payment, operation, capture) = captured_in_full();
    for _ in 0..2 {
        given_back(&mut payment, &operation, GivenBack::All);
    }
    let a = payment.amounts();
    assert_eq!((a.captured, a.released, payment.capturable()), (amount(0), amount(AMOUNT), amount(0)));
    assert_eq!((payment.status, payment.refundable_of(&capture)), (Status::Captured, amount(0)));
    let reversals = facts_after(&payment, 0).into_iter().filter(|kind| *kind == "capture.reversed");
    assert_eq!(reversals.count(), 1);
    assert!(accept(&mut payment, refund_command("r1", None, 1), 11).is_err());
}

#[test]
fn only_what_no_refund_explains_is_reversed() {
    let (mut payment, operation, capture) = captured_in_full();
    let ticket = refund(&mut payment, "r1", &capture, 2_000);
    settle(&mut payment, &ticket, done());
    given_back(&mut payment, &operation, GivenBack::All);
    let a = payment.amounts();
    assert_eq!((a.captured, a.refunded, a.released), (amount(2_000), amount(2_000), amount(AMOUNT - 2_000)));
}

#[test]
fn a_refund_in_doubt_that_explains_all_of_it_is_settled_instead() {
    let (mut payment, operation, capture) = captured_in_full();
    let ticket = refund(&mut payment, "r1", &capture, AMOUNT);
    in_doubt(&mut payment, &ticket);
    given_back(&mut payment, &operation, GivenBack::All);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::Succeeded);
    let a = payment.amounts();
    assert_eq!((a.captured, a.refunded, a.released), (amount(AMOUNT), amount(AMOUNT), amount(0)));
}

#[test]
fn a_refund_in_doubt_that_explains_a_part_stays_reserved_and_is_never_counted_twice() {
    let (mut payment, operation, capture) = captured_in_full();
    let ticket = refund(&mut payment, "r1", &capture, 2_000);
    in_doubt(&mut payment, &ticket);
    given_back(&mut payment, &operation, GivenBack::All);
    let a = payment.amounts();
    assert_eq!((a.captured, a.refunding, a.released), (amount(2_000), amount(2_000), amount(AMOUNT - 2_000)));
    given_back(&mut payment, &operation, GivenBack::All);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::Succeeded, "nothing else is left that it could be");
}

#[test]
fn what_a_refund_held_back_is_reversed_once_the_refund_is_rejected() {
    for by_operator in [false, true] {
        let (mut payment, operation, capture) = captured_in_full();
        let ticket = refund(&mut payment, "r1", &capture, 2_000);
        if by_operator {
            in_doubt(&mut payment, &ticket);
            payment.look_again(&ticket.operation, DoubtPolicy::None, &cause(), at(1_000));
        }
        given_back(&mut payment, &operation, GivenBack::All);
        assert_eq!(payment.amounts().refunding, amount(2_000));
        if by_operator {
            let reason = "not in their list".to_owned();
            let decision =
                Decision { succeeded: false, reason, provider_reference: None, order: None, by: by_a_person() };
            assert!(payment.resolve(&ticket.operation, decision, &cause(), at(1_001)));
        } else {
            settle(&mut payment, &ticket, refused());
        }
        sound(&payment);
        let a = payment.amounts();
        assert_eq!((a.captured, a.released, a.refundable()), (amount(0), amount(AMOUNT), amount(0)));
    }
}

#[test]
fn a_part_that_a_refund_in_doubt_leaves_no_room_for_is_reversed_once_the_refund_is_rejected() {
    let (mut payment, operation, capture) = captured_in_full();
    let ticket = refund(&mut payment, "r1", &capture, AMOUNT - 1_000);
    in_doubt(&mut payment, &ticket);
    for _ in 0..2 {
        given_back(&mut payment, &operation, part("m-1", 3_000));
    }
    assert_eq!((payment.amounts().captured, drifts(&payment)), (amount(AMOUNT), 0), "the refund may be a part of it");
    settle(&mut payment, &ticket, refused());
    given_back(&mut payment, &operation, part("m-1", 3_000));
    sound(&payment);
    let a = payment.amounts();
    assert_eq!((a.captured, a.released, drifts(&payment)), (amount(AMOUNT - 3_000), amount(3_000), 0));
}

#[test]
fn a_part_that_there_is_no_room_for_in_the_end_is_told_once() {
    let (mut payment, operation, capture) = captured_in_full();
    let ticket = refund(&mut payment, "r1", &capture, AMOUNT - 1_000);
    in_doubt(&mut payment, &ticket);
    given_back(&mut payment, &operation, part("m-1", 3_000));
    settle(&mut payment, &ticket, done_as("m-0"));
    given_back(&mut payment, &operation, part("m-1", 3_000));
    sound(&payment);
    assert_eq!((payment.amounts().refunded, drifts(&payment)), (amount(AMOUNT - 1_000), 1));
}

#[test]
fn a_part_of_a_capture_in_doubt_is_reversed_once_the_capture_is_known() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", AMOUNT);
    in_doubt(&mut payment, &ticket);
    let order = payment.operations[0].id.clone();
    given_back(&mut payment, &order, part("m-1", 3_000));
    assert_eq!((payment.amounts().capturing, drifts(&payment)), (amount(AMOUNT), 0));
    settle(&mut payment, &ticket, done());
    sound(&payment);
    assert_eq!(payment.amounts().captured, amount(AMOUNT - 3_000));
}

#[test]
fn one_of_two_refunds_in_doubt_that_a_movement_may_be_is_known_once_the_other_one_has_its_name() {
    let (mut payment, operation, capture) = captured_in_full();
    let [first, second] = ["r1", "r2"].map(|key| refund(&mut payment, key, &capture, 2_000));
    in_doubt(&mut payment, &first);
    in_doubt(&mut payment, &second);
    given_back(&mut payment, &operation, part("m-2", 2_000));
    assert_eq!(payment.amounts().refunding, amount(4_000), "it may be either");
    settle(&mut payment, &first, done_as("m-1"));
    sound(&payment);
    assert_eq!(payment.amounts().refunded, amount(4_000));
    assert_eq!(status_of(&payment, &second), OperationStatus::Succeeded);
}

#[test]
fn a_capture_in_doubt_is_reversed_once_it_is_known_when_all_of_its_order_was_given_back() {
    let mut payment = authorized();
    let order = payment.operations[0].id.clone();
    let ticket = capture(&mut payment, "c1", AMOUNT);
    in_doubt(&mut payment, &ticket);
    given_back(&mut payment, &order, GivenBack::All);
    assert_eq!(payment.amounts().capturing, amount(AMOUNT));
    settle(&mut payment, &ticket, done());
    let a = payment.amounts();
    assert_eq!((a.captured, a.released), (amount(0), amount(AMOUNT)));
    assert_eq!(payment.status, Status::Captured);
}

#[test]
fn what_is_captured_after_all_was_given_back_is_kept() {
    let (mut payment, _) = captured(5_000);
    let order = payment.operations[0].id.clone();
    let not_sent = capture(&mut payment, "c1", 600);
    settle(&mut payment, &not_sent, Outcome::NotSent);
    given_back(&mut payment, &order, GivenBack::All);
    let again = capture(&mut payment, "c1", 600);
    settle(&mut payment, &again, done());
    let new = capture(&mut payment, "c2", 700);
    settle(&mut payment, &new, done());
    assert_eq!(payment.amounts().captured, amount(1_300));
}

#[test]
fn a_movement_is_the_refund_of_ours_that_has_its_amount_and_no_name_yet() {
    let (mut payment, operation, capture) = captured_in_full();
    let ticket = refund(&mut payment, "r1", &capture, 2_000);
    in_doubt(&mut payment, &ticket);
    given_back(&mut payment, &operation, part("m1", 2_000));
    assert_eq!(status_of(&payment, &ticket), OperationStatus::Succeeded);
    given_back(&mut payment, &operation, part("m1", 2_000));
    assert_eq!(payment.amounts().refunded, amount(2_000));
    given_back(&mut payment, &operation, part("m2", 2_000));
    let a = payment.amounts();
    assert_eq!((a.captured, a.refunded, a.released), (amount(AMOUNT - 2_000), amount(2_000), amount(2_000)));
    given_back(&mut payment, &operation, part("m2", 2_000));
    assert_eq!(payment.amounts(), a, "one movement counts once");
}

#[test]
fn a_refund_that_was_thought_not_to_have_happened_is_reinstated_by_its_movement() {
    let (mut payment, operation, capture) = captured_in_full();
    let ticket = refund(&mut payment, "r1", &capture, 2_000);
    settle(&mut payment, &ticket, Outcome::NotSent);
    given_back(&mut payment, &operation, part("m1", 2_000));
    assert_eq!(status_of(&payment, &ticket), OperationStatus::Succeeded);
    assert_eq!((payment.amounts().refunded, payment.amounts().released), (amount(2_000), amount(0)));
}

#[test]
fn more_than_is_left_is_never_given_back() {
    let (mut payment, operation, capture) = captured_in_full();
    let ticket = refund(&mut payment, "r1", &capture, AMOUNT - 100);
    settle(&mut payment, &ticket, done());
    let before = payment.amounts();
    given_back(&mut payment, &operation, part("m1", 200));
    assert_eq!((payment.amounts(), payment.due_at()), (before, Some(at(10))), "it makes us look");
    assert_eq!(drifts(&payment), 1, "and is told, since no look may tell it");
}

#[test]
fn the_rest_can_be_captured_and_released_after_a_reversal() {
    let (mut payment, _) = captured(5_000);
    let first = last_of(&payment, payment::OperationKind::Capture).id.clone();
    given_back(&mut payment, &first, GivenBack::All);
    assert_eq!((payment.status, payment.capturable()), (Status::PartiallyCaptured, amount(AMOUNT - 5_000)));
    let ticket = capture(&mut payment, "c1", 600);
    settle(&mut payment, &ticket, done());
    let cancel = act(&mut payment, cancel_command("x"));
    settle(&mut payment, &cancel, done());
    let a = payment.amounts();
    assert_eq!((payment.status, a.captured, a.released), (Status::Captured, amount(600), amount(AMOUNT - 600)));
}

#[test]
fn the_rest_can_be_released_after_everything_was_reversed() {
    let (mut payment, _) = captured(5_000);
    let first = last_of(&payment, payment::OperationKind::Capture).id.clone();
    given_back(&mut payment, &first, GivenBack::All);
    let cancel = act(&mut payment, cancel_command("x"));
    settle(&mut payment, &cancel, done());
    let a = payment.amounts();
    assert_eq!((payment.status, a.captured, a.released), (Status::Captured, amount(0), amount(AMOUNT)));
}

#[test]
fn what_is_said_of_the_order_is_about_every_capture() {
    let (mut payment, _) = captured(5_000);
    let ticket = capture(&mut payment, "c1", 600);
    settle(&mut payment, &ticket, done());
    let order = payment.operations[0].id.clone();
    given_back(&mut payment, &order, GivenBack::All);
    assert_eq!((payment.amounts().captured, payment.amounts().released), (amount(0), amount(5_600)));
}

#[test]
fn another_name_than_a_person_told_is_drift_and_no_second_movement() {
    let (mut payment, _, capture) = captured_in_full();
    let ticket = refund(&mut payment, "r1", &capture, 5_000);
    in_doubt(&mut payment, &ticket);
    payment.look_again(&ticket.operation, DoubtPolicy::None, &cause(), at(1_000));
    let decision = Decision {
        succeeded: true,
        reason: "their support read it out".to_owned(),
        provider_reference: Some("k".to_owned()),
        order: None,
        by: by_a_person(),
    };
    assert!(payment.resolve(&ticket.operation, decision, &cause(), at(1_001)));
    let before = payment.amounts();
    assert_eq!(before.refunded, amount(5_000));
    let news = news_of(&payment, &ticket, done_as("K"));
    for seconds in [1_002, 1_003] {
        claim(&mut payment, news.clone(), seconds);
        assert_eq!((payment.amounts(), payment.reversed(), drifts(&payment)), (before, amount(0), 1));
    }
}

#[test]
fn a_reversed_capture_reads_back() {
    let (mut payment, operation, _) = captured_in_full();
    given_back(&mut payment, &operation, part("m1", 600));
    crate::storage::reads_back(&payment);
}

#[test]
fn something_given_back_that_can_be_no_refund_of_ours_is_drift_told_once() {
    let refunds =
        [None, Some(refused()), Some(Outcome::NotSent), Some(Outcome::InDoubt(Doubt::TimedOut)), Some(done())];
    for (refund_ended, drift) in refunds.into_iter().zip([1, 1, 0, 0, 0]) {
        let (mut payment, capture) = captured(5_000);
        if let Some(outcome) = refund_ended {
            let ticket = refund(&mut payment, "r1", &capture, 1_000);
            settle(&mut payment, &ticket, outcome);
        }
        let (opened, before) = (payment.operations[0].id.clone(), payment.amounts());
        given_back(&mut payment, &opened, unnamed("m1"));
        given_back(&mut payment, &opened, unnamed("m1"));
        assert_eq!((payment.amounts(), drifts(&payment)), (before, drift));
    }
}

#[test]
fn each_refund_of_ours_explains_one_message_that_something_was_given_back() {
    let (mut payment, capture) = captured(5_000);
    let opened = payment.operations[0].id.clone();
    for (key, message) in [("r1", "m1"), ("r2", "m2")] {
        let ticket = refund(&mut payment, key, &capture, 1_000);
        settle(&mut payment, &ticket, done());
        given_back(&mut payment, &opened, unnamed(message));
    }
    assert_eq!(drifts(&payment), 0);
    for (message, drift) in [("m1", 0), ("m3", 1), ("m3", 1), ("m2", 1), ("m4", 2)] {
        given_back(&mut payment, &opened, unnamed(message));
        assert_eq!(drifts(&payment), drift, "{message}");
    }
    crate::storage::reads_back(&payment);
}

#[test]
fn a_message_that_a_rejected_refund_does_not_explain_any_more_is_told() {
    let (mut payment, capture) = captured(5_000);
    let opened = payment.operations[0].id.clone();
    let ticket = refund(&mut payment, "r1", &capture, 1_000);
    given_back(&mut payment, &opened, unnamed("m1"));
    assert_eq!(drifts(&payment), 0);
    settle(&mut payment, &ticket, refused());
    assert_eq!(drifts(&payment), 1);
}

#[test]
fn of_many_messages_that_something_was_given_back_few_are_kept() {
    let (mut payment, _) = captured(5_000);
    let opened = payment.operations[0].id.clone();
    (0..50).for_each(|number| given_back(&mut payment, &opened, unnamed(&number.to_string())));
    assert_eq!((payment.parts_told.len(), drifts(&payment)), (20, 21));
}

fn unnamed(message: &str) -> GivenBack {
    GivenBack::Unnamed { message: message.to_owned() }
}
