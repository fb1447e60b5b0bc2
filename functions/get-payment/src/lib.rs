//! GET /v1/payments/{id} and GET /v1/payments/{id}/timeline: one payment, and how it came to stand as it does.

use runtime::{App, Request, Response};

/// Handles one request.
pub async fn handle(app: App, request: Request) -> Response {
    let timeline = request.uri().path().ends_with("/timeline");
    app.checkout(request, async |service, incoming| match timeline {
        true => service.timeline(&incoming.call, incoming.id(), incoming.query()).await,
        false => service.get(&incoming.call, incoming.id(), incoming.query()).await,
    })
    .await
}
