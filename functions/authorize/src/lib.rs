//! API Gateway's Lambda authorizer: from an API key to a merchant (payload 2.0, simple response).

use lambda_runtime::Error;
use providers::Deadline;
use runtime::App;
use serde::{Deserialize, Serialize};
use service::{Caller, Scope};

/// What API Gateway asks.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizerRequest {
    /// The values of the identity sources: the `Authorization` header.
    #[serde(default)]
    pub identity_source: Option<Vec<String>>,
}

/// What API Gateway is told.
#[derive(Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizerResponse {
    /// Whether the request may go on.
    pub is_authorized: bool,
    /// Handed to the function in the request context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<AuthorizerContext>,
}

/// Who the caller is.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub struct AuthorizerContext {
    /// Whose key it is.
    pub merchant: String,
    /// What the key may do.
    pub scope: Scope,
    /// What the key is called.
    pub label: String,
}

/// Handles one question.
///
/// # Errors
/// When the merchants cannot be looked up: API Gateway answers 500 and caches nothing.
pub async fn handle(
    app: App,
    request: AuthorizerRequest,
    _deadline: Deadline,
    request_id: String,
) -> Result<AuthorizerResponse, Error> {
    let header = request.identity_source.as_ref().and_then(|values| values.first()).map(String::as_str);
    let caller = app.service.authorize(header).await.map_err(|problem| {
        let cause = problem.cause().map(ToString::to_string);
        tracing::error!(request_id, cause, "merchants cannot be looked up");
        problem.code().title()
    })?;
    let context = caller.map(|Caller { merchant, scope, label }| {
        let merchant = merchant.to_string();
        AuthorizerContext { merchant, scope, label }
    });
    Ok(AuthorizerResponse { is_authorized: context.is_some(), context })
}
