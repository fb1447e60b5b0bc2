//! Billink's first API, XML: a credit check, then the order; start-workflow captures, a credit gives back.

mod account;
mod credentials;
mod map;
mod request;
mod rules;
#[cfg(test)]
mod tests;
mod xml;

use async_trait::async_trait;
use payment::{
    BuyerKind, CaptureMode, Detail, DoubtPolicy, Finding, Flow, InstructionKind, News, Observation, Operation,
    OperationKind, Order, OrderError, OrderNews, OrderState, Outcome, Receipt, ReceivableFacts,
};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::account::mark_of;
use crate::adapter::proven;
use crate::billink_common::{HOLD_DAYS, is_called_off, options, webhook};
use crate::{
    AccountError, Act, Adapter, BestEvidence, Capabilities, Context, CredentialCheck, Deadline, Effect, Inbound,
    Message, NotAuthentic, OperationCapability, ReadError, Request, Transport,
};
use account::Account;
use map::Endpoint;
pub(crate) use map::{events, refusals};

pub(crate) static CAPABILITIES: Capabilities = Capabilities {
    provider: "billink_v1",
    name: "Billink v1",
    webhook_path: "billink",
    flows: &[Flow::Direct],
    capture_modes: &[CaptureMode::Manual],
    operations: &[
        OperationCapability::call(OperationKind::CreateSession, DoubtPolicy::Harmless).with_order(),
        OperationCapability::call(OperationKind::Confirm, DoubtPolicy::Lookup).with_order(),
        OperationCapability::call(OperationKind::Capture, DoubtPolicy::Repeat),
        OperationCapability::call(OperationKind::Refund, DoubtPolicy::None).in_parts(),
        OperationCapability::call(OperationKind::Cancel, DoubtPolicy::None),
        // No page says what a second sending does, and a status shows none of them.
        OperationCapability::tell(InstructionKind::Hold).requiring(&["/days"]).within(HOLD_DAYS),
        OperationCapability::tell(InstructionKind::Resume),
        OperationCapability::tell(InstructionKind::Message),
        OperationCapability::tell(InstructionKind::DirectPayment).in_parts(),
    ],
    countries: &["NL", "BE"],
    currencies: &["EUR"],
    buyers: &[BuyerKind::Person, BuyerKind::Business],
    limits: &[],
    // Check 417
    enrols: false,
    required_fields: &["/buyer/person/phone"],
    required_of_person: &["/buyer/person/birth_date"],
    required_of_business: &["/buyer/company/registration_number"],
    ranges: &[],
    options: options::NAMES,
    evidence: BestEvidence::Observation,
    finds_by_reference: true,
    refunds_name_capture: false,
    quiet_seconds: 60,
    timeout_seconds: 25,
    session_seconds: None,
    expires_unobserved_seconds: None,
    omits: &["invoice file"],
};

pub(crate) fn open(document: &Value, transport: Transport) -> Result<Box<dyn Adapter>, AccountError> {
    Ok(Box::new(Billink { account: account::parse(document)?, transport }))
}

struct Billink {
    account: Account,
    transport: Transport,
}

#[async_trait]
impl Adapter for Billink {
    fn mark(&self) -> Option<String> {
        Some(mark_of(self.account.username.expose_secret()))
    }

    fn opens_under(&self, order: &Order) -> Option<String> {
        options::opens_under(order, &self.account.workflow_number)
    }

    async fn check_credentials(&self, deadline: Deadline) -> CredentialCheck {
        self.credentials(deadline).await
    }

    fn broken_rules(&self, order: &Order) -> Vec<OrderError> {
        rules::broken(order, request::day(self.transport.now()))
    }

    async fn act(&self, act: Act<'_>, context: &Context<'_>, effect: Effect) -> Outcome {
        let operation = act.operation();
        if cancels_nothing(operation) {
            return Outcome::Done(Receipt::default());
        }
        let Some((endpoint, request)) = self.asked(operation, context) else { return Outcome::NotSent };
        let answer = self.transport.act(effect, request, context.deadline).await;
        let number = &context.payment.order_reference;
        proven(operation, answer.outcome(|response| map::outcome(endpoint, &response, number)))
    }

    async fn observe(&self, context: &Context<'_>) -> Result<Observation<News>, ReadError> {
        let payment = context.payment;
        if !payment.operations.iter().any(|o| o.kind() == OperationKind::Confirm) {
            return Err(ReadError::Nothing);
        }
        let receivable = vec![self.standing(context).await?.ok_or(ReadError::Nothing)?];
        // A credited order still exists; nothing else tells that it was called off.
        let order = (!is_called_off(payment)).then(|| OrderNews::of(OrderState::Authorized));
        Ok(Observation::read(News { order, receivable, ..News::default() }))
    }

    async fn probe(&self, operation: &Operation, context: &Context<'_>) -> Result<Observation<Finding>, ReadError> {
        let authorized = || Receipt { order: Some(OrderNews::of(OrderState::Authorized)), ..Receipt::default() };
        Ok(Observation::read(match operation.kind() {
            OperationKind::Confirm if self.standing(context).await?.is_some() => {
                Finding::Found(Outcome::Done(authorized()))
            }
            OperationKind::Confirm => Finding::NotFound,
            OperationKind::Cancel if cancels_nothing(operation) => Finding::Found(Outcome::Done(Receipt::default())),
            // A status shows no credits, and nothing that it was told. That it has "No steps given" does not tell that a workflow was not started: by the
            // page of v2's workflow/start, Billink then waits three days.
            _ => Finding::Unclear,
        }))
    }

    fn receive(&self, inbound: Inbound<'_>) -> Result<Message, NotAuthentic> {
        webhook::receive(self.account.webhooks(), inbound, self.transport.now())
    }

    fn reread(&self, inbound: Inbound<'_>, authentic: bool) -> Result<Message, NotAuthentic> {
        webhook::reread(inbound, authentic)
    }
}

impl Billink {
    /// The call of an operation; `None` when something that it needs is gone.
    fn asked(&self, operation: &Operation, context: &Context<'_>) -> Option<(&'static Endpoint, Request)> {
        let (account, payment) = (&self.account, context.payment);
        let endpoint = Endpoint::of(operation.kind())?;
        let fields = match operation.kind() {
            OperationKind::CreateSession => request::check(account, payment, context.order?),
            OperationKind::Confirm => request::order(account, context)?,
            OperationKind::Capture => request::start(account, operation, payment),
            OperationKind::Refund | OperationKind::Cancel => request::credit(operation, payment),
            OperationKind::Amend => return None,
            OperationKind::Tell(_) => {
                let Detail::Tell(told) = &operation.detail else { return None };
                request::tell(account, operation, told, payment)
            }
        };
        Some((endpoint, request::post(account, endpoint, fields)?))
    }

    /// How the order under our number stands; none where there is none.
    async fn standing(&self, context: &Context<'_>) -> Result<Option<ReceivableFacts>, ReadError> {
        let number = &context.payment.order_reference;
        let request = request::post(&self.account, &map::STATUS, request::status(number)).ok_or(ReadError::Nothing)?;
        map::standing(&self.transport.read(request, context.deadline).await?, number)
    }
}

/// Whether nothing was ordered yet: then a check lapses by itself and there is nothing to credit.
fn cancels_nothing(operation: &Operation) -> bool {
    operation.kind() == OperationKind::Cancel && operation.amount.is_zero()
}
