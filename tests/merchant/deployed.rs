//! Merchant documents as a function reads them: a secret each.

use aws_sdk_secretsmanager::Client;
use local::aws::sdk;
use local::aws::secrets::{Secrets, SecretsManager};
use providers::Transport;
use runtime::SecretMerchants;
use serde_json::{Value, json};
use service::Merchants as _;

/// What reading the merchant `demo` says when its secret is this document.
async fn read(document: &Value) -> Result<bool, String> {
    let secrets = Secrets::from_iter([("paylater/prod/demo", document.to_string())]);
    let manager = SecretsManager::start(0, secrets).await.unwrap();
    let merchants = SecretMerchants::new(Client::new(&sdk(manager.url())), "paylater/prod/", Transport::default());
    let found = merchants.get(&"demo".parse().unwrap()).await;
    found.map(|merchant| merchant.is_some()).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_document_that_cannot_be_used_is_told_by_its_secrets_name_and_field() {
    assert_eq!(read(&json!({ "merchant": "demo" })).await, Ok(true));
    let accounts = json!({ "billagain": { "base_url": "http://billagain.example", "account_id": "1", "api_key": "k" },
        "billink": { "base_url": "https://a.example", "username": "u", "id": "s3cret" } });
    for (document, rule) in [
        (
            json!({ "merchant": "demo", "accounts": accounts }),
            "/accounts/billagain/base_url must be https, or http on loopback, without user, query or fragment; \
             /accounts/billink/workflow_number is required",
        ),
        (json!({ "merchant": "dmeo" }), "/merchant must be the end of the secret's name"),
        (json!({ "merchants": "demo" }), "/merchants is none of the fields here: `merchant`"),
    ] {
        let told = read(&document).await.unwrap_err();
        let start = format!("the secret paylater/prod/demo is no merchant document: {rule}");
        assert!(told.starts_with(&start), "{told}");
        assert!(!told.contains("s3cret"), "{told}");
    }
}
