//! The commercial status of a payment, and the one total table that moves it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is commercially true of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Accepted by us; the provider has not opened anything yet.
    Created,
    /// The buyer must do something at the provider.
    RequiresAction,
    /// The buyer is done; the shop must confirm.
    RequiresConfirmation,
    /// The provider is making up its mind.
    UnderReview,
    /// The money is promised.
    Authorized,
    /// Part of the promised money is taken.
    PartiallyCaptured,
    /// All of the promised money that was not released is taken.
    Captured,
    /// The provider said no. Final.
    Declined,
    /// Called off before any capture. Final, but for a late authorization that the merchant accepts.
    Canceled,
    /// The buyer never finished, or the promise lapsed. Final, but for a late authorization that the merchant accepts.
    Expired,
}

impl Status {
    /// Every status, in the order of a payment's life.
    pub const ALL: [Self; 10] = [
        Self::Created,
        Self::RequiresAction,
        Self::RequiresConfirmation,
        Self::UnderReview,
        Self::Authorized,
        Self::PartiallyCaptured,
        Self::Captured,
        Self::Declined,
        Self::Canceled,
        Self::Expired,
    ];

    /// The word in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::RequiresAction => "requires_action",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::UnderReview => "under_review",
            Self::Authorized => "authorized",
            Self::PartiallyCaptured => "partially_captured",
            Self::Captured => "captured",
            Self::Declined => "declined",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
        }
    }

    /// Whether nothing but late news can change it.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Declined | Self::Canceled | Self::Expired)
    }

    /// Whether the buyer or the provider still has to decide.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Created | Self::RequiresAction | Self::RequiresConfirmation | Self::UnderReview)
    }

    /// Whether the buyer or the shop still has to do their part.
    #[must_use]
    pub const fn waits_for_somebody(self) -> bool {
        matches!(self, Self::Created | Self::RequiresAction | Self::RequiresConfirmation)
    }

    /// Where this status goes when something is known to have happened. Total: every pair has an answer.
    #[must_use]
    pub const fn after(self, happened: Happened) -> Transition {
        use Happened as H;
        use Status as S;
        use Transition::{Contradiction, Outdated, Stay, To};
        match (self, happened) {
            (S::Created, H::ActionRequired) => To(S::RequiresAction),
            (S::Created | S::RequiresAction | S::UnderReview, H::ConfirmationRequired) => To(S::RequiresConfirmation),
            (S::Created | S::RequiresAction | S::RequiresConfirmation, H::ReviewStarted) => To(S::UnderReview),
            (S::Created | S::RequiresAction | S::RequiresConfirmation | S::UnderReview, H::Authorized) => {
                To(S::Authorized)
            }
            (S::Created | S::RequiresAction | S::RequiresConfirmation | S::UnderReview, H::Declined) => To(S::Declined),
            (S::Created | S::RequiresAction | S::RequiresConfirmation | S::UnderReview, H::Canceled) => To(S::Canceled),
            (S::Created | S::RequiresAction | S::RequiresConfirmation | S::UnderReview, H::Expired) => To(S::Expired),
            // The one way out of a final status, by the merchant's policy.
            (S::Canceled | S::Expired, H::AuthorizedLate) => To(S::Authorized),
            (S::Authorized, H::PartlyCaptured) => To(S::PartiallyCaptured),
            (S::Authorized | S::PartiallyCaptured, H::FullyCaptured) => To(S::Captured),
            (S::Authorized, H::Canceled) => To(S::Canceled),
            (S::Authorized, H::Expired) => To(S::Expired),

            (S::RequiresAction, H::ActionRequired)
            | (S::RequiresConfirmation, H::ConfirmationRequired)
            | (S::UnderReview, H::ReviewStarted)
            | (S::Authorized, H::Authorized | H::AuthorizedLate)
            | (S::PartiallyCaptured, H::PartlyCaptured)
            | (S::Captured, H::FullyCaptured)
            | (S::Declined, H::Declined)
            | (S::Canceled, H::Canceled)
            | (S::Expired, H::Expired) => Stay,

            // Older news never overwrites newer.
            (
                S::RequiresConfirmation | S::UnderReview | S::Authorized | S::PartiallyCaptured | S::Captured,
                H::ActionRequired,
            )
            | (S::Authorized | S::PartiallyCaptured | S::Captured, H::ConfirmationRequired | H::ReviewStarted)
            | (S::PartiallyCaptured | S::Captured, H::Authorized | H::AuthorizedLate)
            | (S::Captured, H::PartlyCaptured)
            | (
                S::Declined | S::Canceled | S::Expired,
                H::ActionRequired | H::ConfirmationRequired | H::ReviewStarted,
            )
            | (S::Canceled, H::Expired)
            | (S::Expired, H::Canceled) => Outdated,

            // The provider says something that cannot follow from what we know: look again, then tell.
            (
                S::Created | S::RequiresAction | S::RequiresConfirmation | S::UnderReview,
                H::AuthorizedLate | H::PartlyCaptured | H::FullyCaptured,
            )
            | (S::Authorized, H::Declined)
            | (S::PartiallyCaptured | S::Captured, H::Declined | H::Canceled | H::Expired)
            | (
                S::Declined,
                H::Authorized | H::AuthorizedLate | H::PartlyCaptured | H::FullyCaptured | H::Canceled | H::Expired,
            )
            | (S::Canceled | S::Expired, H::Authorized | H::PartlyCaptured | H::FullyCaptured | H::Declined) => {
                Contradiction
            }
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What can happen to a payment as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Happened {
    /// The provider waits for the buyer.
    ActionRequired,
    /// The provider waits for our confirmation.
    ConfirmationRequired,
    /// The provider is deciding.
    ReviewStarted,
    /// The provider promised the money.
    Authorized,
    /// The provider promised the money after the payment was given up, and the merchant takes it.
    AuthorizedLate,
    /// Some of the money is captured, some is still promised.
    PartlyCaptured,
    /// All money that was not released is captured.
    FullyCaptured,
    /// The provider refused the buyer.
    Declined,
    /// Everything was released before any capture.
    Canceled,
    /// The session or the promise lapsed.
    Expired,
}

impl Happened {
    /// Everything that can happen.
    pub const ALL: [Self; 10] = [
        Self::ActionRequired,
        Self::ConfirmationRequired,
        Self::ReviewStarted,
        Self::Authorized,
        Self::AuthorizedLate,
        Self::PartlyCaptured,
        Self::FullyCaptured,
        Self::Declined,
        Self::Canceled,
        Self::Expired,
    ];

    /// A label for the diagram.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::ActionRequired => "buyer must act",
            Self::ConfirmationRequired => "shop must confirm",
            Self::ReviewStarted => "provider reviews",
            Self::Authorized => "authorized",
            Self::AuthorizedLate => "authorized late, accepted",
            Self::PartlyCaptured => "part captured",
            Self::FullyCaptured => "rest captured or released",
            Self::Declined => "declined",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
        }
    }
}

/// The table's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// The status becomes another one.
    To(Status),
    /// It is so already.
    Stay,
    /// Old news: something later is known.
    Outdated,
    /// It cannot be so after what is known.
    Contradiction,
}

/// The state diagram in Mermaid, drawn from the table.
#[must_use]
pub fn diagram() -> String {
    let mut text = String::from("stateDiagram-v2\n    [*] --> created\n");
    for from in Status::ALL {
        for happened in Happened::ALL {
            if let Transition::To(to) = from.after(happened) {
                text.push_str(&format!("    {from} --> {to}: {}\n", happened.label()));
            }
        }
    }
    for status in Status::ALL.into_iter().filter(|s| s.is_final() || *s == Status::Captured) {
        text.push_str(&format!("    {status} --> [*]\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_late_authorization_leads_out_of_a_final_status() {
        for status in Status::ALL.into_iter().filter(|s| s.is_final()) {
            for happened in Happened::ALL {
                let leads_out = matches!(status.after(happened), Transition::To(_));
                let accepted = happened == Happened::AuthorizedLate && status != Status::Declined;
                assert_eq!(leads_out, accepted, "{status} {happened:?}");
            }
        }
    }

    #[test]
    fn hearing_the_same_thing_twice_changes_nothing_the_second_time() {
        for status in Status::ALL {
            for happened in Happened::ALL {
                if let Transition::To(next) = status.after(happened) {
                    assert_eq!(next.after(happened), Transition::Stay, "{status} {happened:?}");
                }
            }
        }
    }

    #[test]
    fn no_path_leads_back() {
        let rank = |s: Status| match s {
            Status::Created => 0,
            Status::RequiresAction => 1,
            Status::RequiresConfirmation | Status::UnderReview => 2,
            Status::Authorized => 3,
            Status::PartiallyCaptured => 4,
            _ => 5,
        };
        for status in Status::ALL {
            for happened in Happened::ALL.into_iter().filter(|h| *h != Happened::AuthorizedLate) {
                if let Transition::To(next) = status.after(happened) {
                    assert!(rank(next) >= rank(status), "{status} -> {next}");
                }
            }
        }
    }
}
