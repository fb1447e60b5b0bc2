//! The stand-in for API Gateway: routes of the template, the authorizer, events in payload format 2.0.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use authorize::AuthorizerRequest;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{ALLOW, HeaderValue};
use axum::http::request::Parts;
use axum::response::Response;
use lambda_http::{Context, RequestExt};
use providers::Deadline;
use runtime::App;
use serde_json::Value;
use service::{Problem, ProblemCode};
use tokio::net::TcpListener;

use crate::event::Routed;
use crate::functions;
use crate::routes::{Found, Route, Routes};

/// What API Gateway waits for a function.
const FUNCTION_TIME: Duration = Duration::from_secs(29);

/// The largest body that API Gateway takes, in bytes.
const LARGEST_BODY: usize = 10 * 1024 * 1024;

/// A route and its path parameters.
type Matched<'a> = (&'a Route, Vec<(String, String)>);

struct Gateway {
    app: App,
    routes: Routes,
}

/// Serves the API until the task is dropped.
pub(crate) async fn serve(listener: TcpListener, app: App, routes: Routes) -> std::io::Result<()> {
    let router = Router::new().fallback(handle).with_state(Arc::new(Gateway { app, routes }));
    axum::serve(listener, router).await
}

async fn handle(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let request_id = uuid::Uuid::new_v4().to_string();
    let (parts, body) = request.into_parts();
    let mut answer = match gateway.invoke(&parts, body, &request_id).await {
        Ok(answer) => answer,
        Err(problem) => runtime::problem(&problem, &runtime::Asked { request_id, ..runtime::Asked::default() }),
    };
    if answer.status() == StatusCode::METHOD_NOT_ALLOWED
        && let Ok(methods) = HeaderValue::from_str(&gateway.routes.methods(parts.uri.path()))
    {
        answer.headers_mut().insert(ALLOW, methods);
    }
    answer.map(|body| match body {
        lambda_http::Body::Text(text) => Body::from(text),
        lambda_http::Body::Binary(bytes) => Body::from(bytes),
        _ => Body::empty(),
    })
}

impl Gateway {
    async fn invoke(&self, parts: &Parts, body: Body, request_id: &str) -> Result<runtime::Response, Problem> {
        let (route, parameters) = self.route(parts)?;
        let authorizer = if route.authorized { Some(self.authorize(parts, request_id).await?) } else { None };
        let too_large =
            |_| Problem::new(ProblemCode::BodyTooLarge, format!("The body must have at most {LARGEST_BODY} bytes."));
        let body = to_bytes(body, LARGEST_BODY).await.map_err(too_large)?;
        let routed = Routed { parts, body: &body, route, parameters: &parameters, request_id, authorizer };
        let event = routed.to_event().to_string();
        let request = lambda_http::request::from_str(&event).map_err(Problem::unavailable)?;
        let mut context = Context::default();
        context.request_id = request_id.to_owned();
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + FUNCTION_TIME;
        context.deadline = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX);
        let handler =
            functions::find(&route.function).ok_or_else(|| Problem::unavailable("a route without a function"))?;
        let running = handler(self.app.clone(), request.with_lambda_context(context));
        let timed_out = |_| Problem::unavailable("a function took longer than API Gateway waits");
        tokio::time::timeout(FUNCTION_TIME, running).await.map_err(timed_out)
    }

    fn route(&self, parts: &Parts) -> Result<Matched<'_>, Problem> {
        match self.routes.find(parts.method.as_str(), parts.uri.path()) {
            Found::Route(route, parameters) => Ok((route, parameters)),
            Found::OtherMethod => {
                Err(Problem::new(ProblemCode::MethodNotAllowed, "This address does not take that method."))
            }
            Found::Nothing => Err(Problem::new(ProblemCode::RouteNotFound, "There is nothing at this address.")),
        }
    }

    async fn authorize(&self, parts: &Parts, request_id: &str) -> Result<Value, Problem> {
        let header = parts.headers.get("authorization").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let question = AuthorizerRequest { identity_source: header.map(|header| vec![header]) };
        let deadline = Deadline::within(FUNCTION_TIME);
        let answer = authorize::handle(self.app.clone(), question, deadline, request_id.to_owned()).await;
        let answer = answer.map_err(|_| Problem::unavailable("the authorizer failed"))?;
        match answer.context.filter(|_| answer.is_authorized) {
            Some(context) => serde_json::to_value(context).map_err(Problem::unavailable),
            None => Err(Problem::unauthorized()),
        }
    }
}
