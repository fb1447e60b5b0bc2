//! POST /v1/payments: opens a payment and its session at the provider.

use runtime::{App, Request, Response};

/// Handles one request.
pub async fn handle(app: App, request: Request) -> Response {
    app.checkout(request, async |service, incoming| {
        service.create_session(&incoming.call, incoming.key(), incoming.body()).await
    })
    .await
}
