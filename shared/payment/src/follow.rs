//! Following: what the order's state makes true of the payment's status.

use jiff::Timestamp;
use serde::Serialize;

use crate::evidence::Hint;
use crate::history::{Cause, Fact};
use crate::id::OperationId;
use crate::operation::{Detail, OperationStatus};
use crate::order::CaptureMode;
use crate::outcome::{Debtor, OrderNews, OrderState};
use crate::payment::Payment;
use crate::status::{Happened, Status, Transition};

/// Bytes of an account or a company that are kept.
const LONGEST_TOLD: usize = 4_000;

impl Payment {
    /// Whether an order cannot be in this state after what is known. Money that is taken, or reserved by a capture
    /// whose outcome is not known yet, cannot be called off.
    pub(crate) fn contradicts(&self, state: &OrderState) -> bool {
        let amounts = self.amounts();
        let holds_money = !amounts.captured.is_zero() || !amounts.capturing.is_zero();
        let releases = matches!(state, OrderState::Canceled | OrderState::Expired);
        (releases && holds_money) || self.status.after(happened(state)) == Transition::Contradiction
    }

    /// What news of the order's state makes true. The caller has checked that the news may be believed.
    pub(crate) fn follow(&mut self, news: OrderNews, cause: &Cause, now: Timestamp) -> Transition {
        if self.contradicts(&news.state) {
            return Transition::Contradiction;
        }
        match self.keep_names(news) {
            OrderState::AwaitingBuyer(action) => {
                if let (Some(action), Status::Created | Status::RequiresAction) = (action, self.status) {
                    self.expires_at = expiry(&action).or(self.expires_at);
                    self.action = Some(action);
                }
                self.move_to(Happened::ActionRequired, cause, now)
            }
            OrderState::AwaitingConfirmation => self.move_to(Happened::ConfirmationRequired, cause, now),
            OrderState::UnderReview => self.move_to(Happened::ReviewStarted, cause, now),
            OrderState::Authorized => self.move_to(Happened::Authorized, cause, now),
            OrderState::Captured => {
                let transition = self.move_to(Happened::Authorized, cause, now);
                self.capture_with_authorization(cause, now);
                transition
            }
            OrderState::Declined(decline) => {
                if self.status.after(Happened::Declined) == Transition::To(Status::Declined) {
                    self.decline = Some(decline);
                }
                self.move_to(Happened::Declined, cause, now)
            }
            OrderState::Canceled => self.move_to(Happened::Canceled, cause, now),
            OrderState::Expired => self.move_to(Happened::Expired, cause, now),
        }
    }

    /// Whether news is of another order than the one that is known: an order keeps the provider's id, so a second one is
    /// another order, whoever made it. That is told, a person is asked what it is, and nothing that it says counts.
    pub(crate) fn is_told_of_another_order(&mut self, news: Option<&OrderNews>, cause: &Cause, now: Timestamp) -> bool {
        let (Some(known), Some(named)) = (&self.provider_reference, news.and_then(|n| n.provider_reference.as_ref()))
        else {
            return false;
        };
        if known == named {
            return false;
        }
        let (known, named) = (known.clone(), named.clone());
        if self.contradicted("provider_reference", known, named, true, cause, now) {
            self.ask_about_the_order(cause, now);
        }
        true
    }

    /// Keeps the names that news of the order gives, and returns the order's state. The caller has checked that it is not
    /// of another order.
    pub(crate) fn keep_names(&mut self, news: OrderNews) -> OrderState {
        let OrderNews {
            state,
            amount: _,
            captured: _,
            provider_reference,
            session_reference,
            provider_account,
            bank_transfer,
            debtor,
            payment_method,
        } = news;
        self.provider_reference = self.provider_reference.take().or(provider_reference);
        self.session_reference = session_reference.or(self.session_reference.take());
        self.provider_account = self.provider_account.take().or(provider_account);
        self.bank_transfer = short(bank_transfer).or(self.bank_transfer.take());
        if let Some(Debtor { name, address }) = short(debtor) {
            self.debtor_address = address.or(self.debtor_address.take());
            self.debtor = Some(name);
        }
        self.payment_method = payment_method.or(self.payment_method.take());
        state
    }

    /// Where one provider call authorized and captured, the capture is written down as an operation of its own.
    pub(crate) fn capture_with_authorization(&mut self, cause: &Cause, now: Timestamp) {
        let untouched = self.status == Status::Authorized && self.capturable() == self.amount;
        let automatic = self.capture_mode == CaptureMode::Automatic && untouched;
        let Some(first) = self.operations.first().filter(|_| automatic) else { return };
        let (reference, fingerprint) = (first.reference.clone(), first.fingerprint.clone());
        let provider_reference = first.provider_reference.clone().or_else(|| self.provider_reference.clone());
        // No caller's key has a space in it, so no call can have this id.
        let id = OperationId::of(&self.id, "capture", "with authorization");
        let capture = crate::id::CaptureId::of(&id);
        let (amount, net) = (self.amount, self.net);
        let detail =
            Detail::Capture { capture: capture.clone(), net, lines: Vec::new(), invoice: None, shipment: None };
        self.reserve(id, detail, amount, reference, fingerprint, now);
        if let Some(operation) = self.operations.last_mut() {
            operation.status = OperationStatus::Succeeded;
            operation.provider_reference = provider_reference;
            operation.due_at = None;
        }
        self.after_movement(Fact::CaptureSucceeded { capture, amount, invoice: None }, cause, now);
    }

    /// Moves the status by the table, with the money that belongs to the move.
    pub(crate) fn move_to(&mut self, happened: Happened, cause: &Cause, now: Timestamp) -> Transition {
        let transition = self.status.after(happened);
        let Transition::To(next) = transition else { return transition };
        let previous = self.status;
        let released = self.amounts().unreleased();
        let fact = match happened {
            Happened::ActionRequired => Fact::RequiresAction,
            Happened::ConfirmationRequired => Fact::RequiresConfirmation,
            Happened::ReviewStarted => Fact::UnderReview,
            Happened::Authorized | Happened::AuthorizedLate => Fact::Authorized { amount: self.amount },
            Happened::PartlyCaptured | Happened::FullyCaptured => return Transition::Contradiction,
            Happened::Declined => self.declined(),
            Happened::Canceled => Fact::Canceled { released },
            Happened::Expired => Fact::Expired { released },
        };
        match happened {
            Happened::Authorized | Happened::AuthorizedLate => self.authorized = self.amount,
            Happened::Canceled | Happened::Expired => {
                self.released = self.released.plus(released).unwrap_or(self.released);
            }
            _ => {}
        }
        self.status = next;
        self.record(fact, previous, cause, now);
        self.watch(now);
        transition
    }

    fn declined(&self) -> Fact {
        let decline = self.decline.as_ref();
        Fact::Declined {
            reason: decline.map_or(crate::outcome::DeclineReason::Other, |d| d.reason),
            provider_code: decline.and_then(|d| d.provider_code.clone()),
        }
    }

    /// Sets when to look next, after the status changed: open payments are watched, those that were given up for a day,
    /// others are left alone. What somebody hinted at before may be more than what happened now.
    fn watch(&mut self, now: Timestamp) {
        let hinted = self.observe_at.filter(|_| self.observe_step == 0);
        self.observe_step = 0;
        self.look_later(now);
        if !self.status.is_open() || self.status == Status::Created {
            self.observe_at = self.late_look(now);
        }
        if let Some(at) = hinted {
            self.hint(Hint { at });
        }
        if self.status != Status::RequiresAction {
            self.action = None;
        }
    }
}

/// What a provider tells of accounts and companies, unless it is so long that the item might not hold it.
fn short<T: Serialize>(told: Option<T>) -> Option<T> {
    told.filter(|told| serde_json::to_vec(told).is_ok_and(|text| text.len() <= LONGEST_TOLD))
}

const fn happened(state: &OrderState) -> Happened {
    match state {
        OrderState::AwaitingBuyer(_) => Happened::ActionRequired,
        OrderState::AwaitingConfirmation => Happened::ConfirmationRequired,
        OrderState::UnderReview => Happened::ReviewStarted,
        OrderState::Authorized | OrderState::Captured => Happened::Authorized,
        OrderState::Declined(_) => Happened::Declined,
        OrderState::Canceled => Happened::Canceled,
        OrderState::Expired => Happened::Expired,
    }
}

fn expiry(action: &crate::outcome::Action) -> Option<Timestamp> {
    match action {
        crate::outcome::Action::Redirect { expires_at, .. } | crate::outcome::Action::Widget { expires_at, .. } => {
            *expires_at
        }
    }
}
