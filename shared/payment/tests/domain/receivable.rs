//! What is told of the receivable, in any order.

use payment::{Payment, Receivable, ReceivableMessage, ReceivableNews};
use proptest::prelude::*;

use crate::fixture::*;

/// News with the time that the message names for it.
fn at_time(news: ReceivableNews, second: i64) -> ReceivableMessage {
    ReceivableMessage { occurred_at: Some(at(second)), ..ReceivableMessage::of(news) }
}

fn paid(outstanding: i64, second: i64) -> ReceivableMessage {
    let told = at_time(ReceivableNews::BuyerPaid, second);
    ReceivableMessage { outstanding: Some(amount(outstanding)), ..told }
}

fn dispute(news: ReceivableNews, id: &str, second: Option<i64>) -> ReceivableMessage {
    ReceivableMessage { occurred_at: second.map(at), dispute: Some(id.to_owned()), ..ReceivableMessage::of(news) }
}

/// What is known after these messages, the last arriving last.
fn after<'a>(messages: impl IntoIterator<Item = &'a ReceivableMessage>) -> Receivable {
    let mut payment: Payment = authorized();
    for (second, told) in messages.into_iter().enumerate() {
        payment.note_receivable(told.clone(), &cause(), at(1_000 + i64::try_from(second).unwrap()));
        sound(&payment);
    }
    payment.receivable.unwrap()
}

#[test]
fn a_payment_that_is_told_late_does_not_raise_what_is_owed() {
    let (first, second) = (paid(10_000, 10), paid(4_000, 20));
    assert_eq!(after([&first, &second]).outstanding, Some(amount(4_000)));
    assert_eq!(after([&second, &first]).outstanding, Some(amount(4_000)));
}

#[test]
fn without_a_time_the_last_that_arrived_counts() {
    let plain = |outstanding| ReceivableMessage { occurred_at: None, ..paid(outstanding, 0) };
    assert_eq!(after([&plain(4_000), &plain(10_000)]).outstanding, Some(amount(10_000)));
    assert_eq!(after([&paid(4_000, 20), &plain(10_000)]).outstanding, Some(amount(10_000)));
}

#[test]
fn late_news_without_an_amount_changes_no_amount() {
    assert_eq!(after([&paid(4_000, 20), &at_time(ReceivableNews::Overdue, 30)]).outstanding, Some(amount(4_000)));
    assert_eq!(after([&at_time(ReceivableNews::Overdue, 30), &paid(4_000, 20)]).outstanding, Some(amount(4_000)));
}

#[test]
fn a_payout_that_is_told_after_it_was_taken_back_stays_taken_back() {
    let (paid_out, taken) = (at_time(ReceivableNews::PaidOut, 10), at_time(ReceivableNews::ClawedBack, 20));
    assert_eq!(after([&paid_out, &taken]).paid_out_at, None);
    assert_eq!(after([&taken, &paid_out]).paid_out_at, None);
    assert!(after([&taken, &at_time(ReceivableNews::PaidOut, 30)]).paid_out_at.is_some());
}

#[test]
fn a_dispute_whose_result_came_first_is_over() {
    let opened = dispute(ReceivableNews::Disputed, "d-1", None);
    for result in [ReceivableNews::DisputeClosed, ReceivableNews::ClawedBack] {
        let result = dispute(result, "d-1", Some(20));
        assert!(!after([&opened, &result]).disputed);
        assert!(!after([&result, &opened]).disputed);
    }
}

#[test]
fn a_result_ends_its_own_dispute_only() {
    let opened = |id| dispute(ReceivableNews::Disputed, id, None);
    let result = dispute(ReceivableNews::DisputeClosed, "d-1", Some(20));
    assert!(after([&opened("d-1"), &opened("d-2"), &result]).disputed);
    assert!(!after([&opened("d-1"), &result]).disputed);
}

#[test]
fn a_dispute_without_a_name_ends_with_a_result_that_comes_after_it() {
    let (opened, closed) = (ReceivableNews::Disputed, ReceivableNews::DisputeClosed);
    let plain = ReceivableMessage::of;
    assert!(!after([&plain(opened.clone()), &plain(closed.clone())]).disputed);
    assert!(after([&plain(closed.clone()), &plain(opened.clone())]).disputed);
    assert!(!after([&at_time(closed, 20), &at_time(opened, 10)]).disputed);
    // A payout that is taken back says nothing of a dispute, unless it names one.
    assert!(after([&plain(ReceivableNews::Disputed), &plain(ReceivableNews::ClawedBack)]).disputed);
}

#[test]
fn who_has_paid_all_or_owes_nothing_that_will_come_is_not_late() {
    let late = || at_time(ReceivableNews::Overdue, 10);
    assert!(after([&late()]).overdue);
    for end in [paid(0, 20), at_time(ReceivableNews::Closed, 20), ReceivableMessage::of(ReceivableNews::Closed)] {
        assert!(!after([&late(), &end]).overdue, "{end:?}");
    }
    for other in [paid(1, 20), at_time(ReceivableNews::PaidOut, 20), at_time(ReceivableNews::dunning(4), 20)] {
        assert!(after([&late(), &other]).overdue, "{other:?}");
    }
}

#[test]
fn lateness_that_is_told_after_the_payment_that_ended_it_is_over() {
    assert!(!after([&paid(0, 20), &at_time(ReceivableNews::Overdue, 10)]).overdue);
    // The next one is not.
    assert!(after([&paid(0, 20), &at_time(ReceivableNews::Overdue, 30)]).overdue);
    assert!(after([&at_time(ReceivableNews::Overdue, 30), &paid(0, 20)]).overdue);
}

#[test]
fn what_ends_for_one_capture_lasts_for_another() {
    let (mut payment, _) = captured(3_000);
    let ticket = capture(&mut payment, "c2", 2_000);
    settle(&mut payment, &ticket, done_as("invoice-2"));
    let of = |news, invoice: &str| ReceivableMessage {
        capture_reference: Some(invoice.to_owned()),
        ..ReceivableMessage::of(news)
    };
    let first = payment.operations.iter_mut().find(|o| o.makes_capture().is_some()).unwrap();
    first.provider_reference = Some("invoice-1".to_owned());
    for told in [of(ReceivableNews::Overdue, "invoice-2"), of(ReceivableNews::Closed, "invoice-1")] {
        payment.note_receivable(told, &cause(), at(20));
    }
    let known = payment.receivable.clone().unwrap();
    assert_eq!((known.overdue, known.closed), (true, false));
    payment.note_receivable(of(ReceivableNews::Closed, "invoice-2"), &cause(), at(21));
    let known = payment.receivable.clone().unwrap();
    assert_eq!((known.overdue, known.closed), (false, true));
    // Each event says which capture it is about.
    let told: Vec<_> = payment.events_after(0).filter_map(|event| event.data.receivable?.capture_id).collect();
    let captures: Vec<_> = payment.operations.iter().filter_map(|o| o.makes_capture().cloned()).collect();
    assert_eq!(told, [&captures[1], &captures[0], &captures[1]].map(Clone::clone));
}

#[test]
fn a_capture_that_is_not_ours_is_named_in_no_event() {
    let mut payment = authorized();
    let told =
        ReceivableMessage { capture_reference: Some("nobodys".to_owned()), ..at_time(ReceivableNews::Overdue, 10) };
    payment.note_receivable(told, &cause(), at(20));
    assert_eq!(payment.events_after(2).next().unwrap().data.receivable.unwrap().capture_id, None);
}

#[test]
fn a_pause_of_the_dunning_lowers_no_level_and_names_none() {
    let pause = ReceivableNews::Dunning { level: 0, paused: true };
    let known = after([&at_time(ReceivableNews::dunning(4), 10), &at_time(pause.clone(), 20)]);
    assert_eq!(known.dunning_level, 4);
    let mut payment = authorized();
    payment.note_receivable(ReceivableMessage::of(pause), &cause(), at(20));
    let told = payment.events_after(2).next().unwrap().data.receivable.unwrap();
    assert_eq!((told.kind.as_str(), told.level, told.paused), ("dunning", None, true));
}

#[test]
fn what_comes_late_is_an_event_all_the_same() {
    let mut payment = authorized();
    let before = payment.history.len();
    for told in [paid(4_000, 20), paid(10_000, 10)] {
        payment.note_receivable(told, &cause(), at(30));
    }
    let times: Vec<_> = payment.events_after(2).map(|event| event.data.receivable.unwrap().occurred_at).collect();
    assert_eq!((before, times), (2, vec![Some(at(20)), Some(at(10))]));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_told_with_its_time_ends_the_same_in_any_order(order in Just((0..10usize).collect::<Vec<_>>()).prop_shuffle()) {
        let truth = [
            paid(10_000, 10),
            paid(4_000, 20),
            at_time(ReceivableNews::PaidOut, 11),
            at_time(ReceivableNews::ClawedBack, 12),
            dispute(ReceivableNews::Disputed, "d-1", None),
            dispute(ReceivableNews::DisputeClosed, "d-1", Some(40)),
            dispute(ReceivableNews::Disputed, "d-2", None),
            at_time(ReceivableNews::dunning(2), 15),
            at_time(ReceivableNews::Overdue, 14),
            paid(0, 50),
        ];
        let known = after(order.iter().map(|which| &truth[*which]));
        prop_assert_eq!(known, after(&truth));
    }
}

/// A message about a dispute.
fn about(news: ReceivableNews, dispute: &str, facts: payment::Dispute) -> ReceivableMessage {
    ReceivableMessage { dispute: Some(dispute.to_owned()), about_dispute: Some(facts), ..ReceivableMessage::of(news) }
}

#[test]
fn a_dispute_is_known_with_its_reason_amount_deadline_and_result_in_whatever_order_they_come() {
    let opening = || payment::Dispute {
        reason_code: Some("return".to_owned()),
        amount: Some(amount(500)),
        currency: Some(payment::Currency::EUR),
        deadline: Some(at(900)),
        result: None,
    };
    let ended = || payment::Dispute { result: Some("chargeback".to_owned()), ..payment::Dispute::default() };
    let opened = || about(ReceivableNews::Disputed, "d1", opening());
    let end = || about(ReceivableNews::ClawedBack, "d1", ended());
    for messages in [[opened(), end()], [end(), opened()]] {
        let mut payment = authorized();
        for (n, message) in (1..).zip(messages) {
            payment.note_receivable(message, &cause(), at(n));
        }
        let receivable = payment.receivable.clone().unwrap();
        assert!(!receivable.disputed);
        assert_eq!(receivable.dispute, Some(payment::Dispute { result: Some("chargeback".to_owned()), ..opening() }));
        let told: Vec<_> = payment.events_after(0).filter_map(|event| event.data.receivable?.dispute).collect();
        assert!(told.contains(&opening()) && told.contains(&ended()));
        // Another one takes its place.
        payment.note_receivable(about(ReceivableNews::Disputed, "d2", payment::Dispute::default()), &cause(), at(9));
        let receivable = payment.receivable.unwrap();
        assert_eq!((receivable.disputed, receivable.dispute), (true, Some(payment::Dispute::default())));
    }
}
