//! What a payment says may be asked of it is what may be asked of it, however far it is, and until when.

use payment::{CaptureMode, Flow, InstructionKind, OperationKind};
use serde_json::{Value, json};

use crate::bench::{Bench, PART};
use crate::cases::{Cases, spread};
use crate::deal::Deal;
use crate::step::told;
use crate::table::{Stage, Table};

type Way = (Flow, CaptureMode);

/// Every action, with the last part of its address.
const ACTIONS: [(&str, &str); 9] = [
    ("confirm", "confirm"),
    ("capture", "captures"),
    ("refund", "refunds"),
    ("cancel", "cancel"),
    ("amend", "orders/amend"),
    ("hold", "orders/hold"),
    ("resume", "orders/resume"),
    ("message", "orders/message"),
    ("direct_payment", "orders/direct-payment"),
];

/// How far a payment is that is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point {
    At(Stage),
    PartCaptured,
}

pub(crate) async fn check(table: &'static Table) {
    let capabilities = crate::bench::capabilities(table);
    let has = |kind, way: Way| capabilities.operation(kind, way.0).filter(|_| way.1 == CaptureMode::Manual);
    let mut items = Vec::new();
    for way in crate::bench::ways(capabilities) {
        items.extend([Stage::Open, Stage::Authorized, Stage::Captured].map(|stage| (way, Point::At(stage))));
        if has(OperationKind::Capture, way).is_some_and(|capture| capture.partial) {
            items.push((way, Point::PartCaptured));
        }
        if has(OperationKind::Cancel, way).is_some() {
            items.push((way, Point::At(Stage::Canceled)));
        }
    }
    spread(table, items, async |bench: &Bench, cases: &mut Cases, (way, point)| {
        cases.case(&format!("{way:?} {point:?}"), what_is_said_is_so(bench, way, point)).await;
    })
    .await;
}

async fn prepared(bench: &Bench, way: Way, point: Point) -> Deal<'_> {
    match point {
        Point::At(stage) => {
            let mut deal = bench.at(stage, way).await;
            if stage == Stage::Open && way.0 == Flow::Widget {
                deal.buyer("accept").await;
            }
            deal
        }
        Point::PartCaptured => {
            let deal = bench.authorized(way).await;
            let _ = deal.post("captures", &bench.capture(way.0, Some(PART))).await.expect(201);
            deal
        }
    }
}

/// Asks for every action: as far as it is said to be allowed, each at a payment of its own, or for anything, all at one,
/// which stays as it is.
async fn what_is_said_is_so(bench: &Bench, way: Way, point: Point) {
    let untouched = prepared(bench, way, point).await;
    let said = untouched.get().await;
    deadlines_are_the_sessions(&said);
    let entry = |list: &str, action: &str| {
        said[list].as_array().unwrap().iter().find(|entry| entry["action"] == action).cloned()
    };
    for (action, path) in ACTIONS {
        let (allowed, unavailable) = (entry("allowed_actions", action), entry("unavailable_actions", action));
        let own = if allowed.is_some() { Some(prepared(bench, way, point).await) } else { None };
        let deal = own.as_ref().unwrap_or(&untouched);
        let before = deal.get().await;
        let most = allowed.as_ref().and_then(|entry| entry["max_amount"].as_i64()).unwrap_or(1);
        let body = match action {
            "capture" => bench.capture(way.0, allowed.as_ref().map(|_| most)),
            "refund" | "amend" => json!({ "amount": most }),
            // A provider may have a least amount.
            "direct_payment" => told(InstructionKind::DirectPayment, most.max(PART)),
            "hold" => told(InstructionKind::Hold, most),
            "message" => told(InstructionKind::Message, most),
            "confirm" => deal.confirmation.clone(),
            _ => json!({}),
        };
        let answer = deal.post(path, &body).await;
        let told_of = format!("{action}: {:#}", answer.body);
        match (allowed, unavailable) {
            // Whether an order is on hold is for the provider to say: it may have been put there by anybody.
            (Some(_), None) if action == "resume" => assert_eq!(answer.code(), "provider_refused", "{told_of}"),
            (Some(_), None) => assert!(answer.status < 300, "was said to be allowed, {told_of}"),
            (None, Some(why)) if why["reason"] == "nothing_left" => {
                let after = deal.get().await;
                assert_eq!((&after["status"], &after["amounts"]), (&before["status"], &before["amounts"]), "{told_of}");
            }
            (None, Some(why)) => assert_eq!(answer.code(), why["reason"], "{told_of}"),
            lists => panic!("{action} is to be in one list: {lists:?}"),
        }
    }
}

/// A confirmation and an early cancellation are possible until the session ends. There is no other window.
fn deadlines_are_the_sessions(payment: &Value) {
    for entry in payment["allowed_actions"].as_array().unwrap() {
        let with_session = matches!(entry["action"].as_str(), Some("confirm" | "cancel"));
        let end = if with_session { &payment["action"]["expires_at"] } else { &Value::Null };
        assert_eq!(&entry["before"], end, "{entry} of {payment:#}");
    }
}
