//! Confirm, capture, refund, cancel.

use payment::{
    CancelCommand, CaptureCommand, CauseKind, Command, ConfirmCommand, Fingerprint, Flow, IdempotencyKey, Operation,
    OperationKind, OrderError, RefundCommand, Status,
};
use providers::{OperationCapability, Range};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use store::StoreError;

use crate::Service;
use crate::actions::{capability, supported};
use crate::answer::{Answer, Call};
use crate::create::problem_of;
use crate::parse;
use crate::problem::{FieldError, Problem, ProblemCode};
use crate::work::Work;

/// The body of a confirmation.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfirmBody {
    #[serde(default)]
    widget_result: Option<serde_json::Map<String, Value>>,
}

/// The same to the letter: what the widget gave is passed on as it is.
#[derive(Deserialize)]
struct ConfirmText {
    widget_result: Box<RawValue>,
}

impl Service {
    /// Takes promised money: `POST /v1/payments/{id}/captures`.
    ///
    /// # Errors
    /// Bad input, what the ledger or the provider does not allow, or a provider that could not be asked.
    pub async fn capture(&self, call: &Call, id: &str, key: Option<&str>, body: &[u8]) -> Result<Answer, Problem> {
        let key = parse::key(key)?;
        let asked: CaptureCommand = parse::body(body)?;
        let fingerprint = parse::fingerprint(&asked)?;
        let work = self.load(call, &parse::payment_id(id)?).await?;
        let (capability, new) = self.requested(&work, OperationKind::Capture, &key)?;
        if new {
            problem_of(asked.broken_rules())?;
        }
        require(capability, &json!(asked))?;
        let whole = work.payment.amounts().unreleased();
        let part = !asked.lines.is_empty() || asked.amount.is_some_and(|amount| amount < whole);
        if part && !capability.partial && new {
            return Err(only_whole(if asked.lines.is_empty() { "/amount" } else { "/lines" }, "captures"));
        }
        let left_over = asked.releases_rest && (asked.amount.is_some_and(|a| a < whole) || !asked.lines.is_empty());
        let releases =
            work.capabilities()?.operation(OperationKind::Cancel, work.payment.flow).is_some_and(|c| c.partial);
        if left_over && !releases {
            let rule = "cannot be true for a part: this provider cannot release the rest";
            return Err(Problem::at(ProblemCode::NotSupportedByProvider, "/final", rule));
        }
        Box::pin(self.run(call, work, Command::capture(asked, key, fingerprint), None)).await
    }

    /// Gives captured money back: `POST /v1/payments/{id}/refunds`.
    ///
    /// # Errors
    /// As [`Service::capture`].
    pub async fn refund(&self, call: &Call, id: &str, key: Option<&str>, body: &[u8]) -> Result<Answer, Problem> {
        let key = parse::key(key)?;
        let asked: RefundCommand = parse::body(body)?;
        let fingerprint = parse::fingerprint(&asked)?;
        let work = self.load(call, &parse::payment_id(id)?).await?;
        let (capability, new) = self.requested(&work, OperationKind::Refund, &key)?;
        require(capability, &json!(asked))?;
        let whole = work.payment.amounts().captured;
        let part = !asked.lines.is_empty() || asked.amount.is_some_and(|amount| amount < whole);
        if part && !capability.partial && new {
            return Err(only_whole(if asked.lines.is_empty() { "/amount" } else { "/lines" }, "refunds"));
        }
        Box::pin(self.run(call, work, Command::refund(asked, key, fingerprint), None)).await
    }

    /// Releases what is promised and not captured: `POST /v1/payments/{id}/cancel`.
    ///
    /// # Errors
    /// As [`Service::capture`].
    pub async fn cancel(&self, call: &Call, id: &str, key: Option<&str>, body: &[u8]) -> Result<Answer, Problem> {
        let key = parse::key(key)?;
        let asked: CancelCommand = parse::body(body)?;
        let fingerprint = parse::fingerprint(&asked)?;
        let work = self.load(call, &parse::payment_id(id)?).await?;
        self.requested(&work, OperationKind::Cancel, &key)?;
        Box::pin(self.run(call, work, Command::cancel(key, fingerprint), None)).await
    }

    /// Confirms what the buyer accepted: `POST /v1/payments/{id}/confirm`.
    ///
    /// # Errors
    /// As [`Service::capture`].
    pub async fn confirm(&self, call: &Call, id: &str, key: Option<&str>, body: &[u8]) -> Result<Answer, Problem> {
        let key = parse::key(key)?;
        let asked: ConfirmBody = parse::body(body)?;
        let fingerprint: Fingerprint = parse::fingerprint(&asked)?;
        let mut work = self.load(call, &parse::payment_id(id)?).await?;
        let capability = capability(&work.payment, work.capabilities()?, OperationKind::Confirm)?;
        let text = |_| serde_json::from_slice(body).map(|ConfirmText { widget_result }| widget_result);
        let widget_result = asked.widget_result.map(text).transpose().map_err(Problem::unavailable)?;
        let operation = work.payment.operation(&known(&work, "confirm", &key));
        let replay = operation.is_some();
        // What may still be sent is checked: its text can be another with the same meaning to us.
        let again = operation.is_some_and(Operation::may_run_again);
        if let Some(result) = widget_result.as_deref().filter(|_| !replay || again) {
            problem_of(work.account()?.adapter.broken_widget_rules(&work.payment, result))?;
        }
        if !capability.calls {
            return self.confirm_by_looking(call, work, &key, &fingerprint).await;
        }
        if work.payment.status == Status::RequiresAction && !replay && widget_result.is_none() {
            // The buyer may be back before anybody looked.
            self.look_for_buyer(call, &mut work).await?;
        }
        let waits = work.payment.status == Status::RequiresAction && work.payment.flow == Flow::Widget;
        if waits && !replay && widget_result.is_none() {
            let rule = "is required: what the widget handed over when the buyer was done";
            return Err(Problem::at(ProblemCode::ValidationFailed, "/widget_result", rule));
        }
        let command = ConfirmCommand { from_widget: widget_result.is_some() };
        Box::pin(self.run(call, work, Command::confirm(command, key, fingerprint), widget_result)).await
    }

    /// What the provider can do of a kind of operation, and whether the key is new to the payment. What no request of the kind
    /// could get now comes before what this one lacks; one that was here before gets its answer, however the payment stands.
    pub(crate) fn requested(
        &self,
        work: &Work,
        kind: OperationKind,
        key: &IdempotencyKey,
    ) -> Result<(&'static OperationCapability, bool), Problem> {
        let (payment, capabilities) = (&work.payment, work.capabilities()?);
        match payment.operation(&known(work, kind.as_str(), key)) {
            Some(operation) if operation.may_run_again() => Ok((supported(payment, capabilities, kind)?, false)),
            Some(_) => Ok((capability(payment, capabilities, kind)?, false)),
            None => {
                let capability = supported(payment, capabilities, kind)?;
                payment.possible(kind, self.now())?;
                Ok((capability, true))
            }
        }
    }

    /// Looks whether the buyer is done. That nobody could see it does not mean that the buyer is not.
    async fn look_for_buyer(&self, call: &Call, work: &mut Work) -> Result<(), Problem> {
        let unseen = self.observe(work, call.deadline, &call.cause(CauseKind::Api)).await?;
        let waits = matches!(work.payment.status, Status::Created | Status::RequiresAction);
        if unseen.is_some() && waits {
            let detail = "The provider could not be asked whether the buyer is done. Send the same request again.";
            return Err(Problem::new(ProblemCode::ProviderUnavailable, detail));
        }
        Ok(())
    }

    /// Where the provider needs no confirmation, confirming means to look whether the buyer is done.
    async fn confirm_by_looking(
        &self,
        call: &Call,
        mut work: Work,
        key: &IdempotencyKey,
        fingerprint: &Fingerprint,
    ) -> Result<Answer, Problem> {
        let id = known(&work, "confirm", key);
        let first = work.payment.operation(&id).is_none();
        if first && work.payment.status.is_open() {
            self.look_for_buyer(call, &mut work).await?;
        }
        for _ in 0..4 {
            let status = work.payment.status;
            let why = match status {
                Status::RequiresAction | Status::Created => Some("the buyer is not done at the provider"),
                status if status.is_final() => Some("nothing can be confirmed any more"),
                _ => None,
            };
            if let Some(why) = why.filter(|_| first) {
                let detail = format!("The payment is {status}: {why}.");
                return Err(Problem::new(ProblemCode::StatusDoesNotAllow, detail));
            }
            let (confirmed, is_new) = work.payment.confirmed_by_look(id.clone(), fingerprint, self.now())?;
            if !is_new {
                return self.answer(&work, &confirmed, true);
            }
            match self.store.save(&mut work.payment).await {
                Ok(()) => return self.answer(&work, &confirmed, false),
                Err(StoreError::Conflict) => self.reload(&mut work).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }
}

fn known(work: &Work, kind: &str, key: &payment::IdempotencyKey) -> payment::OperationId {
    payment::OperationId::of(&work.payment.id, kind, key.as_str())
}

pub(crate) fn require(capability: &OperationCapability, body: &Value) -> Result<(), Problem> {
    let missing = |pointer: &&&str| body.pointer(pointer).is_none_or(Value::is_null);
    let error =
        |pointer: &&str| FieldError { pointer: (*pointer).to_owned(), detail: "is required by this provider".into() };
    let missing = capability.requires.iter().filter(missing).map(error);
    let beyond = capability.ranges.iter().filter_map(|range| out_of_range(range, body));
    let beyond = beyond.map(|rule| FieldError { pointer: rule.pointer, detail: rule.detail });
    let errors: Vec<FieldError> = missing.chain(beyond).collect();
    if errors.is_empty() { Ok(()) } else { Err(Problem::with_errors(ProblemCode::ValidationFailed, errors)) }
}

/// The rule that a whole number in a request breaks by a provider's range.
pub(crate) fn out_of_range(range: &Range, body: &Value) -> Option<OrderError> {
    let number = body.pointer(range.pointer).and_then(Value::as_i64)?;
    let outside = number < range.min || range.max.is_some_and(|max| number > max);
    let rule = match range.max {
        Some(max) => format!("must be from {} to {max} at this provider", range.min),
        None => format!("must be at least {} at this provider", range.min),
    };
    outside.then(|| OrderError::at(range.pointer, rule))
}

fn only_whole(pointer: &str, what: &str) -> Problem {
    Problem::at(
        ProblemCode::NotSupportedByProvider,
        pointer,
        format!("must be absent or the whole amount: this provider has no partial {what}"),
    )
}
