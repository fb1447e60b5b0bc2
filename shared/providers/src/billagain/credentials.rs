//! Whether BillAgain knows the account: its list of gateways, which every account has.

use http::Method;
use serde_json::Value;

use super::BillAgain;
use crate::{CredentialCheck, Deadline, ReadError, Request};

/// docs.billagain.com/developer/gateways
const GATEWAYS: &str = "gateways";

impl BillAgain {
    pub(super) async fn credentials(&self, deadline: Deadline) -> CredentialCheck {
        CredentialCheck::of(self.gateways(deadline).await)
    }

    async fn gateways(&self, deadline: Deadline) -> Result<Vec<Value>, ReadError> {
        let request = self.account.sign(Request::new(Method::GET, self.account.url(GATEWAYS, None)));
        let response = self.transport.read(request, deadline).await?;
        match response.status {
            200..=299 => serde_json::from_slice(&response.body).map_err(|_| ReadError::Unreadable),
            401 | 403 => Err(ReadError::Unauthorized),
            _ => Err(ReadError::Unreadable),
        }
    }
}
