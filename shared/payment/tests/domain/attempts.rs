//! An operation that was tried more than once: what is said of an earlier attempt does not end a later one.

use jiff::SignedDuration;
use payment::{
    Admission, Cause, CauseKind, Decision, Decline, DeclineReason, Doubt, DoubtPolicy, Finding, GivenBack, News,
    Observation, OperationKind, OperationNews, OperationStatus, OrderNews, OrderState, Outcome, Payment, Receipt,
    Rejection, SignedClaim, Status, Ticket, Whom,
};

use crate::fixture::*;

/// A capture whose first attempt never left us, and its second.
fn tried_again(outcome: Outcome) -> (Payment, Ticket) {
    let mut payment = authorized();
    let first = capture(&mut payment, "c1", 5_000);
    settle(&mut payment, &first, Outcome::NotSent);
    let second = act(&mut payment, capture_command("c1", 5_000));
    settle_at(&mut payment, &second, outcome, 3);
    assert_eq!(operation(&payment, &second.operation).attempt, 2);
    (payment, second)
}

fn in_doubt() -> Outcome {
    Outcome::InDoubt(Doubt::TimedOut)
}

/// A refusal that names an operation by the provider's id of it, and by our reference.
fn refused_as(payment: &Payment, ticket: &Ticket, name: &str) -> News {
    let reference = operation(payment, &ticket.operation).reference.clone();
    let whom = vec![Whom::ProviderReference(name.to_owned()), Whom::Reference(reference)];
    News { operations: vec![OperationNews { whom, outcome: refused() }], ..News::default() }
}

#[test]
fn a_refusal_by_our_reference_alone_does_not_end_doubt_about_a_later_attempt_and_makes_us_look() {
    let (mut payment, ticket) = tried_again(in_doubt());
    let late = news_of(&payment, &ticket, refused());
    claim(&mut payment, late.clone(), 4);
    assert_eq!((status_of(&payment, &ticket), payment.amounts().capturing), (OperationStatus::InDoubt, amount(5_000)));
    let due = (payment.observe_at, operation(&payment, &ticket.operation).due_at);
    assert_eq!(due, (Some(at(4)), Some(at(4))), "somebody looks at once");
    observe(&mut payment, late, 5);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::InDoubt);
    let done = news_of(&payment, &ticket, done());
    claim(&mut payment, done, 6);
    assert_eq!((status_of(&payment, &ticket), payment.amounts().captured), (OperationStatus::Succeeded, amount(5_000)));
}

#[test]
fn a_refusal_of_a_transaction_that_is_not_known_is_no_refusal_of_a_later_attempt() {
    for outcome in
        [in_doubt(), Outcome::Pending(Receipt { provider_reference: Some("p-2".into()), ..Receipt::default() })]
    {
        let (mut payment, ticket) = tried_again(outcome);
        let before = status_of(&payment, &ticket);
        let late = refused_as(&payment, &ticket, "p-1");
        claim(&mut payment, late, 4);
        assert_eq!((status_of(&payment, &ticket), payment.amounts().capturing), (before, amount(5_000)));
    }
}

#[test]
fn a_refusal_by_the_name_that_the_provider_gave_the_later_attempt_counts() {
    let named = Receipt { provider_reference: Some("p-2".into()), ..Receipt::default() };
    let (mut payment, ticket) = tried_again(Outcome::Pending(named));
    let refusal = refused_as(&payment, &ticket, "p-2");
    claim(&mut payment, refusal, 4);
    assert_eq!((status_of(&payment, &ticket), payment.amounts().capturing), (OperationStatus::Rejected, amount(0)));
}

#[test]
fn what_became_of_the_order_of_an_earlier_attempt_does_not_end_a_later_one() {
    let decline = Decline { reason: DeclineReason::Other, provider_code: None, message: None };
    for state in [OrderState::Declined(decline), OrderState::Canceled, OrderState::Expired] {
        let (mut payment, first) = opened();
        settle(&mut payment, &first, Outcome::NotSent);
        let known = operation(&payment, &first.operation).clone();
        let Admission::Act(second) = payment.again(known, &body("create"), at(2)).unwrap() else { panic!() };
        settle_at(&mut payment, &second, in_doubt(), 3);
        let receipt = Receipt { order: Some(OrderNews::of(state)), ..Receipt::default() };
        let late = news_of(&payment, &second, Outcome::Done(receipt));
        claim(&mut payment, late, 4);
        assert_eq!((payment.status, status_of(&payment, &second)), (Status::Created, OperationStatus::InDoubt));
    }
}

/// The operation is settled as the order's state proves, so that its key says so and nobody runs it again.
fn is_set_right(payment: &mut Payment, ticket: &Ticket, fingerprint: &str) {
    assert_eq!((payment.status, status_of(payment, ticket)), (Status::Authorized, OperationStatus::Succeeded));
    let known = operation(payment, &ticket.operation).clone();
    assert_eq!(payment.check_still_wanted(&known), Ok(()));
    assert_eq!(payment.again(known, &body(fingerprint), at(500)), Ok(Admission::Replay(ticket.operation.clone())));
}

/// One way to believe that an operation was not done.
type Way = fn(&mut Payment, &Ticket);

#[test]
fn an_order_that_is_there_proves_that_its_session_was_opened_whatever_was_thought_of_it() {
    let nobody_found_it = |payment: &mut Payment, ticket: &Ticket| {
        settle(payment, ticket, in_doubt());
        for seconds in [10, 100] {
            let finding = Observation::read(Finding::NotFound);
            payment.found(&ticket.operation, finding, 60, DoubtPolicy::Lookup, &cause(), at(seconds));
        }
    };
    let a_person_denied_it = |payment: &mut Payment, ticket: &Ticket| {
        settle(payment, ticket, in_doubt());
        payment.look_again(&ticket.operation, DoubtPolicy::None, &cause(), at(1_000));
        let denied = Decision {
            succeeded: false,
            reason: "not in the portal".to_owned(),
            provider_reference: None,
            order: None,
            by: by_a_person(),
        };
        assert!(payment.resolve(&ticket.operation, denied, &cause(), at(1_001)));
    };
    let never_left = |payment: &mut Payment, ticket: &Ticket| {
        settle(payment, ticket, Outcome::NotSent);
    };
    let ways: [Way; 3] = [nobody_found_it, a_person_denied_it, never_left];
    for way in ways {
        for seen in [true, false] {
            let (mut payment, ticket) = opened();
            way(&mut payment, &ticket);
            assert_eq!((payment.status, status_of(&payment, &ticket)), (Status::Created, OperationStatus::Rejected));
            let told = order_news(OrderState::Authorized);
            if seen {
                observe(&mut payment, told, 2_000);
            } else {
                claim(&mut payment, told, 2_000);
            }
            is_set_right(&mut payment, &ticket, "create");
        }
    }
}

/// A payment that waits for its confirmation.
fn unconfirmed() -> Payment {
    let (mut payment, ticket) = opened();
    settle(&mut payment, &ticket, done_with(OrderState::AwaitingConfirmation));
    payment
}

#[test]
fn an_order_that_is_confirmed_proves_the_last_confirmation_where_no_other_was_made() {
    let mut payment = unconfirmed();
    let ticket = act(&mut payment, confirm_command("a", false));
    settle(&mut payment, &ticket, Outcome::NotSent);
    observe(&mut payment, order_news(OrderState::Authorized), 5);
    is_set_right(&mut payment, &ticket, "confirm");
}

#[test]
fn a_confirmation_that_another_key_made_is_not_taken_for_one_that_was_not_sent_nor_promised_again() {
    let mut payment = unconfirmed();
    let lost = act(&mut payment, confirm_command("a", false));
    settle(&mut payment, &lost, Outcome::NotSent);
    let known = operation(&payment, &lost.operation).clone();
    assert_eq!(payment.check_still_wanted(&known), Ok(()), "the same key can still do it");
    let made = act(&mut payment, confirm_command("b", false));
    settle(&mut payment, &made, done_with(OrderState::Authorized));
    observe(&mut payment, order_news(OrderState::Authorized), 5);
    assert_eq!(status_of(&payment, &lost), OperationStatus::Rejected);
    let moved_on = Rejection::StatusDoesNotAllow { status: Status::Authorized, kind: OperationKind::Confirm };
    assert_eq!(payment.check_still_wanted(&known), Err(moved_on));
}

#[test]
fn that_an_order_was_declined_does_not_prove_which_attempt_it_was_of() {
    let (mut payment, ticket) = opened();
    settle(&mut payment, &ticket, Outcome::NotSent);
    let decline = Decline { reason: DeclineReason::Other, provider_code: None, message: None };
    observe(&mut payment, order_news(OrderState::Declined(decline)), 5);
    assert_eq!((payment.status, status_of(&payment, &ticket)), (Status::Declined, OperationStatus::Rejected));
    let known = operation(&payment, &ticket.operation).clone();
    assert!(payment.check_still_wanted(&known).is_err(), "and the same key promises nothing");
}

#[test]
fn that_everything_was_given_back_counts_whichever_attempt_made_the_order() {
    let (mut payment, first) = opened();
    settle(&mut payment, &first, Outcome::NotSent);
    let second = payment.next_attempt(&first.operation, at(2)).unwrap();
    settle_at(&mut payment, &second, done_with(OrderState::Authorized), 3);
    let ticket = capture(&mut payment, "c0", AMOUNT);
    settle_at(&mut payment, &ticket, done(), 4);
    let order = Some(OrderNews::of(OrderState::Canceled));
    let receipt = Receipt { order, given_back: Some(GivenBack::All), ..Receipt::default() };
    let credited = news_of(&payment, &second, Outcome::Done(receipt));
    claim(&mut payment, credited, 5);
    assert_eq!((payment.amounts().captured, payment.reversed()), (amount(0), amount(AMOUNT)));
}

#[test]
fn a_refund_that_both_of_its_attempts_made_is_given_back_twice_also_where_the_answer_tells() {
    let (mut payment, capture) = captured(5_000);
    let first = refund(&mut payment, "r1", &capture, 2_000);
    settle(&mut payment, &first, in_doubt());
    let second = payment.next_attempt(&first.operation, at(2)).unwrap();
    let named = news_of(&payment, &second, done_as("K1"));
    claim(&mut payment, named, 3);
    for seconds in [4, 5] {
        settle_at(&mut payment, &second, done_as("K2"), seconds);
        let a = payment.amounts();
        assert_eq!((a.captured, a.refunded, a.released), (amount(3_000), amount(2_000), amount(2_000)));
        assert_eq!((drifts(&payment), payment.refundable_of(&capture)), (1, amount(1_000)));
    }
    assert_eq!(operation(&payment, &second.operation).provider_reference.as_deref(), Some("K1"));
}

#[test]
fn a_movement_that_was_refused_is_told_and_one_that_never_left_us_is_not() {
    for (outcome, told) in [(refused(), true), (Outcome::NotSent, false)] {
        let (mut payment, of) = captured(5_000);
        let before = payment.history.len();
        let ticket = capture(&mut payment, "c1", 1_000);
        settle(&mut payment, &ticket, outcome.clone());
        let ticket = refund(&mut payment, "r1", &of, 1_000);
        settle(&mut payment, &ticket, outcome);
        let wanted: &[&str] = if told { &["capture.failed", "refund.failed"] } else { &[] };
        assert_eq!(facts_after(&payment, before), wanted);
    }
}

#[test]
fn a_message_that_a_call_was_refused_waits_for_its_worker_while_that_may_live() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 1_000);
    let lease = operation(&payment, &ticket.operation).lease_until;
    let news = news_of(&payment, &ticket, refused());
    let hook = Cause::new(CauseKind::Webhook, "hook");
    let late = lease - SignedDuration::from_millis(1);
    payment.learn(SignedClaim::verified(news.clone()), &hook, late);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::Accepted);
    assert!(payment.due_at().is_some_and(|due| due <= late), "somebody looks");
    payment.learn(SignedClaim::verified(news), &hook, lease);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::Rejected);
}
