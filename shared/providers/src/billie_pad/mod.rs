//! Billie Pay-After-Delivery, API v2: hosted page, widget or backend order; an invoice captures, a credit note refunds.

mod account;
mod answer;
mod look;
mod map;
mod request;
mod rules;
#[cfg(test)]
mod tests;
mod token;
mod webhook;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use payment::{
    BuyerKind, CaptureMode, DoubtPolicy, Finding, Flow, InstructionKind, News, Observation, Operation, OperationKind,
    Order, OrderError, Outcome, Payment, Receipt,
};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::adapter::proven;
use crate::billie::{TERMS, refused};
use crate::{
    AccountError, Act, Adapter, Answer, BestEvidence, Capabilities, Context, CredentialCheck, Deadline, Effect,
    Inbound, Message, NotAuthentic, OperationCapability, Range, ReadError, Request, Transport,
};
use account::Account;
pub(crate) use map::{events, refusals};
use request::Authorized;
use token::Client;

/// Sessions live 48 hours.
const SESSION_SECONDS: u32 = 48 * 3_600;

/// How long a call waits for the read that it needs first; the rest of the deadline belongs to the call.
const READ_WAIT: Duration = Duration::from_secs(5);

const WITH_SESSION: &[Flow] = &[Flow::Redirect, Flow::Widget];

pub(crate) static CAPABILITIES: Capabilities = Capabilities {
    provider: "billie_pad",
    name: "Billie Pay After Delivery",
    webhook_path: "billie-pad",
    flows: &[Flow::Redirect, Flow::Widget, Flow::Direct],
    capture_modes: &[CaptureMode::Manual],
    operations: &[
        OperationCapability::call(OperationKind::CreateSession, DoubtPolicy::Harmless)
            .in_flows(WITH_SESSION)
            .with_order(),
        OperationCapability::call(OperationKind::CreateSession, DoubtPolicy::None)
            .in_flows(&[Flow::Direct])
            .with_order(),
        OperationCapability::call(OperationKind::Confirm, DoubtPolicy::Repeat).in_flows(WITH_SESSION).with_order(),
        OperationCapability::call(OperationKind::Capture, DoubtPolicy::Lookup)
            .in_parts()
            .requiring(&["/invoice/number", "/invoice/url"]),
        // A cancelled invoice shows, a credit note does not.
        OperationCapability::call(OperationKind::Refund, DoubtPolicy::None).in_parts(),
        OperationCapability::call(OperationKind::Cancel, DoubtPolicy::Lookup).in_parts(),
        // docs.billie.io, update order: while something is left to ship, and not below what was shipped.
        OperationCapability::call(OperationKind::Amend, DoubtPolicy::Lookup).in_parts(),
        // docs.billie.io, confirm payment: at least 0.1.
        OperationCapability::tell(InstructionKind::DirectPayment).in_parts().within(&[Range {
            pointer: "/amount",
            min: 10,
            max: None,
        }]),
    ],
    countries: &[],
    currencies: &["EUR"],
    buyers: &[BuyerKind::Business],
    limits: &[],
    enrols: false,
    required_fields: &["/buyer/reference", "/buyer/company", "/buyer/company/legal_form"],
    required_of_person: &[],
    required_of_business: &[],
    ranges: TERMS,
    options: &[],
    evidence: BestEvidence::Observation,
    finds_by_reference: false,
    refunds_name_capture: true,
    quiet_seconds: 60,
    timeout_seconds: 20,
    session_seconds: Some(SESSION_SECONDS),
    expires_unobserved_seconds: None,
    omits: &["change of an invoice", "list of legal forms"],
};

pub(crate) fn open(document: &Value, transport: Transport) -> Result<Box<dyn Adapter>, AccountError> {
    Ok(Box::new(BilliePad { client: Client::new(Account::read(document)?, transport) }))
}

struct BilliePad {
    client: Client,
}

#[async_trait]
impl Adapter for BilliePad {
    async fn check_credentials(&self, deadline: Deadline) -> CredentialCheck {
        // Billie grants a token to whom it knows.
        CredentialCheck::of(self.client.fetch(deadline, Timestamp::now()).await)
    }

    fn broken_rules(&self, order: &Order) -> Vec<OrderError> {
        rules::broken(order)
    }

    fn broken_widget_rules(&self, payment: &Payment, result: &RawValue) -> Vec<OrderError> {
        rules::broken_by_widget(payment, result)
    }

    async fn act(&self, act: Act<'_>, context: &Context<'_>, effect: Effect) -> Outcome {
        let operation = act.operation();
        proven(operation, self.asked(act, context, effect).await)
    }

    async fn observe(&self, context: &Context<'_>) -> Result<Observation<News>, ReadError> {
        look::observe(&self.client, context).await.map(Observation::read)
    }

    async fn probe(&self, operation: &Operation, context: &Context<'_>) -> Result<Observation<Finding>, ReadError> {
        look::probe(&self.client, operation, context).await.map(Observation::read)
    }

    fn receive(&self, inbound: Inbound<'_>) -> Result<Message, NotAuthentic> {
        webhook::receive(&self.client.account.webhook_keys, inbound)
    }

    fn reread(&self, inbound: Inbound<'_>, _authentic: bool) -> Result<Message, NotAuthentic> {
        webhook::read(inbound)
    }
}

impl BilliePad {
    async fn asked(&self, act: Act<'_>, context: &Context<'_>, effect: Effect) -> Outcome {
        const NO_ORDER: &str = "the order is not known";
        const NO_INVOICE: &str = "the invoice is not known";
        const NOT_WHOLE: &str = "the invoice's number, its URL or the order is not known";
        let (account, payment) = (&self.client.account, context.payment);
        let (request, missing, judge): (_, _, fn(Answer) -> Outcome) = match act {
            Act::CreateSession(_) => return self.create_session(context, effect).await,
            Act::Confirm(_) => return self.confirm(context, effect).await,
            Act::Capture(capture) => (request::create_invoice(account, capture, context), NOT_WHOLE, answer::made),
            Act::Refund { refund, capture } if request::cancels_invoice(refund, capture) => {
                (request::cancel_invoice(account, capture), NO_INVOICE, answer::emptied)
            }
            Act::Refund { refund, capture } => {
                (request::credit_note(account, refund, capture, payment), NO_INVOICE, answer::made)
            }
            Act::Cancel(_) if look::nothing_to_cancel(payment) => return Outcome::Done(Receipt::default()),
            Act::Cancel(_) if !look::shows_captures(&self.client, context).await => return Outcome::NotSent,
            Act::Cancel(_) => (request::cancel(account, payment), NO_ORDER, answer::emptied),
            Act::Amend(amend) => (request::update(account, amend, payment), NO_ORDER, answer::emptied),
            Act::Tell(_, told) => (request::confirm_payment(account, told, payment), NO_INVOICE, answer::emptied),
        };
        match request {
            Some(request) => judge(self.client.act(effect, request, context).await),
            None => refused(missing),
        }
    }

    async fn create_session(&self, context: &Context<'_>, effect: Effect) -> Outcome {
        let (account, now) = (&self.client.account, context.now);
        match context.payment.flow {
            Flow::Redirect => {
                let answer = self.send(request::page_session(account, context), context, effect).await;
                answer::judge_content(answer, |session| answer::page_opened(session, now))
            }
            Flow::Widget => {
                let Some(script) = account.widget_script() else { return Outcome::NotSent };
                let answer = self.send(request::widget_session(account, context.order), context, effect).await;
                answer::judge_content(answer, |session| answer::widget_opened(session, script, now))
            }
            Flow::Direct => {
                let answer = self.send(request::create_order(account, context), context, effect).await;
                answer::judge_content(answer, |order| answer::ordered(order, context.payment))
            }
        }
    }

    async fn confirm(&self, context: &Context<'_>, effect: Effect) -> Outcome {
        let authorized = match self.authorized(context).await {
            Ok(authorized) => authorized,
            Err(outcome) => return outcome,
        };
        let request = request::confirm(&self.client.account, context.payment, &authorized);
        let answer = self.send(request, context, effect).await;
        answer::judge_content(answer, |order| answer::ordered(order, context.payment))
    }

    /// What was authorized: in the widget the browser carried it, else the provider is asked.
    async fn authorized(&self, context: &Context<'_>) -> Result<Authorized, Outcome> {
        let payment = context.payment;
        if let (Flow::Widget, Some(result)) = (payment.flow, context.widget_result) {
            return Authorized::in_widget(result).ok_or_else(|| refused("the widget's result names no company"));
        }
        let session = payment.session_reference.as_deref().ok_or_else(|| refused("there is no session"))?;
        let soon = Context { deadline: context.deadline.at_most(READ_WAIT), ..*context };
        let read = look::authorization(&self.client, &soon, session).await.map_err(|_| Outcome::NotSent)?;
        let none = || refused("the buyer has authorized nothing");
        let authorization = read.ok_or_else(none)?;
        if let Some(map::Stage::Declined) = authorization.state.as_deref().and_then(map::stage) {
            let state = answer::state(map::Stage::Declined, authorization.decline_reason.as_deref());
            return Err(answer::done(payment::OrderNews::of(state)));
        }
        let debtor = authorization.debtor.0.ok_or_else(none)?;
        Ok(Authorized::on_page(debtor, context.order))
    }

    /// Sends a request; one that could not be built is not sent.
    async fn send(&self, request: Option<Request>, context: &Context<'_>, effect: Effect) -> Answer {
        match request {
            Some(request) => self.client.act(effect, request, context).await,
            None => Answer::NotSent,
        }
    }
}
