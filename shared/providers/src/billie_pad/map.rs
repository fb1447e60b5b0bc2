//! Billie's states, decline reasons, events and legal forms, in our words.

use payment::{Decline, DeclineReason, OperationKind, ReceivableNews};
use serde::Deserialize;

use crate::billie::word;

/// How far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// A person at Billie decides.
    Review,
    /// Authorized in the widget or on the page; the merchant must confirm.
    Confirm,
    /// Financed, nothing captured.
    Created,
    /// Part captured.
    PartlyShipped,
    /// All captured that was not released.
    Shipped,
    /// Refused.
    Declined,
    /// Called off.
    Canceled,
}

/// Order states: docs.billie.io "Order states and decline reasons" (v2), and the guide's "Order States" (v1), whose
/// order also tells what in v2 its invoices tell.
pub(super) const STATES: &[(&str, Stage)] = &[
    ("waiting", Stage::Review),
    ("pre_waiting", Stage::Review),
    ("authorized", Stage::Confirm),
    ("pre_approved", Stage::Confirm),
    ("created", Stage::Created),
    ("partially_shipped", Stage::PartlyShipped),
    ("shipped", Stage::Shipped),
    ("paid_out", Stage::Shipped),
    ("late", Stage::Shipped),
    ("complete", Stage::Shipped),
    ("completed", Stage::Shipped),
    ("declined", Stage::Declined),
    ("canceled", Stage::Canceled),
    ("cancelled", Stage::Canceled),
];

/// The stage of a state; none for a state that nobody knows.
pub(super) fn stage(state: &str) -> Option<Stage> {
    STATES.iter().find(|(name, _)| *name == state).map(|(_, stage)| *stage)
}

/// Decline reasons: the guide's "Order Decline Reasons" and, for the last, docs.billie.io.
pub(super) const DECLINES: &[(&str, DeclineReason, &str)] = &[
    ("debtor_address", DeclineReason::AddressInvalid, "name and address of the company do not match"),
    ("debtor_not_identified", DeclineReason::BuyerUnknown, "the company could not be identified"),
    ("risk_policy", DeclineReason::RiskPolicy, "declined by the risk policy"),
    ("debtor_limit_exceeded", DeclineReason::LimitExceeded, "the company's financing limit is exceeded"),
    ("risk_scoring_failed", DeclineReason::CreditRefused, "not enough data to score the company"),
];

pub(super) fn decline(code: Option<&str>) -> Decline {
    let row = DECLINES.iter().find(|(name, ..)| Some(*name) == code);
    Decline {
        reason: row.map_or(DeclineReason::Other, |(_, reason, _)| *reason),
        provider_code: code.and_then(word),
        message: row.map(|(.., message)| (*message).to_owned()),
    }
}

/// HTTP statuses that definitely refuse: not valid, not allowed in this state or for this merchant, unknown id.
pub(super) const REFUSALS: [u16; 3] = [400, 403, 404];

/// The HTTP statuses that definitely refuse an operation.
pub(crate) fn refusals(_kind: OperationKind) -> Vec<String> {
    REFUSALS.iter().map(u16::to_string).collect()
}

/// How what is owed for an invoice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Debt {
    /// Neither side has paid, and it is not due yet.
    Open,
    /// Billie paid the merchant.
    PaidOut,
    /// The buyer should have paid.
    Late,
    /// The buyer paid all of it.
    Paid,
    /// Nothing is owed.
    Canceled,
}

/// [inferred] Invoice states, of which docs.billie.io has no readable table: the names of its events, and of the guide's
/// order states, which mean the same there. An account can have more.
pub(super) const INVOICES: &[(&str, Debt)] = &[
    ("new", Debt::Open),
    ("created", Debt::Open),
    ("paid_out", Debt::PaidOut),
    ("late", Debt::Late),
    ("complete", Debt::Paid),
    ("completed", Debt::Paid),
    ("canceled", Debt::Canceled),
    ("cancelled", Debt::Canceled),
];

/// How an invoice of this state stands; none for a state that nobody knows.
pub(super) fn debt(state: &str) -> Option<Debt> {
    INVOICES.iter().find(|(name, _)| *name == state).map(|(_, debt)| *debt)
}

/// What an event says by itself. Everything also makes us look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    /// How the order stands, which a look tells for sure.
    Look,
    PaidOut,
    BuyerPaid,
    Overdue,
    /// Reminders 1 to 3, then dunning 4 to 6, then debt collection 7.
    Dunning(u8),
    /// No letter for a while.
    DunningPaused,
    Disputed,
    ClawedBack,
    Closed,
    /// Something that has no word of its own in the API; the event's name is told.
    Updated,
}

/// Events: docs.billie.io "Webhooks", the guide's "Event Names", and the names of 2018.
pub(super) const EVENTS: &[(&str, Says)] = &[
    // docs.billie.io and the guide: the order
    ("order_waiting", Says::Look),
    ("order_created", Says::Look),
    ("order_approved", Says::Look),
    ("order_declined", Says::Look),
    ("order_shipped", Says::Look),
    ("order_canceled", Says::Look),
    ("order_cancelled", Says::Look),
    ("invoice_created", Says::Look),
    // docs.billie.io and the guide: the money
    ("order_paid_out", Says::PaidOut),
    ("invoice_paid_out", Says::PaidOut),
    ("invoice_late", Says::Overdue),
    ("payment", Says::BuyerPaid),
    ("clawback", Says::ClawedBack),
    ("dispute", Says::Disputed),
    ("archived", Says::Closed),
    ("closed", Says::Closed),
    // docs.billie.io: agreements with the buyer, which change no level
    ("dunning_paused", Says::DunningPaused),
    ("promise_to_pay", Says::Updated),
    ("instalment_plan", Says::Updated),
    // the guide: reminders, dunning, collection; docs.billie.io names the last two without a number
    ("reminder_email_1", Says::Dunning(1)),
    ("reminder_email_2", Says::Dunning(2)),
    ("reminder_email_3", Says::Dunning(3)),
    ("dunning_letter_1", Says::Dunning(4)),
    ("dunning_email_1", Says::Dunning(4)),
    ("dunning_letter_2", Says::Dunning(5)),
    ("dunning_email_2", Says::Dunning(5)),
    ("dca_letter", Says::Dunning(7)),
    ("dca_email", Says::Dunning(7)),
    ("dunning", Says::Dunning(4)),
    ("dca", Says::Dunning(7)),
    // 2018
    ("reminder", Says::Dunning(1)),
    ("dunning1", Says::Dunning(4)),
    ("dunning2", Says::Dunning(5)),
    ("dunning3", Says::Dunning(6)),
    ("rebooking", Says::Updated),
];

/// What an event says; none for an event that nobody knows.
pub(super) fn says(event: &str) -> Option<Says> {
    EVENTS.iter().find(|(name, _)| *name == event).map(|(_, says)| *says)
}

/// The names of the events.
pub(crate) fn events() -> Vec<String> {
    EVENTS.iter().map(|(name, _)| (*name).to_owned()).collect()
}

impl Says {
    pub(super) const fn news(self) -> Option<ReceivableNews> {
        Some(match self {
            Self::Look => return None,
            Self::PaidOut => ReceivableNews::PaidOut,
            Self::BuyerPaid => ReceivableNews::BuyerPaid,
            Self::Overdue => ReceivableNews::Overdue,
            Self::Dunning(level) => ReceivableNews::dunning(level),
            Self::DunningPaused => ReceivableNews::Dunning { level: 0, paused: true },
            Self::Disputed => ReceivableNews::Disputed,
            Self::ClawedBack => ReceivableNews::ClawedBack,
            Self::Closed => ReceivableNews::Closed,
            Self::Updated => ReceivableNews::Updated,
        })
    }
}

/// Which number a legal form must come with: a field of the order's company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    /// `HR-NR`.
    Register,
    /// `Ust-ID`.
    Vat,
}

/// Legal forms that need a number: Billie's PHP SDK, `legal-forms.json`. Left out are 4001 (GbR), 13001 (e.V.) and
/// 99999 (other), for which the number is optional in at least one edition of the list.
pub(super) const LEGAL_FORMS: &[(&str, Number)] = &[
    ("10001", Number::Register), // GmbH
    ("90001", Number::Register), // GmbH & Co. KG
    ("6022", Number::Vat),       // Einzelunternehmer
    ("6001", Number::Register),  // Einzelfirma in the register
    ("3001", Number::Vat),       // Gewerbebetrieb
    ("10201", Number::Register), // UG
    ("11001", Number::Register), // AG
    ("90101", Number::Register), // AG & Co. KG
    ("8001", Number::Register),  // KG
    ("7001", Number::Register),  // OHG
    ("18001", Number::Vat),      // Stiftung
    ("12001", Number::Register), // e.G.
    ("10101", Number::Register), // Ltd.
];

pub(super) fn number_of(legal_form: &str) -> Option<Number> {
    LEGAL_FORMS.iter().find(|(code, _)| *code == legal_form).map(|(_, number)| *number)
}
