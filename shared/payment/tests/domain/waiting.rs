//! Payments that wait for what may never come: the shop's confirmation, or a decision that was told and not heard.

use payment::{
    Action, CaptureMode, Cause, CauseKind, Decision, Decline, DeclineReason, Doubt, Flow, OperationStatus, OrderState,
    Outcome, Payment, Status, Ticket,
};

use crate::fixture::*;

const HOUR: i64 = 3_600;

fn sweep() -> Cause {
    Cause::new(CauseKind::Sweep, "sweep")
}

/// A payment whose buyer is done, in a session that ends at second 900 where it has an end.
fn to_be_confirmed(ends: bool) -> Payment {
    let (mut payment, ticket) = opened_with(Flow::Widget, CaptureMode::Manual);
    let url = "https://provider.example/pay".parse().unwrap();
    let action = Action::Redirect { url, expires_at: ends.then(|| at(900)) };
    settle(&mut payment, &ticket, done_with(OrderState::AwaitingBuyer(Some(action))));
    observe(&mut payment, order_news(OrderState::AwaitingConfirmation), 60);
    assert_eq!(payment.status, Status::RequiresConfirmation);
    payment
}

#[test]
fn what_nobody_confirms_ends_with_its_session_whatever_the_provider_still_shows() {
    for shown in [OrderState::AwaitingConfirmation, OrderState::AwaitingBuyer(None)] {
        let mut payment = to_be_confirmed(true);
        observe(&mut payment, order_news(shown.clone()), 899);
        assert_eq!(payment.status, Status::RequiresConfirmation, "{shown:?}");
        observe(&mut payment, order_news(shown.clone()), 900);
        assert_eq!((payment.status, payment.due_at()), (Status::Expired, Some(at(900 + HOUR))), "{shown:?}");
        observe(&mut payment, order_news(OrderState::Authorized), 900 + HOUR);
        assert_eq!(drifts(&payment), 1, "who was confirmed after all is late");
    }
}

#[test]
fn what_nobody_confirms_ends_after_three_days_where_the_provider_names_no_end_and_has_nothing() {
    let mut payment = to_be_confirmed(false);
    payment.nothing_there(&sweep(), at(72 * HOUR - 1));
    assert_eq!(payment.status, Status::RequiresConfirmation);
    payment.nothing_there(&sweep(), at(72 * HOUR));
    assert_eq!(payment.status, Status::Expired);
}

#[test]
fn a_confirmation_on_its_way_keeps_the_payment_from_ending() {
    for (outcome, status) in [
        (None, OperationStatus::Accepted),
        (Some(pending()), OperationStatus::Pending),
        (Some(Outcome::InDoubt(Doubt::TimedOut)), OperationStatus::InDoubt),
    ] {
        let mut payment = to_be_confirmed(true);
        let ticket = act(&mut payment, confirm_command("confirm", false));
        if let Some(outcome) = outcome {
            settle(&mut payment, &ticket, outcome);
        }
        observe(&mut payment, order_news(OrderState::AwaitingConfirmation), 901);
        payment.nothing_there(&sweep(), at(73 * HOUR));
        payment.unobservable(&sweep(), at(200 * HOUR));
        let confirm = operation(&payment, &ticket.operation).status;
        assert_eq!((payment.status, confirm), (Status::RequiresConfirmation, status));
    }
}

/// A payment in review since second 1, at a provider that nobody can read.
fn in_review() -> (Payment, Ticket) {
    let (mut payment, ticket) = opened();
    settle(&mut payment, &ticket, done_with(OrderState::UnderReview));
    payment.unobservable(&sweep(), at(61));
    assert_eq!((payment.status, payment.due_at()), (Status::UnderReview, Some(at(1 + 72 * HOUR))));
    (payment, ticket)
}

#[test]
fn a_person_asks_what_was_decided_once_three_days_brought_no_word_of_it() {
    let (mut payment, ticket) = in_review();
    payment.unobservable(&sweep(), at(72 * HOUR));
    assert_eq!(operation(&payment, &ticket.operation).status, OperationStatus::Succeeded);
    payment.unobservable(&sweep(), at(1 + 72 * HOUR));
    assert_eq!(operation(&payment, &ticket.operation).status, OperationStatus::NeedsOperator);
    assert_eq!(payment.status, Status::UnderReview, "and nothing is decided by age");
    let told = payment.history.len();
    payment.unobservable(&sweep(), at(100 * HOUR));
    assert_eq!((payment.history.len(), payment.due_at()), (told, None), "once");
}

#[test]
fn one_question_is_asked_though_the_session_and_the_confirmation_both_made_the_order() {
    let mut payment = to_be_confirmed(true);
    let confirm = act(&mut payment, confirm_command("confirm", false));
    settle(&mut payment, &confirm, done_with(OrderState::UnderReview));
    for hours in [73, 74, 80] {
        payment.unobservable(&sweep(), at(hours * HOUR));
    }
    let asked = payment.operations.iter().filter(|o| o.status == OperationStatus::NeedsOperator);
    assert_eq!(asked.map(|o| &o.id).collect::<Vec<_>>(), [&confirm.operation]);
}

#[test]
fn an_order_that_somebody_named_keeps_nobody_from_asking() {
    let (mut payment, ticket) = in_review();
    assert!(payment.consider("order-1"));
    payment.unobservable(&sweep(), at(1 + 72 * HOUR));
    assert_eq!(operation(&payment, &ticket.operation).status, OperationStatus::NeedsOperator);
}

#[test]
fn the_word_that_comes_late_settles_the_review_and_its_question() {
    let (mut payment, ticket) = in_review();
    payment.unobservable(&sweep(), at(1 + 72 * HOUR));
    claim(&mut payment, order_news(OrderState::Authorized), 80 * HOUR);
    assert_eq!(payment.status, Status::Authorized);
    assert_eq!(operation(&payment, &ticket.operation).status, OperationStatus::Succeeded);
}

#[test]
fn a_persons_word_decides_a_review_that_nobody_can_read() {
    let declined = OrderState::Declined(Decline { reason: DeclineReason::Other, provider_code: None, message: None });
    for (succeeded, order, status) in
        [(true, OrderState::Authorized, Status::Authorized), (false, declined, Status::Declined)]
    {
        let (mut payment, ticket) = in_review();
        payment.unobservable(&sweep(), at(1 + 72 * HOUR));
        let decision = Decision {
            succeeded,
            reason: "the portal shows it".to_owned(),
            provider_reference: succeeded.then(|| "order-1".to_owned()),
            order: Some(order),
            by: by_a_person(),
        };
        assert!(payment.resolve(&ticket.operation, decision, &cause(), at(80 * HOUR)));
        sound(&payment);
        assert_eq!(payment.status, status);
    }
}
