//! Whether Billink knows the client: its webshop settings, a read that takes nothing but the credentials.

use http::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::Billink;
use crate::{CredentialCheck, Deadline, ReadError, Request};

/// The Magento 2 plug-in reads its settings here.
const SETTINGS: &str = "v2/client/webshop-settings";

/// Billink's codes for an unknown client.
const UNKNOWN: [&str; 2] = ["101", "102"];

impl Billink {
    pub(super) async fn credentials(&self, deadline: Deadline) -> CredentialCheck {
        CredentialCheck::of(self.settings(deadline).await)
    }

    async fn settings(&self, deadline: Deadline) -> Result<(), ReadError> {
        let account = &self.account;
        let body =
            json!({ "billinkUsername": account.username.expose_secret(), "billinkID": account.id.expose_secret() });
        let request = Request::new(Method::POST, account.url(SETTINGS));
        let request = request.with_body("application/json", body.to_string());
        let response = self.transport.read(request, deadline).await?;
        let said: Value = serde_json::from_slice(&response.body).map_err(|_| ReadError::Unreadable)?;
        let word = |place: &str| said.pointer(place).and_then(Value::as_str).unwrap_or_default();
        let code = [word("/code"), word("/error/code")].into_iter().any(|code| UNKNOWN.contains(&code));
        // "Client not found", "No client found with such billinkID or billinkUsername"
        let client = word("/status") == "error" && word("/message").to_ascii_lowercase().contains("client");
        match response.status {
            401 | 403 => Err(ReadError::Unauthorized),
            _ if code || client => Err(ReadError::Unauthorized),
            200..=299 if word("/status") == "success" => Ok(()),
            _ => Err(ReadError::Unreadable),
        }
    }
}
