//! POST /v1/payments/{id}/captures: takes promised money.

use runtime::{App, Request, Response};

/// Handles one request.
pub async fn handle(app: App, request: Request) -> Response {
    app.checkout(request, async |service, incoming| {
        service.capture(&incoming.call, incoming.id(), incoming.key(), incoming.body()).await
    })
    .await
}
