//! The sweep: whatever is due is looked at, so that nothing depends on somebody asking.

use http::{HeaderMap, HeaderValue};
use payment::{Cause, CauseKind, OperationId, OperationStatus, PaymentId};
use providers::{Deadline, Inbound};
use serde::Serialize;
use store::{Due, MessageState};

use crate::Service;
use crate::answer::Call;
use crate::problem::{Problem, ProblemCode};
use crate::work::Work;

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct SweepReport {
    /// Payments looked at.
    pub payments: u32,
    /// Parked messages tried again.
    pub messages: u32,
    /// Queues that are behind and were pointed out to the relay.
    pub lags: u32,
    /// Things that could not be looked at now; the next sweep tries again.
    pub failed: u32,
}

impl Service {
    /// Looks at everything that is due.
    ///
    /// # Errors
    /// When the table cannot say what is due.
    pub async fn settle_due(&self, request_id: &str, deadline: Deadline) -> Result<SweepReport, Problem> {
        let cause = Cause::new(CauseKind::Sweep, request_id);
        let mut report = SweepReport::default();
        for due in self.store.due(self.now()).await? {
            let done = match due {
                Due::Payment(id) => {
                    report.payments += 1;
                    self.tend(&id, deadline, &cause).await
                }
                Due::Message(key) => {
                    report.messages += 1;
                    self.try_message_again(&key, request_id, deadline).await
                }
                Due::Lag(key) => {
                    report.lags += 1;
                    self.store.poke(&key, self.now()).await.map_err(Problem::from)
                }
            };
            if let Err(problem) = done {
                report.failed += u32::from(problem.code() != ProblemCode::Conflict);
                tracing::warn!(
                    request_id,
                    code = problem.code().as_str(),
                    cause = problem.cause().map(tracing::field::display),
                    "left to the next sweep"
                );
            }
        }
        Ok(report)
    }

    /// Looks at one payment: operations that are due, then the payment itself.
    ///
    /// # Errors
    /// When the table fails or somebody else is at it.
    pub async fn tend(&self, id: &PaymentId, deadline: Deadline, cause: &Cause) -> Result<(), Problem> {
        let Some(payment) = self.store.load(id).await? else { return Ok(()) };
        let mut work = self.work(payment).await?;
        for (id, status) in self.due_operations(&work) {
            if status == OperationStatus::Accepted && work.payment.ready_follower().is_some_and(|o| o.id == id) {
                self.run_follower(&mut work, deadline, cause).await?;
            } else {
                self.investigate(&mut work, &id, deadline, cause).await?;
            }
        }
        if work.payment.observe_at.is_some_and(|at| at <= self.now()) {
            self.observe(&mut work, deadline, cause).await?;
        }
        Ok(())
    }

    fn due_operations(&self, work: &Work) -> Vec<(OperationId, OperationStatus)> {
        let now = self.now();
        let due = work.payment.operations.iter().filter(|o| o.status.is_open() && o.due_at.is_some_and(|at| at <= now));
        due.map(|o| (o.id.clone(), o.status)).collect()
    }

    /// A message without a payment is tried again, ever more seldom; it was verified when it arrived.
    async fn try_message_again(&self, key: &str, request_id: &str, deadline: Deadline) -> Result<(), Problem> {
        let Some(mut stored) = self.store.load_message(key).await? else { return Ok(()) };
        stored.tries += 1;
        let merchant = self.merchants.get(&stored.merchant).await.map_err(Problem::unavailable)?;
        let account = merchant.as_ref().and_then(|merchant| merchant.account(&stored.provider));
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_str(&stored.content_type) {
            headers.insert(http::header::CONTENT_TYPE, value);
        }
        let inbound = Inbound { url: &stored.url, headers: &headers, body: &stored.body };
        let message = account.and_then(|account| account.adapter.reread(inbound).ok());
        let state = match message {
            Some(message) => {
                let call = Call { merchant: stored.merchant.clone(), request_id: request_id.to_owned(), deadline };
                self.apply(&call, &stored, &message).await?
            }
            None => MessageState::Parked,
        };
        self.store.mark(&stored, state).await?;
        Ok(())
    }
}
