//! The operator's desk.

use serde_json::{Value, json};
use service::ProblemCode;
use tests::{Order, Site, orders};

/// A payment with a capture whose outcome nobody knows, and the capture's operation.
async fn in_doubt(site: &Site) -> (String, Value) {
    let id = site.api.post("/v1/payments", Order::billie_pad_at_once().json()).await.expect(201).id().to_owned();
    site.billie_pad().fault(json!({ "call": "capture", "kind": "drop_after" })).await;
    let capture = site.api.post(&format!("/v1/payments/{id}/captures"), &orders::capture()).await.expect(202);
    (id, capture.at("/operation_id").clone())
}

#[tokio::test]
async fn an_operation_in_doubt_is_on_the_desk() {
    let site = Site::start_own(Default::default()).await;
    let (id, operation) = in_doubt(&site).await;
    let desk = site.operator().get("/v1/operations?status=in_doubt").await.expect(200);
    let listed: Vec<_> = desk.at("/data").as_array().unwrap().iter().map(|o| (&o["payment_id"], &o["id"])).collect();
    assert_eq!(listed, [(&json!(id), &operation)]);
    let others = site.operator().get("/v1/operations?status=needs_operator").await.expect(200);
    assert_eq!(others.at("/data"), &json!([]));
}

#[tokio::test]
async fn what_does_not_need_a_person_is_not_settled_by_one() {
    let site = Site::start_own(Default::default()).await;
    let (id, operation) = in_doubt(&site).await;
    let word = json!({ "outcome": "rejected", "reason": "I think so" });
    let path = format!("/v1/payments/{id}/operations/{}/resolve", operation.as_str().unwrap());
    let answer = site.operator().post(&path, &word).await.expect_problem(ProblemCode::StatusDoesNotAllow);
    assert_eq!(answer.at("/operation_id"), &operation);
}

#[tokio::test]
async fn an_operation_that_the_payment_does_not_have_is_not_found() {
    let site = Site::start_own(Default::default()).await;
    let (id, _) = in_doubt(&site).await;
    let word = json!({ "outcome": "rejected", "reason": "I think so" });
    for operation in ["op_00000000000000000000000000", "Zyzzyva", "%00"] {
        let path = format!("/v1/payments/{id}/operations/{operation}/resolve");
        let answer = site.operator().post(&path, &word).await.expect_problem(ProblemCode::PaymentNotFound);
        assert!(!answer.body.to_string().contains("Zyzzyva"), "{}", answer.body);
    }
}

#[tokio::test]
async fn the_desk_is_asked_for_one_status() {
    let site = Site::start_own(Default::default()).await;
    for query in ["", "?status=", "?status=Zyzzyva", "?status=succeeded", "?status=in_doubt&status=needs_operator"] {
        let answer = site.operator().get(&format!("/v1/operations{query}")).await;
        let answer = answer.expect_problem(ProblemCode::ValidationFailed);
        assert_eq!(answer.pointers(), ["?status"], "{query}");
        assert!(!answer.body.to_string().contains("Zyzzyva"), "{}", answer.body);
    }
}
