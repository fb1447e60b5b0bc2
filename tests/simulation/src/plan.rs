//! What happens in one history, made from its seed: who wants what when, and what goes wrong at which exchange.

use std::collections::BTreeMap;
use std::fmt;

use payment::InstructionKind;
use sandbox::stand_in;

/// A history that is still to come.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Decides what the plan leaves open, such as how long each exchange takes.
    pub seed: u64,
    /// How long the table's indexes lag behind, in milliseconds.
    pub index_lag: i64,
    /// How long the stream collects changes before it tells them, in milliseconds.
    pub stream_lag: u64,
    /// Whether the merchant's accounts take a buyer who finished late, or call the order off.
    pub accepts_late: bool,
    /// Whether a person decides in the end what only a person can find out, and has everything told once more.
    pub operator: bool,
    /// Whether nothing that a provider tells arrives, so that only looks find out.
    pub mute: bool,
    /// When no provider can be reached.
    pub outage: Option<Outage>,
    /// The payments.
    pub deals: Vec<Deal>,
    /// What goes wrong, by the number of the exchange.
    pub faults: BTreeMap<u32, Fault>,
}

/// A time in which no connection to any provider is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// When it begins, in seconds from the beginning.
    pub from: u64,
    /// When it ends.
    pub to: u64,
}

/// One payment.
#[derive(Debug, Clone)]
pub struct Deal {
    /// At which provider API.
    pub provider: &'static str,
    /// In which flow.
    pub flow: &'static str,
    /// Whether the money is taken by the shop (`manual`) or with the authorization (`automatic`).
    pub mode: &'static str,
    /// Whether the provider takes its time for what it is asked, where it can.
    pub pends: bool,
    /// What the buyer does on the page.
    pub buyer: Buyer,
    /// What the checkout asks.
    pub steps: Vec<Step>,
    /// What the provider tells about the receivable, in its own words, where it tells such things.
    pub tells: Vec<&'static str>,
    /// What is given back at the provider's own desk.
    pub desk: Option<Desk>,
}

/// Captured money that the provider gives back unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Desk {
    /// How long after the capture, in seconds.
    pub after: u64,
    /// Minor units; 0 for all of it, and where only all of it can be given back.
    pub amount: i64,
}

/// What a buyer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buyer {
    /// `accept`, `decline`, `cancel`, or nothing at all.
    pub choice: &'static str,
    /// How long it takes, in seconds.
    pub after: u64,
    /// Whether the browser makes it back to the shop.
    pub returns: bool,
}

/// One request of the checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// When, in milliseconds from the beginning.
    pub at: u64,
    /// Whether it waits until the payment is authorized.
    pub waits: bool,
    /// What is asked.
    pub asks: Ask,
    /// How many send it at the same time with the same key.
    pub copies: u8,
    /// Whether the first answer gets lost on its way back.
    pub deaf: bool,
}

/// What a request asks; amounts in minor units, 0 for all that is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// `POST …/confirm`
    Confirm,
    /// `POST …/captures`
    Capture(i64),
    /// The same with `final: true`
    Final(i64),
    /// The same by lines: so many chairs
    CaptureUnits(u32),
    /// `POST …/refunds`
    Refund(i64),
    /// The same by lines: so many chairs
    RefundUnits(u32),
    /// `POST …/cancel`
    Cancel,
    /// `POST …/orders/amend`, to this amount
    Amend(i64),
    /// `POST …/orders/{action}`: the provider is told something
    Tell(InstructionKind),
    /// `GET …?refresh=true`
    Refresh,
    /// `POST …/operations/…/resolve` for what only a person can find out
    Resolve,
    /// `POST /v1/replays` of `events` or `messages`
    Replay(&'static str),
}

/// What goes wrong at an exchange with the table, a provider, a queue or a message's receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No connection.
    Refused,
    /// The request is lost and the connection breaks.
    LostRequest,
    /// It is processed, and the connection breaks before the answer.
    LostAnswer,
    /// Nothing is processed, and no answer comes.
    Silence,
    /// It is processed, and no answer comes.
    SilenceAfter,
    /// It is processed so many milliseconds late, when the caller may be gone.
    Late(u64),
    /// It is turned away unprocessed; a batch in part.
    Busy,
    /// It is processed and an internal error is told.
    FailedAfter,
    /// It is processed and nonsense is told.
    Garbled,
    /// It is processed and the amounts in the answer are wrong.
    WrongAmounts,
    /// The caller dies before it is processed.
    Crash,
    /// It is processed, and the caller dies.
    CrashAfter,
}

impl Deal {
    /// The settings of the provider's stand-in that make it so; empty for its own.
    pub(crate) fn settings(&self) -> &'static str {
        stand_in(self.provider).map_or("", |stand_in| (stand_in.settings)(self.flow, self.pends))
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let late = if self.accepts_late { ", late buyers are taken" } else { "" };
        let operator = if self.operator { ", a person decides in the end" } else { "" };
        let mute = if self.mute { ", no message arrives" } else { "" };
        let Self { seed, index_lag, stream_lag, .. } = self;
        writeln!(f, "seed {seed}, indexes {index_lag} ms behind, the stream {stream_lag} ms{late}{operator}{mute}")?;
        if let Some(Outage { from, to }) = self.outage {
            writeln!(f, "no provider is there from {from} s to {to} s")?;
        }
        for deal in &self.deals {
            let buyer = deal.buyer;
            let choice = if buyer.choice.is_empty() { "leaves" } else { buyer.choice };
            let pends = if deal.pends { ", everything pends" } else { "" };
            let Deal { provider, flow, mode, .. } = deal;
            writeln!(f, "{provider} {flow} {mode}: buyer {choice} after {} s{pends}", buyer.after)?;
            if let Some(Desk { after, amount }) = deal.desk {
                let amount = if amount == 0 { "all".to_owned() } else { amount.to_string() };
                writeln!(f, "  given back at the desk {after} s after the capture: {amount}")?;
            }
            for event in &deal.tells {
                writeln!(f, "  told: {event}")?;
            }
            for step in &deal.steps {
                let when = if step.waits { "once authorized, from" } else { "at" };
                let deaf = if step.deaf { ", first answer lost" } else { "" };
                writeln!(f, "  {when} {} ms: {:?} x{}{deaf}", step.at, step.asks, step.copies)?;
            }
        }
        for (number, fault) in &self.faults {
            writeln!(f, "exchange {number}: {fault:?}")?;
        }
        Ok(())
    }
}
