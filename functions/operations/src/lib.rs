//! The operator's desk: GET /v1/operations lists what needs help, POST /v1/payments/{id}/operations/{operation}/resolve
//! settles it by a person's word, POST /v1/replays sends events once more or reads kept messages anew.

use runtime::{App, Request, Response};

/// Handles one request of an operator.
pub async fn handle(app: App, request: Request) -> Response {
    let posted = request.method() == "POST";
    app.checkout(request, async |service, incoming| {
        incoming.operator()?;
        let call = &incoming.call;
        match (posted, incoming.path("operation")) {
            (true, "") => service.replay(call, incoming.key(), incoming.body()).await,
            (true, operation) => service.resolve(call, incoming.id(), operation, incoming.key(), incoming.body()).await,
            (false, _) => service.operations(call, incoming.query()).await,
        }
    })
    .await
}
