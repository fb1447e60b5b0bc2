//! An amendment lowers what is promised, and nothing else.

use payment::{
    Admission, Doubt, DoubtPolicy, Finding, GivenBack, Observation, OperationKind, OperationStatus, OrderNews,
    OrderState, Outcome, Payment, Receipt, Rejection, Status,
};

use crate::fixture::*;

/// An amendment whose outcome is unknown.
fn in_doubt(payment: &mut Payment, minor: i64) -> payment::Ticket {
    let ticket = act(payment, amend_command("a", minor));
    settle(payment, &ticket, Outcome::InDoubt(Doubt::TimedOut));
    ticket
}

fn order_of(minor: i64) -> payment::News {
    let order = OrderNews { amount: Some(amount(minor)), ..OrderNews::of(OrderState::Authorized) };
    payment::News { order: Some(order), ..payment::News::default() }
}

#[test]
fn what_was_captured_after_all_is_not_released_by_an_amendment() {
    let mut payment = authorized();
    let lost = capture(&mut payment, "c1", 5_595);
    settle(&mut payment, &lost, Outcome::NotSent);
    let ticket = act(&mut payment, amend_command("a1", 949));
    let told = GivenBack::Part { movement: "m-1".to_owned(), amount: amount(4_646) };
    let receipt = Receipt { given_back: Some(told), ..Receipt::default() };
    let opened = payment.operations[0].reference.clone();
    claim(&mut payment, operation_news(&opened, Outcome::Done(receipt)), 2);
    settle(&mut payment, &lost, done());
    settle(&mut payment, &ticket, done());
    assert_eq!(payment.amounts().captured, amount(949));
}

#[test]
fn what_an_amendment_gives_up_is_released_once_it_succeeded() {
    let mut payment = authorized();
    let ticket = act(&mut payment, amend_command("a", 10_000));
    assert_eq!(payment.amounts().released, amount(0));
    settle(&mut payment, &ticket, done());
    assert_eq!((payment.status, payment.amounts().released), (Status::Authorized, amount(2_600)));
    assert_eq!(payment.capturable(), amount(10_000));
    assert_eq!(facts_after(&payment, 2), ["payment.amended"]);
}

#[test]
fn lowered_to_what_is_captured_a_payment_is_captured() {
    let (mut payment, _) = captured(6_050);
    let before = payment.history.len();
    let ticket = act(&mut payment, amend_command("a", 6_050));
    settle(&mut payment, &ticket, done());
    assert_eq!((payment.status, payment.amounts().released), (Status::Captured, amount(6_550)));
    assert_eq!(facts_after(&payment, before), ["payment.amended", "payment.captured"]);
}

#[test]
fn only_a_lower_amount_that_covers_what_is_captured_is_accepted() {
    let (payment, _) = captured(6_050);
    for (minor, rule) in
        [(AMOUNT, "less than the 12600"), (AMOUNT + 1, "less than the 12600"), (6_049, "at least the 6050")]
    {
        let refused = payment.clone().accept(amend_command("a", minor), at(1)).unwrap_err();
        assert!(
            matches!(&refused, Rejection::Invalid { pointer, detail, .. } if pointer == "/amount" && detail.contains(rule))
        );
    }
    let refused = authorized().accept(amend_command("a", 0), at(1)).unwrap_err();
    assert!(matches!(refused, Rejection::Invalid { detail, .. } if detail.contains("cancel")));
}

#[test]
fn in_doubt_it_keeps_its_reservation_and_excludes_what_lowers_or_takes() {
    let (mut payment, capture) = captured(1_000);
    let amend = in_doubt(&mut payment, 5_000);
    let blocked = Err(Rejection::BlockedByDoubt { operation: amend.operation.clone() });
    for command in [capture_command("c", 1), cancel_command("x"), amend_command("b", 4_000)] {
        assert_eq!(accept(&mut payment, command, 2), blocked);
    }
    assert_eq!(payment.capturable(), amount(4_000));
    assert!(accept(&mut payment, refund_command("r", Some(&capture), 1_000), 2).is_ok());
}

#[test]
fn nothing_is_amended_beside_a_capture_or_a_cancel() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c", 100);
    let refused = accept(&mut payment, amend_command("a", 5_000), 2).unwrap_err();
    assert!(matches!(refused, Rejection::InProgress { operation, .. } if operation == ticket.operation));

    let mut payment = authorized();
    let ticket = act(&mut payment, cancel_command("x"));
    let refused = accept(&mut payment, amend_command("a", 5_000), 2).unwrap_err();
    assert!(matches!(refused, Rejection::InProgress { operation, .. } if operation == ticket.operation));
}

#[test]
fn a_capture_that_was_made_after_all_is_drift_where_an_amendment_needs_its_money() {
    let mut payment = authorized();
    let lost = capture(&mut payment, "c", 8_000);
    settle(&mut payment, &lost, Outcome::NotSent);
    in_doubt(&mut payment, 5_000);
    let news = news_of(&payment, &lost, done());
    observe(&mut payment, news, 3);
    assert_eq!((payment.amounts().captured, drifts(&payment)), (amount(0), 1));
}

#[test]
fn what_was_not_sent_runs_again_while_it_still_lowers() {
    let mut payment = authorized();
    let first = act(&mut payment, amend_command("a", 10_000));
    settle(&mut payment, &first, Outcome::NotSent);
    let lower = act(&mut payment, amend_command("b", 5_000));
    settle(&mut payment, &lower, done());
    assert!(matches!(accept(&mut payment, amend_command("a", 10_000), 2), Err(Rejection::Invalid { .. })));

    let mut payment = authorized();
    let first = act(&mut payment, amend_command("a", 10_000));
    settle(&mut payment, &first, Outcome::NotSent);
    let second = act(&mut payment, amend_command("a", 10_000));
    assert_eq!(second.attempt, 2);
    settle(&mut payment, &second, done());
    assert_eq!(accept(&mut payment, amend_command("a", 10_000), 3), Ok(Admission::Replay(first.operation)));
}

#[test]
fn an_order_of_the_lowered_amount_is_ours_and_of_the_old_one_is_drift() {
    let mut payment = authorized();
    in_doubt(&mut payment, 10_000);
    observe(&mut payment, order_of(10_000), 2);
    observe(&mut payment, order_of(AMOUNT), 3);
    assert_eq!(drifts(&payment), 0, "either may be true while it is in doubt");

    let mut payment = authorized();
    let ticket = act(&mut payment, amend_command("a", 10_000));
    settle(&mut payment, &ticket, done());
    observe(&mut payment, order_of(10_000), 2);
    assert_eq!(drifts(&payment), 0);
    observe(&mut payment, order_of(AMOUNT), 3);
    assert_eq!(drifts(&payment), 1);
}

#[test]
fn an_answer_with_another_amount_is_no_answer() {
    let mut payment = authorized();
    let ticket = act(&mut payment, amend_command("a", 10_000));
    settle(&mut payment, &ticket, done_for(AMOUNT));
    assert_eq!(status_of(&payment, &ticket), OperationStatus::InDoubt);
}

#[test]
fn what_was_called_off_meanwhile_is_not_released_twice() {
    let mut payment = authorized();
    let ticket = in_doubt(&mut payment, 10_000);
    observe(&mut payment, order_news(OrderState::Canceled), 2);
    let before = payment.history.len();
    payment.found(
        &ticket.operation,
        Observation::read(Finding::Found(done())),
        60,
        DoubtPolicy::Lookup,
        &cause(),
        at(9),
    );
    sound(&payment);
    assert_eq!((payment.status, payment.amounts().released), (Status::Canceled, amount(AMOUNT)));
    assert_eq!(facts_after(&payment, before), ["operation.resolved"]);
}

/// Reverses the whole of the first capture.
fn reverse_the_first(payment: &mut Payment) {
    let first = payment.operations.iter().find(|o| o.makes_capture().is_some()).unwrap().reference.clone();
    let receipt = Receipt { given_back: Some(GivenBack::All), ..Receipt::default() };
    observe(payment, operation_news(&first, Outcome::Done(receipt)), 8);
}

#[test]
fn what_is_reversed_meanwhile_stays_captured_in_the_amount_that_the_provider_lowers() {
    let (mut payment, _) = captured(2_000);
    let second = capture(&mut payment, "c2", 3_000);
    settle(&mut payment, &second, done());
    let ticket = in_doubt(&mut payment, 8_000);
    reverse_the_first(&mut payment);
    assert_eq!(payment.reversed(), amount(2_000));
    let found = Observation::read(Finding::Found(done()));
    payment.found(&ticket.operation, found, 60, DoubtPolicy::Lookup, &cause(), at(9));
    sound(&payment);
    assert_eq!((payment.amounts().captured, payment.capturable()), (amount(3_000), amount(8_000 - 2_000 - 3_000)));
}

#[test]
fn an_order_of_which_the_provider_reversed_something_is_not_amended_any_more() {
    let (mut payment, _) = captured(2_000);
    reverse_the_first(&mut payment);
    assert!(accept(&mut payment, amend_command("a", 7_000), 9).is_err());
    assert!(payment.possible(OperationKind::Amend, at(9)).is_err());
}

#[test]
fn the_rest_of_an_amended_order_has_the_rest_of_its_net() {
    let (mut payment, _) = captured(1_000);
    let ticket = act(&mut payment, amend_command("a", 7_777));
    settle(&mut payment, &ticket, done());
    let last = capture(&mut payment, "c", 6_777);
    settle(&mut payment, &last, done());
    let net: i64 = [&payment.operations[1], &payment.operations[3]].iter().map(|o| o.net().unwrap().minor()).sum();
    assert_eq!((payment.status, net), (Status::Captured, payment.agreed().net().minor()));
    assert!(payment.agreed().net() < payment.net);
}
