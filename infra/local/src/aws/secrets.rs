//! Secrets Manager, as far as a Lambda reads it: `GetSecretValue` from a map in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Deserialize;
use serde_json::{Value, json};

use super::server::{Listener, Stop};
use super::{ACCOUNT, REGION, StartError};

/// Secret documents by name, and the names that are marked for deletion. Clones share one map, so a change is seen by the
/// next read.
#[derive(Clone, Default)]
pub struct Secrets {
    documents: Arc<RwLock<BTreeMap<String, Option<String>>>>,
}

impl Secrets {
    /// Creates the secret or replaces its document.
    pub fn put(&self, name: impl Into<String>, document: impl Into<String>) {
        self.documents.write().unwrap_or_else(PoisonError::into_inner).insert(name.into(), Some(document.into()));
    }

    /// Marks the secret for deletion: it is there, and nobody may read it.
    pub fn delete(&self, name: impl Into<String>) {
        self.documents.write().unwrap_or_else(PoisonError::into_inner).insert(name.into(), None);
    }

    /// The document of a secret, named by its name or its ARN.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<String> {
        self.entry(id).flatten()
    }

    fn entry(&self, id: &str) -> Option<Option<String>> {
        let name = id.strip_prefix(&arn("")).unwrap_or(id);
        self.documents.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }
}

impl<N: Into<String>, D: Into<String>> FromIterator<(N, D)> for Secrets {
    fn from_iter<I: IntoIterator<Item = (N, D)>>(entries: I) -> Self {
        let documents = entries.into_iter().map(|(name, document)| (name.into(), Some(document.into()))).collect();
        Self { documents: Arc::new(RwLock::new(documents)) }
    }
}

/// A running Secrets Manager; dropping it stops it.
pub struct SecretsManager {
    url: String,
    _stop: Stop,
}

impl SecretsManager {
    /// Starts on the port; 0 takes a free one.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(port: u16, secrets: Secrets) -> Result<Self, StartError> {
        let listener = Listener::bind(port).await?;
        let url = listener.url();
        let stop = listener.serve(Router::new().route("/", post(answer)).with_state(secrets));
        Ok(Self { url, _stop: stop })
    }

    /// The endpoint for SDK clients.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetSecretValue {
    secret_id: String,
}

async fn answer(State(secrets): State<Secrets>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").map_or(&b""[..], |value| value.as_bytes());
    if target != b"secretsmanager.GetSecretValue" {
        return refusal("UnknownOperationException", "only GetSecretValue is answered here");
    }
    let Ok(request) = serde_json::from_slice::<GetSecretValue>(&body) else {
        return refusal("InvalidRequestException", "SecretId is missing");
    };
    match secrets.entry(&request.secret_id) {
        Some(Some(document)) => found(&request.secret_id, &document),
        // The messages of AWS, word for word.
        Some(None) => refusal(
            "InvalidRequestException",
            "You can't perform this operation on the secret because it was marked for deletion.",
        ),
        None => refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
    }
}

fn found(id: &str, document: &str) -> Response {
    let name = id.strip_prefix(&arn("")).unwrap_or(id);
    let body = json!({ "ARN": arn(name), "Name": name, "SecretString": document, "VersionStages": ["AWSCURRENT"] });
    amz_json(StatusCode::OK, &body)
}

fn refusal(code: &str, message: &str) -> Response {
    amz_json(StatusCode::BAD_REQUEST, &json!({ "__type": code, "Message": message }))
}

fn amz_json(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.1")], body.to_string()).into_response()
}

/// AWS appends six random characters to the name; here the name is all there is.
fn arn(name: &str) -> String {
    format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}")
}
