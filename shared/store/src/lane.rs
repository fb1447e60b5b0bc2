//! What is due, kept apart by what must not wait for what.

use payment::Payment;

/// So that no partition gets hot, payments are spread over so many.
const SHARDS: u32 = 4;

/// A partition of the index of what is due, or one of several. Nothing in one waits for anything in another: strangers
/// who send hints delay no provider's word, and a provider that cannot be read delays no operation in doubt elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Payments with an operation to look at.
    Operations(u32),
    /// Payments that wait for their buyer, or for a provider to be asked how things are.
    Looks(u32),
    /// Queues that are behind.
    Lags,
    /// Messages that prove something and found no payment yet.
    Claims,
    /// Messages that prove nothing; anybody can send them.
    Hints,
}

impl Lane {
    /// Every lane.
    pub const ALL: [Self; 11] = [
        Self::Operations(0),
        Self::Operations(1),
        Self::Operations(2),
        Self::Operations(3),
        Self::Looks(0),
        Self::Looks(1),
        Self::Looks(2),
        Self::Looks(3),
        Self::Lags,
        Self::Claims,
        Self::Hints,
    ];

    /// The lane of a payment.
    pub(crate) fn of(payment: &Payment) -> Self {
        let bytes = payment.id.as_str().bytes();
        let shard = bytes.fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % SHARDS;
        let operates = payment.operations.iter().any(|operation| operation.next_look().is_some());
        if operates { Self::Operations(shard) } else { Self::Looks(shard) }
    }

    /// The lane of a message.
    pub(crate) const fn of_message(proves: bool) -> Self {
        if proves { Self::Claims } else { Self::Hints }
    }

    /// Its value of the index's partition key.
    pub(crate) fn partition(self) -> String {
        match self {
            Self::Operations(shard) => format!("due#{shard}"),
            Self::Looks(shard) => format!("due#look#{shard}"),
            // An old name: messages were due here too, and those that still are move on when they are tried again.
            Self::Lags => "due#aside".to_owned(),
            Self::Claims => "due#claim".to_owned(),
            Self::Hints => "due#hint".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_lane_has_a_partition_of_its_own_and_none_is_left_out() {
        let partitions: BTreeSet<String> = Lane::ALL.into_iter().map(Lane::partition).collect();
        assert_eq!(partitions.len(), Lane::ALL.len());
        for shard in 0..SHARDS {
            assert!(Lane::ALL.contains(&Lane::Operations(shard)) && Lane::ALL.contains(&Lane::Looks(shard)));
        }
    }
}
