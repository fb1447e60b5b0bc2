//! Where a confirmation is declared and is no call, it only looks.

use payment::OperationKind;
use serde_json::json;
use service::ProblemCode::{IdempotencyKeyReused, StatusDoesNotAllow};

use crate::bench::Bench;
use crate::cases::Cases;
use crate::table::Table;

pub(crate) async fn check(table: &'static Table) {
    let bench = Bench::of(table).await;
    let mut cases = Cases::of(table);
    for way in bench.ways() {
        if bench.operation(OperationKind::Confirm, way.0).is_some_and(|confirm| !confirm.calls) {
            cases.case(&format!("{way:?}"), looks(&bench, way)).await;
        }
    }
    cases.end();
}

async fn looks(bench: &Bench, way: (payment::Flow, payment::CaptureMode)) {
    let mut deal = bench.open(way).await;
    bench.sandbox.forget_calls().await;
    let open = deal.get().await;
    if open["status"] == "requires_action" {
        let early = deal.post("confirm", &json!({})).await;
        let _ = early.expect_problem(StatusDoesNotAllow);
        deal.buyer("accept").await;
        deal.becomes(&["authorized", "captured"]).await;
    }
    let before = deal.agreed().await;
    let key = uuid::Uuid::new_v4().to_string();
    let first = bench.api.post_as(&key, &deal.path("confirm"), &json!({})).await.expect(200);
    assert!(!first.is_replay());
    let again = bench.api.post_as(&key, &deal.path("confirm"), &json!({})).await.expect(200);
    assert!(again.is_replay());
    let other = bench.api.post_as(&key, &deal.path("confirm"), &json!({ "widget_result": {} })).await;
    let _ = other.expect_problem(IdempotencyKeyReused);
    let after = deal.agreed().await;
    assert_eq!((&after["status"], &after["amounts"]), (&before["status"], &before["amounts"]));
    assert_eq!(bench.effects().await, 0, "something was sent: {:#?}", bench.sandbox.calls().await);
}
