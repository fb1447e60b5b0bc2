//! An operation that was tried more than once: what is said of an earlier attempt does not end a later one.

use payment::{
    Admission, Decline, DeclineReason, Doubt, GivenBack, News, OperationNews, OperationStatus, OrderNews, OrderState,
    Outcome, Payment, Receipt, Status, Ticket, Whom,
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
