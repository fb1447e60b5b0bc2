//! The embedded Secrets Manager, asked by the ordinary SDK client.

#![cfg(test)]

use aws_sdk_secretsmanager::Client;
use local::aws::sdk;
use local::aws::secrets::{Secrets, SecretsManager};

#[tokio::test]
async fn a_secret_is_answered_by_name_and_by_arn() {
    let manager = SecretsManager::start(0, Secrets::from_iter([("paylater/demo", "{\"a\":1}")])).await.unwrap();
    let client = Client::new(&sdk(manager.url()));

    let by_name = client.get_secret_value().secret_id("paylater/demo").send().await.unwrap();
    assert_eq!(by_name.name(), Some("paylater/demo"));
    assert_eq!(by_name.secret_string(), Some("{\"a\":1}"));

    let by_arn = client.get_secret_value().secret_id(by_name.arn().unwrap()).send().await.unwrap();
    assert_eq!(by_arn, by_name);
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_a_resource_not_found() {
    let manager = SecretsManager::start(0, Secrets::default()).await.unwrap();
    let client = Client::new(&sdk(manager.url()));
    let error = client.get_secret_value().secret_id("paylater/nobody").send().await.unwrap_err();
    assert!(error.into_service_error().is_resource_not_found_exception());
}

#[tokio::test]
async fn a_changed_secret_is_answered_from_then_on() {
    let secrets = Secrets::from_iter([("paylater/demo", "old")]);
    let manager = SecretsManager::start(0, secrets.clone()).await.unwrap();
    let client = Client::new(&sdk(manager.url()));
    secrets.put("paylater/demo", "new");
    let answer = client.get_secret_value().secret_id("paylater/demo").send().await.unwrap();
    assert_eq!(answer.secret_string(), Some("new"));
}

#[tokio::test]
async fn what_only_a_deployment_does_is_refused() {
    let manager = SecretsManager::start(0, Secrets::default()).await.unwrap();
    let client = Client::new(&sdk(manager.url()));
    let error = client.create_secret().name("paylater/demo").secret_string("{}").send().await.unwrap_err();
    assert_eq!(error.into_service_error().meta().code(), Some("UnknownOperationException"));
}
