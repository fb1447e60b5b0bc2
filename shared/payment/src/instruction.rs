//! Instructions: what a provider is told about an order without taking anything of the ledger. Another one is another row
//! of the table of kinds, and the body that asks for it.

use std::num::NonZeroU16;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::check::invalid;
use crate::id::{CaptureId, Fingerprint, OperationId};
use crate::money::Amount;
use crate::operation::{Detail, Operation, OperationStatus};
use crate::payment::Payment;
use crate::rejection::Rejection;
use crate::status::Status;
use crate::text::Text;

/// What a provider can be told about an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstructionKind {
    /// Ask the buyer for nothing for a while.
    Hold,
    /// Go on asking.
    Resume,
    /// Something to read.
    Message,
    /// The buyer paid the merchant and not the provider.
    DirectPayment,
}

/// What is particular to a kind.
struct Row {
    /// The word in the API.
    word: &'static str,
    /// The same as what is done, in a sentence.
    verb: &'static str,
    /// The event type between `paylater.` and `.v1`.
    event: &'static str,
    /// What our name for it has before the characters of its id.
    letter: char,
    /// Whether it is about what is owed, which nothing is before a capture.
    owed: bool,
    /// Whether what it does depends on which of those that say so comes last.
    ordered: bool,
}

impl InstructionKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Hold, Self::Resume, Self::Message, Self::DirectPayment];

    #[rustfmt::skip]
    const fn row(self) -> Row {
        match self {
            Self::Hold => Row {
                word: "hold", verb: "hold", event: "payment.held", letter: 'H', owed: true, ordered: true,
            },
            Self::Resume => Row {
                word: "resume", verb: "resume", event: "payment.resumed", letter: 'S', owed: true, ordered: true,
            },
            Self::Message => Row {
                word: "message", verb: "take a message", event: "payment.message_sent", letter: 'M', owed: false, ordered: false,
            },
            Self::DirectPayment => Row {
                word: "direct_payment", verb: "take note of a direct payment", event: "payment.direct_payment_reported",
                letter: 'P', owed: true, ordered: false,
            },
        }
    }

    /// The word in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().word
    }

    pub(crate) const fn verb(self) -> &'static str {
        self.row().verb
    }

    pub(crate) const fn event_type(self) -> &'static str {
        self.row().event
    }

    /// Whether the one must wait for the other.
    pub(crate) const fn excludes(self, other: Self) -> bool {
        self.row().ordered && other.row().ordered
    }

    pub(crate) const fn statuses(self) -> &'static [Status] {
        match self.row().owed {
            true => &[Status::PartiallyCaptured, Status::Captured],
            false => &[Status::Authorized, Status::PartiallyCaptured, Status::Captured],
        }
    }
}

/// The body of a hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldCommand {
    /// For so many days; as long as the provider holds by itself when absent.
    #[serde(default)]
    pub days: Option<NonZeroU16>,
}

/// The body of the end of a hold: nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResumeCommand {}

/// The body of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageCommand {
    /// What is said.
    pub text: Text<1, 1000>,
}

/// The body of a payment that the merchant got from the buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectPaymentCommand {
    /// Minor units.
    pub amount: Amount,
    /// Of which capture; the oldest of which so much is left when absent.
    #[serde(default)]
    pub capture_id: Option<CaptureId>,
    /// What the payment is called in the shop's books.
    #[serde(default)]
    pub reference: Option<Text<1, 30>>,
}

/// One thing that a provider is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Instruction {
    /// Hold.
    Hold(HoldCommand),
    /// Resume.
    Resume(ResumeCommand),
    /// Message.
    Message(MessageCommand),
    /// Direct payment; of which capture is known once it is reserved.
    DirectPayment(DirectPaymentCommand),
}

impl Instruction {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> InstructionKind {
        match self {
            Self::Hold(_) => InstructionKind::Hold,
            Self::Resume(_) => InstructionKind::Resume,
            Self::Message(_) => InstructionKind::Message,
            Self::DirectPayment(_) => InstructionKind::DirectPayment,
        }
    }

    const fn pays(&self) -> Option<&CaptureId> {
        match self {
            Self::DirectPayment(paid) => paid.capture_id.as_ref(),
            _ => None,
        }
    }
}

impl Payment {
    pub(crate) fn reserve_instruction(
        &mut self,
        mut asked: Instruction,
        id: OperationId,
        fingerprint: Fingerprint,
        now: Timestamp,
    ) -> Result<(), Rejection> {
        let amount = match &mut asked {
            Instruction::Hold(_) | Instruction::Resume(_) | Instruction::Message(_) => Amount::ZERO,
            Instruction::DirectPayment(paid) => {
                paid.capture_id = Some(self.paid_capture(paid)?);
                paid.amount
            }
        };
        let reference = format!("{}-{}{}", self.order_reference, asked.kind().row().letter, id.suffix());
        self.reserve(id, Detail::Tell(asked), amount, reference, fingerprint, now);
        Ok(())
    }

    /// The capture that a direct payment is of.
    pub(crate) fn paid_capture(&self, paid: &DirectPaymentCommand) -> Result<CaptureId, Rejection> {
        let mut captures = self.settled_captures().filter_map(Operation::makes_capture);
        if paid.amount.is_zero() {
            return Err(invalid("/amount", "must be at least 1 minor unit"));
        }
        let Some(named) = &paid.capture_id else {
            let holder = captures.find(|capture| self.payable_of(capture) >= paid.amount);
            let most = self.most_payable();
            return holder.cloned().ok_or_else(|| beyond(most));
        };
        if !captures.any(|capture| capture == named) {
            return Err(invalid("/capture_id", "is not a settled capture of this payment"));
        }
        let left = self.payable_of(named);
        if paid.amount > left { Err(beyond(left)) } else { Ok(named.clone()) }
    }

    /// What the buyer can have paid the merchant of this capture at most, minor units.
    fn payable_of(&self, capture: &CaptureId) -> Amount {
        let pays = |o: &&Operation| matches!(&o.detail, Detail::Tell(told) if told.pays() == Some(capture));
        let reported = self.operations.iter().filter(|o| o.status != OperationStatus::Rejected).filter(pays);
        self.refundable_of(capture).left_after(reported.map(|o| o.amount).sum())
    }

    pub(crate) fn most_payable(&self) -> Amount {
        let captures = self.settled_captures().filter_map(Operation::makes_capture);
        captures.map(|capture| self.payable_of(capture)).max().unwrap_or(Amount::ZERO)
    }
}

fn beyond(left: Amount) -> Rejection {
    let rule = format!(
        "must be at most the {left} that are captured at once and neither given back nor reported as paid directly"
    );
    invalid("/amount", rule)
}
