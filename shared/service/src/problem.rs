//! Problems: what the caller is told when a request did not do what it asked (RFC 9457).

use payment::{OperationId, OperationKind, PaymentId, Rejection};
use serde::Serialize;
use serde_json::json;
use store::{StoreError, Unreadable};

/// Whether sending the request again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// The same request will fail again.
    Never,
    /// The same request with the same key may be sent again now.
    Safe,
    /// The same request may be sent again after the time in `Retry-After`.
    After,
    /// An outcome is unknown; ask for it, do not send another request.
    InDoubt,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal, $word:literal, $title:literal, $retry:ident;)+) => {
        /// Every kind of problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ProblemCode { $($(#[$doc])* $name),+ }

        impl ProblemCode {
            /// Every kind of problem.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> u16 { match self { $(Self::$name => $status),+ } }

            /// The word in the API.
            #[must_use]
            pub const fn as_str(self) -> &'static str { match self { $(Self::$name => $word),+ } }

            /// One line for people.
            #[must_use]
            pub const fn title(self) -> &'static str { match self { $(Self::$name => $title),+ } }

            const fn retry(self) -> Retry { match self { $(Self::$name => Retry::$retry),+ } }
        }
    };
}

codes! {
    /// The body is not JSON.
    InvalidJson = 400, "invalid_json", "The body is not valid JSON", Never;
    /// No Idempotency-Key.
    MissingIdempotencyKey = 400, "missing_idempotency_key", "The Idempotency-Key header is missing", Never;
    /// An Idempotency-Key of the wrong form.
    InvalidIdempotencyKey = 400, "invalid_idempotency_key", "The Idempotency-Key header is not valid", Never;
    /// Nobody we know.
    Unauthorized = 401, "unauthorized", "The credentials are missing or wrong", Never;
    /// Known, but not allowed.
    Forbidden = 403, "forbidden", "This key may not do that", Never;
    /// No such payment of this merchant.
    PaymentNotFound = 404, "payment_not_found", "There is no such payment", Never;
    /// No such address.
    RouteNotFound = 404, "route_not_found", "There is nothing at this address", Never;
    /// The address does not take this method.
    MethodNotAllowed = 405, "method_not_allowed", "This address does not take that method", Never;
    /// An operation is running.
    OperationInProgress = 409, "operation_in_progress", "An operation is still running", After;
    /// Another operation's outcome is unknown.
    OperationInDoubt = 409, "operation_in_doubt", "Another operation's outcome is not known yet", InDoubt;
    /// Too many writers at once.
    Conflict = 409, "conflict", "The payment was changed by others at the same time", Safe;
    /// More bytes than allowed.
    BodyTooLarge = 413, "body_too_large", "The body is too large", Never;
    /// Not JSON by its media type.
    UnsupportedMediaType = 415, "unsupported_media_type", "The media type is not supported", Never;
    /// A field breaks a rule.
    ValidationFailed = 422, "validation_failed", "The request breaks a rule", Never;
    /// The key belongs to another request.
    IdempotencyKeyReused = 422, "idempotency_key_reused", "The Idempotency-Key was used with another request", Never;
    /// The provider has no such thing.
    NotSupportedByProvider = 422, "not_supported_by_provider", "The provider cannot do that", Never;
    /// Not in this status.
    StatusDoesNotAllow = 422, "status_does_not_allow", "The payment's status does not allow that", Never;
    /// More than was promised.
    AmountExceedsAuthorized = 422, "amount_exceeds_authorized", "The amount is more than can still be captured", Never;
    /// More than was taken.
    AmountExceedsCaptured = 422, "amount_exceeds_captured", "The amount is more than can still be refunded", Never;
    /// A sum is wrong.
    LinesDoNotAddUp = 422, "lines_do_not_add_up", "The lines do not add up to the amount", Never;
    /// The provider said no to the operation.
    ProviderRefused = 422, "provider_refused", "The provider refused the operation", Never;
    /// As large as a payment may get.
    PaymentTooLarge = 422, "payment_too_large", "The payment is too large for another operation", Never;
    /// Too many requests.
    RateLimited = 429, "rate_limited", "Too many requests", After;
    /// The provider could not be asked; nothing happened there.
    ProviderUnavailable = 502, "provider_unavailable", "The provider could not be asked", Safe;
    /// We could not do it; the same key is safe.
    Unavailable = 503, "unavailable", "The service is unavailable", Safe;
}

/// A field and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// JSON pointer of the field.
    pub pointer: String,
    /// The rule.
    pub detail: String,
}

/// Why a request did not do what it asked.
#[derive(Debug)]
pub struct Problem {
    code: ProblemCode,
    detail: String,
    errors: Vec<FieldError>,
    retry_after: Option<u32>,
    operation: Option<OperationId>,
    replayed: bool,
    log: Box<ForLog>,
}

/// What the caller does not learn.
#[derive(Debug, Default)]
struct ForLog {
    payment: Option<PaymentId>,
    reason: Option<&'static str>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Problem {
    /// A problem of this kind.
    #[must_use]
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let log = Box::default();
        Self { code, detail, errors: Vec::new(), retry_after: None, operation: None, replayed: false, log }
    }

    /// A problem with one field.
    #[must_use]
    pub fn at(code: ProblemCode, pointer: impl Into<String>, rule: impl Into<String>) -> Self {
        let (pointer, rule) = (pointer.into(), rule.into());
        let detail = format!("{} {rule}", place(&pointer));
        Self { errors: vec![FieldError { pointer, detail: rule }], ..Self::new(code, detail) }
    }

    /// A problem with several fields; the detail is the first one's.
    #[must_use]
    pub fn with_errors(code: ProblemCode, errors: Vec<FieldError>) -> Self {
        let detail = errors.first().map_or_else(String::new, |e| format!("{} {}", place(&e.pointer), e.detail));
        Self { errors, ..Self::new(code, detail) }
    }

    /// Our own failure: the caller gets a request id, the log gets the cause.
    #[must_use]
    pub fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let detail = "Nothing is lost: send the same request with the same Idempotency-Key again.";
        let log = ForLog { source: Some(source.into()), ..ForLog::default() };
        Self { log: Box::new(log), ..Self::new(ProblemCode::Unavailable, detail) }
    }

    /// No API key, or a wrong one: the caller cannot tell which.
    #[must_use]
    pub fn unauthorized() -> Self {
        let detail = "The request came without an API key that is known: send Authorization: Bearer with one.";
        Self::new(ProblemCode::Unauthorized, detail)
    }

    /// No such payment, or another merchant's: the caller cannot tell which.
    #[must_use]
    pub fn payment_not_found() -> Self {
        Self::new(ProblemCode::PaymentNotFound, "There is no payment with this id.")
    }

    /// The problem, about this operation.
    #[must_use]
    pub fn about(mut self, operation: &OperationId) -> Self {
        self.operation = Some(operation.clone());
        self
    }

    /// The problem, met at this payment.
    #[must_use]
    pub(crate) fn of(mut self, payment: &PaymentId) -> Self {
        self.log.payment = Some(payment.clone());
        self
    }

    /// The problem, with the reason that whoever asked does not learn.
    #[must_use]
    pub fn because(mut self, reason: &'static str) -> Self {
        self.log.reason = Some(reason);
        self
    }

    /// The problem, as the answer to a request that was here before.
    #[must_use]
    pub fn as_replay(mut self, replayed: bool) -> Self {
        self.replayed = replayed;
        self
    }

    /// The kind.
    #[must_use]
    pub const fn code(&self) -> ProblemCode {
        self.code
    }

    /// What happened, for the caller.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Seconds until the request may be sent again.
    #[must_use]
    pub const fn retry_after(&self) -> Option<u32> {
        self.retry_after
    }

    /// Whether this answers a request that was here before.
    #[must_use]
    pub const fn is_replay(&self) -> bool {
        self.replayed
    }

    /// The payment that it was met at, for our log.
    #[must_use]
    pub const fn payment(&self) -> Option<&PaymentId> {
        self.log.payment.as_ref()
    }

    /// The operation that it is about.
    #[must_use]
    pub const fn operation(&self) -> Option<&OperationId> {
        self.operation.as_ref()
    }

    /// The reason, for our log; never for the caller.
    #[must_use]
    pub const fn reason(&self) -> Option<&'static str> {
        self.log.reason
    }

    /// The cause, for our log; never for the caller.
    #[must_use]
    pub fn cause(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.log.source.as_deref()
    }

    /// The payment that cannot be read, where that is the cause.
    pub(crate) fn unreadable(&self) -> Option<&Unreadable> {
        match self.log.source.as_deref()?.downcast_ref() {
            Some(StoreError::Unreadable(payment)) => Some(payment),
            _ => None,
        }
    }

    /// The problem document.
    #[must_use]
    pub fn to_json(&self, request_id: &str) -> serde_json::Value {
        let mut document = json!({
            "type": format!("urn:paylater:problem:{}", self.code.as_str()),
            "title": self.code.title(),
            "status": self.code.status(),
            "code": self.code.as_str(),
            "detail": self.detail,
            "errors": self.errors,
            "retry": self.code.retry(),
            "request_id": request_id,
        });
        if let (Some(operation), Some(document)) = (&self.operation, document.as_object_mut()) {
            document.insert("operation_id".to_owned(), json!(operation));
        }
        document
    }
}

/// A pointer for people: the empty one is the whole body.
fn place(pointer: &str) -> &str {
    if pointer.is_empty() { "The body" } else { pointer }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => {
                Self::new(ProblemCode::Conflict, "Others changed the payment at the same time; nothing was done.")
            }
            error => Self::unavailable(error),
        }
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        use ProblemCode as Code;
        let detail = rejection.to_string();
        match rejection {
            Rejection::KeyReused { operation } => Self::new(Code::IdempotencyKeyReused, detail).about(&operation),
            Rejection::InProgress { operation, retry_after } => {
                let problem = Self::new(Code::OperationInProgress, detail).about(&operation);
                Self { retry_after: Some(retry_after), ..problem }
            }
            Rejection::BlockedByDoubt { operation } => Self::new(Code::OperationInDoubt, detail).about(&operation),
            Rejection::StatusDoesNotAllow { .. } | Rejection::TooLate { .. } => {
                Self::new(Code::StatusDoesNotAllow, detail)
            }
            Rejection::NothingLeft { kind: OperationKind::Refund | OperationKind::Tell(_) } => {
                Self::at(Code::AmountExceedsCaptured, "/amount", detail)
            }
            Rejection::NothingLeft { .. } => Self::at(Code::AmountExceedsAuthorized, "/amount", detail),
            Rejection::ExceedsAuthorized { .. } => Self::at(Code::AmountExceedsAuthorized, "/amount", detail),
            Rejection::ExceedsCaptured { .. } => Self::at(Code::AmountExceedsCaptured, "/amount", detail),
            Rejection::Invalid { pointer, detail, lines_do_not_add_up } => {
                let code = if lines_do_not_add_up { Code::LinesDoNotAddUp } else { Code::ValidationFailed };
                Self::at(code, pointer, detail)
            }
            Rejection::TooLarge => Self::new(Code::PaymentTooLarge, detail),
            Rejection::Broken(broken) => Self::unavailable(broken),
        }
    }
}
