//! Billink, API v2 (JSON): a session on its page, a workflow that captures, credits that refund or release.

mod account;
mod answer;
mod credentials;
mod map;
mod request;
#[cfg(test)]
mod tests;
mod wire;

use async_trait::async_trait;
use payment::{
    BuyerKind, CaptureMode, DoubtPolicy, Finding, Flow, InstructionKind, News, Observation, Operation, OperationKind,
    Order, OrderError, OrderNews, OrderState, Outcome, ReceivableFacts,
};

use crate::adapter::proven;
use crate::billink_common::{HOLD_DAYS, is_called_off, options, webhook};
use crate::{
    AccountError, Act, Adapter, BestEvidence, Capabilities, Context, CredentialCheck, Deadline, Effect, Inbound,
    Message, NotAuthentic, OperationCapability, ReadError, Transport,
};
use account::Account;
use answer::Asked;
pub(crate) use map::{events, refusals};

/// A session lives until it is paid or cancelled, or one hour.
const SESSION_SECONDS: u32 = 3_600;

/// What Billink takes as an order number, less the part that makes ours unique (v1's codes 434, 436 and 439).
const LONGEST_REFERENCE: usize = 43;

pub(crate) static CAPABILITIES: Capabilities = Capabilities {
    provider: "billink",
    name: "Billink",
    webhook_path: "billink",
    flows: &[Flow::Redirect],
    capture_modes: &[CaptureMode::Manual],
    operations: &[
        OperationCapability::call(OperationKind::CreateSession, DoubtPolicy::Harmless).with_order(),
        OperationCapability::look(OperationKind::Confirm, DoubtPolicy::Harmless),
        // A workflow that is started again answers 707.
        OperationCapability::call(OperationKind::Capture, DoubtPolicy::Repeat),
        OperationCapability::call(OperationKind::Refund, DoubtPolicy::None).in_parts(),
        // A session cannot be called off and lapses within an hour.
        OperationCapability::call(OperationKind::Cancel, DoubtPolicy::None).once_ordered(),
        // No page says what a second sending does, and order info shows none of them.
        OperationCapability::tell(InstructionKind::Hold).within(HOLD_DAYS),
        OperationCapability::tell(InstructionKind::Resume),
        OperationCapability::tell(InstructionKind::Message),
        OperationCapability::tell(InstructionKind::DirectPayment).in_parts(),
    ],
    countries: &["NL", "BE", "DE"],
    currencies: &["EUR"],
    buyers: &[BuyerKind::Person, BuyerKind::Business],
    limits: &[],
    enrols: false,
    required_fields: &[],
    required_of_person: &[],
    required_of_business: &[],
    ranges: &[],
    options: options::NAMES,
    evidence: BestEvidence::Observation,
    finds_by_reference: false,
    refunds_name_capture: false,
    quiet_seconds: 60,
    timeout_seconds: 25,
    session_seconds: Some(SESSION_SECONDS),
    expires_unobserved_seconds: None,
    omits: &["disputes", "reconciliation", "settings of a webshop", "set-up of webhooks", "creation of merchants"],
};

pub(crate) fn open(document: &serde_json::Value, transport: Transport) -> Result<Box<dyn Adapter>, AccountError> {
    Ok(Box::new(Billink { account: account::parse(document)?, transport }))
}

struct Billink {
    account: Account,
    transport: Transport,
}

#[async_trait]
impl Adapter for Billink {
    fn opens_under(&self, order: &Order) -> Option<String> {
        options::opens_under(order, &self.account.workflow_number)
    }

    async fn check_credentials(&self, deadline: Deadline) -> CredentialCheck {
        self.credentials(deadline).await
    }

    fn broken_rules(&self, order: &Order) -> Vec<OrderError> {
        let reference = order.reference.as_str();
        let plain = reference.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let rule = "must be at most 43 ASCII letters, digits, hyphens and underscores";
        let bad_reference = (!plain || reference.len() > LONGEST_REFERENCE).then(|| OrderError::at("/reference", rule));
        bad_reference.into_iter().chain(options::broken(order)).collect()
    }

    async fn act(&self, act: Act<'_>, context: &Context<'_>, effect: Effect) -> Outcome {
        let (account, payment) = (&self.account, context.payment);
        let operation = act.operation();
        let request = match act {
            Act::CreateSession(_) => request::create_session(account, operation, context),
            Act::Confirm(_) | Act::Amend(_) => None,
            Act::Capture(_) => request::start_workflow(account, operation, payment),
            // Nothing is promised yet.
            Act::Cancel(_) if operation.amount.is_zero() => {
                return answer::refused(None, "a session cannot be called off; it lapses within an hour");
            }
            // No call cancels: an order whose workflow was not started is credited in full.
            Act::Refund { .. } | Act::Cancel(_) => request::credit(account, operation, payment),
            Act::Tell(_, told) => request::tell(account, operation, told, payment),
        };
        let Some(request) = request else { return Outcome::NotSent };
        let answer = self.transport.act(effect, request, context.deadline).await;
        let asked = Asked { kind: operation.kind(), payment };
        proven(operation, answer.outcome(|response| asked.outcome(&response, context.now)))
    }

    async fn observe(&self, context: &Context<'_>) -> Result<Observation<News>, ReadError> {
        let payment = context.payment;
        let request = request::session_status(&self.account, payment).ok_or(ReadError::Nothing)?;
        let state = answer::session(&self.transport.read(request, context.deadline).await?)?;
        // The session of an order stays a success after the order was credited.
        let stale = is_called_off(payment) && state == OrderState::Authorized;
        let order = (!stale).then(|| OrderNews::of(state));
        // Nothing is owed before the capture.
        let owed = !payment.amounts().captured.is_zero();
        let receivable = if owed { self.receivable(context).await } else { None }.into_iter().collect();
        Ok(Observation::read(News { order, receivable, ..News::default() }))
    }

    /// No read tells of a credit, a hold, a message or a single payment: order info has a status, a description and whether the merchant was paid, and no
    /// amount. A capture is sent again, which tells more than the description does: by the page of workflow/start,
    /// Billink waits three days before an order has steps.
    async fn probe(&self, _operation: &Operation, _context: &Context<'_>) -> Result<Observation<Finding>, ReadError> {
        Ok(Observation::read(Finding::Unclear))
    }

    fn receive(&self, inbound: Inbound<'_>) -> Result<Message, NotAuthentic> {
        webhook::receive(self.account.webhooks(), inbound, self.transport.now())
    }

    fn reread(&self, inbound: Inbound<'_>, authentic: bool) -> Result<Message, NotAuthentic> {
        webhook::reread(inbound, authentic)
    }
}

impl Billink {
    /// How what is owed stands. That it cannot be told leaves what the session told: nobody says for sure where order
    /// info is.
    async fn receivable(&self, context: &Context<'_>) -> Option<ReceivableFacts> {
        let request = request::order_info(&self.account, context.payment)?;
        let response = self.transport.read(request, context.deadline).await.ok()?;
        answer::order_info(&self.account.wire.names, &response, context.payment).ok()
    }
}
