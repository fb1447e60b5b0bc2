//! Whether BillAgain knows the account: its list of gateways, which every account has.

use serde_json::Value;

use super::BillAgain;
use crate::{CredentialCheck, Deadline};

/// docs.billagain.com/developer/gateways
const GATEWAYS: &str = "gateways";

impl BillAgain {
    pub(super) async fn credentials(&self, deadline: Deadline) -> CredentialCheck {
        CredentialCheck::of(self.read::<Vec<Value>>(GATEWAYS, None, deadline).await)
    }
}
