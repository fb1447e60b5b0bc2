//! Payments to test with.

use jiff::{SignedDuration, Timestamp};
use payment::{
    Admission, AmendCommand, Amount, CaptureCommand, CaptureId, CaptureMode, Cause, CauseKind, Command, ConfirmCommand,
    DoubtPolicy, Fingerprint, Flow, IdempotencyKey, LineQuantity, NewPayment, News, Observation, Operation,
    OperationId, OperationKind, OperationNews, OperationStatus, Order, OrderNews, OrderState, Outcome, Payment,
    Receipt, RefundCommand, Refusal, Rejection, ResolvedBy, SignedClaim, Status, Ticket, Token, Whom,
};
use serde_json::{Value, json};

/// What the order of the tests is about, minor units.
pub(crate) const AMOUNT: i64 = 12_600;

/// Every text in the order that says something about a person begins with this.
pub(crate) const CANARY: &str = "canary";

pub(crate) fn order_json() -> Value {
    json!({
        "provider": "billie_pad", "reference": "ORD-1001", "description": "canary-description",
        "currency": "EUR", "amount": AMOUNT,
        "lines": [
            { "reference": "SKU-1", "name": "canary-chair", "kind": "goods", "quantity": 2, "unit_price": 6050, "tax_rate": "21" },
            { "reference": "BOOK", "name": "canary-book", "kind": "goods", "quantity": 3, "unit_price": 333, "tax_rate": "5.5" },
            { "reference": "SHIP", "name": "canary-delivery", "kind": "shipping", "quantity": 1, "unit_price": 501, "tax_rate": "21" },
            { "reference": "CODE", "name": "canary-voucher", "kind": "discount", "quantity": 1, "unit_price": -1000, "tax_rate": "21" }
        ],
        "buyer": {
            "kind": "business", "reference": "canary-customer",
            "person": { "first_name": "canary-uno", "last_name": "canary-eins", "initials": "canary-i", "salutation": "unknown",
                        "birth_date": "1990-01-31", "email": "canary@example.com", "phone": "canary-phone" },
            "company": { "name": "canary-gmbh", "legal_form": "10001", "registration_number": "canary-hrb",
                         "registration_court": "canary-court", "vat_number": "canary-vat", "tax_number": "canary-tax" },
            "ip_address": "203.0.113.10", "locale": "de-DE"
        },
        "billing_address": { "street": "canary-street", "house_number": "canary-4", "house_number_addition": "canary-a",
                             "postal_code": "canary-77716", "city": "canary-haslach", "country": "DE" },
        "shipping_address": null, "return_url": "https://shop.example/return", "payment_terms_days": 30,
        "metadata": { "cart": "c-77" }, "options": { "note": "canary-option" }
    })
}

pub(crate) fn order() -> Order {
    serde_json::from_value(order_json()).unwrap()
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    let start: Timestamp = "2026-01-05T10:00:00Z".parse().unwrap();
    start + SignedDuration::from_secs(seconds)
}

pub(crate) fn amount(minor: i64) -> Amount {
    Amount::new(minor).unwrap()
}

pub(crate) fn key(text: &str) -> IdempotencyKey {
    text.parse().unwrap()
}

pub(crate) fn body(text: &str) -> Fingerprint {
    Fingerprint::of(&text).unwrap()
}

pub(crate) fn cause() -> Cause {
    Cause::new(CauseKind::Api, "req-1")
}

/// A payment of 126.00 whose session is not open yet.
pub(crate) fn opened_with(flow: Flow, capture_mode: CaptureMode) -> (Payment, Ticket) {
    let new = NewPayment {
        merchant: "demo".parse().unwrap(),
        key: &key("create"),
        order: &order(),
        flow,
        capture_mode,
        livemode: false,
        token: Token::from_random([7; 16]),
        provider_account: None,
        opened_under: None,
        late_authorization: payment::LateAuthorization::default(),
        fingerprint: body("create"),
        cause: cause(),
    };
    Payment::open(new, at(0))
}

pub(crate) fn opened() -> (Payment, Ticket) {
    opened_with(Flow::Redirect, CaptureMode::Manual)
}

/// A payment of 126.00 that may be captured.
pub(crate) fn authorized() -> Payment {
    let (mut payment, ticket) = opened();
    settle(&mut payment, &ticket, done_with(OrderState::Authorized));
    assert!(payment.status == Status::Authorized);
    payment
}

/// An authorized payment with one settled capture.
pub(crate) fn captured(minor: i64) -> (Payment, CaptureId) {
    let mut payment = authorized();
    let ticket = capture(&mut payment, "c0", minor);
    settle(&mut payment, &ticket, done());
    let id = CaptureId::of(&ticket.operation);
    (payment, id)
}

pub(crate) fn done() -> Outcome {
    Outcome::Done(Receipt::default())
}

pub(crate) fn done_as(provider_reference: &str) -> Outcome {
    Outcome::Done(Receipt { provider_reference: Some(provider_reference.to_owned()), ..Receipt::default() })
}

pub(crate) fn done_for(minor: i64) -> Outcome {
    Outcome::Done(Receipt { amount: Some(amount(minor)), ..Receipt::default() })
}

pub(crate) fn done_with(state: OrderState) -> Outcome {
    Outcome::Done(Receipt { order: Some(OrderNews::of(state)), ..Receipt::default() })
}

pub(crate) fn pending() -> Outcome {
    Outcome::Pending(Receipt::default())
}

pub(crate) fn refused() -> Outcome {
    Outcome::Refused(Refusal { provider_code: Some("E-7".to_owned()), message: None })
}

pub(crate) fn settle(payment: &mut Payment, ticket: &Ticket, outcome: Outcome) -> bool {
    settle_at(payment, ticket, outcome, 1)
}

pub(crate) fn settle_at(payment: &mut Payment, ticket: &Ticket, outcome: Outcome, seconds: i64) -> bool {
    let changed = payment.settle(ticket, outcome, DoubtPolicy::Lookup, &cause(), at(seconds));
    sound(payment);
    changed
}

/// What must hold of every payment, whatever happened.
pub(crate) fn sound(payment: &Payment) {
    assert_eq!(payment.check_invariants(), Ok(()));
    let settled = payment::Amounts { capturing: Amount::ZERO, refunding: Amount::ZERO, ..payment.amounts() };
    assert_eq!(payment.replayed(), (payment.status, settled));
}

pub(crate) fn accept(payment: &mut Payment, command: Command, seconds: i64) -> Result<Admission, Rejection> {
    let result = payment.accept(command, at(seconds));
    sound(payment);
    result
}

/// The ticket of a command that must be accepted.
pub(crate) fn act(payment: &mut Payment, command: Command) -> Ticket {
    match accept(payment, command, 1).unwrap() {
        Admission::Act(ticket) => ticket,
        other => panic!("nothing to act on: {other:?}"),
    }
}

pub(crate) fn capturing(minor: i64) -> CaptureCommand {
    CaptureCommand { amount: Some(amount(minor)), ..CaptureCommand::default() }
}

pub(crate) fn capture_command(named: &str, minor: i64) -> Command {
    Command::capture(capturing(minor), key(named), body(&format!("capture {minor}")))
}

pub(crate) fn final_capture_command(named: &str, minor: i64) -> Command {
    let asked = CaptureCommand { releases_rest: true, ..capturing(minor) };
    Command::capture(asked, key(named), body(&format!("final capture {minor}")))
}

pub(crate) fn refund_command(named: &str, capture: Option<&CaptureId>, minor: i64) -> Command {
    let asked = RefundCommand { amount: Some(amount(minor)), capture_id: capture.cloned(), ..RefundCommand::default() };
    Command::refund(asked, key(named), body(&format!("refund {minor}")))
}

pub(crate) fn cancel_command(named: &str) -> Command {
    Command::cancel(key(named), body("cancel"))
}

pub(crate) fn amend_command(named: &str, minor: i64) -> Command {
    Command::amend(AmendCommand { amount: amount(minor) }, key(named), body(&format!("amend {minor}")))
}

pub(crate) fn confirm_command(named: &str, from_widget: bool) -> Command {
    Command::confirm(ConfirmCommand { from_widget }, key(named), body("confirm"))
}

pub(crate) fn units(reference: &str, quantity: u32) -> LineQuantity {
    LineQuantity { reference: reference.parse().unwrap(), quantity }
}

pub(crate) fn capture(payment: &mut Payment, named: &str, minor: i64) -> Ticket {
    act(payment, capture_command(named, minor))
}

pub(crate) fn refund(payment: &mut Payment, named: &str, capture: &CaptureId, minor: i64) -> Ticket {
    act(payment, refund_command(named, Some(capture), minor))
}

/// The request of a person's word.
pub(crate) fn by_a_person() -> ResolvedBy {
    ResolvedBy { key: body("key"), asked: body("word"), label: Some("desk".to_owned()) }
}

pub(crate) fn operation<'a>(payment: &'a Payment, id: &OperationId) -> &'a Operation {
    payment.operation(id).unwrap()
}

pub(crate) fn status_of(payment: &Payment, ticket: &Ticket) -> OperationStatus {
    operation(payment, &ticket.operation).status
}

pub(crate) fn last_of(payment: &Payment, kind: OperationKind) -> &Operation {
    payment.operations.iter().rfind(|o| o.kind() == kind).unwrap()
}

pub(crate) fn order_news(state: OrderState) -> News {
    News { order: Some(OrderNews::of(state)), ..News::default() }
}

pub(crate) fn operation_news(reference: &str, outcome: Outcome) -> News {
    let whom = vec![Whom::Reference(reference.to_owned())];
    News { operations: vec![OperationNews { whom, outcome }], ..News::default() }
}

pub(crate) fn news_of(payment: &Payment, ticket: &Ticket, outcome: Outcome) -> News {
    operation_news(&operation(payment, &ticket.operation).reference, outcome)
}

pub(crate) fn claim(payment: &mut Payment, news: News, seconds: i64) {
    payment.learn(SignedClaim::verified(news), &Cause::new(CauseKind::Webhook, "hook"), at(seconds));
    sound(payment);
}

pub(crate) fn observe(payment: &mut Payment, news: News, seconds: i64) {
    payment.learn(Observation::read(news), &Cause::new(CauseKind::Probe, "probe"), at(seconds));
    sound(payment);
}

/// The types of the facts after the first `skip`.
pub(crate) fn facts_after(payment: &Payment, skip: usize) -> Vec<&'static str> {
    payment.history.iter().skip(skip).map(|entry| entry.fact.event_type()).collect()
}

pub(crate) fn drifts(payment: &Payment) -> usize {
    facts_after(payment, 0).iter().filter(|kind| **kind == "payment.drift_detected").count()
}
