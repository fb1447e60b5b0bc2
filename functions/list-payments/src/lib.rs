//! GET /v1/payments: a merchant's payments, newest first.

use runtime::{App, Request, Response};

/// Handles one request.
pub async fn handle(app: App, request: Request) -> Response {
    app.checkout(request, async |service, incoming| service.list(&incoming.call, incoming.query()).await).await
}
