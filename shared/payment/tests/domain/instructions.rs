//! What a provider is told takes nothing of the ledger.

use payment::{
    Admission, CaptureId, Command, Detail, Doubt, DoubtPolicy, Finding, Instruction, InstructionKind, Observation,
    OperationKind, OperationStatus, Outcome, Payment, Rejection, Status,
};
use serde_json::{Value, json};

use crate::fixture::*;

fn told(document: Value) -> Instruction {
    serde_json::from_value(document).unwrap()
}

fn command(named: &str, document: Value) -> Command {
    Command::tell(told(document.clone()), key(named), body(&document.to_string()))
}

fn hold(named: &str) -> Command {
    command(named, json!({ "kind": "hold", "days": 7 }))
}

fn resume(named: &str) -> Command {
    command(named, json!({ "kind": "resume" }))
}

fn message(named: &str) -> Command {
    command(named, json!({ "kind": "message", "text": "One chair follows" }))
}

fn paid(named: &str, minor: i64, capture: Option<&CaptureId>) -> Command {
    command(named, json!({ "kind": "direct_payment", "amount": minor, "capture_id": capture }))
}

fn rule(payment: &mut Payment, command: Command) -> (String, String) {
    match accept(payment, command, 2).unwrap_err() {
        Rejection::Invalid { pointer, detail, .. } => (pointer, detail),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_is_one_fact_and_moves_no_money() {
    for (asked, minor, fact) in [
        (hold("h"), 0, "payment.held"),
        (resume("s"), 0, "payment.resumed"),
        (message("m"), 0, "payment.message_sent"),
        (paid("p", 2_500, None), 2_500, "payment.direct_payment_reported"),
    ] {
        let (mut payment, _) = captured(AMOUNT);
        let (before, amounts, kind) = (payment.history.len(), payment.amounts(), asked.kind());
        let ticket = act(&mut payment, asked);
        settle(&mut payment, &ticket, done());
        let last = last_of(&payment, kind);
        assert_eq!((last.status, last.amount), (OperationStatus::Succeeded, amount(minor)));
        assert_eq!((payment.status, payment.amounts()), (Status::Captured, amounts));
        assert_eq!(facts_after(&payment, before), [fact]);
        let event = payment.events_after(u64::try_from(before).unwrap()).next().unwrap();
        let part = event.data.operation.unwrap();
        assert_eq!((part.id, part.kind, part.amount), (ticket.operation, kind, amount(minor)));
    }
}

#[test]
fn every_kind_is_an_action_with_a_name_of_its_own() {
    let names: Vec<&str> = OperationKind::ACTIONS.iter().map(|kind| kind.as_str()).collect();
    for kind in InstructionKind::ALL {
        assert!(OperationKind::ACTIONS.contains(&OperationKind::Tell(kind)));
        assert_eq!(json!(OperationKind::Tell(kind)), kind.as_str());
        assert_eq!(serde_json::from_value::<OperationKind>(json!(kind.as_str())).unwrap(), OperationKind::Tell(kind));
        assert_eq!(names.iter().filter(|name| **name == kind.as_str()).count(), 1);
    }
}

#[test]
fn what_is_stored_is_what_was_told() {
    let (mut payment, capture) = captured(AMOUNT);
    for asked in [hold("h"), message("m"), paid("p", 2_500, None)] {
        act(&mut payment, asked);
    }
    let stored: Payment = serde_json::from_value(serde_json::to_value(&payment).unwrap()).unwrap();
    assert!(stored == payment);
    assert_eq!(json!(last_of(&payment, OperationKind::Tell(InstructionKind::Hold)).detail)["days"], 7);
    let Detail::Tell(Instruction::DirectPayment(paid)) = &stored.operations.last().unwrap().detail else { panic!() };
    assert_eq!(paid.capture_id, Some(capture));
}

#[test]
fn before_a_capture_nothing_is_owed_and_only_a_message_makes_sense() {
    let mut payment = authorized();
    for asked in [hold("h"), resume("s"), paid("p", 1, None)] {
        let refused = accept(&mut payment, asked, 2).unwrap_err();
        assert!(matches!(refused, Rejection::StatusDoesNotAllow { status: Status::Authorized, .. }));
    }
    act(&mut payment, message("m"));
}

#[test]
fn nothing_is_told_about_an_order_that_is_not_there_or_over() {
    let (mut open, ticket) = opened();
    settle(&mut open, &ticket, done_with(payment::OrderState::AwaitingBuyer(None)));
    let mut canceled = authorized();
    let cancel = act(&mut canceled, cancel_command("x"));
    settle(&mut canceled, &cancel, done());
    for mut payment in [open, canceled] {
        assert!(matches!(accept(&mut payment, message("m"), 2), Err(Rejection::StatusDoesNotAllow { .. })));
    }
}

#[test]
fn no_more_is_reported_as_paid_than_is_captured_and_was_not_given_back_or_reported() {
    let (mut payment, capture) = captured(10_000);
    let given_back = refund(&mut payment, "r", &capture, 1_000);
    settle(&mut payment, &given_back, done());
    act(&mut payment, paid("p1", 4_000, None));
    assert_eq!(payment.possible(OperationKind::Tell(InstructionKind::DirectPayment), at(2)), Ok(Some(amount(5_000))));
    for named in [None, Some(&capture)] {
        let (pointer, detail) = rule(&mut payment, paid("p2", 5_001, named));
        assert_eq!(pointer, "/amount");
        assert!(detail.contains("at most the 5000"), "{detail}");
    }
    assert_eq!(rule(&mut payment, paid("p2", 0, None)).0, "/amount");
    act(&mut payment, paid("p3", 5_000, Some(&capture)));
    let none_left = payment.possible(OperationKind::Tell(InstructionKind::DirectPayment), at(2));
    assert!(matches!(none_left, Err(Rejection::NothingLeft { .. })));
}

#[test]
fn what_was_refused_or_not_sent_is_not_counted_and_runs_again_only_while_it_fits() {
    let (mut payment, _) = captured(10_000);
    let first = act(&mut payment, paid("p1", 8_000, None));
    settle(&mut payment, &first, refused());
    let second = act(&mut payment, paid("p2", 8_000, None));
    settle(&mut payment, &second, Outcome::NotSent);
    let third = act(&mut payment, paid("p3", 3_000, None));
    assert_eq!(rule(&mut payment, paid("p2", 8_000, None)).0, "/amount");
    settle(&mut payment, &third, refused());
    let again = accept(&mut payment, paid("p2", 8_000, None), 2).unwrap();
    assert!(matches!(again, Admission::Act(ticket) if ticket.operation == second.operation && ticket.attempt == 2));
}

#[test]
fn a_payment_is_of_the_oldest_capture_that_holds_it() {
    let (mut payment, first) = captured(1_000);
    let second = capture(&mut payment, "c1", 5_000);
    settle(&mut payment, &second, done());
    let of = |payment: &Payment| match &payment.operations.last().unwrap().detail {
        Detail::Tell(Instruction::DirectPayment(paid)) => paid.capture_id.clone().unwrap(),
        _ => panic!(),
    };
    act(&mut payment, paid("p1", 1_000, None));
    assert_eq!(of(&payment), first);
    act(&mut payment, paid("p2", 1_000, None));
    assert_eq!(of(&payment), CaptureId::of(&second.operation));
    let unknown = CaptureId::of(&first_operation(&payment));
    assert_eq!(rule(&mut payment, paid("p3", 1, Some(&unknown))).0, "/capture_id");
}

fn first_operation(payment: &Payment) -> payment::OperationId {
    payment.operations.first().unwrap().id.clone()
}

#[test]
fn a_hold_of_no_days_is_none() {
    for days in [json!(0), json!(-1), json!(65_536), json!("7")] {
        assert!(serde_json::from_value::<Instruction>(json!({ "kind": "hold", "days": days })).is_err(), "{days}");
    }
}

#[test]
fn in_doubt_a_hold_keeps_its_end_and_another_one_waiting_and_nothing_else() {
    let (mut payment, capture) = captured(1_000);
    let ticket = act(&mut payment, hold("h"));
    settle(&mut payment, &ticket, Outcome::InDoubt(Doubt::TimedOut));
    let blocked = Err(Rejection::BlockedByDoubt { operation: ticket.operation.clone() });
    for asked in [resume("s"), hold("h2")] {
        assert_eq!(accept(&mut payment, asked, 2), blocked);
    }
    for free in
        [message("m"), paid("p", 500, None), capture_command("c", 1_000), refund_command("r", Some(&capture), 500)]
    {
        act(&mut payment, free);
    }
}

#[test]
fn money_that_is_in_doubt_keeps_no_word_from_being_told() {
    let (mut payment, _) = captured(1_000);
    let ticket = act(&mut payment, cancel_command("x"));
    settle(&mut payment, &ticket, Outcome::InDoubt(Doubt::TimedOut));
    for free in [message("m"), paid("p", 500, None), hold("h")] {
        act(&mut payment, free);
    }
}

#[test]
fn a_key_that_is_used_again_finds_what_was_told_and_in_doubt_looks_first() {
    let (mut payment, _) = captured(AMOUNT);
    let ticket = act(&mut payment, message("m"));
    settle(&mut payment, &ticket, Outcome::InDoubt(Doubt::ConnectionLost));
    assert_eq!(accept(&mut payment, message("m"), 2), Ok(Admission::Probe(ticket.operation.clone())));
    let other = command("m", json!({ "kind": "message", "text": "Another one" }));
    assert!(matches!(accept(&mut payment, other, 2), Err(Rejection::KeyReused { .. })));
    let looked = |payment: &mut Payment, seconds| {
        let unclear = Observation::read(Finding::Unclear);
        payment.found(&ticket.operation, unclear, 60, DoubtPolicy::None, &cause(), at(seconds));
    };
    looked(&mut payment, 10);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::InDoubt);
    looked(&mut payment, 901);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::NeedsOperator);
    let decision = payment::Decision {
        succeeded: true,
        reason: "The provider has it".to_owned(),
        provider_reference: None,
        order: None,
        by: by_a_person(),
    };
    assert!(payment.resolve(&ticket.operation, decision, &cause(), at(902)));
    sound(&payment);
    let told = facts_after(&payment, 0);
    assert_eq!(told[told.len() - 2..], ["operation.resolved", "payment.message_sent"]);
}

#[test]
fn what_is_told_leaves_room_for_money_to_move() {
    let (mut payment, capture) = captured(AMOUNT);
    let text = "x".repeat(1_000);
    let message = |n: i32| command(&format!("m{n}"), json!({ "kind": "message", "text": text }));
    let mut told = 0;
    while let Ok(Admission::Act(ticket)) = accept(&mut payment, message(told), 2) {
        settle(&mut payment, &ticket, done());
        told += 1;
        assert!(told < 60, "there is always room for another one");
    }
    assert!(told > 30, "{told}");
    let kind = OperationKind::Tell(InstructionKind::Message);
    for refused in [accept(&mut payment, message(told), 2).map(|_| ()), payment.possible(kind, at(2)).map(|_| ())] {
        assert_eq!(refused, Err(Rejection::TooLarge));
    }
    for n in 0..50 {
        let ticket = refund(&mut payment, &format!("r{n}"), &capture, 1);
        settle(&mut payment, &ticket, done());
    }
    assert_eq!(payment.amounts().refunded, amount(50));
}
