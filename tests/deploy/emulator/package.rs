//! The template as the emulator takes it: the same resources, without what it does not know.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::document::Template;

/// What the test drives; the others are deployed without code of their own.
const REAL: [&str; 6] = ["authorize", "create-session", "capture", "webhook-billie-pad", "relay-events", "settle"];

/// Where the templates of nested stacks are: in the bucket of artifacts.
const UPLOADED: &str = "https://s3.eu-central-1.amazonaws.com/paylater-artifacts";

/// The template and the functions' code: what `sam build` made, and for what it was not asked to make the source's template and
/// the binaries of `cargo build`.
struct Source {
    built: Option<PathBuf>,
}

impl Source {
    fn template(&self, path: &str) -> Template {
        match &self.built {
            Some(built) => Template::load(&built.join(path).display().to_string()),
            None => Template::load(path),
        }
    }

    fn binary(&self, function: &str, code: &str) -> PathBuf {
        let built = self.built.as_ref().map(|built| built.join(code).join("bootstrap"));
        let unbuilt = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/debug").join(function);
        built.filter(|built| built.exists()).unwrap_or_else(unbuilt)
    }
}

/// Writes the template, those of nested stacks as JSON, and the functions' folders.
pub(super) fn write(folder: &Path, endpoint: &str) -> PathBuf {
    let source = Source { built: std::env::var_os("PAYLATER_BUILT").map(PathBuf::from) };
    let mut template = in_json(source.template("template.yaml").into_value());
    let globals = &mut template["Globals"]["Function"];
    // No CodeDeploy there.
    globals.as_object_mut().unwrap().remove("DeploymentPreference");
    for service in ["DYNAMODB", "SECRETS_MANAGER", "SQS"] {
        globals["Environment"]["Variables"][format!("AWS_ENDPOINT_URL_{service}")] = json!(endpoint);
    }
    let resources = template["Resources"].as_object_mut().unwrap();
    // No alarms over several metrics and no versions in alarms there.
    resources.retain(|name, resource| name != "Alarms" && !of_version(resource));
    for resource in resources.values_mut() {
        match resource["Type"].as_str().unwrap() {
            "AWS::Serverless::Function" => {
                let name = resource["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap().to_owned();
                resource.as_object_mut().unwrap().remove("Metadata");
                let properties = resource["Properties"].as_object_mut().unwrap();
                properties.remove("DeploymentPreference");
                if let Some(variables) = properties.get_mut("Environment").map(|e| &mut e["Variables"]) {
                    variables.as_object_mut().unwrap().remove("AWS_ENDPOINT_URL_SQS");
                }
                let built = properties["CodeUri"].as_str().unwrap().to_owned();
                properties["CodeUri"] = json!(code(folder, &name, || source.binary(&name, &built)));
            }
            "AWS::CloudFormation::Stack" => {
                let url = resource["Properties"]["TemplateURL"].as_str().unwrap();
                let nested = url.replace('/', "-").replace(".yaml", ".json");
                let text = in_json(source.template(url).into_value()).to_string();
                std::fs::write(folder.join(&nested), text).unwrap();
                // The address at AWS. Sam would give the emulator's, which it takes for a folder the next time.
                resource["Properties"]["TemplateURL"] = json!(format!("{UPLOADED}/{nested}"));
            }
            _ => {}
        }
    }
    // As a person writes it: `infra/set-parameters` looks for lines.
    let path = folder.join("template.yaml");
    std::fs::write(&path, serde_yaml_ng::to_string(&template).unwrap()).unwrap();
    path
}

/// Whether an alarm is about one version of a function.
fn of_version(resource: &Value) -> bool {
    let names = |dimension: &Value| dimension["Name"] == "version" || dimension["Name"] == "ExecutedVersion";
    resource["Properties"]["Dimensions"].as_array().is_some_and(|dimensions| dimensions.iter().any(names))
}

fn code(folder: &Path, function: &str, binary: impl FnOnce() -> PathBuf) -> PathBuf {
    let code = folder.join(function);
    std::fs::create_dir_all(&code).unwrap();
    let bootstrap = code.join("bootstrap");
    if REAL.contains(&function) {
        let binary = binary();
        std::fs::copy(&binary, &bootstrap).unwrap_or_else(|error| panic!("{}: {error}", binary.display()));
    } else {
        std::fs::write(&bootstrap, "#!/bin/sh\nexit 1\n").unwrap();
    }
    std::fs::set_permissions(&bootstrap, std::fs::Permissions::from_mode(0o755)).unwrap();
    code
}

/// JSON writes `!GetAtt A.B` as a list.
pub(crate) fn in_json(value: Value) -> Value {
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

/// Whatever the emulator runs is what ships, the authorizer included.
#[test]
fn ci_builds_what_the_emulator_drives() {
    let script = crate::read(".ci/deployment");
    let driven = script.split_once("\ndriven=(").unwrap().1.split_once(')').unwrap().0;
    assert_eq!(driven.split_whitespace().collect::<Vec<_>>(), REAL);
}
