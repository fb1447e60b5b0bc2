//! What CloudFormation makes of the template: the transform itself, which comes with the SAM CLI.
//!
//! Runs where `PAYLATER_DEPLOY_TOOLS` names a folder with the SAM CLI's python; `.ci/deployment` does.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::document::Template;

const TRANSFORM: &str = "
import json, sys
from samtranslator.translator.transform import transform

class Policies:
    def load(self):
        return {}

asked = json.load(sys.stdin)
json.dump(transform(asked['template'], asked['parameters'], Policies()), sys.stdout)
";

fn transformed(tools: &Path, template: &Value, parameters: &Value) -> Template {
    let mut python = Command::new(tools.join("python"));
    python.args(["-c", TRANSFORM]).env("AWS_DEFAULT_REGION", local::aws::REGION).stdin(Stdio::piped());
    let mut running = python.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let asked = json!({ "template": template, "parameters": parameters });
    serde_json::to_writer(running.stdin.take().unwrap(), &asked).unwrap();
    let done = running.wait_with_output().unwrap();
    assert!(done.status.success(), "the transform refuses the template");
    Template::of(serde_json::from_slice(&done.stdout).unwrap())
}

/// The template as `sam package` hands it over: what is in folders here is in a bucket.
fn packaged() -> Value {
    let mut template = super::emulator::in_json(Template::main().into_value());
    for resource in template["Resources"].as_object_mut().unwrap().values_mut() {
        match resource["Type"].as_str().unwrap() {
            "AWS::Serverless::Function" => resource["Properties"]["CodeUri"] = json!({ "Bucket": "b", "Key": "k" }),
            "AWS::CloudFormation::Stack" => resource["Properties"]["TemplateURL"] = json!("https://b.example/t"),
            _ => {}
        }
    }
    template
}

fn versions(template: &Template) -> BTreeSet<String> {
    let all = template.resources("AWS::Lambda::Version");
    assert_eq!(all.len(), 20);
    all.into_iter().map(|(name, _)| name.to_owned()).collect()
}

fn tools() -> Option<PathBuf> {
    let tools = std::env::var_os("PAYLATER_DEPLOY_TOOLS").map(PathBuf::from);
    if tools.is_none() {
        println!("skipped: PAYLATER_DEPLOY_TOOLS names no folder with the SAM CLI");
    }
    tools
}

#[test]
fn every_name_that_the_transform_gives_has_the_stage_in_it() {
    let Some(tools) = tools() else { return };
    let template = transformed(&tools, &packaged(), &json!({}));
    let names = template.physical_names();
    assert!(names.len() > 60, "{}", names.len());
    for (resource, name) in names {
        assert!(name["Fn::Sub"].as_str().is_some_and(|name| name.contains("${Stage}")), "{resource} is called {name}");
    }
}

#[test]
fn a_parameter_alone_publishes_nothing_and_a_new_release_every_function() {
    let Some(tools) = tools() else { return };
    let mut template = packaged();
    let before = versions(&transformed(&tools, &template, &json!({})));
    let other = json!({ "DisabledProviders": "billink", "EventQueue2": "more" });
    let parameters_only = versions(&transformed(&tools, &template, &other));
    assert_eq!(parameters_only, before, "the transform heeds parameters now: infra/set-parameters may be simpler");
    template["Globals"]["Function"]["Environment"]["Variables"]["RELEASE"] = json!("second");
    let after = versions(&transformed(&tools, &template, &json!({})));
    assert_eq!(after.intersection(&before).count(), 0);
}
