//! POST /v1/webhooks/billagain/{merchant}: takes in the provider's messages.

use runtime::{App, Request, Response};

/// Handles one message.
pub async fn handle(app: App, request: Request) -> Response {
    app.webhook("billagain", request).await
}
