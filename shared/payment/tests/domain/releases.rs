//! Releases that follow a final capture: each ends, or a person hears of it.

use payment::{
    Admission, Doubt, DoubtPolicy, Finding, Observation, Operation, OperationId, OperationKind, OperationStatus,
    Outcome, Payment, Rejection, Status,
};

use crate::fixture::*;

#[test]
fn a_final_capture_releases_the_rest_once_it_succeeded() {
    let mut payment = authorized();
    let ticket = act(&mut payment, final_capture_command("c1", 10_000));
    assert!(payment.ready_follower().is_none());
    settle(&mut payment, &ticket, done());
    let follower = payment.ready_follower().unwrap().id.clone();
    let release = payment.next_attempt(&follower, at(2)).unwrap();
    settle(&mut payment, &release, done());
    assert_eq!((payment.status, payment.amounts().released), (Status::Captured, amount(2_600)));
}

#[test]
fn a_final_capture_of_everything_has_nothing_to_release() {
    let mut payment = authorized();
    let ticket = act(&mut payment, final_capture_command("c1", AMOUNT));
    settle(&mut payment, &ticket, done());
    assert!(payment.ready_follower().is_none());
    assert_eq!(last_of(&payment, OperationKind::Cancel).status, OperationStatus::Succeeded);
}

#[test]
fn the_release_of_a_final_capture_does_not_outlive_its_refusal() {
    let mut payment = authorized();
    let ticket = act(&mut payment, final_capture_command("c1", 10_000));
    settle(&mut payment, &ticket, refused());
    assert_eq!(last_of(&payment, OperationKind::Cancel).status, OperationStatus::Rejected);
    capture(&mut payment, "c2", 100);
}

#[test]
fn a_final_capture_that_was_not_sent_at_first_still_releases_the_rest() {
    let mut payment = authorized();
    let first = act(&mut payment, final_capture_command("c1", 10_000));
    settle(&mut payment, &first, Outcome::NotSent);
    let second = act(&mut payment, final_capture_command("c1", 10_000));
    settle(&mut payment, &second, done());
    assert!(payment.ready_follower().is_some());
}

#[test]
fn a_release_that_never_leaves_us_needs_a_person_after_three_days() {
    for outcome in [Outcome::NotSent, Outcome::InDoubt(Doubt::TimedOut)] {
        let mut payment = authorized();
        let ticket = act(&mut payment, final_capture_command("c1", 10_000));
        settle(&mut payment, &ticket, done());
        let follower = payment.ready_follower().unwrap().id.clone();
        let (mut now, mut attempts) = (at(1), 0);
        while operation(&payment, &follower).status != OperationStatus::NeedsOperator {
            now = payment.due_at().unwrap();
            let release = payment.next_attempt(&follower, now).unwrap();
            payment.settle(&release, outcome.clone(), DoubtPolicy::Lookup, &cause(), now);
            if operation(&payment, &follower).status == OperationStatus::InDoubt {
                for seen in [now, now + jiff::SignedDuration::from_secs(1)] {
                    let missing = Observation::read(Finding::NotFound);
                    payment.found(&follower, missing, 1, DoubtPolicy::Lookup, &cause(), seen);
                }
            }
            attempts += 1;
            assert!(attempts < 100, "tried for ever");
        }
        sound(&payment);
        let days = now.duration_since(at(1)).as_hours() / 24;
        assert_eq!((days, payment.ready_follower().is_none()), (3, true));
        assert_eq!(facts_after(&payment, 0).last(), Some(&"operation.needs_operator"));
    }
}

#[test]
fn a_final_capture_in_doubt_can_be_repeated_while_its_release_waits() {
    let mut payment = authorized();
    let first = act(&mut payment, final_capture_command("c1", 10_000));
    settle(&mut payment, &first, Outcome::InDoubt(Doubt::TimedOut));
    let again = payment.next_attempt(&first.operation, at(60)).unwrap();
    assert!(payment.ready_follower().is_none());
    settle(&mut payment, &again, done());
    assert!(payment.ready_follower().is_some());
}

#[test]
fn a_release_waits_for_other_captures_and_ends_when_they_took_everything() {
    let mut payment = authorized();
    let other = capture(&mut payment, "c1", 2_600);
    let last = act(&mut payment, final_capture_command("c2", 10_000));
    settle(&mut payment, &last, done());
    let follower = payment.ready_follower().unwrap().id.clone();
    assert!(payment.next_attempt(&follower, at(2)).is_err());
    settle(&mut payment, &other, done());
    assert_eq!(operation(&payment, &follower).status, OperationStatus::Succeeded);
}

#[test]
fn no_callers_key_can_meet_the_release_of_a_final_capture() {
    let mut payment = authorized();
    act(&mut payment, final_capture_command("c1", 10_000));
    let release = last_of(&payment, OperationKind::Cancel).id.clone();
    assert_ne!(release, payment::OperationId::of(&payment.id, "cancel", "c1"));
    assert!("after c1".parse::<payment::IdempotencyKey>().is_err());
}

/// The releases, oldest first.
fn releases(payment: &Payment) -> Vec<OperationId> {
    payment.operations.iter().filter(|o| o.waits_for.is_some()).map(|o| o.id.clone()).collect()
}

/// Runs a release as the sweep does.
fn run(payment: &mut Payment, release: &OperationId, outcome: Outcome, seconds: i64) {
    let ticket = payment.next_attempt(release, at(seconds)).unwrap();
    settle_at(payment, &ticket, outcome, seconds);
}

#[test]
fn a_person_hears_of_a_release_that_is_refused() {
    let mut payment = authorized();
    let ticket = act(&mut payment, final_capture_command("c1", 10_000));
    settle(&mut payment, &ticket, done());
    let release = payment.ready_follower().unwrap().id.clone();
    run(&mut payment, &release, refused(), 2);
    assert_eq!(operation(&payment, &release).status, OperationStatus::NeedsOperator);
    assert_eq!(facts_after(&payment, 0).last(), Some(&"operation.needs_operator"));
}

#[test]
fn a_later_final_capture_that_fails_does_not_silence_an_earlier_release() {
    for (outcome, seconds) in [(refused(), 1), (Outcome::NotSent, 1)] {
        let mut payment = authorized();
        let ticket = act(&mut payment, final_capture_command("c1", 5_000));
        settle(&mut payment, &ticket, done());
        let release = payment.ready_follower().unwrap().id.clone();
        run(&mut payment, &release, Outcome::NotSent, 2);
        let later = act(&mut payment, final_capture_command("c2", 2_000));
        settle_at(&mut payment, &later, outcome, seconds);
        let left = payment.ready_follower().unwrap().id.clone();
        assert_eq!(left, release);
        run(&mut payment, &release, done(), 400);
        assert_eq!((payment.status, payment.amounts().released), (Status::Captured, amount(7_600)));
    }
}

#[test]
fn of_two_releases_that_wait_at_the_same_time_one_runs() {
    let mut payment = authorized();
    let first = act(&mut payment, final_capture_command("c1", 3_000));
    settle(&mut payment, &first, Outcome::InDoubt(Doubt::TimedOut));
    for seconds in [10, 100] {
        let missing = Observation::read(Finding::NotFound);
        payment.found(&first.operation, missing, 60, DoubtPolicy::Lookup, &cause(), at(seconds));
    }
    let Admission::Act(second) = accept(&mut payment, final_capture_command("c2", 3_000), 110).unwrap() else {
        panic!("the money is there")
    };
    settle_at(&mut payment, &second, Outcome::InDoubt(Doubt::TimedOut), 120);
    for (ticket, id, seconds) in [(&first, "inv-1", 130), (&second, "inv-2", 140)] {
        let news = news_of(&payment, ticket, done_as(id));
        claim(&mut payment, news, seconds);
    }
    let [earlier, later] = &releases(&payment)[..] else { panic!("two releases") };
    for (runs, other) in [(earlier, later), (later, earlier)] {
        let mut payment = payment.clone();
        let ticket = payment.next_attempt(runs, at(200)).unwrap();
        let blocked = payment.clone().next_attempt(other, at(201));
        assert!(matches!(blocked, Err(Rejection::InProgress { .. })), "two at once: {blocked:?}");
        settle_at(&mut payment, &ticket, done(), 202);
        assert!(releases(&payment).iter().all(|id| operation(&payment, id).status == OperationStatus::Succeeded));
        assert_eq!((payment.status, payment.amounts().released), (Status::Captured, amount(AMOUNT - 6_000)));
    }
}

#[test]
fn a_release_that_has_nothing_left_to_do_is_over() {
    let mut payment = authorized();
    let ticket = act(&mut payment, final_capture_command("c1", 10_000));
    settle(&mut payment, &ticket, done());
    let release = payment.ready_follower().unwrap().id.clone();
    payment.give_up(&release);
    sound(&payment);
    let given_up: &Operation = operation(&payment, &release);
    assert_eq!((given_up.status, given_up.due_at), (OperationStatus::Rejected, None));
    assert!(payment.possible(OperationKind::Capture, at(3)).is_ok(), "it is in nobody's way");
}

#[test]
fn whoever_was_told_that_a_cancellation_is_pending_is_told_that_it_failed() {
    let mut payment = authorized();
    let ticket = act(&mut payment, cancel_command("x1"));
    settle(&mut payment, &ticket, pending());
    let told = payment.history.len();
    let news = news_of(&payment, &ticket, refused());
    claim(&mut payment, news, 10);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::Rejected);
    assert_eq!(facts_after(&payment, told), ["operation.resolved"]);
}

#[test]
fn one_key_that_is_sent_again_and_again_does_not_fill_the_payment() {
    let mut payment = authorized();
    let (_, refused) = filled(&mut payment);
    assert_eq!(refused, Err(Rejection::TooLarge));
    assert!(!payment.is_full());
    sound(&payment);
}

/// Asks for the same capture, which is never done, until it is refused: when, and why.
fn filled(payment: &mut Payment) -> (i64, Result<Admission, Rejection>) {
    let (mut now, mut attempts) = (10, 0);
    let refused = loop {
        match payment.accept(capture_command("c1", 3_000), at(now)) {
            Ok(Admission::Act(ticket)) => {
                let lost = Outcome::InDoubt(Doubt::ServerError);
                payment.settle(&ticket, lost, DoubtPolicy::Lookup, &cause(), at(now + 1));
                for seconds in [6, 70] {
                    let missing = Observation::read(Finding::NotFound);
                    let seen = at(now + seconds);
                    payment.found(&ticket.operation, missing, 60, DoubtPolicy::Lookup, &cause(), seen);
                }
                attempts += 1;
                now += 80;
            }
            other => break other,
        }
        assert!(attempts < 1_000, "it grows for ever");
    };
    assert!(attempts > 50, "{attempts} attempts");
    (now, refused)
}

#[test]
fn what_waits_for_a_capture_in_doubt_is_in_the_way_because_of_that_doubt() {
    let mut payment = authorized();
    let ticket = act(&mut payment, final_capture_command("c1", 3_000));
    settle(&mut payment, &ticket, Outcome::InDoubt(Doubt::TimedOut));
    let blocked = accept(&mut payment, capture_command("c2", 1_000), 60);
    assert_eq!(blocked, Err(Rejection::BlockedByDoubt { operation: ticket.operation }));
}

#[test]
fn what_is_in_doubt_may_be_repeated_however_large_the_payment_has_become() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c2", 1_000);
    settle(&mut payment, &ticket, Outcome::InDoubt(Doubt::TimedOut));
    let (now, refused) = filled(&mut payment);
    assert_eq!(refused, Err(Rejection::TooLarge));
    let again = payment.next_attempt(&ticket.operation, at(now)).unwrap();
    settle(&mut payment, &again, done());
    assert_eq!(payment.amounts().captured, amount(1_000));
}

#[test]
fn what_waits_for_another_capture_lets_no_capture_run_again_beside_it() {
    let mut payment = authorized();
    let first = capture(&mut payment, "c1", 1_000);
    settle(&mut payment, &first, Outcome::NotSent);
    let last = act(&mut payment, final_capture_command("c2", 3_000));
    settle(&mut payment, &last, Outcome::InDoubt(Doubt::TimedOut));
    let again = accept(&mut payment, capture_command("c1", 1_000), 60);
    assert_eq!(again, Err(Rejection::BlockedByDoubt { operation: last.operation }));
}

#[test]
fn a_release_whose_turn_it_is_makes_others_wait_for_it() {
    let mut payment = authorized();
    let last = act(&mut payment, final_capture_command("c1", 3_000));
    settle(&mut payment, &last, done());
    let operation = payment.ready_follower().unwrap().id.clone();
    for seconds in [2, 600] {
        let blocked = accept(&mut payment, capture_command("c2", 1_000), seconds);
        assert_eq!(blocked, Err(Rejection::InProgress { operation: operation.clone(), retry_after: 2 }), "{seconds}");
    }
}
