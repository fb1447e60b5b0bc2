//! What may be asked now. Commands are admitted by it, and whoever wonders beforehand is told the same.

use jiff::Timestamp;

use crate::id::OperationId;
use crate::instruction::InstructionKind;
use crate::money::Amount;
use crate::operation::{Operation, OperationKind, OperationStatus};
use crate::order::Flow;
use crate::payment::Payment;
use crate::rejection::Rejection;
use crate::schedule;
use crate::status::Status;

/// One minor unit.
const LEAST: i64 = 1;

impl Payment {
    /// What a command of this kind could name at most if it came now, minor units; nothing where it names no amount.
    ///
    /// # Errors
    /// Why no command of this kind can be accepted now, whatever it says.
    pub fn possible(&self, kind: OperationKind, now: Timestamp) -> Result<Option<Amount>, Rejection> {
        self.check_conflicts(kind, None, now)?;
        self.check_allowed(kind)?;
        if let Some(since) = self.possible_before(kind, now).filter(|end| *end <= now) {
            return Err(Rejection::TooLate { kind, since });
        }
        if matches!(kind, OperationKind::Capture | OperationKind::Refund) {
            self.check_room(false)?;
        }
        let most = self.most_for(kind);
        if most.is_some_and(Amount::is_zero) {
            return Err(Rejection::NothingLeft { kind });
        }
        if self.is_too_large_for(kind) { Err(Rejection::TooLarge) } else { Ok(most) }
    }

    /// When this kind of command stops being possible: a confirmation with the session, and a cancellation that comes
    /// before the buyer is done, since the payment expires then. No provider documents a window for anything else.
    #[must_use]
    pub fn possible_before(&self, kind: OperationKind, now: Timestamp) -> Option<Timestamp> {
        match kind {
            OperationKind::Confirm => self.expires_at,
            // Until somebody has looked whether it expired, nothing is in its way.
            OperationKind::Cancel if self.status == Status::RequiresAction => self.expires_at.filter(|end| *end > now),
            _ => None,
        }
    }

    /// The most that one command can name; a refund is of one capture, and an amendment lowers.
    fn most_for(&self, kind: OperationKind) -> Option<Amount> {
        match kind {
            OperationKind::Capture => Some(self.capturable()),
            OperationKind::Refund => {
                let captures = self.settled_captures().filter_map(Operation::makes_capture);
                Some(captures.map(|capture| self.refundable_of(capture)).max().unwrap_or(Amount::ZERO))
            }
            OperationKind::Amend => {
                let lower = Amount::new(self.promised().minor() - LEAST).ok();
                Some(lower.filter(|to| self.amended(*to).is_ok()).unwrap_or(Amount::ZERO))
            }
            OperationKind::Tell(InstructionKind::DirectPayment) => Some(self.most_payable()),
            OperationKind::CreateSession | OperationKind::Confirm | OperationKind::Cancel | OperationKind::Tell(_) => {
                None
            }
        }
    }

    /// Capture beside capture and refund beside refund are fine; cancel and amend exclude capture and each other; confirm
    /// excludes everything. What the provider is told excludes only what its own meaning depends on.
    pub(crate) fn check_conflicts(
        &self,
        kind: OperationKind,
        except: Option<&OperationId>,
        now: Timestamp,
    ) -> Result<(), Rejection> {
        let follows = except.and_then(|id| self.operation(id)).is_some_and(|o| o.waits_for.is_some());
        // Whatever waits for this one lets it run again, and of several releases that wait each lets the first one run.
        let waits = |o: &Operation| {
            let for_this = except.is_some() && o.waits_for.as_ref() == except;
            o.attempt == 0 && (for_this || (follows && o.waits_for.is_some()))
        };
        let open = self.operations.iter().filter(|o| o.status.is_open() && Some(&o.id) != except && !waits(o));
        let Some(blocker) = open.into_iter().find(|o| conflicts(kind, o.kind())) else { return Ok(()) };
        // What waits for another operation is in the way because that one is.
        let first = blocker.waits_for.as_ref().filter(|_| blocker.attempt == 0).and_then(|id| self.operation(id));
        let blocker = first.filter(|o| o.status.is_open()).unwrap_or(blocker);
        match blocker.status {
            OperationStatus::Accepted if now < blocker.lease_until || blocker.attempt == 0 => {
                let retry_after = schedule::COME_AGAIN_AFTER_SECONDS;
                Err(Rejection::InProgress { operation: blocker.id.clone(), retry_after })
            }
            OperationStatus::Pending => Err(Rejection::InProgress { operation: blocker.id.clone(), retry_after: 60 }),
            _ => Err(Rejection::BlockedByDoubt { operation: blocker.id.clone() }),
        }
    }

    /// Whether the status allows this kind of operation.
    #[must_use]
    pub fn status_allows(&self, kind: OperationKind) -> bool {
        let in_widget = kind == OperationKind::Confirm && self.flow == Flow::Widget;
        statuses_for(kind).contains(&self.status) || (in_widget && self.status == Status::RequiresAction)
    }
}

/// The statuses that allow a kind of operation. What a widget hands over is confirmed while it still requires action, too.
pub(crate) const fn statuses_for(kind: OperationKind) -> &'static [Status] {
    use Status::{Authorized, Captured, Created, PartiallyCaptured, RequiresAction, RequiresConfirmation, UnderReview};
    match kind {
        OperationKind::CreateSession => &[Created],
        OperationKind::Confirm => &[RequiresConfirmation],
        OperationKind::Capture | OperationKind::Amend => &[Authorized, PartiallyCaptured],
        OperationKind::Refund => &[PartiallyCaptured, Captured],
        OperationKind::Cancel => &[RequiresAction, RequiresConfirmation, UnderReview, Authorized, PartiallyCaptured],
        OperationKind::Tell(kind) => kind.statuses(),
    }
}

const fn conflicts(new: OperationKind, open: OperationKind) -> bool {
    use OperationKind::{Amend, Cancel, Capture, Confirm, CreateSession, Refund, Tell};
    match (new, open) {
        (Capture, Capture | Refund) | (Refund, Capture | Refund | Cancel | Amend) | (Cancel | Amend, Refund) => false,
        (Capture, Cancel | Amend) | (Cancel | Amend, Capture | Cancel | Amend) => true,
        (Confirm | CreateSession, _) | (_, Confirm | CreateSession) => true,
        (Tell(new), Tell(open)) => new.excludes(open),
        (Tell(_), _) | (_, Tell(_)) => false,
    }
}
