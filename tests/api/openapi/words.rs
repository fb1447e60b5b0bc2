//! Every enum is the code's.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};
use tests::Contract;

/// All variants of an enum as the API writes them. A variant that is missing here does not compile.
macro_rules! words {
    ($kind:ident { $($variant:ident),+ $(,)? }) => {{
        #[allow(dead_code, reason = "it is the compiler that looks at it")]
        const fn all_are_here(value: $kind) {
            match value { $($kind::$variant => {}),+ }
        }
        [$(word(&$kind::$variant)),+].into_iter().collect::<BTreeSet<String>>()
    }};
}

fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

/// The words of the enum at a JSON pointer below the schemas.
fn documented(pointer: &str) -> BTreeSet<String> {
    let words = Contract::get().document().pointer(&format!("/components/schemas/{pointer}/enum"));
    let words = words.and_then(Value::as_array).unwrap_or_else(|| panic!("no enum at {pointer}"));
    words.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_enum_is_the_codes() {
    use payment::{
        BuyerKind, CaptureMode, CauseKind, DeclineReason, DoubtPolicy, Flow, LineKind, OperationStatus, Salutation,
        Status,
    };
    use providers::BestEvidence;
    use service::Retry;
    let expected = [
        ("Flow", words!(Flow { Redirect, Widget, Direct })),
        ("CaptureMode", words!(CaptureMode { Manual, Automatic })),
        ("BuyerKind", words!(BuyerKind { Person, Business })),
        ("Line/properties/kind", words!(LineKind { Goods, Shipping, Fee, Discount })),
        ("Person/properties/salutation", words!(Salutation { Male, Female, Unknown })),
        ("PaymentStatus", Status::ALL.iter().map(word).collect()),
        ("OperationKind", operation_kinds()),
        ("OperationStatus", words!(OperationStatus { Accepted, Succeeded, Rejected, Pending, InDoubt, NeedsOperator })),
        (
            "DeclineReason",
            words!(DeclineReason {
                LimitExceeded,
                BuyerUnknown,
                AddressInvalid,
                RiskPolicy,
                CreditRefused,
                Duplicate,
                Other
            }),
        ),
        ("Cause/properties/kind", words!(CauseKind { Api, Webhook, Probe, Sweep, Operator })),
        ("OperationCapability/properties/doubt", words!(DoubtPolicy { Lookup, Repeat, Harmless, None })),
        ("Capabilities/properties/evidence", words!(BestEvidence { Observation, Webhook })),
        ("Problem/properties/retry", words!(Retry { Never, Safe, After, InDoubt })),
    ];
    for (schema, words) in expected {
        assert_eq!(documented(schema), words, "left: openapi.yaml, right: the code; {schema}");
    }
}

#[test]
fn every_reason_of_an_operation_is_documented() {
    use payment::{Doubt, Reason};
    let doubts = [
        Doubt::TimedOut,
        Doubt::ConnectionLost,
        Doubt::ServerError,
        Doubt::Unreadable,
        Doubt::AmountMismatch,
        Doubt::UnknownCode,
        Doubt::WorkerDied,
    ];
    // What is missing above or below does not compile.
    let listed = |reason: &Reason| match reason {
        Reason::NotSent
        | Reason::Harmless
        | Reason::NotProcessed
        | Reason::ProviderRefused { .. }
        | Reason::PrerequisiteFailed
        | Reason::Operator { .. } => true,
        Reason::Doubt { doubt } => match doubt {
            Doubt::TimedOut
            | Doubt::ConnectionLost
            | Doubt::ServerError
            | Doubt::Unreadable
            | Doubt::AmountMismatch
            | Doubt::UnknownCode
            | Doubt::WorkerDied => true,
        },
    };
    let mut reasons = vec![
        Reason::NotSent,
        Reason::Harmless,
        Reason::NotProcessed,
        Reason::ProviderRefused { provider_code: None, message: None },
        Reason::PrerequisiteFailed,
        Reason::Operator { reason: String::new() },
    ];
    reasons.extend(doubts.map(|doubt| Reason::Doubt { doubt }));
    assert!(reasons.iter().all(listed));
    let words: BTreeSet<String> = reasons.iter().map(|reason| reason.as_str().to_owned()).collect();
    assert_eq!(documented("OperationReason"), words);
}

#[test]
fn every_event_type_is_documented() {
    let facts: BTreeSet<String> = facts().iter().map(|fact| format!("paylater.{}.v1", fact.event_type())).collect();
    assert_eq!(documented("EventType"), facts);
    let news: BTreeSet<String> = news().iter().map(|news| kind(&json!(news))).collect();
    assert_eq!(documented("EventReceivable/properties/kind"), news);
}

/// What moves money, and then what a provider is told.
fn operation_kinds() -> BTreeSet<String> {
    use payment::InstructionKind;
    let told = words!(InstructionKind { Hold, Resume, Message, DirectPayment });
    assert!(told == InstructionKind::ALL.iter().map(word).collect());
    [payment::OperationKind::CreateSession].iter().chain(&payment::OperationKind::ACTIONS).map(word).collect()
}

fn kind(value: &Value) -> String {
    value["kind"].as_str().unwrap().to_owned()
}

fn news() -> Vec<payment::ReceivableNews> {
    use payment::ReceivableNews as News;
    const fn all_are_here(news: &News) {
        match news {
            News::PaidOut | News::BuyerPaid | News::Overdue | News::Dunning { .. } | News::Disputed => {}
            News::DisputeClosed | News::ClawedBack | News::Closed | News::Updated => {}
        }
    }
    let all = vec![
        News::PaidOut,
        News::BuyerPaid,
        News::Overdue,
        News::dunning(1),
        News::Disputed,
        News::DisputeClosed,
        News::ClawedBack,
        News::Closed,
        News::Updated,
    ];
    all.iter().for_each(all_are_here);
    all
}

fn facts() -> Vec<payment::Fact> {
    use payment::{Amount, CaptureId, DeclineReason, Fact, InstructionKind, OperationId, OperationKind, RefundId};
    const fn all_are_here(fact: &Fact) {
        match fact {
            Fact::Created | Fact::RequiresAction | Fact::RequiresConfirmation | Fact::UnderReview => {}
            Fact::Authorized { .. } | Fact::Amended { .. } | Fact::Captured => {}
            Fact::RemainderReleased { .. } | Fact::Declined { .. } => {}
            Fact::Canceled { .. } | Fact::Expired { .. } | Fact::DriftDetected { .. } => {}
            Fact::CapturePending { .. } | Fact::CaptureSucceeded { .. } | Fact::CaptureFailed { .. } => {}
            Fact::CaptureReversed { .. } => {}
            Fact::RefundPending { .. } | Fact::RefundSucceeded { .. } | Fact::RefundFailed { .. } => {}
            Fact::OperationInDoubt { .. } | Fact::OperationResolved { .. } | Fact::OperationNeedsOperator { .. } => {}
            Fact::Told { .. } | Fact::Receivable(_) | Fact::Unrecognized { .. } => {}
        }
    }
    let (amount, kind) = (Amount::ZERO, OperationKind::Capture);
    let operation: OperationId = "op_00000000000000000000000000".parse().unwrap();
    let capture = CaptureId::of(&operation);
    let refund = RefundId::of(&operation);
    let text = String::new;
    let mut all = vec![
        Fact::Created,
        Fact::RequiresAction,
        Fact::RequiresConfirmation,
        Fact::UnderReview,
        Fact::Authorized { amount },
        Fact::Amended { released: amount },
        Fact::Captured,
        Fact::RemainderReleased { amount },
        Fact::Declined { reason: DeclineReason::Other, provider_code: None },
        Fact::Canceled { released: amount },
        Fact::Expired { released: amount },
        Fact::DriftDetected { field: text(), ours: text(), theirs: text() },
        Fact::CapturePending { capture: capture.clone(), amount, invoice: None },
        Fact::CaptureSucceeded { capture: capture.clone(), amount, invoice: None },
        Fact::CaptureFailed { capture: capture.clone(), amount, reason: text() },
        Fact::CaptureReversed { capture: capture.clone(), amount, movement: None },
        Fact::RefundPending { refund: refund.clone(), capture: capture.clone(), amount },
        Fact::RefundSucceeded { refund: refund.clone(), capture: capture.clone(), amount },
        Fact::RefundFailed { refund, capture, amount, reason: text() },
        Fact::OperationInDoubt { operation: operation.clone(), kind, amount },
        Fact::OperationResolved { operation: operation.clone(), kind, amount, succeeded: true },
        Fact::OperationNeedsOperator { operation: operation.clone(), kind, amount },
        Fact::Unrecognized { event: text() },
    ];
    all.extend(InstructionKind::ALL.map(|instruction| Fact::Told {
        operation: operation.clone(),
        instruction,
        amount,
    }));
    all.extend(news().into_iter().map(|news| Fact::Receivable(payment::ReceivableMessage::of(news))));
    all.iter().for_each(all_are_here);
    all
}
