//! The operator's desk: GET /v1/operations lists what needs help, POST /v1/payments/{id}/operations/{operation}/resolve
//! settles it by a person's word.

use runtime::{App, Request, Response};

/// Handles one request of an operator.
pub async fn handle(app: App, request: Request) -> Response {
    let resolves = request.method() == "POST";
    app.checkout(request, async |service, incoming| {
        incoming.operator()?;
        let call = &incoming.call;
        match resolves {
            true => {
                let operation = incoming.path("operation");
                service.resolve(call, incoming.id(), operation, incoming.key(), incoming.body()).await
            }
            false => service.operations(call, incoming.query()).await,
        }
    })
    .await
}
