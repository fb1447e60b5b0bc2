//! The template as the emulator takes it: the same resources, without what it does not know.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::document::Template;

/// What the test invokes; the others are deployed without code of their own.
const REAL: [&str; 4] = ["authorize", "create-session", "capture", "relay-events"];

/// Writes the template and the functions' folders; the binaries are `cargo build`'s or what `PAYLATER_BINARIES` names.
pub(super) fn write(folder: &Path, endpoint: &str) -> PathBuf {
    let mut template = in_json(Template::main().into_value());
    let globals = &mut template["Globals"]["Function"];
    // No CodeDeploy there.
    globals.as_object_mut().unwrap().remove("DeploymentPreference");
    for service in ["DYNAMODB", "SECRETS_MANAGER", "SQS"] {
        globals["Environment"]["Variables"][format!("AWS_ENDPOINT_URL_{service}")] = json!(endpoint);
    }
    let resources = template["Resources"].as_object_mut().unwrap();
    // No alarms over several metrics there.
    resources.remove("Alarms");
    for resource in resources.values_mut() {
        match resource["Type"].as_str().unwrap() {
            "AWS::Serverless::Function" => {
                resource.as_object_mut().unwrap().remove("Metadata");
                let properties = resource["Properties"].as_object_mut().unwrap();
                properties.remove("DeploymentPreference");
                if let Some(variables) = properties.get_mut("Environment").map(|e| &mut e["Variables"]) {
                    variables.as_object_mut().unwrap().remove("AWS_ENDPOINT_URL_SQS");
                }
                let name = properties["CodeUri"].as_str().unwrap().trim_start_matches("functions/").to_owned();
                properties["CodeUri"] = json!(code(folder, &name));
            }
            "AWS::CloudFormation::Stack" => {
                let path = resource["Properties"]["TemplateURL"].as_str().unwrap().to_owned();
                let nested = folder.join(path.replace('/', "-").replace(".yaml", ".json"));
                let text = in_json(Template::load(&path).into_value()).to_string();
                std::fs::write(&nested, text).unwrap();
                resource["Properties"]["TemplateURL"] = json!(nested);
            }
            _ => {}
        }
    }
    let path = folder.join("template.json");
    std::fs::write(&path, template.to_string()).unwrap();
    path
}

fn code(folder: &Path, function: &str) -> PathBuf {
    let code = folder.join(function);
    std::fs::create_dir_all(&code).unwrap();
    let bootstrap = code.join("bootstrap");
    if REAL.contains(&function) {
        let built = std::env::var("PAYLATER_BINARIES").unwrap_or_else(|_| "../target/debug".to_owned());
        let binary = Path::new(env!("CARGO_MANIFEST_DIR")).join(built).join(function);
        std::fs::copy(&binary, &bootstrap).unwrap_or_else(|error| panic!("{}: {error}", binary.display()));
    } else {
        std::fs::write(&bootstrap, "#!/bin/sh\nexit 1\n").unwrap();
    }
    std::fs::set_permissions(&bootstrap, std::fs::Permissions::from_mode(0o755)).unwrap();
    code
}

/// JSON writes `!GetAtt A.B` as a list.
fn in_json(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(in_json).collect(),
        Value::Object(fields) => {
            let field = |(name, value): (String, Value)| match value.as_str().and_then(|text| text.split_once('.')) {
                Some((resource, attribute)) if name == "Fn::GetAtt" => (name, json!([resource, attribute])),
                _ => (name, in_json(value)),
            };
            Value::Object(fields.into_iter().map(field).collect())
        }
        other => other,
    }
}
