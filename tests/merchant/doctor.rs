//! The doctor, whose patients are accounts at the providers' stand-ins.

use local::{Documents, Stack, StackOptions};
use sandbox::{STAND_INS, StandIn};
use serde_json::{Value, json};
use tests::Sandbox;

struct Practice {
    stack: Stack,
}

/// The stand-ins that can be asked, and the call that asks.
fn askable() -> impl Iterator<Item = (&'static StandIn, &'static str)> {
    STAND_INS.iter().filter_map(|stand_in| Some((stand_in, stand_in.credentials_call?)))
}

/// The fields of an account that the provider has to know: those with the demo account's credentials.
fn fields((user, secret): (&str, &str), account: &Value) -> Vec<String> {
    let known = |(_, value): &(&String, &Value)| **value == user || **value == secret;
    let found: Vec<String> = account.as_object().unwrap().iter().filter(known).map(|(name, _)| name.clone()).collect();
    assert_eq!(found.len(), 2, "{account}");
    found
}

impl Practice {
    async fn open() -> Self {
        Self { stack: Stack::start(StackOptions::default()).await.unwrap() }
    }

    fn sandbox(&self, provider: &str) -> Sandbox {
        Sandbox::new(self.stack.sandboxes.of(provider).unwrap().url())
    }

    /// The demo merchant with one account only.
    fn patient(&self, provider: &str) -> Value {
        let mut document = self.stack.demo_merchant.clone();
        document["accounts"].as_object_mut().unwrap().retain(|name, _| name == provider);
        document
    }

    /// Whether all is well, and what the doctor says.
    async fn examine(&self, document: &Value, live: bool) -> (bool, String) {
        let mut told = Vec::new();
        let documents = Documents { name: "m.json".to_owned(), text: document.to_string() };
        let fine = documents.examine(live, &mut told).await.unwrap();
        (fine, String::from_utf8(told).unwrap())
    }
}

#[tokio::test]
async fn every_provider_that_can_be_asked_accepts_the_right_credentials() {
    let practice = Practice::open().await;
    let (fine, told) = practice.examine(&practice.stack.demo_merchant, true).await;
    assert!(fine, "{told}");
    for stand_in in STAND_INS {
        let said = match stand_in.credentials_call {
            Some(_) => "the provider accepts the credentials",
            None => "cannot be checked without an effect, so NOT CHECKED",
        };
        assert!(told.contains(&format!("m.json: merchant demo: {}: {said}\n", stand_in.provider)), "{told}");
    }
}

#[tokio::test]
async fn one_harmless_call_asks_and_nothing_without_live() {
    let practice = Practice::open().await;
    let before = books(&practice).await;
    assert!(practice.examine(&practice.stack.demo_merchant, false).await.0);
    assert_eq!(calls(&practice).await, Vec::<(String, String)>::new());
    practice.examine(&practice.stack.demo_merchant, true).await;
    let mut wanted: Vec<_> = askable().map(|(it, call)| (it.provider.to_owned(), call.to_owned())).collect();
    wanted.sort();
    assert_eq!(calls(&practice).await, wanted);
    assert_eq!(books(&practice).await, before);
}

async fn calls(practice: &Practice) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (provider, _) in practice.stack.sandboxes.all() {
        for call in practice.sandbox(provider).calls().await {
            found.push((provider.to_owned(), call["call"].as_str().unwrap().to_owned()));
        }
    }
    found.sort();
    found
}

async fn books(practice: &Practice) -> Vec<Value> {
    let mut found = Vec::new();
    for (provider, _) in practice.stack.sandboxes.all() {
        found.push(practice.sandbox(provider).books().await);
    }
    found
}

#[tokio::test]
async fn wrong_credentials_are_refused_whichever_of_the_two_is_wrong() {
    let practice = Practice::open().await;
    for (stand_in, _) in askable() {
        let provider = stand_in.provider;
        let patient = practice.patient(provider);
        for field in fields(stand_in.credentials, &patient["accounts"][provider]) {
            let mut document = patient.clone();
            document["accounts"][provider][&field] = json!("wrong");
            let (fine, told) = practice.examine(&document, true).await;
            let line = format!("m.json: merchant demo: {provider}: the provider REFUSES the credentials\n");
            assert!(!fine && told.contains(&line), "{provider} with a wrong {field}: {told}");
        }
    }
}

#[tokio::test]
async fn a_provider_that_fails_or_speaks_nonsense_accepts_nothing() {
    let practice = Practice::open().await;
    for (StandIn { provider, .. }, call) in askable() {
        for (kind, word) in [("http_5xx", "NOT BE REACHED"), ("drop_before", "NOT BE REACHED"), ("garbage", "NEITHER")]
        {
            let sandbox = practice.sandbox(provider);
            sandbox.fault(json!({ "call": call, "kind": kind, "times": 9 })).await;
            let (fine, told) = practice.examine(&practice.patient(provider), true).await;
            assert!(!fine && told.contains(word), "{provider}, {kind}: {told}");
            sandbox.no_faults().await;
        }
    }
}

#[tokio::test]
async fn an_address_where_nobody_listens_is_told() {
    let practice = Practice::open().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (StandIn { provider, .. }, _) in askable() {
        let mut document = practice.patient(provider);
        document["accounts"][provider]["base_url"] = json!(format!("http://127.0.0.1:{port}"));
        let (fine, told) = practice.examine(&document, true).await;
        assert!(!fine && told.contains("NOT BE REACHED"), "{provider}: {told}");
    }
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once_by_file_document_account_field_and_rule() {
    let practice = Practice::open().await;
    let demo = &practice.stack.demo_merchant;
    let mut broken = demo.clone();
    broken["api_keys"][1]["sha256"] = json!("ABC");
    let billie = broken["accounts"]["billie_pad"].as_object_mut().unwrap();
    let secret = billie.remove("client_secret").unwrap();
    billie.insert("client_secrt".to_owned(), secret);
    broken["accounts"]["billink"]["workflow_number"] = json!(1);
    broken["accounts"]["klarna"] = json!({});
    let (fine, told) = practice.examine(&json!([demo, broken, demo, []]), false).await;
    assert!(!fine);
    let wanted = [
        "m.json: /1/api_keys/1/sha256 must be the SHA-256 of the whole key, 64 lower-case hex digits",
        "m.json: /1/accounts/billie_pad/client_secrt is not a field of this account",
        "m.json: /1/accounts/billink/workflow_number must be a string",
        "m.json: /1/accounts/klarna is no provider that this build knows",
        "m.json: /2/merchant is an earlier document's too",
        "m.json: /3 must be an object",
    ];
    assert_eq!(told.lines().collect::<Vec<_>>(), wanted);
}
