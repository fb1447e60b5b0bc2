//! What a look says of the receivable.

use payment::{CaptureId, News, OrderState, Payment, Receivable, ReceivableFacts, ReceivableMessage, ReceivableNews};

use crate::fixture::*;

/// An order with these invoices, each of a capture.
fn with_captures(invoices: &[(&str, i64)]) -> Payment {
    let mut payment = authorized();
    for (invoice, minor) in invoices {
        let ticket = capture(&mut payment, invoice, *minor);
        settle(&mut payment, &ticket, done_as(invoice));
    }
    payment
}

fn invoice(id: &str, outstanding: i64) -> ReceivableFacts {
    ReceivableFacts {
        capture_reference: Some(id.to_owned()),
        outstanding: Some(amount(outstanding)),
        due_date: Some("2026-02-04".parse().unwrap()),
        overdue: Some(false),
        state: Some("created".to_owned()),
        ..ReceivableFacts::default()
    }
}

fn late(id: &str, outstanding: i64) -> ReceivableFacts {
    ReceivableFacts { overdue: Some(true), ..invoice(id, outstanding) }
}

fn paid(id: &str) -> ReceivableFacts {
    ReceivableFacts { paid: true, overdue: Some(false), ..invoice(id, 0) }
}

fn paid_out(id: &str, outstanding: i64) -> ReceivableFacts {
    ReceivableFacts { paid_out: true, ..invoice(id, outstanding) }
}

fn see(payment: &mut Payment, receivable: &[ReceivableFacts], second: i64) {
    observe(payment, News { receivable: receivable.to_vec(), ..order_news(OrderState::Authorized) }, second);
}

/// What is known after looks, a day apart, and the events that they made.
fn after(payment: &mut Payment, looks: &[&[ReceivableFacts]]) -> (Receivable, Vec<&'static str>) {
    let before = payment.history.len();
    for (look, day) in looks.iter().zip(1..) {
        see(payment, look, 86_400 * day);
    }
    (payment.receivable.clone().unwrap(), facts_after(payment, before))
}

fn hear(payment: &mut Payment, told: &ReceivableMessage, identity: &str, second: i64) {
    let note = payment::Note { identity, receivable: Some(told), unrecognized: None };
    payment.note_message(note, &cause(), at(second));
}

fn captures(payment: &Payment) -> Vec<CaptureId> {
    payment.operations.iter().filter_map(|o| o.makes_capture().cloned()).collect()
}

#[test]
fn what_is_owed_and_when_it_is_due_is_kept_and_is_no_event() {
    let mut payment = with_captures(&[("i-1", 3_000), ("i-2", 2_000)]);
    let due = |day: &str, facts| ReceivableFacts { due_date: Some(day.parse().unwrap()), ..facts };
    let looks = [due("2026-02-04", invoice("i-1", 3_000)), due("2026-02-09", invoice("i-2", 1_500))];
    let (known, events) = after(&mut payment, &[&looks]);
    assert_eq!((known.outstanding, known.due_date), (Some(amount(4_500)), "2026-02-04".parse().ok()));
    assert!(events.is_empty());
    // The next of what is still owed.
    let (known, _) = after(&mut payment, &[&[due("2026-02-04", paid("i-1")), due("2026-02-09", invoice("i-2", 500))]]);
    assert_eq!((known.outstanding, known.due_date), (Some(amount(500)), "2026-02-09".parse().ok()));
}

#[test]
fn what_is_new_is_one_event_of_its_capture_and_the_same_again_is_none() {
    let mut payment = with_captures(&[("i-1", 3_000), ("i-2", 2_000)]);
    let look = [late("i-1", 3_000), paid_out("i-2", 2_000)];
    let (known, events) = after(&mut payment, &[&look]);
    assert!(known.overdue && known.paid_out_at.is_some());
    assert_eq!(events, ["receivable.overdue", "receivable.paid_out"]);
    let told = || payment.events_after(0).filter_map(|event| event.data.receivable);
    assert_eq!(told().filter_map(|told| told.capture_id).collect::<Vec<_>>(), captures(&payment));
    assert!(told().all(|told| told.outstanding == Some(amount(5_000))), "of all of them");
    assert!(told().all(|told| told.detail.as_deref() == Some("created")), "the state in the provider's word");
    let before = (payment.history.clone(), payment.receivable.clone());
    see(&mut payment, &look, 9_999_999);
    assert!((payment.history.clone(), payment.receivable.clone()) == before);
}

#[test]
fn a_buyer_who_paid_or_got_more_time_is_not_late_any_more() {
    for (end, event) in [(paid("i-1"), "receivable.buyer_paid"), (invoice("i-1", 3_000), "receivable.updated")] {
        let mut payment = with_captures(&[("i-1", 3_000), ("i-2", 2_000)]);
        let other = late("i-2", 2_000);
        let (known, events) = after(&mut payment, &[&[late("i-1", 3_000)], &[end.clone(), other.clone()]]);
        assert!(known.overdue, "the other one is late");
        assert_eq!(events, ["receivable.overdue", event, "receivable.overdue"]);
        let (known, _) = after(&mut payment, &[&[end.clone(), invoice("i-2", 2_000)]]);
        assert!(!known.overdue);
        // Late again.
        if event == "receivable.updated" {
            assert!(after(&mut payment, &[&[late("i-1", 3_000)]]).0.overdue);
        }
    }
}

#[test]
fn that_all_is_paid_is_told_once_and_only_of_what_is_owed() {
    let mut payment = with_captures(&[("i-1", 3_000), ("i-2", 2_000)]);
    let (known, events) = after(&mut payment, &[&[paid("i-1"), invoice("i-2", 2_000)], &[paid("i-1"), paid("i-2")]]);
    assert_eq!((known.outstanding, events), (Some(amount(0)), vec!["receivable.buyer_paid"; 2]));
    let mut refunded = with_captures(&[("i-1", 3_000)]);
    let of = captures(&refunded)[0].clone();
    let ticket = refund(&mut refunded, "r1", &of, 3_000);
    settle(&mut refunded, &ticket, done());
    assert!(after(&mut refunded, &[&[paid("i-1")]]).1.is_empty());
}

#[test]
fn what_a_message_told_is_not_told_again_by_a_look() {
    let mut payment = with_captures(&[("i-1", 3_000)]);
    let of = |news| ReceivableMessage { capture_reference: Some("i-1".to_owned()), ..ReceivableMessage::of(news) };
    hear(&mut payment, &of(ReceivableNews::Overdue), "m-1", 10);
    hear(&mut payment, &of(ReceivableNews::PaidOut), "m-2", 10);
    let both = ReceivableFacts { paid_out: true, ..late("i-1", 3_000) };
    assert!(after(&mut payment, &[std::slice::from_ref(&both)]).1.is_empty());
    // Nor is a payout told that was taken back since.
    hear(&mut payment, &of(ReceivableNews::ClawedBack), "m-3", 200_000);
    assert_eq!(after(&mut payment, &[&[], &[], &[both]]).0.paid_out_at, None);
    let none_owed = ReceivableMessage { outstanding: Some(amount(0)), ..of(ReceivableNews::BuyerPaid) };
    hear(&mut payment, &none_owed, "m-4", 400_000);
    assert!(after(&mut payment, &[&[], &[], &[], &[], &[paid("i-1")]]).1.is_empty());
}

#[test]
fn books_that_lag_behind_a_message_do_not_undo_it_and_later_they_count() {
    let mut payment = with_captures(&[("i-1", 3_000)]);
    let told = ReceivableMessage { outstanding: Some(amount(0)), ..ReceivableMessage::of(ReceivableNews::BuyerPaid) };
    hear(&mut payment, &told, "m-1", 100);
    see(&mut payment, &[late("i-1", 3_000)], 159);
    let known = payment.receivable.clone().unwrap();
    assert_eq!((known.outstanding, known.overdue), (Some(amount(0)), false));
    // What no message told is filled in all the same.
    assert!(known.due_date.is_some());
    see(&mut payment, &[late("i-1", 3_000)], 161);
    let known = payment.receivable.clone().unwrap();
    assert_eq!((known.outstanding, known.overdue), (Some(amount(3_000)), true));
}

#[test]
fn a_look_at_the_receivable_touches_neither_status_nor_ledger() {
    let mut payment = with_captures(&[("i-1", 3_000)]);
    let before = (payment.status, payment.amounts());
    for look in [paid("i-1"), late("i-1", 1), paid_out("i-1", 0), invoice("nobodys", 7)] {
        see(&mut payment, &[look], 86_400);
        assert_eq!((payment.status, payment.amounts()), before);
    }
}

#[test]
fn a_capture_that_is_not_ours_is_no_news() {
    let mut payment = with_captures(&[("i-1", 3_000)]);
    assert!(after(&mut payment, &[&[invoice("i-1", 3_000), late("nobodys", 500)]]).1.is_empty());
}

#[test]
fn a_look_that_says_nothing_leaves_nothing() {
    let mut payment = with_captures(&[("i-1", 3_000)]);
    see(&mut payment, &[ReceivableFacts::default()], 86_400);
    assert_eq!(payment.receivable, None);
}
