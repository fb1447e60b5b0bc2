//! Payments that wait for what may never come: the shop's confirmation, or a decision that was told and not heard.

use payment::{
    Action, CaptureMode, Cause, CauseKind, Decision, Decline, DeclineReason, Difference, Doubt, Flow, News,
    OperationStatus, OrderState, Outcome, Payment, Status, Ticket,
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

/// News that the order which somebody named is not as it was opened.
fn differs() -> News {
    let difference = Difference { field: "amount".to_owned(), ours: "12600".to_owned(), theirs: "1".to_owned() };
    News { differs: vec![difference], ..News::default() }
}

/// A payment whose session ended at second 900, and of which a person is asked why its order is another one.
fn asked_about() -> (Payment, Ticket) {
    let (mut payment, ticket) = opened();
    let action = Action::Redirect { url: "https://provider.example/pay".parse().unwrap(), expires_at: Some(at(900)) };
    settle(&mut payment, &ticket, done_with(OrderState::AwaitingBuyer(Some(action))));
    observe(&mut payment, differs(), 100);
    assert_eq!(operation(&payment, &ticket.operation).status, OperationStatus::NeedsOperator);
    (payment, ticket)
}

fn answered(payment: &mut Payment, ticket: &Ticket, provider_reference: Option<&str>) {
    let decision = Decision {
        succeeded: provider_reference.is_some(),
        reason: "the portal shows it".to_owned(),
        provider_reference: provider_reference.map(str::to_owned),
        order: None,
        by: by_a_person(),
    };
    assert!(payment.resolve(&ticket.operation, decision, &cause(), at(100 * HOUR)));
    sound(payment);
}

#[test]
fn what_a_person_is_asked_about_does_not_end_by_age_whether_its_order_is_seen_or_not() {
    let (mut payment, ticket) = asked_about();
    let told = payment.history.len();
    for hours in [73, 74, 200] {
        observe(&mut payment, differs(), hours * HOUR);
        payment.unobservable(&sweep(), at(hours * HOUR));
        payment.nothing_there(&sweep(), at(hours * HOUR));
    }
    assert_eq!((payment.status, payment.history.len()), (Status::RequiresAction, told));
    let mut unconfirmed = to_be_confirmed(true);
    observe(&mut unconfirmed, differs(), 100);
    unconfirmed.nothing_there(&sweep(), at(901));
    assert_eq!(unconfirmed.status, Status::RequiresConfirmation);
    answered(&mut payment, &ticket, None);
    payment.unobservable(&sweep(), at(201 * HOUR));
    assert_eq!(payment.status, Status::Expired, "nobody asks any more");
}

#[test]
fn an_order_that_a_person_says_is_another_lets_the_payment_end_once_its_session_is_long_over() {
    let over = 900 + 72 * HOUR;
    let (mut payment, ticket) = asked_about();
    answered(&mut payment, &ticket, None);
    observe(&mut payment, differs(), over - 1);
    assert_eq!(payment.status, Status::RequiresAction);
    observe(&mut payment, differs(), over);
    assert_eq!((payment.status, drifts(&payment)), (Status::Expired, 1));
    for look in [over + HOUR, over + 24 * HOUR] {
        assert_eq!(payment.due_at(), Some(at(look)));
        observe(&mut payment, differs(), look);
    }
    assert_eq!((payment.due_at(), drifts(&payment)), (None, 1));
}

#[test]
fn an_order_that_a_person_says_is_ours_keeps_the_payment() {
    let (mut payment, ticket) = asked_about();
    answered(&mut payment, &ticket, Some("order-1"));
    observe(&mut payment, differs(), 200 * HOUR);
    assert_eq!((payment.status, drifts(&payment)), (Status::RequiresAction, 1));
}
