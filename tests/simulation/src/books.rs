//! The providers' books, and what in them is the work of which operation.

use payment::{InstructionKind, Operation, OperationId, OperationKind, OperationStatus, Payment};
use serde::Deserialize;

use crate::world::{Provider, World};

/// What a provider has in its books about a payment, minor units.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) authorized: i64,
    pub(crate) released: i64,
    pub(crate) captured: i64,
    pub(crate) refunded: i64,
}

/// One order in a provider's books. What is pending there has happened: somebody asked for it.
#[derive(Deserialize)]
pub(crate) struct Line {
    pub(crate) id: String,
    reference: Option<String>,
    authorized: i64,
    released: i64,
    capturing: i64,
    captured: i64,
    refunding: i64,
    refunded: i64,
}

/// A capture in a provider's books, by the provider's name of it; at some, any transaction.
#[derive(Deserialize)]
struct Movement {
    #[serde(alias = "key")]
    id: String,
    #[serde(alias = "parent")]
    order: Option<String>,
    amount: i64,
    action: Option<String>,
}

#[derive(Deserialize)]
struct Lines {
    orders: Vec<Line>,
    #[serde(default, alias = "invoices", alias = "transactions")]
    captures: Vec<Movement>,
}

/// What changes a provider's books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Effect {
    Promise,
    Capture,
    Refund,
    Release,
}

/// One thing that a provider was told about an order.
pub(crate) struct Instructed {
    payment: String,
    kind: InstructionKind,
    /// Whether the provider took it.
    taken: bool,
}

/// What this API call tells a provider, where it does nothing else.
fn instruction(call: &str, body: &str) -> Option<InstructionKind> {
    match call {
        // The legacy API has one call for both.
        "on_hold" if body.contains("resume") => Some(InstructionKind::Resume),
        "on_hold" => Some(InstructionKind::Hold),
        "resume" => Some(InstructionKind::Resume),
        "message" => Some(InstructionKind::Message),
        "payment" | "confirm_payment" => Some(InstructionKind::DirectPayment),
        _ => None,
    }
}

/// What a person finds out about an operation.
pub(crate) struct Found {
    pub(crate) happened: bool,
    /// The provider's name of the order, where it was opened or confirmed, or of the capture.
    pub(crate) name: Option<String>,
}

impl Sums {
    /// What can still be captured.
    pub(crate) const fn open(self) -> i64 {
        self.authorized - self.released - self.captured
    }
}

impl Line {
    pub(crate) fn is_of(&self, payment: &Payment) -> bool {
        let number = payment.reference.as_str().trim_start_matches("ORD-");
        let described = |name: &str| name.strip_prefix("Deal ") == Some(number);
        self.reference.as_deref().is_some_and(|name| name == payment.order_reference || described(name))
    }

    /// What was done since an earlier line of the same order.
    pub(crate) fn since(&self, before: Option<&Self>) -> Vec<(Effect, i64)> {
        let sums = |line: &Self| {
            let (captured, refunded) = (line.captured + line.capturing, line.refunded + line.refunding);
            [line.authorized, captured, refunded, line.released]
        };
        let (now, before) = (sums(self), before.map_or([0; 4], sums));
        let effects = [Effect::Promise, Effect::Capture, Effect::Refund, Effect::Release];
        let changes =
            effects.into_iter().zip(now.into_iter().zip(before)).map(|(effect, (now, before))| (effect, now - before));
        let changes: Vec<_> = changes.filter(|(_, change)| *change > 0).collect();
        // What is captured with the authorization is one effect with it.
        if changes.iter().any(|(effect, _)| *effect == Effect::Promise) {
            changes.get(..1).unwrap_or_default().to_vec()
        } else {
            changes
        }
    }
}

impl Effect {
    /// Whether an operation of this kind can be behind it.
    const fn is_of(self, kind: OperationKind) -> bool {
        match self {
            Self::Promise => matches!(kind, OperationKind::CreateSession | OperationKind::Confirm),
            Self::Capture => matches!(kind, OperationKind::Capture),
            Self::Refund => matches!(kind, OperationKind::Refund),
            Self::Release => matches!(kind, OperationKind::Cancel | OperationKind::Amend),
        }
    }
}

impl Provider {
    /// Every order in its books.
    pub(crate) fn lines(&self) -> Vec<Line> {
        serde_json::from_str::<Lines>(&self.direct.books()).map(|books| books.orders).unwrap_or_default()
    }

    /// The captures of a payment that none of its operations has the name of.
    fn nameless(&self, payment: &Payment) -> Vec<Movement> {
        let Ok(Lines { orders, mut captures }) = serde_json::from_str(&self.direct.books()) else { return Vec::new() };
        let of_payment = |id: &str| orders.iter().any(|line| line.id == id && line.is_of(payment));
        let known = |id: &str| payment.operations.iter().any(|o| o.provider_reference.as_deref() == Some(id));
        captures.retain(|one| one.order.as_deref().is_some_and(of_payment) && !known(&one.id));
        captures.retain(|one| one.action.as_deref().is_none_or(|action| action == "Capture"));
        captures
    }
}

impl World {
    /// What the provider has in its books about a payment.
    pub(crate) fn books(&self, payment: &Payment) -> Sums {
        let lines = self.provider(payment.provider.as_str()).map(Provider::lines).unwrap_or_default();
        lines.iter().filter(|line| line.is_of(payment)).fold(Sums::default(), |sums, line| Sums {
            authorized: sums.authorized + line.authorized,
            released: sums.released + line.released,
            captured: sums.captured + line.captured,
            refunded: sums.refunded + line.refunded,
        })
    }

    /// Looks at how many calls that change something were made: there are never more of them than attempts.
    pub(crate) fn check_calls(&self) {
        let attempts: u32 = self.payments().iter().flat_map(|payment| &payment.operations).map(|o| o.attempt).sum();
        let calls = {
            let mut seen = self.seen();
            seen.calls += 1;
            seen.calls
        };
        if calls > attempts {
            self.fail(format!("{calls} calls that change something were made in {attempts} attempts"));
        }
    }

    /// Looks at what a call that changes something has changed: each operation that was attempted may have had its effect
    /// once, and nothing else may have any.
    pub(crate) fn check_effects(&self, provider: &Provider, before: &[Line], body: &[u8]) {
        let payments = self.payments();
        for line in provider.lines() {
            let known = before.iter().find(|known| known.id == line.id);
            for (effect, amount) in line.since(known) {
                let Some(payment) = payments.iter().find(|payment| line.is_of(payment)) else {
                    self.fail(format!("{} did something for nobody: {effect:?} {amount}", provider.name));
                    continue;
                };
                self.check_effect(payment, effect, amount, &String::from_utf8_lossy(body));
            }
        }
    }

    fn check_effect(&self, payment: &Payment, effect: Effect, amount: i64, body: &str) {
        let whole = matches!(effect, Effect::Promise | Effect::Release);
        let attempted = |o: &&Operation| o.attempt > 0 && effect.is_of(o.kind());
        let fits = |o: &&Operation| whole || o.amount.minor() == amount;
        let asked = payment.operations.iter().filter(attempted).filter(fits).count();
        let asked = if effect == Effect::Promise { asked.min(1) } else { asked };
        // An operation's name, where the call has it, tells which one it is.
        let named = payment
            .operations
            .iter()
            .filter(attempted)
            .find(|o| o.reference != payment.order_reference && body.contains(&o.reference));
        let (times, named_times) = {
            let mut seen = self.seen();
            let all = seen.effects.entry(payment.id.to_string()).or_default();
            all.push((effect, if whole { 0 } else { amount }, named.map(|o| o.id.clone())));
            let same = |(e, a, _): &&(Effect, i64, Option<OperationId>)| *e == effect && (whole || *a == amount);
            let of_name =
                |(e, _, id): &&(Effect, i64, Option<OperationId>)| *e == effect && id.as_ref() == named.map(|o| &o.id);
            (all.iter().filter(same).count(), all.iter().filter(of_name).count())
        };
        if times > asked {
            self.fail(format!("{effect:?} of {amount} was done {times} times for {asked} operations"));
        } else if named.is_some() && named_times > 1 {
            self.fail(format!("one operation did {effect:?} of {amount} {named_times} times"));
        }
    }

    /// Looks at a call that tells a provider something: there are never more of them than attempts.
    pub(crate) fn check_instruction(&self, call: &str, request: &http::Request<Vec<u8>>, taken: bool) {
        let body = String::from_utf8_lossy(request.body());
        let Some(kind) = instruction(call, &body) else { return };
        let named = |name: &str| body.contains(name) || request.uri().path().contains(name);
        let is_about = |payment: &Payment| {
            let operations = payment.operations.iter().filter_map(|o| o.provider_reference.as_deref());
            operations.chain([payment.order_reference.as_str()]).any(named)
        };
        let Some(payment) = self.payments().into_iter().find(|payment| is_about(payment)) else {
            return self.fail(format!("a provider got a {} about nobody", kind.as_str()));
        };
        let of_kind = payment.operations.iter().filter(|o| o.kind() == OperationKind::Tell(kind));
        let attempts: u32 = of_kind.map(|o| o.attempt).sum();
        let id = payment.id.to_string();
        let times = {
            let mut seen = self.seen();
            seen.instructed.push(Instructed { payment: id.clone(), kind, taken });
            seen.instructed.iter().filter(|one| one.payment == id && one.kind == kind).count()
        };
        if u32::try_from(times).is_ok_and(|times| times > attempts) {
            self.fail(format!("a provider got {times} times {} for {attempts} attempts", kind.as_str()));
        }
    }

    /// Which of the instructions of a kind that need a person the provider took.
    fn took(&self, payment: &Payment, kind: InstructionKind) -> Vec<(OperationId, Found)> {
        let seen = self.seen();
        let about = seen.instructed.iter().filter(|one| one.payment == payment.id.as_str());
        let taken = about.filter(|one| one.kind == kind && one.taken).count();
        let of_kind = || payment.operations.iter().filter(|o| o.kind() == OperationKind::Tell(kind));
        let known = of_kind().filter(|o| o.status == OperationStatus::Succeeded).count();
        let asked = of_kind().filter(|o| o.status == OperationStatus::NeedsOperator).enumerate();
        asked.map(|(n, o)| (o.id.clone(), Found { happened: known + n < taken, name: None })).collect()
    }

    /// What a person sees in the books of the operations that need one. Nothing where the books do not say.
    pub(crate) fn found_out(&self, payment: &Payment) -> Vec<(OperationId, Found)> {
        let Some(provider) = self.provider(payment.provider.as_str()) else { return Vec::new() };
        let name = provider.lines().into_iter().find(|line| line.is_of(payment)).map(|line| line.id);
        let (theirs, ours) = (self.books(payment), payment.amounts());
        let reversed: i64 = payment.operations.iter().map(|o| o.reversed.minor()).sum();
        let more = [
            (OperationKind::Capture, theirs.captured - ours.captured.minor() - reversed),
            (OperationKind::Refund, theirs.refunded - ours.refunded.minor() - reversed),
        ];
        let mut found = Vec::new();
        for (kind, more) in more {
            found.extend(happened(payment, kind, more).unwrap_or_default());
        }
        let mut nameless = provider.nameless(payment);
        for (id, found) in found.iter_mut().filter(|(_, found)| found.happened) {
            let amount = payment.operation(id).filter(|o| o.kind() == OperationKind::Capture).map(|o| o.amount.minor());
            let named = nameless.iter().position(|one| Some(one.amount) == amount);
            found.name = named.map(|n| nameless.swap_remove(n).id);
        }
        found.extend(InstructionKind::ALL.into_iter().flat_map(|kind| self.took(payment, kind)));
        let others = payment.operations.iter().filter(|o| o.status == OperationStatus::NeedsOperator);
        for operation in others.filter(|o| !calls_off_late(payment, o)) {
            let happened = match operation.kind() {
                OperationKind::CreateSession | OperationKind::Confirm => theirs.authorized > 0,
                OperationKind::Cancel => theirs.authorized > 0 && theirs.open() == 0,
                OperationKind::Amend => theirs.authorized - theirs.released == operation.amount.minor(),
                OperationKind::Capture | OperationKind::Refund | OperationKind::Tell(_) => continue,
            };
            found.push((operation.id.clone(), Found { happened, name: name.clone().filter(|_| happened) }));
        }
        found
    }
}

/// Which captures or refunds that need a person make up what the provider has more of. Nothing is sure while others are
/// under way.
fn happened(payment: &Payment, kind: OperationKind, more: i64) -> Option<Vec<(OperationId, Found)>> {
    let of_kind = || payment.operations.iter().filter(|o| o.kind() == kind);
    if of_kind().any(|o| o.status.is_open() && o.status != OperationStatus::NeedsOperator) {
        return None;
    }
    let asked: Vec<&Operation> = of_kind().filter(|o| o.status == OperationStatus::NeedsOperator).collect();
    let bit = |set: u32, n: usize| set >> n & 1 == 1;
    let sum =
        |set: u32| asked.iter().enumerate().filter(|(n, _)| bit(set, *n)).map(|(_, o)| o.amount.minor()).sum::<i64>();
    let set = (0..1_u32.checked_shl(u32::try_from(asked.len()).ok()?)?).find(|set| sum(*set) == more)?;
    let found = |n| Found { happened: bit(set, n), name: None };
    Some(asked.iter().enumerate().map(|(n, o)| (o.id.clone(), found(n))).collect())
}

/// Whether an operation calls a late authorization off: nobody asked for it, and where the money is taken already, a person
/// has to give it back first.
pub(crate) fn calls_off_late(payment: &Payment, operation: &Operation) -> bool {
    let opened = payment.operations.first().map(|first| &first.id);
    operation.kind() == OperationKind::Cancel && operation.waits_for.is_some() && operation.waits_for.as_ref() == opened
}
