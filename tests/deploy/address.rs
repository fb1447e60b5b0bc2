//! The public address: the one that was given, else the one that the request was sent to.

use std::sync::Arc;

use local::{Stack, StackOptions};
use providers::Transport;
use runtime::{App, FixedMerchants, Request};
use serde_json::{Value, json};
use service::{Answer, Problem, ProblemCode, Service, World};
use store::Store;

fn service(stack: &Stack, address: Option<url::Url>) -> Service {
    let store = Store::new(aws_sdk_dynamodb::Client::new(&local::aws::sdk(&stack.aws.dynamodb_url)), &stack.aws.table);
    let merchants = FixedMerchants::from_json(&stack.demo_merchant.to_string(), &Transport::default()).unwrap();
    Service::new(store, Arc::new(merchants), address, World::real(|| uuid::Uuid::new_v4().into_bytes()))
}

/// A request as API Gateway hands it over that was sent to this domain.
fn sent_to(domain: &str) -> Request {
    let event = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/events/capabilities.json"));
    let mut event: Value = serde_json::from_str(&event.unwrap()).unwrap();
    event["requestContext"]["domainName"] = json!(domain);
    // Anybody can write this one.
    event["headers"]["host"] = json!("stranger.example");
    lambda_http::request::from_str(&event.to_string()).unwrap()
}

/// The address that a handler works with.
async fn address_of(service: Service, request: Request) -> Value {
    let app = App { service };
    let answer = app.checkout(request, async |service: Service, _| {
        let url = service.public_url()?.to_string();
        Ok::<_, Problem>(Answer { status: 200, body: json!(url), replayed: false, about: None, left_out: Vec::new() })
    });
    serde_json::from_slice(answer.await.body()).unwrap()
}

#[tokio::test]
async fn without_a_given_address_it_is_the_one_that_the_request_was_sent_to() {
    let stack = Stack::start(StackOptions::default()).await.unwrap();
    let domain = "abc123.execute-api.eu-central-1.amazonaws.com";
    assert_eq!(address_of(service(&stack, None), sent_to(domain)).await, format!("https://{domain}/"));
    let given: url::Url = "https://pay.example.com".parse().unwrap();
    assert_eq!(address_of(service(&stack, Some(given)), sent_to(domain)).await, "https://pay.example.com/");
}

#[tokio::test]
async fn whoever_is_not_asked_by_a_request_has_to_be_given_one() {
    let stack = Stack::start(StackOptions::default()).await.unwrap();
    let problem = service(&stack, None).public_url().map(|_| ()).unwrap_err();
    assert_eq!(problem.code(), ProblemCode::Unavailable);
}
