//! Who may use the console: a browser on this machine that was not sent here by another site. A page elsewhere can make a
//! browser post a form to a loopback address, and give a name of its own to one.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, HeaderValue, ORIGIN, REFERRER_POLICY,
};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// What every answer says to the browser: no scripts, no frames, nothing kept, no address told to others.
const HEADERS: [(HeaderName, HeaderValue); 3] = [
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
];

pub(super) async fn check(request: Request, next: Next) -> Response {
    let mut answer = match is_local(request.method(), request.headers()) {
        true => next.run(request).await,
        false => (StatusCode::FORBIDDEN, "The console is for this machine: open the address that was printed.\n")
            .into_response(),
    };
    answer.headers_mut().extend(HEADERS);
    answer
}

fn is_local(method: &Method, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or_default());
    let host = text(HOST).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let own = matches!(name, "127.0.0.1" | "localhost");
    own && (method == Method::GET || text(ORIGIN).is_none_or(|origin| origin.strip_prefix("http://") == Some(host)))
}
