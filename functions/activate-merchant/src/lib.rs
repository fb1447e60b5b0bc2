//! POST /v1/merchants/{merchant}/activations: enables a merchant at a provider that issues accounts.

use runtime::{App, Request, Response};

/// Handles one request of an operator.
pub async fn handle(app: App, request: Request) -> Response {
    app.checkout(request, async |service, incoming| {
        incoming.operator()?;
        service.activate(&incoming.call, incoming.path("merchant"), incoming.key(), incoming.body()).await
    })
    .await
}
