//! GET /v1/capabilities: what every provider can do.

use runtime::{App, Request, Response};

/// Handles one request.
pub async fn handle(app: App, request: Request) -> Response {
    app.checkout(request, async |service, _| Ok(service.capabilities())).await
}
