//! `openapi.yaml` says what the code does, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};
use service::ProblemCode;
use tests::contract::Operation;
use tests::{Answer, Contract, Order};

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
fn every_route_of_the_template_is_documented_and_the_other_way_round() {
    let template = local::Routes::of_template().unwrap();
    let routes: BTreeSet<_> =
        template.iter().map(|r| (r.method.to_ascii_uppercase(), r.path.clone(), r.authorized)).collect();
    let authorized = |o: &Operation<'_>| o.value.get("security") != Some(&json!([]));
    let told: BTreeSet<_> =
        Contract::get().operations().map(|o| (o.method.to_owned(), o.path.to_owned(), authorized(&o))).collect();
    assert_eq!(told, routes, "left: openapi.yaml, right: template.yaml; the third is whether a key is needed");
}

#[test]
fn every_problem_code_is_documented_with_its_status() {
    let responses = Contract::get().document()["components"]["responses"].as_object().unwrap();
    let mut told: BTreeSet<(u64, String)> = BTreeSet::new();
    for response in responses.values() {
        let fields = &response["content"]["application/problem+json"]["schema"]["properties"];
        for code in fields["code"]["enum"].as_array().into_iter().flatten() {
            told.insert((fields["status"]["const"].as_u64().unwrap(), code.as_str().unwrap().to_owned()));
        }
    }
    let known = ProblemCode::ALL.iter().map(|code| (u64::from(code.status()), code.as_str().to_owned()));
    assert_eq!(told, known.collect());
}

#[test]
fn every_operation_refers_to_answers_of_the_status_that_it_names() {
    for operation in Contract::get().operations() {
        for (status, response) in operation.value["responses"].as_object().unwrap() {
            let response = Contract::get().resolve(response);
            let schema = &response["content"]["application/problem+json"]["schema"]["properties"]["status"]["const"];
            let place = format!("{} {} {status}", operation.method, operation.path);
            assert!(
                schema.is_null() || schema.to_string() == *status,
                "{place} refers to an answer of status {schema}"
            );
            assert_eq!(schema.is_null(), status.as_str() < "400", "{place}");
            assert!(response["headers"]["Request-Id"].is_object(), "{place} has no Request-Id");
        }
    }
}

#[test]
fn every_post_of_a_checkout_asks_for_an_idempotency_key() {
    for operation in Contract::get().operations().filter(|o| o.method == "POST") {
        let parameters = operation.value["parameters"].as_array().into_iter().flatten();
        let asks = parameters.map(|p| Contract::get().resolve(p)).any(|p| p["name"] == "Idempotency-Key");
        let public = operation.value.get("security") == Some(&json!([]));
        assert_eq!(asks, !public, "POST {}", operation.path);
    }
}

#[test]
fn every_enum_is_the_codes() {
    use payment::{
        BuyerKind, CaptureMode, CauseKind, DeclineReason, DoubtPolicy, Flow, LineKind, OperationKind, OperationStatus,
        Salutation, Status,
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
        ("OperationKind", words!(OperationKind { CreateSession, Confirm, Capture, Refund, Cancel })),
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

fn kind(value: &Value) -> String {
    value["kind"].as_str().unwrap().to_owned()
}

fn news() -> Vec<payment::ReceivableNews> {
    use payment::ReceivableNews as News;
    const fn all_are_here(news: &News) {
        match news {
            News::PaidOut | News::BuyerPaid | News::Overdue | News::Dunning { .. } | News::Disputed => {}
            News::DisputeClosed | News::ClawedBack | News::Closed => {}
        }
    }
    let all = vec![
        News::PaidOut,
        News::BuyerPaid,
        News::Overdue,
        News::Dunning { level: 1 },
        News::Disputed,
        News::DisputeClosed,
        News::ClawedBack,
        News::Closed,
    ];
    all.iter().for_each(all_are_here);
    all
}

fn facts() -> Vec<payment::Fact> {
    use payment::{Amount, CaptureId, DeclineReason, Fact, OperationId, OperationKind, RefundId};
    const fn all_are_here(fact: &Fact) {
        match fact {
            Fact::Created | Fact::RequiresAction | Fact::RequiresConfirmation | Fact::UnderReview => {}
            Fact::Authorized { .. } | Fact::Captured | Fact::RemainderReleased { .. } | Fact::Declined { .. } => {}
            Fact::Canceled { .. } | Fact::Expired { .. } | Fact::DriftDetected { .. } => {}
            Fact::CapturePending { .. } | Fact::CaptureSucceeded { .. } | Fact::CaptureFailed { .. } => {}
            Fact::RefundPending { .. } | Fact::RefundSucceeded { .. } | Fact::RefundFailed { .. } => {}
            Fact::OperationInDoubt { .. } | Fact::OperationResolved { .. } | Fact::OperationNeedsOperator { .. } => {}
            Fact::Receivable { .. } | Fact::Unrecognized { .. } => {}
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
        Fact::Captured,
        Fact::RemainderReleased { amount },
        Fact::Declined { reason: DeclineReason::Other, provider_code: None },
        Fact::Canceled { released: amount },
        Fact::Expired { released: amount },
        Fact::DriftDetected { field: text(), ours: text(), theirs: text() },
        Fact::CapturePending { capture: capture.clone(), amount, invoice: None },
        Fact::CaptureSucceeded { capture: capture.clone(), amount, invoice: None },
        Fact::CaptureFailed { capture: capture.clone(), amount, reason: text() },
        Fact::RefundPending { refund: refund.clone(), capture: capture.clone(), amount },
        Fact::RefundSucceeded { refund: refund.clone(), capture: capture.clone(), amount },
        Fact::RefundFailed { refund, capture, amount, reason: text() },
        Fact::OperationInDoubt { operation: operation.clone(), kind, amount },
        Fact::OperationResolved { operation: operation.clone(), kind, amount, succeeded: true },
        Fact::OperationNeedsOperator { operation, kind, amount },
        Fact::Unrecognized { event: text() },
    ];
    all.extend(news().into_iter().map(|news| Fact::Receivable { news, outstanding: None }));
    all.iter().for_each(all_are_here);
    all
}

/// The names of the fields that a schema lists.
fn fields(schema: &str) -> BTreeSet<String> {
    let fields = &Contract::get().document()["components"]["schemas"][schema]["properties"];
    fields.as_object().unwrap_or_else(|| panic!("{schema} lists no fields")).keys().cloned().collect()
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap_or_else(|| panic!("no object: {value}")).keys().cloned().collect()
}

#[test]
fn every_field_of_a_request_is_documented() {
    use payment::{CaptureCommand, Invoice, LineQuantity, RefundCommand, Shipment};
    // What the code reads it also writes, every field of it.
    let order: payment::Order = serde_json::from_value(Order::billie_pad().json().clone()).unwrap();
    let order = json!(order);
    for (schema, pointer) in [
        ("Order", ""),
        ("Line", "/lines/0"),
        ("Buyer", "/buyer"),
        ("Person", "/buyer/person"),
        ("Company", "/buyer/company"),
        ("Address", "/billing_address"),
    ] {
        assert_eq!(fields(schema), keys(order.pointer(pointer).unwrap()), "{schema}");
    }
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let invoice: Invoice = serde_json::from_value(read(r#"{"number":"1"}"#)).unwrap();
    let shipment: Shipment = serde_json::from_value(json!({})).unwrap();
    let line: LineQuantity = serde_json::from_value(read(r#"{"reference":"1","quantity":1}"#)).unwrap();
    assert_eq!(fields("CaptureRequest"), keys(&json!(CaptureCommand::default())));
    assert_eq!(fields("RefundRequest"), keys(&json!(RefundCommand::default())));
    assert_eq!(fields("InvoiceInput"), keys(&json!(invoice)));
    assert_eq!(fields("ShipmentInput"), keys(&json!(shipment)));
    assert_eq!(fields("LineQuantity"), keys(&json!(line)));
}

#[test]
fn every_example_is_valid() {
    let contract = Contract::get();
    let mut seen = BTreeMap::new();
    let shown = |described: &Value| -> Vec<Value> {
        let named = described["examples"].as_object().into_iter().flatten();
        named.map(|(_, example)| contract.resolve(example)["value"].clone()).collect()
    };
    for operation in contract.operations() {
        let place = format!("{} {}", operation.method, operation.path);
        for example in shown(&operation.value["requestBody"]["content"]["application/json"]) {
            assert_eq!(contract.request_errors(operation.method, operation.path, &example), [""; 0], "{place}");
            *seen.entry("request").or_insert(0) += 1;
        }
        for (status, response) in operation.value["responses"].as_object().unwrap() {
            let response = contract.resolve(response);
            for (media_type, described) in response["content"].as_object().into_iter().flatten() {
                for example in shown(described) {
                    answer_is_documented(&operation, status.parse().unwrap(), media_type, example);
                    *seen.entry("answer").or_insert(0) += 1;
                }
            }
        }
    }
    for (name, schema) in contract.document()["components"]["schemas"].as_object().unwrap() {
        for example in schema["examples"].as_array().into_iter().flatten() {
            assert_eq!(contract.component_errors(name, example), [""; 0], "the example of {name}");
            *seen.entry("schema").or_insert(0) += 1;
        }
    }
    assert!(seen.len() == 3 && seen.values().all(|count| *count >= 5), "too few examples were found: {seen:?}");
}

fn answer_is_documented(operation: &Operation<'_>, status: u16, media_type: &str, body: Value) {
    let asked = format!("{} {}", operation.method, operation.path);
    let headers = [("content-type", media_type), ("request-id", "example"), ("cache-control", "no-store")];
    let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).into_iter().collect();
    let answer = Answer { asked, status, headers, body };
    let errors = Contract::get().errors(operation.method, operation.path, None, &answer);
    assert_eq!(errors, [""; 0], "{}: {:#}", answer.asked, answer.body);
}

#[test]
fn every_reference_points_at_something_and_nothing_is_left_over() {
    fn collect(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|part| collect(part, found));
            }
            Value::Array(items) => items.iter().for_each(|part| collect(part, found)),
            _ => {}
        }
    }
    let document = Contract::get().document();
    let mut used = BTreeSet::new();
    collect(document, &mut used);
    for reference in &used {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference} points at nothing");
    }
    for part in ["schemas", "responses", "parameters", "headers", "examples"] {
        for name in keys(&document["components"][part]) {
            let reference = format!("#/components/{part}/{name}");
            // Consumers look these up by themselves: events are no answers, and any address may give these two.
            let of_its_own = ["Event", "RouteNotFound", "MethodNotAllowed"].contains(&name.as_str());
            assert!(used.contains(&reference) || of_its_own, "nobody refers to {reference}");
        }
    }
}

fn payment_answer() -> Answer {
    let body = Contract::get().document()["components"]["examples"]["AuthorizedPayment"]["value"].clone();
    let headers = [("content-type", "application/json"), ("request-id", "r"), ("cache-control", "no-store")];
    let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).into_iter().collect();
    Answer { asked: "GET /v1/payments/x".to_owned(), status: 200, headers, body }
}

/// What the contract says against the answer once something is changed in it.
fn errors(change: impl FnOnce(&mut Answer)) -> Vec<String> {
    let mut answer = payment_answer();
    change(&mut answer);
    Contract::get().errors("GET", "/v1/payments/x", None, &answer)
}

#[test]
fn an_answer_is_held_against_the_contract() {
    assert_eq!(errors(|_| {}), [""; 0]);
    assert_eq!(errors(|answer| answer.status = 201), ["status 201 is not documented"]);
    let debug = |answer: &mut Answer| _ = answer.headers.insert("x-debug", "1".parse().unwrap());
    assert_eq!(errors(debug), ["header x-debug is not documented"]);
    assert_eq!(errors(|answer| _ = answer.headers.remove("request-id")), ["header request-id is missing"]);
    let text = |answer: &mut Answer| _ = answer.headers.insert("content-type", "text/html".parse().unwrap());
    assert_eq!(errors(text), ["media type \"text/html\" is not documented"]);
    let told = errors(|answer| answer.body["operations"][0]["colour"] = json!("red"));
    assert!(told.len() == 1 && told[0].starts_with("/operations/0: ") && told[0].contains("colour"), "{told:?}");
    let told = errors(|answer| _ = answer.body["amounts"].as_object_mut().unwrap().remove("refunded"));
    assert!(told.len() == 1 && told[0].starts_with("/amounts: ") && told[0].contains("refunded"), "{told:?}");
    let told = errors(|answer| answer.body["status"] = json!("paid"));
    assert!(told.len() == 1 && told[0].starts_with("/status: "), "{told:?}");
}

#[test]
fn a_request_that_is_not_allowed_must_not_be_taken() {
    let answer = Answer { status: 201, asked: String::new(), ..payment_answer() };
    let order = Order::billie_pad().with("/colour", "red");
    let told = Contract::get().errors("POST", "/v1/payments", Some(order.json()), &answer);
    assert!(told.len() == 1 && told[0].contains("colour"), "{told:?}");
}

#[test]
fn an_event_is_held_against_the_contract() {
    let event = Contract::get().document()["components"]["schemas"]["Event"]["examples"][0].clone();
    let errors = |change: fn(&mut Value)| {
        let mut event = event.clone();
        change(&mut event);
        Contract::get().event_errors(&event)
    };
    assert_eq!(errors(|_| {}), [""; 0]);
    let wrong: [fn(&mut Value); 6] = [
        |event| event["type"] = json!("paylater.payment.paid.v1"),
        |event| event["type"] = json!("paylater.refund.succeeded.v1"),
        |event| event["sequence"] = json!(7),
        |event| event["data"]["iban"] = json!("DE00"),
        |event| event["data"]["capture"]["iban"] = json!("DE00"),
        |event| _ = event["data"].as_object_mut().unwrap().remove("capture"),
    ];
    for (i, change) in wrong.into_iter().enumerate() {
        assert_ne!(errors(change), [""; 0], "change {i}");
    }
}

#[test]
fn an_undocumented_field_of_a_capture_is_found_through_what_the_schemas_share() {
    let payment = payment_answer().body;
    let capture = json!({
        "id": "cap_00000000000000000000000000", "operation_id": "op_00000000000000000000000000", "status": "succeeded",
        "amount": 1, "lines": [], "invoice": { "number": "1", "url": null }, "shipment": null, "provider_reference": null,
        "created_at": "2026-11-20T09:30:00.125Z", "payment": payment,
    });
    let errors = |change: &dyn Fn(&mut Value)| {
        let mut changed = capture.clone();
        change(&mut changed);
        Contract::get().component_errors("CaptureWithPayment", &changed).len()
    };
    assert_eq!(errors(&|_| {}), 0);
    assert_ne!(errors(&|c| c["colour"] = json!(1)), 0);
    assert_ne!(errors(&|c| c["invoice"]["colour"] = json!(1)), 0);
    assert_ne!(errors(&|c| c["payment"]["colour"] = json!(1)), 0);
}
