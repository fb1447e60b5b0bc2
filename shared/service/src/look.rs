//! Looking at the provider: observations of a payment and probes of single operations.

use std::time::Duration;

use payment::{Cause, DoubtPolicy, News, Observation, OperationId, OperationStatus};
use providers::{BestEvidence, Deadline, ReadError};
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
        let seen = self.read(work, deadline).await?;
        let before = (work.payment.history.len(), work.payment.due_at(), work.payment.receivable.clone());
        let unseen = match seen {
            Ok(observation) => {
                work.payment.learn(observation, cause, self.now());
                None
            }
            Err(ReadError::Nothing) if work.capabilities()?.evidence == BestEvidence::Webhook => {
                work.payment.unobservable(cause, self.now());
                None
            }
            Err(error) => {
                work.payment.observed(self.now());
                Some(error).filter(|error| *error != ReadError::Nothing)
            }
        };
        if let Some(error) = unseen {
            tracing::warn!(payment_id = %work.payment.id, %error, "a payment could not be observed");
        }
        if before == (work.payment.history.len(), None, work.payment.receivable.clone())
            && work.payment.due_at().is_none()
        {
            return Ok(unseen);
        }
        match self.store.save(&mut work.payment).await {
            // What was seen is older than what somebody wrote meanwhile, so it proves nothing about it.
            Err(StoreError::Conflict) => self.reload(work).await?,
            saved => saved?,
        }
        Ok(unseen)
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
                (Ok(observation), _) => return Ok(Ok(observation)),
                // That one of them could not be read outweighs that another one is not this payment's.
                (Err(ReadError::Nothing), Err(before)) => Err(before),
                (seen, _) => seen,
            };
        }
        Ok(seen)
    }

    /// Finds out how an operation ended, for a caller who waits for it: again whenever somebody else wrote in between,
    /// since what was seen is older than what they wrote.
    pub(crate) async fn find_out(
        &self,
        work: &mut Work,
        id: &OperationId,
        deadline: Deadline,
        cause: &Cause,
    ) -> Result<(), Problem> {
        for _ in 0..RACES {
            match self.investigate(work, id, deadline, cause).await {
                Err(problem) if problem.code() == ProblemCode::Conflict => self.reload(work).await?,
                done => return done,
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// Finds out how an operation ended whose outcome is unknown, and writes what was found.
    pub(crate) async fn investigate(
        &self,
        work: &mut Work,
        id: &OperationId,
        deadline: Deadline,
        cause: &Cause,
    ) -> Result<(), Problem> {
        let policy = work.policy(id)?;
        if work.payment.lapse(id, policy, cause, self.now()) {
            self.store.save(&mut work.payment).await?;
        }
        let open = |s: OperationStatus| {
            matches!(s, OperationStatus::InDoubt | OperationStatus::Pending | OperationStatus::NeedsOperator)
        };
        let Some(operation) = work.payment.operation(id).filter(|o| open(o.status)).cloned() else { return Ok(()) };
        if policy == DoubtPolicy::Repeat && operation.status == OperationStatus::InDoubt {
            return self.repeat(work, id, deadline, cause).await;
        }
        let finding = {
            let account = work.account()?;
            let urls = self.urls(&work.payment)?;
            let material = self.material(work, operation.kind()).await?;
            let context = self.context(&work.payment, &material, &urls, account, deadline);
            account.adapter.probe(&operation, &context).await
        };
        let now = self.now();
        match finding {
            Ok(finding) => {
                let quiet = work.capabilities()?.quiet_seconds;
                work.payment.found(id, finding, quiet, policy, cause, now);
            }
            Err(error) => {
                tracing::warn!(payment_id = %work.payment.id, operation_id = %id, %error, "an operation could not be probed");
                work.payment.found(id, Observation::read(payment::Finding::Unclear), 0, policy, cause, now);
            }
        }
        self.store.save(&mut work.payment).await.map_err(Problem::from)
    }

    /// The same call is idempotent at the provider, so sending it again is the probe.
    async fn repeat(
        &self,
        work: &mut Work,
        id: &OperationId,
        deadline: Deadline,
        cause: &Cause,
    ) -> Result<(), Problem> {
        let Some(kind) = work.payment.operation(id).map(payment::Operation::kind) else { return Ok(()) };
        let ticket = self.attempt_again(work, id).await?;
        let material = self.material(work, kind).await?;
        self.act_and_settle(work, &ticket, &material, deadline, cause).await
    }
}
