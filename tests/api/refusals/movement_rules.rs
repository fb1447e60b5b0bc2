//! Rules of captures, refunds and confirmations: of the ledger, of the status, of the provider.

use serde_json::{Value, json};
use tests::{Answer, orders};

use super::{Bench, not_refused_at, nothing_found};

/// What is asked of which payment, the code and the field; no field where it is about the whole.
type Asked = (&'static str, Answer, &'static str, &'static str);

async fn wrong_movements(bench: &Bench) -> Vec<Asked> {
    let api = &bench.site.api;
    let post = async |id: &String, path: &str, body: Value| api.post(&format!("/v1/payments/{id}/{path}"), &body).await;
    let invoiced = |fields: Value| {
        let mut body = orders::capture();
        body.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
        body
    };
    let lines = |reference: &str, quantity: u32| json!({ "lines": [{ "reference": reference, "quantity": quantity }] });
    let (open, part, page, whole) = (&bench.authorized, &bench.captured, &bench.waiting, &bench.whole_only);
    let capture = async |id, fields| post(id, "captures", invoiced(fields)).await;
    let refund = async |id, fields| post(id, "refunds", fields).await;
    let amend = async |id, amount: i64| post(id, "orders/amend", json!({ "amount": amount })).await;
    let paid = async |id, fields| post(id, "orders/direct-payment", fields).await;
    let nobodys = "cap_00000000000000000000000000";
    vec![
        (
            "more than was authorized",
            capture(open, json!({ "amount": 12_601 })).await,
            "amount_exceeds_authorized",
            "/amount",
        ),
        ("more than is left", capture(part, json!({ "amount": 6_551 })).await, "amount_exceeds_authorized", "/amount"),
        ("nothing", capture(open, json!({ "amount": 0 })).await, "validation_failed", "/amount"),
        ("a line that is not there", capture(open, lines("ZYZ", 1)).await, "validation_failed", "/lines/0/reference"),
        ("more units than ordered", capture(open, lines("SHIP", 2)).await, "validation_failed", "/lines/0/quantity"),
        (
            "the same line twice",
            capture(
                open,
                json!({ "lines": [{ "reference": "SHIP", "quantity": 1 }, { "reference": "SHIP", "quantity": 1 }] }),
            )
            .await,
            "validation_failed",
            "/lines/1/reference",
        ),
        (
            "lines of another amount",
            capture(open, json!({ "amount": 6_051, "lines": [{ "reference": "CHAIR", "quantity": 1 }] })).await,
            "lines_do_not_add_up",
            "/amount",
        ),
        (
            "no invoice where one is needed",
            post(open, "captures", json!({})).await,
            "validation_failed",
            "/invoice/number",
        ),
        (
            "no invoice address where one is needed",
            post(open, "captures", json!({ "invoice": { "number": "1" } })).await,
            "validation_failed",
            "/invoice/url",
        ),
        (
            "an invoice in its own address",
            capture(open, json!({ "invoice": { "number": "1", "url": "data:application/pdf;base64,JVBERi0=" } })).await,
            "validation_failed",
            "/invoice/url",
        ),
        (
            "an address without end",
            capture(
                open,
                json!({ "shipment": { "tracking_url": format!("https://a.example/{}", "a".repeat(2_000)) } }),
            )
            .await,
            "validation_failed",
            "/shipment/tracking_url",
        ),
        (
            "a part where there is only the whole",
            post(whole, "captures", json!({ "amount": 1 })).await,
            "not_supported_by_provider",
            "/amount",
        ),
        ("a capture while the buyer decides", capture(page, json!({})).await, "status_does_not_allow", ""),
        (
            "a capture without its invoice while the buyer decides",
            post(page, "captures", json!({})).await,
            "status_does_not_allow",
            "",
        ),
        (
            "a capture with an address of no kind while the buyer decides",
            capture(page, json!({ "invoice": { "number": "1", "url": "data:," } })).await,
            "status_does_not_allow",
            "",
        ),
        ("a refund before any capture", refund(open, json!({})).await, "status_does_not_allow", ""),
        ("a refund while the buyer decides", refund(page, json!({})).await, "status_does_not_allow", ""),
        (
            "a refund of more than was captured",
            refund(part, json!({ "amount": 6_051 })).await,
            "amount_exceeds_captured",
            "/amount",
        ),
        ("a refund of nothing", refund(part, json!({ "amount": 0 })).await, "validation_failed", "/amount"),
        (
            "a refund of a capture that is not there",
            refund(part, json!({ "capture_id": nobodys })).await,
            "validation_failed",
            "/capture_id",
        ),
        (
            "a refund of a line that is not there",
            refund(part, lines("ZYZ", 1)).await,
            "validation_failed",
            "/lines/0/reference",
        ),
        (
            "a refund of more units than ordered",
            refund(part, lines("SHIP", 2)).await,
            "validation_failed",
            "/lines/0/quantity",
        ),
        (
            "a refund of lines of another amount",
            refund(part, json!({ "amount": 501, "lines": [{ "reference": "SHIP", "quantity": 1 }] })).await,
            "lines_do_not_add_up",
            "/amount",
        ),
        ("a promise raised", amend(open, 12_601).await, "validation_failed", "/amount"),
        ("a promise left as it is", amend(open, 12_600).await, "validation_failed", "/amount"),
        ("a promise of nothing", amend(open, 0).await, "validation_failed", "/amount"),
        ("a promise of less than was captured", amend(part, 6_049).await, "validation_failed", "/amount"),
        ("a promise that is not there yet", amend(page, 1).await, "status_does_not_allow", ""),
        ("an amendment where there is none", amend(whole, 1).await, "not_supported_by_provider", ""),
        (
            "a payment of more than is captured",
            paid(part, json!({ "amount": 6_051 })).await,
            "validation_failed",
            "/amount",
        ),
        (
            "a payment of less than the provider takes",
            paid(part, json!({ "amount": 9 })).await,
            "validation_failed",
            "/amount",
        ),
        (
            "a payment of a capture that is not there",
            paid(part, json!({ "amount": 10, "capture_id": nobodys })).await,
            "validation_failed",
            "/capture_id",
        ),
        ("a payment before any capture", paid(open, json!({ "amount": 10 })).await, "status_does_not_allow", ""),
        (
            "a payment of too little before any capture",
            paid(open, json!({ "amount": 9 })).await,
            "status_does_not_allow",
            "",
        ),
        (
            "a payment where nobody takes note",
            paid(whole, json!({ "amount": 10 })).await,
            "not_supported_by_provider",
            "",
        ),
        ("a hold where there is none", post(part, "orders/hold", json!({})).await, "not_supported_by_provider", ""),
        ("a hold of no days", post(part, "orders/hold", json!({ "days": 0 })).await, "validation_failed", "/days"),
        ("a message without a word", post(part, "orders/message", json!({})).await, "validation_failed", "/text"),
        (
            "an end of a hold with a field",
            post(part, "orders/resume", json!({ "days": 1 })).await,
            "validation_failed",
            "/days",
        ),
        ("an amendment to no amount", post(open, "orders/amend", json!({})).await, "validation_failed", "/amount"),
        (
            "a confirmation where there is nothing to confirm",
            post(open, "confirm", json!({})).await,
            "not_supported_by_provider",
            "",
        ),
        (
            "a confirmation before the buyer decided",
            post(page, "confirm", json!({})).await,
            "status_does_not_allow",
            "",
        ),
    ]
}

#[tokio::test]
async fn a_movement_that_breaks_a_rule_is_refused_and_moves_nothing() {
    let bench = Bench::new().await;
    let before = (books(&bench).await, amounts(&bench).await);
    let mut found = Vec::new();
    for (what, answer, code, pointer) in wrong_movements(&bench).await {
        let wrong = if pointer.is_empty() { not_this(&answer, code) } else { not_refused_at(&answer, code, pointer) };
        found.extend(wrong.map(|wrong| format!("{what}: {wrong}")));
    }
    assert_eq!((books(&bench).await, amounts(&bench).await), before);
    nothing_found(&found);
}

#[tokio::test]
async fn a_movement_by_lines_is_refused_at_its_lines() {
    let bench = Bench::new().await;
    let before = (books(&bench).await, amounts(&bench).await);
    let mut found = Vec::new();
    let whole = |lines: Value| json!({ "lines": lines });
    let invoiced = |lines: Value| {
        let mut body = orders::capture();
        body["lines"] = lines;
        body
    };
    let none = json!([{ "reference": "SHIP", "quantity": 0 }]);
    let one = json!([{ "reference": "SHIP", "quantity": 1 }]);
    let many = json!([{ "reference": "SHIP", "quantity": 4_000_000_000_u32 }]);
    let of = |id: &str, what: &str| format!("/v1/payments/{id}/{what}");
    for (what, path, body, code, pointer) in [
        (
            "no units",
            of(&bench.authorized, "captures"),
            invoiced(none.clone()),
            "validation_failed",
            "/lines/0/quantity",
        ),
        ("too many units", of(&bench.authorized, "captures"), invoiced(many), "validation_failed", "/lines/0/quantity"),
        ("a refund of no units", of(&bench.captured, "refunds"), whole(none), "validation_failed", "/lines/0/quantity"),
        (
            "a line where there is only the whole",
            of(&bench.whole_only, "captures"),
            whole(one),
            "not_supported_by_provider",
            "/lines",
        ),
    ] {
        let answer = bench.site.api.post(&path, &body).await;
        found.extend(not_refused_at(&answer, code, pointer).map(|wrong| format!("{what}: {wrong}")));
    }
    assert_eq!((books(&bench).await, amounts(&bench).await), before);
    nothing_found(&found);
}

fn not_this(answer: &Answer, code: &str) -> Option<String> {
    let found = (answer.status, answer.code());
    (found != (422, code)).then(|| format!("is answered with {found:?}: {}", answer.text("/detail")))
}

async fn books(bench: &Bench) -> [Value; 2] {
    [bench.site.billie_pad().books().await, bench.site.buckaroo_billink().books().await]
}

/// The ledger and the operations of every payment of the bench.
async fn amounts(bench: &Bench) -> Vec<Value> {
    let mut all = Vec::new();
    for id in [&bench.authorized, &bench.captured, &bench.waiting, &bench.whole_only] {
        let payment = bench.site.api.payment(id).await;
        all.push(json!([payment["status"], payment["amounts"], payment["operations"]]));
    }
    all
}
