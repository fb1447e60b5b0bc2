//! The sweep: whatever is due is looked at, so that nothing depends on somebody asking.

use std::time::Duration;

use futures::stream::{self, StreamExt};
use jiff::SignedDuration;
use payment::{Cause, CauseKind, Operation, OperationId, PaymentId};
use providers::Deadline;
use serde::Serialize;
use store::{Due, MessageState};

use crate::Service;
use crate::answer::Call;
use crate::hooks::reread;
use crate::problem::{Problem, ProblemCode};
use crate::work::Work;

/// So many things are looked at at the same time.
const AT_ONCE: usize = 8;

/// Nothing is begun with less time than this: it covers one call to a slow provider.
const LEAST_TIME: Duration = Duration::from_secs(10);

/// What cannot be looked at is put off for this long.
const PUT_OFF: SignedDuration = SignedDuration::from_secs(300);

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct SweepReport {
    /// Payments looked at.
    pub payments: u32,
    /// Parked messages tried again.
    pub messages: u32,
    /// Queues that are behind and were pointed out to the relay.
    pub lags: u32,
    /// The age of the oldest doubt among the payments looked at, in seconds.
    pub oldest_in_doubt_seconds: i64,
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
        let due = self.store.due(self.now()).await?;
        let one = |due: Due| async {
            // What there is no time for keeps its place; somebody who is short of time would only spoil the schedule.
            if !deadline.leaves(LEAST_TIME) {
                return (due, Ok(0));
            }
            let done = self.look_at(&due, request_id, deadline, &cause).await;
            (due, done)
        };
        let mut looked = stream::iter(due).map(one).buffer_unordered(AT_ONCE);
        while let Some((due, done)) = looked.next().await {
            match &due {
                Due::Payment(_) => report.payments += 1,
                Due::Message(_) => report.messages += 1,
                Due::Lag(_) => report.lags += 1,
            }
            match done {
                Ok(age) => report.oldest_in_doubt_seconds = report.oldest_in_doubt_seconds.max(age),
                Err(problem) => self.put_off(&due, problem, request_id, &mut report).await,
            }
        }
        Ok(report)
    }

    async fn look_at(&self, due: &Due, request_id: &str, deadline: Deadline, cause: &Cause) -> Result<i64, Problem> {
        match due {
            Due::Payment(id) => return self.tend(id, deadline, cause).await,
            Due::Message(key) => self.try_message_again(key, request_id, deadline).await?,
            Due::Lag(key) => self.store.poke(key, self.now()).await?,
        }
        Ok(0)
    }

    /// What cannot be looked at is put off, so that it does not keep everything behind it waiting.
    async fn put_off(&self, due: &Due, problem: Problem, request_id: &str, report: &mut SweepReport) {
        if problem.code() == ProblemCode::Conflict {
            return;
        }
        report.failed += 1;
        let cause = problem.cause().map(tracing::field::display);
        tracing::warn!(request_id, code = problem.code().as_str(), cause, "put off");
        let later = self.now().checked_add(PUT_OFF).unwrap_or(self.now());
        if let Err(error) = self.store.put_off(due, later).await {
            tracing::warn!(request_id, %error, "cannot even be put off");
        }
    }

    /// Looks at one payment: operations that are due, then the payment itself. Returns the age of its oldest doubt in
    /// seconds.
    ///
    /// # Errors
    /// When the table fails or somebody else is at it.
    pub async fn tend(&self, id: &PaymentId, deadline: Deadline, cause: &Cause) -> Result<i64, Problem> {
        let Some(payment) = self.store.load(id).await? else { return Ok(0) };
        let mut work = self.work(payment).await?;
        let mut first = Ok(());
        for id in self.due_operations(&work) {
            let follower = work.payment.operation(&id).is_some_and(Operation::is_ready_follower);
            let done = match follower {
                true => self.run_follower(&mut work, &id, deadline, cause).await,
                false => self.investigate(&mut work, &id, deadline, cause).await,
            };
            if let Err(problem) = done {
                first = first.and(Err(problem));
                self.reload(&mut work).await?;
            }
        }
        if work.payment.observe_at.is_some_and(|at| at <= self.now()) {
            first = first.and(self.observe(&mut work, deadline, cause).await.map(|_| ()));
        }
        first.map(|()| self.oldest_doubt(&work))
    }

    /// The age of the oldest doubt in seconds; 0 without any.
    fn oldest_doubt(&self, work: &Work) -> i64 {
        let now = self.now();
        let since = work.payment.operations.iter().filter_map(|o| o.doubt_since).min();
        since.map_or(0, |since| now.duration_since(since).as_secs())
    }

    fn due_operations(&self, work: &Work) -> Vec<OperationId> {
        let now = self.now();
        let due = work.payment.operations.iter().filter(|o| o.next_look().is_some_and(|at| at <= now));
        due.map(|o| o.id.clone()).collect()
    }

    /// A message without a payment is tried again, ever more seldom; it was verified when it arrived.
    async fn try_message_again(&self, key: &str, request_id: &str, deadline: Deadline) -> Result<(), Problem> {
        let unreadable = || Problem::unavailable("a kept message cannot be read");
        let mut stored = self.store.load_message(key).await?.ok_or_else(unreadable)?;
        stored.tries += 1;
        let merchant = self.merchants.get(&stored.merchant).await.map_err(Problem::unavailable)?;
        let message = merchant.and_then(|merchant| reread(&merchant, &stored));
        let state = match message {
            Some(message) => {
                let call = Call { merchant: stored.merchant.clone(), request_id: request_id.to_owned(), deadline };
                self.apply(&call, &stored, &message, CauseKind::Webhook).await?
            }
            None => MessageState::Parked,
        };
        self.store.mark(&stored, state, self.now()).await?;
        Ok(())
    }
}
