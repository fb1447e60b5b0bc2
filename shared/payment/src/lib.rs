//! The payment domain: money, the payment with its ledger, operations and history, the transition table,
//! evidence as types, and events as a pure function of history.
//!
//! Nothing here does I/O, awaits, or knows a provider. Time is an argument.

mod accept;
mod amounts;
mod check;
mod command;
mod conclude;
mod dispute;
mod event;
mod evidence;
mod follow;
mod history;
mod id;
mod inferred;
mod instruction;
mod late;
mod learn;
mod looks;
mod money;
mod operation;
mod order;
mod outcome;
mod owed;
mod payment;
mod personal;
mod possible;
mod receivable;
mod rejection;
mod reserve;
mod resolve;
mod reversal;
mod schedule;
mod settle;
mod settled;
mod status;
mod tax;
mod text;
mod unnamed;
mod wake;

pub use accept::{Admission, Ticket};
pub use amounts::{Amounts, InvariantBroken};
pub use command::{AmendCommand, CancelCommand, CaptureCommand, Command, ConfirmCommand, LineQuantity, RefundCommand};
pub use dispute::Dispute;
pub use event::{Event, EventData};
pub use evidence::{Attestation, Hint, Observation, Proof, SignedClaim};
pub use history::{Cause, CauseKind, Entry, Fact, Word};
pub use id::{
    CaptureId, EventId, Fingerprint, IdempotencyKey, MerchantId, OperationId, ParseId, PaymentId, ProviderId, RefundId,
    Token,
};
pub use inferred::Inferred;
pub use instruction::{DirectPaymentCommand, HoldCommand, Instruction, InstructionKind, MessageCommand, ResumeCommand};
pub use late::LateAuthorization;
pub use money::{Amount, Currency, Money, MoneyError, Price, Split};
pub use operation::{Detail, Invoice, Operation, OperationKind, OperationStatus, Reason, Shipment};
pub use order::{
    Address, Buyer, BuyerKind, CaptureMode, Company, Flow, Line, LineKind, Order, OrderError, Person, Salutation,
    TableLine,
};
pub use outcome::{
    Action, BankTransfer, Debtor, DebtorAddress, Decline, DeclineReason, Difference, Doubt, DoubtPolicy, Finding,
    GivenBack, News, OperationNews, OrderNews, OrderState, Outcome, PaymentMethod, Receipt, ReceivableNews, Refusal,
    Whom,
};
pub use owed::ReceivableFacts;
pub use payment::{NewPayment, Payment, SCHEMA};
pub use personal::Personal;
pub use receivable::{Note, Receivable, ReceivableMessage};
pub use rejection::Rejection;
pub use resolve::{Decision, ResolvedBy};
pub use reversal::Unplaced;
pub use schedule::{EXPIRES_UNOBSERVED_AFTER_SECONDS, OBSERVE_AFTER_SECONDS, PROBE_AFTER_SECONDS};
pub use status::{Happened, Status, Transition, diagram};
pub use tax::{TaxRate, TaxedAmount};
pub use text::{Country, EmailAddress, Text, TextError};
pub use wake::WakeUp;
