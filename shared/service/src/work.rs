//! The three steps that every operation takes: reserve and write, act once, settle and write.

use payment::{
    Admission, Cause, CauseKind, Command, Detail, Doubt, DoubtPolicy, Operation, OperationId, OperationKind,
    OperationStatus, Order, Outcome, Payment, PaymentId, Rejection, Ticket,
};
use providers::{Act, BestEvidence, Capabilities, Context, Deadline, Effect, Met, Urls};
use serde_json::value::RawValue;
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;

use crate::answer::{Answer, Call};
use crate::merchant::{Account, Merchant};
use crate::note::{Asked, note_asked, note_unsent};
use crate::problem::Problem;
use crate::{Service, World};

/// When a follower is tried again that something else stands in the way of.
const BLOCKED_SECONDS: i64 = 60;

/// The same where a person is to decide first.
const BLOCKED_BY_A_PERSON_SECONDS: i64 = 3_600;

/// How long an outcome is tried to be written at least; what is kept back of a function's time covers it.
const SETTLE_PATIENCE: Duration = Duration::from_millis(2_500);
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// Short, so that an outcome gets its turn in a crowd whose other requests do not pause.
const LONGEST_PAUSE: Duration = Duration::from_millis(80);

/// How often a lost version race is read and decided again.
pub(crate) const RACES: u32 = 8;

/// A payment with the account that it is at.
pub(crate) struct Work {
    pub(crate) payment: Payment,
    pub(crate) merchant: Arc<Merchant>,
}

impl Work {
    pub(crate) fn account(&self) -> Result<&Account, Problem> {
        let missing = || Problem::unavailable("the payment's provider account is no longer configured");
        self.merchant.account(&self.payment.provider).ok_or_else(missing)
    }

    pub(crate) fn capabilities(&self) -> Result<&'static Capabilities, Problem> {
        let known = providers::find(&self.payment.provider);
        known.map(|r| r.capabilities).ok_or_else(|| Problem::unavailable("the payment's provider is not in this build"))
    }

    /// How doubt about an operation ends. A provider that is not in this build may be in the next one: it is waited for
    /// as long as for a look-up.
    pub(crate) fn policy(&self, id: &OperationId) -> DoubtPolicy {
        policy(&self.payment, id)
    }
}

/// The same of a payment whose merchant cannot be looked up.
pub(crate) fn policy(payment: &Payment, id: &OperationId) -> DoubtPolicy {
    let Some(known) = providers::find(&payment.provider) else { return DoubtPolicy::Lookup };
    let kind = payment.operation(id).map(Operation::kind);
    kind.map_or(DoubtPolicy::None, |kind| known.capabilities.doubt(kind, payment.flow))
}

/// What an act needs beside the payment.
#[derive(Default)]
pub(crate) struct Material {
    pub(crate) candidate: Option<String>,
    pub(crate) order: Option<Order>,
    pub(crate) widget_result: Option<Box<RawValue>>,
}

impl Service {
    pub(crate) fn now(&self) -> jiff::Timestamp {
        World::now(&self.world)
    }

    /// The caller's payment; another merchant's is not found.
    pub(crate) async fn load(&self, call: &Call, id: &PaymentId) -> Result<Work, Problem> {
        let payment = self.store.load(id).await?.filter(|payment| payment.merchant == call.merchant);
        self.work(payment.ok_or_else(Problem::payment_not_found)?).await
    }

    pub(crate) async fn work(&self, payment: Payment) -> Result<Work, Problem> {
        let merchant = self.merchant_of(&payment).await?;
        Ok(Work { payment, merchant })
    }

    pub(crate) async fn merchant_of(&self, payment: &Payment) -> Result<Arc<Merchant>, Problem> {
        let merchant = self.merchants.get(&payment.merchant).await.map_err(Problem::unavailable)?;
        merchant.ok_or_else(|| Problem::unavailable("the payment's merchant is no longer configured"))
    }

    pub(crate) async fn reload(&self, work: &mut Work) -> Result<(), Problem> {
        let payment = self.store.load(&work.payment.id).await?;
        work.payment = payment.ok_or_else(|| Problem::unavailable("a payment disappeared"))?;
        Ok(())
    }

    /// Reserves a command and writes the reservation, deciding again whenever somebody else wrote first.
    pub(crate) async fn accept(
        &self,
        work: &mut Work,
        command: &Command,
        widget: Option<&RawValue>,
    ) -> Result<Admission, Problem> {
        for _ in 0..RACES {
            let admission = work.payment.accept(command.clone(), self.now())?;
            let Admission::Act(_) = admission else { return Ok(admission) };
            let saved = match widget {
                Some(result) => self.store.save_with_widget_result(&mut work.payment, result).await,
                None => self.store.save(&mut work.payment).await,
            };
            match saved {
                Ok(()) => return Ok(admission),
                Err(StoreError::Conflict) => self.reload(work).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// Asks the provider once and writes what came of it. What fails before the call proves that nothing was sent.
    pub(crate) async fn act_and_settle(
        &self,
        work: &mut Work,
        ticket: &Ticket,
        material: Result<Material, Problem>,
        deadline: Deadline,
        cause: &Cause,
    ) -> Result<(), Problem> {
        let acted = match material {
            Ok(material) => self.act(work, ticket, &material, (deadline, cause)).await,
            Err(problem) => Err(problem),
        };
        let outcome = acted.unwrap_or_else(|problem| {
            note_unsent(&Asked::of(&work.payment, &ticket.operation, cause), &problem);
            Outcome::NotSent
        });
        self.settle(work, ticket, outcome, (deadline, cause)).await
    }

    async fn act(
        &self,
        work: &Work,
        ticket: &Ticket,
        material: &Material,
        (deadline, cause): (Deadline, &Cause),
    ) -> Result<Outcome, Problem> {
        let account = work.account()?;
        let urls = self.urls(&work.payment)?;
        let payment = &work.payment;
        let context = self.context(payment, material, &urls, account, deadline);
        let Some(act) = act_of(payment, &ticket.operation) else { return Ok(Outcome::NotSent) };
        let acting = account.adapter.act(act, &context, Effect::of_reserved_attempt());
        let (outcome, met) = Met::during(acting).await;
        note_asked(&Asked::of(payment, &ticket.operation, cause), &outcome, met);
        Ok(outcome)
    }

    pub(crate) fn context<'a>(
        &self,
        payment: &'a Payment,
        material: &'a Material,
        urls: &'a Urls,
        account: &Account,
        deadline: Deadline,
    ) -> Context<'a> {
        let most = Duration::from_secs(u64::from(account.registered.capabilities.timeout_seconds));
        Context {
            payment,
            order: material.order.as_ref(),
            widget_result: material.widget_result.as_deref(),
            candidate: material.candidate.as_deref(),
            urls,
            deadline: deadline.at_most(most),
            now: self.now(),
        }
    }

    /// Writes an outcome, however many others write at the same time and even when the table fails for a while: what the
    /// provider said must not be lost, so all the time that is left is for it. Whoever is too late finds it settled.
    async fn settle(
        &self,
        work: &mut Work,
        ticket: &Ticket,
        mut outcome: Outcome,
        (deadline, cause): (Deadline, &Cause),
    ) -> Result<(), Problem> {
        let policy = work.policy(&ticket.operation);
        let mut pause = FIRST_PAUSE;
        let least = Deadline::within(SETTLE_PATIENCE);
        loop {
            let before = work.payment.clone();
            if !work.payment.settle(ticket, outcome.clone(), policy, cause, self.now()) {
                return Ok(());
            }
            let error = match self.save_settled(work, &ticket.operation).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            if !least.leaves(pause) && !deadline.leaves(pause) {
                return Err(error.into());
            }
            if matches!(error, StoreError::Taken) {
                // Whatever was done, its name does not tell it from another payment's.
                outcome = Outcome::InDoubt(Doubt::AmountMismatch);
            }
            tokio::time::sleep(self.jittered(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            work.payment = before;
            // Where the table cannot even be read, the next try decides on what is known.
            let _ = self.reload(work).await;
        }
    }

    /// Writes a settled payment, with the ids that messages of a provider without any read may carry alone.
    pub(crate) async fn save_settled(&self, work: &mut Work, id: &OperationId) -> Result<(), StoreError> {
        let unreadable = work.capabilities().is_ok_and(|c| c.evidence == BestEvidence::Webhook);
        let operation = work.payment.operation(id).filter(|o| o.kind() == OperationKind::Capture && unreadable);
        match operation.and_then(|operation| operation.provider_reference.clone()) {
            Some(reference) => self.store.save_with_references(&mut work.payment, &[reference]).await,
            None => self.store.save(&mut work.payment).await,
        }
    }

    /// Between half of a pause and all of it, so that those who met do not meet again.
    fn jittered(&self, pause: Duration) -> Duration {
        let [byte, ..] = (self.world.random)();
        pause / 2 + pause * u32::from(byte) / 512
    }

    /// What an act of this kind needs beside the payment itself.
    pub(crate) async fn material(&self, work: &Work, kind: OperationKind) -> Result<Material, Problem> {
        let capability = work.capabilities()?.operation(kind, work.payment.flow);
        let order = match capability.is_some_and(|c| c.needs_order) {
            true => self.store.load_order(&work.payment.id).await?,
            false => None,
        };
        let from_widget = kind == OperationKind::Confirm && work.payment.flow == payment::Flow::Widget;
        let widget_result = if from_widget { self.store.load_widget_result(&work.payment.id).await? } else { None };
        Ok(Material { candidate: None, order, widget_result })
    }

    /// The public addresses of a payment.
    pub(crate) fn urls(&self, payment: &Payment) -> Result<Urls, Problem> {
        let path = providers::find(&payment.provider).map_or("", |r| r.capabilities.webhook_path);
        let public_url = self.public_url()?;
        let at = |tail: String| public_url.join(&tail).map_err(Problem::unavailable);
        let (id, token) = (&payment.id, payment.token.reveal());
        Ok(Urls {
            back: at(format!("/v1/return/{id}?token={token}"))?,
            push: at(format!("/v1/webhooks/{path}/{}?payment={id}&token={token}", payment.merchant))?,
        })
    }

    /// Runs an operation that became ready because the one it waited for succeeded.
    pub(crate) async fn run_follower(
        &self,
        work: &mut Work,
        follower: &OperationId,
        deadline: Deadline,
        cause: &Cause,
    ) -> Result<(), Problem> {
        let Some(kind) = work.payment.operation(follower).map(Operation::kind) else { return Ok(()) };
        let now = self.now();
        let ticket = match work.payment.next_attempt(follower, now) {
            Ok(ticket) => ticket,
            // Something else is under way: later. Nothing left to do, or no longer allowed: never.
            Err(rejection) => {
                let seconds = match &rejection {
                    Rejection::BlockedByDoubt { operation } if is_with_a_person(&work.payment, operation) => {
                        Some(BLOCKED_BY_A_PERSON_SECONDS)
                    }
                    Rejection::InProgress { .. } | Rejection::BlockedByDoubt { .. } => Some(BLOCKED_SECONDS),
                    _ => None,
                };
                match seconds {
                    Some(seconds) => {
                        let later = now.checked_add(jiff::SignedDuration::from_secs(seconds));
                        work.payment.postpone(follower, later.unwrap_or(now));
                    }
                    None => work.payment.give_up(follower),
                }
                return Ok(self.store.save(&mut work.payment).await?);
            }
        };
        self.store.save(&mut work.payment).await?;
        let material = self.material(work, kind).await;
        self.act_and_settle(work, &ticket, material, deadline, cause).await
    }
}

fn is_with_a_person(payment: &Payment, id: &OperationId) -> bool {
    payment.operation(id).is_some_and(|o| o.status == OperationStatus::NeedsOperator)
}

/// The act of an operation.
fn act_of<'a>(payment: &'a Payment, id: &OperationId) -> Option<Act<'a>> {
    let operation = payment.operation(id)?;
    Some(match operation.kind() {
        OperationKind::CreateSession => Act::CreateSession(operation),
        OperationKind::Confirm => Act::Confirm(operation),
        OperationKind::Capture => Act::Capture(operation),
        OperationKind::Cancel => Act::Cancel(operation),
        OperationKind::Amend => Act::Amend(operation),
        OperationKind::Tell(_) => {
            let Detail::Tell(told) = &operation.detail else { return None };
            Act::Tell(operation, told)
        }
        OperationKind::Refund => {
            let capture = operation.refunds_capture()?;
            let capture = payment.operations.iter().find(|o| o.makes_capture() == Some(capture))?;
            Act::Refund { refund: operation, capture }
        }
    })
}

impl Service {
    /// A command from acceptance to its answer.
    pub(crate) async fn run(
        &self,
        call: &Call,
        mut work: Work,
        command: Command,
        widget: Option<Box<RawValue>>,
    ) -> Result<Answer, Problem> {
        let cause = call.cause(CauseKind::Api);
        let kind = command.kind();
        let mut replayed = false;
        loop {
            match self.accept(&mut work, &command, widget.as_deref()).await? {
                Admission::Replay(id) => return self.answer(&work, &id, true),
                Admission::Probe(id) => {
                    // Found out first; then the same question is put once more.
                    self.find_out(&mut work, &id, call.deadline, &cause).await?;
                    let settled = work.payment.operation(&id).is_some_and(|o| o.status == OperationStatus::Rejected);
                    if !settled || replayed {
                        return self.answer(&work, &id, true);
                    }
                    replayed = true;
                }
                Admission::Act(ticket) => {
                    let replayed = replayed || ticket.attempt > 1;
                    let material = self.material(&work, kind).await.map(|mut material| {
                        material.widget_result = material.widget_result.or_else(|| widget.clone());
                        material
                    });
                    self.act_and_settle(&mut work, &ticket, material, call.deadline, &cause).await?;
                    let follower = work.payment.ready_follower().map(|o| o.id.clone());
                    if let Some(follower) = follower
                        && let Err(problem) = self.run_follower(&mut work, &follower, call.deadline, &cause).await
                    {
                        let (payment_id, code) = (&work.payment.id, problem.code().as_str());
                        let request_id = &call.request_id;
                        tracing::warn!(request_id, %payment_id, code, "a following operation is left to the sweep");
                    }
                    return self.answer(&work, &ticket.operation, replayed);
                }
            }
        }
    }
}
