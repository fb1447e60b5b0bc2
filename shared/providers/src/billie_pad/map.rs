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

/// Events about the order, which a look tells for sure: docs.billie.io "Webhooks" and the guide's "Event Names".
pub(super) const LOOKS: [&str; 8] = [
    "order_waiting",
    "order_created",
    "order_approved",
    "order_declined",
    "order_shipped",
    "order_canceled",
    "order_cancelled",
    "invoice_created",
];

/// Events about the money: the same pages, and the names of 2018. They make us look, too. Of the letters, reminders are 1 to
/// 3, dunning is 4 to 6 and debt collection 7.
pub(super) static EVENTS: &[(&str, ReceivableNews)] = &[
    // docs.billie.io and the guide
    ("order_paid_out", ReceivableNews::PaidOut),
    ("invoice_paid_out", ReceivableNews::PaidOut),
    ("invoice_late", ReceivableNews::Overdue),
    ("payment", ReceivableNews::BuyerPaid),
    ("clawback", ReceivableNews::ClawedBack),
    ("dispute", ReceivableNews::Disputed),
    ("archived", ReceivableNews::Closed),
    ("closed", ReceivableNews::Closed),
    // docs.billie.io: agreements with the buyer, which change no level
    ("dunning_paused", ReceivableNews::Dunning { level: 0, paused: true }),
    ("promise_to_pay", ReceivableNews::Updated),
    ("instalment_plan", ReceivableNews::Updated),
    // the guide: reminders, dunning, collection; docs.billie.io names the last two without a number
    ("reminder_email_1", ReceivableNews::dunning(1)),
    ("reminder_email_2", ReceivableNews::dunning(2)),
    ("reminder_email_3", ReceivableNews::dunning(3)),
    ("dunning_letter_1", ReceivableNews::dunning(4)),
    ("dunning_email_1", ReceivableNews::dunning(4)),
    ("dunning_letter_2", ReceivableNews::dunning(5)),
    ("dunning_email_2", ReceivableNews::dunning(5)),
    ("dca_letter", ReceivableNews::dunning(7)),
    ("dca_email", ReceivableNews::dunning(7)),
    ("dunning", ReceivableNews::dunning(4)),
    ("dca", ReceivableNews::dunning(7)),
    // 2018
    ("reminder", ReceivableNews::dunning(1)),
    ("dunning1", ReceivableNews::dunning(4)),
    ("dunning2", ReceivableNews::dunning(5)),
    ("dunning3", ReceivableNews::dunning(6)),
    ("rebooking", ReceivableNews::Updated),
];

/// What an event says by itself.
pub(super) fn news(event: &str) -> Option<ReceivableNews> {
    EVENTS.iter().find(|(name, _)| *name == event).map(|(_, news)| news.clone())
}

/// The names of the events.
pub(crate) fn events() -> Vec<String> {
    LOOKS.into_iter().chain(EVENTS.iter().map(|(name, _)| *name)).map(str::to_owned).collect()
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
