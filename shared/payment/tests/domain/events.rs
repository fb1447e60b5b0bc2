//! Events as consumers see them.

use payment::{
    Amounts, CaptureId, DeclineReason, Entry, Event, EventId, Fact, OperationId, OperationKind, Payment,
    ReceivableMessage, ReceivableNews, RefundId, Status,
};

use crate::fixture::*;
use crate::storage::full;

/// One of each, with the statuses before and after.
fn one_of_each(payment: &Payment) -> Vec<(Fact, Status, Status)> {
    use Status::{Authorized, Canceled, Captured, Created, Declined, Expired, PartiallyCaptured, RequiresAction};
    use Status::{RequiresConfirmation, UnderReview};
    let operation = OperationId::of(&payment.id, "capture", "c1");
    let (capture, refund) = (CaptureId::of(&operation), RefundId::of(&operation));
    let (kind, minor) = (OperationKind::Capture, amount(6_050));
    let invoice = Some("INV-9".to_owned());
    let stays = |fact| (fact, PartiallyCaptured, PartiallyCaptured);
    let told = |news, outstanding: Option<i64>| {
        let outstanding = outstanding.map(amount);
        stays(Fact::Receivable(ReceivableMessage { outstanding, ..ReceivableMessage::of(news) }))
    };
    vec![
        (Fact::Created, Created, Created),
        (Fact::RequiresAction, Created, RequiresAction),
        (Fact::RequiresConfirmation, RequiresAction, RequiresConfirmation),
        (Fact::UnderReview, RequiresAction, UnderReview),
        (Fact::Authorized { amount: amount(AMOUNT) }, RequiresAction, Authorized),
        (Fact::Amended { released: amount(600) }, PartiallyCaptured, PartiallyCaptured),
        (Fact::Captured, Captured, Captured),
        (Fact::RemainderReleased { amount: amount(6_550) }, PartiallyCaptured, Captured),
        (
            Fact::Declined { reason: DeclineReason::LimitExceeded, provider_code: Some("L-1".to_owned()) },
            RequiresAction,
            Declined,
        ),
        (Fact::Canceled { released: amount(AMOUNT) }, Authorized, Canceled),
        (Fact::Expired { released: amount(0) }, RequiresAction, Expired),
        stays(Fact::DriftDetected { field: "captured".to_owned(), ours: "6050".to_owned(), theirs: "6051".to_owned() }),
        (
            Fact::CapturePending { capture: capture.clone(), amount: minor, invoice: invoice.clone() },
            Authorized,
            Authorized,
        ),
        (Fact::CaptureSucceeded { capture: capture.clone(), amount: minor, invoice }, Authorized, PartiallyCaptured),
        stays(Fact::CaptureReversed { capture: capture.clone(), amount: minor, movement: Some("m-1".to_owned()) }),
        (
            Fact::CaptureFailed { capture: capture.clone(), amount: minor, reason: "provider_refused".to_owned() },
            Authorized,
            Authorized,
        ),
        stays(Fact::RefundPending { refund: refund.clone(), capture: capture.clone(), amount: minor }),
        stays(Fact::RefundSucceeded { refund: refund.clone(), capture: capture.clone(), amount: minor }),
        stays(Fact::RefundFailed { refund, capture, amount: minor, reason: "not_processed".to_owned() }),
        stays(Fact::OperationInDoubt { operation: operation.clone(), kind, amount: minor }),
        stays(Fact::OperationResolved { operation: operation.clone(), kind, amount: minor, succeeded: true }),
        stays(Fact::OperationNeedsOperator { operation, kind, amount: minor }),
        told(ReceivableNews::PaidOut, None),
        told(ReceivableNews::BuyerPaid, Some(0)),
        told(ReceivableNews::Overdue, Some(6_050)),
        told(ReceivableNews::dunning(2), Some(6_050)),
        told(ReceivableNews::Disputed, None),
        told(ReceivableNews::DisputeClosed, None),
        told(ReceivableNews::ClawedBack, None),
        told(ReceivableNews::Closed, Some(0)),
        stays(Fact::Receivable(ReceivableMessage {
            paid: Some(amount(1_050)),
            detail: Some("promise_to_pay".to_owned()),
            capture_reference: Some("invoice-9".to_owned()),
            capture: Some(CaptureId::of(&OperationId::of(&payment.id, "capture", "c1"))),
            ..ReceivableMessage::of(ReceivableNews::Updated)
        })),
        stays(Fact::Unrecognized { event: "order.teleported".to_owned() }),
    ]
}

fn event(payment: &Payment, fact: Fact, previous_status: Status, status: Status) -> Event {
    let amounts = Amounts { authorized: amount(AMOUNT), captured: amount(6_050), ..Amounts::default() };
    let entry = Entry {
        sequence: 7,
        at: at(60),
        fact,
        previous_status,
        status,
        amounts,
        cause: cause(),
        message: None,
        word: None,
    };
    payment.event(&entry)
}

#[test]
fn every_event_type_looks_as_it_always_did() {
    let payment = authorized();
    for (fact, before, after) in one_of_each(&payment) {
        let event = event(&payment, fact, before, after);
        let name = event.event_type.replace('.', "_");
        insta::assert_json_snapshot!(name, event);
    }
}

#[test]
fn every_event_reads_back() {
    let payment = authorized();
    for (fact, before, after) in one_of_each(&payment) {
        let event = event(&payment, fact, before, after);
        let again: Event = serde_json::from_str(&serde_json::to_string(&event).unwrap()).unwrap();
        assert!(again == event, "{}", event.event_type);
    }
}

#[test]
fn every_entry_of_a_history_is_one_event_with_its_number() {
    let payment = full();
    let events: Vec<Event> = payment.events_after(0).collect();
    assert_eq!(events.len(), payment.history.len());
    for (event, number) in events.iter().zip(1u64..) {
        assert_eq!(event.sequence, number.to_string());
        assert_eq!(event.id, EventId::of(&payment.id, number));
    }
    assert_eq!(payment.events_after(3).next().unwrap().sequence, "4");
}

#[test]
fn an_event_that_is_made_again_is_the_same_event() {
    let payment = full();
    let mut later = payment.clone();
    later.note_unrecognized("order.teleported", &cause(), at(99));
    let again: Vec<Event> = later.events_after(0).take(payment.history.len()).collect();
    assert!(again == payment.events_after(0).collect::<Vec<_>>());
}

#[test]
fn a_whole_life_in_events() {
    let life: Vec<String> = full()
        .events_after(0)
        .map(|event| {
            let data = event.data;
            let a = data.amounts;
            format!(
                "{} {} {} -> {}: authorized {} released {} capturing {} captured {} refunding {} refunded {}",
                event.sequence,
                event.event_type,
                data.previous_status,
                data.status,
                a.authorized,
                a.released,
                a.capturing,
                a.captured,
                a.refunding,
                a.refunded
            )
        })
        .collect();
    insta::assert_snapshot!(life.join("\n"));
}

#[test]
fn no_event_carries_personal_data() {
    let events = serde_json::to_string(&full().events_after(0).collect::<Vec<_>>()).unwrap();
    for personal in [CANARY, "1990-01-31", "203.0.113.10"] {
        assert!(!events.contains(personal), "{personal} is in an event");
    }
}

#[test]
fn the_stored_payment_carries_no_personal_data_but_account_and_debtor() {
    let mut payment = full();
    let with = serde_json::to_string(&payment).unwrap();
    for allowed in ["canary-iban", "canary-bic", "canary-holder", "canary-debtor", "canary-street", "canary-city"] {
        assert!(with.contains(allowed), "{allowed} was not stored, so this test proves nothing");
    }
    payment.bank_transfer = None;
    payment.debtor = None;
    payment.debtor_address = None;
    let without = serde_json::to_string(&payment).unwrap();
    for personal in [CANARY, "1990-01-31", "203.0.113.10"] {
        assert!(!without.contains(personal), "{personal} is in the payment");
    }
}

#[test]
fn the_order_has_the_canaries_that_the_other_tests_look_for() {
    let order = serde_json::to_string(&order()).unwrap();
    assert!(order.matches(CANARY).count() > 20);
    assert!(order.contains("1990-01-31") && order.contains("203.0.113.10"));
}

#[test]
fn what_an_operation_made_true_names_it_as_its_cause_whoever_told_it() {
    let mut payment = authorized();
    let tickets = ["c1", "c2", "c3"].map(|named| capture(&mut payment, named, 1_000));
    let [answered, claimed, seen] = tickets.each_ref();
    settle(&mut payment, answered, done());
    let news = [claimed, seen].map(|ticket| news_of(&payment, ticket, done()));
    let [first, second] = news;
    claim(&mut payment, first, 2);
    observe(&mut payment, second, 3);
    let captures = payment.history.iter().filter(|entry| entry.fact.event_type() == "capture.succeeded");
    let causes: Vec<_> = captures.filter_map(|entry| entry.cause.operation_id.clone()).collect();
    assert_eq!(causes, tickets.map(|ticket| ticket.operation));
}
