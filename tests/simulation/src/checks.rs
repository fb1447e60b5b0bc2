//! What must be true after every step, and when a history has come to rest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use payment::{Entry, Fact, OperationId, OperationKind, OperationStatus, Payment, Status};
use serde_json::Value;

use crate::table::Change;
use crate::world::{QUEUES, World, payment_of};
use sandbox::Called;

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
    /// How often a provider did the same thing.
    acts: BTreeMap<(String, Vec<u8>), u32>,
}

/// What a checkout was told of an operation.
pub(crate) struct Told {
    pub(crate) payment: String,
    pub(crate) operation: OperationId,
    /// The final status, where it was told one.
    pub(crate) promised: Option<OperationStatus>,
}

/// Calls that move nothing when they are made twice, or that the provider itself knows again.
const HARMLESS_TWICE: [&str; 11] = [
    "token",
    "session",
    "hosted_session",
    "payment_page",
    "widget",
    "initiate",
    "check",
    "start_workflow",
    "confirm",
    "order",
    "credit",
];

/// What a provider has in its books about a payment, minor units.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Sums {
    authorized: i64,
    released: i64,
    captured: i64,
    refunded: i64,
}

impl World {
    fn books(&self, payment: &Payment) -> Sums {
        let Some(provider) = self.providers.values().find(|one| one.name == payment.provider.as_str()) else {
            return Sums::default();
        };
        let books: Value = serde_json::from_str(&provider.direct.books()).unwrap_or_default();
        let number = payment.reference.as_str().trim_start_matches("ORD-").to_owned();
        let names = [payment.order_reference.clone(), format!("Deal {number}")];
        let orders = books["orders"].as_array().into_iter().flatten();
        let ours =
            orders.filter(|order| order["reference"].as_str().is_some_and(|name| names.iter().any(|n| n == name)));
        ours.fold(Sums::default(), |sums, order| {
            let part = |name: &str| order[name].as_i64().unwrap_or_default();
            Sums {
                authorized: sums.authorized + part("authorized"),
                released: sums.released + part("released"),
                captured: sums.captured + part("captured"),
                refunded: sums.refunded + part("refunded"),
            }
        })
    }

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
        if let Some(old) = &old {
            for broken in broken_by_change(old, &new) {
                self.fail(broken);
            }
        }
        if old.as_ref().map(|old| old.status) != Some(new.status) {
            self.check_evidence(&new);
        }
    }

    /// A status that means something must be so at the provider.
    fn check_evidence(&self, payment: &Payment) {
        let books = self.books(payment);
        let open = books.authorized - books.released - books.captured;
        let wrong = match payment.status {
            Status::Authorized => books.authorized == 0,
            Status::PartiallyCaptured | Status::Captured => books.captured == 0,
            Status::Declined | Status::Canceled | Status::Expired => open != 0,
            _ => false,
        };
        if wrong {
            self.fail(format!("the status became {} while the provider's books say {books:?}", payment.status));
        }
    }

    /// Looks at what a provider was asked to do.
    pub(crate) fn check_act(&self, provider: &str, name: &str, request: &http::Request<Vec<u8>>, called: &Called) {
        if !called.answer.status().is_success() || HARMLESS_TWICE.contains(&name) {
            return;
        }
        let key = (format!("{provider} {name} {}", request.uri()), request.body().clone());
        let times = {
            let mut seen = self.seen();
            let times = seen.acts.entry(key).or_default();
            *times += 1;
            *times
        };
        // Two operations may ask for the same where the provider is told no name of them.
        let of_kind = |payment: &Arc<Payment>| payment.operations.iter().filter(|o| o.kind().as_str() == name).count();
        let asked: usize = self.payments().iter().filter(|p| p.provider.as_str() == provider).map(of_kind).sum();
        if times > u32::try_from(asked.max(1)).unwrap_or(u32::MAX) {
            self.fail(format!("{provider} did the same {name} {times} times"));
        }
    }

    /// A message that was taken must be in the table.
    pub(crate) fn check_kept(&self, body: &[u8]) {
        use std::fmt::Write as _;
        let encoded = base64(body);
        let kept = self.table().items().any(|((_, sort), item)| {
            sort == "RAW" && item.get("body").is_some_and(|kept| kept["B"] == encoded.as_str())
        });
        if !kept {
            let mut what = String::new();
            let _ = write!(what, "a message was taken and is not kept");
            self.fail(what);
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
        let orders = self.table().items().filter(|((_, sort), _)| sort == "ORDER").count();
        if orders != payments.len() {
            self.fail(format!("{orders} orders for {} payments", payments.len()));
        }
        let told = std::mem::take(&mut self.seen().told);
        for told in told {
            self.check_told(&told);
        }
    }

    fn check_operations(&self, payment: &Payment) {
        for operation in &payment.operations {
            let rests = matches!(
                operation.status,
                OperationStatus::Succeeded | OperationStatus::Rejected | OperationStatus::NeedsOperator
            );
            if !rests && operation.waits_for.is_none() {
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
        if !within(books.captured, ours.captured.minor(), unknown(OperationKind::Capture)) {
            broken.push("captured");
        }
        if !within(books.refunded, ours.refunded.minor(), unknown(OperationKind::Refund)) {
            broken.push("refunded");
        }
        let asks =
            |kind| payment.operations.iter().any(|o| o.kind() == kind && o.status == OperationStatus::NeedsOperator);
        let drift = payment.history.iter().any(|entry| matches!(entry.fact, Fact::DriftDetected { .. }));
        let open = books.authorized - books.released - books.captured;
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

    /// A message about the receivable counts once, however often it comes.
    fn check_receivable(&self, payment: &Payment) {
        let sent = self.seen().receivables.get(payment.id.as_str()).copied().unwrap_or_default();
        let told = |entry: &&Entry| entry.message.is_some() && matches!(entry.fact, Fact::Receivable(_));
        let counted = payment.history.iter().filter(told).count();
        if counted > sent {
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
        if told.promised.is_some_and(|promised| promised != operation.status) {
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
        let again = operation.reason.as_ref().is_some_and(payment::Reason::allows_another_attempt);
        let legal = match (operation.status, now.status) {
            (before, after) if before == after => true,
            (OperationStatus::Succeeded, after) => taken_back(operation, after),
            (OperationStatus::Rejected, _) => again,
            _ => true,
        };
        if !legal {
            let kind = operation.kind().as_str();
            broken.push(format!("{kind} went from {:?} to {:?}", operation.status, now.status));
        }
    }
    let messages: Vec<(&String, &str)> =
        new.history.iter().filter_map(|entry| Some((entry.message.as_ref()?, entry.fact.event_type()))).collect();
    let distinct: BTreeSet<&(&String, &str)> = messages.iter().collect();
    if distinct.len() != messages.len() {
        broken.push("a message counted twice".to_owned());
    }
    if old.status.is_final() && new.status != old.status {
        broken.push(format!("{} became {}", old.status, new.status));
    }
    broken
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
