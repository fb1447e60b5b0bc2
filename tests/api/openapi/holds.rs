//! What is not as documented is found.

use serde_json::{Value, json};
use tests::{Answer, Contract, Order};

fn payment_answer() -> Answer {
    let body = Contract::get().document()["components"]["examples"]["AuthorizedPayment"]["value"].clone();
    let headers = [("content-type", "application/json"), ("request-id", "r"), ("cache-control", "no-store")];
    let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).into_iter().collect();
    Answer { asked: "GET /v1/payments/x".to_owned(), status: 200, headers, body }
}

/// What the contract says against the answer once something is changed in it.
fn errors(change: impl FnOnce(&mut Answer)) -> Vec<String> {
    let mut answer = payment_answer();
    change(&mut answer);
    Contract::get().errors("GET", "/v1/payments/x", None, &answer)
}

#[test]
fn an_answer_is_held_against_the_contract() {
    assert_eq!(errors(|_| {}), [""; 0]);
    assert_eq!(errors(|answer| answer.status = 201), ["status 201 is not documented"]);
    let debug = |answer: &mut Answer| _ = answer.headers.insert("x-debug", "1".parse().unwrap());
    assert_eq!(errors(debug), ["header x-debug is not documented"]);
    assert_eq!(errors(|answer| _ = answer.headers.remove("request-id")), ["header request-id is missing"]);
    let text = |answer: &mut Answer| _ = answer.headers.insert("content-type", "text/html".parse().unwrap());
    assert_eq!(errors(text), ["media type \"text/html\" is not documented"]);
    let told = errors(|answer| answer.body["operations"][0]["colour"] = json!("red"));
    assert!(told.len() == 1 && told[0].starts_with("/operations/0: ") && told[0].contains("colour"), "{told:?}");
    let told = errors(|answer| _ = answer.body["amounts"].as_object_mut().unwrap().remove("refunded"));
    assert!(told.len() == 1 && told[0].starts_with("/amounts: ") && told[0].contains("refunded"), "{told:?}");
    let told = errors(|answer| answer.body["status"] = json!("paid"));
    assert!(told.len() == 1 && told[0].starts_with("/status: "), "{told:?}");
}

#[test]
fn a_request_that_is_not_allowed_must_not_be_taken() {
    let answer = Answer { status: 201, asked: String::new(), ..payment_answer() };
    let order = Order::billie_pad().with("/colour", "red");
    let told = Contract::get().errors("POST", "/v1/payments", Some(order.json()), &answer);
    assert!(told.len() == 1 && told[0].contains("colour"), "{told:?}");
}

#[test]
fn an_event_is_held_against_the_contract() {
    let event = Contract::get().document()["components"]["schemas"]["Event"]["examples"][0].clone();
    let errors = |change: fn(&mut Value)| {
        let mut event = event.clone();
        change(&mut event);
        Contract::get().event_errors(&event)
    };
    assert_eq!(errors(|_| {}), [""; 0]);
    let wrong: [fn(&mut Value); 6] = [
        |event| event["type"] = json!("paylater.payment.paid.v1"),
        |event| event["type"] = json!("paylater.refund.succeeded.v1"),
        |event| event["sequence"] = json!(7),
        |event| event["data"]["iban"] = json!("DE00"),
        |event| event["data"]["capture"]["iban"] = json!("DE00"),
        |event| _ = event["data"].as_object_mut().unwrap().remove("capture"),
    ];
    for (i, change) in wrong.into_iter().enumerate() {
        assert_ne!(errors(change), [""; 0], "change {i}");
    }
}

#[test]
fn an_undocumented_field_of_a_capture_is_found_through_what_the_schemas_share() {
    let payment = payment_answer().body;
    let capture = json!({
        "id": "cap_00000000000000000000000000", "operation_id": "op_00000000000000000000000000", "status": "succeeded",
        "amount": 1, "reversed": 0, "lines": [], "invoice": { "number": "1", "url": null }, "shipment": null, "provider_reference": null,
        "created_at": "2026-11-20T09:30:00.125Z", "payment": payment,
    });
    let errors = |change: &dyn Fn(&mut Value)| {
        let mut changed = capture.clone();
        change(&mut changed);
        Contract::get().component_errors("CaptureWithPayment", &changed).len()
    };
    assert_eq!(errors(&|_| {}), 0);
    assert_ne!(errors(&|c| c["colour"] = json!(1)), 0);
    assert_ne!(errors(&|c| c["invoice"]["colour"] = json!(1)), 0);
    assert_ne!(errors(&|c| c["payment"]["colour"] = json!(1)), 0);
}
