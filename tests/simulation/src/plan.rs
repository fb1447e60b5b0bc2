//! What happens in one history, made from its seed: who wants what when, and what goes wrong at which exchange.

use std::collections::BTreeMap;
use std::fmt;

/// So many exchanges of a history may go wrong.
const EXCHANGES: u32 = 500;

/// A history that is still to come.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Decides what the plan leaves open, such as how long each exchange takes.
    pub seed: u64,
    /// How long the table's indexes lag behind, in milliseconds.
    pub index_lag: i64,
    /// The payments.
    pub deals: Vec<Deal>,
    /// What goes wrong, by the number of the exchange.
    pub faults: BTreeMap<u32, Fault>,
}

/// One payment.
#[derive(Debug, Clone)]
pub struct Deal {
    /// At which provider API.
    pub provider: &'static str,
    /// In which flow.
    pub flow: &'static str,
    /// What the buyer does on the page.
    pub buyer: Buyer,
    /// What the checkout asks.
    pub steps: Vec<Step>,
    /// What the provider tells about the receivable, in its own words, where it tells such things.
    pub tells: Vec<&'static str>,
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
    /// `POST …/refunds`
    Refund(i64),
    /// `POST …/cancel`
    Cancel,
    /// `POST …/orders/amend`, to this amount
    Amend(i64),
    /// `GET …?refresh=true`
    Refresh,
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

impl Plan {
    /// The history of this seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let deals = (0..pick(&mut rng, &[1, 1, 1, 2])).map(|_| deal(&mut rng)).collect();
        let per_thousand = pick(&mut rng, &[0, 10, 30, 80, 80, 200]);
        let faults = (1..=EXCHANGES).filter(|_| rng.u32(..1_000) < per_thousand).collect::<Vec<_>>();
        let faults = faults.into_iter().map(|number| (number, fault(&mut rng))).collect();
        Self { seed, index_lag: pick(&mut rng, &[0, 50, 800]), deals, faults }
    }
}

fn pick<T: Copy + Default>(rng: &mut fastrand::Rng, from: &[T]) -> T {
    from.get(rng.usize(..from.len())).copied().unwrap_or_default()
}

/// A provider API, a flow of it, and what it tells about the receivable.
type Way = (&'static str, &'static str, &'static [&'static str]);

const WAYS: [Way; 7] = [
    ("buckaroo_billink", "redirect", &[]),
    ("billie_pad", "redirect", DUNNED),
    ("billie_pad", "direct", DUNNED),
    ("billie_psp", "redirect", &[]),
    ("billink", "redirect", &[]),
    ("billink_v1", "direct", &[]),
    ("billagain", "redirect", &[]),
];

const DUNNED: &[&str] = &["reminder_email_1", "dunning_letter_1", "dunning_letter_2"];

fn deal(rng: &mut fastrand::Rng) -> Deal {
    let (provider, flow, told) = pick(rng, &WAYS);
    let buyer = Buyer {
        choice: pick(rng, &["accept", "accept", "accept", "accept", "accept", "accept", "decline", "cancel", ""]),
        after: rng.u64(1..60),
        returns: rng.bool(),
    };
    let mut steps = vec![step(rng, Ask::Confirm)];
    for _ in 0..rng.u32(1..6) {
        let part = pick(rng, &[0, 0, 1, 3_000, 6_300, 9_999, 12_600, 12_601]);
        let asks = match rng.u32(..10) {
            0..=4 => Ask::Capture(part),
            5..=7 => Ask::Refund(pick(rng, &[0, 1, 100, 3_000, 6_300, 12_600])),
            8 if rng.bool() => Ask::Cancel,
            8 => Ask::Amend(pick(rng, &[3_000, 6_300, 9_999, 12_000])),
            _ => Ask::Refresh,
        };
        steps.push(step(rng, asks));
    }
    let times = if told.is_empty() { 0 } else { rng.usize(..3) };
    let tells = (0..times).map(|_| pick(rng, told)).collect();
    Deal { provider, flow, buyer, steps, tells }
}

fn step(rng: &mut fastrand::Rng, asks: Ask) -> Step {
    Step {
        at: rng.u64(1_000..90_000),
        waits: rng.u32(..10) < 8,
        asks,
        copies: pick(rng, &[1, 1, 1, 2, 3]),
        deaf: rng.u32(..8) == 0,
    }
}

fn fault(rng: &mut fastrand::Rng) -> Fault {
    match rng.u32(..14) {
        0 => Fault::Refused,
        1 => Fault::LostRequest,
        2 | 3 => Fault::LostAnswer,
        4 => Fault::Silence,
        5 => Fault::SilenceAfter,
        6 => Fault::Late(rng.u64(5_000..40_000)),
        7 => Fault::Busy,
        8 => Fault::FailedAfter,
        9 => Fault::Garbled,
        10 => Fault::WrongAmounts,
        11 | 12 => Fault::CrashAfter,
        _ => Fault::Crash,
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}, indexes {} ms behind", self.seed, self.index_lag)?;
        for deal in &self.deals {
            let buyer = deal.buyer;
            let choice = if buyer.choice.is_empty() { "leaves" } else { buyer.choice };
            writeln!(f, "{} {}: buyer {choice} after {} s", deal.provider, deal.flow, buyer.after)?;
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

#[cfg(test)]
mod tests {
    use super::WAYS;

    #[test]
    fn histories_happen_at_every_provider() {
        for known in providers::REGISTRY {
            let provider = known.capabilities.provider;
            assert!(WAYS.iter().any(|(name, ..)| *name == provider), "no history happens at {provider}");
        }
    }
}
