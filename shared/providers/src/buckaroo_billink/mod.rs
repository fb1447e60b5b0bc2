//! Buckaroo's JSON gateway with its Billink service: Authorize or Pay, Capture, Refund, CancelAuthorize.

mod account;
mod map;
mod push;
mod request;
mod rules;
mod sign;
#[cfg(test)]
mod tests;
mod wire;

use async_trait::async_trait;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderName, Method};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use payment::{
    BuyerKind, CaptureMode, Doubt, DoubtPolicy, Finding, Flow, News, Observation, Operation, OperationKind,
    OperationStatus, Order, OrderError, OrderState, Outcome, Payment, Receipt, Refusal,
};
use serde::de::DeserializeOwned;
use url::Url;
use uuid::Uuid;

use crate::{
    AccountError, Act, Adapter, Answer, BestEvidence, Capabilities, Context, Effect, Inbound, Limit, Message,
    NotAuthentic, OperationCapability, ReadError, Request, Response, Transport,
};
use account::Account;
use map::{CANCEL, CAPTURE, LookUp, Meaning, REFUND, ServiceAction};
use sign::{Signed, Stamp};
use wire::{ByInvoice, CancelAnswer, StatusesAnswer, StatusesRequest, Transaction};

const fn operation(kind: OperationKind, partial: bool) -> OperationCapability {
    OperationCapability {
        kind,
        flows: &[],
        partial,
        doubt: DoubtPolicy::Lookup,
        calls: true,
        needs_order: false,
        requires: &[],
    }
}

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
        OperationCapability { needs_order: true, ..operation(OperationKind::CreateSession, false) },
        OperationCapability { calls: false, ..operation(OperationKind::Confirm, false) },
        operation(OperationKind::Capture, false),
        operation(OperationKind::Refund, true),
        operation(OperationKind::Cancel, false),
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
    required_fields: &[],
    evidence: BestEvidence::Observation,
    finds_by_reference: true,
    quiet_seconds: 60,
    timeout_seconds: 25,
    session_seconds: None,
};

pub(crate) fn open(account: &serde_json::Value, transport: Transport) -> Result<Box<dyn Adapter>, AccountError> {
    Ok(Box::new(Buckaroo { account: Account::parse(account)?, transport }))
}

struct Buckaroo {
    account: Account,
    transport: Transport,
}

/// What an effectful call asks for, and so how its answer is read.
enum Asked {
    Transaction(&'static ServiceAction),
    /// To call off what still waits for the buyer, by its transaction key.
    CallOff(String),
}

#[async_trait]
impl Adapter for Buckaroo {
    fn broken_rules(&self, order: &Order) -> Vec<OrderError> {
        let amsterdam = TimeZone::get("Europe/Amsterdam").unwrap_or(TimeZone::UTC);
        rules::broken(&self.account, order, Timestamp::now().to_zoned(amsterdam).date())
    }

    fn broken_widget_rules(&self, _payment: &Payment, _result: &serde_json::Value) -> Vec<OrderError> {
        vec![OrderError::at("/widget_result", "is not something that this provider has")]
    }

    async fn act(&self, act: Act<'_>, context: &Context<'_>, effect: Effect) -> Outcome {
        let Some((asked, request)) = self.asked(act, context) else { return Outcome::NotSent };
        let sent = (request.method.clone(), request.url.clone());
        let answer = match self.transport.act(effect, request, context.deadline).await {
            Answer::Got(answer) if self.is_genuine(&sent, &answer) => answer,
            Answer::Got(_) => return Outcome::InDoubt(Doubt::Unreadable),
            // There is no token to renew: the keys are wrong.
            Answer::Unauthorized(_) | Answer::NotSent => return Outcome::NotSent,
            Answer::InDoubt(doubt) => return Outcome::InDoubt(doubt),
        };
        let read = match &asked {
            Asked::Transaction(action) => {
                serde_json::from_slice(&answer.body).map(|transaction| map::outcome(action, &transaction))
            }
            Asked::CallOff(key) => serde_json::from_slice(&answer.body).map(|canceled| called_off(key, canceled)),
        };
        read.unwrap_or_else(|_| map::without_status(answer.status, &answer.body))
    }

    async fn observe(&self, context: &Context<'_>) -> Result<Observation<News>, ReadError> {
        let payment = context.payment;
        let first = payment.operations.first().ok_or(ReadError::Nothing)?;
        let asked = ServiceAction::of(first.kind(), payment.capture_mode).ok_or(ReadError::Nothing)?;
        let seen = match self.look_up(first, asked, context).await? {
            LookUp::One(transaction) => transaction,
            LookUp::Absent => return Err(ReadError::Nothing),
            LookUp::Unclear => return Err(ReadError::Unreadable),
        };
        let news = Some(asked).filter(|asked| asked.may_be(&seen)).and_then(|asked| map::order_news(asked, &seen));
        let mut news = news.ok_or(ReadError::Unreadable)?;
        // An Authorize stays a success after it was given back by a transaction of its own.
        if payment.operations.iter().any(|o| o.status == OperationStatus::Succeeded && gives_back(o)) {
            news.order = news.order.filter(|order| order.state != OrderState::Authorized);
        }
        Ok(Observation::read(news))
    }

    async fn probe(&self, operation: &Operation, context: &Context<'_>) -> Result<Observation<Finding>, ReadError> {
        let asked = ServiceAction::of(operation.kind(), context.payment.capture_mode).ok_or(ReadError::Nothing)?;
        if operation.kind() == OperationKind::Cancel && !gives_back(operation) {
            return self.probe_call_off(context).await.map(Observation::read);
        }
        let found = self.look_up(operation, asked, context).await?;
        Ok(Observation::read(found.finding(asked)))
    }

    fn receive(&self, inbound: Inbound<'_>) -> Result<Message, NotAuthentic> {
        push::receive(&self.account, inbound)
    }

    fn reread(&self, inbound: Inbound<'_>) -> Result<Message, NotAuthentic> {
        push::read(inbound)
    }
}

impl Buckaroo {
    fn asked(&self, act: Act<'_>, context: &Context<'_>) -> Option<(Asked, Request)> {
        let (account, payment) = (&self.account, context.payment);
        let first_key = || payment.provider_reference.as_deref();
        let following =
            |action, operation, key| request::following(account, action, operation, key, payment, context.urls);
        let (action, body) = match act {
            Act::CreateSession(operation) => {
                let action = ServiceAction::of(operation.kind(), payment.capture_mode)?;
                (action, request::opening(account, action, operation, context.order?, context.urls)?)
            }
            Act::Confirm(_) => return None,
            Act::Capture(operation) => (&CAPTURE, following(&CAPTURE, operation, first_key()?)?),
            Act::Refund { refund, capture } => {
                (&REFUND, following(&REFUND, refund, capture.provider_reference.as_deref()?)?)
            }
            Act::Cancel(operation) if gives_back(operation) => (&CANCEL, following(&CANCEL, operation, first_key()?)?),
            Act::Cancel(_) => {
                let key = first_key()?;
                let request =
                    self.signed(Method::GET, account.url(&account.wire.cancel_path, Some(key))?, Vec::new(), context)?;
                return Some((Asked::CallOff(key.to_owned()), request));
            }
        };
        let request = self.signed(Method::POST, account.url(&account.wire.transaction_path, None)?, body, context)?;
        Some((Asked::Transaction(action), with_culture(request, context)))
    }

    /// The request with its signature, over exactly what is sent.
    fn signed(&self, method: Method, url: Url, body: Vec<u8>, context: &Context<'_>) -> Option<Request> {
        let (nonce, timestamp) = (Uuid::new_v4().simple().to_string(), context.now.as_second().to_string());
        let signed = Signed { method: &method, url: url.as_str(), body: &body };
        let authorization = self.account.authorization(signed, Stamp { nonce: &nonce, timestamp: &timestamp })?;
        let request = Request::new(method, url);
        let request =
            if body.is_empty() { request } else { request.with_body("application/json; charset=utf-8", body) };
        let request = request.with_header(ACCEPT, "application/json", false);
        Some(request.with_header(AUTHORIZATION, &authorization, true))
    }

    /// Answers are signed like their requests. Error pages and proxies may leave the signature out; a wrong one is worse.
    fn is_genuine(&self, (method, url): &(Method, Url), answer: &Response) -> bool {
        let signed = Signed { method, url: url.as_str(), body: &answer.body };
        answer
            .headers
            .get(AUTHORIZATION)
            .is_none_or(|header| header.to_str().is_ok_and(|header| self.account.signed_by_provider(header, signed)))
    }

    async fn read<T: DeserializeOwned>(&self, request: Option<Request>, context: &Context<'_>) -> Result<T, ReadError> {
        let request = request.ok_or(ReadError::Nothing)?;
        let sent = (request.method.clone(), request.url.clone());
        let answer = self.transport.read(request, context.deadline).await?;
        match answer.status {
            // "400 Access denied" is how the page calls a refused signature.
            400 | 401 | 403 => Err(ReadError::Unauthorized),
            _ if !answer.is_success() || !self.is_genuine(&sent, &answer) => Err(ReadError::Unreadable),
            _ => serde_json::from_slice(&answer.body).map_err(|_| ReadError::Unreadable),
        }
    }

    async fn status(&self, key: &str, context: &Context<'_>) -> Result<Transaction, ReadError> {
        let url = self.account.url(&self.account.wire.status_path, Some(key));
        let request = url.and_then(|url| self.signed(Method::GET, url, Vec::new(), context));
        let transaction: Transaction = self.read(request, context).await?;
        let other = transaction.key.as_deref().is_some_and(|seen| seen != key);
        if other { Err(ReadError::Unreadable) } else { Ok(transaction) }
    }

    /// The transaction of an operation: by its key where we know it, else by our reference.
    async fn look_up(
        &self,
        operation: &Operation,
        action: &ServiceAction,
        context: &Context<'_>,
    ) -> Result<LookUp, ReadError> {
        let payment = context.payment;
        let first_key = payment.provider_reference.as_deref();
        let key = operation.provider_reference.as_deref().or(first_key.filter(|_| action.opens()));
        if let Some(key) = key {
            return Ok(LookUp::One(Box::new(self.status(key, context).await?)));
        }
        let body = serde_json::to_vec(&StatusesRequest { transactions: [ByInvoice { invoice: &operation.reference }] });
        let url = self.account.url(&self.account.wire.statuses_path, None);
        let request = url.zip(body.ok()).and_then(|(url, body)| self.signed(Method::POST, url, body, context));
        let answer: StatusesAnswer = self.read(request, context).await?;
        let others = payment.operations.iter().filter(|o| o.id != operation.id);
        let known: Vec<_> = others.filter_map(|o| o.provider_reference.as_deref()).chain(first_key).collect();
        Ok(LookUp::among(answer, action, &operation.reference, &known))
    }

    /// Calling off makes no transaction: how the one it is about stands tells whether it was done.
    async fn probe_call_off(&self, context: &Context<'_>) -> Result<Finding, ReadError> {
        let key = context.payment.provider_reference.as_deref().ok_or(ReadError::Nothing)?;
        let seen = self.status(key, context).await?;
        Ok(match seen.meaning() {
            Some(Meaning::Canceled) => Finding::Found(Outcome::Done(Receipt::default())),
            Some(Meaning::Pending) => Finding::NotFound,
            Some(Meaning::Done | Meaning::Failed | Meaning::Rejected) => Finding::Found(Outcome::Refused(too_late())),
            Some(Meaning::Technical) | None => Finding::Unclear,
        })
    }
}

/// Whether a cancellation gives back promised money (CancelAuthorize) or calls off what waits for the buyer: then nothing
/// was promised yet.
fn gives_back(operation: &Operation) -> bool {
    operation.kind() == OperationKind::Cancel && !operation.amount.is_zero()
}

fn called_off(key: &str, answer: CancelAnswer) -> Outcome {
    match answer {
        CancelAnswer { key: Some(other), .. } if other != key => Outcome::InDoubt(Doubt::Unreadable),
        CancelAnswer { is_canceled: true, .. } => Outcome::Done(Receipt::default()),
        CancelAnswer { is_canceled: false, .. } => Outcome::Refused(too_late()),
    }
}

fn too_late() -> Refusal {
    Refusal { provider_code: None, message: Some("the transaction can no longer be called off".into()) }
}

/// The language of the hosted page; only the header counts.
fn with_culture(request: Request, context: &Context<'_>) -> Request {
    let locale = context.order.and_then(|order| order.buyer.locale.as_ref()).map(|locale| locale.as_str());
    let is_culture = |text: &&str| matches!(text.as_bytes(), [a, b, b'-', c, d] if [a, b, c, d].iter().all(|l| l.is_ascii_alphabetic()));
    match locale.filter(is_culture) {
        Some(culture) => request.with_header(HeaderName::from_static("culture"), culture, false),
        None => request,
    }
}
