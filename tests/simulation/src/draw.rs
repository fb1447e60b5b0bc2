//! How a seed becomes a plan.

use std::sync::LazyLock;

use payment::{CaptureMode, Flow, InstructionKind};
use providers::{BestEvidence, REGISTRY};
use sandbox::stand_in;

use crate::plan::{Ask, Buyer, Deal, Desk, Fault, Outage, Plan, Step};

/// So many exchanges of a history may go wrong.
const EXCHANGES: u32 = 500;

/// How much happens in a history. Most need little to go wrong, and short ones are cheap; every so often it is crowded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Size {
    Short,
    Crowded,
}

/// One history of so many is crowded.
const CROWDED: u32 = 16;

impl Plan {
    /// The history of this seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut deals: Vec<Deal> = Vec::new();
        let size = if rng.u32(..CROWDED) == 0 { Size::Crowded } else { Size::Short };
        let payments = if size == Size::Crowded { pick(&mut rng, &[1, 1, 2]) } else { 1 };
        for _ in 0..payments {
            // A stand-in is set to one flow.
            let like = deals.first().map(|first| (first.provider, first.flow, first.pends));
            let mut drawn = deal(&mut rng, size);
            if let Some((_, flow, pends)) = like.filter(|(provider, ..)| *provider == drawn.provider) {
                (drawn.flow, drawn.pends) = (flow, pends);
            }
            deals.push(drawn);
        }
        let per_thousand = pick(&mut rng, &[0, 10, 30, 80, 80, 80, 80, 200]);
        let faults = (1..=EXCHANGES).filter(|_| rng.u32(..1_000) < per_thousand).collect::<Vec<_>>();
        let faults = faults.into_iter().map(|number| (number, fault(&mut rng))).collect();
        let index_lag = pick(&mut rng, &[0, 50, 50, 800, 800, 20_000]);
        let (accepts_late, operator) = (rng.u32(..3) == 0, rng.u32(..6) == 0);
        let stream_lag = pick(&mut rng, &[50, 250, 1_000, 5_000]);
        // What is done at a desk is told in vain while nobody can look at it.
        let at_a_desk = deals.iter().any(|deal| deal.desk.is_some());
        let from = rng.u64(5..120);
        let outage = Some(Outage { from, to: from + rng.u64(20..300) });
        let outage = outage.filter(|_| rng.u32(..if at_a_desk { 3 } else { 24 }) == 0);
        let mute = rng.u32(..12) == 0 && deals.iter().all(is_read);
        if mute && rng.bool() {
            // Before the buyer is done, who may not care.
            deals
                .iter_mut()
                .for_each(|deal| deal.steps.push(Step { waits: false, ..step(&mut rng, Ask::Cancel, size) }));
        }
        Self { seed, index_lag, stream_lag, accepts_late, operator, mute, outage, deals, faults }
    }
}

/// Whether everything that happens there can be seen without being told of it.
fn is_read(deal: &Deal) -> bool {
    let known = REGISTRY.iter().map(|known| known.capabilities).find(|can| can.provider == deal.provider);
    let read =
        known.is_some_and(|can| can.evidence == BestEvidence::Observation && can.expires_unobserved_seconds.is_none());
    read && deal.tells.is_empty() && deal.desk.is_none()
}

fn pick<T: Copy + Default>(rng: &mut fastrand::Rng, from: &[T]) -> T {
    from.get(rng.usize(..from.len())).copied().unwrap_or_default()
}

/// How a payment can go at a provider.
#[derive(Clone, Copy, Default)]
struct Way {
    provider: &'static str,
    flow: &'static str,
    /// When the money is taken.
    mode: &'static str,
    /// What the provider tells about the receivable.
    tells: &'static [&'static str],
    /// Whether money can be given back at the provider's own desk.
    desk: bool,
}

/// Every provider's flows with its capture modes.
static WAYS: LazyLock<Vec<Way>> = LazyLock::new(|| {
    let of_provider = |known: &providers::Registered| {
        let can = known.capabilities;
        let (tells, desk) = stand_in(can.provider).map(|it| (it.tells, it.gives_back.is_some())).unwrap_or_default();
        let ways = can.flows.iter().flat_map(|flow| can.capture_modes.iter().map(move |mode| (*flow, *mode)));
        let way = |(flow, mode)| Way { provider: can.provider, flow: word_of(flow), mode: mode_of(mode), tells, desk };
        ways.map(way).collect::<Vec<_>>()
    };
    REGISTRY.iter().flat_map(of_provider).collect()
});

const fn word_of(flow: Flow) -> &'static str {
    match flow {
        Flow::Redirect => "redirect",
        Flow::Widget => "widget",
        Flow::Direct => "direct",
    }
}

const fn mode_of(mode: CaptureMode) -> &'static str {
    match mode {
        CaptureMode::Manual => "manual",
        CaptureMode::Automatic => "automatic",
    }
}

/// Refunds, whose amounts a desk takes as well.
const REFUNDS: [i64; 6] = [0, 1, 100, 3_000, 6_300, 12_600];

fn deal(rng: &mut fastrand::Rng, size: Size) -> Deal {
    let Way { provider, flow, mode, tells, desk: has_desk } = pick(rng, &WAYS);
    let buyer = Buyer {
        choice: pick(rng, &["accept", "accept", "accept", "accept", "accept", "accept", "decline", "cancel", ""]),
        after: rng.u64(1..60),
        returns: rng.bool(),
    };
    let mut steps = vec![step(rng, Ask::Confirm, size)];
    let more = if size == Size::Crowded { rng.u32(2..5) } else { rng.u32(..2) };
    for _ in 0..more {
        let asks = ask(rng, size);
        steps.push(step(rng, asks, size));
    }
    let times = if tells.is_empty() { 0 } else { rng.usize(..if size == Size::Crowded { 3 } else { 2 }) };
    let tells = (0..times).map(|_| pick(rng, tells)).collect();
    let desk = Desk { after: rng.u64(1..90), amount: pick(rng, &REFUNDS) };
    let desk = Some(desk).filter(|_| has_desk && rng.u32(..6) == 0);
    if desk.is_some() && mode == "manual" {
        // Or there would be nothing to give back.
        steps.push(step(rng, Ask::Capture(0), size));
    }
    Deal { provider, flow, mode, pends: rng.u32(..6) == 0, buyer, steps, tells, desk }
}

fn ask(rng: &mut fastrand::Rng, size: Size) -> Ask {
    let part = pick(rng, &[0, 0, 1, 3_000, 6_300, 9_999, 12_600, 12_601]);
    match rng.u32(..22) {
        0..=6 => Ask::Capture(part),
        7 | 8 => Ask::Final(part),
        9 => Ask::CaptureUnits(rng.u32(1..4)),
        10..=13 => Ask::Refund(pick(rng, &REFUNDS)),
        14 => Ask::RefundUnits(rng.u32(1..4)),
        15 => Ask::Cancel,
        16 => Ask::Amend(pick(rng, &[3_000, 6_300, 9_999, 12_000])),
        17 => Ask::Resolve,
        18 if size == Size::Crowded => Ask::Replay(pick(rng, &["events", "messages"])),
        19 | 20 => Ask::Tell(rng.choice(InstructionKind::ALL).unwrap_or(InstructionKind::Message)),
        _ => Ask::Refresh,
    }
}

fn step(rng: &mut fastrand::Rng, asks: Ask, size: Size) -> Step {
    let copies: &[u8] = if size == Size::Crowded { &[1, 1, 2, 3] } else { &[1, 1, 1, 1, 2] };
    Step {
        at: rng.u64(1_000..90_000),
        waits: rng.u32(..10) < 8,
        asks,
        copies: pick(rng, copies),
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
