//! From an HTTP request to the event that API Gateway would send (HTTP API, payload format 2.0).

use std::collections::BTreeMap;

use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::routes::Route;

/// A request that found its route.
pub(crate) struct Routed<'a> {
    pub(crate) parts: &'a Parts,
    pub(crate) body: &'a [u8],
    pub(crate) route: &'a Route,
    pub(crate) parameters: &'a [(String, String)],
    pub(crate) request_id: &'a str,
    /// What the authorizer handed over.
    pub(crate) authorizer: Option<Value>,
}

impl Routed<'_> {
    /// The event.
    pub(crate) fn to_event(&self) -> Value {
        let path = self.parts.uri.path();
        let query = self.parts.uri.query().unwrap_or_default();
        let route_key = format!("{} {}", self.route.method, self.route.path);
        let now = Timestamp::now();
        let headers = self.headers();
        let mut event = json!({
            "version": "2.0",
            "routeKey": route_key,
            "rawPath": path,
            "rawQueryString": query,
            "requestContext": {
                "accountId": crate::aws::ACCOUNT,
                "apiId": "local",
                "domainName": headers.get("host").map_or("127.0.0.1", String::as_str),
                "domainPrefix": "local",
                "http": {
                    "method": self.parts.method.as_str(),
                    "path": path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1",
                    "userAgent": headers.get("user-agent").map_or("", String::as_str),
                },
                "requestId": self.request_id,
                "routeKey": route_key,
                "stage": "$default",
                "time": now.strftime("%d/%b/%Y:%H:%M:%S %z").to_string(),
                "timeEpoch": now.as_millisecond(),
            },
            "headers": headers,
            "isBase64Encoded": false,
        });
        let Some(fields) = event.as_object_mut() else { return event };
        let parameters: BTreeMap<_, _> = self.parameters.iter().cloned().collect();
        if !parameters.is_empty() {
            fields.insert("pathParameters".to_owned(), json!(parameters));
        }
        let query: BTreeMap<String, String> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        if !query.is_empty() {
            fields.insert("queryStringParameters".to_owned(), json!(query));
        }
        if let (Some(context), Some(authorizer)) = (fields.get_mut("requestContext"), &self.authorizer) {
            context["authorizer"] = json!({ "lambda": authorizer });
        }
        self.put_body(fields);
        event
    }

    /// Header names in lower case, values of the same name joined by commas.
    fn headers(&self) -> BTreeMap<String, String> {
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in &self.parts.headers {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            headers
                .entry(name.as_str().to_owned())
                .and_modify(|old| {
                    old.push(',');
                    old.push_str(&value);
                })
                .or_insert(value);
        }
        headers
    }

    fn put_body(&self, fields: &mut serde_json::Map<String, Value>) {
        if self.body.is_empty() {
            return;
        }
        match std::str::from_utf8(self.body) {
            Ok(text) => fields.insert("body".to_owned(), json!(text)),
            Err(_) => {
                fields.insert("isBase64Encoded".to_owned(), json!(true));
                fields.insert("body".to_owned(), json!(STANDARD.encode(self.body)))
            }
        };
    }
}
