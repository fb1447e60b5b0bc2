//! Whether Billink knows the client: its webshop settings, a read that takes nothing but the credentials.

use serde::Deserialize as _;
use serde_json::Value;

use super::Billink;
use super::request::{client, post};
use crate::billink_common::Code;
use crate::{CredentialCheck, Deadline, ReadError};

/// The Magento 2 plug-in reads its settings here.
const SETTINGS: &str = "v2/client/webshop-settings";

/// Billink's codes for an unknown client.
const UNKNOWN: [i64; 2] = [101, 102];

impl Billink {
    pub(super) async fn credentials(&self, deadline: Deadline) -> CredentialCheck {
        CredentialCheck::of(self.settings(deadline).await)
    }

    async fn settings(&self, deadline: Deadline) -> Result<(), ReadError> {
        let request = post(&self.account, SETTINGS, &client(&self.account)).ok_or(ReadError::Unreadable)?;
        let response = self.transport.read(request, deadline).await?;
        let said: Value = serde_json::from_slice(&response.body).map_err(|_| ReadError::Unreadable)?;
        let word = |place: &str| said.pointer(place).and_then(Value::as_str).unwrap_or_default();
        let code = |place: &str| Code::deserialize(said.pointer(place)?).ok()?.number();
        let unknown = [code("/code"), code("/error/code")].into_iter().flatten().any(|code| UNKNOWN.contains(&code));
        // "Client not found", "No client found with such billinkID or billinkUsername"
        let client = word("/status") == "error" && word("/message").to_ascii_lowercase().contains("client");
        match response.status {
            401 | 403 => Err(ReadError::Unauthorized),
            _ if unknown || client => Err(ReadError::Unauthorized),
            200..=299 if word("/status") == "success" => Ok(()),
            _ => Err(ReadError::Unreadable),
        }
    }
}
