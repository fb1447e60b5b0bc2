//! SQS, embedded: the queue engine of `rustack` behind a loopback listener, and the queues of paylater in it.
//!
//! What it does as AWS does is shown in `tests/sqs_semantics.rs`. What it cannot do, or does differently:
//!
//! - Queues live in memory: nothing survives the process. A message is kept for ever, its retention period is not applied.
//! - A receive returns at most one message per message group; AWS returns up to ten of one group, in order.
//! - Groups are served in alphabetical order, not in the order of arrival, so a busy early group can delay a later one.
//! - Visibility, delay and redrive are applied when somebody receives; a waiting long poll sees them within one second,
//!   and one that itself caused a redrive does not see the group's next message before the following receive.
//! - A delete with an outdated or invented receipt handle answers success and deletes nothing; `DelaySeconds` of a FIFO
//!   queue is ignored; a standard queue refuses `MessageGroupId` (AWS allows it for fair queues).
//! - A message may have 256 KiB (AWS: 1 MiB since August 2025); the total of a batch is not limited, nor are the
//!   characters of a body.
//! - Moving messages out of a dead-letter queue (`StartMessageMoveTask`), permissions, encryption and throttling: none.

use std::sync::Arc;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Response};
use axum::routing::post;
use rustack_sqs_core::config::SqsConfig;
use rustack_sqs_core::handler::RustackSqsHandler;
use rustack_sqs_core::provider::RustackSqs;
use rustack_sqs_http::dispatch::dispatch_operation;
use rustack_sqs_http::response::error_to_response;
use rustack_sqs_http::router::resolve_operation;
use serde_json::json;

use super::server::{Listener, Stop};
use super::{ACCOUNT, REGION, StartError};

/// Deliveries of one message before it goes to the dead-letter queue.
const MAX_RECEIVE_COUNT: u32 = 5;
/// Ten messages of 256 KiB, and their escapes.
const MAX_REQUEST_BYTES: usize = 8 * 1024 * 1024;

/// A running SQS without any queue; dropping it stops it.
pub struct Sqs {
    url: String,
    _stop: Stop,
}

impl Sqs {
    /// Starts on the port; 0 takes a free one.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(port: u16) -> Result<Self, StartError> {
        let listener = Listener::bind(port).await?;
        let url = listener.url();
        let config = SqsConfig {
            skip_signature_validation: true,
            default_region: REGION.to_owned(),
            account_id: ACCOUNT.to_owned(),
            host: listener.address.ip().to_string(),
            port: listener.address.port(),
        };
        let handler = Arc::new(RustackSqsHandler::new(Arc::new(RustackSqs::new(config))));
        let router =
            Router::new().route("/", post(answer)).layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES)).with_state(handler);
        Ok(Self { url, _stop: listener.serve(router) })
    }

    /// The endpoint for SDK clients.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

async fn answer(State(handler): State<Arc<RustackSqsHandler>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let answered = match resolve_operation(&headers) {
        Ok(operation) => dispatch_operation(handler.as_ref(), operation, body).await,
        Err(unknown) => Err(unknown),
    };
    answered.unwrap_or_else(|error| error_to_response(&error, "local")).map(Body::new)
}

/// Creates a standard queue and returns its URL; one that exists is left as it is.
///
/// # Errors
/// When SQS refuses.
pub async fn create_queue(client: &Client, name: &str) -> Result<String, QueueError> {
    let created = client.create_queue().queue_name(name).send().await.map_err(QueueError::sqs)?;
    created.queue_url.ok_or(QueueError::Nameless)
}

/// Creates a FIFO queue with a dead-letter queue of its own (`name.fifo` and `name-dlq.fifo`) and returns its URL.
///
/// # Errors
/// When SQS refuses, for one when the name does not end in `.fifo`.
pub async fn create_event_queue(client: &Client, name: &str) -> Result<String, QueueError> {
    let dead_letters = format!("{}-dlq.fifo", name.trim_end_matches(".fifo"));
    client
        .create_queue()
        .queue_name(&dead_letters)
        .attributes(QueueAttributeName::FifoQueue, "true")
        .send()
        .await
        .map_err(QueueError::sqs)?;
    let redrive = json!({
        "deadLetterTargetArn": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{dead_letters}"),
        "maxReceiveCount": MAX_RECEIVE_COUNT,
    });
    let created = client
        .create_queue()
        .queue_name(name)
        .attributes(QueueAttributeName::FifoQueue, "true")
        .attributes(QueueAttributeName::RedrivePolicy, redrive.to_string())
        .send()
        .await
        .map_err(QueueError::sqs)?;
    created.queue_url.ok_or(QueueError::Nameless)
}

/// Why a queue was not created.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// SQS refused or did not answer.
    #[error("sqs refused")]
    Sqs(#[source] Box<aws_sdk_sqs::Error>),
    /// The answer carries no queue URL.
    #[error("sqs answered without a queue url")]
    Nameless,
}

impl QueueError {
    fn sqs(error: impl Into<aws_sdk_sqs::Error>) -> Self {
        Self::Sqs(Box::new(error.into()))
    }
}
