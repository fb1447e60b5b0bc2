//! Whether Billie knows the account.

use super::BilliePsp;
use crate::CredentialCheck;

impl BilliePsp {
    /// Every call of this API changes something.
    pub(super) const fn credentials(&self) -> CredentialCheck {
        CredentialCheck::CannotBeKnown
    }
}
