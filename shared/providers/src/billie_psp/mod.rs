//! Billie's API for payment service providers: payment page or widget, captures, refunds, and no way to read.

mod account;
mod answer;
mod body;
mod map;
mod rules;
#[cfg(test)]
mod tests;
mod webhook;
mod wire;

use async_trait::async_trait;
use http::Method;
use payment::{
    BuyerKind, CaptureMode, Currency, DoubtPolicy, EXPIRES_UNOBSERVED_AFTER_SECONDS, Finding, Flow, News, Observation,
    Operation, OperationKind, Order, OrderError, Outcome, Payment, Receipt, Status,
};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::account::SessionSeconds;
use crate::billie::{self, TERMS, refused};
use crate::order::told;
use crate::{
    AccountError, Act, Activate, Activation, Adapter, Answer, BestEvidence, Capabilities, Context, CredentialCheck,
    Deadline, Effect, Inbound, Message, NotAuthentic, OperationCapability, ReadError, Request, Transport,
};
use account::Account;
pub(crate) use map::{events, refusals};
use wire::Said;

pub(crate) static CAPABILITIES: Capabilities = Capabilities {
    provider: "billie_psp",
    name: "Billie for payment service providers",
    webhook_path: "billie-psp",
    flows: &[Flow::Redirect, Flow::Widget],
    capture_modes: &[CaptureMode::Manual],
    operations: &[
        OperationCapability::call(OperationKind::CreateSession, DoubtPolicy::Harmless).with_order(),
        // Only the provider's word or a person can end doubt about these.
        OperationCapability::call(OperationKind::Confirm, DoubtPolicy::None).in_flows(&[Flow::Widget]),
        OperationCapability::look(OperationKind::Confirm, DoubtPolicy::None).in_flows(&[Flow::Redirect]),
        // The invoice is what Billie finances; its other API takes no capture without one.
        OperationCapability::call(OperationKind::Capture, DoubtPolicy::None).in_parts().requiring(&["/invoice/number"]),
        OperationCapability::call(OperationKind::Refund, DoubtPolicy::None).in_parts(),
        // docs.billie.io, cancel: only if nothing was captured before. On the page the buyer may be making an order this
        // moment; in the widget there is none before our confirmation, and its session lapses.
        OperationCapability::call(OperationKind::Cancel, DoubtPolicy::None).in_flows(&[Flow::Redirect]).once_ordered(),
        OperationCapability::call(OperationKind::Cancel, DoubtPolicy::None).in_flows(&[Flow::Widget]),
        OperationCapability::call(OperationKind::Amend, DoubtPolicy::None).in_parts(),
    ],
    countries: &[],
    currencies: &[],
    buyers: &[BuyerKind::Business],
    limits: &[],
    enrols: false,
    required_fields: &["/buyer/reference", "/buyer/company/legal_form"],
    required_of_person: &[],
    required_of_business: &[],
    ranges: TERMS,
    options: &[],
    evidence: BestEvidence::Webhook,
    finds_by_reference: false,
    refunds_name_capture: true,
    quiet_seconds: 60,
    timeout_seconds: 20,
    session_seconds: Some(SessionSeconds::BELIEVED),
    expires_unobserved_seconds: Some(EXPIRES_UNOBSERVED_AFTER_SECONDS),
    omits: &["defence in a dispute"],
};

pub(crate) fn open(document: &Value, transport: Transport) -> Result<Box<dyn Adapter>, AccountError> {
    Ok(Box::new(BilliePsp { account: Account::read(document)?, transport }))
}

struct BilliePsp {
    account: Account,
    transport: Transport,
}

#[async_trait]
impl Activate for BilliePsp {
    async fn activate(&self, activation: &Activation, reference: &str, deadline: Deadline, effect: Effect) -> Outcome {
        let wire = &self.account.wire;
        let body = body::activation(activation, self.account.psp_id.as_deref(), reference);
        let answer = self.send((&wire.activate_path, ""), wire.outward(body), deadline, effect).await;
        answer::judge(wire, answer, |said| answer::activated(&said))
    }
}

#[async_trait]
impl Adapter for BilliePsp {
    fn activation(&self) -> Option<&dyn Activate> {
        Some(self)
    }

    async fn check_credentials(&self, _deadline: Deadline) -> CredentialCheck {
        // Every call of this API changes something.
        CredentialCheck::CannotBeKnown
    }

    fn broken_rules(&self, order: &Order) -> Vec<OrderError> {
        // There is no read, and a message without a key proves nothing.
        let unheard = order.flow != Some(Flow::Widget) && self.account.webhook_keys.is_empty();
        let rule = "cannot be redirect: the account has no key of webhooks, and nothing else tells of an authorization";
        told([(unheard, "/flow", rule)]).chain(billie::broken(order)).collect()
    }

    fn broken_widget_rules(&self, payment: &Payment, result: &RawValue) -> Vec<OrderError> {
        rules::broken_by_widget(&self.account.wire, payment, result)
    }

    async fn act(&self, act: Act<'_>, context: &Context<'_>, effect: Effect) -> Outcome {
        let (payment, currency, wire) = (context.payment, context.payment.currency, &self.account.wire);
        let merchant = self.account.named_in(act.operation(), payment);
        let (path, body, judge): (_, _, fn(&Said, Currency) -> Outcome) = match act {
            Act::CreateSession(_) => return self.create_session(context, effect).await,
            Act::Confirm(_) => return self.confirm(context, effect).await,
            // No capability says that it takes any of it.
            Act::Tell(..) => return Outcome::NotSent,
            Act::Capture(capture) => (&wire.capture_path, body::capture(capture, merchant, currency), answer::captured),
            Act::Refund { refund, capture } => {
                (&wire.refund_path, body::refund(refund, capture, merchant, currency), answer::refunded)
            }
            Act::Cancel(_) => (&wire.cancel_path, Some(body::cancel(merchant)), answer::canceled),
            Act::Amend(amend) => (&wire.update_path, Some(body::amend(amend, merchant, currency)), answer::amended),
        };
        let Some(order) = payment.provider_reference.as_deref() else { return without_order(act, payment) };
        let Some(body) = body else { return refused("the order or the capture is not known") };
        let answer = self.send((path, order), wire.outward(body), context.deadline, effect).await;
        answer::judge(wire, answer, |said| judge(&said, currency))
    }

    async fn observe(&self, _context: &Context<'_>) -> Result<Observation<News>, ReadError> {
        Err(ReadError::Nothing)
    }

    async fn probe(&self, _operation: &Operation, _context: &Context<'_>) -> Result<Observation<Finding>, ReadError> {
        Ok(Observation::read(Finding::Unclear))
    }

    fn receive(&self, inbound: Inbound<'_>) -> Result<Message, NotAuthentic> {
        webhook::receive(&self.account, inbound)
    }

    fn reread(&self, inbound: Inbound<'_>, _authentic: bool) -> Result<Message, NotAuthentic> {
        webhook::read(&self.account.wire, inbound)
    }
}

impl BilliePsp {
    async fn create_session(&self, context: &Context<'_>, effect: Effect) -> Outcome {
        let (wire, payment) = (&self.account.wire, context.payment);
        let path = if payment.flow == Flow::Widget { &wire.widget_path } else { &wire.payment_page_path };
        let Some(merchant) = self.account.merchant_of(payment) else { return refused("the merchant is not activated") };
        let Some(body) = body::session(merchant, context) else { return Outcome::NotSent };
        let answer = self.send((path, ""), wire.outward(body), context.deadline, effect).await;
        let script = self.account.widget_script();
        let end = wire.session_seconds.end(context.now);
        answer::judge(wire, answer, |said| answer::session_opened(&said, payment.flow, (script, end), merchant))
    }

    /// The order's details go back as the widget gave them, to the letter.
    async fn confirm(&self, context: &Context<'_>, effect: Effect) -> Outcome {
        let (payment, wire) = (context.payment, &self.account.wire);
        let (Some(session), Some(result)) = (payment.session_reference.as_deref(), context.widget_result) else {
            return refused("the session or the widget's result is not known");
        };
        let body = result.get().as_bytes().to_vec();
        let answer = self.send((&wire.confirm_path, session), body, context.deadline, effect).await;
        answer::judge(wire, answer, |said| answer::confirmed(wire, &said, payment))
    }

    /// `POST`, like every call of this API.
    async fn send(&self, (path, id): (&str, &str), body: Vec<u8>, deadline: Deadline, effect: Effect) -> Answer {
        let request = Request::new(Method::POST, self.account.url(path, id)).with_body("application/json", body);
        self.transport.act(effect, self.account.sign(request), deadline).await
    }
}

/// In the widget there is no order before our confirmation, and its session lapses. On the page the buyer may be making one
/// this moment, and only its message would say so.
fn without_order(act: Act<'_>, payment: &Payment) -> Outcome {
    let waits = payment.flow == Flow::Widget && payment.status == Status::RequiresAction;
    match act {
        Act::Cancel(_) if waits => Outcome::Done(Receipt::default()),
        Act::Cancel(_) => refused("there is no order yet, and the buyer may be making one"),
        _ => refused("the order is not known"),
    }
}
