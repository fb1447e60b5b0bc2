//! The command line, run as people run it.

#![cfg(test)]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The exit code, the output, and the errors.
fn run(arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    running.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let done = running.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

#[test]
fn a_new_key_is_shown_with_the_entry_that_a_document_takes() {
    let (code, out, _) = run(&["keys", "new", "--merchant", "my-shop", "--scope", "operator", "--label", "desk"], "");
    assert_eq!(code, 0);
    let key = out.lines().map(str::trim).find(|line| line.starts_with("sk_my-shop_")).unwrap();
    assert_eq!(out.matches(key).count(), 1);
    let entry = out.lines().find_map(|line| serde_json::from_str::<Value>(line.trim()).ok()).unwrap();
    let hash = HEXLOWER.encode(&Sha256::digest(key.as_bytes()));
    assert_eq!(entry, json!({ "label": "desk", "scope": "operator", "sha256": hash }));
    let document = json!({ "merchant": "my-shop", "api_keys": [entry] }).to_string();
    let (code, out, _) = run(&["doctor", "--merchants", "-"], &document);
    assert_eq!((code, out.as_str()), (0, "-: merchant my-shop: the document is in order\n"));
}

#[test]
fn a_merchant_that_can_be_none_gets_no_key() {
    let (code, out, error) = run(&["keys", "new", "--merchant", "My_Shop"], "");
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(error.contains("1 to 64 characters of a-z, 0-9 and -"), "{error}");
}

#[test]
fn a_broken_merchants_file_is_told_by_file_and_field_and_ends_with_1() {
    let broken = json!([{ "merchant": "a" }, { "merchant": "b", "accounts": { "billagain": { "api_key": "k" } } }]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("merchants.json");
    std::fs::write(&file, broken.to_string()).unwrap();
    let file = file.to_str().unwrap();
    let line = format!("{file}: /1/accounts/billagain/base_url is required\n");
    let (code, out, error) = run(&["doctor", "--merchants", file], "");
    assert_eq!((code, out), (1, line.clone()));
    assert!(error.contains("run the doctor again"), "{error}");
    let (code, out, error) = run(&["--merchants", file, "--port", "0"], "");
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(error.contains(&line), "{error}");
    let (code, _, error) = run(&["--merchants", "/nowhere.json"], "");
    assert_eq!(code, 1);
    assert!(error.starts_with("paylater: /nowhere.json: "), "{error}");
}

/// A process that does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn what_is_switched_off_in_a_deployment_can_be_rehearsed_here() {
    let start = |disabled: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
        command.args(["--port", "0"]).env("DISABLED_PROVIDERS", disabled);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut running = Running(start("billie_pad,billink"));
    let lines = BufReader::new(running.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let told: Vec<String> = lines.take_while(|line| !line.starts_with("Stop with")).collect();
    let off = told.iter().filter(|line| line.starts_with("Switched off")).count();
    assert_eq!(off, 2, "{told:#?}");
    assert!(told.contains(&"Switched off billink: no new payments are opened there".to_owned()), "{told:#?}");

    let typo = start("billy").wait_with_output().unwrap();
    let error = String::from_utf8(typo.stderr).unwrap();
    assert_eq!(typo.status.code(), Some(1));
    assert!(error.contains("DISABLED_PROVIDERS must be ids of providers"), "{error}");
}

#[test]
fn the_doctor_finds_the_demo_merchant_well() {
    let (code, out, error) = run(&["doctor", "--live"], "");
    assert_eq!(code, 0, "{out}{error}");
    assert!(out.contains("billagain: the provider accepts the credentials"), "{out}");
}

/// The providers whose payments a demo has printed, in its order.
fn played(out: &str) -> Vec<&str> {
    let heading = |line: &str| line.contains(" pay_") && line.contains(" is ");
    out.lines()
        .filter(|line| !line.starts_with(' ') && heading(line))
        .filter_map(|line| line.split(' ').next())
        .collect()
}

#[test]
fn the_demo_plays_every_provider_or_the_one_that_is_named() {
    let mut known: Vec<&str> = providers::REGISTRY.iter().map(|known| known.capabilities.provider).collect();
    let (code, out, error) = run(&["demo"], "");
    let mut all = played(&out);
    known.sort_unstable();
    all.sort_unstable();
    assert_eq!((code, &all), (0, &known), "{out}{error}");
    for provider in known {
        let (code, out, error) = run(&["demo", "--provider", provider], "");
        assert_eq!((code, played(&out)), (0, vec![provider]), "{out}{error}");
        assert!(out.ends_with("The payment went as it should; both queues got every event in order.\n"), "{out}");
    }
}

#[test]
fn a_demo_of_a_provider_that_nobody_knows_names_those_that_there_are() {
    let (code, out, error) = run(&["demo", "--provider", "billy"], "");
    assert_eq!((code, out.as_str()), (1, ""));
    let names = providers::REGISTRY.iter().map(|known| known.capabilities.provider);
    assert!(error.contains("billy") && names.into_iter().all(|name| error.contains(name)), "{error}");
}
