//! Whole lives at Buckaroo with Billink.

mod checkout;
mod movements;

use crate::support::Deal;

/// The key of the transaction that opened a payment.
async fn key(deal: &Deal<'_>) -> String {
    deal.get().await["provider_reference"].as_str().unwrap().to_owned()
}
