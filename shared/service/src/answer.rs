//! What a use case is told and what it answers.

use payment::{Cause, CauseKind, MerchantId};
use providers::Deadline;
use serde_json::Value;

/// Who asks, under which request, and until when there is time.
#[derive(Clone)]
pub struct Call {
    /// Whose payments.
    pub merchant: MerchantId,
    /// Of the request, for log, problems and events.
    pub request_id: String,
    /// When the answer must be ready.
    pub deadline: Deadline,
}

impl Call {
    pub(crate) fn cause(&self, kind: CauseKind) -> Cause {
        Cause::new(kind, self.request_id.clone())
    }
}

/// What a use case answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The document.
    pub body: Value,
    /// Whether the request was here before.
    pub replayed: bool,
}

impl Answer {
    pub(crate) const fn ok(body: Value) -> Self {
        Self { status: 200, body, replayed: false }
    }
}

/// A place in a list, opaque to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    pub(crate) fn new(position: &str) -> Self {
        Self(data_encoding::BASE64URL_NOPAD.encode(position.as_bytes()))
    }

    /// The place among payments that a cursor names.
    pub(crate) fn position(text: &str) -> Option<String> {
        Self::read(text).filter(|position| position.len() > 30 && position.contains("#pay_"))
    }

    pub(crate) fn read(text: &str) -> Option<String> {
        let bytes = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        String::from_utf8(bytes).ok()
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}
