//! What the words of Billink's webhooks mean: tables to put beside its pages.

use payment::{Decline, DeclineReason, OrderState, ReceivableNews};

/// What an event says.
#[derive(Clone)]
pub(crate) enum Says {
    /// How the order stands.
    Order(OrderState),
    /// All of it was credited: released before its capture, given back after it.
    Credited,
    /// A part was credited, and nobody says how much.
    PartlyCredited,
    /// Who paid whom.
    Receivable(ReceivableNews),
}

const FAILED: Decline = Decline { reason: DeclineReason::Other, provider_code: None, message: None };

/// developers.billink.nl/authorize-payment/session-status and webhooks/session-webhook.
pub(crate) static SESSION: [(&str, OrderState); 5] = [
    ("session_active", OrderState::AwaitingBuyer(None)),
    ("order_created", OrderState::Authorized),
    ("cancelled", OrderState::Canceled),
    ("failed", OrderState::Declined(FAILED)),
    ("session_expired", OrderState::Expired),
];

/// developers.billink.nl/webhooks/order-webhook. A workflow captures all of its order; an order on hold gets no reminders.
pub(crate) static ORDER: [(&str, Says); 8] = [
    ("order_placed", Says::Order(OrderState::Authorized)),
    ("order_workflow_started", Says::Order(OrderState::Captured)),
    ("partial_payment_added", Says::Receivable(ReceivableNews::BuyerPaid)),
    ("order_paid", Says::Receivable(ReceivableNews::BuyerPaid)),
    ("partial_credit_added", Says::PartlyCredited),
    ("order_fully_accredited", Says::Credited),
    ("customer_fully_paid", Says::Receivable(ReceivableNews::Closed)),
    ("order_on_hold", Says::Receivable(ReceivableNews::Dunning { level: 0, paused: true })),
];

/// How an order stands whose session has this status.
pub(crate) fn session(word: &str) -> Option<OrderState> {
    SESSION.iter().find(|row| row.0 == word).map(|row| row.1.clone())
}

/// What an order's event says.
pub(crate) fn event(word: &str) -> Option<Says> {
    ORDER.iter().find(|row| row.0 == word).map(|row| row.1.clone())
}
