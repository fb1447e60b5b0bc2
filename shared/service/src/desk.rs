//! The operator's desk: what needs a person, and the person's word on it.

use payment::{CauseKind, Decision, Operation, OperationId, OperationKind, OperationStatus, Payment, Reason, Text};
use providers::BestEvidence;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::StoreError;

use crate::Service;
use crate::answer::{Answer, Call};
use crate::parse;
use crate::problem::{Problem, ProblemCode};
use crate::view::PaymentView;
use crate::work::Work;

/// What the operator found out.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResolveBody {
    outcome: Found,
    reason: Text<1, 500>,
    #[serde(default)]
    provider_reference: Option<Text<1, 100>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Found {
    Succeeded,
    Rejected,
}

impl Service {
    /// The operations that need a person or are in doubt: `GET /v1/operations?status=…`.
    ///
    /// # Errors
    /// Names the parameter that breaks a rule.
    pub async fn operations(&self, call: &Call, query: &[(String, String)]) -> Result<Answer, Problem> {
        let status = match query {
            [(name, value)] if name == "status" && value == "needs_operator" => OperationStatus::NeedsOperator,
            [(name, value)] if name == "status" && value == "in_doubt" => OperationStatus::InDoubt,
            _ => {
                let rule = "is required, must be needs_operator or in_doubt, and is the only parameter";
                return Err(Problem::at(ProblemCode::ValidationFailed, "?status", rule));
            }
        };
        let mut data = Vec::new();
        // A payment is listed under the worst of its operations, so what is in doubt may be in either list.
        for list in [OperationStatus::NeedsOperator, status] {
            for id in self.store.needing_attention(&call.merchant, list).await? {
                if let Some(payment) = self.store.load(&id).await? {
                    data.extend(payment.operations.iter().filter(|o| o.status == status).map(|o| line(&payment, o)));
                }
            }
            if status == OperationStatus::NeedsOperator {
                break;
            }
        }
        Ok(Answer::ok(json!({ "data": data, "next_cursor": null })))
    }

    /// Settles an operation that needs a person: `POST /v1/payments/{id}/operations/{op}/resolve`. Looks at the
    /// provider once more first, where there is a way to look; what it says outweighs the person.
    ///
    /// # Errors
    /// When the operation does not need a person.
    pub async fn resolve(
        &self,
        call: &Call,
        id: &str,
        operation: &str,
        key: Option<&str>,
        body: &[u8],
    ) -> Result<Answer, Problem> {
        parse::key(key)?;
        let asked: ResolveBody = parse::body(body)?;
        let operation: OperationId = operation.parse().map_err(|_| Problem::payment_not_found())?;
        let mut work = self.load(call, &parse::payment_id(id)?).await?;
        let cause = call.cause(CauseKind::Operator);
        for _ in 0..3 {
            let known = work.payment.operation(&operation).ok_or_else(Problem::payment_not_found)?;
            if known.status != OperationStatus::NeedsOperator {
                return self.settled(&work, known, &asked);
            }
            self.investigate(&mut work, &operation, call.deadline, &cause).await?;
            let decision = decision(&work, &operation, &asked)?;
            if !work.payment.resolve(&operation, decision, &cause, self.now()) {
                continue;
            }
            match self.store.save(&mut work.payment).await {
                Ok(()) => return self.shown(&work, false),
                Err(StoreError::Conflict) => self.reload(&mut work).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// The same word again is a replay, what was found meanwhile may confirm it, and another word comes too late.
    fn settled(&self, work: &Work, known: &Operation, asked: &ResolveBody) -> Result<Answer, Problem> {
        let expected =
            if asked.outcome == Found::Succeeded { OperationStatus::Succeeded } else { OperationStatus::Rejected };
        let said = Reason::Operator { reason: asked.reason.to_string() };
        if known.status == expected {
            return self.shown(work, known.reason.as_ref() == Some(&said));
        }
        let detail = "Only an operation that is needs_operator can be resolved.";
        Err(Problem::new(ProblemCode::StatusDoesNotAllow, detail).about(&known.id))
    }

    fn shown(&self, work: &Work, replayed: bool) -> Result<Answer, Problem> {
        let body = json!(PaymentView::of(&work.payment, work.capabilities()?, self.now()));
        Ok(Answer { status: 200, body, replayed })
    }
}

fn decision(work: &Work, operation: &OperationId, asked: &ResolveBody) -> Result<Decision, Problem> {
    let succeeded = asked.outcome == Found::Succeeded;
    let kind = work.payment.operation(operation).map(Operation::kind);
    let names_order = matches!(kind, Some(OperationKind::Confirm | OperationKind::CreateSession));
    if succeeded && names_order && work.payment.provider_reference.is_none() && asked.provider_reference.is_none() {
        let rule = "is required: the payment cannot go on without the provider's id of the order";
        return Err(Problem::at(ProblemCode::ValidationFailed, "/provider_reference", rule));
    }
    let unreadable = work.capabilities()?.evidence == BestEvidence::Webhook;
    Ok(Decision {
        succeeded,
        reason: asked.reason.to_string(),
        provider_reference: asked.provider_reference.as_ref().map(ToString::to_string),
        authorizes: succeeded && unreadable && kind == Some(OperationKind::Confirm),
    })
}

fn line(payment: &Payment, operation: &Operation) -> Value {
    json!({
        "id": operation.id,
        "payment_id": payment.id,
        "provider": payment.provider,
        "reference": payment.reference,
        "kind": operation.kind(),
        "status": operation.status,
        "amount": operation.amount,
        "currency": payment.currency,
        "reason": operation.reason.as_ref().map(Reason::as_str),
        "provider_reference": operation.provider_reference,
        "order_reference": payment.order_reference,
        "since": operation.doubt_since.unwrap_or(operation.accepted_at),
        "probes": operation.probes,
        "next_probe_at": operation.due_at,
    })
}
