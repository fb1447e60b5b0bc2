//! What the alarms watch: how things stand, whoever looked at what.

use serde::Serialize;

use crate::Service;
use crate::problem::Problem;

/// How much waits for somebody, over all merchants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Gauges {
    /// Payments with an operation that only a person can settle.
    pub needs_operator: usize,
    /// Payments with an operation in doubt, beside those.
    pub in_doubt: usize,
    /// How long the oldest operation in doubt has been so; 0 without any.
    pub oldest_in_doubt_seconds: i64,
    /// Queues that are behind, each counted once for each payment.
    pub queues_behind: usize,
    /// Messages that prove something and found no payment.
    pub parked_messages: usize,
    /// Messages that prove nothing and found no payment.
    pub parked_hints: usize,
}

impl Service {
    /// How things stand.
    ///
    /// # Errors
    /// When the table cannot say.
    pub async fn gauges(&self) -> Result<Gauges, Problem> {
        let now = self.now();
        let attention = self.store.attention().await?;
        let waiting = self.store.waiting(now).await?;
        Ok(Gauges {
            needs_operator: attention.needs_operator,
            in_doubt: attention.in_doubt,
            oldest_in_doubt_seconds: attention.oldest_doubt.map_or(0, |since| now.duration_since(since).as_secs()),
            queues_behind: waiting.lags,
            parked_messages: waiting.claims,
            parked_hints: waiting.hints,
        })
    }
}
