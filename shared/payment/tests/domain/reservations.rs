//! What may be asked: amounts, lines, keys and conflicts.

use jiff::SignedDuration;
use payment::{
    Admission, CaptureCommand, CaptureId, CaptureMode, Command, Doubt, DoubtPolicy, Flow, InstructionKind,
    OperationKind, OrderState, Outcome, Payment, RefundCommand, Rejection, Status,
};
use proptest::prelude::*;

use crate::fixture::*;

fn by_lines(named: &str, lines: Vec<payment::LineQuantity>) -> Command {
    let body = payment::Fingerprint::of(&lines).unwrap();
    Command::capture(CaptureCommand { lines, ..CaptureCommand::default() }, key(named), body)
}

fn pointer(rejection: Rejection) -> String {
    match rejection {
        Rejection::Invalid { pointer, .. } => pointer,
        other => panic!("rejected for another reason: {other}"),
    }
}

#[test]
fn a_capture_cannot_exceed_what_other_captures_left_of_the_promise() {
    let mut payment = authorized();
    capture(&mut payment, "c1", 10_000);
    let rejected = accept(&mut payment, capture_command("c2", 2_601), 1);
    assert_eq!(rejected, Err(Rejection::ExceedsAuthorized { asked: amount(2_601), left: amount(2_600) }));
}

#[test]
fn a_capture_without_an_amount_takes_all_that_is_left() {
    let mut payment = authorized();
    capture(&mut payment, "c1", 10_000);
    let rest = act(&mut payment, by_lines("c2", Vec::new()));
    assert_eq!(operation(&payment, &rest.operation).amount, amount(2_600));
}

#[test]
fn a_second_refund_cannot_exceed_the_captured_amount() {
    let (mut payment, capture) = captured(5_000);
    refund(&mut payment, "r1", &capture, 3_000);
    let rejected = accept(&mut payment, refund_command("r2", None, 2_001), 1);
    assert_eq!(rejected, Err(Rejection::ExceedsCaptured { asked: amount(2_001), left: amount(2_000) }));
}

#[test]
fn a_refund_cannot_take_from_one_capture_what_another_captured() {
    let (mut payment, first) = captured(5_000);
    let second = capture(&mut payment, "c1", 5_000);
    settle(&mut payment, &second, done());
    let rejected = accept(&mut payment, refund_command("r1", Some(&first), 5_001), 1);
    assert_eq!(rejected, Err(Rejection::ExceedsCaptured { asked: amount(5_001), left: amount(5_000) }));
}

#[test]
fn a_refund_larger_than_every_single_capture_must_name_one() {
    let (mut payment, _) = captured(5_000);
    let second = capture(&mut payment, "c1", 5_000);
    settle(&mut payment, &second, done());
    assert_eq!(pointer(accept(&mut payment, refund_command("r1", None, 5_001), 1).unwrap_err()), "/capture_id");
}

#[test]
fn a_refund_that_names_no_capture_takes_the_oldest_that_holds_it() {
    let (mut payment, first) = captured(1_000);
    let second = capture(&mut payment, "c1", 5_000);
    settle(&mut payment, &second, done());
    let refund = act(&mut payment, refund_command("r1", None, 1_000));
    assert_eq!(operation(&payment, &refund.operation).refunds_capture(), Some(&first));
}

#[test]
fn a_capture_that_is_not_settled_cannot_be_refunded() {
    let (mut payment, _) = captured(1_000);
    let open = capture(&mut payment, "c1", 5_000);
    let id = payment::CaptureId::of(&open.operation);
    assert_eq!(pointer(accept(&mut payment, refund_command("r1", Some(&id), 1), 1).unwrap_err()), "/capture_id");
}

#[test]
fn nothing_cannot_be_captured() {
    let mut payment = authorized();
    assert_eq!(pointer(accept(&mut payment, capture_command("c1", 0), 1).unwrap_err()), "/amount");
}

#[test]
fn lines_and_amount_of_a_capture_must_agree() {
    let mut payment = authorized();
    let asked =
        CaptureCommand { amount: Some(amount(6_049)), lines: vec![units("SKU-1", 1)], ..CaptureCommand::default() };
    let rejected = accept(&mut payment, Command::capture(asked, key("c1"), body("c1")), 1).unwrap_err();
    assert!(matches!(rejected, Rejection::Invalid { lines_do_not_add_up: true, .. }), "{rejected}");
}

#[test]
fn no_more_units_are_captured_than_ordered() {
    let mut payment = authorized();
    act(&mut payment, by_lines("c1", vec![units("BOOK", 2)]));
    let rejected = accept(&mut payment, by_lines("c2", vec![units("BOOK", 2)]), 1).unwrap_err();
    assert_eq!(pointer(rejected), "/lines/0/quantity");
}

#[test]
fn the_same_line_twice_in_one_capture_is_refused() {
    let mut payment = authorized();
    let rejected = accept(&mut payment, by_lines("c1", vec![units("BOOK", 1), units("BOOK", 1)]), 1).unwrap_err();
    assert_eq!(pointer(rejected), "/lines/1/reference");
}

#[test]
fn no_more_units_are_refunded_than_their_capture_took() {
    let mut payment = authorized();
    let ticket = act(&mut payment, by_lines("c1", vec![units("BOOK", 1), units("SHIP", 1)]));
    settle(&mut payment, &ticket, done());
    let asked = RefundCommand { lines: vec![units("BOOK", 2)], ..RefundCommand::default() };
    let rejected = accept(&mut payment, Command::refund(asked, key("r1"), body("r1")), 1).unwrap_err();
    assert_eq!(pointer(rejected), "/lines/0/quantity");
}

#[test]
fn lines_that_add_up_to_less_than_nothing_are_refused() {
    let mut payment = authorized();
    assert_eq!(pointer(accept(&mut payment, by_lines("c1", vec![units("CODE", 1)]), 1).unwrap_err()), "/lines");
}

#[test]
fn absurd_quantities_are_refused_without_overflow() {
    let mut payment = authorized();
    let lines = vec![units("SKU-1", u32::MAX), units("SKU-1", u32::MAX), units("CODE", u32::MAX)];
    assert!(accept(&mut payment, by_lines("c1", lines), 1).is_err());
}

#[test]
fn the_two_hundred_and_first_movement_is_too_many() {
    let mut payment = authorized();
    for n in 0..200 {
        let ticket = capture(&mut payment, &format!("c{n}"), 1);
        settle(&mut payment, &ticket, Outcome::NotSent);
    }
    assert_eq!(accept(&mut payment, capture_command("c200", 1), 1), Err(Rejection::TooLarge));
}

#[test]
fn the_same_key_with_another_body_is_refused() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 100);
    let rejected = accept(&mut payment, capture_command("c1", 101), 1);
    assert_eq!(rejected, Err(Rejection::KeyReused { operation: ticket.operation }));
}

#[test]
fn the_same_key_while_its_call_runs_is_told_when_to_come_back() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 100);
    let rejected = accept(&mut payment, capture_command("c1", 100), 11);
    assert_eq!(rejected, Err(Rejection::InProgress { operation: ticket.operation, retry_after: 2 }));
}

#[test]
fn the_same_key_after_its_worker_died_probes_first() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 100);
    assert_eq!(accept(&mut payment, capture_command("c1", 100), 36), Ok(Admission::Probe(ticket.operation)));
}

#[test]
fn the_same_key_in_doubt_probes_first() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 100);
    settle(&mut payment, &ticket, Outcome::InDoubt(Doubt::TimedOut));
    assert_eq!(accept(&mut payment, capture_command("c1", 100), 2), Ok(Admission::Probe(ticket.operation)));
}

#[test]
fn the_same_key_after_it_was_done_is_answered_without_another_call() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 100);
    settle(&mut payment, &ticket, done());
    assert_eq!(accept(&mut payment, capture_command("c1", 100), 2), Ok(Admission::Replay(ticket.operation)));
}

#[test]
fn the_same_key_after_a_definite_refusal_is_answered_without_another_call() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 100);
    settle(&mut payment, &ticket, refused());
    assert_eq!(accept(&mut payment, capture_command("c1", 100), 2), Ok(Admission::Replay(ticket.operation)));
}

#[test]
fn the_same_key_after_it_was_not_sent_runs_the_next_attempt() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 100);
    settle(&mut payment, &ticket, Outcome::NotSent);
    assert!(payment.amounts().capturing.is_zero());
    let second = act(&mut payment, capture_command("c1", 100));
    assert_eq!((second.operation, second.attempt), (ticket.operation, 2));
}

#[test]
fn the_same_key_after_a_harmless_doubt_opens_another_session() {
    let (mut payment, ticket) = opened();
    payment.settle(&ticket, Outcome::InDoubt(Doubt::TimedOut), DoubtPolicy::Harmless, &cause(), at(1));
    let known = operation(&payment, &ticket.operation).clone();
    let Ok(Admission::Act(second)) = payment.again(known, &body("create"), at(2)) else { panic!("not run again") };
    assert_eq!(second.attempt, 2);
}

#[test]
fn a_failed_session_is_not_opened_again_once_the_payment_moved_on_without_it() {
    let (mut payment, ticket) = opened();
    payment.settle(&ticket, Outcome::InDoubt(Doubt::TimedOut), DoubtPolicy::Harmless, &cause(), at(1));
    observe(&mut payment, order_news(OrderState::Authorized), 2);
    let known = operation(&payment, &ticket.operation).clone();
    assert_eq!(payment.again(known, &body("create"), at(3)), Ok(Admission::Replay(ticket.operation)));
}

#[test]
fn another_attempt_needs_its_money_to_be_there_still() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 10_000);
    settle(&mut payment, &ticket, Outcome::NotSent);
    capture(&mut payment, "c2", 10_000);
    let rejected = accept(&mut payment, capture_command("c1", 10_000), 2);
    assert_eq!(rejected, Err(Rejection::ExceedsAuthorized { asked: amount(10_000), left: amount(2_600) }));
}

#[test]
fn another_attempt_of_a_refund_needs_its_money_to_be_there_still() {
    let (mut payment, capture) = captured(5_000);
    let ticket = refund(&mut payment, "r1", &capture, 3_000);
    settle(&mut payment, &ticket, Outcome::NotSent);
    refund(&mut payment, "r2", &capture, 3_000);
    let rejected = accept(&mut payment, refund_command("r1", Some(&capture), 3_000), 2);
    assert_eq!(rejected, Err(Rejection::ExceedsCaptured { asked: amount(3_000), left: amount(2_000) }));
}

#[test]
fn another_attempt_needs_its_units_to_be_there_still() {
    let mut payment = authorized();
    let command = by_lines("c1", vec![units("BOOK", 3)]);
    let ticket = act(&mut payment, command.clone());
    settle(&mut payment, &ticket, Outcome::NotSent);
    act(&mut payment, by_lines("c2", vec![units("BOOK", 3)]));
    assert_eq!(pointer(accept(&mut payment, command, 2).unwrap_err()), "/lines/0/quantity");
}

#[test]
fn another_attempt_takes_its_net_from_what_is_left() {
    let mut payment = authorized();
    // Both have a net of half a cent more than a whole number.
    let first = capture(&mut payment, "c1", 180);
    settle(&mut payment, &first, Outcome::NotSent);
    let rest = capture(&mut payment, "c2", 12_420);
    settle(&mut payment, &rest, done());
    let second = act(&mut payment, capture_command("c1", 180));
    settle(&mut payment, &second, done());
    let net: i64 = payment.operations.iter().filter_map(|o| o.net()).map(payment::Amount::minor).sum();
    assert_eq!(net, payment.net.minor());
}

#[test]
fn what_is_done_cannot_be_attempted_again() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 100);
    settle(&mut payment, &ticket, done());
    assert!(payment.next_attempt(&ticket.operation, at(100)).is_err());
}

#[test]
fn captures_run_side_by_side() {
    let mut payment = authorized();
    capture(&mut payment, "c1", 100);
    capture(&mut payment, "c2", 100);
    assert_eq!(payment.amounts().capturing, amount(200));
}

#[test]
fn a_cancel_waits_for_no_capture_but_names_it() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 100);
    let rejected = accept(&mut payment, cancel_command("x"), 1);
    assert_eq!(rejected, Err(Rejection::InProgress { operation: ticket.operation, retry_after: 2 }));
}

#[test]
fn a_capture_is_blocked_by_a_cancel_in_doubt() {
    let mut payment = authorized();
    let ticket = act(&mut payment, cancel_command("x"));
    settle(&mut payment, &ticket, Outcome::InDoubt(Doubt::TimedOut));
    let rejected = accept(&mut payment, capture_command("c1", 100), 2);
    assert_eq!(rejected, Err(Rejection::BlockedByDoubt { operation: ticket.operation }));
}

#[test]
fn nothing_runs_beside_a_confirmation() {
    let (mut payment, ticket) = opened();
    settle(&mut payment, &ticket, done_with(OrderState::AwaitingConfirmation));
    let confirm = act(&mut payment, confirm_command("k", false));
    let rejected = accept(&mut payment, cancel_command("x"), 1).unwrap_err();
    assert!(matches!(rejected, Rejection::InProgress { operation, .. } if operation == confirm.operation));
}

#[test]
fn a_widget_session_is_confirmed_with_what_the_browser_handed_over() {
    let (mut payment, ticket) = opened_with(Flow::Widget, CaptureMode::Manual);
    settle(&mut payment, &ticket, done_with(OrderState::AwaitingBuyer(None)));
    assert!(accept(&mut payment, confirm_command("k", false), 1).is_err());
    act(&mut payment, confirm_command("k", true));
}

#[test]
fn a_confirmation_is_possible_until_the_session_ends() {
    let (mut payment, ticket) = opened_with(Flow::Widget, CaptureMode::Manual);
    settle(&mut payment, &ticket, done_with(OrderState::AwaitingBuyer(None)));
    payment.expires_at = Some(at(900));
    assert_eq!(payment.possible_before(OperationKind::Confirm, at(0)), Some(at(900)));
    assert_eq!(payment.possible(OperationKind::Confirm, at(899)), Ok(None));
    let late = Rejection::TooLate { kind: OperationKind::Confirm, since: at(900) };
    assert_eq!(payment.possible(OperationKind::Confirm, at(900)), Err(late.clone()));
    assert_eq!(payment.clone().accept(confirm_command("late", true), at(900)), Err(late));
    // What was asked in time is finished afterwards.
    let confirm = act(&mut payment, confirm_command("k", true));
    settle(&mut payment, &confirm, Outcome::InDoubt(Doubt::TimedOut));
    assert!(payment.next_attempt(&confirm.operation, at(1_000)).is_ok());
    // Until then the buyer can be called off; afterwards nothing is in the way until somebody has looked.
    assert_eq!(payment.possible_before(OperationKind::Cancel, at(899)), Some(at(900)));
    assert_eq!(payment.possible_before(OperationKind::Cancel, at(900)), None);
    // Nothing else ends with the session.
    assert_eq!(payment.possible_before(OperationKind::Capture, at(0)), None);
}

#[test]
fn every_status_allows_what_the_contract_says() {
    use OperationKind::{Amend, Cancel, Capture, Confirm, Refund, Tell};
    let [hold, resume, message, paid] = InstructionKind::ALL.map(Tell);
    let allowed = |status: Status| {
        let payment = Payment { status, ..authorized() };
        OperationKind::ACTIONS.into_iter().filter(|kind| payment.status_allows(*kind)).collect::<Vec<_>>()
    };
    let table: Vec<(Status, Vec<OperationKind>)> = Status::ALL.into_iter().map(|s| (s, allowed(s))).collect();
    let expected = vec![
        (Status::Created, vec![]),
        (Status::RequiresAction, vec![Cancel]),
        (Status::RequiresConfirmation, vec![Confirm, Cancel]),
        (Status::UnderReview, vec![Cancel]),
        (Status::Authorized, vec![Capture, Cancel, Amend, message]),
        (Status::PartiallyCaptured, vec![Capture, Refund, Cancel, Amend, hold, resume, message, paid]),
        (Status::Captured, vec![Refund, hold, resume, message, paid]),
        (Status::Declined, vec![]),
        (Status::Canceled, vec![]),
        (Status::Expired, vec![]),
    ];
    assert_eq!(table, expected);
}

#[test]
fn no_callers_key_can_meet_the_capture_that_came_with_the_authorization() {
    let (mut payment, ticket) = opened_with(Flow::Redirect, CaptureMode::Automatic);
    settle(&mut payment, &ticket, done_with(OrderState::Authorized));
    let mine = capture(&mut payment, "automatic", 100);
    settle(&mut payment, &mine, refused());
    observe(&mut payment, order_news(OrderState::Captured), 2);
    assert_eq!(payment.status, Status::Captured);
    let ids: std::collections::BTreeSet<_> = payment.operations.iter().map(|o| &o.id).collect();
    assert_eq!(ids.len(), payment.operations.len());
}

#[test]
fn a_capture_that_came_with_the_authorization_is_not_counted_beside_one_of_ours() {
    let (mut payment, ticket) = opened_with(Flow::Redirect, CaptureMode::Automatic);
    settle(&mut payment, &ticket, done_with(OrderState::Authorized));
    let mine = capture(&mut payment, "c1", 100);
    observe(&mut payment, order_news(OrderState::Captured), 2);
    settle(&mut payment, &mine, done());
    assert_eq!(payment.amounts().captured, amount(100));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn captures_one_after_the_other_take_exactly_the_orders_net(cuts in prop::collection::vec(1..4_000i64, 1..12)) {
        let mut payment = authorized();
        for (n, cut) in cuts.iter().enumerate() {
            let left = payment.capturable().minor();
            if left > 0 {
                let ticket = capture(&mut payment, &format!("c{n}"), (*cut).min(left));
                settle(&mut payment, &ticket, done());
            }
        }
        if !payment.capturable().is_zero() {
            let ticket = act(&mut payment, by_lines("rest", Vec::new()));
            settle(&mut payment, &ticket, done());
        }
        let net: i64 = payment.operations.iter().filter_map(|o| o.net()).map(payment::Amount::minor).sum();
        prop_assert_eq!(net, payment.net.minor());
    }
}

#[test]
fn a_confirmation_by_looking_is_written_down_once_whatever_the_key() {
    let mut payment = authorized();
    let before = payment.operations.len();
    let print = payment::Fingerprint::of(&"confirm").unwrap();
    let id = |key: &str| payment::OperationId::of(&payment.id, "confirm", key);
    let (first, other) = (id("k1"), id("k2"));
    assert_eq!(payment.confirmed_by_look(first.clone(), &print, at(1)), Ok((first.clone(), true)));
    for key in [&first, &other] {
        assert_eq!(payment.confirmed_by_look(key.clone(), &print, at(2)), Ok((first.clone(), false)));
    }
    let another = payment::Fingerprint::of(&"another").unwrap();
    let reused = Err(Rejection::KeyReused { operation: first.clone() });
    assert_eq!(payment.confirmed_by_look(first, &another, at(2)), reused);
    assert_eq!(payment.operations.len(), before + 1);
}

#[test]
fn units_that_were_given_back_of_a_capture_are_gone_there_and_at_no_other() {
    let mut payment = authorized();
    let took = [("c1", vec![units("SHIP", 1), units("BOOK", 1)]), ("c2", vec![units("SKU-1", 1), units("BOOK", 2)])];
    let captures = took.map(|(named, lines)| {
        let ticket = act(&mut payment, by_lines(named, lines));
        settle(&mut payment, &ticket, done());
        CaptureId::of(&ticket.operation)
    });
    let [first, second] = captures.each_ref();
    for (named, capture, quantity, are_left) in
        [("r1", first, 1, true), ("r2", first, 1, false), ("r3", second, 2, true), ("r4", second, 1, false)]
    {
        let capture_id = Some(capture.clone());
        let asked = RefundCommand { capture_id, lines: vec![units("BOOK", quantity)], ..RefundCommand::default() };
        let answer = accept(&mut payment, Command::refund(asked, key(named), body(named)), 1);
        match (answer, are_left) {
            (Ok(Admission::Act(ticket)), true) => assert!(settle(&mut payment, &ticket, done())),
            (Err(rejected), false) => assert_eq!(pointer(rejected), "/lines/0/quantity"),
            (other, _) => panic!("{named}: {other:?}"),
        }
    }
}

#[test]
fn a_call_that_may_still_run_makes_others_wait_and_one_whose_worker_died_is_doubt() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 1_000);
    let lease = operation(&payment, &ticket.operation).lease_until;
    for (now, died) in [(lease - SignedDuration::from_millis(1), false), (lease, true)] {
        let operation = ticket.operation.clone();
        let blocked = match died {
            false => Rejection::InProgress { operation, retry_after: 2 },
            true => Rejection::BlockedByDoubt { operation },
        };
        assert_eq!(payment.accept(cancel_command("x1"), now), Err(blocked));
    }
}
