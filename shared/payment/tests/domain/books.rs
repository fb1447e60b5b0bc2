//! A provider that checks nothing, does every call that reaches it as often as it is made, loses answers, answers
//! late and tells the truth when asked: no money may move at it that was not promised, and in the end both books agree.

use payment::{
    Admission, CaptureId, Decision, Doubt, DoubtPolicy, Finding, Observation, Operation, OperationId, OperationKind,
    OperationStatus, OrderNews, OrderState, Outcome, Payment, Ticket,
};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::fixture::*;

/// After this many seconds the provider finds everything that ever reached it.
const QUIET: i64 = 60;

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Done,
    DoneAnswerLate,
    DoneAnswerLost,
    DoneWorkerDied,
    /// Is done only some seconds after the answer was lost.
    DoneLaterAnswerLost {
        after: i64,
    },
    Refused,
    LostOnTheWay,
    WorkerDiedBefore,
    NotSent,
    PendingThenDone {
        after: i64,
    },
    PendingThenRefused {
        after: i64,
    },
}

#[derive(Debug, Clone)]
enum Step {
    Capture { key: u8, minor: Option<i64>, last: bool, fate: Fate },
    Refund { key: u8, minor: Option<i64>, of: Option<Index>, fate: Fate },
    Cancel { key: u8, fate: Fate },
    Amend { key: u8, minor: i64, fate: Fate },
    LateAnswer { which: Index },
    Webhook { about: Index },
    Probe { about: Index },
    Observe,
    Sweep { fate: Fate },
    Wait { seconds: i64 },
}

fn fates() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => Just(Fate::Done),
        2 => Just(Fate::DoneAnswerLate),
        2 => Just(Fate::DoneAnswerLost),
        1 => Just(Fate::DoneWorkerDied),
        2 => (1..QUIET).prop_map(|after| Fate::DoneLaterAnswerLost { after }),
        1 => Just(Fate::Refused),
        2 => Just(Fate::LostOnTheWay),
        1 => Just(Fate::WorkerDiedBefore),
        2 => Just(Fate::NotSent),
        1 => (1..500i64).prop_map(|after| Fate::PendingThenDone { after }),
        1 => (1..500i64).prop_map(|after| Fate::PendingThenRefused { after }),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    let minor = || prop::option::weighted(0.8, prop_oneof![4 => 1..AMOUNT / 2, 1 => AMOUNT / 2..=AMOUNT]);
    let index = any::<Index>;
    prop_oneof![
        5 => (0..5u8, minor(), prop::bool::weighted(0.3), fates())
            .prop_map(|(key, minor, last, fate)| Step::Capture { key, minor, last, fate }),
        5 => (0..5u8, minor(), prop::option::of(index()), fates())
            .prop_map(|(key, minor, of, fate)| Step::Refund { key, minor, of, fate }),
        1 => (0..2u8, fates()).prop_map(|(key, fate)| Step::Cancel { key, fate }),
        2 => (0..3u8, AMOUNT / 4..AMOUNT, fates()).prop_map(|(key, minor, fate)| Step::Amend { key, minor, fate }),
        2 => index().prop_map(|which| Step::LateAnswer { which }),
        3 => index().prop_map(|about| Step::Webhook { about }),
        4 => index().prop_map(|about| Step::Probe { about }),
        1 => Just(Step::Observe),
        3 => fates().prop_map(|fate| Step::Sweep { fate }),
        4 => prop::sample::select(vec![1, 10, 40, 70, 600]).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

/// One call that reached the provider.
struct Call {
    operation: OperationId,
    done_at: Option<i64>,
    acknowledged: bool,
    refused_at: Option<i64>,
}

struct World {
    payment: Payment,
    calls: Vec<Call>,
    late_answers: Vec<(Ticket, Outcome)>,
    now: i64,
}

impl World {
    fn amount_of(&self, id: &OperationId) -> i64 {
        operation(&self.payment, id).amount.minor()
    }

    fn act(&mut self, ticket: &Ticket, fate: Fate) {
        let (id, now) = (ticket.operation.clone(), self.now);
        let mut call = Call { operation: id.clone(), done_at: None, acknowledged: false, refused_at: None };
        let answer = match fate {
            Fate::Done | Fate::DoneAnswerLate => {
                call.done_at = Some(now);
                Some(done_for(self.amount_of(&id)))
            }
            Fate::DoneAnswerLost => {
                call.done_at = Some(now);
                Some(Outcome::InDoubt(Doubt::TimedOut))
            }
            Fate::DoneWorkerDied => {
                call.done_at = Some(now);
                None
            }
            Fate::DoneLaterAnswerLost { after } => {
                call.done_at = Some(now + after);
                Some(Outcome::InDoubt(Doubt::ConnectionLost))
            }
            Fate::Refused => {
                call.refused_at = Some(now);
                Some(refused())
            }
            Fate::LostOnTheWay => Some(Outcome::InDoubt(Doubt::TimedOut)),
            Fate::WorkerDiedBefore => None,
            Fate::NotSent => Some(Outcome::NotSent),
            Fate::PendingThenDone { after } => {
                (call.acknowledged, call.done_at) = (true, Some(now + after));
                Some(pending())
            }
            Fate::PendingThenRefused { after } => {
                (call.acknowledged, call.refused_at) = (true, Some(now + after));
                Some(pending())
            }
        };
        self.calls.push(call);
        match answer {
            Some(answer) if fate == Fate::DoneAnswerLate => self.late_answers.push((ticket.clone(), answer)),
            Some(answer) => {
                self.payment.settle(ticket, answer, DoubtPolicy::Lookup, &cause(), at(now));
            }
            None => {}
        }
    }

    fn ask(&mut self, command: payment::Command, fate: Fate) {
        if let Ok(Admission::Act(ticket)) = self.payment.accept(command, at(self.now)) {
            self.act(&ticket, fate);
        }
    }

    /// What the provider says about an operation now.
    fn truth(&self, id: &OperationId) -> Finding {
        let calls = || self.calls.iter().filter(|call| call.operation == *id);
        let by_now = |time: Option<i64>| time.is_some_and(|time| time <= self.now);
        if calls().any(|call| by_now(call.done_at)) {
            Finding::Found(done_for(self.amount_of(id)))
        } else if calls().any(|call| by_now(call.refused_at)) {
            Finding::Found(refused())
        } else if calls().any(|call| call.acknowledged) {
            Finding::Found(pending())
        } else {
            Finding::NotFound
        }
    }

    fn probe(&mut self, id: &OperationId) {
        let finding = Observation::read(self.truth(id));
        let quiet = u32::try_from(QUIET).unwrap();
        self.payment.found(id, finding, quiet, DoubtPolicy::Lookup, &cause(), at(self.now));
    }

    fn sweep(&mut self, fate: Fate) {
        let ids: Vec<OperationId> = self.payment.operations.iter().map(|o| o.id.clone()).collect();
        for id in ids {
            self.payment.lapse(&id, DoubtPolicy::Lookup, &cause(), at(self.now));
        }
        if let Some(id) = self.payment.ready_follower().map(|o| o.id.clone())
            && let Ok(ticket) = self.payment.next_attempt(&id, at(self.now))
        {
            self.act(&ticket, fate);
        }
    }

    fn pick(&self, index: &Index) -> OperationId {
        index.get(&self.payment.operations).id.clone()
    }

    fn captures(&self) -> Vec<CaptureId> {
        self.payment.operations.iter().filter_map(|o| o.makes_capture()).cloned().collect()
    }

    fn play(&mut self, step: &Step) {
        match step {
            Step::Capture { key: k, minor, last, fate } => {
                let asked = payment::CaptureCommand {
                    amount: minor.map(amount),
                    releases_rest: *last,
                    ..payment::CaptureCommand::default()
                };
                let body = payment::Fingerprint::of(&asked).unwrap();
                self.ask(payment::Command::capture(asked, key(&format!("c{k}")), body), *fate);
            }
            Step::Refund { key: k, minor, of, fate } => {
                let captures = self.captures();
                let capture_id = of.filter(|_| !captures.is_empty()).map(|of| of.get(&captures).clone());
                let asked = payment::RefundCommand {
                    amount: minor.map(amount),
                    capture_id,
                    ..payment::RefundCommand::default()
                };
                let body = payment::Fingerprint::of(&asked).unwrap();
                self.ask(payment::Command::refund(asked, key(&format!("r{k}")), body), *fate);
            }
            Step::Cancel { key, fate } => self.ask(cancel_command(&format!("x{key}")), *fate),
            Step::Amend { key, minor, fate } => self.ask(amend_command(&format!("a{key}"), *minor), *fate),
            Step::LateAnswer { which } => {
                if !self.late_answers.is_empty() {
                    let (ticket, answer) = self.late_answers.remove(which.index(self.late_answers.len()));
                    self.payment.settle(&ticket, answer, DoubtPolicy::Lookup, &cause(), at(self.now));
                }
            }
            Step::Webhook { about } => {
                let id = self.pick(about);
                // A cancel has the order's own reference, so no message can name it.
                let named = operation(&self.payment, &id).reference.contains("-C")
                    || operation(&self.payment, &id).reference.contains("-R");
                if let (Finding::Found(outcome), true) = (self.truth(&id), named) {
                    let news = operation_news(&operation(&self.payment, &id).reference.clone(), outcome);
                    self.payment.learn(payment::SignedClaim::verified(news), &cause(), at(self.now));
                }
            }
            Step::Probe { about } => {
                let id = self.pick(about);
                self.probe(&id);
            }
            Step::Observe => {
                let canceled = self.moved(OperationKind::Cancel).next().is_some();
                let captured = self.moved(OperationKind::Capture).map(|id| self.amount_of(id)).sum::<i64>();
                let state = if canceled && captured == 0 { OrderState::Canceled } else { OrderState::Authorized };
                let promised = Some(amount(self.promised()));
                let order = OrderNews { amount: promised, captured: Some(amount(captured)), ..OrderNews::of(state) };
                let news = payment::News { order: Some(order), ..payment::News::default() };
                self.payment.learn(Observation::read(news), &cause(), at(self.now));
            }
            Step::Sweep { fate } => self.sweep(*fate),
            Step::Wait { seconds } => self.now += seconds,
        }
    }

    /// The operations of a kind that the provider has done by now, once for each time.
    fn moved(&self, kind: OperationKind) -> impl Iterator<Item = &OperationId> {
        let done = |call: &&Call| call.done_at.is_some_and(|time| time <= self.now);
        let ids = self.calls.iter().filter(done).map(|call| &call.operation);
        ids.filter(move |id| operation(&self.payment, id).kind() == kind)
    }

    /// What the provider promises: the amount that it was last told.
    fn promised(&self) -> i64 {
        let done = self.calls.iter().filter(|call| call.done_at.is_some_and(|time| time <= self.now));
        let amends = done.filter(|call| operation(&self.payment, &call.operation).kind() == OperationKind::Amend);
        amends.max_by_key(|call| call.done_at).map_or(AMOUNT, |call| self.amount_of(&call.operation))
    }

    fn no_money_moved_that_was_not_promised(&self) -> Result<(), TestCaseError> {
        for operation in &self.payment.operations {
            let times =
                self.calls.iter().filter(|call| call.operation == operation.id && call.done_at.is_some()).count();
            prop_assert!(times <= 1, "{:?} was done {times} times", operation.kind());
        }
        let sum = |kind| self.moved(kind).map(|id| self.amount_of(id)).sum::<i64>();
        prop_assert!(sum(OperationKind::Capture) <= self.promised(), "more captured than promised");
        for capture in self.captures() {
            let of_capture = |id: &&OperationId| operation(&self.payment, id).refunds_capture() == Some(&capture);
            let refunded: i64 = self.moved(OperationKind::Refund).filter(of_capture).map(|id| self.amount_of(id)).sum();
            let makes = |id: &&OperationId| operation(&self.payment, id).makes_capture() == Some(&capture);
            let captured: i64 = self.moved(OperationKind::Capture).filter(makes).map(|id| self.amount_of(id)).sum();
            prop_assert!(refunded <= captured, "more refunded than captured");
        }
        let mut calls: Vec<&Call> = self.calls.iter().filter(|call| call.done_at.is_some()).collect();
        calls.sort_by_key(|call| call.done_at);
        let kinds = calls.iter().map(|call| operation(&self.payment, &call.operation).kind());
        let after_cancel = kinds.skip_while(|kind| *kind != OperationKind::Cancel);
        prop_assert!(
            !after_cancel.into_iter().any(|kind| kind == OperationKind::Capture),
            "captured what was released"
        );
        Ok(())
    }

    /// Lets every call come to its end, and looks for everything that is still open.
    fn come_to_rest(&mut self) {
        for _ in 0..12 {
            self.now += 600;
            for (ticket, answer) in std::mem::take(&mut self.late_answers) {
                self.payment.settle(&ticket, answer, DoubtPolicy::Lookup, &cause(), at(self.now));
            }
            self.sweep(Fate::Done);
            let open: Vec<OperationId> =
                self.payment.operations.iter().filter(|o| o.status.is_open()).map(|o| o.id.clone()).collect();
            open.iter().for_each(|id| self.probe(id));
        }
        // A release that was refused is for a person, who sees that it was not done. Another one may have waited for that.
        let asked = |o: &&Operation| o.status == OperationStatus::NeedsOperator && o.waits_for.is_some();
        let refused: Vec<OperationId> = self.payment.operations.iter().filter(asked).map(|o| o.id.clone()).collect();
        for id in refused {
            let reason = "seen in the portal".to_owned();
            let by = by_a_person();
            let decision = Decision { succeeded: false, reason, provider_reference: None, order: None, by };
            self.payment.resolve(&id, decision, &cause(), at(self.now));
        }
        self.sweep(Fate::Done);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_money_moves_that_was_not_promised_and_in_the_end_both_books_agree(steps in prop::collection::vec(steps(), 1..60)) {
        let mut world = World { payment: authorized(), calls: Vec::new(), late_answers: Vec::new(), now: 1 };
        for step in &steps {
            world.play(step);
            sound(&world.payment);
            world.no_money_moved_that_was_not_promised()?;
        }
        world.come_to_rest();
        world.no_money_moved_that_was_not_promised()?;

        for operation in &world.payment.operations {
            prop_assert!(!operation.status.is_open(), "{:?} never ended: {:?}", operation.kind(), operation.status);
            let done = world.calls.iter().any(|call| call.operation == operation.id && call.done_at.is_some());
            let moot = operation.attempt == 0 || operation.kind() == OperationKind::CreateSession;
            prop_assert!(moot || done == (operation.status == OperationStatus::Succeeded), "{:?}", operation.kind());
        }
        let amounts = world.payment.amounts();
        let moved = |kind| world.moved(kind).map(|id| world.amount_of(id)).sum::<i64>();
        prop_assert_eq!(amounts.captured.minor(), moved(OperationKind::Capture));
        prop_assert_eq!(amounts.refunded.minor(), moved(OperationKind::Refund));
        prop_assert_eq!(world.payment.agreed().gross().minor(), world.promised());
        prop_assert_eq!(drifts(&world.payment), 0, "the books were said to differ");
    }
}
