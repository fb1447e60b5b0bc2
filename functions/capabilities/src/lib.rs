//! GET /v1/capabilities: what every provider can do.

use runtime::{App, Request, Response};

/// Handles one request.
pub async fn handle(app: App, request: Request) -> Response {
    app.checkout(request, async |service, incoming| service.capabilities(incoming.query())).await
}
