//! The HTTP client: every answer that passes through it is held against `openapi.yaml`.

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Method};
use serde_json::Value;
use url::Url;

use crate::{Answer, Contract};

/// Somebody who calls the API with one credential.
#[derive(Clone)]
pub struct Api {
    http: Client,
    base: Url,
    credential: String,
}

/// A request that is being put together.
#[must_use]
pub struct Request {
    api: Api,
    method: Method,
    path: String,
    key: Option<HeaderValue>,
    authorization: Option<String>,
    headers: Vec<(String, String)>,
    body: Option<(Vec<u8>, Option<String>)>,
}

impl Api {
    /// A caller with a key, at this address.
    #[must_use]
    pub fn new(base: &Url, credential: &str) -> Self {
        Self { http: client(), base: base.clone(), credential: credential.to_owned() }
    }

    /// The same address, called with another key.
    #[must_use]
    pub fn with_credential(&self, credential: &str) -> Self {
        Self { credential: credential.to_owned(), ..self.clone() }
    }

    /// Where the API is.
    #[must_use]
    pub const fn base(&self) -> &Url {
        &self.base
    }

    /// Gets an address, query included.
    pub async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path).send().await
    }

    /// Posts a document under a key that nobody used before.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::POST, path).json(body).send().await
    }

    /// Posts a document under this key.
    pub async fn post_as(&self, key: &str, path: &str, body: &Value) -> Answer {
        self.request(Method::POST, path).key(key).json(body).send().await
    }

    /// A payment as it is now.
    pub async fn payment(&self, id: &str) -> Value {
        self.get(&format!("/v1/payments/{id}")).await.expect(200).body
    }

    /// A request with the credential and, where something is posted, a new key.
    pub fn request(&self, method: Method, path: &str) -> Request {
        let new_key = || HeaderValue::from_str(&uuid::Uuid::new_v4().to_string()).unwrap();
        Request {
            api: self.clone(),
            key: (method == Method::POST).then(new_key),
            method,
            path: path.to_owned(),
            authorization: Some(format!("Bearer {}", self.credential)),
            headers: Vec::new(),
            body: None,
        }
    }
}

impl Request {
    /// Under this Idempotency-Key, whatever its bytes are.
    pub fn key(mut self, key: impl AsRef<[u8]>) -> Self {
        self.key = Some(HeaderValue::from_bytes(key.as_ref()).unwrap());
        self
    }

    /// Without an Idempotency-Key.
    pub fn without_key(mut self) -> Self {
        self.key = None;
        self
    }

    /// With this `Authorization` header, or none.
    pub fn authorization(mut self, header: Option<&str>) -> Self {
        self.authorization = header.map(str::to_owned);
        self
    }

    /// With one more header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this document.
    pub fn json(self, body: &Value) -> Self {
        self.raw(body.to_string(), Some("application/json"))
    }

    /// With these bytes under this media type, or under none.
    pub fn raw(mut self, body: impl Into<Vec<u8>>, media_type: Option<&str>) -> Self {
        self.body = Some((body.into(), media_type.map(str::to_owned)));
        self
    }

    /// Sends it, holds the answer against the contract, and returns it.
    pub async fn send(self) -> Answer {
        let (answer, errors) = self.send_and_tell().await;
        let told = errors.join("\n  ");
        let Answer { asked, status, body, .. } = &answer;
        assert!(errors.is_empty(), "{asked} was answered with {status} against openapi.yaml:\n  {told}\n{body:#}");
        answer
    }

    /// Sends it and returns the answer with everything that the contract has against it.
    pub async fn send_and_tell(self) -> (Answer, Vec<String>) {
        let asked = format!("{} {}", self.method, self.path);
        let url = format!("{}{}", self.api.base.as_str().trim_end_matches('/'), self.path);
        let mut request = self.api.http.request(self.method.clone(), url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        if let Some(key) = &self.key {
            request = request.header("idempotency-key", key);
        }
        if let Some((body, media_type)) = &self.body {
            if let Some(media_type) = media_type {
                request = request.header(CONTENT_TYPE, media_type);
            }
            request = request.body(body.clone());
        }
        let response = request.send().await.unwrap_or_else(|error| panic!("{asked}: {error:?}"));
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap_or_else(|error| panic!("{asked}: {error:?}"));
        let body =
            if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap_or(Value::String(text)) };
        let answer = Answer { asked, status, headers, body };
        let sent = self.body.as_ref().and_then(|(bytes, _)| serde_json::from_slice(bytes).ok());
        let errors = Contract::get().errors(self.method.as_str(), &self.path, sent.as_ref(), &answer);
        (answer, errors)
    }
}

/// A client that follows no redirect and uses no proxy.
pub(crate) fn client() -> Client {
    // Loopback needs no TLS, but the client wants to know whose it would be; reading this machine's certificates takes time.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder().tls_certs_only([]).no_proxy();
    builder.redirect(reqwest::redirect::Policy::none()).build().unwrap()
}
