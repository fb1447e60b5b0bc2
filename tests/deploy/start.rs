//! A function that cannot do its work does not start, and names what is missing or wrong.
//!
//! Runs the binaries where `PAYLATER_DEPLOY_TOOLS` is set, since they are built there.

use std::path::Path;
use std::process::Command;

const USUAL: [(&str, &str); 9] = [
    ("AWS_REGION", local::aws::REGION),
    ("AWS_ACCESS_KEY_ID", local::aws::ACCESS_KEY_ID),
    ("AWS_SECRET_ACCESS_KEY", local::aws::SECRET_ACCESS_KEY),
    ("TABLE_NAME", "paylater"),
    ("SECRETS_PREFIX", "paylater/test/"),
    ("STAGE", "test"),
    ("PUBLIC_URL", "https://pay.example.com"),
    ("EVENT_QUEUES", "https://sqs.example/events.fifo"),
    ("WAKE_QUEUE_URL", "https://sqs.example/wake"),
];

/// What a function logs that starts with one variable different.
fn told(function: &str, variable: &str, value: Option<&str>) -> String {
    let binary = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/debug").join(function);
    let mut command = Command::new(&binary);
    command.env_clear().envs(USUAL);
    match value {
        Some(value) => command.env(variable, value),
        None => command.env_remove(variable),
    };
    let done = command.output().unwrap_or_else(|error| panic!("{}: {error}", binary.display()));
    assert!(!done.status.success(), "{function} starts");
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn a_function_that_cannot_do_its_work_does_not_start_and_says_why() {
    if std::env::var_os("PAYLATER_DEPLOY_TOOLS").is_none() {
        println!("skipped: PAYLATER_DEPLOY_TOOLS is not set");
        return;
    }
    for (function, variable, value, rule) in [
        ("relay-events", "WAKE_QUEUE_URL", None, "is not set"),
        ("relay-events", "EVENT_QUEUES", Some(""), "is not set"),
        ("settle", "PUBLIC_URL", Some(""), "is not set"),
        ("create-session", "PUBLIC_URL", Some("https://placeholder.invalid"), "must be an https URL"),
        ("create-session", "PUBLIC_URL", Some("http://pay.example.com"), "must be an https URL"),
        ("create-session", "DISABLED_PROVIDERS", Some("nobody_knows"), "must be ids of providers"),
        ("capture", "TABLE_NAME", None, "is not set"),
    ] {
        let told = told(function, variable, value);
        let line = format!("environment variable {variable} {rule}");
        assert!(told.contains("cannot start") && told.contains(&line), "{function} without {variable}: {told}");
    }
}
