//! Opening a payment.

use std::sync::Arc;

use payment::{
    Admission, BuyerKind, CaptureMode, CauseKind, Flow, IdempotencyKey, NewPayment, OperationId, OperationKind,
    OperationStatus, Order, OrderError, Payment, PaymentId, ProviderId, Token,
};
use providers::Capabilities;
use serde::Serialize;
use serde_json::{Value, json};
use store::{Created, StoreError};

use crate::Service;
use crate::answer::{Answer, Call};
use crate::merchant::{Account, Merchant};
use crate::movements::out_of_range;
use crate::parse;
use crate::problem::{FieldError, Problem, ProblemCode};
use crate::work::{Material, RACES, Work};

impl Service {
    /// Opens a payment and its session at the provider: `POST /v1/payments`.
    ///
    /// # Errors
    /// Bad input, a reused key, or a provider that could not be asked.
    pub async fn create_session(&self, call: &Call, key: Option<&str>, body: &[u8]) -> Result<Answer, Problem> {
        let key = parse::key(key)?;
        let mut order: Order = parse::body(body)?;
        let asked = Asked { flow: order.flow, capture: order.capture };
        let merchant = self.merchants.get(&call.merchant).await.map_err(Problem::unavailable)?;
        let merchant =
            merchant.ok_or_else(|| Problem::new(ProblemCode::Forbidden, "This merchant is not configured."))?;
        let checked = self.takes_payments(&order.provider).and_then(|()| checked(&mut order, &merchant));
        let (flow, capture_mode) = match checked {
            Ok(decided) => decided,
            Err(problem) => return self.replay_or(problem, call, &key, asked, merchant, order).await,
        };
        let fingerprint = parse::fingerprint(&order)?;

        let provider_account = self.provider_account(&merchant, &order).await?;
        let account = merchant.account(&order.provider);
        let cause = call.cause(CauseKind::Api);
        let token = Token::from_random((self.world.random)());
        let new = NewPayment {
            merchant: call.merchant.clone(),
            key: &key,
            order: &order,
            flow,
            capture_mode,
            livemode: merchant.livemode,
            token,
            provider_account,
            opened_under: account.and_then(|account| account.adapter.opens_under(&order)),
            late_authorization: account.map(|account| account.late_authorization).unwrap_or_default(),
            fingerprint,
            cause: cause.clone(),
        };
        let (mut payment, ticket) = Payment::open(new, self.now());
        if payment.is_too_large_to_open() {
            let rule = "must leave room for the payment's operations: with the lines it has too many bytes";
            let problem = Problem::at(ProblemCode::ValidationFailed, "/metadata", rule);
            return self.replay_or(problem, call, &key, asked, merchant, order).await;
        }
        let created = self.create(&mut payment, &order).await?;
        let id = payment.id.clone();
        let mut work = Work { payment, merchant };
        let answered = match created {
            Created::New => {
                let material = Ok(Material { order: Some(order), ..Material::default() });
                let settled = self.act_and_settle(&mut work, &ticket, material, call.deadline, &cause).await;
                settled.and_then(|()| self.answer(&work, &ticket.operation, false))
            }
            Created::Existed => {
                self.reload(&mut work).await?;
                Box::pin(self.open_again(call, work, (&ticket.operation, None), asked, order)).await
            }
        };
        answered.map_err(|problem| problem.of(&id))
    }

    /// Writes a new payment. Whoever meets another one who creates it finds it, or comes first after all.
    async fn create(&self, payment: &mut Payment, order: &Order) -> Result<Created, Problem> {
        for _ in 0..RACES {
            match self.store.create(payment, order).await {
                Err(StoreError::Conflict) => {}
                created => return Ok(created?),
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// Whether payments are opened at this provider at all.
    fn takes_payments(&self, provider: &ProviderId) -> Result<(), Problem> {
        if !self.switched_off.contains(provider) {
            return Ok(());
        }
        Err(switched_off())
    }

    /// What was accepted once is answered as it stands, even when the rules or the account changed since; what would have
    /// to be sent once more is refused by today's.
    async fn replay_or(
        &self,
        problem: Problem,
        call: &Call,
        key: &IdempotencyKey,
        asked: Asked,
        merchant: Arc<Merchant>,
        order: Order,
    ) -> Result<Answer, Problem> {
        let Some(payment) = self.store.load(&PaymentId::of(&call.merchant, key)).await? else { return Err(problem) };
        let Some(first) = payment.operations.first().map(|o| o.id.clone()) else { return Err(problem) };
        let id = payment.id.clone();
        let work = Work { payment, merchant };
        let answered = Box::pin(self.open_again(call, work, (&first, Some(problem)), asked, order)).await;
        answered.map_err(|problem| problem.of(&id))
    }

    /// The account that the provider has issued to the merchant, or a mark of the one that is looked in, where it matters.
    async fn provider_account(&self, merchant: &Merchant, order: &Order) -> Result<Option<String>, Problem> {
        let Some(account) = merchant.account(&order.provider) else { return Ok(None) };
        if account.adapter.activation().is_none() {
            return Ok(account.adapter.mark());
        }
        let issued = self.store.load_issued(&merchant.id, &order.provider).await?;
        Ok(issued.and_then(|issued| issued.account))
    }

    /// The same key was here before: how things are, or another attempt where the last one provably did nothing.
    async fn open_again(
        &self,
        call: &Call,
        mut work: Work,
        (id, refused): (&OperationId, Option<Problem>),
        asked: Asked,
        mut order: Order,
    ) -> Result<Answer, Problem> {
        let cause = call.cause(CauseKind::Api);
        asked.decide_as(&mut order, &work.payment);
        let fingerprint = parse::fingerprint(&order)?;
        for _ in 0..3 {
            let known = work.payment.operation(id).cloned();
            let known = known.ok_or_else(|| Problem::unavailable("a payment without its first operation"))?;
            match work.payment.again(known, &fingerprint, self.now())? {
                Admission::Replay(id) => return self.answer(&work, &id, true),
                Admission::Probe(id) => {
                    self.find_out(&mut work, &id, call.deadline, &cause).await?;
                    let rejected = work.payment.operation(&id).is_some_and(|o| o.status == OperationStatus::Rejected);
                    if !rejected {
                        return self.answer(&work, &id, true);
                    }
                }
                Admission::Act(ticket) => {
                    if let Some(problem) = refused {
                        return Err(problem);
                    }
                    // Nothing came of the attempts before, which may have been at a mistyped account.
                    let adapter = &work.account()?.adapter;
                    let (mark, opened_under) = (adapter.mark(), adapter.opens_under(&order));
                    if adapter.activation().is_none() {
                        work.payment.provider_account = mark;
                    }
                    work.payment.opened_under = opened_under;
                    self.store.save(&mut work.payment).await?;
                    let material = Material { order: Some(order), ..Material::default() };
                    self.act_and_settle(&mut work, &ticket, Ok(material), call.deadline, &cause).await?;
                    return self.answer(&work, &ticket.operation, true);
                }
            }
        }
        self.answer(&work, id, true)
    }
}

/// What a request says of what is decided where it says nothing.
#[derive(Clone, Copy)]
struct Asked {
    flow: Option<Flow>,
    capture: Option<CaptureMode>,
}

impl Asked {
    /// Decides what the request left open as it was decided when the payment was opened: what is a default today and was
    /// written out then, or the other way around, is the same request.
    fn decide_as(self, order: &mut Order, payment: &Payment) {
        order.flow = self.flow.or(Some(payment.flow));
        order.capture = self.capture.or(Some(payment.capture_mode));
    }
}

/// Decides flow and capture mode, writes them into the order, and checks every rule that can be checked here.
fn checked(order: &mut Order, merchant: &Merchant) -> Result<(Flow, CaptureMode), Problem> {
    let no_account = || {
        Problem::at(
            ProblemCode::ValidationFailed,
            "/provider",
            "must be a provider that this merchant has an account at",
        )
    };
    let account = merchant.account(&order.provider).ok_or_else(no_account)?;
    if account.disabled {
        return Err(switched_off());
    }
    let capabilities = account.registered.capabilities;
    let flow = choose(order.flow, capabilities.flows, "/flow", "flow")?;
    let capture_mode = choose(order.capture, capabilities.capture_modes, "/capture", "capture mode")?;
    (order.flow, order.capture) = (Some(flow), Some(capture_mode));
    if capabilities.operation(OperationKind::CreateSession, flow).is_none() {
        return Err(Problem::at(ProblemCode::NotSupportedByProvider, "/flow", "is not a flow of this provider"));
    }
    let mut broken = order.broken_rules();
    broken.extend(broken_capabilities(order, flow, capabilities));
    broken.extend(required(order, capabilities)?);
    broken.extend(own_rules(order, account));
    problem_of(broken)?;
    Ok((flow, capture_mode))
}

/// What a shop is told of a provider that is switched off, for it or for everybody: that is an operator's doing and no
/// mistake of the shop's.
fn switched_off() -> Problem {
    let rule = "is switched off: no new payments are opened there";
    Problem::at(ProblemCode::ValidationFailed, "/provider", rule)
}

fn choose<T>(asked: Option<T>, possible: &[T], pointer: &str, what: &str) -> Result<T, Problem>
where
    T: Copy + PartialEq + Serialize,
{
    let missing = || {
        let words = json!(possible);
        let words: Vec<_> = words.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let rule = format!("is not a {what} of this provider, which has: {}", words.join(", "));
        Problem::at(ProblemCode::NotSupportedByProvider, pointer, rule)
    };
    match asked {
        None => possible.first().copied().ok_or_else(missing),
        Some(asked) if possible.contains(&asked) => Ok(asked),
        Some(_) => Err(missing()),
    }
}

const NOTHING: &str = "must be at least 1 minor unit";

fn broken_capabilities(order: &Order, flow: Flow, capabilities: &Capabilities) -> Vec<OrderError> {
    let mut broken = Vec::new();
    let country = order.billing_address.country;
    let one_of = |words: &[&str]| format!("must be one of {} for this provider", words.join(", "));
    if !capabilities.currencies.is_empty() && !capabilities.currencies.contains(&order.currency.code()) {
        broken.push(OrderError::at("/currency", one_of(capabilities.currencies)));
    }
    if !capabilities.countries.is_empty() && !capabilities.countries.contains(&country.as_str()) {
        broken.push(OrderError::at("/billing_address/country", one_of(capabilities.countries)));
    }
    if !capabilities.buyers.contains(&order.buyer.kind) {
        let only = if order.buyer.kind == BuyerKind::Person { "business" } else { "person" };
        broken.push(OrderError::at("/buyer/kind", format!("must be {only} for this provider")));
    }
    if flow == Flow::Redirect && order.return_url.is_none() {
        broken.push(OrderError::at("/return_url", "is required in the redirect flow"));
    }
    broken.extend(unknown_options(order, capabilities.options));
    if order.amount.is_zero() && !capabilities.enrols {
        broken.push(OrderError::at("/amount", NOTHING));
    }
    let limit = capabilities.limits.iter().find(|l| l.country == country.as_str() && l.buyer == order.buyer.kind);
    if let Some(limit) = limit.filter(|limit| order.amount.minor() > limit.max_amount) {
        broken.push(OrderError::at(
            "/amount",
            format!("must be at most {} minor units for this buyer", limit.max_amount),
        ));
    }
    broken
}

fn unknown_options(order: &Order, known: &[&str]) -> impl Iterator<Item = OrderError> {
    let there = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let rule = format!("is not an option of this provider, which has {there}");
    let names = order.options.as_object().into_iter().flat_map(|options| options.keys());
    let unknown = names.filter(move |name| !known.contains(&name.as_str()));
    unknown.map(move |name| OrderError::at(format!("/options/{name}"), rule.as_str()))
}

fn required(order: &Order, capabilities: &Capabilities) -> Result<Vec<OrderError>, Problem> {
    let of_buyer = match order.buyer.kind {
        BuyerKind::Person => capabilities.required_of_person,
        BuyerKind::Business => capabilities.required_of_business,
    };
    let fields = || capabilities.required_fields.iter().chain(of_buyer);
    let document = serde_json::to_value(order).map_err(Problem::unavailable)?;
    let missing = |pointer: &&&str| document.pointer(pointer).is_none_or(Value::is_null);
    let absent = fields().filter(missing).map(|pointer| OrderError::at(*pointer, "is required by this provider"));
    let outside = capabilities.ranges.iter().filter_map(|range| out_of_range(range, &document));
    Ok(absent.chain(outside).collect())
}

fn own_rules(order: &Order, account: &Account) -> Vec<OrderError> {
    account.adapter.broken_rules(order)
}

/// All broken rules as one problem.
pub(crate) fn problem_of(broken: Vec<OrderError>) -> Result<(), Problem> {
    // One rule a field: the first says what to mend first.
    let mut seen = std::collections::BTreeSet::new();
    let broken: Vec<OrderError> = broken.into_iter().filter(|rule| seen.insert(rule.pointer.clone())).collect();
    if broken.is_empty() {
        return Ok(());
    }
    let only_sums = broken.iter().all(|rule| rule.lines_do_not_add_up);
    let code = if only_sums { ProblemCode::LinesDoNotAddUp } else { ProblemCode::ValidationFailed };
    let errors = broken.into_iter().map(|rule| FieldError { pointer: rule.pointer, detail: rule.detail }).collect();
    Err(Problem::with_errors(code, errors))
}
