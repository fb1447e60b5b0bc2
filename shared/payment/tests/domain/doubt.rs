//! An unknown outcome stays unknown until evidence settles it, and keeps its money reserved meanwhile.

use payment::{
    Admission, Decision, Doubt, DoubtPolicy, Fact, Finding, Hint, Observation, OperationStatus, OrderState, Outcome,
    Payment, Reason, Rejection, ResolvedBy, Status, Ticket, Word,
};

use crate::fixture::*;
use crate::storage::reads_back;

const QUIET: u32 = 60;

fn in_doubt() -> (Payment, Ticket) {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 5_000);
    settle(&mut payment, &ticket, Outcome::InDoubt(Doubt::TimedOut));
    (payment, ticket)
}

fn found(payment: &mut Payment, ticket: &Ticket, finding: Finding, seconds: i64) {
    found_by(payment, ticket, finding, DoubtPolicy::Lookup, seconds);
}

fn found_by(payment: &mut Payment, ticket: &Ticket, finding: Finding, policy: DoubtPolicy, seconds: i64) {
    payment.found(&ticket.operation, Observation::read(finding), QUIET, policy, &cause(), at(seconds));
    sound(payment);
}

fn reason(payment: &Payment, ticket: &Ticket) -> Option<Reason> {
    operation(payment, &ticket.operation).reason.clone()
}

#[test]
fn a_timeout_is_doubt_and_keeps_the_money_reserved() {
    let (payment, ticket) = in_doubt();
    assert_eq!(status_of(&payment, &ticket), OperationStatus::InDoubt);
    assert_eq!(payment.amounts().capturing, amount(5_000));
    assert_eq!(payment.status, Status::Authorized);
}

#[test]
fn a_dead_worker_leaves_doubt_behind_but_a_live_one_does_not() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 5_000);
    assert!(!payment.lapse(&ticket.operation, DoubtPolicy::Lookup, &cause(), at(35)));
    assert!(payment.lapse(&ticket.operation, DoubtPolicy::Lookup, &cause(), at(36)));
    assert_eq!(reason(&payment, &ticket), Some(Reason::Doubt { doubt: Doubt::WorkerDied }));
    assert_eq!(payment.amounts().capturing, amount(5_000));
}

#[test]
fn an_answer_that_comes_after_the_sweep_still_counts() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 5_000);
    payment.lapse(&ticket.operation, DoubtPolicy::Lookup, &cause(), at(40));
    assert!(settle_at(&mut payment, &ticket, done(), 41));
    assert_eq!(payment.amounts().captured, amount(5_000));
}

#[test]
fn an_answer_to_an_earlier_attempt_changes_nothing() {
    let mut payment = authorized();
    let first = capture(&mut payment, "c1", 5_000);
    settle(&mut payment, &first, Outcome::NotSent);
    act(&mut payment, capture_command("c1", 5_000));
    assert!(!settle(&mut payment, &first, refused()));
    assert_eq!(payment.amounts().capturing, amount(5_000));
}

#[test]
fn not_found_once_settles_nothing() {
    let (mut payment, ticket) = in_doubt();
    found(&mut payment, &ticket, Finding::NotFound, 1_000);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::InDoubt);
}

#[test]
fn not_found_twice_within_the_quiet_period_settles_nothing() {
    let (mut payment, ticket) = in_doubt();
    found(&mut payment, &ticket, Finding::NotFound, 6);
    found(&mut payment, &ticket, Finding::NotFound, 65);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::InDoubt);
}

#[test]
fn not_found_again_after_the_quiet_period_gives_the_money_back_and_allows_the_same_key() {
    let (mut payment, ticket) = in_doubt();
    found(&mut payment, &ticket, Finding::NotFound, 6);
    found(&mut payment, &ticket, Finding::NotFound, 66);
    assert_eq!(reason(&payment, &ticket), Some(Reason::NotProcessed));
    assert!(payment.amounts().capturing.is_zero());
    assert_eq!(act(&mut payment, capture_command("c1", 5_000)).attempt, 2);
}

#[test]
fn having_been_seen_in_between_makes_not_found_count_from_the_start() {
    let (mut payment, ticket) = in_doubt();
    found(&mut payment, &ticket, Finding::NotFound, 6);
    found(&mut payment, &ticket, Finding::Found(pending()), 30);
    found(&mut payment, &ticket, Finding::NotFound, 100);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::Pending);
}

#[test]
fn what_the_provider_had_accepted_and_does_not_find_any_more_is_a_question_for_a_person() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 5_000);
    settle(&mut payment, &ticket, pending());
    found(&mut payment, &ticket, Finding::NotFound, 100);
    found(&mut payment, &ticket, Finding::NotFound, 200);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::NeedsOperator);
    assert_eq!(payment.amounts().capturing, amount(5_000));
}

#[test]
fn an_answer_that_names_another_amount_is_no_answer() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 5_000);
    settle(&mut payment, &ticket, done_for(5_001));
    assert_eq!(reason(&payment, &ticket), Some(Reason::Doubt { doubt: Doubt::AmountMismatch }));
    assert_eq!((payment.amounts().captured, payment.amounts().capturing), (amount(0), amount(5_000)));
}

#[test]
fn an_authorization_of_another_amount_is_no_authorization() {
    let (mut payment, ticket) = opened();
    let order = payment::OrderNews { amount: Some(amount(1)), ..payment::OrderNews::of(OrderState::Authorized) };
    settle(&mut payment, &ticket, Outcome::Done(payment::Receipt { order: Some(order), ..Default::default() }));
    assert_eq!(payment.status, Status::Created);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::InDoubt);
}

#[test]
fn finding_another_amount_again_and_again_ends_with_a_person() {
    let (mut payment, ticket) = in_doubt();
    let mut looks = 0;
    while status_of(&payment, &ticket) == OperationStatus::InDoubt {
        let due = payment.due_at().unwrap();
        let seconds = due.duration_since(at(0)).as_secs();
        found(&mut payment, &ticket, Finding::Found(done_for(4_999)), seconds);
        assert!(payment.due_at().unwrap() > due, "looked again at once");
        looks += 1;
    }
    assert_eq!(status_of(&payment, &ticket), OperationStatus::NeedsOperator);
    assert!(looks < 12, "{looks} looks");
}

#[test]
fn asking_again_and_again_does_not_put_off_the_next_probe() {
    let (mut payment, ticket) = in_doubt();
    let due = payment.due_at();
    for _ in 0..10 {
        found(&mut payment, &ticket, Finding::Unclear, 2);
    }
    assert_eq!(payment.due_at(), due);
}

#[test]
fn without_any_read_a_person_is_asked_after_fifteen_minutes() {
    let (mut payment, ticket) = in_doubt();
    found_by(&mut payment, &ticket, Finding::Unclear, DoubtPolicy::None, 900);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::InDoubt);
    found_by(&mut payment, &ticket, Finding::Unclear, DoubtPolicy::None, 901);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::NeedsOperator);
}

#[test]
fn a_look_up_without_an_answer_asks_a_person_after_three_days() {
    let (mut payment, ticket) = in_doubt();
    found(&mut payment, &ticket, Finding::Unclear, 72 * 3_600);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::InDoubt);
    found(&mut payment, &ticket, Finding::Unclear, 72 * 3_600 + 1);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::NeedsOperator);
    assert_eq!(payment.amounts().capturing, amount(5_000));
}

#[test]
fn what_waits_for_a_person_stays_there_when_a_message_names_another_amount() {
    let (mut payment, ticket) = in_doubt();
    found_by(&mut payment, &ticket, Finding::Unclear, DoubtPolicy::None, 1_000);
    let news = news_of(&payment, &ticket, done_for(4_999));
    claim(&mut payment, news, 1_001);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::NeedsOperator);
}

fn asked_a_person() -> (Payment, Ticket) {
    let (mut payment, ticket) = in_doubt();
    found_by(&mut payment, &ticket, Finding::Unclear, DoubtPolicy::None, 1_000);
    (payment, ticket)
}

fn decision(succeeded: bool) -> Decision {
    Decision {
        succeeded,
        reason: "their support said so".to_owned(),
        provider_reference: Some("p-9".to_owned()),
        order: None,
        by: by_a_person(),
    }
}

#[test]
fn a_person_can_say_that_it_happened() {
    let (mut payment, ticket) = asked_a_person();
    assert!(payment.resolve(&ticket.operation, decision(true), &cause(), at(2_000)));
    sound(&payment);
    assert_eq!(payment.amounts().captured, amount(5_000));
    let capture = operation(&payment, &ticket.operation);
    assert_eq!(capture.provider_reference.as_deref(), Some("p-9"));
    assert_eq!(capture.resolved_by, Some(by_a_person()), "a replay can be told");
}

#[test]
fn what_a_person_said_and_who_is_kept_with_the_entry_that_it_made_true_and_told_by_no_event() {
    for succeeded in [true, false] {
        let (mut payment, ticket) = asked_a_person();
        let known = payment.history.len();
        assert!(payment.resolve(&ticket.operation, decision(succeeded), &cause(), at(2_000)));
        let word = Word { reason: "their support said so".to_owned(), by: Some("desk".to_owned()) };
        let words: Vec<_> = payment.history.iter().map(|entry| entry.word.as_ref()).collect();
        let mut expected = vec![None; words.len()];
        expected[known] = Some(&word);
        assert_eq!(words, expected, "the first new entry is that it was resolved, and the others follow from it");
        assert!(matches!(payment.history[known].fact, Fact::OperationResolved { .. }));
        assert_eq!(operation(&payment, &ticket.operation).word(), Some(word));
        let events = serde_json::to_string(&payment.events_after(0).collect::<Vec<_>>()).unwrap();
        assert!(!events.contains("their support"), "{events}");
        reads_back(&payment);
    }
}

#[test]
fn a_word_that_only_confirms_what_was_found_out_stands_nowhere() {
    let (mut payment, ticket) = asked_a_person();
    let news = news_of(&payment, &ticket, done());
    claim(&mut payment, news, 1_001);
    assert!(payment.heard(&ticket.operation, by_a_person()));
    assert_eq!(operation(&payment, &ticket.operation).word(), None);
    assert!(payment.history.iter().all(|entry| entry.word.is_none()));
}

#[test]
fn a_name_of_another_movement_is_told_from_a_new_one() {
    let mut payment = authorized();
    let (first, second) = (capture(&mut payment, "c1", 2_000), capture(&mut payment, "c2", 1_000));
    settle(&mut payment, &first, done_as("p-1"));
    assert!(payment.is_another_movement(&second.operation, "p-1"));
    assert!(!payment.is_another_movement(&first.operation, "p-1"), "its own");
    assert!(!payment.is_another_movement(&second.operation, "p-2"));
}

#[test]
fn a_person_can_say_that_it_did_not_happen_and_the_key_is_not_run_again() {
    let (mut payment, ticket) = asked_a_person();
    assert!(payment.resolve(&ticket.operation, decision(false), &cause(), at(2_000)));
    assert!(payment.amounts().capturing.is_zero());
    assert_eq!(accept(&mut payment, capture_command("c1", 5_000), 2_001), Ok(Admission::Replay(ticket.operation)));
}

#[test]
fn a_person_who_says_what_turned_out_is_remembered_and_changes_nothing() {
    let (mut payment, ticket) = asked_a_person();
    assert!(!payment.heard(&ticket.operation, by_a_person()), "it is still to be settled");
    let news = news_of(&payment, &ticket, done());
    claim(&mut payment, news, 1_001);
    let before = (payment.history.len(), payment.amounts(), payment.observe_at);
    assert!(payment.heard(&ticket.operation, by_a_person()));
    assert_eq!((payment.history.len(), payment.amounts(), payment.observe_at), before);
    let another = ResolvedBy { key: body("another"), ..by_a_person() };
    assert!(!payment.heard(&ticket.operation, another), "the first one is");
    assert_eq!(operation(&payment, &ticket.operation).resolved_by, Some(by_a_person()));
}

/// A look after a person settled a capture found this.
fn checked(succeeded: bool, finding: Finding) -> Payment {
    let (mut payment, ticket) = asked_a_person();
    assert!(payment.resolve(&ticket.operation, decision(succeeded), &cause(), at(2_000)));
    assert!(payment.unchecked_words().any(|o| o.id == ticket.operation));
    payment.check_word(&ticket.operation, Observation::read(finding), &cause(), at(3_000));
    sound(&payment);
    payment
}

#[test]
fn a_look_confirms_a_persons_word_or_outweighs_it_and_is_made_once() {
    let gone = || Finding::Found(refused());
    for (case, succeeded, finding, drift, captured) in [
        ("was done", true, Finding::Found(done_as("p-9")), 0, 5_000),
        ("is not there", true, Finding::NotFound, 1, 5_000),
        ("was refused", true, gone(), 1, 5_000),
        ("is not there either", false, Finding::NotFound, 0, 0),
        ("was refused as said", false, gone(), 0, 0),
        ("was done after all", false, Finding::Found(done_as("p-1")), 0, 5_000),
    ] {
        let payment = checked(succeeded, finding);
        assert_eq!((drifts(&payment), payment.amounts().captured), (drift, amount(captured)), "{case}");
        assert_eq!(payment.unchecked_words().count(), 0, "{case}");
    }
    for finding in [Finding::Unclear, Finding::Found(pending()), Finding::Found(Outcome::NotSent)] {
        for succeeded in [true, false] {
            let payment = checked(succeeded, finding.clone());
            assert_eq!((drifts(&payment), payment.unchecked_words().count()), (0, 1), "nothing is told");
        }
    }
}

#[test]
fn a_word_is_not_held_against_what_another_operation_may_have_done() {
    let (mut payment, ticket) = asked_a_person();
    assert!(payment.resolve(&ticket.operation, decision(false), &cause(), at(2_000)));
    let other = capture(&mut payment, "c2", 5_000);
    assert_eq!(payment.unchecked_words().count(), 0, "what shows may be the other one's");
    settle(&mut payment, &other, done_as("p-2"));
    assert!(payment.unchecked_words().any(|o| o.id == ticket.operation));
}

#[test]
fn that_nothing_is_left_does_not_prove_a_cancellation_that_a_person_denied() {
    let mut payment = authorized();
    let ticket = act(&mut payment, cancel_command("x1"));
    settle(&mut payment, &ticket, Outcome::InDoubt(Doubt::TimedOut));
    found_by(&mut payment, &ticket, Finding::Unclear, DoubtPolicy::None, 1_000);
    assert!(payment.resolve(&ticket.operation, decision(false), &cause(), at(2_000)));
    let all = capture(&mut payment, "c1", AMOUNT);
    settle(&mut payment, &all, done());
    let before = payment.history.len();
    payment.check_word(&ticket.operation, Observation::read(Finding::Found(done())), &cause(), at(3_000));
    assert_eq!((status_of(&payment, &ticket), payment.history.len()), (OperationStatus::Rejected, before));
}

#[test]
fn a_persons_name_for_what_was_done_can_be_corrected_and_the_providers_own_cannot() {
    let (mut payment, ticket) = asked_a_person();
    let correct = |payment: &mut Payment, name: &str| {
        let by = ResolvedBy { key: body(name), ..by_a_person() };
        let decision = Decision { provider_reference: Some(name.to_owned()), by, ..decision(true) };
        payment.correct(&ticket.operation, decision, &cause(), at(2_001))
    };
    assert!(!correct(&mut payment, "p-8"), "it is still to be settled");
    assert!(payment.resolve(&ticket.operation, decision(true), &cause(), at(2_000)));
    let before = payment.history.len();
    assert!(correct(&mut payment, "p-8"));
    let capture = operation(&payment, &ticket.operation);
    assert_eq!(capture.provider_reference.as_deref(), Some("p-8"));
    assert!(capture.word_under(&body("p-8")).is_some() && capture.word_under(&by_a_person().key).is_some());
    assert_eq!(facts_after(&payment, before), ["operation.resolved"]);
    assert!((0..100).any(|n| !correct(&mut payment, &format!("p-{n}"))), "corrected for ever");

    let (mut payment, id) = captured(5_000);
    let ticket = payment.operations.iter().find(|o| o.makes_capture() == Some(&id)).unwrap().id.clone();
    assert!(!payment.correct(&ticket, decision(true), &cause(), at(2_001)));
}

/// A capture of 10,000 with a refund of so much that the provider had for three days, and that a person decided about.
fn refund_of_a_persons_word(minor: i64, decision: Decision) -> (Payment, Ticket) {
    let (mut payment, capture) = captured(10_000);
    let ticket = refund(&mut payment, "r1", &capture, minor);
    settle(&mut payment, &ticket, pending());
    found(&mut payment, &ticket, Finding::Unclear, 72 * 3_600 + 1);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::NeedsOperator);
    assert!(payment.resolve(&ticket.operation, decision, &cause(), at(300_000)));
    sound(&payment);
    (payment, ticket)
}

#[test]
fn a_persons_no_yields_to_proof_that_it_was_done() {
    let (mut payment, ticket) = refund_of_a_persons_word(7_000, decision(false));
    assert_eq!(payment.amounts().refundable(), amount(10_000));
    let before = payment.history.len();
    for (outcome, drift) in [(pending(), 0), (done_for(6_999), 1)] {
        let news = news_of(&payment, &ticket, outcome);
        claim(&mut payment, news, 300_001);
        assert_eq!((status_of(&payment, &ticket), drifts(&payment)), (OperationStatus::Rejected, drift), "no proof");
    }
    let news = news_of(&payment, &ticket, done_as("K1"));
    for seconds in [300_002, 300_003] {
        claim(&mut payment, news.clone(), seconds);
        assert_eq!(status_of(&payment, &ticket), OperationStatus::Succeeded);
        assert_eq!(facts_after(&payment, before), ["payment.drift_detected", "refund.succeeded"]);
        assert_eq!((payment.amounts().refunded, payment.amounts().refunding), (amount(7_000), amount(0)));
    }
    let beyond = accept(&mut payment, refund_command("r2", None, 3_001), 300_004);
    assert_eq!(beyond, Err(Rejection::ExceedsCaptured { asked: amount(3_001), left: amount(3_000) }));
    assert_eq!(operation(&payment, &ticket.operation).resolved_by, Some(by_a_person()), "a replay can be told");
}

#[test]
fn a_persons_no_does_not_yield_where_the_money_was_given_back_otherwise_which_is_drift() {
    for (second, status, refunded, drift) in
        [(3_000, OperationStatus::Succeeded, 10_000, 0), (3_001, OperationStatus::Rejected, 3_001, 1)]
    {
        let (mut payment, ticket) = refund_of_a_persons_word(7_000, decision(false));
        let again = act(&mut payment, refund_command("r2", None, second));
        settle(&mut payment, &again, done());
        let news = news_of(&payment, &ticket, done_as("K1"));
        claim(&mut payment, news, 300_001);
        assert_eq!((status_of(&payment, &ticket), payment.amounts().refunded), (status, amount(refunded)));
        assert_eq!(drifts(&payment), drift);
    }
}

#[test]
fn a_persons_yes_that_the_provider_denies_is_told_and_moves_nothing() {
    let nameless = || Decision { provider_reference: None, ..decision(true) };
    for attempts in [1, 2] {
        let (mut payment, capture) = captured(10_000);
        let mut ticket = refund(&mut payment, "r1", &capture, 7_000);
        if attempts == 2 {
            settle(&mut payment, &ticket, Outcome::NotSent);
            ticket = act(&mut payment, refund_command("r1", Some(&capture), 7_000));
        }
        settle(&mut payment, &ticket, Outcome::InDoubt(Doubt::TimedOut));
        found_by(&mut payment, &ticket, Finding::Unclear, DoubtPolicy::None, 1_000);
        assert!(payment.resolve(&ticket.operation, nameless(), &cause(), at(1_001)));
        let before = payment.amounts();
        let news = news_of(&payment, &ticket, refused());
        for seconds in [1_002, 1_003] {
            claim(&mut payment, news.clone(), seconds);
            assert_eq!((payment.amounts(), drifts(&payment)), (before, 1), "{attempts}");
        }
    }
}

#[test]
fn a_person_is_not_listened_to_before_being_asked() {
    let (mut payment, ticket) = in_doubt();
    assert!(!payment.resolve(&ticket.operation, decision(true), &cause(), at(2)));
    assert_eq!(status_of(&payment, &ticket), OperationStatus::InDoubt);
}

#[test]
fn doubt_about_a_session_is_harmless_where_the_provider_says_so() {
    let (mut payment, ticket) = opened();
    payment.settle(&ticket, Outcome::InDoubt(Doubt::TimedOut), DoubtPolicy::Harmless, &cause(), at(1));
    assert_eq!(reason(&payment, &ticket), Some(Reason::Harmless));
    assert_eq!(payment.status, Status::Created);
}

#[test]
fn that_a_repeat_was_not_sent_says_nothing_about_the_first_attempt() {
    let (mut payment, ticket) = in_doubt();
    let second = payment.next_attempt(&ticket.operation, at(10)).unwrap();
    payment.settle(&second, Outcome::NotSent, DoubtPolicy::Repeat, &cause(), at(11));
    assert_eq!(status_of(&payment, &ticket), OperationStatus::InDoubt);
    assert_eq!(payment.amounts().capturing, amount(5_000));
}

#[test]
fn a_repeat_that_never_gets_an_answer_ends_with_a_person() {
    for outcome in [Outcome::InDoubt(Doubt::TimedOut), Outcome::NotSent] {
        let (mut payment, mut ticket) = in_doubt();
        let mut repeats = 0;
        while status_of(&payment, &ticket) == OperationStatus::InDoubt {
            let due = payment.due_at().unwrap();
            ticket = payment.next_attempt(&ticket.operation, due).unwrap();
            payment.settle(&ticket, outcome.clone(), DoubtPolicy::Repeat, &cause(), due);
            repeats += 1;
            assert!(repeats < 12, "repeated for ever");
        }
        assert_eq!(status_of(&payment, &ticket), OperationStatus::NeedsOperator);
        let doubts = facts_after(&payment, 0).iter().filter(|kind| **kind == "operation.in_doubt").count();
        assert_eq!(doubts, 1, "one doubt is told once");
    }
}

#[test]
fn proof_that_it_happened_outweighs_not_having_found_it_so_no_second_call_is_made() {
    let (mut payment, ticket) = in_doubt();
    found(&mut payment, &ticket, Finding::NotFound, 6);
    found(&mut payment, &ticket, Finding::NotFound, 66);
    let news = news_of(&payment, &ticket, done());
    claim(&mut payment, news, 70);
    assert_eq!(payment.amounts().captured, amount(5_000));
    assert_eq!(accept(&mut payment, capture_command("c1", 5_000), 71), Ok(Admission::Replay(ticket.operation)));
}

#[test]
fn a_refusal_after_an_attempt_that_nobody_found_proves_nothing_about_that_attempt() {
    let (mut payment, ticket) = in_doubt();
    found(&mut payment, &ticket, Finding::NotFound, 6);
    found(&mut payment, &ticket, Finding::NotFound, 66);
    let again = act(&mut payment, capture_command("c1", 5_000));
    settle_at(&mut payment, &again, refused(), 70);
    assert_eq!(reason(&payment, &ticket), Some(Reason::Doubt { doubt: Doubt::UnknownCode }));
    assert_eq!(status_of(&payment, &ticket), OperationStatus::InDoubt);
    assert_eq!(payment.amounts().capturing, amount(5_000));
    let mut found_refused = payment.clone();
    let news = news_of(&payment, &ticket, done());
    for seconds in [80, 81] {
        claim(&mut payment, news.clone(), seconds);
        assert_eq!((payment.amounts().captured, payment.amounts().capturing), (amount(5_000), amount(0)));
    }
    found(&mut found_refused, &ticket, Finding::Found(refused()), 90);
    assert_eq!(status_of(&found_refused, &ticket), OperationStatus::Rejected, "a look finds both attempts");
    assert!(found_refused.amounts().capturing.is_zero());
}

#[test]
fn a_decline_after_an_attempt_that_nobody_found_proves_nothing_about_that_attempt() {
    let decline =
        payment::Decline { reason: payment::DeclineReason::CreditRefused, provider_code: None, message: None };
    let order =
        |state| payment::OrderNews { provider_reference: Some("K".to_owned()), ..payment::OrderNews::of(state) };
    let outcome = |state| Outcome::Done(payment::Receipt { order: Some(order(state)), ..Default::default() });
    let (mut payment, first) = opened();
    settle(&mut payment, &first, Outcome::InDoubt(Doubt::TimedOut));
    found(&mut payment, &first, Finding::NotFound, 6);
    found(&mut payment, &first, Finding::NotFound, 66);
    let again = payment.next_attempt(&first.operation, at(67)).unwrap();
    for state in [OrderState::Declined(decline.clone()), OrderState::Canceled] {
        let mut payment = payment.clone();
        settle_at(&mut payment, &again, outcome(state.clone()), 70);
        assert_eq!((payment.status, status_of(&payment, &again)), (Status::Created, OperationStatus::InDoubt));
        let mut found_ended = payment.clone();
        if matches!(state, OrderState::Declined(_)) {
            observe(&mut payment, order_news(state.clone()), 75);
            assert_eq!(payment.status, Status::Created, "that the order was declined says no more than the answer");
        }
        let news = news_of(&payment, &again, outcome(OrderState::Authorized));
        claim(&mut payment, news, 80);
        assert_eq!((payment.status, payment.amounts().authorized), (Status::Authorized, amount(AMOUNT)));
        found(&mut found_ended, &again, Finding::Found(outcome(state)), 90);
        assert!(found_ended.status.is_final(), "a look finds both attempts");
    }
}

/// What calls an order off has done so when the order is called off.
#[test]
fn a_cancellation_is_done_when_its_order_is_called_off_whatever_became_of_an_earlier_attempt() {
    let mut payment = authorized();
    let first = act(&mut payment, cancel_command("x"));
    settle(&mut payment, &first, Outcome::InDoubt(Doubt::TimedOut));
    found(&mut payment, &first, Finding::NotFound, 6);
    found(&mut payment, &first, Finding::NotFound, 66);
    let again = act(&mut payment, cancel_command("x"));
    settle_at(&mut payment, &again, done_with(OrderState::Canceled), 70);
    assert_eq!((payment.status, status_of(&payment, &again)), (Status::Canceled, OperationStatus::Succeeded));
}

#[test]
fn an_invoice_that_is_another_capture_is_no_capture_of_its_own() {
    for answer in [
        done_as("inv-1"),
        Outcome::Pending(payment::Receipt { provider_reference: Some("inv-1".to_owned()), ..Default::default() }),
    ] {
        let mut payment = authorized();
        let first = capture(&mut payment, "c1", 5_000);
        settle(&mut payment, &first, Outcome::InDoubt(Doubt::TimedOut));
        let second = capture(&mut payment, "c2", 5_000);
        found(&mut payment, &first, Finding::Found(done_as("inv-1")), 6);
        settle_at(&mut payment, &second, answer, 7);
        assert_eq!((payment.amounts().captured, payment.amounts().capturing), (amount(5_000), amount(5_000)));
        assert_eq!(reason(&payment, &second), Some(Reason::Doubt { doubt: Doubt::AmountMismatch }));
        let mut missing = payment.clone();
        for seconds in [100, 200] {
            found(&mut missing, &second, Finding::NotFound, seconds);
        }
        assert_eq!(status_of(&missing, &second), OperationStatus::NeedsOperator, "nobody sends it again");
        found(&mut payment, &second, Finding::Found(done_as("inv-2")), 300);
        assert_eq!((payment.amounts().captured, drifts(&payment)), (amount(10_000), 0));
    }
}

#[test]
fn proof_that_comes_when_the_money_is_taken_otherwise_is_drift() {
    let (mut payment, ticket) = in_doubt();
    found(&mut payment, &ticket, Finding::NotFound, 6);
    found(&mut payment, &ticket, Finding::NotFound, 66);
    capture(&mut payment, "c2", AMOUNT);
    let news = news_of(&payment, &ticket, done());
    observe(&mut payment, news, 70);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::Rejected);
    assert_eq!(drifts(&payment), 1);
}

#[test]
fn a_definite_refusal_is_not_undone_by_a_message() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 5_000);
    settle(&mut payment, &ticket, refused());
    let news = news_of(&payment, &ticket, done());
    claim(&mut payment, news.clone(), 2);
    assert_eq!(status_of(&payment, &ticket), OperationStatus::Rejected);
    assert_eq!(payment.observe_at, Some(at(2)), "a contradiction asks for a look");
    assert_eq!(drifts(&payment), 1, "and is told: the look may be at the order alone");
    observe(&mut payment, news, 3);
    assert_eq!((status_of(&payment, &ticket), drifts(&payment)), (OperationStatus::Rejected, 1));
}

#[test]
fn a_hint_makes_the_payment_due_and_nothing_else() {
    let mut payment = authorized();
    let before = payment.clone();
    payment.hint(Hint { at: at(5) });
    assert_eq!(payment.due_at(), Some(at(5)));
    (payment.observe_at, payment.observe_step) = (None, before.observe_step);
    assert!(payment == before);
}

#[test]
fn hints_make_at_most_one_look_in_five_seconds() {
    let mut payment = authorized();
    payment.observed(at(10));
    payment.hint(Hint { at: at(11) });
    payment.hint(Hint { at: at(12) });
    assert_eq!(payment.due_at(), Some(at(15)));
}

#[test]
fn an_operation_in_doubt_blocks_what_excludes_it_by_name() {
    let (mut payment, ticket) = in_doubt();
    let rejected = accept(&mut payment, cancel_command("x"), 2);
    assert_eq!(rejected, Err(Rejection::BlockedByDoubt { operation: ticket.operation }));
}

#[test]
fn a_refusal_that_may_be_about_an_earlier_attempt_only_makes_us_look_while_the_worker_lives() {
    let mut payment = authorized();
    let first = capture(&mut payment, "c1", 5_000);
    settle(&mut payment, &first, Outcome::NotSent);
    let Admission::Act(second) = accept(&mut payment, capture_command("c1", 5_000), 3).unwrap() else { panic!() };
    let late = news_of(&payment, &second, refused());
    claim(&mut payment, late.clone(), 4);
    assert_eq!(status_of(&payment, &second), OperationStatus::Accepted);
    assert_eq!((payment.amounts().capturing, payment.due_at()), (amount(5_000), Some(at(4))));
    settle_at(&mut payment, &second, done(), 5);
    assert_eq!(payment.amounts().captured, amount(5_000));
    claim(&mut payment, late, 6);
    assert_eq!((payment.amounts().captured, drifts(&payment)), (amount(5_000), 0), "a claim does not undo it");
}

#[test]
fn a_refusal_counts_once_the_worker_is_dead() {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c1", 5_000);
    let news = news_of(&payment, &ticket, refused());
    claim(&mut payment, news, 100);
    assert_eq!((status_of(&payment, &ticket), payment.amounts().capturing), (OperationStatus::Rejected, amount(0)));
}
