//! Whether Billink knows the client: the status of an order that nobody has, which only a client is told.

use super::{Billink, map, request};
use crate::{CredentialCheck, Deadline, ReadError};

/// Ours end in six characters of the payment's id, so this is none.
const NOBODYS: &str = "CREDENTIALS";

impl Billink {
    pub(super) async fn credentials(&self, deadline: Deadline) -> CredentialCheck {
        CredentialCheck::of(self.status_of_nothing(deadline).await)
    }

    async fn status_of_nothing(&self, deadline: Deadline) -> Result<bool, ReadError> {
        let request = request::post(&self.account, &map::STATUS, request::status(NOBODYS));
        let request = request.ok_or(ReadError::Unreadable)?;
        map::standing(&self.transport.read(request, deadline).await?, NOBODYS).map(|found| found.is_some())
    }
}
