//! News in any order, any number of times, before or after the answer of our own call.

use jiff::Timestamp;
use payment::{
    Action, Amounts, CaptureMode, Cause, CauseKind, Difference, Doubt, DoubtPolicy, Fact, Flow, News, Note,
    Observation, OperationStatus, OrderNews, OrderState, Outcome, Payment, Receipt, ReceivableNews, SignedClaim,
    Status, Ticket,
};
use proptest::prelude::*;

use crate::fixture::*;

/// Something true that reaches us by one way or another.
#[derive(Clone)]
enum Message {
    News(Box<News>),
    Receivable(ReceivableNews),
}

fn hear(payment: &mut Payment, message: Message, observed: bool, now: Timestamp) {
    let cause = Cause::new(CauseKind::Webhook, "hook");
    match message {
        Message::News(news) if observed => payment.learn(Observation::read(*news), &cause, now),
        Message::News(news) => payment.learn(SignedClaim::verified(*news), &cause, now),
        Message::Receivable(news) => payment.note_receivable(payment::ReceivableMessage::of(news), &cause, now),
    }
}

fn told(news: News) -> Message {
    Message::News(Box::new(news))
}

/// A payment with a capture done, two in doubt and a refund under way, and everything that turns out to be true.
fn in_the_middle() -> (Payment, Vec<Message>) {
    let (mut payment, c0) = captured(5_000);
    let c1 = capture(&mut payment, "c1", 3_000);
    let c2 = capture(&mut payment, "c2", 4_600);
    let r1 = refund(&mut payment, "r1", &c0, 2_000);
    settle(&mut payment, &c1, Outcome::InDoubt(Doubt::TimedOut));
    settle(&mut payment, &c2, pending());
    let truth = vec![
        told(order_news(OrderState::AwaitingBuyer(None))),
        told(order_news(OrderState::Authorized)),
        told(news_of(&payment, &c1, done_for(3_000))),
        told(news_of(&payment, &c2, pending())),
        told(news_of(&payment, &c2, done_as("prov-c2"))),
        told(news_of(&payment, &r1, done())),
        Message::Receivable(ReceivableNews::Overdue),
        Message::Receivable(ReceivableNews::dunning(2)),
    ];
    (payment, truth)
}

/// Indexes of `count` things, each two times, in any order.
fn twice_in_any_order(count: usize) -> impl Strategy<Value = Vec<(usize, bool)>> {
    let each = (0..count).chain(0..count).collect::<Vec<_>>();
    (Just(each).prop_shuffle(), prop::collection::vec(any::<bool>(), 2 * count))
        .prop_map(|(order, observed)| order.into_iter().zip(observed).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn true_news_of_captures_and_refunds_ends_the_same_in_any_order(order in twice_in_any_order(8)) {
        let (mut payment, truth) = in_the_middle();
        for (second, (which, observed)) in order.into_iter().enumerate() {
            hear(&mut payment, truth[which].clone(), observed, at(10 + i64::try_from(second).unwrap()));
            sound(&payment);
        }
        prop_assert_eq!(payment.status, Status::Captured);
        let a = payment.amounts();
        prop_assert_eq!((a.captured, a.capturing), (amount(AMOUNT), amount(0)));
        prop_assert_eq!((a.refunded, a.refunding), (amount(2_000), amount(0)));
        let receivable = payment.receivable.as_ref().unwrap();
        prop_assert_eq!((receivable.overdue, receivable.dunning_level), (true, 2));
        prop_assert_eq!(drifts(&payment), 0);
    }

    #[test]
    fn true_news_of_a_session_ends_the_same_in_any_order(order in twice_in_any_order(5), session_answered in any::<bool>()) {
        let (mut payment, ticket) = opened();
        if session_answered {
            settle(&mut payment, &ticket, done_with(OrderState::AwaitingBuyer(None)));
        }
        let truth = [
            OrderState::AwaitingBuyer(None),
            OrderState::AwaitingConfirmation,
            OrderState::UnderReview,
            OrderState::Authorized,
            OrderState::Authorized,
        ];
        for (which, observed) in order {
            hear(&mut payment, told(order_news(truth[which].clone())), observed, at(10));
            sound(&payment);
        }
        prop_assert_eq!(payment.status, Status::Authorized);
        prop_assert_eq!(payment.amounts(), authorized().amounts());
        prop_assert_eq!(status_of(&payment, &ticket), OperationStatus::Succeeded);
        prop_assert_eq!(drifts(&payment), 0);
    }

    #[test]
    fn true_news_of_a_sale_ends_the_same_in_any_order(order in twice_in_any_order(3)) {
        let (mut payment, _) = opened_with(Flow::Redirect, CaptureMode::Automatic);
        let truth = [OrderState::AwaitingBuyer(None), OrderState::Authorized, OrderState::Captured];
        for (which, observed) in order {
            hear(&mut payment, told(order_news(truth[which].clone())), observed, at(10));
            sound(&payment);
        }
        prop_assert_eq!(payment.status, Status::Captured);
        prop_assert_eq!(payment.amounts().captured, amount(AMOUNT));
        prop_assert_eq!(payment.operations.len(), 2);
    }

    #[test]
    fn a_lost_buyer_ends_the_same_in_any_order(
        order in twice_in_any_order(4),
        last in prop::sample::select(vec![OrderState::Canceled, OrderState::Expired]),
    ) {
        let (mut payment, ticket) = opened();
        settle(&mut payment, &ticket, done_with(OrderState::AwaitingBuyer(None)));
        let truth = [OrderState::AwaitingBuyer(None), OrderState::AwaitingConfirmation, OrderState::UnderReview, last.clone()];
        for (which, observed) in order {
            hear(&mut payment, told(order_news(truth[which].clone())), observed, at(10));
            sound(&payment);
        }
        prop_assert_eq!(payment.status, if last == OrderState::Canceled { Status::Canceled } else { Status::Expired });
    }
}

#[test]
fn a_message_that_settles_a_capture_before_its_answer_is_counted_once() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 5_000);
    let news = news_of(&payment, &ticket, done());
    claim(&mut payment, news, 2);
    assert!(!settle(&mut payment, &ticket, done()));
    assert_eq!(payment.amounts().captured, amount(5_000));
}

#[test]
fn an_answer_that_comes_after_the_message_still_gives_its_reference() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 5_000);
    let news = news_of(&payment, &ticket, done());
    claim(&mut payment, news, 2);
    assert!(settle(&mut payment, &ticket, done_as("prov-1")));
    assert_eq!(operation(&payment, &ticket.operation).provider_reference.as_deref(), Some("prov-1"));
}

#[test]
fn a_session_whose_message_overtook_its_answer_still_gets_its_references() {
    let (mut payment, ticket) = opened();
    claim(&mut payment, order_news(OrderState::Authorized), 2);
    let order =
        OrderNews { provider_reference: Some("order-1".to_owned()), ..OrderNews::of(OrderState::AwaitingBuyer(None)) };
    settle(&mut payment, &ticket, Outcome::Done(Receipt { order: Some(order), ..Receipt::default() }));
    assert_eq!((payment.status, payment.provider_reference.as_deref()), (Status::Authorized, Some("order-1")));
}

#[test]
fn an_answer_that_contradicts_the_message_is_told() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 5_000);
    let news = news_of(&payment, &ticket, done());
    claim(&mut payment, news, 2);
    settle(&mut payment, &ticket, refused());
    assert_eq!((payment.amounts().captured, drifts(&payment)), (amount(5_000), 1));
}

#[test]
fn a_claim_that_a_settled_movement_ended_otherwise_is_told_at_once_and_moves_nothing() {
    let (mut payment, capture) = captured(5_000);
    let ticket = refund(&mut payment, "r1", &capture, 2_000);
    settle(&mut payment, &ticket, refused());
    let done = news_of(&payment, &ticket, done());
    let made = last_of(&payment, payment::OperationKind::Capture).reference.clone();
    let before = payment.amounts();
    for news in [done, operation_news(&made, refused())] {
        for seconds in [2, 3] {
            claim(&mut payment, news.clone(), seconds);
        }
        assert_eq!(payment.amounts(), before);
    }
    assert_eq!(drifts(&payment), 2, "each of them once");
}

#[test]
fn a_second_movement_under_one_operation_is_told_and_does_not_take_its_name() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 5_000);
    settle(&mut payment, &ticket, done_as("K2"));
    let news = news_of(&payment, &ticket, done_as("K1"));
    for seconds in [2, 3] {
        claim(&mut payment, news.clone(), seconds);
        assert_eq!(drifts(&payment), 1);
    }
    assert_eq!(operation(&payment, &ticket.operation).provider_reference.as_deref(), Some("K2"));
    assert_eq!(payment.amounts().captured, amount(5_000));
}

#[test]
fn a_second_movement_under_a_refund_is_given_back_as_well() {
    let (mut payment, capture) = captured(5_000);
    let ticket = refund(&mut payment, "r1", &capture, 2_000);
    settle(&mut payment, &ticket, done_as("K2"));
    let news = news_of(&payment, &ticket, done_as("K1"));
    for seconds in [2, 3] {
        claim(&mut payment, news.clone(), seconds);
        let amounts = payment.amounts();
        assert_eq!((amounts.captured, amounts.refunded), (amount(3_000), amount(2_000)));
        assert_eq!((drifts(&payment), payment.refundable_of(&capture)), (1, amount(1_000)));
    }
    assert_eq!(operation(&payment, &ticket.operation).provider_reference.as_deref(), Some("K2"));
}

/// News of the order that the provider calls so.
fn named_order(name: &str, state: OrderState) -> OrderNews {
    OrderNews { provider_reference: Some(name.to_owned()), ..OrderNews::of(state) }
}

#[test]
fn a_second_order_of_the_provider_does_not_replace_the_first() {
    let (mut payment, ticket) = opened();
    let named = |name: &str| named_order(name, OrderState::Authorized);
    settle(&mut payment, &ticket, Outcome::Done(Receipt { order: Some(named("K2")), ..Receipt::default() }));
    for seconds in [2, 3] {
        claim(&mut payment, News { order: Some(named("K1")), ..News::default() }, seconds);
        assert_eq!((payment.provider_reference.as_deref(), drifts(&payment)), (Some("K2"), 1));
    }
}

#[test]
fn what_is_said_of_a_second_order_moves_nothing_and_asks_a_person() {
    let decline = payment::Decline { reason: payment::DeclineReason::Other, provider_code: None, message: None };
    let (mut undecided, ticket) = opened();
    let receipt = Receipt {
        provider_reference: Some("K2".to_owned()),
        order: Some(named_order("K2", OrderState::UnderReview)),
        ..Receipt::default()
    };
    settle(&mut undecided, &ticket, Outcome::Done(receipt));
    for state in [OrderState::Authorized, OrderState::Captured, OrderState::Declined(decline), OrderState::Canceled] {
        for of_operation in [false, true] {
            let mut payment = undecided.clone();
            let order = named_order("K1", state.clone());
            let receipt =
                Receipt { provider_reference: Some("K1".to_owned()), order: Some(order.clone()), ..Receipt::default() };
            let news = match of_operation {
                true => news_of(&payment, &ticket, Outcome::Done(receipt)),
                false => News { order: Some(order), ..News::default() },
            };
            for seconds in [2, 3] {
                claim(&mut payment, news.clone(), seconds);
                assert_eq!((payment.status, payment.amounts()), (Status::UnderReview, Amounts::default()));
                assert_eq!((payment.provider_reference.as_deref(), drifts(&payment)), (Some("K2"), 1));
                assert_eq!(status_of(&payment, &ticket), OperationStatus::NeedsOperator);
            }
            let own = News { order: Some(named_order("K2", OrderState::Authorized)), ..News::default() };
            claim(&mut payment, own, 4);
            assert_eq!(
                (payment.status, status_of(&payment, &ticket)),
                (Status::Authorized, OperationStatus::Succeeded)
            );
        }
    }
}

#[test]
fn an_answer_about_a_second_order_settles_nothing_and_asks_a_person() {
    let (mut payment, ticket) = opened();
    settle(&mut payment, &ticket, done_with(OrderState::AwaitingConfirmation));
    payment.provider_reference = Some("K2".to_owned());
    let confirm = act(&mut payment, confirm_command("k", false));
    let order = Some(named_order("K1", OrderState::Authorized));
    settle_at(&mut payment, &confirm, Outcome::Done(Receipt { order, ..Receipt::default() }), 2);
    assert_eq!(
        (payment.status, status_of(&payment, &confirm)),
        (Status::RequiresConfirmation, OperationStatus::NeedsOperator)
    );
    assert_eq!((payment.provider_reference.as_deref(), drifts(&payment)), (Some("K2"), 1));
}

#[test]
fn a_message_before_the_answer_that_nothing_was_sent_keeps_the_money_reserved() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 5_000);
    let news = news_of(&payment, &ticket, pending());
    claim(&mut payment, news, 2);
    settle(&mut payment, &ticket, Outcome::NotSent);
    assert_eq!(payment.amounts().capturing, amount(5_000));
}

#[test]
fn an_order_seen_as_canceled_while_a_capture_is_in_doubt_does_not_release_its_money() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 5_000);
    settle(&mut payment, &ticket, Outcome::InDoubt(Doubt::TimedOut));
    for state in [OrderState::Canceled, OrderState::Expired] {
        observe(&mut payment, order_news(state), 2);
    }
    assert_eq!((payment.status, payment.amounts().released), (Status::Authorized, amount(0)));
    settle(&mut payment, &ticket, done());
    assert_eq!(payment.amounts().captured, amount(5_000));
}

#[test]
fn captured_money_cannot_be_called_off() {
    let (mut payment, _) = captured(5_000);
    observe(&mut payment, order_news(OrderState::Canceled), 2);
    assert_eq!((payment.status, payment.amounts().released), (Status::PartiallyCaptured, amount(0)));
    assert_eq!(drifts(&payment), 1);
}

#[test]
fn an_order_of_another_amount_is_drift_and_is_not_obeyed() {
    let (mut payment, _) = opened();
    let order = OrderNews { amount: Some(amount(AMOUNT - 1)), ..OrderNews::of(OrderState::Authorized) };
    observe(&mut payment, News { order: Some(order), ..News::default() }, 2);
    assert_eq!((payment.status, drifts(&payment)), (Status::Created, 1));
}

#[test]
fn a_claim_that_contradicts_asks_for_a_look_and_does_not_speak_of_drift() {
    let mut payment = authorized();
    let decline = payment::Decline { reason: payment::DeclineReason::Other, provider_code: None, message: None };
    claim(&mut payment, order_news(OrderState::Declined(decline)), 2);
    assert_eq!((payment.status, drifts(&payment), payment.due_at()), (Status::Authorized, 0, Some(at(2))));
}

#[test]
fn the_same_drift_is_told_once() {
    let (mut payment, _) = captured(5_000);
    observe(&mut payment, order_news(OrderState::Canceled), 2);
    observe(&mut payment, order_news(OrderState::Canceled), 3);
    assert_eq!(drifts(&payment), 1);
}

#[test]
fn what_the_provider_captured_without_us_is_drift() {
    let mut payment = authorized();
    let order = OrderNews { captured: Some(amount(1)), ..OrderNews::of(OrderState::Authorized) };
    observe(&mut payment, News { order: Some(order), ..News::default() }, 2);
    assert_eq!((payment.amounts().captured, drifts(&payment)), (amount(0), 1));
}

#[test]
fn news_that_contradicts_does_not_replace_what_is_known() {
    let (mut payment, ticket) = opened();
    let order = OrderNews { provider_reference: Some("mine".to_owned()), ..OrderNews::of(OrderState::Canceled) };
    settle(&mut payment, &ticket, Outcome::Done(Receipt { order: Some(order), ..Receipt::default() }));
    let foreign = OrderNews { provider_reference: Some("another".to_owned()), ..OrderNews::of(OrderState::Authorized) };
    claim(&mut payment, News { order: Some(foreign), ..News::default() }, 2);
    assert_eq!(payment.provider_reference.as_deref(), Some("mine"));
}

fn waiting_for_the_buyer(flow: Flow) -> (Payment, Ticket) {
    let (mut payment, ticket) = opened_with(flow, CaptureMode::Manual);
    let action = Action::Redirect { url: "https://provider.example/pay".parse().unwrap(), expires_at: Some(at(900)) };
    settle(&mut payment, &ticket, done_with(OrderState::AwaitingBuyer(Some(action))));
    (payment, ticket)
}

#[test]
fn a_buyer_who_is_seen_to_be_missing_after_the_session_ended_lets_it_expire() {
    let (mut payment, _) = waiting_for_the_buyer(Flow::Redirect);
    observe(&mut payment, order_news(OrderState::AwaitingBuyer(None)), 899);
    assert_eq!(payment.status, Status::RequiresAction);
    observe(&mut payment, order_news(OrderState::AwaitingBuyer(None)), 900);
    assert_eq!(payment.status, Status::Expired);
}

#[test]
fn a_claim_that_the_buyer_is_missing_does_not_let_the_session_expire() {
    let (mut payment, _) = waiting_for_the_buyer(Flow::Redirect);
    claim(&mut payment, order_news(OrderState::AwaitingBuyer(None)), 2_000);
    assert_eq!(payment.status, Status::RequiresAction);
}

#[test]
fn a_confirmation_on_its_way_keeps_the_session_from_expiring() {
    let (mut payment, _) = waiting_for_the_buyer(Flow::Widget);
    let confirm = act(&mut payment, confirm_command("k", true));
    settle(&mut payment, &confirm, Outcome::InDoubt(Doubt::TimedOut));
    observe(&mut payment, order_news(OrderState::AwaitingBuyer(None)), 901);
    settle(&mut payment, &confirm, done_with(OrderState::Authorized));
    assert_eq!(payment.status, Status::Authorized);
}

#[test]
fn a_buyer_who_is_known_to_be_done_is_not_forgotten_by_older_news() {
    let (mut payment, _) = waiting_for_the_buyer(Flow::Redirect);
    claim(&mut payment, order_news(OrderState::AwaitingConfirmation), 100);
    observe(&mut payment, order_news(OrderState::AwaitingBuyer(None)), 899);
    assert_eq!(payment.status, Status::RequiresConfirmation);
}

#[test]
fn a_confirmed_payment_that_was_given_up_meanwhile_is_looked_at_again() {
    let (mut payment, _) = waiting_for_the_buyer(Flow::Widget);
    let confirm = act(&mut payment, confirm_command("k", true));
    claim(&mut payment, order_news(OrderState::Expired), 2);
    settle_at(&mut payment, &confirm, done_with(OrderState::Authorized), 3);
    assert_eq!((payment.status, payment.due_at()), (Status::Expired, Some(at(3))));
}

#[test]
fn an_order_seen_as_authorized_settles_the_confirmation_in_doubt() {
    let (mut payment, ticket) = opened();
    settle(&mut payment, &ticket, done_with(OrderState::AwaitingConfirmation));
    let confirm = act(&mut payment, confirm_command("k", false));
    payment.settle(&confirm, Outcome::InDoubt(Doubt::TimedOut), DoubtPolicy::Repeat, &cause(), at(2));
    observe(&mut payment, order_news(OrderState::Authorized), 3);
    assert_eq!(status_of(&payment, &confirm), OperationStatus::Succeeded);
    assert_eq!(payment.status, Status::Authorized);
}

#[test]
fn an_order_seen_as_canceled_settles_the_cancel_in_doubt() {
    let mut payment = authorized();
    let cancel = act(&mut payment, cancel_command("x"));
    settle(&mut payment, &cancel, Outcome::InDoubt(Doubt::TimedOut));
    observe(&mut payment, order_news(OrderState::Canceled), 2);
    assert_eq!(status_of(&payment, &cancel), OperationStatus::Succeeded);
    assert_eq!((payment.status, payment.amounts().released), (Status::Canceled, amount(AMOUNT)));
}

#[test]
fn a_refused_capture_leaves_an_authorized_payment_authorized() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 5_000);
    settle(&mut payment, &ticket, refused());
    assert_eq!((payment.status, payment.amounts().capturing), (Status::Authorized, amount(0)));
}

#[test]
fn an_event_that_nobody_knows_is_noted_by_a_short_name() {
    let mut payment = authorized();
    payment.note_unrecognized(&format!("order.\n{}", "x".repeat(300_000)), &cause(), at(2));
    let Some(payment::Fact::Unrecognized { event }) = payment.history.last().map(|e| &e.fact) else {
        panic!("not noted")
    };
    assert_eq!(event.chars().count(), 100);
    assert!(event.starts_with("order.x"));
}

#[test]
fn a_message_that_nobody_knew_counts_once_somebody_knows_it() {
    let mut payment = authorized();
    let unknown = Note { identity: "m", receivable: None, unrecognized: Some("order.teleported") };
    let overdue = payment::ReceivableMessage::of(ReceivableNews::Overdue);
    let known = || Note { identity: "m", receivable: Some(&overdue), unrecognized: None };
    assert!(payment.note_message(unknown, &cause(), at(2)));
    assert!(payment.note_message(known(), &cause(), at(3)));
    assert!(!payment.note_message(known(), &cause(), at(4)), "once");
    assert!(payment.receivable.as_ref().unwrap().overdue);
}

#[test]
fn a_message_that_nobody_knew_is_news_until_something_else_is_written_down() {
    let mut payment = authorized();
    assert!(!payment.is_unread_news("m1"));
    for identity in ["m1", "m2"] {
        let note = Note { identity, receivable: None, unrecognized: Some("order_teleported") };
        assert!(payment.note_message(note, &cause(), at(2)));
    }
    assert!(payment.is_unread_news("m1") && payment.is_unread_news("m2") && !payment.is_unread_news("m3"));
    claim(&mut payment, order_news(OrderState::Canceled), 3);
    assert!(!payment.is_unread_news("m1") && !payment.is_unread_news("m2"));
}

fn differs(field: &str, theirs: &str) -> News {
    let difference = Difference { field: field.to_owned(), ours: "ours".to_owned(), theirs: theirs.to_owned() };
    News { differs: vec![difference], ..News::default() }
}

#[test]
fn an_order_that_became_another_one_is_told_once_and_asks_a_person_until_it_is_the_same_again() {
    let (mut payment, opened) = opened();
    settle(&mut payment, &opened, done_with(OrderState::AwaitingBuyer(None)));
    let before = payment.history.len();
    for _ in 0..2 {
        observe(&mut payment, differs("customer", "another"), 60);
        let told = ["payment.drift_detected", "operation.needs_operator"];
        assert_eq!(facts_after(&payment, before), told);
        assert_eq!(payment.operation(&opened.operation).unwrap().status, OperationStatus::NeedsOperator);
        assert_eq!((payment.status, payment.amounts()), (Status::RequiresAction, Amounts::default()));
    }
    observe(&mut payment, order_news(OrderState::UnderReview), 90);
    assert_eq!(payment.operation(&opened.operation).unwrap().status, OperationStatus::Succeeded);
    assert_eq!(facts_after(&payment, before)[2..], ["operation.resolved", "payment.under_review"]);
}

#[test]
fn a_claim_that_an_order_became_another_one_only_makes_somebody_look() {
    let (mut payment, opened) = opened();
    settle(&mut payment, &opened, done_with(OrderState::AwaitingBuyer(None)));
    let before = payment.history.len();
    claim(&mut payment, differs("customer", "another"), 60);
    assert_eq!(payment.history.len(), before);
    assert_eq!(payment.observe_at, Some(at(60)));
}

#[test]
fn a_difference_that_a_person_has_answered_is_not_asked_about_again() {
    let (mut payment, opened) = opened();
    settle(&mut payment, &opened, done_with(OrderState::AwaitingBuyer(None)));
    observe(&mut payment, differs("customer", "another"), 60);
    let decision = payment::Decision {
        succeeded: true,
        reason: "merged by the provider".to_owned(),
        provider_reference: None,
        order: None,
        by: by_a_person(),
    };
    assert!(payment.resolve(&opened.operation, decision, &cause(), at(70)));
    observe(&mut payment, differs("customer", "another"), 80);
    assert_eq!(payment.operation(&opened.operation).unwrap().status, OperationStatus::Succeeded);
    observe(&mut payment, differs("customer", "a third one"), 90);
    assert_eq!(payment.operation(&opened.operation).unwrap().status, OperationStatus::NeedsOperator);
}

#[test]
fn a_payment_keeps_the_account_that_its_order_was_opened_for() {
    let (mut payment, opened) = opened();
    let named = |name: &str| OrderNews {
        provider_account: Some(name.to_owned()),
        ..OrderNews::of(OrderState::AwaitingBuyer(None))
    };
    let receipt = Receipt { order: Some(named("first")), ..Receipt::default() };
    settle(&mut payment, &opened, Outcome::Done(receipt));
    observe(&mut payment, News { order: Some(named("second")), ..News::default() }, 60);
    assert_eq!(payment.provider_account.as_deref(), Some("first"));
}

/// A claim that all of the order is captured, by the name of the order alone.
fn all_is_captured(payment: &mut Payment) {
    let opened = payment.operations.first().unwrap().reference.clone();
    let receipt = Receipt { order: Some(OrderNews::of(OrderState::Captured)), ..Receipt::default() };
    claim(payment, operation_news(&opened, Outcome::Done(receipt)), 20);
}

#[test]
fn that_all_is_captured_settles_the_captures_that_are_open() {
    for outcome in [None, Some(Outcome::InDoubt(Doubt::TimedOut)), Some(pending()), Some(Outcome::NotSent)] {
        let mut payment = authorized();
        let ticket = capture(&mut payment, "c1", AMOUNT);
        if let Some(outcome) = outcome {
            settle(&mut payment, &ticket, outcome);
        }
        all_is_captured(&mut payment);
        assert_eq!((payment.status, status_of(&payment, &ticket)), (Status::Captured, OperationStatus::Succeeded));
        assert_eq!((payment.amounts().captured, drifts(&payment)), (amount(AMOUNT), 0));
        let known = payment.history.len();
        all_is_captured(&mut payment);
        assert_eq!(payment.history.len(), known);
    }
}

#[test]
fn that_all_is_captured_moves_no_money_of_ours_where_we_captured_nothing() {
    let mut payment = authorized();
    all_is_captured(&mut payment);
    all_is_captured(&mut payment);
    assert_eq!((payment.status, payment.amounts().captured, drifts(&payment)), (Status::Authorized, amount(0), 1));
    // A definite no is not overruled by a message either: it is told, and asks for a look.
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", AMOUNT);
    settle(&mut payment, &ticket, refused());
    all_is_captured(&mut payment);
    assert_eq!((payment.amounts().captured, drifts(&payment), payment.due_at()), (amount(0), 1, Some(at(20))));
}

#[test]
fn news_of_another_kind_of_money_is_told_and_nothing_of_it_is_believed() {
    let (mut payment, _) = opened();
    let news = News { livemode: Some(true), ..order_news(OrderState::Authorized) };
    claim(&mut payment, news.clone(), 2);
    assert_eq!((payment.status, drifts(&payment)), (Status::Created, 0), "a look will tell");
    for seconds in [3, 4] {
        observe(&mut payment, news.clone(), seconds);
        assert_eq!((payment.status, drifts(&payment)), (Status::Created, 1));
    }
    let told = payment.history.last().unwrap();
    assert!(matches!(&told.fact, Fact::DriftDetected { field, .. } if field == "livemode"), "{:?}", told.fact);
}
