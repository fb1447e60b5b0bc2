//! Whatever is asked, answered, found, said or not said, in whatever order: the promises hold after every step.

use std::collections::BTreeSet;

use payment::{
    Admission, Amount, CancelCommand, CaptureId, CaptureMode, Command, Decision, Decline, DeclineReason, Doubt,
    DoubtPolicy, Finding, Flow, GivenBack, Hint, Instruction, InstructionKind, LateAuthorization, Observation,
    OperationId, OperationKind, OperationStatus, OrderNews, OrderState, Outcome, Payment, Receipt, ReceivableMessage,
    ReceivableNews, Rejection, Status, Ticket,
};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::fixture::*;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Answer {
    Done,
    DoneNamed(u8),
    DoneWrongAmount,
    DoneWith(State),
    Pending,
    PendingWrongAmount,
    Refused,
    NotSent,
    InDoubt,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    AwaitingBuyer,
    AwaitingConfirmation,
    UnderReview,
    Authorized,
    Captured,
    Declined,
    Canceled,
    Expired,
}

#[derive(Debug, Clone, Copy)]
enum Seen {
    Found(Answer),
    NotFound,
    Unclear,
}

#[derive(Debug, Clone)]
enum Step {
    Capture { key: u8, minor: Option<i64>, lines: bool, last: bool },
    Refund { key: u8, minor: Option<i64>, of: Option<Index> },
    Cancel { key: u8 },
    Confirm { key: u8 },
    Amend { key: u8, minor: i64 },
    Instruct { key: u8, kind: InstructionKind, minor: i64 },
    Settle { ticket: Index, answer: Answer, policy: DoubtPolicy },
    Lapse { operation: Index, policy: DoubtPolicy },
    Probe { operation: Index, seen: Seen, policy: DoubtPolicy },
    Again { operation: Index },
    Follower,
    TellOperation { operation: Index, answer: Answer, observed: bool },
    TellOrder { state: State, wrong_amount: bool, captured: Option<i64>, observed: bool },
    TellGivenBack { operation: Index, part: Option<(u8, i64)>, observed: bool },
    TellReceivable { outstanding: Option<i64> },
    Hint,
    SeenNothing,
    Resolve { operation: Index, succeeded: bool },
    Wait { seconds: i64 },
}

fn answers() -> impl Strategy<Value = Answer> {
    prop_oneof![
        6 => Just(Answer::Done),
        2 => (0..3u8).prop_map(Answer::DoneNamed),
        1 => Just(Answer::DoneWrongAmount),
        3 => states().prop_map(Answer::DoneWith),
        2 => Just(Answer::Pending),
        1 => Just(Answer::PendingWrongAmount),
        2 => Just(Answer::Refused),
        2 => Just(Answer::NotSent),
        3 => Just(Answer::InDoubt),
    ]
}

fn states() -> impl Strategy<Value = State> {
    use State::{Authorized, AwaitingBuyer, AwaitingConfirmation, Canceled, Captured, Declined, Expired, UnderReview};
    let late = prop::sample::select(vec![Captured, Declined, Canceled, Expired]);
    let early = prop::sample::select(vec![AwaitingBuyer, AwaitingConfirmation, UnderReview]);
    prop_oneof![5 => Just(Authorized), 2 => early, 1 => late]
}

fn policies() -> impl Strategy<Value = DoubtPolicy> {
    prop::sample::select(vec![DoubtPolicy::Lookup, DoubtPolicy::Repeat, DoubtPolicy::None])
}

fn seen() -> impl Strategy<Value = Seen> {
    prop_oneof![2 => answers().prop_map(Seen::Found), 2 => Just(Seen::NotFound), 1 => Just(Seen::Unclear)]
}

fn minor() -> impl Strategy<Value = i64> {
    prop_oneof![3 => 1..AMOUNT / 2, 1 => Just(0), 1 => Just(AMOUNT), 1 => AMOUNT..2 * AMOUNT]
}

fn steps() -> impl Strategy<Value = Step> {
    let index = any::<Index>;
    prop_oneof![
        6 => (0..6u8, prop::option::weighted(0.8, minor()), prop::bool::weighted(0.2), prop::bool::weighted(0.3))
            .prop_map(|(key, minor, lines, last)| Step::Capture { key, minor, lines, last }),
        6 => (0..6u8, prop::option::weighted(0.8, minor()), prop::option::of(index()))
            .prop_map(|(key, minor, of)| Step::Refund { key, minor, of }),
        1 => (0..3u8).prop_map(|key| Step::Cancel { key }),
        1 => (0..3u8).prop_map(|key| Step::Confirm { key }),
        2 => (0..4u8, minor()).prop_map(|(key, minor)| Step::Amend { key, minor }),
        2 => (0..4u8, prop::sample::select(InstructionKind::ALL.to_vec()), minor())
            .prop_map(|(key, kind, minor)| Step::Instruct { key, kind, minor }),
        12 => (index(), answers(), policies()).prop_map(|(ticket, answer, policy)| Step::Settle { ticket, answer, policy }),
        1 => (index(), policies()).prop_map(|(operation, policy)| Step::Lapse { operation, policy }),
        4 => (index(), seen(), policies()).prop_map(|(operation, seen, policy)| Step::Probe { operation, seen, policy }),
        2 => index().prop_map(|operation| Step::Again { operation }),
        2 => Just(Step::Follower),
        3 => (index(), answers(), any::<bool>())
            .prop_map(|(operation, answer, observed)| Step::TellOperation { operation, answer, observed }),
        2 => (states(), prop::bool::weighted(0.1), prop::option::weighted(0.2, 0..AMOUNT), any::<bool>())
            .prop_map(|(state, wrong_amount, captured, observed)| Step::TellOrder { state, wrong_amount, captured, observed }),
        2 => (index(), prop::option::weighted(0.7, (0..3u8, 1..AMOUNT / 2)), any::<bool>())
            .prop_map(|(operation, part, observed)| Step::TellGivenBack { operation, part, observed }),
        1 => prop::option::of(0..AMOUNT).prop_map(|outstanding| Step::TellReceivable { outstanding }),
        1 => Just(Step::Hint),
        1 => Just(Step::SeenNothing),
        1 => (index(), any::<bool>()).prop_map(|(operation, succeeded)| Step::Resolve { operation, succeeded }),
        3 => prop::sample::select(vec![1, 20, 40, 70, 1_000, 90_000, 300_000]).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

struct World {
    payment: Payment,
    tickets: Vec<Ticket>,
    now: i64,
}

impl World {
    fn order(state: State) -> OrderNews {
        let decline = Decline { reason: DeclineReason::Other, provider_code: None, message: None };
        OrderNews::of(match state {
            State::AwaitingBuyer => OrderState::AwaitingBuyer(Some(payment::Action::Redirect {
                url: "https://provider.example/pay".parse().unwrap(),
                expires_at: Some(at(50_000)),
            })),
            State::AwaitingConfirmation => OrderState::AwaitingConfirmation,
            State::UnderReview => OrderState::UnderReview,
            State::Authorized => OrderState::Authorized,
            State::Captured => OrderState::Captured,
            State::Declined => OrderState::Declined(decline),
            State::Canceled => OrderState::Canceled,
            State::Expired => OrderState::Expired,
        })
    }

    fn outcome(&self, id: &OperationId, answer: Answer) -> Outcome {
        let wrong = Some(amount(operation(&self.payment, id).amount.minor() + 1));
        let receipt = Receipt { amount: wrong, ..Receipt::default() };
        match answer {
            Answer::Done => done(),
            Answer::DoneNamed(n) => done_as(&format!("m{n}")),
            Answer::DoneWrongAmount => Outcome::Done(receipt),
            Answer::DoneWith(state) => Outcome::Done(Receipt { order: Some(Self::order(state)), ..Receipt::default() }),
            Answer::Pending => pending(),
            Answer::PendingWrongAmount => Outcome::Pending(receipt),
            Answer::Refused => refused(),
            Answer::NotSent => Outcome::NotSent,
            Answer::InDoubt => Outcome::InDoubt(Doubt::TimedOut),
        }
    }

    fn pick(&self, index: &Index) -> OperationId {
        index.get(&self.payment.operations).id.clone()
    }

    fn policy(&self, id: &OperationId, policy: DoubtPolicy) -> DoubtPolicy {
        if operation(&self.payment, id).kind() == OperationKind::CreateSession { DoubtPolicy::Harmless } else { policy }
    }

    fn command(&self, step: &Step) -> Option<Command> {
        let named = |key: &u8| key_of(*key);
        Some(match step {
            Step::Capture { key, minor, lines, last } => {
                let asked = payment::CaptureCommand {
                    amount: minor.filter(|_| !lines).map(amount),
                    lines: if *lines { vec![units("BOOK", 1), units("SHIP", 1)] } else { Vec::new() },
                    releases_rest: *last,
                    ..payment::CaptureCommand::default()
                };
                let body = payment::Fingerprint::of(&asked).unwrap();
                Command::capture(asked, named(key), body)
            }
            Step::Refund { key, minor, of } => {
                let captures: Vec<CaptureId> =
                    self.payment.operations.iter().filter_map(|o| o.makes_capture()).cloned().collect();
                let capture_id = of.filter(|_| !captures.is_empty()).map(|of| of.get(&captures).clone());
                let asked = payment::RefundCommand {
                    amount: minor.map(amount),
                    capture_id,
                    ..payment::RefundCommand::default()
                };
                let body = payment::Fingerprint::of(&asked).unwrap();
                Command::refund(asked, named(key), body)
            }
            Step::Cancel { key } => Command::cancel(named(key), payment::Fingerprint::of(&CancelCommand {}).unwrap()),
            Step::Confirm { key } => confirm_command(&format!("k{key}"), true),
            Step::Amend { key, minor } => {
                let asked = payment::AmendCommand { amount: amount(*minor) };
                let body = payment::Fingerprint::of(&asked).unwrap();
                Command::amend(asked, named(key), body)
            }
            Step::Instruct { key, kind, minor } => {
                let asked = instruction(*kind, amount(*minor));
                let body = payment::Fingerprint::of(&asked).unwrap();
                Command::tell(asked, named(key), body)
            }
            _ => return None,
        })
    }

    fn ask(&mut self, command: &Command, kind: OperationKind, key: u8) -> Result<(), TestCaseError> {
        let before = self.payment.clone();
        let id = OperationId::of(&before.id, kind.as_str(), key_of(key).as_str());
        let open: Vec<OperationKind> =
            before.operations.iter().filter(|o| o.status.is_open() && o.id != id).map(|o| o.kind()).collect();
        match self.payment.accept(command.clone(), at(self.now)) {
            Ok(Admission::Act(ticket)) => {
                prop_assert!(!open.iter().any(|other| excludes(kind, *other)), "{:?} beside {:?}", kind, open);
                self.tickets.push(ticket);
            }
            Ok(Admission::Replay(known) | Admission::Probe(known)) => {
                prop_assert_eq!(known, id);
                prop_assert!(self.payment == before, "a replay changed something");
            }
            Err(rejection) => {
                prop_assert!(!matches!(rejection, Rejection::Broken(_)), "refused by luck: {}", rejection);
                prop_assert!(self.payment == before, "a rejected command changed something");
            }
        }
        Ok(())
    }

    /// Plays a step. Returns whether it brought any word from the provider, our own worker or an operator.
    fn play(&mut self, step: &Step) -> Result<bool, TestCaseError> {
        let now = at(self.now);
        if let Some(command) = self.command(step) {
            let (Step::Capture { key, .. }
            | Step::Refund { key, .. }
            | Step::Cancel { key }
            | Step::Confirm { key }
            | Step::Amend { key, .. }
            | Step::Instruct { key, .. }) = step
            else {
                unreachable!()
            };
            self.ask(&command, command.kind(), *key)?;
            return Ok(false);
        }
        match step {
            Step::Settle { ticket, answer, policy } => {
                let ticket = ticket.get(&self.tickets).clone();
                let outcome = self.outcome(&ticket.operation, *answer);
                let policy = self.policy(&ticket.operation, *policy);
                self.payment.settle(&ticket, outcome, policy, &cause(), now);
                return Ok(*answer != Answer::InDoubt);
            }
            Step::Lapse { operation, policy } => {
                let id = self.pick(operation);
                let policy = self.policy(&id, *policy);
                self.payment.lapse(&id, policy, &cause(), now);
            }
            Step::Probe { operation, seen, policy } => {
                let id = self.pick(operation);
                let (finding, told) = match seen {
                    Seen::Found(answer) => {
                        let told = !matches!(answer, Answer::InDoubt | Answer::NotSent);
                        (Finding::Found(self.outcome(&id, *answer)), told)
                    }
                    Seen::NotFound => {
                        let first = crate::fixture::operation(&self.payment, &id).not_found_at;
                        (
                            Finding::NotFound,
                            first.is_some_and(|first| first + jiff::SignedDuration::from_secs(60) <= now),
                        )
                    }
                    Seen::Unclear => (Finding::Unclear, false),
                };
                let policy = self.policy(&id, *policy);
                self.payment.found(&id, Observation::read(finding), 60, policy, &cause(), now);
                return Ok(told);
            }
            Step::Again { operation } => {
                let known = operation.get(&self.payment.operations).clone();
                let fingerprint = known.fingerprint.clone();
                if let Ok(Admission::Act(ticket)) = self.payment.again(known, &fingerprint, now) {
                    self.tickets.push(ticket);
                }
            }
            Step::Follower => {
                if let Some(id) = self.payment.ready_follower().map(|o| o.id.clone())
                    && let Ok(ticket) = self.payment.next_attempt(&id, now)
                {
                    self.tickets.push(ticket);
                }
            }
            Step::TellOperation { operation, answer, observed } => {
                let id = self.pick(operation);
                let reference = crate::fixture::operation(&self.payment, &id).reference.clone();
                let news = operation_news(&reference, self.outcome(&id, *answer));
                self.learn(news, *observed);
                return Ok(true);
            }
            Step::TellOrder { state, wrong_amount, captured, observed } => {
                let mut order = Self::order(*state);
                order.amount = wrong_amount.then(|| amount(AMOUNT + 1));
                order.captured = captured.map(amount);
                self.learn(payment::News { order: Some(order), ..payment::News::default() }, *observed);
                return Ok(true);
            }
            Step::TellGivenBack { operation, part, observed } => {
                let id = self.pick(operation);
                let picked = crate::fixture::operation(&self.payment, &id);
                // Of a refund, it is a movement that may be this refund.
                let of = |o: &&payment::Operation| o.makes_capture() == picked.refunds_capture();
                let refunded = picked.refunds_capture().and_then(|_| self.payment.operations.iter().find(of));
                let reference = refunded.unwrap_or(picked).reference.clone();
                let given_back = match part {
                    None => GivenBack::All,
                    Some((n, minor)) => {
                        let amount = if refunded.is_some() { picked.amount } else { amount(*minor) };
                        GivenBack::Part { movement: format!("m{n}"), amount }
                    }
                };
                let receipt = Receipt { given_back: Some(given_back), ..Receipt::default() };
                self.learn(operation_news(&reference, Outcome::Done(receipt)), *observed);
                return Ok(true);
            }
            Step::TellReceivable { outstanding } => {
                let told = ReceivableMessage::of(ReceivableNews::BuyerPaid);
                let told = ReceivableMessage { outstanding: outstanding.map(amount), ..told };
                self.payment.note_receivable(told, &cause(), now);
            }
            Step::Hint => self.payment.hint(Hint { at: now }),
            Step::SeenNothing => self.payment.observed(now),
            Step::Resolve { operation, succeeded } => {
                let id = self.pick(operation);
                let decision = Decision {
                    succeeded: *succeeded,
                    reason: "called them".to_owned(),
                    provider_reference: None,
                    order: None,
                    by: by_a_person(),
                };
                self.payment.resolve(&id, decision, &cause(), now);
                return Ok(true);
            }
            Step::Wait { seconds } => self.now += seconds,
            Step::Capture { .. }
            | Step::Refund { .. }
            | Step::Cancel { .. }
            | Step::Confirm { .. }
            | Step::Amend { .. }
            | Step::Instruct { .. } => {}
        }
        Ok(false)
    }

    fn learn(&mut self, news: payment::News, observed: bool) {
        if observed {
            self.payment.learn(Observation::read(news), &cause(), at(self.now));
        } else {
            self.payment.learn(payment::SignedClaim::verified(news), &cause(), at(self.now));
        }
    }
}

fn key_of(number: u8) -> payment::IdempotencyKey {
    key(&format!("k{number}"))
}

/// The conflicts of the contract, written down a second time.
fn excludes(new: OperationKind, open: OperationKind) -> bool {
    use OperationKind::{Amend, Cancel, Capture, Confirm, CreateSession, Tell};
    let alone = |kind| matches!(kind, Confirm | CreateSession);
    let lowers = |kind| matches!(kind, Cancel | Amend);
    let holds = |kind| matches!(kind, Tell(InstructionKind::Hold | InstructionKind::Resume));
    alone(new)
        || alone(open)
        || (holds(new) && holds(open))
        || (new == Capture && lowers(open))
        || (lowers(new) && (open == Capture || lowers(open)))
}

fn promises(before: &Payment, after: &Payment, told: bool) -> Result<(), TestCaseError> {
    prop_assert_eq!(after.check_invariants(), Ok(()));
    ledger_is_counted_from_operations(after)?;

    let kept = after.history.get(..before.history.len());
    prop_assert!(kept == Some(before.history.as_slice()), "history was rewritten");
    prop_assert!(after.history.iter().zip(1u64..).all(|(entry, n)| entry.sequence == n), "history has a gap");
    let settled = payment::Amounts { capturing: Amount::ZERO, refunding: Amount::ZERO, ..after.amounts() };
    prop_assert_eq!(after.replayed(), (after.status, settled));

    let (b, a) = (before.amounts(), after.amounts());
    let grew = b.authorized <= a.authorized
        && b.released <= a.released
        && (b.captured <= a.captured || reversed_since(before, after))
        && (b.refunded <= a.refunded || in_doubt_since(before, after));
    prop_assert!(grew, "the ledger shrank: {:?} -> {:?}", b, a);
    let policy = before.late_authorization == LateAuthorization::Accept;
    let late = policy && matches!(before.status, Status::Canceled | Status::Expired) && b.authorized.is_zero();
    prop_assert!(!before.status.is_final() || late || after.status == before.status, "a final status changed");
    prop_assert!(told || after.status == before.status, "the status changed without evidence");

    for old in &before.operations {
        let new = after.operation(&old.id);
        prop_assert!(new.is_some_and(|new| new.fingerprint == old.fingerprint && new.kind() == old.kind()));
        let Some(new) = new else { continue };
        let unknown =
            matches!(old.status, OperationStatus::InDoubt | OperationStatus::NeedsOperator | OperationStatus::Pending);
        // Doubt about a session is harmless here: it may be closed at any time.
        if unknown && !told && old.kind() != OperationKind::CreateSession {
            prop_assert!(new.status.is_open(), "{:?} was closed without evidence", new.kind());
            prop_assert!(new.amount == old.amount || new.kind() == OperationKind::Cancel);
        }
        // That a movement of its amount was a refund of ours is taken back by name.
        let taken_back = old.inferred == Some(payment::Inferred::Success) && new.status == OperationStatus::InDoubt;
        let stays = old.status != OperationStatus::Succeeded || new.status == OperationStatus::Succeeded;
        prop_assert!(stays || taken_back);
    }
    let ids: BTreeSet<&OperationId> = after.operations.iter().map(|o| &o.id).collect();
    prop_assert_eq!(ids.len(), after.operations.len());
    nobody_is_forgotten(after)?;
    nets_add_up(after)
}

/// What is open is looked at some time, waits for something that is, or a person knows of it; and so is a release of which
/// nobody else would hear that it did not happen.
fn nobody_is_forgotten(payment: &Payment) -> Result<(), TestCaseError> {
    for operation in &payment.operations {
        let known = operation.status == OperationStatus::NeedsOperator || operation.next_look().is_some();
        let before = operation.waits_for.as_ref().and_then(|id| payment.operation(id));
        let waits = before.is_some_and(|before| before.status.is_open()) && operation.attempt == 0;
        prop_assert!(!operation.status.is_open() || known || waits, "{:?} is forgotten", operation.kind());
        let word = operation.reason.as_ref().map(payment::Reason::as_str);
        let fell = operation.attempt == 0 || word == Some("operator");
        let ended = operation.status != OperationStatus::Rejected || operation.waits_for.is_none();
        prop_assert!(ended || known || fell, "a release failed and nobody was told: {:?}", word);
    }
    Ok(())
}

/// Whether the provider was seen to have reversed a capture.
fn reversed_since(before: &Payment, after: &Payment) -> bool {
    facts_after(after, before.history.len()).contains(&"capture.reversed")
}

/// Whether an operation became doubtful.
fn in_doubt_since(before: &Payment, after: &Payment) -> bool {
    facts_after(after, before.history.len()).contains(&"operation.in_doubt")
}

/// The ledger, counted a second time from the operations: what is open stays reserved, whatever it is called.
fn ledger_is_counted_from_operations(payment: &Payment) -> Result<(), TestCaseError> {
    use OperationStatus::{Accepted, InDoubt, NeedsOperator, Pending, Succeeded};
    let sum = |kind: OperationKind, statuses: &[OperationStatus]| -> i64 {
        let counted = |o: &&payment::Operation| o.kind() == kind && statuses.contains(&o.status);
        payment.operations.iter().filter(counted).map(|o| o.amount.minor() - o.reversed.minor()).sum()
    };
    let open = [Accepted, Pending, InDoubt, NeedsOperator];
    let (taken, taking) = (sum(OperationKind::Capture, &[Succeeded]), sum(OperationKind::Capture, &open));
    let (given, giving) = (sum(OperationKind::Refund, &[Succeeded]), sum(OperationKind::Refund, &open));
    prop_assert!(taken + taking <= payment.authorized.minor() - payment.released.minor(), "over-captured");
    prop_assert!(given + giving <= taken, "over-refunded");
    let lowered = |o: &&payment::Operation| o.kind() == OperationKind::Amend && o.status != OperationStatus::Rejected;
    for amend in payment.operations.iter().filter(lowered) {
        prop_assert!(taken + taking <= amend.amount.minor(), "an amendment's reservation was captured");
        let called_off = payment.status.is_final();
        let left = payment.authorized.minor() - payment.released.minor();
        prop_assert!(amend.status != Succeeded || called_off || left <= amend.amount.minor(), "not lowered");
    }
    let amounts = payment.amounts();
    prop_assert_eq!(
        (amounts.captured.minor(), amounts.capturing.minor(), amounts.refunded.minor(), amounts.refunding.minor()),
        (taken, taking, given, giving)
    );
    for capture in payment.operations.iter().filter(|o| o.makes_capture().is_some()) {
        let refunds = payment
            .operations
            .iter()
            .filter(|o| o.refunds_capture() == capture.makes_capture() && o.status != OperationStatus::Rejected);
        let refunds: i64 = refunds.map(|o| o.amount.minor()).sum();
        let held = if capture.status == Succeeded { capture.amount.minor() - capture.reversed.minor() } else { 0 };
        prop_assert!(refunds <= held, "a capture was over-refunded");
    }
    Ok(())
}

fn nets_add_up(payment: &Payment) -> Result<(), TestCaseError> {
    let nets = |kind: OperationKind, of: Option<&CaptureId>| -> i64 {
        let counted = |o: &&payment::Operation| {
            o.kind() == kind && o.status != OperationStatus::Rejected && (of.is_none() || o.refunds_capture() == of)
        };
        payment.operations.iter().filter(counted).filter_map(|o| o.net()).map(Amount::minor).sum()
    };
    let captured = nets(OperationKind::Capture, None);
    prop_assert!(captured <= payment.net.minor(), "captures have more net than the order");
    // What was reversed has left the amounts and stays in the nets.
    let kept = payment.operations.iter().all(|o| o.reversed.is_zero());
    if kept && payment.amounts().captured == payment.agreed().gross() {
        prop_assert_eq!(captured, payment.agreed().net().minor(), "full captures have another net than the order");
    }
    for operation in &payment.operations {
        let taxed = operation.taxed();
        prop_assert_eq!(taxed.net().plus(taxed.tax()), Some(operation.amount));
        let Some(capture) = operation.makes_capture() else { continue };
        let net = nets(OperationKind::Refund, Some(capture));
        prop_assert!(net <= taxed.net().minor(), "refunds have more net than their capture");
        let whole = operation.reversed.is_zero();
        if whole && payment.refundable_of(capture).is_zero() && operation.status == OperationStatus::Succeeded {
            prop_assert_eq!(net, taxed.net().minor(), "a full refund has another net than its capture");
        }
    }
    Ok(())
}

fn run(start: (Payment, Ticket), steps: &[Step]) -> Result<Payment, TestCaseError> {
    let mut world = World { payment: start.0, tickets: vec![start.1], now: 1 };
    for step in steps {
        let before = world.payment.clone();
        let told = world.play(step)?;
        promises(&before, &world.payment, told).map_err(|e| TestCaseError::fail(format!("{e}\nafter {step:?}")))?;
    }
    Ok(world.payment)
}

/// An authorized payment; its ticket is spent.
fn from_authorized() -> (Payment, Ticket) {
    let (mut payment, ticket) = opened();
    settle(&mut payment, &ticket, done_with(OrderState::Authorized));
    (payment, ticket)
}

fn instruction(kind: InstructionKind, amount: Amount) -> Instruction {
    match kind {
        InstructionKind::Hold => Instruction::Hold(payment::HoldCommand::default()),
        InstructionKind::Resume => Instruction::Resume(payment::ResumeCommand {}),
        InstructionKind::Message => Instruction::Message(payment::MessageCommand { text: "A word".parse().unwrap() }),
        InstructionKind::DirectPayment => {
            let paid = payment::DirectPaymentCommand { amount, capture_id: None, reference: None };
            Instruction::DirectPayment(paid)
        }
    }
}

/// The largest command of a kind, under a key that nobody used.
fn largest(kind: OperationKind, most: Option<Amount>) -> Command {
    let body = payment::Fingerprint::of(&"largest").unwrap();
    match kind {
        OperationKind::Capture => {
            let asked = payment::CaptureCommand { amount: most, ..payment::CaptureCommand::default() };
            Command::capture(asked, key("largest"), body)
        }
        OperationKind::Refund => {
            let asked = payment::RefundCommand { amount: most, ..payment::RefundCommand::default() };
            Command::refund(asked, key("largest"), body)
        }
        OperationKind::Amend => {
            let asked = payment::AmendCommand { amount: most.unwrap_or(amount(1)) };
            Command::amend(asked, key("largest"), body)
        }
        OperationKind::Tell(kind) => Command::tell(instruction(kind, most.unwrap_or(amount(1))), key("largest"), body),
        OperationKind::Cancel => cancel_command("largest"),
        OperationKind::Confirm | OperationKind::CreateSession => confirm_command("largest", true),
    }
}

/// What is said to be possible is admitted up to the amount that is named and no further; what is not is refused.
fn what_is_possible_is_what_is_admitted(payment: &Payment, now: i64) -> Result<(), TestCaseError> {
    for kind in OperationKind::ACTIONS {
        let admitted = |most| {
            let answer = payment.clone().accept(largest(kind, most), at(now));
            answer.map(|admission| matches!(admission, Admission::Act(_)))
        };
        match payment.possible(kind, at(now)) {
            Ok(most) => {
                prop_assert_eq!(admitted(most), Ok(true), "{:?} of {:?} was said to be possible", kind, most);
                if let Some(most) = most {
                    let more = Some(amount(most.minor() + 1));
                    prop_assert!(admitted(more).is_err(), "more {:?} than {} was admitted", kind, most);
                }
            }
            Err(why) => prop_assert_eq!(admitted(None), Err(why), "{:?} was said to be impossible", kind),
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_authorized_payment_keeps_every_promise(steps in prop::collection::vec(steps(), 1..70)) {
        let payment = run(from_authorized(), &steps)?;
        prop_assert!(payment.status == Status::Authorized || payment.history.len() > 2);
    }

    #[test]
    fn a_new_payment_keeps_every_promise(
        flow in prop::sample::select(vec![Flow::Redirect, Flow::Widget, Flow::Direct]),
        mode in prop::sample::select(vec![CaptureMode::Manual, CaptureMode::Automatic]),
        policy in prop::sample::select(vec![LateAuthorization::Cancel, LateAuthorization::Accept]),
        steps in prop::collection::vec(steps(), 1..50),
    ) {
        let mut start = opened_with(flow, mode);
        start.0.late_authorization = policy;
        run(start, &steps)?;
    }

    #[test]
    fn a_payment_of_any_history_reads_back_from_json_and_from_an_item(steps in prop::collection::vec(steps(), 1..40)) {
        let payment = run(from_authorized(), &steps)?;
        crate::storage::reads_back(&payment);
    }

    #[test]
    fn what_is_possible_after_any_history_is_what_is_admitted(
        steps in prop::collection::vec(steps(), 0..40), wait in 0..60_000i64,
    ) {
        let payment = run(from_authorized(), &steps)?;
        what_is_possible_is_what_is_admitted(&payment, wait)?;
    }

    #[test]
    fn what_is_possible_before_an_authorization_is_what_is_admitted(
        flow in prop::sample::select(vec![Flow::Redirect, Flow::Widget, Flow::Direct]),
        steps in prop::collection::vec(steps(), 0..12), wait in 0..60_000i64,
    ) {
        let payment = run(opened_with(flow, CaptureMode::Manual), &steps)?;
        what_is_possible_is_what_is_admitted(&payment, wait)?;
    }
}
