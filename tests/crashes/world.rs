//! One stack whose functions can also run as processes.

use local::aws::secrets::{Secrets, SecretsManager};
use local::{DEMO_MERCHANT, Stack, StackOptions};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Site, Table as Items};

use crate::bench::Bench;
use crate::binaries::binary;
use crate::gate::{Gate, Point};
use crate::process::Process;
use crate::table::Table;

/// What the name of a merchant's secret begins with.
const SECRETS_PREFIX: &str = "paylater/local/";

/// A stack without a sweep and a relay of its own, and secrets for the processes.
pub(crate) struct World {
    pub(crate) bench: Bench,
    pub(crate) items: Items,
    /// What the gates pass on with; to make one reads every certificate of the machine.
    pub(crate) http: reqwest::Client,
    secrets: Secrets,
    secrets_manager: SecretsManager,
}

/// A function and its event.
#[derive(Clone)]
pub(crate) struct Invocation {
    pub(crate) function: &'static str,
    pub(crate) event: Value,
}

/// A process with the gate that it stands behind.
pub(crate) struct Running {
    pub(crate) gate: Gate,
    pub(crate) process: Process,
}

impl World {
    pub(crate) async fn of(table: &'static Table) -> Self {
        let options = StackOptions { without_sweep: true, without_relay: true, ..StackOptions::default() };
        let site = Site::start_own(options).await;
        let (secrets, items) = (Secrets::default(), site.table());
        let secrets_manager = SecretsManager::start(0, secrets.clone()).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { bench: Bench::on(site, table), items, http, secrets, secrets_manager }
    }

    /// As it was in the beginning, but for what the provider remembers of other payments.
    pub(crate) async fn renew(&self) {
        let sandbox = &self.bench.sandbox;
        sandbox.no_faults().await;
        sandbox.webhooks(json!({ "mode": "normal" })).await;
        sandbox.release("normal").await;
        sandbox.quiet().await;
        self.items.clear().await;
    }

    /// Everything that runs.
    pub(crate) fn stack(&self) -> &Stack {
        self.bench.site.stack().unwrap()
    }

    /// Starts a function as a process that gets as far as this point.
    pub(crate) async fn start(&self, invocation: &Invocation, point: Option<Point>) -> Running {
        let stack = self.stack();
        let provider = self.bench.sandbox.root();
        let gate = Gate::before(&self.http, &stack.aws.dynamodb_url, provider, point).await;
        let document = stack.demo_merchant.to_string().replace(provider, &gate.provider);
        self.secrets.put(format!("{SECRETS_PREFIX}{DEMO_MERCHANT}"), document);
        let environment = [
            ("TABLE_NAME", stack.aws.table.as_str()),
            ("PUBLIC_URL", stack.url.as_str()),
            ("SECRETS_PREFIX", SECRETS_PREFIX),
            ("AWS_ENDPOINT_URL_DYNAMODB", &gate.table),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", self.secrets_manager.url()),
        ];
        let process = Process::start(binary(invocation.function), &environment, &invocation.event).await;
        Running { gate, process }
    }

    /// Lets time pass for a payment and for the messages that wait.
    pub(crate) async fn pass(&self, payment: &str, seconds: i64) {
        self.items.pass(&[&format!("PAY#{payment}"), "HOOK#"], seconds).await;
    }

    /// Whether any message is kept.
    pub(crate) async fn has_messages(&self) -> bool {
        self.items.items().await.keys().any(|(partition, _)| partition.starts_with("HOOK#"))
    }
}

/// What API Gateway hands to a function. Its authorizer has seen an operator's key.
pub(crate) fn event(method: &Method, path: &str, headers: &[(&str, &str)], body: &str) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let headers: serde_json::Map<_, _> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let segments: Vec<&str> = path.split('/').collect();
    let mut event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
        "headers": headers, "body": body, "isBase64Encoded": false,
        "requestContext": {
            "accountId": local::aws::ACCOUNT, "apiId": "local", "domainName": "127.0.0.1", "domainPrefix": "local",
            "http": { "method": method.as_str(), "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "shop" },
            "requestId": uuid::Uuid::new_v4().to_string(), "routeKey": "$default", "stage": "$default",
            "time": "01/Feb/2026:09:00:00 +0000", "timeEpoch": 1_769_936_400_000_i64,
            "authorizer": { "lambda": { "merchant": DEMO_MERCHANT, "scope": "operator" } },
        },
    });
    match &segments[..] {
        ["", "v1", "payments", id, "operations", operation, ..] => {
            event["pathParameters"] = json!({ "id": id, "operation": operation });
        }
        ["", "v1", "payments", id, action @ ..] => {
            event["pathParameters"] = json!({ "id": id, "action": action.last() });
        }
        ["", "v1", "return", id] => event["pathParameters"] = json!({ "id": id }),
        _ => {}
    }
    let query: serde_json::Map<_, _> =
        url::form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (name.into_owned(), json!(value))).collect();
    if !query.is_empty() {
        event["queryStringParameters"] = Value::Object(query);
    }
    event
}
