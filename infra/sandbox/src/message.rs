//! A request as it came in, byte for byte, and the answer that a provider decided on.

use axum::body::Body;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, Method};

use crate::json::Json;
use crate::webhooks::Hook;

/// One request: raw body, target as called.
pub(crate) struct Incoming {
    pub(crate) method: Method,
    pub(crate) host: String,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Incoming {
    /// The path without its query.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The segments of the path.
    pub(crate) fn segments(&self) -> Vec<&str> {
        self.path().split('/').filter(|segment| !segment.is_empty()).collect()
    }

    /// The decoded value of a query parameter.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        let query = self.target.split_once('?')?.1;
        form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Name and password of HTTP Basic authentication.
    pub(crate) fn basic(&self) -> Option<(String, String)> {
        let (scheme, encoded) = self.header("authorization")?.split_once(' ')?;
        let decoded = STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
        let (name, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
        Some((name.to_owned(), password.to_owned()))
    }

    /// The media type, without its parameters.
    pub(crate) fn media_type(&self) -> String {
        let value = self.header("content-type").unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }
}

/// What goes back: the decision, and the webhooks that it sets off.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content: Content,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) outcome: String,
    pub(crate) hooks: Vec<Hook>,
}

/// The body of an answer.
pub(crate) enum Content {
    Empty,
    Json(Json),
    Html(String),
    Xml(String),
}

impl Answer {
    pub(crate) fn json(status: u16, body: Json) -> Self {
        Self::new(status, Content::Json(body))
    }

    pub(crate) fn html(status: u16, page: String) -> Self {
        Self::new(status, Content::Html(page))
    }

    pub(crate) fn xml(status: u16, document: String) -> Self {
        Self::new(status, Content::Xml(document))
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self::new(status, Content::Empty)
    }

    /// Sends a browser elsewhere.
    pub(crate) fn see_other(location: &str) -> Self {
        let mut answer = Self::empty(303);
        answer.headers.push(("location", location.to_owned()));
        answer
    }

    /// A control call that does not make sense.
    pub(crate) fn refused(status: u16, message: &str) -> Self {
        Self::json(status, crate::json::map! { "error": message })
    }

    pub(crate) fn with_hooks(mut self, hooks: Vec<Hook>) -> Self {
        self.hooks.extend(hooks);
        self
    }

    /// The same answer with a body.
    pub(crate) fn saying(mut self, body: Json) -> Self {
        self.content = Content::Json(body);
        self
    }

    fn new(status: u16, content: Content) -> Self {
        Self { status, content, headers: Vec::new(), outcome: status.to_string(), hooks: Vec::new() }
    }

    /// The body as it will be written.
    pub(crate) fn body(&self) -> String {
        match &self.content {
            Content::Empty => String::new(),
            Content::Json(body) => body.to_string(),
            Content::Html(text) | Content::Xml(text) => text.clone(),
        }
    }

    /// The media type of the body, where there is one.
    pub(crate) fn media_type(&self) -> Option<&'static str> {
        match self.content {
            Content::Empty => None,
            Content::Json(_) => Some("application/json; charset=utf-8"),
            Content::Html(_) => Some("text/html; charset=utf-8"),
            Content::Xml(_) => Some("text/xml"),
        }
    }

    pub(crate) fn into_response(self) -> Response {
        let mut response = Response::builder().status(self.status);
        if let Some(media_type) = self.media_type() {
            response = response.header("content-type", media_type);
        }
        for (name, value) in &self.headers {
            response = response.header(*name, value);
        }
        let body = self.body();
        response.body(Body::from(body)).unwrap_or_default()
    }
}
