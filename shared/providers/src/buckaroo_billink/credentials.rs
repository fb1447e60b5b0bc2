//! Whether Buckaroo knows the website: the description of its Billink service, which Buckaroo's own clients ask for to
//! check a key.

use http::Method;
use serde_json::{Map, Value};

use super::client::Buckaroo;
use crate::{CredentialCheck, Deadline, ReadError};

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
        self.read(Method::GET, url, Vec::new(), deadline).await
    }
}
