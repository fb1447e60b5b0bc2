//! The template deployed by `sam deploy` to ministack, an AWS emulator that is not ours: from an API Gateway event to the
//! events on the queue, through the real binaries, the real table, its stream's mapping to the relay, and the queue that
//! wakes the sweep.
//!
//! Runs where `PAYLATER_DEPLOY_TOOLS` names a folder with `sam` and `ministack`; `.ci/deployment` does. With
//! `PAYLATER_BUILT` it deploys what `sam build` made.

mod package;
mod site;

use std::path::PathBuf;

use local::{DEMO_KEY, DEMO_MERCHANT, key_entry};
use serde_json::{Value, json};
use service::Scope;
use tests::{Sandbox, eventually};

pub(crate) use package::in_json;
use site::{Emulator, EventQueue};

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

/// A deployed stack and a provider.
struct Deployed {
    emulator: Emulator,
    provider: Sandbox,
    events: EventQueue,
    _running: sandbox::Running,
}

impl Deployed {
    async fn by(tools: &std::path::Path) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let running = sandbox::billie_pad::start(listener, sandbox::billie_pad::Settings::default()).await.unwrap();
        let emulator = Emulator::start(tools).await;
        emulator.deploy(tools);
        let name = format!("paylater/test/{DEMO_MERCHANT}");
        let secret = json!({ "Name": name, "SecretString": merchant(&running).to_string() });
        emulator.ask("secretsmanager", "CreateSecret", &secret).await;
        let provider = Sandbox::new(running.url());
        // Nobody can call the emulated functions by their public address.
        provider.webhooks(json!({ "mode": "held" })).await;
        let events = emulator.event_queue("paylater-test-events.fifo").await;
        Self { emulator, provider, events, _running: running }
    }

    async fn expect(&self, function: &str, event: &Value, status: u16) -> Value {
        let answer = self.emulator.invoke(function, event).await;
        assert_eq!(answer["statusCode"], status, "{function}: {answer}");
        serde_json::from_str(answer["body"].as_str().unwrap_or("null")).unwrap_or_default()
    }

    async fn expect_events(&mut self, wanted: &[&str]) {
        let wanted: Vec<String> = wanted.iter().map(|name| format!("paylater.{name}.v1")).collect();
        let mut types = Vec::new();
        eventually("the relay sends what happened", async || {
            types.extend(self.events.receive().await);
            (types.len() >= wanted.len()).then_some(())
        })
        .await;
        assert_eq!(types, wanted);
    }
}

#[tokio::test]
async fn the_deployed_stack_takes_a_payment_settles_a_doubt_takes_a_message_and_tells_it_all() {
    let Some(tools) = std::env::var_os("PAYLATER_DEPLOY_TOOLS").map(PathBuf::from) else {
        println!("skipped: PAYLATER_DEPLOY_TOOLS names no folder with sam and ministack");
        return;
    };
    let mut deployed = Deployed::by(&tools).await;
    let answer = deployed.emulator.invoke("authorize", &event("authorize")).await;
    assert_eq!(answer["isAuthorized"], true, "{answer}");
    let stranger = json!({ "identitySource": ["Bearer sk_nobody_knows"] });
    let answer = deployed.emulator.invoke("authorize", &stranger).await;
    assert_eq!(answer, json!({ "isAuthorized": false }), "an unknown merchant is refused, not an error");

    // A provider is switched on again without a build, as infra/RUNBOOK.md has it.
    let refused = deployed.expect("create-session", &event("create-session"), 422).await;
    assert_eq!(refused["errors"][0]["pointer"], "/provider", "{refused}");
    deployed.emulator.set_parameters(&tools, &["DisabledProviders="]);

    let opened = deployed.expect("create-session", &event("create-session"), 201).await;
    deployed.expect("capture", &event("capture"), 201).await;
    deployed.expect_events(&["payment.created", "payment.authorized", "capture.succeeded"]).await;

    // The answer gets lost; the relay's wake-up has the sweep ask for it.
    deployed.provider.fault(json!({ "call": "capture", "kind": "drop_after" })).await;
    let mut second = event("capture");
    second["headers"]["idempotency-key"] = json!("shipment-2");
    second["body"] = second["body"].as_str().unwrap().replace("INV-9", "INV-10").into();
    let in_doubt = deployed.expect("capture", &second, 202).await;
    assert_eq!(in_doubt["status"], "in_doubt", "{in_doubt}");
    deployed.expect_events(&["operation.in_doubt", "operation.resolved", "capture.succeeded"]).await;

    // A message makes it look at the order.
    let mut message = event("webhook-billie-pad");
    let told = json!({ "event": "order_approved", "order_uuid": opened["provider_reference"], "created_at": "2026-02-01 10:00:00" });
    message["body"] = told.to_string().into();
    deployed.provider.forget_calls().await;
    deployed.expect("webhook-billie-pad", &message, 200).await;
    let looks = deployed.provider.calls().await;
    assert!(looks.iter().any(|call| call["method"] == "GET"), "{looks:?}");
    message["headers"]["x-api-key"] = json!("a stranger's");
    deployed.expect("webhook-billie-pad", &message, 401).await;
}
