//! One website at the gateway: signed requests out, genuine answers in.

use http::Method;
use http::header::{ACCEPT, AUTHORIZATION};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::account::Account;
use super::sign::{Signed, Stamp};
use super::wire::Transaction;
use crate::{Context, Deadline, ReadError, Request, Response, Transport};

pub(super) struct Buckaroo {
    pub(super) account: Account,
    pub(super) transport: Transport,
}

impl Buckaroo {
    /// A request with its signature, over exactly what is sent; without a body where there is none.
    pub(super) fn signed(&self, method: Method, url: Url, body: Vec<u8>, now: Timestamp) -> Option<Request> {
        let (nonce, timestamp) = (Uuid::new_v4().simple().to_string(), now.as_second().to_string());
        let signed = Signed { method: &method, url: url.as_str(), body: &body };
        let authorization = self.account.authorization(signed, Stamp { nonce: &nonce, timestamp: &timestamp })?;
        let mut request = Request::new(method, url);
        if !body.is_empty() {
            request = request.with_body("application/json; charset=utf-8", body);
        }
        let request = request.with_header(ACCEPT, "application/json", false);
        Some(request.with_header(AUTHORIZATION, &authorization, true))
    }

    /// Answers are signed like their requests. Error pages and proxies may leave the signature out; a wrong one is
    /// worse.
    pub(super) fn is_genuine(&self, (method, url): &(Method, Url), answer: &Response) -> bool {
        let signed = Signed { method, url: url.as_str(), body: &answer.body };
        let good = |header: &str| self.account.signed_by_provider(header, signed);
        answer.headers.get(AUTHORIZATION).is_none_or(|header| header.to_str().is_ok_and(good))
    }

    /// How a transaction stands.
    pub(super) async fn status(&self, key: &str, context: &Context<'_>) -> Result<Transaction, ReadError> {
        let url = self.account.url(&self.account.wire.status_path, Some(key));
        let transaction: Transaction = self.read(Method::GET, url, Vec::new(), context.deadline).await?;
        let other = transaction.key.as_deref().is_some_and(|seen| seen != key);
        if other { Err(ReadError::Unreadable) } else { Ok(transaction) }
    }

    /// Asks a question that is too long for an address.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        question: &Value,
        context: &Context<'_>,
    ) -> Result<T, ReadError> {
        let body = question.to_string().into_bytes();
        self.read(Method::POST, self.account.url(path, None), body, context.deadline).await
    }

    /// Every try is signed anew: the gateway may refuse a nonce that it has seen.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        method: Method,
        url: Url,
        body: Vec<u8>,
        deadline: Deadline,
    ) -> Result<T, ReadError> {
        let sign = || self.signed(method.clone(), url.clone(), body.clone(), self.transport.now());
        sign().ok_or(ReadError::Nothing)?;
        let unsigned = || Request::new(method.clone(), url.clone());
        let answer = self.transport.read_signed(|| sign().unwrap_or_else(unsigned), deadline).await?;
        let sent = (method, url);
        match answer.status {
            // "400 Access denied" is how the page calls a refused signature.
            400 | 401 | 403 => Err(ReadError::Unauthorized),
            _ if !answer.is_success() || !self.is_genuine(&sent, &answer) => Err(ReadError::Unreadable),
            _ => serde_json::from_slice(&answer.body).map_err(|_| ReadError::Unreadable),
        }
    }
}
