//! The file for `--env-vars`, which `infra/sam/env` makes of what `cargo run` printed.

use std::collections::BTreeSet;
use std::process::Command;

use local::{Stack, StackOptions};
use serde_json::Value;

use super::root;
use crate::document::Template;

/// What `cargo run` prints of a stack, as far as the file is made of it.
fn printed(stack: &Stack) -> String {
    let aws = &stack.aws;
    let mut lines = vec![
        format!("paylater {}", stack.url.as_str().trim_end_matches('/')),
        format!("DynamoDB {} (table {}, any credentials)", aws.dynamodb_url, aws.table),
        format!("SQS {} (any credentials)", aws.sqs_url),
    ];
    lines.extend(aws.event_queue_urls.iter().map(|url| format!("Queue {url}")));
    lines.push(format!("SecretsManager {} (any credentials)", aws.secrets_url));
    lines.extend(stack.sandboxes.lines());
    lines.join("\n")
}

fn file_of(printed: &str, public_url: Option<&str>) -> Result<Value, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("paylater.out");
    std::fs::write(&path, printed).unwrap();
    let mut script = Command::new(root("infra/sam/env"));
    script.arg(path).env_remove("PUBLIC_URL").envs(public_url.map(|url| ("PUBLIC_URL", url)));
    let done = script.output().unwrap();
    if !done.status.success() {
        return Err(String::from_utf8(done.stderr).unwrap());
    }
    let file: Value = serde_json::from_slice(&done.stdout).unwrap();
    Ok(file["Parameters"].clone())
}

#[tokio::test]
async fn the_file_points_at_the_stack_that_printed_its_addresses() {
    let stack = Stack::start(StackOptions::default()).await.unwrap();
    let file = file_of(&printed(&stack), None).unwrap();
    let aws = &stack.aws;
    for (variable, value) in [
        ("TABLE_NAME", aws.table.clone()),
        ("PUBLIC_URL", stack.url.as_str().trim_end_matches('/').to_owned()),
        ("EVENT_QUEUES", aws.event_queue_urls.join(",")),
        ("AWS_ENDPOINT_URL_DYNAMODB", aws.dynamodb_url.clone()),
        ("AWS_ENDPOINT_URL_SQS", aws.sqs_url.clone()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", aws.secrets_url.clone()),
    ] {
        assert_eq!(file[variable], value, "{variable}");
    }
    // The secret that leads to the providers' stand-ins is there.
    assert_eq!(file["SECRETS_PREFIX"], "paylater/local/");
    assert!(stack.demo_merchant["accounts"].to_string().contains("http://127.0.0.1:"));
    let elsewhere = file_of(&printed(&stack), Some("http://127.0.0.1:3900")).unwrap();
    assert_eq!(elsewhere["PUBLIC_URL"], "http://127.0.0.1:3900");
    let told = file_of("Stop with Ctrl-C.", None).unwrap_err();
    assert!(told.contains("has no addresses"), "{told}");
}

/// `sam local` passes on only what the template names, and takes the template's value for what the file leaves out.
#[tokio::test]
async fn the_file_has_every_variable_that_means_something_on_one_machine() {
    let stack = Stack::start(StackOptions::default()).await.unwrap();
    let file = file_of(&printed(&stack), None).unwrap();
    let template = Template::main();
    let functions = template.functions();
    let own = functions.iter().filter_map(|(_, function)| function["Environment"]["Variables"].as_object());
    let common = template.at("/Globals/Function/Environment/Variables").as_object().unwrap();
    let named: BTreeSet<&String> = own.chain([common]).flat_map(|variables| variables.keys()).collect();
    // Of a deployment: what is switched off there, and which release it is.
    let deployed = ["DISABLED_PROVIDERS", "RELEASE"];
    let wanted: BTreeSet<&String> = named.into_iter().filter(|name| !deployed.contains(&name.as_str())).collect();
    assert_eq!(file.as_object().unwrap().keys().collect::<BTreeSet<_>>(), wanted);
}
