//! The shortest history that still fails.

use crate::defect::Defects;
use crate::plan::Plan;
use crate::run;

/// At most so many shorter histories are tried.
const TRIES: u32 = 2_000;

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
    let steps: usize =
        plan.deals.iter().map(|deal| 10 + deal.steps.iter().map(|s| 2 + usize::from(s.copies)).sum::<usize>()).sum();
    steps + plan.faults.len()
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
        let mut less = plan.clone();
        less.deals.remove(deal);
        all.push(less);
        for step in 0..plan.deals.get(deal).map_or(0, |deal| deal.steps.len()) {
            let mut less = plan.clone();
            let mut single = plan.clone();
            if let (Some(deal), Some(one)) = (less.deals.get_mut(deal), single.deals.get_mut(deal)) {
                deal.steps.remove(step);
                if let Some(step) = one.steps.get_mut(step) {
                    step.copies = 1;
                }
            }
            all.extend([less, single]);
        }
    }
    for number in plan.faults.keys() {
        let mut less = plan.clone();
        less.faults.remove(number);
        all.push(less);
    }
    all
}
