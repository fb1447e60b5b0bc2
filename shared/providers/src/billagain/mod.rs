//! BillAgain's secure payment page: a sale or the enrolment of a way to pay, and nothing after it.
//!
//! What an order's `options` may be is in `options.rs`, and for shops in `openapi.yaml`.

mod account;
mod credentials;
mod look;
mod map;
mod notice;
mod open;
mod options;
#[cfg(test)]
mod tests;
mod wire;

use async_trait::async_trait;
use payment::{
    BuyerKind, CaptureMode, DoubtPolicy, EXPIRES_UNOBSERVED_AFTER_SECONDS, Finding, Flow, News, Observation, Operation,
    OperationKind, Order, OrderError, Outcome,
};
use serde_json::Value;

use crate::account::SessionSeconds;
use crate::{
    AccountError, Act, Adapter, BestEvidence, Capabilities, Context, CredentialCheck, Deadline, Effect, Inbound,
    Message, NotAuthentic, OperationCapability, ReadError, Transport,
};
use account::Account;
pub(crate) use map::{events, refusals};

pub(crate) static CAPABILITIES: Capabilities = Capabilities {
    provider: "billagain",
    name: "BillAgain",
    webhook_path: "billagain",
    flows: &[Flow::Redirect],
    capture_modes: &[CaptureMode::Automatic],
    operations: &[
        OperationCapability::call(OperationKind::CreateSession, DoubtPolicy::Harmless).with_order(),
        OperationCapability::look(OperationKind::Confirm, DoubtPolicy::Harmless),
    ],
    countries: &[],
    currencies: &[],
    buyers: &[BuyerKind::Person, BuyerKind::Business],
    limits: &[],
    enrols: true,
    required_fields: &["/options/customer_id"],
    required_of_person: &[],
    required_of_business: &[],
    ranges: &[],
    options: &options::NAMES,
    evidence: BestEvidence::Observation,
    finds_by_reference: false,
    refunds_name_capture: false,
    quiet_seconds: 60,
    timeout_seconds: 20,
    session_seconds: Some(SessionSeconds::BELIEVED),
    // A page that its buyer left has no id that could be read.
    expires_unobserved_seconds: Some(EXPIRES_UNOBSERVED_AFTER_SECONDS),
    omits: &["customers", "invoices", "subscriptions"],
};

pub(crate) fn open(document: &Value, transport: Transport) -> Result<Box<dyn Adapter>, AccountError> {
    Ok(Box::new(BillAgain { account: Account::read(document)?, transport }))
}

struct BillAgain {
    account: Account,
    transport: Transport,
}

#[async_trait]
impl Adapter for BillAgain {
    async fn check_credentials(&self, deadline: Deadline) -> CredentialCheck {
        self.credentials(deadline).await
    }

    fn broken_rules(&self, order: &Order) -> Vec<OrderError> {
        options::broken(order, self.account.gateway_id)
    }

    async fn act(&self, act: Act<'_>, context: &Context<'_>, effect: Effect) -> Outcome {
        match act {
            Act::CreateSession(_) => self.initiate(context, effect).await,
            // No capability says that it has one of these.
            Act::Confirm(_) | Act::Capture(_) | Act::Refund { .. } | Act::Cancel(_) | Act::Amend(_) | Act::Tell(..) => {
                Outcome::NotSent
            }
        }
    }

    async fn observe(&self, context: &Context<'_>) -> Result<Observation<News>, ReadError> {
        self.transaction_news(context).await.map(Observation::read)
    }

    async fn probe(&self, _operation: &Operation, _context: &Context<'_>) -> Result<Observation<Finding>, ReadError> {
        // A page that nobody was sent to moves nothing and cannot be looked up.
        Ok(Observation::read(Finding::Unclear))
    }

    fn candidate_of_return(&self, query: &[(String, String)]) -> Option<String> {
        notice::transaction_id(&self.account.wire.transaction_id, query)
    }

    fn receive(&self, inbound: Inbound<'_>) -> Result<Message, NotAuthentic> {
        Ok(notice::hint(&self.account.wire.transaction_id, inbound))
    }

    fn reread(&self, inbound: Inbound<'_>, _authentic: bool) -> Result<Message, NotAuthentic> {
        self.receive(inbound)
    }
}
