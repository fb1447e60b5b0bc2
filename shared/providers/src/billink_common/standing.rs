//! How an order stands, by the number that both of Billink's own APIs have for it.

use payment::ReceivableFacts;

/// Whether the buyer has paid an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// There is no such order.
    NotFound,
    Unpaid,
    Paid,
    /// A direct debit is on its way.
    Pending,
}

/// Recorded answers of v1's Status, and the shop plug-ins. [inferred] The numbers of v2's Order Info are the same.
pub(crate) static STANDINGS: [(i64, Standing); 4] =
    [(-1, Standing::NotFound), (0, Standing::Unpaid), (1, Standing::Paid), (2, Standing::Pending)];

/// What a number says; none for one that nobody knows.
pub(crate) fn standing(status: i64) -> Option<Standing> {
    STANDINGS.iter().find(|(number, _)| *number == status).map(|(_, standing)| *standing)
}

impl Standing {
    /// What it says of the receivable, with whether the merchant was paid. No amount is told, and no day.
    pub(crate) fn facts(self, paid_out: bool) -> ReceivableFacts {
        ReceivableFacts { paid: self == Self::Paid, paid_out, ..ReceivableFacts::default() }
    }
}
