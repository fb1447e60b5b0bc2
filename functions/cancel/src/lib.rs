//! POST /v1/payments/{id}/cancel: releases what is promised and not captured.

use runtime::{App, Request, Response};

/// Handles one request.
pub async fn handle(app: App, request: Request) -> Response {
    app.checkout(request, async |service, incoming| {
        service.cancel(&incoming.call, incoming.id(), incoming.key(), incoming.body()).await
    })
    .await
}
