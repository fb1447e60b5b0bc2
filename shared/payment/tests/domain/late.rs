//! A buyer who finished after the payment was given up.

use payment::{
    Action, CaptureMode, Cause, CauseKind, Doubt, DoubtPolicy, Flow, Hint, LateAuthorization, OperationKind,
    OperationStatus, OrderState, Outcome, Payment, Status, Ticket,
};

use crate::fixture::*;

const HOUR: i64 = 3_600;

/// A payment whose session ended at second 900 without its buyer, seen to be so at second 1000.
fn expired(policy: LateAuthorization, mode: CaptureMode) -> Payment {
    let (mut payment, ticket) = opened_with(Flow::Redirect, mode);
    payment.late_authorization = policy;
    let action = Action::Redirect { url: "https://provider.example/pay".parse().unwrap(), expires_at: Some(at(900)) };
    settle(&mut payment, &ticket, done_with(OrderState::AwaitingBuyer(Some(action))));
    observe(&mut payment, order_news(OrderState::AwaitingBuyer(None)), 1_000);
    assert_eq!(payment.status, Status::Expired);
    payment
}

/// The first attempt of the cancellation that the payment reserved by itself.
fn call_off(payment: &mut Payment, seconds: i64) -> Ticket {
    let id = payment.ready_follower().unwrap().id.clone();
    let ticket = payment.next_attempt(&id, at(seconds)).unwrap();
    sound(payment);
    ticket
}

fn late(payment: &mut Payment) {
    observe(payment, order_news(OrderState::Authorized), 2_000);
}

#[test]
fn a_late_authorization_is_drift_and_is_called_off_once_for_the_whole_amount() {
    let mut payment = expired(LateAuthorization::Cancel, CaptureMode::Manual);
    late(&mut payment);
    assert_eq!((payment.status, drifts(&payment)), (Status::Expired, 1));
    assert_eq!(payment.due_at(), Some(at(2_000)));
    let ticket = call_off(&mut payment, 2_001);
    assert_eq!(operation(&payment, &ticket.operation).amount, amount(AMOUNT));
    late(&mut payment);
    assert!(payment.ready_follower().is_none());
    settle_at(&mut payment, &ticket, done(), 2_002);
    late(&mut payment);
    assert_eq!((payment.status, payment.amounts().authorized), (Status::Expired, amount(0)));
    assert_eq!(payment.operations.iter().filter(|o| o.kind() == OperationKind::Cancel).count(), 1);
    let told = ["payment.expired", "payment.drift_detected", "operation.resolved"];
    assert_eq!(facts_after(&payment, 2), told);
}

#[test]
fn a_claim_of_a_late_authorization_only_asks_for_a_look() {
    for policy in [LateAuthorization::Cancel, LateAuthorization::Accept] {
        let mut payment = expired(policy, CaptureMode::Manual);
        claim(&mut payment, order_news(OrderState::Authorized), 2_000);
        assert_eq!((payment.status, drifts(&payment)), (Status::Expired, 0));
        assert!(payment.ready_follower().is_none());
        assert_eq!(payment.due_at(), Some(at(2_000)));
    }
}

#[test]
fn a_late_authorization_that_cannot_be_called_off_needs_a_person() {
    let mut payment = expired(LateAuthorization::Cancel, CaptureMode::Manual);
    late(&mut payment);
    let ticket = call_off(&mut payment, 2_001);
    settle_at(&mut payment, &ticket, refused(), 2_002);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::NeedsOperator);
    assert_eq!(operation(&payment, &ticket.operation).next_look(), None);
    assert_eq!(facts_after(&payment, 4), ["operation.needs_operator"]);
}

#[test]
fn money_that_was_taken_late_needs_a_person_and_no_call() {
    let mut payment = expired(LateAuthorization::Cancel, CaptureMode::Automatic);
    observe(&mut payment, order_news(OrderState::Captured), 2_000);
    assert!(payment.ready_follower().is_none());
    assert_eq!(last_of(&payment, OperationKind::Cancel).status, OperationStatus::NeedsOperator);
    assert_eq!((payment.status, payment.amounts().captured), (Status::Expired, amount(0)));
}

#[test]
fn a_call_off_that_never_left_us_runs_again_by_itself() {
    let mut payment = expired(LateAuthorization::Cancel, CaptureMode::Manual);
    late(&mut payment);
    let ticket = call_off(&mut payment, 2_001);
    settle_at(&mut payment, &ticket, Outcome::NotSent, 2_002);
    assert!(operation(&payment, &ticket.operation).next_look().is_some());
    let again = call_off(&mut payment, 2_500);
    assert_eq!((again.attempt, operation(&payment, &again.operation).amount), (2, amount(AMOUNT)));
}

#[test]
fn a_call_off_that_never_leaves_us_needs_a_person_after_its_third_attempt() {
    let mut payment = expired(LateAuthorization::Cancel, CaptureMode::Manual);
    late(&mut payment);
    for attempt in 1..=3 {
        let ticket = call_off(&mut payment, 2_000 + attempt * HOUR);
        settle_at(&mut payment, &ticket, Outcome::NotSent, 2_001 + attempt * HOUR);
    }
    let cancel = last_of(&payment, OperationKind::Cancel);
    assert_eq!((cancel.status, cancel.next_look()), (OperationStatus::NeedsOperator, None));
    assert!(payment.ready_follower().is_none());
    assert_eq!(facts_after(&payment, 4), ["operation.needs_operator"]);
}

#[test]
fn a_call_off_in_doubt_is_in_doubt_like_any_other() {
    let mut payment = expired(LateAuthorization::Cancel, CaptureMode::Manual);
    late(&mut payment);
    let ticket = call_off(&mut payment, 2_001);
    payment.settle(&ticket, Outcome::InDoubt(Doubt::TimedOut), DoubtPolicy::Lookup, &cause(), at(2_002));
    assert_eq!(status_of(&payment, &ticket), OperationStatus::InDoubt);
    observe(&mut payment, order_news(OrderState::Canceled), 2_003);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::Succeeded);
    assert_eq!(facts_after(&payment, 4), ["operation.in_doubt", "operation.resolved"]);
}

#[test]
fn a_late_authorization_that_the_merchant_takes_authorizes_the_payment_after_all() {
    let mut payment = expired(LateAuthorization::Accept, CaptureMode::Manual);
    late(&mut payment);
    assert_eq!((payment.status, payment.amounts().authorized), (Status::Authorized, amount(AMOUNT)));
    assert_eq!((drifts(&payment), payment.due_at()), (0, None));
    let ticket = capture(&mut payment, "c1", AMOUNT);
    settle_at(&mut payment, &ticket, done(), 2_003);
    assert_eq!(payment.status, Status::Captured);
}

#[test]
fn older_news_does_not_undo_the_cancellation_of_an_order_in_review() {
    let (mut payment, ticket) = opened_with(Flow::Redirect, CaptureMode::Manual);
    payment.late_authorization = LateAuthorization::Accept;
    settle(&mut payment, &ticket, done_with(OrderState::UnderReview));
    let cancel = act(&mut payment, cancel_command("x"));
    settle(&mut payment, &cancel, done());
    late(&mut payment);
    assert_eq!((payment.status, drifts(&payment)), (Status::Canceled, 1));
    assert!(payment.ready_follower().is_some(), "the provider says that it is promised: it is called off");
}

#[test]
fn an_old_claim_of_the_end_only_asks_for_a_look_once_a_late_authorization_was_taken() {
    for end in [OrderState::Expired, OrderState::Canceled] {
        let mut payment = expired(LateAuthorization::Accept, CaptureMode::Manual);
        late(&mut payment);
        claim(&mut payment, order_news(end.clone()), 2_010);
        assert_eq!((payment.status, payment.due_at()), (Status::Authorized, Some(at(2_010))));
        observe(&mut payment, order_news(end), 2_010);
        assert!(payment.status.is_final(), "a look ends it");
    }
}

#[test]
fn money_that_was_taken_late_and_that_the_merchant_takes_is_captured() {
    let mut payment = expired(LateAuthorization::Accept, CaptureMode::Automatic);
    observe(&mut payment, order_news(OrderState::Captured), 2_000);
    assert_eq!((payment.status, payment.amounts().captured), (Status::Captured, amount(AMOUNT)));
}

#[test]
fn money_that_was_promised_and_released_is_never_late() {
    let mut payment = authorized();
    payment.late_authorization = LateAuthorization::Accept;
    let cancel = act(&mut payment, cancel_command("x"));
    settle(&mut payment, &cancel, done());
    observe(&mut payment, order_news(OrderState::Authorized), 2_000);
    assert_eq!((payment.status, payment.amounts().released), (Status::Canceled, amount(AMOUNT)));
    assert_eq!(drifts(&payment), 1);
    assert!(payment.ready_follower().is_none());
}

#[test]
fn a_confirmation_in_doubt_that_a_late_authorization_proves_does_not_keep_it_from_being_called_off() {
    let (mut payment, ticket) = opened_with(Flow::Widget, CaptureMode::Manual);
    settle(&mut payment, &ticket, done_with(OrderState::AwaitingBuyer(None)));
    let confirm = act(&mut payment, confirm_command("k", true));
    settle(&mut payment, &confirm, Outcome::InDoubt(Doubt::TimedOut));
    claim(&mut payment, order_news(OrderState::Expired), 2);
    late(&mut payment);
    assert_eq!(status_of(&payment, &confirm), OperationStatus::Succeeded);
    let _ = call_off(&mut payment, 2_001);
}

#[test]
fn an_expired_payment_is_looked_at_after_an_hour_and_after_a_day_and_never_again() {
    let mut payment = expired(LateAuthorization::Cancel, CaptureMode::Manual);
    assert_eq!(payment.due_at(), Some(at(1_000 + HOUR)));
    payment.hint(Hint { at: at(1_500) });
    assert_eq!(payment.due_at(), Some(at(1_500)));
    payment.observed(at(1_501));
    assert_eq!(payment.due_at(), Some(at(1_561)), "the books may lag behind what was hinted at");
    payment.observed(at(1_561));
    assert_eq!(payment.due_at(), Some(at(1_000 + HOUR)), "a hint uses up no look");
    payment.observed(at(1_000 + HOUR));
    assert_eq!(payment.due_at(), Some(at(1_000 + 24 * HOUR)));
    payment.observed(at(1_000 + 24 * HOUR));
    assert_eq!(payment.due_at(), None);
}

#[test]
fn a_canceled_payment_is_looked_at_after_an_hour_and_after_a_day_unless_money_was_promised() {
    let (mut payment, ticket) = opened();
    settle(&mut payment, &ticket, done_with(OrderState::AwaitingBuyer(None)));
    observe(&mut payment, order_news(OrderState::Canceled), 100);
    for look in [100 + HOUR, 100 + 24 * HOUR] {
        assert_eq!((payment.status, payment.due_at()), (Status::Canceled, Some(at(look))));
        observe(&mut payment, order_news(OrderState::Canceled), look);
    }
    assert_eq!(payment.due_at(), None);
    let mut promised = authorized();
    observe(&mut promised, order_news(OrderState::Canceled), 100);
    assert_eq!((promised.status, promised.due_at()), (Status::Canceled, None));
}

#[test]
fn a_session_that_nobody_can_read_expires_only_after_three_days_of_silence() {
    let (mut payment, ticket) = opened();
    let action = Action::Redirect { url: "https://provider.example/pay".parse().unwrap(), expires_at: Some(at(900)) };
    settle(&mut payment, &ticket, done_with(OrderState::AwaitingBuyer(Some(action))));
    let sweep = Cause::new(CauseKind::Sweep, "sweep");
    payment.unobservable(&sweep, at(61));
    assert_eq!((payment.status, payment.due_at()), (Status::RequiresAction, Some(at(900 + 72 * HOUR))));
    payment.unobservable(&sweep, at(900 + 72 * HOUR - 1));
    assert_eq!(payment.status, Status::RequiresAction);
    payment.unobservable(&sweep, at(900 + 72 * HOUR));
    assert_eq!((payment.status, payment.due_at()), (Status::Expired, None));
}

#[test]
fn an_order_that_somebody_named_is_looked_for_on_schedule_and_gone_when_the_session_is_long_over() {
    let (mut payment, ticket) = opened();
    let action = Action::Redirect { url: "https://provider.example/pay".parse().unwrap(), expires_at: Some(at(900)) };
    settle(&mut payment, &ticket, done_with(OrderState::AwaitingBuyer(Some(action))));
    let sweep = Cause::new(CauseKind::Sweep, "sweep");
    payment.hint(Hint { at: at(10) });
    assert!(payment.consider("order-1"));
    for (look, next) in [(10, 70), (70, 370), (370, 1_270)] {
        payment.unobservable(&sweep, at(look));
        assert_eq!((payment.status, payment.due_at()), (Status::RequiresAction, Some(at(next))));
    }
    let over = 900 + 72 * HOUR;
    payment.unobservable(&sweep, at(over));
    assert_eq!((payment.status, payment.due_at()), (Status::Expired, Some(at(over + HOUR))));
    for (look, next) in [(over + HOUR, Some(at(over + 24 * HOUR))), (over + 24 * HOUR, None)] {
        payment.unobservable(&sweep, at(look));
        assert_eq!(payment.due_at(), next);
    }
}
