//! Parameters: a typo in one is told before anything is deployed.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::json;

use crate::document::Template;
use crate::{file, read};

/// Whether CloudFormation takes this value: its patterns are about the whole of it.
fn takes(parameter: &str, value: &str) -> bool {
    let template = Template::main();
    let pattern = template.at(&format!("/Parameters/{parameter}/AllowedPattern")).as_str().unwrap();
    jsonschema::is_valid(&json!({ "pattern": format!("^(?:{pattern})$") }), &json!(value))
}

#[test]
fn no_parameter_takes_just_any_text() {
    for (name, parameter) in Template::main().at("/Parameters").as_object().unwrap() {
        let bounded = parameter.get("AllowedPattern").is_some() || parameter.get("AllowedValues").is_some();
        assert!(bounded, "{name}: a typo is told before anything is deployed");
    }
}

/// A function that is told of a provider that it does not know does not start, and no payment is opened anywhere.
#[test]
fn only_providers_that_there_are_can_be_switched_off() {
    let known: BTreeSet<&str> = providers::REGISTRY.iter().map(|known| known.capabilities.provider).collect();
    let all: Vec<&str> = known.iter().copied().collect();
    for good in known.iter().copied().map(str::to_owned).chain([String::new(), all.join(",")]) {
        assert!(takes("DisabledProviders", &good), "{good}");
    }
    for id in &known {
        for n in 0..id.len() {
            let typo = format!("{}{}", &id[..n], &id[n + 1..]);
            assert!(known.contains(typo.as_str()) || !takes("DisabledProviders", &typo), "{typo}");
        }
        for bad in
            [format!("{id},"), format!("{id}, {id}"), id.to_uppercase(), format!("{id};{id}"), format!("{id}{id}")]
        {
            assert!(!takes("DisabledProviders", &bad), "{bad}");
        }
    }
}

/// As shared/runtime/src/config.rs has it, which would not let a function start.
#[test]
fn an_address_that_no_function_starts_with_is_refused() {
    for good in ["", "https://pay.example.com", "https://pay.example.com:8443", "https://invalid.example.com"] {
        assert!(takes("PublicUrl", good), "{good}");
        let domain = good.trim_start_matches("https://").trim_end_matches(":8443");
        assert!(takes("DomainName", domain), "{domain}");
    }
    for bad in ["x.invalid", "a.b.invalid", "pay.example.com/", "user@pay.example.com", "pay"] {
        assert!(!takes("PublicUrl", &format!("https://{bad}")) && !takes("DomainName", bad), "{bad}");
    }
    for bad in
        ["http://pay.example.com", "https://x.invalid:8443", "https://pay.example.com:0", "https://a.example:99999"]
    {
        assert!(!takes("PublicUrl", bad), "{bad}");
    }
}

/// What `infra/set-parameters` has `sam deploy` do, or what it says instead.
fn set_parameters(parameters: &[&str]) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let asked = folder.path().join("asked");
    let tool = |name: &str, does: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{does}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    tool("aws", format!("cat '{}'", file("template.yaml").display()));
    tool("sam", format!("echo \"$*\" >'{}'", asked.display()));
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let mut script = Command::new(file("infra/set-parameters"));
    let done = script.arg("paylater-test").args(parameters).env("PATH", path).output().unwrap();
    match std::fs::read_to_string(asked) {
        Ok(asked) if done.status.success() => Ok(asked),
        Ok(asked) => panic!("deployed all the same: {asked}"),
        Err(_) => Err(String::from_utf8(done.stderr).unwrap()),
    }
}

#[test]
fn a_parameter_that_the_stack_does_not_know_is_refused_and_nothing_is_deployed() {
    let asked = set_parameters(&["DisabledProviders=", "DeploymentType=AllAtOnce"]).unwrap();
    assert!(asked.ends_with("--parameter-overrides DisabledProviders=\"\" DeploymentType=AllAtOnce\n"), "{asked}");
    for bad in ["DisabledProvider=", "disabledproviders=", "DisabledProviders", "=x", "Disabled.roviders=x"] {
        let told = set_parameters(&["DeploymentType=AllAtOnce", bad]).unwrap_err();
        assert!(told.contains("has no parameter") && told.contains("LogRetentionDays"), "{bad}: {told}");
    }
}

#[test]
fn the_readme_has_every_parameter() {
    let readme = read("README.md");
    let table = readme.split_once("| parameter | |\n").unwrap().1.split("\n\n").next().unwrap().to_owned();
    let named =
        table.lines().filter_map(|row| row.split('|').nth(1)).flat_map(|cell| cell.split('`').skip(1).step_by(2));
    let mut named: BTreeSet<String> = named.map(str::to_owned).collect();
    // From the first to the last one.
    named.extend((2..=4).map(|n| format!("EventQueue{n}")));
    let template = Template::main();
    let parameters = template.at("/Parameters").as_object().unwrap();
    assert_eq!(named, parameters.keys().cloned().collect());
}
