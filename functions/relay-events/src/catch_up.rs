//! A queue that fails is left behind for the payments that it failed for, while every other queue and payment goes on.
//! What it missed is written down and sent later, from the payment's history.

use std::collections::{BTreeMap, BTreeSet};

use lambda_runtime::Error;
use payment::PaymentId;
use store::{EVERY_QUEUE, Lag, StoreError};

use crate::{Outgoing, Relay};

impl Relay {
    /// Sends a batch to one queue. Returns the records whose events neither arrived nor could be written down.
    pub(crate) async fn send_to(&self, queue: &str, outgoing: &[Outgoing]) -> BTreeSet<String> {
        let last = last_of_each(outgoing);
        let all = || outgoing.iter().map(|event| event.record.clone()).collect();
        let Ok(behind) = self.skip_what_is_behind(queue, &last).await else { return all() };
        let sent: Vec<&Outgoing> = outgoing.iter().filter(|event| !behind.contains(&event.payment)).collect();
        let mut failed = BTreeSet::new();
        for (payment, stopped_at) in self.queues.send_in_order(queue, &sent).await {
            let upto = last.get(&payment).copied().unwrap_or(stopped_at);
            let lag = Lag::new(queue.to_owned(), payment.clone(), stopped_at.saturating_sub(1), upto);
            if let Err(error) = self.store.fall_behind(&lag, (self.clock)()).await {
                tracing::error!(payment_id = %payment, %error, "a queue that fell behind cannot be written down");
                let records = sent.iter().filter(|e| e.payment == payment && e.sequence >= stopped_at);
                failed.extend(records.map(|event| event.record.clone()));
            }
        }
        failed
    }

    /// The payments that this queue is behind for: their new events wait behind the old ones.
    async fn skip_what_is_behind(
        &self,
        queue: &str,
        last: &BTreeMap<PaymentId, u64>,
    ) -> Result<BTreeSet<PaymentId>, StoreError> {
        let payments: Vec<PaymentId> = last.keys().cloned().collect();
        let mut behind = BTreeSet::new();
        for (payment, lag) in self.store.lags(queue, &payments).await? {
            let upto = last.get(&payment).copied().unwrap_or(0).max(lag.upto);
            if self.store.fall_further_behind(queue, &payment, upto).await? {
                behind.insert(payment);
            }
        }
        Ok(behind)
    }

    /// Sends what a queue missed, from the payment's history, and takes the lag away once all of it arrived.
    pub(crate) async fn catch_up(&self, lag: &Lag) -> Result<(), Error> {
        if lag.tries == 0 {
            // Just written down.
            return Ok(());
        }
        if lag.queue == EVERY_QUEUE {
            return self.fall_back_everywhere(lag).await;
        }
        let subscribed = self.queues.urls().any(|queue| queue == lag.queue);
        let payment = if subscribed { self.store.load(&lag.payment).await? } else { None };
        let Some(payment) = payment else { return Ok(self.store.forget(lag).await?) };
        let events: Vec<Outgoing> =
            payment.events_after(lag.after).map(|e| Outgoing::of(&e, "")).collect::<Result<_, _>>()?;
        let stopped = self.queues.send_in_order(&lag.queue, &events.iter().collect::<Vec<_>>()).await;
        match stopped.get(&lag.payment) {
            Some(at) => tracing::warn!(payment_id = %lag.payment, sequence = at, "the queue still refuses"),
            None => {
                let sent = events.last().map_or(lag.after, |event| event.sequence);
                self.store.caught_up(lag, sent).await?;
            }
        }
        Ok(())
    }
}

impl Relay {
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

fn last_of_each(outgoing: &[Outgoing]) -> BTreeMap<PaymentId, u64> {
    let mut last = BTreeMap::new();
    for event in outgoing {
        let known = last.entry(event.payment.clone()).or_insert(event.sequence);
        *known = event.sequence.max(*known);
    }
    last
}
