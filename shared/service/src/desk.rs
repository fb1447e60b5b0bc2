//! The operator's desk: what needs a person, and the person's word on it.

use payment::{
    CauseKind, Decision, Decline, DeclineReason, Finding, Operation, OperationId, OperationKind, OperationStatus,
    OrderState, Outcome, Payment, Rejection, ResolvedBy, Text,
};
use providers::{BestEvidence, Capabilities, Deadline, ReadError};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::StoreError;

use crate::Service;
use crate::answer::{Answer, Call};
use crate::parse;
use crate::problem::{Problem, ProblemCode};
use crate::view::PaymentView;
use crate::work::{Material, Work};

/// So much of what a key is called is written down, in characters.
const LONGEST_LABEL: usize = 100;

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
    /// Settles an operation that needs a person: `POST /v1/payments/{id}/operations/{op}/resolve`. Looks at the
    /// provider once more first, where there is a way to look; what it says outweighs the person.
    ///
    /// # Errors
    /// When the operation does not need a person, or the provider's id of it is needed and not told.
    pub async fn resolve(
        &self,
        call: &Call,
        id: &str,
        operation: &str,
        key: Option<&str>,
        body: &[u8],
    ) -> Result<Answer, Problem> {
        let key = parse::key(key)?;
        let asked: ResolveBody = parse::body(body)?;
        let label = call.key_label.as_ref().map(|label| label.chars().take(LONGEST_LABEL).collect());
        let by = ResolvedBy { key: parse::fingerprint(&key.as_str())?, asked: parse::fingerprint(&asked)?, label };
        let operation: OperationId = operation.parse().map_err(|_| Problem::payment_not_found())?;
        let mut work = self.load(call, &parse::payment_id(id)?).await?;
        let cause = call.cause(CauseKind::Operator);
        for _ in 0..3 {
            let known = work.payment.operation(&operation).ok_or_else(Problem::payment_not_found)?;
            if let Some(earlier) = known.word_under(&by.key) {
                let same = earlier.asked == by.asked;
                let again = if same { Ok(()) } else { Err(Rejection::KeyReused { operation: known.id.clone() }) };
                return again.map_err(Problem::from).and_then(|()| self.shown(&work, true));
            }
            if known.status != OperationStatus::NeedsOperator {
                agrees(known, &asked)?;
                if tells_another_name(known, &asked) {
                    match self.correct(call, &mut work, &operation, &asked, by.clone()).await {
                        Err(problem) if problem.code() == ProblemCode::Conflict => self.reload(&mut work).await?,
                        corrected => return corrected.and_then(|()| self.shown(&work, false)),
                    }
                    continue;
                }
                // The same request is answered in the same way, whatever becomes of the operation.
                if !work.payment.heard(&operation, by.clone()) {
                    return self.shown(&work, false);
                }
                match self.store.save(&mut work.payment).await {
                    Ok(()) => return self.shown(&work, false),
                    Err(StoreError::Conflict) => self.reload(&mut work).await?,
                    Err(error) => return Err(error.into()),
                }
                continue;
            }
            // The person's word counts even where nobody can look any more.
            let waits = match Box::pin(self.find_out(&mut work, &operation, call.deadline, &cause)).await {
                Ok(waits) => waits,
                Err(problem) => {
                    let (payment_id, operation_id) = (&work.payment.id, &operation);
                    let (request_id, code) = (&call.request_id, problem.code().as_str());
                    tracing::warn!(request_id, %payment_id, %operation_id, code, "resolved without a look");
                    self.reload(&mut work).await?;
                    false
                }
            };
            if work.payment.operation(&operation).is_none_or(|o| o.status != OperationStatus::NeedsOperator) {
                continue;
            }
            if waits {
                let detail = "The provider says that it is still pending, and may do it yet, which outweighs a person's \
                              word. Wait: its result is looked for once a day, and whenever this is asked.";
                return Err(Problem::new(ProblemCode::StatusDoesNotAllow, detail).about(&operation));
            }
            let decision = self.decision(&work, &operation, &asked, by.clone()).await?;
            if !self.is_what_was_named(&work, &operation, &decision, call.deadline).await {
                return Err(not_named());
            }
            if !work.payment.resolve(&operation, decision, &cause, self.now()) {
                continue;
            }
            match self.save_settled(&mut work, &operation).await {
                Ok(()) => return self.shown(&work, false),
                Err(StoreError::Conflict) => self.reload(&mut work).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// Takes another id of the provider's for what a person said was done before, with the same checks.
    async fn correct(
        &self,
        call: &Call,
        work: &mut Work,
        id: &OperationId,
        asked: &ResolveBody,
        by: ResolvedBy,
    ) -> Result<(), Problem> {
        let decision = self.decision(work, id, asked, by).await?;
        if !self.is_what_was_named(work, id, &decision, call.deadline).await {
            return Err(not_named());
        }
        if !work.payment.correct(id, decision, &call.cause(CauseKind::Operator), self.now()) {
            let rule = "must be the id that is known: the provider itself has told it, or it was corrected too often";
            return Err(Problem::at(ProblemCode::ValidationFailed, "/provider_reference", rule));
        }
        Ok(self.save_settled(work, id).await?)
    }

    /// What the person's word makes of the operation. Whatever cannot go on without the provider's id needs it now: nobody
    /// tells it later.
    async fn decision(
        &self,
        work: &Work,
        operation: &OperationId,
        asked: &ResolveBody,
        by: ResolvedBy,
    ) -> Result<Decision, Problem> {
        let (payment, capabilities) = (&work.payment, work.capabilities()?);
        let succeeded = asked.outcome == Found::Succeeded;
        let known = payment.operation(operation);
        let kind = known.map(Operation::kind);
        let told = asked.provider_reference.as_ref().map(ToString::to_string);
        let missing = match kind.filter(|_| succeeded && told.is_none()) {
            Some(OperationKind::Confirm | OperationKind::CreateSession) => payment
                .provider_reference
                .is_none()
                .then_some("is required: the payment cannot go on without the provider's id of the order"),
            Some(OperationKind::Capture) if capabilities.refunds_name_capture => known
                .is_some_and(|o| o.provider_reference.is_none())
                .then_some("is required: no refund can be made without the provider's id of the capture"),
            _ => None,
        };
        let wrong = |rule| Err(Problem::at(ProblemCode::ValidationFailed, "/provider_reference", rule));
        if let Some(rule) = missing {
            return wrong(rule);
        }
        let opens = matches!(kind, Some(OperationKind::Confirm | OperationKind::CreateSession));
        if let Some(name) = told.as_deref().filter(|_| succeeded && opens) {
            // What the index does not show yet is for the next look to tell.
            let holder = self.store.find_by_provider_reference(&payment.provider, &payment.merchant, name).await?;
            if holder.is_some_and(|holder| holder != payment.id) {
                return wrong("must be this payment's: it is known as another payment's order");
            }
        }
        let moves = matches!(kind, Some(OperationKind::Capture | OperationKind::Refund));
        if let Some(name) = told.as_deref().filter(|_| succeeded && moves) {
            let holder = self.store.find_by_reference_item(&payment.provider, &payment.merchant, name).await?;
            if payment.is_another_movement(operation, name) || holder.is_some_and(|holder| holder != payment.id) {
                return wrong("must be this operation's: it is known as another movement's");
            }
        }
        // Nobody else tells what became of the order.
        let told_only = opens && capabilities.evidence == BestEvidence::Webhook;
        let reviewed = payment.is_asked_about_the_review(operation);
        let order = match succeeded {
            true if reviewed || kind == Some(OperationKind::Confirm) => Some(OrderState::Authorized),
            false if reviewed => {
                Some(OrderState::Declined(Decline { reason: DeclineReason::Other, provider_code: None, message: None }))
            }
            _ => None,
        };
        Ok(Decision {
            succeeded,
            reason: asked.reason.to_string(),
            provider_reference: told,
            order: order.filter(|_| told_only),
            by,
        })
    }

    /// Whether what a person named can be what the operation made: an order of this payment, or a capture that is there, done
    /// and of its amount. Where nobody can look, the person's word counts.
    async fn is_what_was_named(&self, work: &Work, id: &OperationId, decision: &Decision, deadline: Deadline) -> bool {
        let named = decision.provider_reference.clone().filter(|_| decision.succeeded);
        let operation = work.payment.operation(id);
        let (Some(name), Some(operation)) = (named, operation) else { return true };
        if matches!(operation.kind(), OperationKind::Confirm | OperationKind::CreateSession) {
            return self.is_its_order(work, &name, deadline).await;
        }
        let Some(capture) = Some(operation).filter(|o| o.kind() == OperationKind::Capture) else { return true };
        if !work.capabilities().is_ok_and(|c| c.refunds_name_capture) {
            return true;
        }
        // The one that was named is looked at, whatever the other attempts came to.
        let named = Operation { provider_reference: Some(name.clone()), was_not_processed: false, ..capture.clone() };
        let Ok(seen) = Box::pin(self.probe(work, &named, deadline)).await else { return true };
        match seen.content() {
            Finding::NotFound | Finding::Found(Outcome::Pending(_) | Outcome::Refused(_)) => false,
            Finding::Found(Outcome::Done(receipt)) => {
                let is_named = receipt.provider_reference.as_ref().is_none_or(|known| *known == name);
                is_named && receipt.amount.is_none_or(|amount| amount == capture.amount)
            }
            Finding::Unclear | Finding::Found(Outcome::InDoubt(_) | Outcome::NotSent) => true,
        }
    }

    /// Whether the provider shows an order with this id as this payment's; where it cannot be asked by an id of its own, or
    /// does not answer, nobody knows better than the person.
    async fn is_its_order(&self, work: &Work, name: &str, deadline: Deadline) -> bool {
        let by_id = |c: &Capabilities| c.evidence == BestEvidence::Observation && !c.finds_by_reference;
        let (Ok(account), Ok(urls)) = (work.account(), self.urls(&work.payment)) else { return true };
        if !by_id(account.registered.capabilities) {
            return true;
        }
        let payment = Payment { provider_reference: None, ..work.payment.clone() };
        let material = Material { candidate: Some(name.to_owned()), ..Material::default() };
        let context = self.context(&payment, &material, &urls, account, deadline);
        match account.adapter.observe(&context).await {
            Ok(seen) => {
                let seen = seen.content();
                let shown = seen.order.as_ref().and_then(|order| order.provider_reference.as_deref());
                seen.differs.is_empty() && shown == Some(name)
            }
            Err(ReadError::Nothing) => false,
            Err(ReadError::Unreachable | ReadError::Unreadable | ReadError::Unauthorized) => true,
        }
    }

    fn shown(&self, work: &Work, replayed: bool) -> Result<Answer, Problem> {
        let body = json!(PaymentView::of(&work.payment, work.capabilities()?, self.now()));
        Ok(Answer { replayed, ..Answer::ok(body) })
    }
}

/// What was found meanwhile may confirm what a person says, and a word to the contrary comes too late.
fn agrees(known: &Operation, asked: &ResolveBody) -> Result<(), Problem> {
    let expected =
        if asked.outcome == Found::Succeeded { OperationStatus::Succeeded } else { OperationStatus::Rejected };
    if known.status == expected {
        return Ok(());
    }
    let detail = "Only an operation that is needs_operator can be resolved.";
    Err(Problem::new(ProblemCode::StatusDoesNotAllow, detail).about(&known.id))
}

/// Whether an id is told of what is known to have been done by another one, or by none that a person told.
fn tells_another_name(known: &Operation, asked: &ResolveBody) -> bool {
    let told = asked.provider_reference.as_ref().filter(|_| asked.outcome == Found::Succeeded);
    let named = known.provider_reference.as_deref();
    told.is_some_and(|told| match named {
        Some(name) => name != told.as_str(),
        None => known.is_by_a_persons_word(),
    })
}

fn not_named() -> Problem {
    let rule = "must be of what the provider did for this operation: under this id it has nothing of this order, another \
                amount, or something that is not done";
    Problem::at(ProblemCode::ValidationFailed, "/provider_reference", rule)
}
