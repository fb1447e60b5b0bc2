//! infra/events: one event per function, from the real types and taken by the real functions.
//!
//! `PAYLATER_WRITE_DOCS=1 cargo test -p tests --test deploy events` writes them anew.

mod env;
mod http;
mod stream;

use std::path::PathBuf;

use local::{DEMO_KEY, Stack, StackOptions};
use providers::Deadline;
use serde_json::{Value, json};
use std::time::Duration;

fn root(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Holds a file of infra/events against what it must be, or writes it.
fn check(function: &str, event: &Value) {
    let path = root(&format!("infra/events/{function}.json"));
    let expected = format!("{}\n", serde_json::to_string_pretty(event).unwrap());
    if std::env::var_os("PAYLATER_WRITE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{} is stale; run this test with PAYLATER_WRITE_DOCS=1", path.display());
}

fn names(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(root(folder)).unwrap();
    let name = |entry: std::fs::DirEntry| entry.file_name().into_string().unwrap().replace(".json", "");
    let mut names: Vec<String> = entries.map(|entry| name(entry.unwrap())).collect();
    names.sort();
    names
}

#[test]
fn every_function_has_an_event() {
    if std::env::var_os("PAYLATER_WRITE_DOCS").is_some() {
        return;
    }
    assert_eq!(names("infra/events"), names("functions"));
}

#[tokio::test]
async fn the_authorizers_event_lets_the_demo_shop_in() {
    let event = json!({
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": "arn:aws:execute-api:eu-central-1:000000000000:local/$default/GET/v1/payments",
        "identitySource": [format!("Bearer {DEMO_KEY}")],
        "routeKey": "GET /v1/payments",
        "rawPath": "/v1/payments",
        "headers": { "authorization": format!("Bearer {DEMO_KEY}") },
    });
    check("authorize", &event);
    let stack = Stack::start(StackOptions::default()).await.unwrap();
    let deadline = Deadline::within(Duration::from_secs(5));
    let request = serde_json::from_value(event).unwrap();
    let answer = authorize::handle(stack.app.clone(), request, deadline, "test".to_owned()).await.unwrap();
    let answer = serde_json::to_value(answer).unwrap();
    assert_eq!(
        answer,
        json!({ "isAuthorized": true, "context": { "merchant": "demo", "scope": "checkout", "label": "checkout" } })
    );
}

#[tokio::test]
async fn the_sweeps_event_is_one_of_the_scheduler() {
    let event = json!({
        "version": "0",
        "id": "00000000-0000-0000-0000-000000000000",
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": "000000000000",
        "time": "2026-02-01T09:00:00Z",
        "region": "eu-central-1",
        "resources": ["arn:aws:scheduler:eu-central-1:000000000000:schedule/default/EveryMinute"],
        "detail": "{}",
    });
    check("settle", &event);
    let stack = Stack::start(StackOptions::default()).await.unwrap();
    let deadline = Deadline::within(Duration::from_secs(20));
    let event = serde_json::from_value(event).unwrap();
    let report = settle::handle(stack.app.clone(), event, deadline, "test".to_owned()).await.unwrap();
    assert_eq!(report.failed, 0);
}
