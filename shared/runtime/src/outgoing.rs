//! HTTP out: answers and problems with the headers that belong to them, and one log line each.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderName, HeaderValue};
use lambda_http::Body;
use payment::{MerchantId, OperationId, PaymentId};
use service::{Answer, LeftOut, Problem};
use url::Url;

use crate::Asked;

/// The largest body that is taken, in bytes.
pub const LARGEST_BODY: usize = 256 * 1024;

/// An answer as a function gives it.
pub type Response = http::Response<Body>;

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

pub(crate) fn answer(result: Result<Answer, Problem>, asked: &Asked) -> Response {
    let Asked { request_id, route, .. } = asked;
    let merchant = asked.merchant.as_ref().map(MerchantId::as_str);
    match result {
        Ok(Answer { status, body, replayed, about, left_out }) => {
            for LeftOut { payment: payment_id, cause } in &left_out {
                let version = asked.version.as_deref();
                tracing::error!(request_id, route, merchant, version, %payment_id, cause, "a payment cannot be read");
            }
            let (payment, operation) = about.as_ref().map(|(payment, operation)| (payment, operation)).unzip();
            let (payment_id, operation_id) = ids(payment, operation, asked);
            tracing::info!(request_id, route, merchant, payment_id, operation_id, status, replayed, "answered");
            let mut response = document(status, "application/json", &body, request_id);
            if replayed {
                response.headers_mut().insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
            }
            response
        }
        Err(found) => problem(&found, asked),
    }
}

/// The payment and the operation that an answer is about, where they are known.
fn ids<'a>(
    payment: Option<&'a PaymentId>,
    operation: Option<&'a OperationId>,
    asked: &'a Asked,
) -> (Option<&'a str>, Option<&'a str>) {
    let (payment, operation) = (payment.or(asked.payment.as_ref()), operation.or(asked.operation.as_ref()));
    (payment.map(PaymentId::as_str), operation.map(OperationId::as_str))
}

/// A problem document.
#[must_use]
pub fn problem(problem: &Problem, asked: &Asked) -> Response {
    let Asked { request_id, route, .. } = asked;
    let merchant = asked.merchant.as_ref().map(MerchantId::as_str);
    let status = problem.code().status();
    let code = problem.code().as_str();
    let (payment_id, operation_id) = ids(problem.payment(), problem.operation(), asked);
    match (problem.cause(), problem.reason()) {
        (Some(cause), _) => {
            let (version, cause) = (asked.version.as_deref(), Chain(cause));
            tracing::error!(
                request_id, route, merchant, payment_id, operation_id, version, status, code, %cause, "failed"
            );
        }
        (None, Some(reason)) => {
            tracing::warn!(request_id, route, merchant, payment_id, operation_id, status, code, reason, "answered");
        }
        (None, None) => {
            tracing::info!(request_id, route, merchant, payment_id, operation_id, status, code, "answered");
        }
    }
    let mut response = document(status, "application/problem+json", &problem.to_json(request_id), request_id);
    if let Some(seconds) = problem.retry_after() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if problem.is_replay() {
        response.headers_mut().insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

pub(crate) fn acknowledgement(result: Result<Option<PaymentId>, Problem>, asked: &Asked) -> Response {
    let Asked { request_id, route, .. } = asked;
    let merchant = asked.merchant.as_ref().map(MerchantId::as_str);
    match result {
        Ok(payment) => {
            let payment_id = payment.as_ref().map(PaymentId::as_str);
            tracing::info!(request_id, route, merchant, payment_id, status = 200, "message kept");
            with_request_id(http::Response::new(Body::Empty), request_id)
        }
        Err(found) => problem(&found, asked),
    }
}

pub(crate) fn redirect(result: Result<Url, Problem>, asked: &Asked) -> Response {
    let Asked { request_id, route, .. } = asked;
    let merchant = asked.merchant.as_ref().map(MerchantId::as_str);
    let location = result.map(|url| HeaderValue::from_str(url.as_str()));
    match location {
        Ok(Ok(location)) => {
            let payment_id = asked.payment.as_ref().map(PaymentId::as_str);
            tracing::info!(request_id, route, merchant, payment_id, status = 303, "buyer sent back");
            let mut response = with_request_id(http::Response::new(Body::Empty), request_id);
            *response.status_mut() = http::StatusCode::SEE_OTHER;
            response.headers_mut().insert(LOCATION, location);
            response
        }
        Ok(Err(error)) => problem(&Problem::unavailable(error), asked),
        Err(found) => problem(&found, asked),
    }
}

fn document(status: u16, media_type: &'static str, body: &serde_json::Value, request_id: &str) -> Response {
    let mut response = with_request_id(http::Response::new(Body::Text(body.to_string())), request_id);
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

fn with_request_id(mut response: Response, request_id: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An error with everything that led to it, for the log. None of our errors holds a value of a request.
struct Chain<'a>(&'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            write!(f, ": {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}
