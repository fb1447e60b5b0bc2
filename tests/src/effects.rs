//! What a provider did, read in its books.

use payment::{Operation, OperationKind, OperationStatus};
use serde_json::Value;

/// Success in the books of a provider that counts transactions.
const DONE: i64 = 190;

/// Holds that nothing in a provider's books stands there twice: no order of one reference, and no movement of one name.
///
/// # Panics
/// Names what was done twice.
#[track_caller]
pub fn nothing_twice(books: &Value) {
    let list = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
    let named = |kind: &str, of: &Value| Some(format!("{kind} {}", of["reference"].as_str()?));
    let declined = |order: &&Value| order["authorized"] != 0;
    let mut effects: Vec<String> =
        list(books, "orders").iter().filter(declined).filter_map(|order| named("order", order)).collect();
    for invoice in list(books, "invoices") {
        effects.extend(named("capture", &invoice));
        effects.extend(list(&invoice, "credit_notes").iter().filter_map(|credit| named("refund", credit)));
    }
    effects.extend(list(books, "captures").iter().filter_map(|capture| named("capture", capture)));
    for one in list(books, "transactions").iter().filter(|one| one["status"] == DONE) {
        // A refund that has the order's own invoice has no name.
        let words = ["action", "invoice", "amount"].map(|name| one[name].to_string());
        effects.push(words.join(" "));
    }
    effects.sort();
    let twice = effects.windows(2).find(|pair| pair[0] == pair[1]);
    assert!(twice.is_none(), "was done twice: {twice:?} in {books:#}");
}

/// A provider's call that moves something, and the kind of operation that makes it.
#[derive(Clone, Copy, Debug)]
pub struct Movement {
    /// The stand-in's name of the call.
    pub call: &'static str,
    /// For which a call is made.
    pub kind: OperationKind,
    /// Whether a new attempt may open another one, since it moves nothing.
    pub harmless: bool,
}

/// Holds what a provider was asked against what was reserved: each attempt is one request at most, and each operation
/// changes the provider's orders once at most, whatever its key was asked for how often. Where the provider is told our
/// name of an operation this holds of that operation, and everywhere of all that are made by the same calls.
///
/// # Panics
/// Names the requests that nobody reserved.
#[track_caller]
pub fn no_more_than_reserved(calls: &[Value], operations: &[Operation], movements: &[Movement]) {
    for movement in movements {
        let makes = |call: &Value, kind| movements.iter().any(|other| other.kind == kind && call["call"] == other.call);
        // A call may be made for several kinds of operation, and a kind of operation by several calls.
        let kinds: Vec<OperationKind> =
            movements.iter().filter(|other| other.call == movement.call).map(|other| other.kind).collect();
        let own: Vec<&Operation> = operations.iter().filter(|o| kinds.contains(&o.kind())).collect();
        let asked: Vec<&Value> = calls.iter().filter(|call| kinds.iter().any(|kind| makes(call, *kind))).collect();
        within(&format!("{kinds:?}"), &asked, &own, movement.harmless);
        for operation in own.iter().filter(|o| o.kind() == movement.kind) {
            let named: Vec<&Value> = asked.iter().copied().filter(|call| names(call, &operation.reference)).collect();
            within(&operation.reference, &named, &[operation], movement.harmless);
        }
    }
}

#[track_caller]
fn within(what: &str, asked: &[&Value], operations: &[&Operation], harmless: bool) {
    let attempts: usize = operations.iter().map(|o| usize::try_from(o.attempt).unwrap()).sum();
    assert!(asked.len() <= attempts, "{what}: {attempts} attempts, and it was asked {asked:#?}");
    let changes: Vec<&&Value> = asked.iter().filter(|call| call["changed"] == true).collect();
    let most =
        if harmless { attempts } else { operations.iter().filter(|o| o.status != OperationStatus::Rejected).count() };
    assert!(changes.len() <= most, "{what}: {most} can have happened, and this did: {changes:#?}");
}

/// Whether a request names an operation.
fn names(call: &Value, reference: &str) -> bool {
    ["path", "said"].iter().any(|part| call[*part].as_str().is_some_and(|text| text.contains(reference)))
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use payment::{
        CaptureMode, Cause, CauseKind, Fingerprint, Flow, LateAuthorization, NewPayment, Operation, OperationKind,
        OperationStatus, Payment, Token,
    };
    use serde_json::{Value, json};

    use super::{Movement, no_more_than_reserved};
    use crate::Order;

    /// An operation that succeeded at this attempt.
    fn operation(attempt: u32) -> Operation {
        let order: payment::Order = serde_json::from_value(Order::billie_pad().json().clone()).unwrap();
        let new = NewPayment {
            merchant: "demo".parse().unwrap(),
            key: &"a".parse().unwrap(),
            order: &order,
            flow: Flow::Direct,
            capture_mode: CaptureMode::Manual,
            livemode: false,
            token: Token::from_random([7; 16]),
            provider_account: None,
            opened_under: None,
            late_authorization: LateAuthorization::default(),
            fingerprint: Fingerprint::of(&order).unwrap(),
            cause: Cause::new(CauseKind::Api, "test"),
        };
        let (payment, _) = Payment::open(new, jiff::Timestamp::now());
        let operation = payment.operations.into_iter().next().unwrap();
        Operation { attempt, status: OperationStatus::Succeeded, ..operation }
    }

    fn call(said: &str, changed: bool) -> Value {
        json!({ "call": "create", "path": "/orders", "said": said, "changed": changed })
    }

    fn is_fine(calls: &[Value], operations: &[Operation], harmless: bool) -> bool {
        let movements = [Movement { call: "create", kind: OperationKind::CreateSession, harmless }];
        catch_unwind(AssertUnwindSafe(|| no_more_than_reserved(calls, operations, &movements))).is_ok()
    }

    #[test]
    fn a_request_that_nobody_reserved_is_noticed() {
        assert!(is_fine(&[call("", true)], &[operation(1)], false));
        assert!(!is_fine(&[call("", true), call("", false)], &[operation(1)], false), "one attempt, two requests");
        assert!(!is_fine(&[call("", true)], &[], false), "nothing was reserved");
        assert!(is_fine(&[call("", true), call("", false)], &[operation(2)], false), "a repeat that changes nothing");
    }

    #[test]
    fn what_changes_twice_for_one_operation_is_noticed() {
        assert!(!is_fine(&[call("", true), call("", true)], &[operation(2)], false));
        assert!(is_fine(&[call("", true), call("", true)], &[operation(2)], true), "where that moves nothing");
        let rejected = Operation { status: OperationStatus::Rejected, ..operation(1) };
        assert!(!is_fine(&[call("", true)], &[rejected], false), "what is told to be rejected happened");
    }

    #[test]
    fn one_operation_does_not_use_up_what_another_reserved() {
        let other = Operation { reference: "another".to_owned(), ..operation(1) };
        let own = operation(1);
        let calls = [call(&own.reference, true), call(&own.reference, true)];
        assert!(!is_fine(&calls, &[own, other], false));
    }
}
