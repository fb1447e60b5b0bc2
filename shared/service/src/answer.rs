//! What a use case is told and what it answers.

use payment::{
    Cause, CauseKind, MerchantId, Operation, OperationId, OperationKind, OperationStatus, PaymentId, Reason,
};
use providers::Deadline;
use serde_json::{Value, json};
use store::Unreadable;

use crate::Service;
use crate::problem::{Problem, ProblemCode};
use crate::view::{CaptureView, PaymentView, RefundView};
use crate::work::Work;

/// Who asks, under which request, and until when there is time.
#[derive(Clone)]
pub struct Call {
    /// Whose payments.
    pub merchant: MerchantId,
    /// Of the request, for log, problems and events.
    pub request_id: String,
    /// When the answer must be ready.
    pub deadline: Deadline,
    /// What the API key is called that it came with.
    pub key_label: Option<String>,
}

impl Call {
    pub(crate) fn cause(&self, kind: CauseKind) -> Cause {
        Cause::new(kind, self.request_id.clone())
    }
}

/// What a use case answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The document.
    pub body: Value,
    /// Whether the request was here before.
    pub replayed: bool,
    /// The payment and the operation that it is about, for the log.
    pub about: Option<(PaymentId, OperationId)>,
    /// The payments that it would be about, too, if they could be read.
    pub left_out: Vec<LeftOut>,
}

impl Answer {
    pub(crate) const fn ok(body: Value) -> Self {
        Self { status: 200, body, replayed: false, about: None, left_out: Vec::new() }
    }

    /// About several payments, some of which had to be left out.
    pub(crate) const fn leaving_out(left_out: Vec<LeftOut>, body: Value) -> Self {
        Self { status: 200, body, replayed: false, about: None, left_out }
    }
}

/// A payment that an answer about several leaves out, so that it takes none of the others with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Which.
    pub payment: PaymentId,
    /// Why it cannot be read, without a value of it.
    pub cause: String,
}

impl LeftOut {
    pub(crate) fn of(unreadable: &Unreadable) -> Self {
        Self { payment: unreadable.payment.clone(), cause: unreadable.why().to_string() }
    }
}

/// A cursor has at most so many bytes; ours have about a hundred.
const LONGEST_CURSOR: usize = 1_000;

/// A place in a list, opaque to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    pub(crate) fn new(position: &str) -> Self {
        Self(data_encoding::BASE64URL_NOPAD.encode(position.as_bytes()))
    }

    /// The place among payments that a cursor names.
    pub(crate) fn position(text: &str) -> Option<String> {
        Self::read(text).filter(|position| position.len() > 30 && position.contains("#pay_"))
    }

    /// What a cursor names. No place is named by more than the table takes for a key.
    pub(crate) fn read(text: &str) -> Option<String> {
        if text.len() > LONGEST_CURSOR {
            return None;
        }
        let bytes = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        String::from_utf8(bytes).ok()
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

impl Service {
    /// The answer about an operation as it stands.
    pub(crate) fn answer(&self, work: &Work, id: &OperationId, replayed: bool) -> Result<Answer, Problem> {
        let payment = &work.payment;
        let operation = payment.operation(id).ok_or_else(|| Problem::unavailable("an operation disappeared"))?;
        let done = match operation.kind() {
            OperationKind::CreateSession | OperationKind::Capture | OperationKind::Refund => 201,
            OperationKind::Confirm | OperationKind::Cancel | OperationKind::Amend | OperationKind::Tell(_) => 200,
        };
        let status = match operation.status {
            OperationStatus::Succeeded => done,
            OperationStatus::Rejected => {
                let wanted = payment.check_still_wanted(operation).map_err(|why| Problem::from(why).about(id));
                let problem = wanted.err().unwrap_or_else(|| rejected(operation));
                return Err(problem.as_replay(replayed));
            }
            OperationStatus::Accepted
            | OperationStatus::Pending
            | OperationStatus::InDoubt
            | OperationStatus::NeedsOperator => 202,
        };
        let view = PaymentView::of(payment, work.capabilities()?, self.now());
        let body = match operation.kind() {
            OperationKind::Capture => with_payment(CaptureView::of(operation).map(|v| json!(v)), &view),
            OperationKind::Refund => with_payment(RefundView::of(operation).map(|v| json!(v)), &view),
            _ => json!(view),
        };
        let about = Some((payment.id.clone(), id.clone()));
        Ok(Answer { status, replayed, about, ..Answer::ok(body) })
    }
}

fn with_payment(movement: Option<Value>, payment: &PaymentView<'_>) -> Value {
    let mut document = movement.unwrap_or(Value::Null);
    if let Some(document) = document.as_object_mut() {
        document.insert("payment".to_owned(), json!(payment));
    }
    document
}

fn rejected(operation: &Operation) -> Problem {
    let problem = match &operation.reason {
        Some(Reason::ProviderRefused { provider_code, message }) => {
            let code = provider_code.as_deref().unwrap_or("without a code");
            let message = message.as_deref().unwrap_or("no explanation");
            Problem::new(ProblemCode::ProviderRefused, format!("The provider refused ({code}): {message}."))
        }
        Some(reason) if reason.allows_another_attempt() => {
            let happened = match reason {
                Reason::Harmless => "Nobody knows what happened at the provider, but it moved nothing.",
                _ => "Nothing happened at the provider.",
            };
            let detail = format!("{happened} Send the same request with the same Idempotency-Key again.");
            Problem::new(ProblemCode::ProviderUnavailable, detail)
        }
        Some(Reason::PrerequisiteFailed) => {
            Problem::new(ProblemCode::ProviderRefused, "The operation that this one waited for failed.")
        }
        _ => Problem::new(ProblemCode::ProviderRefused, "It was decided that this did not happen."),
    };
    problem.about(&operation.id)
}
