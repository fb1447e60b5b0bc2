//! Whatever made somebody look is seen in the end: looks that fail, books that lag, and changes in between.

use payment::{Decline, DeclineReason, Hint, OrderState, Payment, Status};

use crate::fixture::*;

/// Payments that nobody watches, with what their order says when nothing is new.
fn left_alone() -> Vec<(Payment, OrderState)> {
    let (mut declined, ticket) = opened();
    let decline = Decline { reason: DeclineReason::Other, provider_code: None, message: None };
    settle(&mut declined, &ticket, done_with(OrderState::Declined(decline.clone())));
    let mut canceled = authorized();
    observe(&mut canceled, order_news(OrderState::Canceled), 1);
    let all = [
        (authorized(), OrderState::Authorized),
        (captured(AMOUNT).0, OrderState::Authorized),
        (declined, OrderState::Declined(decline)),
        (canceled, OrderState::Canceled),
    ];
    assert!(all.iter().all(|(payment, _)| payment.due_at().is_none()));
    all.into()
}

#[test]
fn a_look_that_fails_is_made_again_after_1_5_and_15_minutes_then_hourly_whatever_the_status() {
    for (mut payment, state) in left_alone() {
        payment.hint(Hint { at: at(100) });
        let mut look = 100;
        for pause in [60, 300, 900, 3_600, 3_600, 3_600] {
            assert_eq!(payment.due_at(), Some(at(look)), "{}", payment.status);
            payment.unseen(at(look));
            look += pause;
        }
        observe(&mut payment, order_news(state), look);
        assert_eq!(payment.due_at(), None, "{}: somebody has looked", payment.status);
    }
}

#[test]
fn what_waits_for_nothing_is_not_looked_at_in_vain_for_ever_unless_somebody_hints_again() {
    for (mut payment, _) in left_alone() {
        payment.hint(Hint { at: at(100) });
        let mut looks = 0;
        while let Some(due) = payment.due_at().filter(|_| looks < 1_000) {
            payment.unseen(due);
            looks += 1;
        }
        assert_eq!(looks, 76, "{}", payment.status);
        payment.hint(Hint { at: at(1_000_000) });
        assert_eq!(payment.due_at(), Some(at(1_000_000)));
    }
}

#[test]
fn a_hint_whose_look_shows_nothing_new_is_looked_after_once_more_a_minute_later() {
    for (mut payment, state) in left_alone() {
        payment.hint(Hint { at: at(100) });
        observe(&mut payment, order_news(state.clone()), 100);
        assert_eq!(payment.due_at(), Some(at(160)), "{}: the books may lag behind the message", payment.status);
        payment.hint(Hint { at: at(155) });
        observe(&mut payment, order_news(state.clone()), 155);
        assert_eq!(payment.due_at(), Some(at(215)), "{}: another hint is another matter", payment.status);
        observe(&mut payment, order_news(state), 215);
        assert_eq!(payment.due_at(), None, "{}", payment.status);
    }
}

#[test]
fn a_hint_whose_look_shows_what_is_new_needs_no_other() {
    let mut payment = authorized();
    payment.hint(Hint { at: at(100) });
    observe(&mut payment, order_news(OrderState::Canceled), 100);
    assert_eq!((payment.status, payment.due_at()), (Status::Canceled, None));
}

#[test]
fn a_hint_at_a_payment_that_waits_begins_its_schedule_anew() {
    let (mut payment, ticket) = opened();
    settle(&mut payment, &ticket, done_with(OrderState::UnderReview));
    for look in [61, 361, 1_261] {
        observe(&mut payment, order_news(OrderState::UnderReview), look);
    }
    assert_eq!(payment.due_at(), Some(at(1_261 + 3_600)));
    payment.hint(Hint { at: at(2_000) });
    observe(&mut payment, order_news(OrderState::UnderReview), 2_000);
    assert_eq!(payment.due_at(), Some(at(2_060)));
}

#[test]
fn a_hint_is_not_forgotten_when_something_else_changes_the_status_first() {
    let (mut payment, ticket) = opened();
    settle(&mut payment, &ticket, done_with(OrderState::UnderReview));
    payment.hint(Hint { at: at(10) });
    claim(&mut payment, order_news(OrderState::Authorized), 11);
    assert_eq!((payment.status, payment.due_at()), (Status::Authorized, Some(at(10))));
    observe(&mut payment, order_news(OrderState::Canceled), 12);
    assert_eq!((payment.status, payment.due_at()), (Status::Canceled, None));
}

#[test]
fn a_look_before_its_time_puts_off_nothing_and_nobody_is_made_to_look_at_what_nobody_hinted_at() {
    let mut payment = authorized();
    payment.unseen(at(50));
    assert_eq!(payment.due_at(), None);
    payment.hint(Hint { at: at(100) });
    payment.unseen(at(99));
    payment.observed(at(99));
    assert_eq!(payment.due_at(), Some(at(100)));
}
