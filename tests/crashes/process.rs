//! A function as a process of its own, under the Lambda Runtime API.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as Parameters, State};
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use local::aws;
use serde_json::Value;
use tests::PATIENCE;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

/// What the template gives a function.
const TIMEOUT: Duration = Duration::from_secs(29);

/// What Lambda sets, whatever a function is.
const LAMBDA: [(&str, &str); 6] = [
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
    ("AWS_ACCESS_KEY_ID", aws::ACCESS_KEY_ID),
    ("AWS_SECRET_ACCESS_KEY", aws::SECRET_ACCESS_KEY),
    ("AWS_REGION", aws::REGION),
    ("STAGE", "local"),
];

/// A running function that has one event to handle.
pub(crate) struct Process {
    child: Child,
    runtime: AbortHandle,
    answer: oneshot::Receiver<(StatusCode, Value)>,
}

struct Runtime {
    event: Mutex<Option<String>>,
    answer: Mutex<Option<oneshot::Sender<(StatusCode, Value)>>>,
}

impl Process {
    /// Starts the binary; it asks for the event as soon as it runs.
    pub(crate) async fn start(binary: &Path, environment: &[(&str, &str)], event: &Value) -> Self {
        let (tell, answer) = oneshot::channel();
        let state = Runtime { event: Mutex::new(Some(event.to_string())), answer: Mutex::new(Some(tell)) };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/{how}", post(answered))
            .with_state(Arc::new(state));
        let runtime = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }).abort_handle();
        let mut command = Command::new(binary);
        command.env_clear().envs(LAMBDA).envs(environment.iter().copied());
        command.env("AWS_LAMBDA_FUNCTION_NAME", binary.file_name().unwrap()).env("AWS_LAMBDA_RUNTIME_API", address);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        Self { child, runtime, answer }
    }

    /// What it answers the event with.
    pub(crate) async fn answer(&mut self) -> Value {
        let answer = tokio::time::timeout(PATIENCE, &mut self.answer).await;
        let (status, body) = answer.expect("the function answers in time").expect("the function answers once");
        assert_eq!(status, StatusCode::OK, "the function failed: {body}");
        body
    }

    /// Ends it without a warning (SIGKILL), and returns when it is gone.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.runtime.abort();
    }
}

/// The one event; whoever asks for another waits.
async fn next(State(runtime): State<Arc<Runtime>>) -> Response<String> {
    let Some(event) = runtime.event.lock().unwrap().take() else { return std::future::pending().await };
    let until = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + TIMEOUT;
    let id = uuid::Uuid::new_v4().to_string();
    Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", id)
        .header("lambda-runtime-deadline-ms", until.as_millis().to_string())
        .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:000000000000:function:f:live")
        .header("lambda-runtime-trace-id", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0")
        .body(event)
        .unwrap()
}

async fn answered(
    State(runtime): State<Arc<Runtime>>,
    Parameters((_, how)): Parameters<(String, String)>,
    body: Bytes,
) -> StatusCode {
    let status = if how == "response" { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR };
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    if let Some(tell) = runtime.answer.lock().unwrap().take() {
        let _ = tell.send((status, body));
    }
    StatusCode::ACCEPTED
}
