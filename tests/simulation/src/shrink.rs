//! The shortest history that still fails.

use crate::defect::Defects;
use crate::plan::{Buyer, Deal, Plan, Step};
use crate::run;

/// At most so many shorter histories are tried.
const TRIES: u32 = 2_000;

/// The plainest buyers: one who leaves, and one who accepts at once.
const PLAIN: [Buyer; 2] =
    [Buyer { choice: "", after: 1, returns: false }, Buyer { choice: "accept", after: 1, returns: false }];

/// Leaves out of a failing plan whatever it fails without.
#[must_use]
pub fn shrink(plan: &Plan, defects: Defects) -> Plan {
    let same = kind(&run(plan, defects).violations);
    let mut best = plan.clone();
    let mut tries = 0;
    loop {
        let before = best.clone();
        for shorter in shorter(&before) {
            tries += 1;
            if tries > TRIES {
                return best;
            }
            if size(&shorter) < size(&best) && kind(&run(&shorter, defects).violations) == same {
                best = shorter;
                break;
            }
        }
        if size(&best) == size(&before) {
            return best;
        }
    }
}

/// What is wrong, without its numbers.
fn kind(violations: &[String]) -> Option<String> {
    let first = violations.first()?;
    Some(first.chars().filter(|c| c.is_alphabetic()).take(40).collect())
}

fn size(plan: &Plan) -> usize {
    let step = |step: &Step| 2 + usize::from(step.copies) + usize::from(step.deaf);
    let buyer = |buyer: Buyer| PLAIN.iter().position(|plain| *plain == buyer).unwrap_or(PLAIN.len());
    let deal = |deal: &Deal| {
        let aside = [deal.desk.is_some(), deal.pends].into_iter().filter(|more| *more).count();
        10 + deal.steps.iter().map(step).sum::<usize>() + deal.tells.len() + aside + buyer(deal.buyer)
    };
    let settings = [plan.index_lag != 0, plan.accepts_late, plan.operator, plan.mute, plan.outage.is_some()];
    let settings = settings.into_iter().filter(|more| *more).count();
    plan.deals.iter().map(deal).sum::<usize>() + plan.faults.len() + settings
}

/// Every plan with one thing less, the larger things first.
fn shorter(plan: &Plan) -> Vec<Plan> {
    let mut all = Vec::new();
    let half = plan.faults.len() / 2;
    if half > 1 {
        for first in [true, false] {
            let mut less = plan.clone();
            less.faults = plan
                .faults
                .iter()
                .enumerate()
                .filter(|(n, _)| (*n < half) == first)
                .map(|(_, (k, v))| (*k, *v))
                .collect();
            all.push(less);
        }
    }
    for deal in 0..plan.deals.len() {
        all.push(without(plan, |less| _ = less.deals.remove(deal)));
        let of_deal = |change: &dyn Fn(&mut Deal)| {
            without(plan, |less| less.deals.iter_mut().skip(deal).take(1).for_each(change))
        };
        for step in 0..plan.deals.get(deal).map_or(0, |deal| deal.steps.len()) {
            let of_step =
                |change: &dyn Fn(&mut Step)| of_deal(&|deal| deal.steps.iter_mut().skip(step).take(1).for_each(change));
            all.push(of_deal(&|deal| _ = deal.steps.remove(step)));
            all.push(of_step(&|step| step.copies = 1));
            all.push(of_step(&|step| step.deaf = false));
        }
        all.push(of_deal(&|deal| deal.tells.clear()));
        all.push(of_deal(&|deal| _ = deal.tells.pop()));
        all.push(of_deal(&|deal| deal.desk = None));
        all.push(of_deal(&|deal| deal.pends = false));
        all.extend(PLAIN.map(|plain| of_deal(&|deal| deal.buyer = plain)));
    }
    all.extend(plan.faults.keys().map(|number| without(plan, |less| _ = less.faults.remove(number))));
    all.push(without(plan, |less| less.index_lag = 0));
    all.push(without(plan, |less| less.accepts_late = false));
    all.push(without(plan, |less| less.operator = false));
    all.push(without(plan, |less| less.mute = false));
    all.push(without(plan, |less| less.outage = None));
    all
}

fn without(plan: &Plan, change: impl FnOnce(&mut Plan)) -> Plan {
    let mut less = plan.clone();
    change(&mut less);
    less
}
