//! What came back.

use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer of the API, held against the contract already.
#[derive(Debug)]
pub struct Answer {
    /// What was asked: method and address.
    pub asked: String,
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The document; null when there is no body.
    pub body: Value,
}

impl Answer {
    /// The answer, which must have this status.
    #[must_use]
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{} was answered with {:#}", self.asked, self.body);
        self
    }

    /// The answer, which must be this problem.
    #[must_use]
    #[track_caller]
    pub fn expect_problem(self, code: service::ProblemCode) -> Self {
        let found = (self.status, self.code());
        assert_eq!(found, (code.status(), code.as_str()), "{} was answered with {:#}", self.asked, self.body);
        self
    }

    /// The value at a JSON pointer; null where there is none.
    #[must_use]
    pub fn at(&self, pointer: &str) -> &Value {
        self.body.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// The text at a JSON pointer.
    #[must_use]
    #[track_caller]
    pub fn text(&self, pointer: &str) -> &str {
        let text = self.at(pointer).as_str();
        text.unwrap_or_else(|| panic!("{}: no text at {pointer} of {:#}", self.asked, self.body))
    }

    /// The id of the payment, capture or refund.
    #[must_use]
    #[track_caller]
    pub fn id(&self) -> &str {
        self.text("/id")
    }

    /// The code of a problem; empty for anything else.
    #[must_use]
    pub fn code(&self) -> &str {
        self.at("/code").as_str().unwrap_or_default()
    }

    /// The fields that a problem points at.
    #[must_use]
    pub fn pointers(&self) -> Vec<&str> {
        let errors = self.at("/errors").as_array().into_iter().flatten();
        errors.filter_map(|error| error["pointer"].as_str()).collect()
    }

    /// A header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether it says that the key was used before.
    #[must_use]
    pub fn is_replay(&self) -> bool {
        self.header("idempotent-replayed") == Some("true")
    }
}
