//! The lines of the log about what a provider was asked: who asked for what, and what came back. They name no address, no
//! text of the provider's, and nobody.

use payment::{Cause, MerchantId, Operation, OperationId, OperationKind, Outcome, Payment, PaymentId, ProviderId};
use providers::Met;
use tracing::field::display;

use crate::problem::Problem;

/// What a provider is asked to change, and for whom.
pub(crate) struct Asked<'a> {
    pub(crate) provider: &'a ProviderId,
    pub(crate) merchant: &'a MerchantId,
    pub(crate) payment_id: Option<&'a PaymentId>,
    pub(crate) operation_id: Option<&'a OperationId>,
    pub(crate) kind: &'static str,
    /// The request that it is asked in.
    pub(crate) request_id: Option<&'a str>,
}

impl<'a> Asked<'a> {
    /// An operation of a payment.
    pub(crate) fn of(payment: &'a Payment, operation_id: &'a OperationId, cause: &'a Cause) -> Self {
        let kind = payment.operation(operation_id).map(Operation::kind);
        Self {
            provider: &payment.provider,
            merchant: &payment.merchant,
            payment_id: Some(&payment.id),
            operation_id: Some(operation_id),
            kind: kind.map_or("unknown", OperationKind::as_str),
            request_id: cause.request_id.as_deref(),
        }
    }
}

/// One line for each request that may change something at a provider; alarms count them by provider and outcome.
pub(crate) fn note_asked(asked: &Asked<'_>, outcome: &Outcome, met: Met) {
    let Asked { provider, merchant, kind, request_id, .. } = *asked;
    let (payment_id, operation_id) = (asked.payment_id.map(display), asked.operation_id.map(display));
    let (http_status, reason) = (met.http_status, reason(outcome, met));
    if refuses_credentials(outcome, met) {
        tracing::warn!(
            %provider, %merchant, payment_id, operation_id, request_id, http_status,
            "a provider does not accept the credentials"
        );
    }
    let outcome = outcome.as_str();
    tracing::info!(
        %provider, %merchant, payment_id, operation_id, kind, request_id, outcome, http_status, reason,
        "a provider was asked"
    );
}

/// What could not even be sent; the alarms count it like what got no answer.
pub(crate) fn note_unsent(asked: &Asked<'_>, problem: &Problem) {
    let Asked { provider, merchant, kind, request_id, .. } = *asked;
    let (payment_id, operation_id) = (asked.payment_id.map(display), asked.operation_id.map(display));
    let (code, cause) = (problem.code().as_str(), problem.cause().map(display));
    tracing::error!(
        %provider, %merchant, payment_id, operation_id, kind, request_id, code, cause,
        "an operation could not be sent"
    );
}

/// Whether the provider did nothing for want of the right credentials. A 403 that is one of its definite refusals is about
/// the operation.
const fn refuses_credentials(outcome: &Outcome, met: Met) -> bool {
    match met.http_status {
        Some(401) => true,
        Some(403) => matches!(outcome, Outcome::NotSent | Outcome::InDoubt(_)),
        _ => false,
    }
}

/// Why nothing came that says what happened.
fn reason(outcome: &Outcome, met: Met) -> Option<&'static str> {
    match outcome {
        Outcome::Done(_) | Outcome::Pending(_) | Outcome::Refused(_) => None,
        Outcome::NotSent => met.obstacle.or(Some(match met.http_status {
            Some(401 | 403) => "credentials",
            Some(429) => "too_many_requests",
            Some(_) => "not_processed",
            // What the adapter needs to ask is not there.
            None => "not_asked",
        })),
        Outcome::InDoubt(doubt) => Some(doubt.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use payment::{Doubt, Receipt, Refusal};

    use super::*;

    const fn status(http_status: u16) -> Met {
        Met { http_status: Some(http_status), obstacle: None }
    }

    #[test]
    fn what_says_nothing_has_a_reason() {
        let lost = Met { http_status: None, obstacle: Some("not_connected") };
        for (outcome, met, wanted) in [
            (Outcome::Done(Receipt::default()), status(200), None),
            (Outcome::NotSent, lost, Some("not_connected")),
            (Outcome::NotSent, status(401), Some("credentials")),
            (Outcome::NotSent, status(429), Some("too_many_requests")),
            (Outcome::NotSent, status(400), Some("not_processed")),
            (Outcome::NotSent, Met::default(), Some("not_asked")),
            (Outcome::InDoubt(Doubt::ServerError), status(503), Some("server_error")),
        ] {
            assert_eq!(reason(&outcome, met), wanted, "{met:?}");
        }
    }

    #[test]
    fn a_403_that_refuses_an_operation_is_not_about_the_credentials() {
        let refused = Outcome::Refused(Refusal { provider_code: None, message: None });
        assert!(refuses_credentials(&Outcome::NotSent, status(401)));
        assert!(refuses_credentials(&Outcome::InDoubt(Doubt::UnknownCode), status(403)));
        assert!(!refuses_credentials(&refused, status(403)));
        assert!(!refuses_credentials(&Outcome::InDoubt(Doubt::ServerError), status(503)));
    }
}
