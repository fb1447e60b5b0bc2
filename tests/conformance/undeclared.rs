//! What a provider does not declare answers 422 by name, and nothing is sent.

use payment::{BuyerKind, CaptureMode, Flow, InstructionKind, OperationKind};
use providers::{Capabilities, OperationCapability, Range};
use serde_json::{Value, json};
use service::ProblemCode::{self, NotSupportedByProvider, ValidationFailed};

use crate::bench::{AMOUNT, Bench, PART};
use crate::cases::Cases;
use crate::deal::Deal;
use crate::step::{all, told};
use crate::table::{Stage, Table};

const FLOWS: [Flow; 3] = [Flow::Redirect, Flow::Widget, Flow::Direct];
const MODES: [CaptureMode; 2] = [CaptureMode::Manual, CaptureMode::Automatic];

/// Operations at a payment, with the last part of their address.
const OPERATIONS: [(OperationKind, &str); 9] = [
    (OperationKind::Confirm, "confirm"),
    (OperationKind::Capture, "captures"),
    (OperationKind::Refund, "refunds"),
    (OperationKind::Cancel, "cancel"),
    (OperationKind::Amend, "orders/amend"),
    (OperationKind::Tell(InstructionKind::Hold), "orders/hold"),
    (OperationKind::Tell(InstructionKind::Resume), "orders/resume"),
    (OperationKind::Tell(InstructionKind::Message), "orders/message"),
    (OperationKind::Tell(InstructionKind::DirectPayment), "orders/direct-payment"),
];

pub(crate) async fn check(table: &'static Table) {
    let bench = Bench::of(table).await;
    let mut cases = Cases::of(table);
    for wrong in wrong_orders(bench.capabilities) {
        let name = format!("order of {:?} with {} {}", wrong.buyer, wrong.pointer, wrong.value);
        cases.case(&name, order_refused(&bench, &wrong)).await;
    }
    for way in bench.ways() {
        for (kind, action) in OPERATIONS {
            let name = format!("{way:?} {}", kind.as_str());
            match bench.operation(kind, way.0) {
                None => cases.case(&name, operation_refused(&bench, way, (kind, action))).await,
                Some(declared) => {
                    if !declared.partial && way.1 == CaptureMode::Manual {
                        cases.case(&format!("{name} of a part"), part_refused(&bench, way, kind)).await;
                    }
                    for range in declared.ranges {
                        let name = format!("{name} out of the range of {}", range.pointer);
                        cases.case(&name, outside_refused(&bench, way, declared, *range)).await;
                    }
                    if !declared.requires.is_empty() && kind == OperationKind::Capture {
                        cases.case(&format!("{name} without what it requires"), bare_refused(&bench, way)).await;
                    }
                }
            }
        }
    }
    cases.end();
}

/// An order that is not the provider's.
struct WrongOrder {
    buyer: BuyerKind,
    /// What is different.
    pointer: String,
    /// Null: left out.
    value: Value,
    code: ProblemCode,
    /// Where the buyer is; at home where it does not matter.
    country: Option<&'static str>,
}

fn wrong_orders(capabilities: &Capabilities) -> Vec<WrongOrder> {
    let of = |buyer: BuyerKind| {
        move |pointer: &str, value: Value, code| WrongOrder {
            buyer,
            pointer: pointer.to_owned(),
            value,
            code,
            country: None,
        }
    };
    let mut wrong = Vec::new();
    for buyer in capabilities.buyers {
        let of_buyer = match buyer {
            BuyerKind::Person => capabilities.required_of_person,
            BuyerKind::Business => capabilities.required_of_business,
        };
        let required = capabilities.required_fields.iter().chain(of_buyer);
        wrong.extend(required.map(|pointer| of(*buyer)(pointer, Value::Null, ValidationFailed)));
    }
    for limit in capabilities.limits {
        let beyond = of(limit.buyer)("/amount", json!(limit.max_amount + 1), ValidationFailed);
        wrong.push(WrongOrder { country: Some(limit.country), ..beyond });
    }
    let usual = of(capabilities.buyers[0]);
    let mut add = |pointer: &str, value: Value, code| wrong.push(usual(pointer, value, code));
    for flow in FLOWS.into_iter().filter(|flow| !capabilities.flows.contains(flow)) {
        add("/flow", json!(flow), NotSupportedByProvider);
    }
    for mode in MODES.into_iter().filter(|mode| !capabilities.capture_modes.contains(mode)) {
        add("/capture", json!(mode), NotSupportedByProvider);
    }
    if !capabilities.countries.is_empty() {
        add("/billing_address/country", json!("US"), ValidationFailed);
    }
    if !capabilities.currencies.is_empty() {
        add("/currency", json!("GBP"), ValidationFailed);
    }
    if !capabilities.enrols {
        add("/amount", json!(0), ValidationFailed);
    }
    for kind in [BuyerKind::Person, BuyerKind::Business].into_iter().filter(|kind| !capabilities.buyers.contains(kind))
    {
        add("/buyer/kind", json!(kind), ValidationFailed);
    }
    for range in capabilities.ranges {
        let outside = std::iter::once(range.min - 1).chain(range.max.map(|max| max + 1));
        outside.for_each(|number| add(range.pointer, json!(number), ValidationFailed));
    }
    wrong
}

async fn order_refused(bench: &Bench, wrong: &WrongOrder) {
    let WrongOrder { buyer, pointer, value, code, country } = wrong;
    let mut order = bench.order(bench.ways()[0]).await.of_buyer(*buyer);
    if let Some(country) = country {
        order = order.with("/billing_address/country", *country);
    }
    let order = match value {
        Value::Null => order.without(pointer),
        Value::Number(minor) if pointer == "/amount" => order.of_amount(minor.as_i64().unwrap()),
        _ => order.with(pointer, value.clone()),
    };
    bench.sandbox.forget_calls().await;
    let before = bench.site.table().keys().await;
    let refused = bench.api.post("/v1/payments", order.json()).await.expect_problem(*code);
    assert!(refused.pointers().contains(&pointer.as_str()), "{:#}", refused.body);
    assert_eq!(refused.at("/retry"), "never");
    assert_eq!(bench.sandbox.calls().await, Vec::<Value>::new(), "something was sent");
    assert_eq!(bench.site.table().keys().await, before, "something was written");
}

/// Asks for an operation that nobody has, at payments however far.
async fn operation_refused(bench: &Bench, way: (Flow, CaptureMode), (kind, action): (OperationKind, &str)) {
    let body = match kind {
        OperationKind::Amend => json!({ "amount": PART }),
        OperationKind::Tell(kind) => told(kind, PART),
        _ => json!({}),
    };
    for stage in [Stage::Open, Stage::Authorized] {
        let deal = bench.at(stage, way).await;
        refused(&deal, action, &body, &[]).await;
    }
}

async fn part_refused(bench: &Bench, way: (Flow, CaptureMode), kind: OperationKind) {
    match kind {
        OperationKind::Capture => {
            let deal = bench.authorized(way).await;
            refused(&deal, "captures", &bench.capture(way.0, Some(AMOUNT - 1)), &["/amount"]).await;
            let mut lines = bench.capture(way.0, None);
            lines["lines"] = json!([{ "reference": "CHAIR", "quantity": 1 }]);
            refused(&deal, "captures", &lines, &["/lines"]).await;
        }
        OperationKind::Refund => {
            let deal = bench.captured(way).await;
            refused(&deal, "refunds", &json!({ "amount": PART }), &["/amount"]).await;
        }
        // There is a rest only where a part can be captured.
        OperationKind::Cancel if bench.operation(OperationKind::Capture, way.0).is_some_and(|o| o.partial) => {
            let deal = bench.authorized(way).await;
            let _ = deal.post("captures", &bench.capture(way.0, Some(PART))).await.expect(201);
            refused(&deal, "cancel", &json!({}), &[]).await;
        }
        _ => {}
    }
}

async fn bare_refused(bench: &Bench, way: (Flow, CaptureMode)) {
    let deal = bench.authorized(way).await;
    let requires = bench.operation(OperationKind::Capture, way.0).unwrap().requires;
    let before = bench.effects().await;
    let refused = deal.post("captures", &json!({})).await.expect_problem(ValidationFailed);
    assert_eq!(refused.pointers(), requires);
    assert_eq!(bench.effects().await, before, "something was sent");
}

async fn outside_refused(bench: &Bench, way: (Flow, CaptureMode), of: &OperationCapability, range: Range) {
    let mut steps = all(bench.table).0.into_iter();
    let step = steps.rfind(|step| step.capability.kind == of.kind && step.way == way).unwrap();
    let ready = step.ready(bench).await;
    let before = bench.effects().await;
    for number in [Some(range.min - 1), range.max.map(|max| max + 1)].into_iter().flatten() {
        let mut wrong = ready.anew();
        tests::orders::set(&mut wrong.body, range.pointer, json!(number));
        assert_eq!(wrong.ask().await.expect_problem(ValidationFailed).pointers(), [range.pointer], "{number}");
    }
    assert_eq!(bench.effects().await, before, "something was sent");
    for number in [Some(range.min), range.max].into_iter().flatten() {
        let mut right = step.ready(bench).await;
        tests::orders::set(&mut right.body, range.pointer, json!(number));
        let _ = right.ask().await.expect(step.done());
    }
}

/// Asks, and checks that it is refused by name, that nothing was sent and that the payment stands as before.
async fn refused(deal: &Deal<'_>, action: &str, body: &Value, pointers: &[&str]) {
    let (before, effects) = (deal.agreed().await, deal.bench.effects().await);
    let refused = deal.post(action, body).await.expect_problem(NotSupportedByProvider);
    assert_eq!(refused.pointers(), pointers, "{action} {body}");
    assert_eq!(deal.bench.effects().await, effects, "{action} {body}: something was sent");
    let after = deal.agreed().await;
    let of = |payment: &Value| [payment["status"].clone(), payment["amounts"].clone(), payment["operations"].clone()];
    assert_eq!(of(&after), of(&before), "{action} {body}");
}
