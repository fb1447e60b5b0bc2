//! What a million payments cost: what a payment was measured to ask for, times AWS's prices.

use tests::cost::{EVENTS, STEPS, Step};

use crate::{check, read, row};

/// Ten-thousandths of a dollar for a million, in eu-central-1, first tier, without free tier and tax. September 2026.
const HTTP_API_REQUESTS: u64 = 12_000;
const INVOCATIONS: u64 = 2_000;
/// On arm64.
const GB_SECONDS: u64 = 133_334;
const READ_UNITS: u64 = 1_525;
const WRITE_UNITS: u64 = 7_625;
const FIFO_REQUESTS: u64 = 5_000;
/// A million kilobytes are a gigabyte.
const LOG_KILOBYTES: u64 = 6_300;
const TRACES: u64 = 50_000;

/// Assumed, in milliseconds: what a provider takes to answer, and what everything else of an invocation takes.
const CALL_MS: u64 = 500;
const OWN_MS: u64 = 30;

/// Assumed, in kilobytes: lines of the function, of Lambda and of API Gateway for one invocation.
const LOGGED: u64 = 2;

/// X-Ray traces one request of so many.
const TRACED_OF: u64 = 20;

/// For a million payments: what is counted, how often for a payment, in thousandths, and its price.
fn rows() -> [(&'static str, u64, u64); 8] {
    let sum = |of: fn(&Step) -> u32| STEPS.iter().map(|step| u64::from(of(step))).sum::<u64>();
    let (requests, calls) = (sum(|step| step.requests), sum(|step| step.calls));
    // The relay is invoked for a batch; this is the worst case, one invocation and one question a change.
    let relayed = sum(|step| step.changes);
    // Somebody sweeps for this payment alone.
    let invocations = requests + relayed + 1;
    let milliseconds = invocations * OWN_MS + calls * CALL_MS;
    let events = u64::from(EVENTS);
    [
        ("HTTP API requests", requests * 1_000, HTTP_API_REQUESTS),
        ("Lambda invocations", invocations * 1_000, INVOCATIONS),
        ("Lambda GB-seconds (arm64)", milliseconds * memory() / 1_024, GB_SECONDS),
        ("DynamoDB read units", (sum(|step| step.reads) + relayed) * 1_000, READ_UNITS),
        ("DynamoDB write units", sum(|step| step.writes) * 1_000, WRITE_UNITS),
        // Sent, received, deleted.
        ("SQS FIFO requests, one queue", events * 3 * 1_000, FIFO_REQUESTS),
        ("logs, KB", invocations * LOGGED * 1_000, LOG_KILOBYTES),
        ("X-Ray traces", requests * 1_000 / TRACED_OF, TRACES),
    ]
}

/// What the template gives every function, in megabytes.
fn memory() -> u64 {
    let text = read("template.yaml");
    let all: Vec<u64> =
        text.lines().filter_map(|line| line.trim().strip_prefix("MemorySize: ")?.parse().ok()).collect();
    let [memory] = all.as_slice() else { panic!("functions have several sizes: {all:?}") };
    *memory
}

/// A number in units of `unit`, with so many digits.
fn decimal(number: u64, unit: u64, digits: usize) -> String {
    let places = unit.ilog10() as usize;
    let text = format!("{}.{:0places$}", number / unit, number % unit);
    text[..text.len() - places + digits].to_owned()
}

#[test]
fn the_cost_table_in_the_readme_is_what_was_measured_times_the_prices() {
    let mut table = row(
        "for each payment",
        ["count", "USD per million", "USD for a million payments"].map(str::to_owned).into_iter(),
    );
    table += &row("---", ["---:"; 3].map(str::to_owned).into_iter());
    let mut total = 0;
    for (name, thousandths, price) in rows() {
        let cost = thousandths * price / 1_000;
        total += cost;
        table += &row(
            name,
            [decimal(thousandths, 1_000, 2), decimal(price, 10_000, 4), decimal(cost, 10_000, 2)].into_iter(),
        );
    }
    table +=
        &row("**together**", [String::new(), String::new(), format!("**{}**", decimal(total, 10_000, 2))].into_iter());
    check("cost table", &table);
}

#[test]
fn the_units_in_the_readme_are_what_was_measured() {
    let names = ["requests", "calls of the provider", "read units", "write units", "changes"];
    let mut table = row("", names.map(str::to_owned).into_iter());
    table += &row("---", ["---:"; 5].map(str::to_owned).into_iter());
    for step in STEPS {
        let numbers = [step.requests, step.calls, step.reads, step.writes, step.changes];
        table += &row(step.name, numbers.map(|number| number.to_string()).into_iter());
    }
    check("unit table", &table);
}

#[test]
fn a_number_is_cut_to_its_digits() {
    assert_eq!(decimal(133_334, 10_000, 4), "13.3334");
    assert_eq!(decimal(1_999_999, 10_000, 2), "199.99");
    assert_eq!(decimal(1_005, 1_000, 2), "1.00");
}
