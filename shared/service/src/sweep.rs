//! The sweep: whatever is due is looked at, so that nothing depends on somebody asking.

use std::time::Duration;

use futures::future::{join_all, try_join_all};
use futures::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};
use payment::{Cause, CauseKind, Operation, OperationId, Payment, PaymentId};
use providers::Deadline;
use serde::Serialize;
use store::{Due, DuePage, Lane, MessageState, StoredMessage};

use crate::Service;
use crate::answer::Call;
use crate::hooks::reread;
use crate::merchant::Merchant;
use crate::problem::{Problem, ProblemCode};
use crate::work::{Work, policy};

/// Nothing is begun with less time than this: it covers one call to a slow provider.
const LEAST_TIME: Duration = Duration::from_secs(10);

/// What cannot be looked at is put off for this long.
const PUT_OFF: SignedDuration = SignedDuration::from_secs(300);

/// So many of a lane are looked at at the same time.
const fn at_once(lane: Lane) -> usize {
    match lane {
        Lane::Operations(_) => 3,
        Lane::Looks(_) | Lane::Claims | Lane::Hints => 2,
        Lane::Lags => 4,
    }
}

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

impl SweepReport {
    const fn count(&mut self, due: &Due) {
        match due {
            Due::Payment(_) => self.payments += 1,
            Due::Message(_) => self.messages += 1,
            Due::Lag(_) => self.lags += 1,
        }
    }

    const fn and(self, other: Self) -> Self {
        Self {
            payments: self.payments + other.payments,
            messages: self.messages + other.messages,
            lags: self.lags + other.lags,
            failed: self.failed + other.failed,
        }
    }
}

/// One run over everything that was due when it began.
struct Sweep<'a> {
    began: Timestamp,
    request_id: &'a str,
    deadline: Deadline,
    cause: Cause,
}

impl Service {
    /// Looks at everything that is due, until nothing is or its time is over.
    ///
    /// # Errors
    /// When the table cannot say what is due.
    pub async fn settle_due(&self, request_id: &str, deadline: Deadline) -> Result<SweepReport, Problem> {
        let sweep = self.begin_sweep(request_id, deadline);
        let pages = try_join_all(Lane::ALL.map(|lane| self.store.due(lane, sweep.began, None))).await?;
        let lanes = Lane::ALL.into_iter().zip(pages);
        let walked = join_all(lanes.map(|(lane, page)| self.walk(lane, page, &sweep))).await;
        walked.into_iter().try_fold(SweepReport::default(), |sum, report| Ok(sum.and(report?)))
    }

    /// Looks at what is due of these payments; the rest is the next sweep's.
    pub async fn settle_payments(
        &self,
        payments: impl IntoIterator<Item = PaymentId>,
        request_id: &str,
        deadline: Deadline,
    ) -> SweepReport {
        let due = payments.into_iter().map(Due::Payment).collect();
        self.look_at_all(due, at_once(Lane::Operations(0)), &self.begin_sweep(request_id, deadline)).await
    }

    fn begin_sweep<'a>(&self, request_id: &'a str, deadline: Deadline) -> Sweep<'a> {
        Sweep { began: self.now(), request_id, deadline, cause: Cause::new(CauseKind::Sweep, request_id) }
    }

    /// Looks at everything in one lane, page by page.
    async fn walk(&self, lane: Lane, mut page: DuePage, sweep: &Sweep<'_>) -> Result<SweepReport, Problem> {
        let mut report = SweepReport::default();
        loop {
            report = report.and(self.look_at_all(page.due, at_once(lane), sweep).await);
            match page.next.filter(|_| sweep.deadline.leaves(LEAST_TIME)) {
                Some(behind) => page = self.store.due(lane, sweep.began, Some(behind)).await?,
                None => return Ok(report),
            }
        }
    }

    async fn look_at_all(&self, due: Vec<Due>, at_once: usize, sweep: &Sweep<'_>) -> SweepReport {
        let mut report = SweepReport::default();
        let one = |due: Due| async {
            // What there is no time for keeps its place; somebody who is short of time would only spoil the schedule.
            if !sweep.deadline.leaves(LEAST_TIME) {
                return None;
            }
            let done = self.look_at(&due, sweep).await;
            Some((due, done))
        };
        let mut looked = stream::iter(due).map(one).buffer_unordered(at_once);
        while let Some(looked_at) = looked.next().await {
            let Some((due, done)) = looked_at else { continue };
            report.count(&due);
            if let Err(problem) = done {
                report.failed += self.put_off(&due, problem, sweep.request_id).await;
            }
        }
        report
    }

    async fn look_at(&self, due: &Due, sweep: &Sweep<'_>) -> Result<(), Problem> {
        match due {
            Due::Payment(id) => Box::pin(self.tend(id, sweep.deadline, &sweep.cause)).await,
            Due::Message(key) => self.try_message_again(key, sweep.request_id, sweep.deadline).await,
            Due::Lag(key) => Ok(self.store.poke(key, self.now()).await?),
        }
    }

    /// What cannot be looked at is put off, so that it does not keep everything behind it waiting. Returns how many
    /// things failed: one, unless somebody else was at it.
    async fn put_off(&self, due: &Due, problem: Problem, request_id: &str) -> u32 {
        if problem.code() == ProblemCode::Conflict {
            return 0;
        }
        let cause = problem.cause().map(tracing::field::display);
        let due_key = match due {
            Due::Payment(id) => id.as_str(),
            Due::Message(key) | Due::Lag(key) => key,
        };
        tracing::warn!(request_id, due = due_key, code = problem.code().as_str(), cause, "put off");
        let later = self.now().checked_add(PUT_OFF).unwrap_or(self.now());
        if let Err(error) = self.store.put_off(due, later).await {
            tracing::warn!(request_id, %error, "cannot even be put off");
        }
        1
    }

    /// Looks at one payment: operations that are due, then the payment itself.
    ///
    /// # Errors
    /// When the table fails or somebody else is at it.
    pub async fn tend(&self, id: &PaymentId, deadline: Deadline, cause: &Cause) -> Result<(), Problem> {
        let Some(payment) = self.store.load(id).await? else { return Ok(()) };
        let mut work = match self.merchant_of(&payment).await {
            Ok(merchant) => Work { payment, merchant },
            Err(problem) => return self.go_on_without_a_look(payment, cause).await.and(Err(problem)),
        };
        let mut first = Ok(());
        for id in self.due_operations(&work.payment) {
            let follower = work.payment.operation(&id).is_some_and(Operation::is_ready_follower);
            let done = match follower {
                true => self.run_follower(&mut work, &id, deadline, cause).await,
                false => self.investigate(&mut work, &id, deadline, cause).await.map(drop),
            };
            if let Err(problem) = done {
                first = first.and(Err(problem));
                self.reload(&mut work).await?;
            }
        }
        if work.payment.observe_at.is_some_and(|at| at <= self.now()) {
            first = first.and(self.observe(&mut work, deadline, cause).await.map(|_| ()));
        }
        first
    }

    /// Nobody can look for a merchant that cannot be looked up. What is in doubt, or waited for, is so all the same, and a
    /// person is asked in the end.
    async fn go_on_without_a_look(&self, mut payment: Payment, cause: &Cause) -> Result<(), Problem> {
        let (now, before) = (self.now(), payment.clone());
        for id in self.due_operations(&payment) {
            let policy = policy(&payment, &id);
            payment.lapse(&id, policy, cause, now);
            if payment.operation(&id).is_some_and(|o| !o.is_ready_follower()) {
                payment.look_again(&id, policy, cause, now);
            }
        }
        if payment == before { Ok(()) } else { Ok(self.store.save(&mut payment).await?) }
    }

    fn due_operations(&self, payment: &Payment) -> Vec<OperationId> {
        let now = self.now();
        let due = payment.operations.iter().filter(|o| o.next_look().is_some_and(|at| at <= now));
        due.map(|o| o.id.clone()).collect()
    }

    /// A message without a payment is tried again, ever more seldom; it was verified when it arrived.
    async fn try_message_again(&self, key: &str, request_id: &str, deadline: Deadline) -> Result<(), Problem> {
        let unreadable = || Problem::unavailable("a kept message cannot be read");
        let mut stored = self.store.load_message(key).await?.ok_or_else(unreadable)?;
        stored.tries += 1;
        let merchant = self.merchants.get(&stored.merchant).await.map_err(Problem::unavailable)?;
        let message = merchant.as_ref().and_then(|merchant| reread(merchant, &stored));
        let (mut state, payment) = match message {
            Some(message) => {
                let (merchant, request_id) = (stored.merchant.clone(), request_id.to_owned());
                let call = Call { merchant, request_id, deadline, key_label: None };
                self.apply(&call, &stored, &message, CauseKind::Webhook).await?
            }
            None => (MessageState::Parked, None),
        };
        if let Some(merchant) = merchant.filter(|_| state == MessageState::Parked)
            && self.was_another_apis(&merchant, &stored).await?
        {
            state = MessageState::Applied;
        }
        self.store.mark(&stored, state, self.now()).await?;
        if let Some(payment_id) = payment.filter(|_| state == MessageState::Applied) {
            let StoredMessage { provider, merchant, .. } = &stored;
            tracing::info!(request_id, %provider, %merchant, %payment_id, "a parked message found its payment");
        }
        Ok(())
    }

    /// Whether a message that was kept for every API at its address was found to be about another one's payment.
    async fn was_another_apis(&self, merchant: &Merchant, stored: &StoredMessage) -> Result<bool, Problem> {
        let Some(own) = merchant.account(&stored.provider) else { return Ok(false) };
        for (provider, _) in merchant.accounts_at(own.registered.capabilities.webhook_path) {
            let twin = StoredMessage { provider: provider.clone(), ..stored.clone() };
            if *provider != stored.provider && self.store.load_message(&twin.key()).await?.is_some_and(|o| o.applied) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
