//! What checkouts ask, and operators, until they have an answer to rely on.

use std::sync::Arc;
use std::time::Duration;

use payment::{InstructionKind, OperationId, OperationStatus, PaymentId, Status};
use providers::Deadline;
use serde_json::{Value, json};
use service::{Answer, Call, Problem, ProblemCode};

use crate::checks::Told;
use crate::clock;
use crate::plan::{Ask, Deal, Step};
use crate::play::FUNCTION;
use crate::world::{MERCHANT, World, beginning};

/// A checkout gives up after so many tries.
const TRIES: u32 = 12;

fn call() -> Option<Call> {
    let (merchant, deadline) = (MERCHANT.parse().ok()?, Deadline::within(FUNCTION));
    Some(Call { merchant, request_id: "r".to_owned(), deadline, key_label: None })
}

/// One step of a plan.
pub(crate) async fn ask(world: &Arc<World>, id: &str, n: usize, step: Step, deal: &Deal) {
    tokio::time::sleep(Duration::from_millis(step.at)).await;
    if step.waits {
        wait(world, id, step.asks, deal).await;
    }
    let key = format!("step-{n}");
    if step.asks == Ask::Resolve {
        return decide(world, id, &key).await;
    }
    let amount = |minor: i64| if minor == 0 { json!({}) } else { json!({ "amount": minor }) };
    let units = |chairs: u32| json!({ "lines": [{ "reference": "CHAIR", "quantity": chairs }] });
    let capture = |mut body: Value| {
        body["invoice"] = json!({ "number": format!("INV-{n}"), "url": format!("https://shop.example/{n}.pdf") });
        body["shipment"] = json!({ "carrier": "DHL", "tracking_number": format!("0034-{n}") });
        Request::Capture(body.to_string())
    };
    let request = match step.asks {
        Ask::Confirm if deal.flow == "widget" => match world.seen().widgets.get(id) {
            Some(result) => Request::Confirm(format!("{{\"widget_result\":{result}}}")),
            None => return,
        },
        Ask::Confirm => Request::Confirm("{}".to_owned()),
        Ask::Capture(minor) => capture(amount(minor)),
        Ask::Final(minor) => {
            let mut body = amount(minor);
            body["final"] = json!(true);
            capture(body)
        }
        Ask::CaptureUnits(chairs) => capture(units(chairs)),
        Ask::Refund(minor) => Request::Refund(amount(minor).to_string()),
        Ask::RefundUnits(chairs) => Request::Refund(units(chairs).to_string()),
        Ask::Cancel => Request::Cancel,
        Ask::Amend(minor) => Request::Amend(amount(minor).to_string()),
        Ask::Tell(kind) => Request::Tell(kind),
        Ask::Refresh | Ask::Resolve => Request::Refresh,
        Ask::Replay(what) => replay(what),
    };
    checkout(world, request, id, &key, step.deaf).await;
}

/// Waits until the step makes sense, and not for ever.
async fn wait(world: &World, id: &str, asks: Ask, deal: &Deal) {
    let needs_person = |payment: &payment::Payment| {
        payment.operations.iter().any(|operation| operation.status == OperationStatus::NeedsOperator)
    };
    let ready = |payment: &payment::Payment| match asks {
        Ask::Confirm if deal.flow == "widget" => world.seen().widgets.contains_key(id),
        Ask::Confirm => payment.status != Status::Created && payment.status != Status::RequiresAction,
        Ask::Refund(_) | Ask::RefundUnits(_) => matches!(payment.status, Status::PartiallyCaptured | Status::Captured),
        Ask::Resolve => needs_person(payment),
        _ => !payment.status.is_open(),
    };
    // Nobody is asked in the first quarter of an hour.
    let pause = Duration::from_secs(if asks == Ask::Resolve { 20 } else { 2 });
    for _ in 0..60 {
        if world.payment(id).is_some_and(|payment| ready(&payment)) {
            return;
        }
        tokio::time::sleep(pause).await;
    }
}

/// A person looks into the provider's books and says what came of everything that needs a person.
pub(crate) async fn decide(world: &Arc<World>, id: &str, key: &str) {
    let Some(payment) = world.payment(id) else { return };
    for (operation, found) in world.found_out(&payment) {
        let outcome = if found.happened { "succeeded" } else { "rejected" };
        let body = json!({ "outcome": outcome, "reason": "looked it up", "provider_reference": found.name });
        let request = Request::Resolve { operation: operation.to_string(), body: body.to_string() };
        checkout(world, request, id, key, false).await;
    }
}

/// Everything so far once more.
pub(crate) fn replay(what: &'static str) -> Request {
    let body = json!({ "what": what, "from": beginning(), "to": clock::now(), "dry_run": false });
    Request::Replay(body.to_string())
}

/// What a checkout sends.
pub(crate) enum Request {
    Create(String),
    Confirm(String),
    Capture(String),
    Refund(String),
    Cancel,
    Amend(String),
    Tell(InstructionKind),
    Refresh,
    Resolve { operation: String, body: String },
    Replay(String),
}

impl Request {
    fn kind(&self) -> &'static str {
        match self {
            Self::Create(_) => "create_session",
            Self::Confirm(_) => "confirm",
            Self::Capture(_) => "capture",
            Self::Refund(_) => "refund",
            Self::Cancel => "cancel",
            Self::Amend(_) => "amend",
            Self::Tell(kind) => kind.as_str(),
            Self::Refresh => "refresh",
            Self::Resolve { .. } => "resolve",
            Self::Replay(_) => "replay",
        }
    }
}

/// Sends a request until its answer is one to rely on.
pub(crate) async fn checkout(world: &Arc<World>, request: Request, id: &str, key: &str, mut deaf: bool) {
    for _ in 0..TRIES {
        let (Some(service), Some(call)) = (world.service(), call()) else { return };
        let answered = world.in_function(send(&service, &call, &request, id, key)).await;
        world.note(|| match &answered {
            None => format!("{} {key}: no answer", request.kind()),
            Some(Ok(answer)) => format!("{} {key}: {} {}", request.kind(), answer.status, answer.body["status"]),
            Some(Err(problem)) => format!("{} {key}: {}", request.kind(), problem.code().as_str()),
        });
        let lost = std::mem::take(&mut deaf);
        match answered.filter(|_| !lost) {
            Some(Ok(answer)) => {
                remember(world, &request, id, key, &answer);
                return;
            }
            Some(Err(problem)) if !comes_again(&problem) => {
                refused(world, &request, id, key, &problem);
                return;
            }
            _ => tokio::time::sleep(Duration::from_secs(1) + world.pause(30_000)).await,
        }
    }
}

async fn send(
    service: &service::Service,
    call: &Call,
    request: &Request,
    id: &str,
    key: &str,
) -> Result<Answer, Problem> {
    match request {
        Request::Create(body) => Box::pin(service.create_session(call, Some(key), body.as_bytes())).await,
        Request::Confirm(body) => Box::pin(service.confirm(call, id, Some(key), body.as_bytes())).await,
        Request::Capture(body) => Box::pin(service.capture(call, id, Some(key), body.as_bytes())).await,
        Request::Refund(body) => Box::pin(service.refund(call, id, Some(key), body.as_bytes())).await,
        Request::Cancel => Box::pin(service.cancel(call, id, Some(key), b"{}")).await,
        Request::Amend(body) => Box::pin(service.manage_order(call, (id, "amend"), Some(key), body.as_bytes())).await,
        Request::Tell(kind) => {
            let (action, body) = told(*kind);
            Box::pin(service.manage_order(call, (id, action), Some(key), body.as_bytes())).await
        }
        Request::Refresh => {
            let refresh = [("refresh".to_owned(), "true".to_owned())];
            Box::pin(service.get(call, id, &refresh)).await
        }
        Request::Resolve { operation, body } => {
            Box::pin(service.resolve(call, id, operation, Some(key), body.as_bytes())).await
        }
        Request::Replay(body) => Box::pin(service.replay(call, Some(key), body.as_bytes())).await,
    }
}

/// An instruction's word in the address, and its body.
const fn told(kind: InstructionKind) -> (&'static str, &'static str) {
    match kind {
        InstructionKind::Hold => ("hold", r#"{ "days": 7 }"#),
        InstructionKind::Resume => ("resume", "{}"),
        InstructionKind::Message => ("message", r#"{ "text": "The chairs come on Monday." }"#),
        InstructionKind::DirectPayment => ("direct-payment", r#"{ "amount": 100 }"#),
    }
}

fn comes_again(problem: &Problem) -> bool {
    matches!(
        problem.code(),
        ProblemCode::ProviderUnavailable
            | ProblemCode::Unavailable
            | ProblemCode::Conflict
            | ProblemCode::OperationInProgress
            | ProblemCode::OperationInDoubt
            | ProblemCode::PaymentNotFound
    )
}

fn operation_of(request: &Request, id: &str, key: &str) -> Option<OperationId> {
    let payment: PaymentId = id.parse().ok()?;
    let makes_none = matches!(request, Request::Refresh | Request::Resolve { .. } | Request::Replay(_));
    (!makes_none).then(|| OperationId::of(&payment, request.kind(), key))
}

/// What a checkout was told must stay true.
fn remember(world: &Arc<World>, request: &Request, id: &str, key: &str, answer: &Answer) {
    let Some(operation) = operation_of(request, id, key) else { return };
    let promised = (answer.status != 202).then_some(OperationStatus::Succeeded);
    world.seen().told.push(Told { payment: id.to_owned(), operation, promised });
}

fn refused(world: &Arc<World>, request: &Request, id: &str, key: &str, problem: &Problem) {
    let Some(operation) = operation_of(request, id, key) else { return };
    if problem.code() == ProblemCode::ProviderRefused {
        let promised = Some(OperationStatus::Rejected);
        world.seen().told.push(Told { payment: id.to_owned(), operation, promised });
    }
}
