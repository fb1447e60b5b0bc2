//! POST /v1/payments/{id}/confirm: confirms what the buyer accepted.

use runtime::{App, Request, Response};

/// Handles one request.
pub async fn handle(app: App, request: Request) -> Response {
    app.checkout(request, async |service, incoming| {
        service.confirm(&incoming.call, incoming.id(), incoming.key(), incoming.body()).await
    })
    .await
}
