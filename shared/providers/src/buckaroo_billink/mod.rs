//! Buckaroo's JSON gateway with its Billink service: Authorize or Pay, Capture, Refund, CancelAuthorize.

mod account;
mod act;
mod client;
mod credentials;
mod look;
mod map;
mod parameters;
mod push;
mod request;
mod rules;
mod sign;
#[cfg(test)]
mod tests;
mod wire;

use async_trait::async_trait;
use payment::{
    BuyerKind, CaptureMode, Doubt, DoubtPolicy, Finding, Flow, News, Observation, Operation, OperationKind,
    OperationStatus, Order, OrderError, OrderState, Outcome, Status,
};

use crate::account::mark_of;
use crate::zone::AMSTERDAM;
use crate::{
    AccountError, Act, Adapter, BestEvidence, Capabilities, Context, CredentialCheck, Deadline, Effect, Inbound, Limit,
    Message, NotAuthentic, OperationCapability, ReadError, Transport,
};
use account::Account;
use act::gives_back;
use client::Buckaroo;
use look::LookUp;
use map::ServiceAction;
pub(crate) use map::{events, refusals};

const fn limit(country: &'static str, buyer: BuyerKind, max_amount: i64) -> Limit {
    Limit { country, buyer, max_amount }
}

pub(crate) static CAPABILITIES: Capabilities = Capabilities {
    provider: "buckaroo_billink",
    name: "Buckaroo Billink",
    webhook_path: "buckaroo",
    flows: &[Flow::Redirect, Flow::Direct],
    capture_modes: &[CaptureMode::Manual, CaptureMode::Automatic],
    operations: &[
        OperationCapability::call(OperationKind::CreateSession, DoubtPolicy::Lookup).with_order(),
        OperationCapability::look(OperationKind::Confirm, DoubtPolicy::Lookup),
        OperationCapability::call(OperationKind::Capture, DoubtPolicy::Lookup),
        OperationCapability::call(OperationKind::Refund, DoubtPolicy::Lookup).in_parts(),
        OperationCapability::call(OperationKind::Cancel, DoubtPolicy::Lookup),
    ],
    countries: &["NL", "BE"],
    currencies: &["EUR"],
    buyers: &[BuyerKind::Person, BuyerKind::Business],
    // docs.buckaroo.io/docs/en/billink
    limits: &[
        limit("NL", BuyerKind::Person, 75_000),
        limit("BE", BuyerKind::Person, 25_000),
        limit("NL", BuyerKind::Business, 1_000_000),
        limit("BE", BuyerKind::Business, 1_000_000),
    ],
    enrols: false,
    required_fields: &[],
    required_of_person: &["/buyer/person/birth_date", "/buyer/person/phone"],
    required_of_business: &["/buyer/company/registration_number"],
    ranges: &[],
    options: &[],
    evidence: BestEvidence::Observation,
    finds_by_reference: true,
    refunds_name_capture: true,
    quiet_seconds: 60,
    timeout_seconds: 25,
    session_seconds: None,
    expires_unobserved_seconds: None,
    omits: &["refund and invoice information", "batches"],
};

pub(crate) fn open(account: &serde_json::Value, transport: Transport) -> Result<Box<dyn Adapter>, AccountError> {
    Ok(Box::new(Buckaroo { account: Account::parse(account)?, transport }))
}

#[async_trait]
impl Adapter for Buckaroo {
    fn mark(&self) -> Option<String> {
        Some(mark_of(&self.account.website_key))
    }

    async fn check_credentials(&self, deadline: Deadline) -> CredentialCheck {
        CredentialCheck::of(credentials::specification(self, deadline).await)
    }

    fn broken_rules(&self, order: &Order) -> Vec<OrderError> {
        rules::broken(&self.account, order, self.transport.now().to_zoned(AMSTERDAM.clone()).date())
    }

    async fn act(&self, act: Act<'_>, context: &Context<'_>, effect: Effect) -> Outcome {
        let operation = act.operation();
        let Some((asked, request)) = act::asked(self, act, context) else { return Outcome::NotSent };
        let sent = (request.method.clone(), request.url.clone());
        let answer = self.transport.act(effect, request, context.deadline).await;
        answer.outcome(|response| match self.is_genuine(&sent, &response) {
            true => asked.outcome(&response, operation, context.payment),
            false => Outcome::InDoubt(Doubt::Unreadable),
        })
    }

    async fn observe(&self, context: &Context<'_>) -> Result<Observation<News>, ReadError> {
        let payment = context.payment;
        let first = payment.operations.first().ok_or(ReadError::Nothing)?;
        let asked = ServiceAction::of(first.kind(), payment.capture_mode).ok_or(ReadError::Nothing)?;
        let seen = match look::look_up(self, first, asked, context).await? {
            LookUp::One(transaction) => transaction,
            LookUp::Absent => return Err(ReadError::Nothing),
            LookUp::Unclear => return Err(ReadError::Unreadable),
        };
        let mut news = map::order_news(asked, &seen).ok_or(ReadError::Unreadable)?;
        let given_back = payment.operations.iter().any(|o| o.status == OperationStatus::Succeeded && gives_back(o));
        let is_canceled = payment.status == Status::Canceled && !payment.is_given_up();
        news.order = news.order.filter(|order| match order.state {
            // An Authorize stays a success after it was given back by a transaction of its own, whoever made that.
            OrderState::Authorized => !given_back && !is_canceled,
            // Where the buyer has to act is in the answer, which this may overtake.
            OrderState::AwaitingBuyer(_) => payment.status != Status::Created,
            _ => true,
        });
        Ok(Observation::read(news))
    }

    async fn probe(&self, operation: &Operation, context: &Context<'_>) -> Result<Observation<Finding>, ReadError> {
        let asked = ServiceAction::of(operation.kind(), context.payment.capture_mode).ok_or(ReadError::Nothing)?;
        if operation.kind() == OperationKind::Cancel && !gives_back(operation) {
            return look::probe_call_off(self, context).await.map(Observation::read);
        }
        let found = look::look_up(self, operation, asked, context).await?;
        Ok(Observation::read(found.finding(asked, context.payment)))
    }

    fn receive(&self, inbound: Inbound<'_>) -> Result<Message, NotAuthentic> {
        push::receive(&self.account, inbound)
    }

    fn reread(&self, inbound: Inbound<'_>, _authentic: bool) -> Result<Message, NotAuthentic> {
        push::read(inbound)
    }
}
