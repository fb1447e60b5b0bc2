//! Whole lives without a mishap: after every step the books of the stand-in are the amounts of the API.

use payment::{BuyerKind, CaptureMode, Flow, InstructionKind, OperationKind};
use providers::OperationCapability;
use serde_json::json;

use crate::bench::{AMOUNT, Bench, PART};
use crate::cases::Cases;
use crate::deal::Deal;
use crate::step::all;
use crate::table::{Table, Told};

type Way = (Flow, CaptureMode);

pub(crate) async fn check(table: &'static Table) {
    let bench = Bench::of(table).await;
    let mut cases = Cases::of(table);
    for way in bench.ways() {
        let named = |what: &str| format!("{way:?} {what}");
        let cancel = bench.operation(OperationKind::Cancel, way.0);
        for buyer in bench.capabilities.buyers {
            cases.case(&named(&format!("life of {buyer:?}")), life(&bench, way, *buyer)).await;
        }
        if cancel.is_some() && way.1 == CaptureMode::Manual {
            cases.case(&named("cancel"), canceled(&bench, way)).await;
        }
        if let Some(cancel) = cancel {
            cases.case(&named("early cancel"), canceled_early(&bench, way, cancel.once_ordered)).await;
        }
        let partial = |kind| bench.operation(kind, way.0).is_some_and(|o| o.partial);
        if partial(OperationKind::Capture) && partial(OperationKind::Cancel) {
            cases.case(&named("release of the rest"), rest_released(&bench, way)).await;
        }
        for kind in InstructionKind::ALL {
            if let Some(capability) = bench.operation(OperationKind::Tell(kind), way.0) {
                cases.case(&named(kind.as_str()), told(&bench, way, capability)).await;
            }
        }
        if bench.operation(OperationKind::Amend, way.0).is_some() && way.1 == CaptureMode::Manual {
            cases.case(&named("amend"), amended(&bench, way)).await;
        }
    }
    cases.case("events", events(&bench)).await;
    cases.end();
}

/// Opened, accepted, confirmed, captured, refunded: in parts where parts are declared.
async fn life(bench: &Bench, way: Way, buyer: BuyerKind) {
    let order = bench.order(way).await.of_buyer(buyer);
    let mut deal = bench.open_with(way, order).await;
    let opened = deal.agreed().await;
    let confirm = bench.operation(OperationKind::Confirm, way.0);
    let waits = match way.0 {
        Flow::Redirect | Flow::Widget => "requires_action",
        Flow::Direct if confirm.is_some_and(|confirm| confirm.calls) => "requires_confirmation",
        Flow::Direct if way.1 == CaptureMode::Automatic => "captured",
        Flow::Direct => "authorized",
    };
    assert_eq!(opened["status"], waits);
    let action = match way.0 {
        Flow::Redirect => json!("redirect"),
        Flow::Widget => json!("widget"),
        Flow::Direct => json!(null),
    };
    assert_eq!(opened["action"]["kind"], action);
    deal.buyer("accept").await;
    deal.promised().await;
    if way.1 == CaptureMode::Automatic {
        deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
    } else {
        deal.ends("authorized", [AMOUNT, 0, 0, 0]).await;
        let Some(capture) = bench.operation(OperationKind::Capture, way.0) else { return };
        if capture.partial {
            let first = deal.post("captures", &bench.capture(way.0, Some(PART))).await.expect(201);
            assert_eq!((first.at("/status"), first.at("/amount")), (&json!("succeeded"), &json!(PART)));
            deal.ends("partially_captured", [AMOUNT, 0, PART, 0]).await;
        }
        let rest = deal.post("captures", &bench.capture(way.0, None)).await.expect(201);
        assert_eq!(rest.at("/status"), "succeeded");
        deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
    }
    let Some(refund) = bench.operation(OperationKind::Refund, way.0) else { return };
    let captures = deal.get().await["captures"].as_array().unwrap().clone();
    let mut given = 0;
    for capture in captures {
        let (id, amount) = (&capture["id"], capture["amount"].as_i64().unwrap());
        let parts = if refund.partial { vec![1_000, amount - 1_000] } else { vec![amount] };
        for part in parts {
            let body = json!({ "capture_id": id, "amount": part, "reason": "One chair was damaged" });
            let refunded = deal.post("refunds", &body).await.expect(201);
            assert_eq!((refunded.at("/status"), refunded.at("/capture_id")), (&json!("succeeded"), id));
            given += part;
            deal.ends("captured", [AMOUNT, 0, AMOUNT, given]).await;
        }
    }
    assert_eq!(given, AMOUNT);
}

async fn canceled(bench: &Bench, way: Way) {
    let deal = bench.authorized(way).await;
    let canceled = deal.post("cancel", &json!({})).await.expect(200);
    assert_eq!(canceled.at("/status"), "canceled");
    deal.ends("canceled", [AMOUNT, AMOUNT, 0, 0]).await;
    // What is called off stays so, however often somebody looks.
    deal.refreshed().await;
    deal.ends("canceled", [AMOUNT, AMOUNT, 0, 0]).await;
    assert!(!deal.story().await.contains(&"payment.drift_detected".to_owned()));
}

async fn canceled_early(bench: &Bench, way: Way, once_ordered: bool) {
    let deal = bench.open(way).await;
    let before = deal.agreed().await;
    if before["status"] == "captured" || before["status"] == "authorized" {
        return;
    }
    let answer = deal.post("cancel", &json!({})).await;
    if once_ordered {
        let _ = answer.expect_problem(service::ProblemCode::NotSupportedByProvider);
        assert_eq!(deal.agreed().await["status"], before["status"]);
    } else {
        let _ = answer.expect(200);
        deal.ends("canceled", [0, 0, 0, 0]).await;
    }
}

async fn rest_released(bench: &Bench, way: Way) {
    let deal = bench.authorized(way).await;
    let _ = deal.post("captures", &bench.capture(way.0, Some(PART))).await.expect(201);
    let _ = deal.post("cancel", &json!({})).await.expect(200);
    deal.ends("captured", [AMOUNT, AMOUNT - PART, PART, 0]).await;
    let other = bench.authorized(way).await;
    let mut last = bench.capture(way.0, Some(PART));
    last["final"] = json!(true);
    let _ = other.post("captures", &last).await.expect(201);
    other.ends("captured", [AMOUNT, AMOUNT - PART, PART, 0]).await;
}

/// Lowered before a capture and, where that is declared, after one: what is left is captured to the cent.
async fn amended(bench: &Bench, way: Way) {
    let amend = async |deal: &Deal<'_>, amount: i64| {
        let _ = deal.post("orders/amend", &json!({ "amount": amount })).await.expect(200);
    };
    let after_capture = bench.operation(OperationKind::Amend, way.0).is_some_and(|o| o.partial);
    let deal = bench.authorized(way).await;
    amend(&deal, AMOUNT - 100).await;
    deal.ends("authorized", [AMOUNT, 100, 0, 0]).await;
    // An order of the lowered amount is no news, however often somebody looks.
    deal.refreshed().await;
    let _ = deal.post("captures", &bench.capture(way.0, Some(PART))).await.expect(201);
    if after_capture {
        amend(&deal, AMOUNT - 200).await;
        deal.ends("partially_captured", [AMOUNT, 200, PART, 0]).await;
    }
    let released = if after_capture { 200 } else { 100 };
    let _ = deal.post("captures", &bench.capture(way.0, None)).await.expect(201);
    deal.ends("captured", [AMOUNT, released, AMOUNT - released, 0]).await;
    deal.refreshed().await;
    assert!(!deal.story().await.contains(&"payment.drift_detected".to_owned()));
    if after_capture {
        let other = bench.authorized(way).await;
        let _ = other.post("captures", &bench.capture(way.0, Some(PART))).await.expect(201);
        amend(&other, PART).await;
        other.ends("captured", [AMOUNT, AMOUNT - PART, PART, 0]).await;
    }
}

/// Told once, shown by the books and by an event, and no money moved: an answer that is asked for again is a replay.
async fn told(bench: &Bench, way: Way, capability: &OperationCapability) {
    let mut steps = all(bench.table).0.into_iter();
    let step = steps.rfind(|step| step.capability.kind == capability.kind && step.way == way).unwrap();
    let ready = step.ready(bench).await;
    let before = ready.deal.as_ref().unwrap().agreed().await;
    bench.sandbox.forget_calls().await;
    let deal = ready.deal_of(&ready.ask().await.expect(step.done()));
    assert!(ready.ask().await.expect(step.done()).is_replay());
    assert_eq!(ready.count().await, 1);
    let after = deal.agreed().await;
    assert_eq!((&after["status"], &after["amounts"]), (&before["status"], &before["amounts"]));
    let newest = deal.newest().await;
    let amount = ready.body["amount"].as_i64().unwrap_or_default();
    assert_eq!(newest["kind"], step.kind().as_str());
    assert_eq!((&newest["status"], &newest["amount"]), (&json!("succeeded"), &json!(amount)));
    let story = deal.timeline().await.into_iter();
    let told: Vec<_> = story.filter(|entry| entry["operation"]["kind"] == newest["kind"]).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["operation"], json!({ "id": newest["id"], "kind": newest["kind"], "amount": amount }));
    let OperationKind::Tell(kind) = step.kind() else { unreachable!() };
    for Told(_, part, shown) in bench.table.told.iter().filter(|row| row.0 == kind) {
        let books = bench.sandbox.books().await;
        let mut orders = books["orders"].as_array().unwrap().iter();
        let order = orders.rfind(|order| order["reference"] == after["order_reference"]).unwrap();
        assert_eq!(order[part], serde_json::from_str::<serde_json::Value>(shown).unwrap(), "{order:#}");
    }
}

/// What the shop is told by its queues is the timeline.
async fn events(bench: &Bench) {
    let deal = bench.captured(bench.ways()[0]).await;
    let story = deal.story().await;
    let mut queues = bench.site.queues();
    let events = queues.of_payment(&deal.id, story.len().try_into().unwrap()).await;
    let told: Vec<String> = events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect();
    let expected: Vec<String> = story.iter().map(|kind| format!("paylater.{kind}.v1")).collect();
    assert_eq!(told, expected);
}
