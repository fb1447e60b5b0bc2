//! What a payment asks of AWS. A journey measures it, and the README's table is made from it.

/// One request of a payment's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What happens.
    pub name: &'static str,
    /// Requests to the API.
    pub requests: u32,
    /// Calls of the provider, tokens aside.
    pub calls: u32,
    /// Read request units of the table, indexes included.
    pub reads: u32,
    /// Write request units of the table, indexes included.
    pub writes: u32,
    /// Changes of the payment, each of which reaches the relay.
    pub changes: u32,
}

const fn step(name: &'static str, requests: u32, calls: u32, reads: u32, writes: u32, changes: u32) -> Step {
    Step { name, requests, calls, reads, writes, changes }
}

/// A payment on a hosted page that is captured once, and refunded once.
pub const STEPS: [Step; 9] = [
    step("open", 1, 1, 0, 15, 2),
    step("the buyer returns", 1, 1, 1, 5, 1),
    step("look at it", 1, 0, 1, 0, 0),
    step("confirm", 1, 2, 2, 10, 2),
    step("capture", 1, 1, 1, 10, 2),
    step("three messages", 3, 0, 7, 33, 3),
    step("a sweep after them", 0, 1, 8, 7, 1),
    step("look at it again", 1, 0, 2, 0, 0),
    step("refund", 1, 1, 2, 14, 2),
];

/// The events of that payment.
pub const EVENTS: u32 = 7;
