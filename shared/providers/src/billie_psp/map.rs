//! Billie's statuses, states and dispute results, in our words.

use payment::{Decline, DeclineReason, OperationKind, OrderState, ReceivableNews};
use serde::Deserialize;

/// HTTP statuses that definitely refuse: the guide's "Error Codes". A 409 there is a conflict with the state of the
/// resource, which nobody can read: the money may have moved by an earlier call, so it is doubt.
pub(super) const REFUSALS: [(u16, &str); 3] = [
    (400, "the request could not be understood"),
    (403, "the account may not do this"),
    (422, "the request is not valid"),
];

pub(super) fn refusal(status: u16) -> Option<&'static str> {
    REFUSALS.iter().find(|(known, _)| *known == status).map(|(_, message)| *message)
}

/// The HTTP statuses that definitely refuse an operation.
pub(crate) fn refusals(_kind: OperationKind) -> Vec<String> {
    REFUSALS.iter().map(|(status, _)| status.to_string()).collect()
}

/// What became of an authorization; in an account document it has the words of our API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    Authorized,
    #[serde(rename = "under_review")]
    Review,
    Declined,
}

/// The authorization message's `success`: the guide's example is a text, and a flag is read alike.
pub(super) const SUCCESSES: [(&str, Verdict); 2] = [("true", Verdict::Authorized), ("false", Verdict::Declined)];

/// [inferred] States of a confirmed order and of the authorization message's "status property". Its values are not on any
/// page of this API; these are the order states of Billie's other API and the guide's own words. An account can have more.
pub(super) const STATES: [(&str, Verdict); 9] = [
    ("created", Verdict::Authorized),
    ("authorized", Verdict::Authorized),
    ("success", Verdict::Authorized),
    ("successful", Verdict::Authorized),
    ("waiting", Verdict::Review),
    ("pre_waiting", Verdict::Review),
    ("declined", Verdict::Declined),
    ("failed", Verdict::Declined),
    ("failure", Verdict::Declined),
];

/// [inferred] Words for an order that is over, as at Billie's other API.
const ENDS: [&str; 3] = ["canceled", "cancelled", "expired"];

/// Whether a word says that an order is over.
pub(super) fn is_end(word: &str) -> bool {
    ENDS.iter().any(|end| end.eq_ignore_ascii_case(word))
}

/// What a word of one of these tables means, in whatever case it is written.
pub(super) fn verdict(table: &[(&str, Verdict)], word: &str) -> Option<Verdict> {
    table.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, verdict)| *verdict)
}

impl Verdict {
    pub(super) const fn state(self) -> OrderState {
        match self {
            Self::Authorized => OrderState::Authorized,
            Self::Review => OrderState::UnderReview,
            // No page gives a reason.
            Self::Declined => {
                OrderState::Declined(Decline { reason: DeclineReason::Other, provider_code: None, message: None })
            }
        }
    }
}

/// docs.billie.io, "Dispute Result".
pub(super) const DISPUTE_RESULTS: [(&str, ReceivableNews); 2] =
    [("resolved", ReceivableNews::DisputeClosed), ("chargeback", ReceivableNews::ClawedBack)];

pub(super) fn dispute_result(result: &str) -> Option<ReceivableNews> {
    DISPUTE_RESULTS.iter().find(|(name, _)| *name == result).map(|(_, news)| news.clone())
}

/// What a message can say: how an authorization ended, that a dispute was opened, or how it ended.
pub(crate) fn events() -> Vec<String> {
    let named = |kind: &str, name: &str| format!("{kind} {name}");
    let successes = SUCCESSES.iter().map(|(name, _)| named("success", name));
    let states = STATES.iter().map(|(name, _)| named("status", name));
    let results = DISPUTE_RESULTS.iter().map(|(name, _)| named("dispute_result", name));
    successes.chain(states).chain(["request_for_information".to_owned()]).chain(results).collect()
}
