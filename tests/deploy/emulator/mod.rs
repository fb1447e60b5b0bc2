//! The template deployed by `sam deploy` to ministack, an AWS emulator that is not ours: from an API Gateway event to the
//! events on the queue, through the real binaries, the real table and its stream's mapping to the relay.
//!
//! Runs where `PAYLATER_DEPLOY_TOOLS` names a folder with `sam` and `ministack`; `.ci/deployment` does.

mod package;
mod site;

use std::path::PathBuf;

use local::{DEMO_KEY, DEMO_MERCHANT, key_entry};
use serde_json::{Value, json};
use service::Scope;
use tests::eventually;

use site::Emulator;

fn event(function: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../infra/events/{function}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The demo merchant with an account at one sandbox.
fn merchant(provider: &sandbox::Running) -> Value {
    json!({
        "merchant": DEMO_MERCHANT,
        "api_keys": [key_entry(DEMO_KEY, Scope::Checkout, "checkout")],
        "accounts": { "billie_pad": sandbox::billie_pad::account(&provider.url()) },
    })
}

#[tokio::test]
async fn the_deployed_stack_takes_a_payment_and_its_events_reach_the_queue() {
    let Some(tools) = std::env::var_os("PAYLATER_DEPLOY_TOOLS").map(PathBuf::from) else {
        println!("skipped: PAYLATER_DEPLOY_TOOLS names no folder with sam and ministack");
        return;
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let provider = sandbox::billie_pad::start(listener, sandbox::billie_pad::Settings::default()).await.unwrap();
    let emulator = Emulator::start(&tools).await;
    emulator.deploy(&tools);
    let secret =
        json!({ "Name": format!("paylater/test/{DEMO_MERCHANT}"), "SecretString": merchant(&provider).to_string() });
    emulator.ask("secretsmanager", "CreateSecret", &secret).await;

    let answer = emulator.invoke("authorize", &event("authorize")).await;
    assert_eq!(answer["isAuthorized"], true, "{answer}");
    let stranger = emulator.invoke("authorize", &json!({ "identitySource": ["Bearer sk_nobody_knows"] })).await;
    assert_eq!(stranger, json!({ "isAuthorized": false }), "an unknown merchant is refused, not an error");

    let opened = emulator.invoke("create-session", &event("create-session")).await;
    assert_eq!(opened["statusCode"], 201, "{opened}");
    let captured = emulator.invoke("capture", &event("capture")).await;
    assert_eq!(captured["statusCode"], 201, "{captured}");

    let sqs = emulator.sqs();
    let queue = sqs.get_queue_url().queue_name("paylater-test-events.fifo").send().await.unwrap();
    let queue = emulator.at_home(queue.queue_url().unwrap());
    let mut types = Vec::new();
    let wanted = ["payment.created", "payment.authorized", "capture.succeeded"].map(|t| format!("paylater.{t}.v1"));
    eventually("the relay sends what happened", async || {
        let request = sqs.receive_message().queue_url(&queue).max_number_of_messages(10).wait_time_seconds(1);
        for message in request.send().await.unwrap().messages.unwrap_or_default() {
            let event: Value = serde_json::from_str(message.body().unwrap()).unwrap();
            types.push(event["type"].as_str().unwrap().to_owned());
            let receipt = message.receipt_handle().unwrap();
            sqs.delete_message().queue_url(&queue).receipt_handle(receipt).send().await.unwrap();
        }
        (types.len() >= wanted.len()).then_some(())
    })
    .await;
    assert_eq!(types, wanted);
}
