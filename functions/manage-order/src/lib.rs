//! POST /v1/payments/{id}/orders/{action}: changes an order that the provider has promised to pay.

use runtime::{App, Request, Response};

/// Handles one request.
pub async fn handle(app: App, request: Request) -> Response {
    app.checkout(request, async |service, incoming| {
        let order = (incoming.id(), incoming.path("action"));
        service.manage_order(&incoming.call, order, incoming.key(), incoming.body()).await
    })
    .await
}
