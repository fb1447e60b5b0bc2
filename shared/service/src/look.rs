//! Looking at the provider: observations of a payment and probes of single operations.

use std::time::Duration;

use payment::{
    Cause, DoubtPolicy, Finding, News, Observation, Operation, OperationId, OperationStatus, Outcome, Payment, Ticket,
};
use providers::{Deadline, Met, ReadError};
use store::StoreError;

use crate::Service;
use crate::problem::{Problem, ProblemCode};
use crate::work::{Material, RACES, Work};

/// How long an observation inside somebody else's request may take.
pub(crate) const INLINE: Duration = Duration::from_secs(3);

impl Service {
    /// Reads how a payment stands at the provider and writes what is new. A provider that cannot be read changes
    /// nothing but the schedule; why it could not is what comes back.
    pub(crate) async fn observe(
        &self,
        work: &mut Work,
        deadline: Deadline,
        cause: &Cause,
    ) -> Result<Option<ReadError>, Problem> {
        let (seen, met) = Met::during(self.read(work, deadline)).await;
        let seen = seen?;
        let mut before = work.payment.clone();
        let unseen = match seen {
            Ok(observation) => {
                work.payment.learn(observation, cause, self.now());
                Box::pin(self.check_words(work, deadline, cause)).await;
                None
            }
            Err(ReadError::Nothing) if work.capabilities()?.expires_unobserved_seconds.is_some() => {
                work.payment.unobservable(cause, self.now());
                None
            }
            Err(ReadError::Nothing) => {
                work.payment.nothing_there(cause, self.now());
                None
            }
            Err(error) => {
                work.payment.unseen(self.now());
                Some(error)
            }
        };
        if let Some(error) = unseen {
            let Payment { provider, merchant, id: payment_id, .. } = &work.payment;
            let (request_id, Met { http_status, obstacle }) = (&cause.request_id, met);
            tracing::warn!(
                %provider, %merchant, %payment_id, request_id, %error, http_status, obstacle,
                "a payment could not be observed"
            );
        }
        // When it was looked at is written down where somebody is to look again.
        before.observed_at = work.payment.observed_at;
        if work.payment.due_at().is_none() && work.payment == before {
            return Ok(unseen);
        }
        match self.store.save(&mut work.payment).await {
            // What was seen is older than what somebody wrote meanwhile, so it proves nothing about it.
            Err(StoreError::Conflict) => self.reload(work).await?,
            saved => saved?,
        }
        Ok(unseen)
    }

    /// Looks for what a person settled, who may have erred, as soon as there is somebody who can tell.
    async fn check_words(&self, work: &mut Work, deadline: Deadline, cause: &Cause) {
        let shows = |o: &&Operation| work.policy(&o.id) == DoubtPolicy::Lookup;
        let unchecked: Vec<Operation> = work.payment.unchecked_words().filter(shows).cloned().collect();
        for operation in &unchecked {
            let done = |seen: &Observation<Finding>| matches!(seen.content(), Finding::Found(Outcome::Done(_)));
            let mut seen = self.probe(work, operation, deadline).await;
            if !seen.as_ref().is_ok_and(done) && operation.provider_reference.is_some() {
                // The name that a person told may be what is wrong.
                let nameless = Operation { provider_reference: None, ..operation.clone() };
                let otherwise = self.probe(work, &nameless, deadline).await;
                let tells = |seen: &Observation<Finding>| *seen.content() != Finding::Unclear;
                if otherwise.as_ref().is_ok_and(done) || !seen.as_ref().is_ok_and(tells) {
                    seen = otherwise;
                }
            }
            if let Ok(finding) = seen {
                work.payment.check_word(&operation.id, finding, cause, self.now());
            }
        }
    }

    /// Reads how a payment stands; where the provider's id of it is not known, by every id that somebody named.
    async fn read(&self, work: &Work, deadline: Deadline) -> Result<Result<Observation<News>, ReadError>, Problem> {
        let account = work.account()?;
        let urls = self.urls(&work.payment)?;
        let mut named: Vec<Option<String>> = work.payment.candidates.iter().rev().cloned().map(Some).collect();
        if work.payment.provider_reference.is_some() || named.is_empty() {
            named = vec![None];
        }
        let mut seen = Err(ReadError::Nothing);
        for candidate in named {
            let material = Material { candidate, ..Material::default() };
            let context = self.context(&work.payment, &material, &urls, account, deadline);
            seen = match (account.adapter.observe(&context).await, seen) {
                (Ok(observation), _) if observation.content().differs.is_empty() => return Ok(Ok(observation)),
                // That one of them is not as it was opened is told unless another one is.
                (_, Ok(before)) => Ok(before),
                // That one of them could not be read outweighs that another one is not this payment's.
                (Err(ReadError::Nothing), Err(before)) => Err(before),
                (seen, Err(_)) => seen,
            };
        }
        Ok(seen)
    }

    /// Finds out how an operation ended, for a caller who waits for it: again whenever somebody else wrote in between,
    /// since what was seen is older than what they wrote. Returns whether the provider says that it is still at it.
    pub(crate) async fn find_out(
        &self,
        work: &mut Work,
        id: &OperationId,
        deadline: Deadline,
        cause: &Cause,
    ) -> Result<bool, Problem> {
        for _ in 0..RACES {
            match self.investigate(work, id, deadline, cause).await {
                Err(problem) if problem.code() == ProblemCode::Conflict => self.reload(work).await?,
                done => return done,
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// Finds out how an operation ended whose outcome is unknown, and writes what was found. Whatever keeps us from
    /// looking, the schedule goes on, so that a person is asked in the end. Returns whether the provider says that it is
    /// still at it.
    pub(crate) async fn investigate(
        &self,
        work: &mut Work,
        id: &OperationId,
        deadline: Deadline,
        cause: &Cause,
    ) -> Result<bool, Problem> {
        let policy = work.policy(id);
        if work.payment.lapse(id, policy, cause, self.now()) {
            self.store.save(&mut work.payment).await?;
        }
        let open = |s: OperationStatus| {
            matches!(s, OperationStatus::InDoubt | OperationStatus::Pending | OperationStatus::NeedsOperator)
        };
        let Some(operation) = work.payment.operation(id).filter(|o| open(o.status)).cloned() else {
            return Ok(false);
        };
        let repeats = policy == DoubtPolicy::Repeat && operation.status == OperationStatus::InDoubt;
        if repeats && let Some(again) = self.repeatable(work, &operation).await {
            return self.repeat(work, again, deadline, cause).await.map(|()| false);
        }
        let (probed, met) = Met::during(self.probe(work, &operation, deadline)).await;
        let finding = probed.unwrap_or_else(|reason| {
            let Payment { provider, merchant, id: payment_id, .. } = &work.payment;
            let (request_id, Met { http_status, obstacle }) = (&cause.request_id, met);
            tracing::warn!(
                %provider, %merchant, %payment_id, operation_id = %id, request_id, reason, http_status, obstacle,
                "an operation could not be probed"
            );
            Observation::read(Finding::Unclear)
        });
        let waits = matches!(finding.content(), Finding::Found(Outcome::Pending(_)));
        let quiet = work.capabilities().map_or(0, |c| c.quiet_seconds);
        work.payment.found(id, finding, quiet, policy, cause, self.now());
        self.store.save(&mut work.payment).await?;
        Ok(waits)
    }

    /// Looks for one operation at the provider; why nobody could look, for the log.
    pub(crate) async fn probe(
        &self,
        work: &Work,
        operation: &Operation,
        deadline: Deadline,
    ) -> Result<Observation<Finding>, String> {
        let told = |problem: Problem| problem.cause().map_or_else(|| problem.detail().to_owned(), ToString::to_string);
        let account = work.account().map_err(told)?;
        let urls = self.urls(&work.payment).map_err(told)?;
        let material = self.material(work, operation.kind()).await.map_err(told)?;
        let context = self.context(&work.payment, &material, &urls, account, deadline);
        let seen = account.adapter.probe(operation, &context).await.map_err(|error| error.to_string())?;
        let (mark, opened_for) = (account.adapter.mark(), work.payment.provider_account.as_ref());
        let is_elsewhere = mark.as_ref().zip(opened_for).is_some_and(|(mark, opened_for)| mark != opened_for);
        // What the account that is used now does not have may be in the one that this was opened for.
        let proves = !is_elsewhere || *seen.content() != Finding::NotFound;
        Ok(if proves { seen } else { Observation::read(Finding::Unclear) })
    }

    /// The same call is idempotent at the provider, so sending it again is the probe: the payment with the next attempt
    /// reserved, and what it needs. Where it cannot be sent any more, as after news that ended the payment meanwhile, a
    /// look is all that is left.
    async fn repeatable(&self, work: &Work, operation: &Operation) -> Option<(Payment, Ticket, Material)> {
        work.account().ok()?;
        let mut next = work.payment.clone();
        let ticket = next.next_attempt(&operation.id, self.now()).ok()?;
        let material = self.material(work, operation.kind()).await.ok()?;
        Some((next, ticket, material))
    }

    async fn repeat(
        &self,
        work: &mut Work,
        (next, ticket, material): (Payment, Ticket, Material),
        deadline: Deadline,
        cause: &Cause,
    ) -> Result<(), Problem> {
        work.payment = next;
        self.store.save(&mut work.payment).await?;
        Box::pin(self.act_and_settle(work, &ticket, Ok(material), deadline, cause)).await
    }
}
