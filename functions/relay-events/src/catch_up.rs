//! A queue that fails is left behind for the payments that it failed for, while every other queue and payment goes on.
//! What it missed is written down and sent later, from the payment's history.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::join_all;
use jiff::SignedDuration;
use lambda_runtime::Error;
use payment::PaymentId;
use providers::Deadline;
use store::{EVERY_QUEUE, Lag, StoreError};

use crate::queues::Arrived;
use crate::{Batch, Outgoing, Relay};

/// No queue is begun to be caught up with in less time than this: it covers one request to the queue and one to the table.
const LEAST_TIME: Duration = Duration::from_secs(6);

/// A queue that is silent for so long takes the others' time; one that refuses at once does not.
const LONG_SILENCE: SignedDuration = SignedDuration::from_secs(2);

/// A queue that nobody has here may be one that newer code has: what it missed is kept for so many tries, an hour and a
/// half, which is longer than any deployment takes.
const GONE_AFTER_TRIES: u32 = 10;

/// How a batch went at one queue.
#[derive(Default)]
pub(crate) struct Sent {
    /// The records whose events neither arrived nor could be written down.
    pub(crate) failed: BTreeSet<String>,
    /// Whether the queue did not answer.
    pub(crate) silent: bool,
}

impl Relay {
    /// Sends a batch to every queue at once.
    pub(crate) async fn send(&self, batch: &Batch, deadline: Deadline) -> Vec<Sent> {
        let newest = batch.newest();
        let payments: Vec<&PaymentId> = newest.keys().collect();
        match self.store.lags(self.queues.urls(), &payments).await {
            Ok(mut lags) => {
                let sending =
                    |queue| self.send_to(queue, lags.remove(queue).unwrap_or_default(), batch, &newest, deadline);
                join_all(self.queues.urls().map(sending)).await
            }
            Err(error) => {
                tracing::error!(%error, "which queues are behind cannot be read");
                vec![Sent { failed: batch.records(), silent: false }]
            }
        }
    }

    /// Sends a batch to one queue. A payment with a change that cannot be read is left behind with all that follows.
    async fn send_to(
        &self,
        queue: &str,
        lags: Vec<Lag>,
        batch: &Batch,
        newest: &BTreeMap<PaymentId, u64>,
        deadline: Deadline,
    ) -> Sent {
        let Ok(behind) = self.skip_what_is_behind(lags, newest).await else {
            return Sent { failed: batch.records(), silent: false };
        };
        let mut left: BTreeMap<PaymentId, u64> = batch.untellable();
        left.retain(|payment, _| !behind.contains(payment));
        let goes = |event: &&Outgoing| !behind.contains(&event.payment) && !left.contains_key(&event.payment);
        let outgoing: Vec<&Outgoing> = batch.outgoing.iter().filter(goes).collect();
        let arrived = self.send_events(queue, &outgoing, deadline).await;
        left.extend(arrived.stopped.into_iter().map(|(payment, at)| (payment, at.saturating_sub(1))));
        let mut sent = Sent { silent: arrived.silent, ..Sent::default() };
        for (payment, after) in left {
            let upto = newest.get(&payment).copied().unwrap_or(after);
            let lag = Lag::new(queue.to_owned(), payment.clone(), after, upto);
            if let Err(error) = self.store.fall_behind(&lag, (self.clock)()).await {
                tracing::error!(payment_id = %payment, %error, "a queue that fell behind cannot be written down");
                sent.failed.extend(batch.records_of(&payment, after).cloned());
            }
        }
        sent
    }

    /// Sends events in order, but not to a queue that was silent a moment ago.
    async fn send_events(&self, queue: &str, outgoing: &[&Outgoing], deadline: Deadline) -> Arrived {
        let now = (self.clock)();
        if self.rest.includes(queue, now) {
            return Arrived::nothing_of(outgoing);
        }
        let arrived = self.queues.send_in_order(queue, outgoing, deadline).await;
        let end = (self.clock)();
        if arrived.silent && end.duration_since(now) >= LONG_SILENCE {
            self.rest.begin(queue, end);
        }
        arrived
    }

    /// The payments that a queue is behind for: their new events wait behind the old ones.
    async fn skip_what_is_behind(
        &self,
        lags: Vec<Lag>,
        newest: &BTreeMap<PaymentId, u64>,
    ) -> Result<BTreeSet<PaymentId>, StoreError> {
        let mut behind = BTreeSet::new();
        for lag in lags {
            let upto = newest.get(&lag.payment).copied().unwrap_or(0).max(lag.upto);
            if self.store.fall_further_behind(&lag.queue, &lag.payment, upto).await? {
                behind.insert(lag.payment);
            }
        }
        Ok(behind)
    }

    /// Catches up with the queues of a batch that are behind, each as long as it answers and there is time.
    pub(crate) async fn catch_up(&self, batch: &Batch, silent: &BTreeSet<&str>, deadline: Deadline) {
        let queues = batch.behind().into_iter().filter(|(queue, _)| !silent.contains(queue));
        join_all(queues.map(|(_, lags)| self.catch_up_with(lags, deadline))).await;
    }

    /// Catches up with one queue until it falls silent.
    async fn catch_up_with(&self, lags: Vec<&Lag>, deadline: Deadline) {
        for lag in lags {
            if !deadline.leaves(LEAST_TIME) {
                tracing::warn!(payment_id = %lag.payment, "no time is left to catch up");
                return;
            }
            match self.send_missed(lag, deadline).await {
                Ok(silent) if silent => return,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(payment_id = %lag.payment, %error, "a queue stays behind until the next try");
                }
            }
        }
    }

    /// Sends what a queue missed, from the payment's history, and takes the lag away once all of it arrived. Returns
    /// whether the queue is silent. A payment that this code cannot read stays where it is.
    async fn send_missed(&self, lag: &Lag, deadline: Deadline) -> Result<bool, Error> {
        if lag.tries == 0 {
            // Just written down.
            return Ok(false);
        }
        if lag.queue == EVERY_QUEUE {
            self.fall_back_everywhere(lag).await?;
            return Ok(false);
        }
        let Some(payment) = self.store.load(&lag.payment).await? else {
            self.store.forget(lag).await?;
            return Ok(false);
        };
        if !self.queues.urls().any(|queue| queue == lag.queue) {
            if lag.tries >= GONE_AFTER_TRIES {
                self.store.forget(lag).await?;
            }
            return Ok(false);
        }
        let events: Vec<Outgoing> =
            payment.events_after(lag.after).map(|e| Outgoing::of(&e, "")).collect::<Result<_, _>>()?;
        let arrived = self.send_events(&lag.queue, &events.iter().collect::<Vec<_>>(), deadline).await;
        match arrived.stopped.get(&lag.payment) {
            Some(at) => tracing::warn!(payment_id = %lag.payment, sequence = at, "the queue still refuses"),
            None => {
                let sent = events.last().map_or(lag.after, |event| event.sequence);
                self.store.caught_up(lag, sent).await?;
            }
        }
        Ok(arrived.silent)
    }

    /// Has every queue get the events again. Each is a lag of its own then, which comes by the stream.
    async fn fall_back_everywhere(&self, lag: &Lag) -> Result<(), Error> {
        for queue in self.queues.urls() {
            let behind = Lag { queue: queue.to_owned(), ..lag.clone() };
            self.store.fall_back(&behind, (self.clock)()).await?;
        }
        self.store.caught_up(lag, lag.upto).await?;
        Ok(())
    }
}
