//! When somebody looks, written out: the numbers are a promise of their own.

use jiff::Timestamp;
use payment::{
    Doubt, DoubtPolicy, EXPIRES_UNOBSERVED_AFTER_SECONDS, Finding, Observation, OperationStatus, OrderState, Outcome,
    Payment, Ticket,
};

use crate::fixture::*;

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// A capture that ended so at second 0 of the schedule.
fn captured_as(outcome: Outcome) -> (Payment, Ticket) {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 5_000);
    settle_at(&mut payment, &ticket, outcome, 1);
    (payment, ticket)
}

/// The seconds between looks that each find this, as long as there is doubt about the operation or it is pending.
fn pauses(payment: &mut Payment, ticket: &Ticket, found: &Finding, policy: DoubtPolicy, most: usize) -> Vec<i64> {
    let (mut looked, mut pauses) = (at(1), Vec::new());
    while status_of(payment, ticket) != OperationStatus::NeedsOperator && pauses.len() < most {
        let due = operation(payment, &ticket.operation).due_at.unwrap();
        pauses.push(seconds(looked, due));
        payment.found(&ticket.operation, Observation::read(found.clone()), 60, policy, &cause(), due);
        sound(payment);
        looked = due;
    }
    pauses
}

fn seconds(from: Timestamp, to: Timestamp) -> i64 {
    to.duration_since(from).as_secs()
}

#[test]
fn doubt_is_probed_after_5_s_30_s_2_min_10_min_1_h_6_h_then_daily_until_a_person_is_asked_after_72_h() {
    let (mut payment, ticket) = captured_as(Outcome::InDoubt(Doubt::TimedOut));
    let pauses = pauses(&mut payment, &ticket, &Finding::Unclear, DoubtPolicy::Lookup, 100);
    // The last one is what is left of three days.
    assert_eq!(pauses, [5, 30, 120, 600, 3_600, 21_600, 86_400, 86_400, 60_445]);
    assert_eq!(pauses.iter().sum::<i64>(), 72 * HOUR);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::NeedsOperator);
    let asked = at(1 + 72 * HOUR);
    assert_eq!(seconds(asked, operation(&payment, &ticket.operation).due_at.unwrap()), DAY, "and daily after it");
}

#[test]
fn doubt_that_no_read_can_end_is_left_to_a_person_after_15_minutes() {
    let (mut payment, ticket) = captured_as(Outcome::InDoubt(Doubt::TimedOut));
    let pauses = pauses(&mut payment, &ticket, &Finding::Unclear, DoubtPolicy::None, 100);
    assert_eq!(pauses, [5, 30, 120, 600, 145]);
    assert_eq!(pauses.iter().sum::<i64>(), 15 * 60);
}

#[test]
fn what_is_pending_is_looked_at_after_1_5_and_15_minutes_then_hourly() {
    let (mut payment, ticket) = captured_as(pending());
    let pauses = pauses(&mut payment, &ticket, &Finding::Found(pending()), DoubtPolicy::Lookup, 6);
    assert_eq!(pauses, [60, 300, 900, 3_600, 3_600, 3_600]);
}

#[test]
fn what_is_pending_for_72_h_is_left_to_a_person_and_goes_on_to_be_looked_at() {
    for found in [Finding::Found(pending()), Finding::Unclear] {
        let (mut payment, ticket) = captured_as(pending());
        let pauses = pauses(&mut payment, &ticket, &found, DoubtPolicy::Lookup, 100);
        // The first hourly look at which three days are over.
        assert_eq!(pauses.iter().sum::<i64>(), 72 * HOUR + 60 + 300 + 900);
        assert_eq!(
            (status_of(&payment, &ticket), payment.amounts().capturing),
            (OperationStatus::NeedsOperator, amount(5_000))
        );
        let told = payment.history.len();
        for day in 1..4 {
            let due = operation(&payment, &ticket.operation).due_at.unwrap();
            payment.found(&ticket.operation, Observation::read(found.clone()), 60, DoubtPolicy::Lookup, &cause(), due);
            assert_eq!(status_of(&payment, &ticket), OperationStatus::NeedsOperator, "day {day}");
            assert_eq!(seconds(due, operation(&payment, &ticket.operation).due_at.unwrap()), DAY);
        }
        assert_eq!(facts_after(&payment, told), [""; 0], "a person is asked once");
        let news = news_of(&payment, &ticket, done());
        claim(&mut payment, news, 10 * DAY);
        assert_eq!(payment.amounts().captured, amount(5_000));
        assert_eq!(facts_after(&payment, told), ["operation.resolved", "capture.succeeded"]);
    }
}

#[test]
fn nothing_is_failed_by_age_and_a_person_hears_of_what_nobody_can_tell() {
    let nothing_new =
        [Finding::Unclear, Finding::Found(Outcome::NotSent), Finding::Found(Outcome::InDoubt(Doubt::TimedOut))];
    for first in [pending(), Outcome::InDoubt(Doubt::TimedOut), done_for(4_999)] {
        for found in nothing_new.iter().chain([&Finding::Found(done_for(4_999))]) {
            for policy in [DoubtPolicy::Lookup, DoubtPolicy::Repeat, DoubtPolicy::None] {
                let (mut payment, ticket) = captured_as(first.clone());
                let looks = pauses(&mut payment, &ticket, found, policy, 200);
                assert!(looks.len() < 200, "nobody hears of it");
                for _ in 0..400 {
                    let due = operation(&payment, &ticket.operation).due_at.expect("it goes on to be looked at");
                    payment.found(&ticket.operation, Observation::read(found.clone()), 60, policy, &cause(), due);
                }
                assert_eq!(status_of(&payment, &ticket), OperationStatus::NeedsOperator);
                assert_eq!(payment.amounts().capturing, amount(5_000), "its money is kept");
            }
        }
    }
}

#[test]
fn a_payment_that_waits_is_observed_after_1_5_and_15_minutes_then_hourly() {
    for state in [OrderState::AwaitingBuyer(None), OrderState::UnderReview] {
        let (mut payment, ticket) = opened();
        settle_at(&mut payment, &ticket, done_with(state), 1);
        let (mut looked, mut pauses) = (at(1), Vec::new());
        for _ in 0..6 {
            let due = payment.observe_at.unwrap();
            pauses.push(seconds(looked, due));
            payment.observed(due);
            looked = due;
        }
        assert_eq!(pauses, [60, 300, 900, 3_600, 3_600, 3_600]);
    }
}

#[test]
fn a_worker_is_believed_alive_for_35_seconds() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 5_000);
    assert_eq!(seconds(at(1), operation(&payment, &ticket.operation).lease_until), 35);
}

#[test]
fn what_nobody_can_see_expires_72_hours_after_its_session() {
    assert_eq!(EXPIRES_UNOBSERVED_AFTER_SECONDS, 72 * HOUR);
}
