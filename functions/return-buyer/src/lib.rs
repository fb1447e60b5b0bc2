//! GET and POST /v1/return/{id}: the buyer comes back from the provider's page, by a link or by a form that is not read; we
//! look, then send the buyer on to the shop.

use runtime::{App, Request, Response};

/// Handles one request.
pub async fn handle(app: App, request: Request) -> Response {
    app.returned_buyer(request).await
}
