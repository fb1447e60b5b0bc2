//! What must be true after every step, and when a history has come to rest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;
use payment::{
    Doubt, Fact, LateAuthorization, Operation, OperationId, OperationKind, OperationStatus, Payment, Reason, Status,
};
use serde_dynamo::AttributeValue;

use crate::books::{Effect, Instructed, calls_off_late};
use crate::clock;
use crate::condition::text;
use crate::table::Change;
use crate::world::{QUEUES, World, payment_of};

/// A worker may be alive for as long as this.
const ALIVE: SignedDuration = SignedDuration::from_secs(29);

/// A provider counts a session's life from when it opened it, and we from its answer.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(1);

/// What was seen so far.
#[derive(Default)]
pub(crate) struct Seen {
    /// What must not be and is.
    pub(crate) violations: Vec<String>,
    /// The payments as they stand.
    pub(crate) payments: BTreeMap<String, Arc<Payment>>,
    /// What checkouts were told.
    pub(crate) told: Vec<Told>,
    /// How many messages about the receivable of a payment were sent.
    pub(crate) receivables: BTreeMap<String, usize>,
    /// What the providers did for each payment: what, how much, and for which operation, where the call says it.
    pub(crate) effects: BTreeMap<String, Vec<(Effect, i64, Option<OperationId>)>>,
    /// How many calls that change something the providers got.
    pub(crate) calls: u32,
    /// What the providers were told about each payment's order.
    pub(crate) instructed: Vec<Instructed>,
    /// What each read of a provider was answered first, by address.
    pub(crate) reads: BTreeMap<String, providers::Response>,
    /// What a widget told the buyer's browser, by payment.
    pub(crate) widgets: BTreeMap<String, String>,
}

/// What a checkout was told of an operation.
pub(crate) struct Told {
    pub(crate) payment: String,
    pub(crate) operation: OperationId,
    /// The final status, where it was told one.
    pub(crate) promised: Option<OperationStatus>,
}

impl World {
    /// Looks at a change of the table.
    pub(crate) fn check_change(self: &Arc<Self>, change: &Change) {
        if change.key.1 != "STATE" {
            return;
        }
        let Some(new) = change.new.as_deref().and_then(payment_of).map(Arc::new) else {
            return self.fail("a payment disappeared or cannot be read".to_owned());
        };
        let old = self.seen().payments.insert(new.id.to_string(), new.clone());
        self.note(|| {
            let operations: Vec<String> = new
                .operations
                .iter()
                .map(|o| format!("{} {} {:?}", o.kind().as_str(), o.amount.minor(), o.status))
                .collect();
            format!("  v{} {} {:?} [{}]", new.version, new.status, new.amounts(), operations.join(", "))
        });
        if let Err(error) = new.check_invariants() {
            self.fail(error.to_string());
        }
        self.check_workers(old.as_deref(), &new);
        if let Some(old) = &old {
            for broken in broken_by_change(old, &new) {
                self.fail(broken);
            }
        }
        if old.as_ref().map(|old| old.status) != Some(new.status) {
            self.check_evidence(&new);
        }
    }

    /// Nobody may be called dead who can still be at work.
    fn check_workers(&self, old: Option<&Payment>, new: &Payment) {
        let died = |o: &Operation| o.reason == Some(Reason::Doubt { doubt: Doubt::WorkerDied });
        for operation in new.operations.iter().filter(|o| o.attempt == 1 && died(o)) {
            let known = old.and_then(|old| old.operation(&operation.id)).is_some_and(died);
            if !known && clock::now().duration_since(operation.accepted_at) < ALIVE {
                self.fail(format!("a {} is called dead that can be alive", operation.kind().as_str()));
            }
        }
    }

    /// A status that means something must be so at the provider.
    fn check_evidence(&self, payment: &Payment) {
        let books = self.books(payment);
        let open = books.open();
        let wrong = match payment.status {
            Status::Authorized => books.authorized == 0,
            Status::PartiallyCaptured | Status::Captured => books.captured == 0,
            Status::Declined | Status::Canceled | Status::Expired => open != 0,
            _ => false,
        };
        let early = |end: jiff::Timestamp| end.duration_since(clock::now()) > CLOCKS_DIFFER;
        if payment.status == Status::Expired && payment.expires_at.is_some_and(early) {
            self.fail("a payment expired before its time".to_owned());
        }
        if wrong {
            self.fail(format!("the status became {} while the provider's books say {books:?}", payment.status));
        }
    }

    /// A message that was taken must be in the table.
    pub(crate) fn check_kept(&self, body: &[u8]) {
        let kept = self.table().items().any(|((_, sort), item)| {
            sort == "RAW" && matches!(item.get("body"), Some(AttributeValue::B(kept)) if kept == body)
        });
        if !kept {
            self.fail("a message was taken and is not kept".to_owned());
        }
    }

    /// Looks at everything once nothing moves any more.
    pub(crate) fn check_rest(&self) {
        let payments = self.payments();
        for payment in &payments {
            self.check_operations(payment);
            self.check_books(payment);
            self.check_receivable(payment);
            for queue in QUEUES {
                self.check_queue(queue, payment);
            }
        }
        if let Some(state) = self.unapplied() {
            self.fail(format!("a message that proves something is still {state}"));
        }
        let orders = self.table().items().filter(|((_, sort), _)| sort == "ORDER").count();
        if orders != payments.len() {
            self.fail(format!("{orders} orders for {} payments", payments.len()));
        }
        let told = std::mem::take(&mut self.seen().told);
        for told in told {
            self.check_told(&told);
        }
    }

    /// How far a message got that proves something and was not applied: every one of them is about a payment.
    fn unapplied(&self) -> Option<String> {
        let table = self.table();
        let mut proofs = table.items().filter(|(_, item)| item.get("proves") == Some(&AttributeValue::Bool(true)));
        proofs.find_map(|(_, item)| text(item, "state").filter(|state| *state != "applied").map(str::to_owned))
    }

    fn check_operations(&self, payment: &Payment) {
        for operation in &payment.operations {
            let rests = matches!(
                operation.status,
                OperationStatus::Succeeded | OperationStatus::Rejected | OperationStatus::NeedsOperator
            );
            // What never began waits for what it follows.
            let awaited = operation.waits_for.as_ref().and_then(|id| payment.operation(id));
            let waits = operation.attempt == 0 && awaited.is_some_and(|awaited| awaited.status.is_open());
            let late = calls_off_late(payment, operation) && operation.status == OperationStatus::NeedsOperator;
            if self.plan.operator && operation.status == OperationStatus::NeedsOperator && !late {
                self.fail(format!("a person decided about {}, and it needs one", operation.kind().as_str()));
            }
            if !rests && !waits {
                self.fail(format!("{} rests as {:?}", operation.kind().as_str(), operation.status));
            }
        }
    }

    /// The provider's books are ours, but for what a person still has to find out.
    fn check_books(&self, payment: &Payment) {
        let books = self.books(payment);
        let ours = payment.amounts();
        let unknown = |kind: OperationKind| {
            let open =
                payment.operations.iter().filter(|o| o.kind() == kind && o.status == OperationStatus::NeedsOperator);
            open.map(|o| o.amount.minor()).sum::<i64>()
        };
        let within = |theirs: i64, ours: i64, unknown: i64| theirs >= ours && theirs <= ours + unknown;
        let mut broken = Vec::new();
        let late = payment.operations.iter().find(|o| calls_off_late(payment, o)).map_or(0, |o| o.amount.minor());
        let (captures, refunds) = (unknown(OperationKind::Capture) + late, unknown(OperationKind::Refund));
        let reversed = payment.operations.iter().any(|o| !o.reversed.is_zero());
        if reversed {
            // The provider calls a refund what we call a capture that was reversed.
            let (theirs, ours) = (books.captured - books.refunded, ours.captured.minor() - ours.refunded.minor());
            if theirs < ours - refunds || theirs > ours + captures {
                broken.push("what is left of the captures");
            }
        } else {
            if !within(books.captured, ours.captured.minor(), captures) {
                broken.push("captured");
            }
            if !within(books.refunded, ours.refunded.minor(), refunds) {
                broken.push("refunded");
            }
        }
        let asks =
            |kind| payment.operations.iter().any(|o| o.kind() == kind && o.status == OperationStatus::NeedsOperator);
        let drift = payment.history.iter().any(|entry| matches!(entry.fact, Fact::DriftDetected { .. }));
        let open = books.open();
        let expected = ours.authorized.minor() - ours.released.minor() - ours.captured.minor();
        let certain = !drift
            && !asks(OperationKind::CreateSession)
            && !asks(OperationKind::Confirm)
            && !asks(OperationKind::Cancel)
            && !asks(OperationKind::Amend)
            && !asks(OperationKind::Capture);
        if certain && !payment.status.is_open() && open != expected {
            broken.push("open");
        }
        if !broken.is_empty() {
            let status = payment.status;
            self.fail(format!("{} at rest, {status}: ours {ours:?}, theirs {books:?}", broken.join(", ")));
        }
    }

    /// A message about the receivable counts once, however often it comes, and a look that tells the same tells nothing.
    fn check_receivable(&self, payment: &Payment) {
        let sent = self.seen().receivables.get(payment.id.as_str()).copied().unwrap_or_default();
        let told =
            || payment.history.iter().map(|entry| &entry.fact).filter(|fact| matches!(fact, Fact::Receivable(_)));
        let counted = told().map(|fact| told().filter(|other| *other == fact).count()).max().unwrap_or_default();
        if counted > sent.max(1) {
            self.fail(format!("{sent} messages about the receivable count as {counted}"));
        }
    }

    /// Every event reaches every queue, in order.
    fn check_queue(&self, queue: &str, payment: &Payment) {
        let received: Vec<u64> = {
            let queues = self.queues();
            let mut known = BTreeSet::new();
            let all = queues.received(queue, payment.id.as_str());
            all.iter().filter(|one| known.insert(one.id.clone())).map(|one| one.sequence).collect()
        };
        let expected: Vec<u64> = payment.history.iter().map(|entry| entry.sequence).collect();
        if received != expected {
            self.fail(format!("a queue got the events {received:?} of {expected:?}"));
        }
    }

    fn check_told(&self, told: &Told) {
        let payment = self.payment(&told.payment);
        let operation = payment.as_ref().and_then(|payment| payment.operation(&told.operation));
        let Some(operation) = operation else {
            return self.fail("what a checkout was told of is not in the table".to_owned());
        };
        let is_kept = |promised| promised == operation.status || is_asked_about(operation, operation.status);
        if !told.promised.is_none_or(is_kept) {
            let kind = operation.kind().as_str();
            self.fail(format!("a checkout was told that {kind} {:?}, and it is {:?}", told.promised, operation.status));
        }
    }
}

/// What no change may do.
fn broken_by_change(old: &Payment, new: &Payment) -> Vec<String> {
    let mut broken = Vec::new();
    // What is put off changes nothing but when it is due.
    if new != old && new.version != old.version + 1 {
        broken.push(format!("version {} follows {}", new.version, old.version));
    }
    if !new.history.starts_with(&old.history) {
        broken.push("history was rewritten".to_owned());
    }
    let (before, after) = (old.amounts(), new.amounts());
    let shrunk =
        after.captured < before.captured || after.refunded < before.refunded || after.released < before.released;
    let reversed =
        new.history.iter().skip(old.history.len()).any(|entry| entry.fact.event_type() == "capture.reversed");
    // That a movement of its amount was a refund of ours is taken back by name.
    let taken_back = |operation: &payment::Operation, status| {
        operation.inferred == Some(payment::Inferred::Success) && status == OperationStatus::InDoubt
    };
    let doubted = old
        .operations
        .iter()
        .any(|operation| new.operation(&operation.id).is_some_and(|now| taken_back(operation, now.status)));
    if shrunk && !reversed && !doubted {
        broken.push(format!("the ledger shrank from {before:?} to {after:?}"));
    }
    for operation in &old.operations {
        let Some(now) = new.operation(&operation.id) else {
            broken.push("an operation disappeared".to_owned());
            continue;
        };
        let fell_with_another = operation.reason == Some(Reason::PrerequisiteFailed) && operation.attempt == 0;
        let again = fell_with_another || operation.reason.as_ref().is_some_and(Reason::allows_another_attempt);
        let legal = match (operation.status, now.status) {
            (before, after) if before == after => true,
            (OperationStatus::Succeeded, after) => is_asked_about(operation, after) || taken_back(operation, after),
            // A person's no yields to proof.
            (OperationStatus::Rejected, OperationStatus::Succeeded) => {
                again || matches!(operation.reason, Some(Reason::Operator { .. }))
            }
            (OperationStatus::Rejected, _) => again,
            _ => true,
        };
        if !legal {
            let kind = operation.kind().as_str();
            broken.push(format!("{kind} went from {:?} to {:?}", operation.status, now.status));
        }
    }
    for line in &new.lines {
        let captures = new.operations.iter().filter(|o| o.kind() == OperationKind::Capture);
        let taken = captures.filter(|o| o.status != OperationStatus::Rejected).flat_map(Operation::lines);
        let units: u32 = taken.filter(|l| l.reference == line.reference).map(|l| l.quantity).sum();
        if units > line.quantity {
            broken.push(format!("{units} units are captured of {}", line.quantity));
        }
    }
    let messages: Vec<(&String, &str)> =
        new.history.iter().filter_map(|entry| Some((entry.message.as_ref()?, entry.fact.event_type()))).collect();
    let distinct: BTreeSet<&(&String, &str)> = messages.iter().collect();
    if distinct.len() != messages.len() {
        broken.push("a message counted twice".to_owned());
    }
    if old.status.is_final() && new.status != old.status && !is_taken_late(old, new) {
        broken.push(format!("{} became {}", old.status, new.status));
    }
    broken
}

/// Whether a payment that had been given up with nothing promised was authorized after all, as its merchant wants it.
fn is_taken_late(old: &Payment, new: &Payment) -> bool {
    let given_up = matches!(old.status, Status::Canceled | Status::Expired) && old.amounts().authorized.is_zero();
    let wanted = new.late_authorization == LateAuthorization::Accept;
    given_up && wanted && matches!(new.status, Status::Authorized | Status::PartiallyCaptured | Status::Captured)
}

/// That the provider has another transaction under the name of ours, or decided and was not heard, is a question for a
/// person, whatever was known before.
fn is_asked_about(operation: &Operation, status: OperationStatus) -> bool {
    let makes_order = matches!(operation.kind(), OperationKind::CreateSession | OperationKind::Confirm);
    makes_order && status == OperationStatus::NeedsOperator
}
