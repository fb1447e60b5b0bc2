//! What asking a provider about an account's credentials can tell.

use crate::ReadError;

/// What a provider says of an account's credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialCheck {
    /// It let us in.
    Accepted,
    /// It does not know them, or does not let them do this.
    Refused,
    /// It could not be reached, or failed.
    Unreachable,
    /// It answered what says neither.
    Unclear,
    /// It has no call that would tell and changes nothing.
    CannotBeKnown,
}

impl CredentialCheck {
    /// What a read with the credentials tells that only the right ones get an answer to.
    pub(crate) fn of<T>(read: Result<T, ReadError>) -> Self {
        match read {
            Ok(_) => Self::Accepted,
            Err(ReadError::Unauthorized) => Self::Refused,
            Err(ReadError::Unreachable) => Self::Unreachable,
            Err(ReadError::Unreadable | ReadError::Nothing) => Self::Unclear,
        }
    }
}
