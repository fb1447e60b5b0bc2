//! The AWS SDK's way to the network: the same HTTP and TLS stack as the providers', so that a function carries only one.

use std::sync::OnceLock;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use reqwest::Client;

/// How long an answer may take where the SDK does not say.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long connecting may take.
const CONNECT_PATIENCE: Duration = Duration::from_secs(2);

/// The one client, made when a first request needs it.
static CLIENT: OnceLock<Option<Client>> = OnceLock::new();

/// The HTTP client for every SDK client.
pub(crate) fn client() -> SharedHttpClient {
    http_client_fn(|settings, _| {
        SharedHttpConnector::new(Connector { patience: settings.read_timeout().unwrap_or(PATIENCE) })
    })
}

/// Why a request could not be made or its answer not be read.
#[derive(Debug, thiserror::Error)]
enum TransportError {
    #[error("the TLS stack cannot be set up")]
    Tls,
    #[error("the request cannot be written as HTTP")]
    Request,
    #[error("a body that is not in memory cannot be sent")]
    Streaming,
    #[error("no answer in time")]
    Late,
}

#[derive(Debug)]
struct Connector {
    patience: Duration,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let patience = self.patience;
        HttpConnectorFuture::new(async move {
            let answer = tokio::time::timeout(patience, exchange(request)).await;
            answer.unwrap_or_else(|_| Err(ConnectorError::timeout(TransportError::Late.into())))
        })
    }
}

async fn exchange(request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let user = |error: TransportError| ConnectorError::user(error.into());
    let build = || providers::client_builder()?.connect_timeout(CONNECT_PATIENCE).build().ok();
    let client = CLIENT.get_or_init(build).as_ref().ok_or_else(|| user(TransportError::Tls))?;
    let request = request.try_into_http1x().map_err(|_| user(TransportError::Request))?;
    let (parts, body) = request.into_parts();
    let body = body.bytes().ok_or_else(|| user(TransportError::Streaming))?.to_vec();
    let request = http::Request::from_parts(parts, body).try_into().map_err(|_| user(TransportError::Request))?;
    let response = client.execute(request).await.map_err(of_reqwest)?;
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.bytes().await.map_err(of_reqwest)?;
    let mut answer = http::Response::new(SdkBody::from(bytes));
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer.try_into().map_err(|_| user(TransportError::Request))
}

fn of_reqwest(error: reqwest::Error) -> ConnectorError {
    if error.is_timeout() { ConnectorError::timeout(error.into()) } else { ConnectorError::io(error.into()) }
}
