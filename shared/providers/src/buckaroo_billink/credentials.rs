//! Whether Buckaroo knows the website: the description of its Billink service, which Buckaroo's own clients ask for to
//! check a key.

use http::Method;
use http::header::{ACCEPT, AUTHORIZATION};
use jiff::Timestamp;
use serde_json::{Map, Value};
use url::Url;
use uuid::Uuid;

use super::client::Buckaroo;
use super::sign::{Signed, Stamp};
use crate::{CredentialCheck, Deadline, ReadError, Request};

/// Below the address of transactions.
const SPECIFICATION: &str = "Specification";

impl Buckaroo {
    pub(super) async fn credentials(&self, deadline: Deadline) -> CredentialCheck {
        CredentialCheck::of(self.specification(deadline).await)
    }

    async fn specification(&self, deadline: Deadline) -> Result<Map<String, Value>, ReadError> {
        let wire = &self.account.wire;
        let mut url = self.account.url(&format!("{}/{SPECIFICATION}", wire.transaction_path), Some(&wire.service));
        url.set_query(Some("serviceVersion=0"));
        let unsigned = || Request::new(Method::GET, url.clone());
        let sign = || self.with_signature(&url).unwrap_or_else(unsigned);
        let answer = self.transport.read_signed(sign, deadline).await?;
        match answer.status {
            400 | 401 | 403 => Err(ReadError::Unauthorized),
            200..=299 if self.is_genuine(&(Method::GET, url), &answer) => {
                serde_json::from_slice(&answer.body).map_err(|_| ReadError::Unreadable)
            }
            _ => Err(ReadError::Unreadable),
        }
    }

    fn with_signature(&self, url: &Url) -> Option<Request> {
        let (nonce, timestamp) = (Uuid::new_v4().simple().to_string(), Timestamp::now().as_second().to_string());
        let signed = Signed { method: &Method::GET, url: url.as_str(), body: &[] };
        let authorization = self.account.authorization(signed, Stamp { nonce: &nonce, timestamp: &timestamp })?;
        let request = Request::new(Method::GET, url.clone()).with_header(ACCEPT, "application/json", false);
        Some(request.with_header(AUTHORIZATION, &authorization, true))
    }
}
