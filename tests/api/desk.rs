//! The operator's desk.

use serde_json::{Value, json};
use service::ProblemCode;
use tests::{Order, Site, orders};

/// A payment with a capture whose outcome nobody knows, and the capture's operation.
async fn in_doubt(site: &Site) -> (String, Value) {
    let id = site.api.post("/v1/payments", Order::billie_pad_at_once().json()).await.expect(201).id().to_owned();
    let operation = captured_unseen(site, &id, &orders::capture()).await;
    (id, operation)
}

/// The operation of a capture whose outcome nobody can see.
async fn captured_unseen(site: &Site, id: &str, body: &Value) -> Value {
    let sandbox = site.billie_pad();
    sandbox.fault(json!({ "call": "get_order", "kind": "http_5xx", "times": 1_000 })).await;
    sandbox.fault(json!({ "call": "capture", "kind": "drop_after" })).await;
    let capture = site.api.post(&format!("/v1/payments/{id}/captures"), body).await.expect(202);
    capture.at("/operation_id").clone()
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
async fn the_desk_is_told_page_by_page_and_nothing_is_left_out() {
    let site = Site::start_own(Default::default()).await;
    site.billie_pad().webhooks(json!({ "mode": "held" })).await;
    let mut expected = Vec::new();
    for _ in 0..2 {
        let id = site.api.post("/v1/payments", Order::billie_pad_at_once().json()).await.expect(201).id().to_owned();
        for minor in [1_000, 2_000] {
            let mut part = orders::capture();
            part["amount"] = json!(minor);
            expected.push(captured_unseen(&site, &id, &part).await);
        }
    }
    for limit in 1..=5 {
        let (mut listed, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = site.operator().get(&format!("/v1/operations?status=in_doubt&limit={limit}{cursor}")).await;
            let page = page.expect(200);
            let told = page.at("/data").as_array().unwrap();
            assert!(told.len() <= limit);
            listed.extend(told.iter().map(|operation| operation["id"].clone()));
            let Some(next) = page.at("/next_cursor").as_str() else { break };
            assert_eq!(told.len(), limit, "only the last page is short here");
            cursor = format!("&cursor={next}");
        }
        assert_eq!(listed, expected, "{limit} a page");
    }
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

#[tokio::test]
async fn what_the_desk_is_asked_for_wrongly_is_said_by_name() {
    let site = Site::start_own(Default::default()).await;
    // "0|a…#pay_aa|0": well formed, and longer than any key of the table.
    let endless = format!("cursor=MHxh{}I3BheV9hYXww", "YWFh".repeat(400));
    for (query, pointer) in [
        ("limit=0", "?limit"),
        ("limit=101", "?limit"),
        ("cursor=Zyzzyva", "?cursor"),
        ("cursor=", "?cursor"),
        (endless.as_str(), "?cursor"),
        ("colour=Zyzzyva", "?colour"),
    ] {
        let answer = site.operator().get(&format!("/v1/operations?status=in_doubt&{query}")).await;
        let answer = answer.expect_problem(ProblemCode::ValidationFailed);
        assert_eq!(answer.pointers(), [pointer], "{query}");
        assert!(!answer.body.to_string().contains("Zyzzyva"), "{}", answer.body);
    }
}
