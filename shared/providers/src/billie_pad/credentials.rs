//! Whether Billie knows the account: it grants a token, or does not.

use jiff::Timestamp;

use super::token::Client;
use crate::{CredentialCheck, Deadline};

impl Client {
    pub(super) async fn credentials(&self, deadline: Deadline) -> CredentialCheck {
        CredentialCheck::of(self.fetch(deadline, Timestamp::now()).await)
    }
}
